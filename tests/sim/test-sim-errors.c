/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Provokes each error that NVIDIA documents for the ten calls of the vGPU migration chapter, and for the
 * three that replace calls of it since r595; the table of
 * documented errors and the table of provocations are compared with each other.
 *
 * UNINITIALIZED is in no list of that chapter; it was measured for every one of its calls. Three errors
 * cannot occur without help here and are set by vgpu-sim: RESET_REQUIRED, a fatal failure, and that
 * nvmlGetVgpuVersion or nvmlSetVgpuVersion is not supported, because both were measured to work even without
 * vGPU host mode. The first was measured to accept NULL as well, documented as INVALID_ARGUMENT.
 */
#include "sim-client.h"

#define GPU         "0000:41:00.0"
#define NOT_A_HOST  "0000:c1:00.0"
#define ALL_ERRORS  8
#define BUFFER_SIZE 1024

typedef enum {
    PGPU_STRING,
    PGPU_METADATA,
    VGPU_METADATA,
    COMPATIBILITY,
    GET_VERSION,
    SET_VERSION,
    CAPABILITIES,
    GET_STATE,
    SET_STATE,
    LOG,
    GET_STATE_V2,
    SET_STATE_V2,
    LOG_V2,
    N_CALLS
} Call;

static const struct {
    const char *name;
    nvmlReturn_t errors[ALL_ERRORS]; /* 0 at the end */
} documented[] = {
    [PGPU_STRING] = {"nvmlDeviceGetPgpuMetadataString",
                     {NVML_ERROR_INSUFFICIENT_SIZE, NVML_ERROR_INVALID_ARGUMENT, NVML_ERROR_NOT_SUPPORTED,
                      NVML_ERROR_UNKNOWN}},
    [PGPU_METADATA] = {"nvmlDeviceGetVgpuMetadata",
                       {NVML_ERROR_INSUFFICIENT_SIZE, NVML_ERROR_INVALID_ARGUMENT, NVML_ERROR_NOT_SUPPORTED,
                        NVML_ERROR_UNKNOWN}},
    [VGPU_METADATA] = {"nvmlVgpuInstanceGetMetadata",
                       {NVML_ERROR_INSUFFICIENT_SIZE, NVML_ERROR_INVALID_ARGUMENT, NVML_ERROR_NOT_FOUND,
                        NVML_ERROR_UNKNOWN}},
    [COMPATIBILITY] = {"nvmlGetVgpuCompatibility", {NVML_ERROR_INVALID_ARGUMENT, NVML_ERROR_UNKNOWN}},
    [GET_VERSION] = {"nvmlGetVgpuVersion",
                     {NVML_ERROR_NOT_SUPPORTED, NVML_ERROR_INVALID_ARGUMENT, NVML_ERROR_UNKNOWN}},
    [SET_VERSION] = {"nvmlSetVgpuVersion",
                     {NVML_ERROR_NOT_SUPPORTED, NVML_ERROR_IN_USE, NVML_ERROR_INVALID_ARGUMENT}},
    [CAPABILITIES] = {"nvmlDeviceGetVgpuSchedulerCapabilities",
                      {NVML_ERROR_INVALID_ARGUMENT, NVML_ERROR_NOT_SUPPORTED, NVML_ERROR_UNKNOWN}},
    [GET_STATE] = {"nvmlDeviceGetVgpuSchedulerState",
                   {NVML_ERROR_INVALID_ARGUMENT, NVML_ERROR_NOT_SUPPORTED, NVML_ERROR_UNKNOWN}},
    [SET_STATE] = {"nvmlDeviceSetVgpuSchedulerState",
                   {NVML_ERROR_INVALID_ARGUMENT, NVML_ERROR_RESET_REQUIRED, NVML_ERROR_NOT_SUPPORTED,
                    NVML_ERROR_UNKNOWN}},
    [LOG] = {"nvmlDeviceGetVgpuSchedulerLog",
             {NVML_ERROR_INVALID_ARGUMENT, NVML_ERROR_NOT_SUPPORTED, NVML_ERROR_UNKNOWN}},
    [GET_STATE_V2] = {"nvmlDeviceGetVgpuSchedulerState_v2",
                      {NVML_ERROR_INVALID_ARGUMENT, NVML_ERROR_NOT_SUPPORTED, NVML_ERROR_UNKNOWN}},
    [SET_STATE_V2] = {"nvmlDeviceSetVgpuSchedulerState_v2",
                      {NVML_ERROR_INVALID_ARGUMENT, NVML_ERROR_RESET_REQUIRED, NVML_ERROR_NOT_SUPPORTED,
                       NVML_ERROR_UNKNOWN}},
    [LOG_V2] = {"nvmlDeviceGetVgpuSchedulerLog_v2",
                {NVML_ERROR_INVALID_ARGUMENT, NVML_ERROR_NOT_SUPPORTED, NVML_ERROR_UNKNOWN}},
};
G_STATIC_ASSERT (G_N_ELEMENTS (documented) == N_CALLS);

/* The cause of the error: in the process and the host, in a device or an instance, or in another argument. */
typedef enum {
    NO_INIT,
    FILE_IS_GONE,
    NO_VGPU_HOST, /* no GPU of the host is in vGPU host mode */
    MIG_IS_ON,
    VGPU_RUNS,
    FAULT, /* vgpu-sim makes the call return the code */
    DEVICE_NULL,
    DEVICE_MADE_UP,
    DEVICE_NOT_A_HOST,
    INSTANCE_0,
    INSTANCE_UNKNOWN,
    FIRST_NULL,
    SECOND_NULL,
    THIRD_NULL,
    SIZE_NULL,
    SIZE_SHORT,
    SIZE_0,
    RANGE_OUTSIDE,
    RANGE_INVERTED,
    POLICY_UNKNOWN,
    SLICE_TOO_SHORT,
    FREQUENCY_TOO_HIGH,
    ENGINE_0,
    ENGINE_4
} Wrong;

typedef struct {
    Call call;
    nvmlReturn_t code;
    Wrong wrong;
    const char *how;
    gboolean measured_to_succeed; /* contrary to the documentation */
} Provocation;

/* clang-format off */
static const Provocation provocations[] = {
    {PGPU_STRING, NVML_ERROR_UNINITIALIZED, NO_INIT, "before-init", FALSE},
    {PGPU_STRING, NVML_ERROR_INSUFFICIENT_SIZE, SIZE_SHORT, "size-short", FALSE},
    {PGPU_STRING, NVML_ERROR_INSUFFICIENT_SIZE, SIZE_0, "size-0", FALSE},
    {PGPU_STRING, NVML_ERROR_INVALID_ARGUMENT, SIZE_NULL, "size-null", FALSE},
    {PGPU_STRING, NVML_ERROR_INVALID_ARGUMENT, FIRST_NULL, "buffer-null", FALSE},
    {PGPU_STRING, NVML_ERROR_INVALID_ARGUMENT, DEVICE_NULL, "device-null", FALSE},
    {PGPU_STRING, NVML_ERROR_INVALID_ARGUMENT, DEVICE_MADE_UP, "device-made-up", FALSE},
    {PGPU_STRING, NVML_ERROR_NOT_SUPPORTED, DEVICE_NOT_A_HOST, "not-a-vgpu-host", FALSE},
    {PGPU_STRING, NVML_ERROR_UNKNOWN, FILE_IS_GONE, "no-host-file", FALSE},

    {PGPU_METADATA, NVML_ERROR_UNINITIALIZED, NO_INIT, "before-init", FALSE},
    {PGPU_METADATA, NVML_ERROR_INSUFFICIENT_SIZE, SIZE_SHORT, "size-short", FALSE},
    {PGPU_METADATA, NVML_ERROR_INSUFFICIENT_SIZE, SIZE_0, "size-0", FALSE},
    {PGPU_METADATA, NVML_ERROR_INVALID_ARGUMENT, SIZE_NULL, "size-null", FALSE},
    {PGPU_METADATA, NVML_ERROR_INVALID_ARGUMENT, FIRST_NULL, "buffer-null", FALSE},
    {PGPU_METADATA, NVML_ERROR_INVALID_ARGUMENT, DEVICE_NULL, "device-null", FALSE},
    {PGPU_METADATA, NVML_ERROR_INVALID_ARGUMENT, DEVICE_MADE_UP, "device-made-up", FALSE},
    {PGPU_METADATA, NVML_ERROR_NOT_SUPPORTED, DEVICE_NOT_A_HOST, "not-a-vgpu-host", FALSE},
    {PGPU_METADATA, NVML_ERROR_UNKNOWN, FILE_IS_GONE, "no-host-file", FALSE},

    {VGPU_METADATA, NVML_ERROR_UNINITIALIZED, NO_INIT, "before-init", FALSE},
    {VGPU_METADATA, NVML_ERROR_INSUFFICIENT_SIZE, SIZE_SHORT, "size-short", FALSE},
    {VGPU_METADATA, NVML_ERROR_INSUFFICIENT_SIZE, SIZE_0, "size-0", FALSE},
    {VGPU_METADATA, NVML_ERROR_INVALID_ARGUMENT, SIZE_NULL, "size-null", FALSE},
    {VGPU_METADATA, NVML_ERROR_INVALID_ARGUMENT, FIRST_NULL, "buffer-null", FALSE},
    {VGPU_METADATA, NVML_ERROR_INVALID_ARGUMENT, INSTANCE_0, "instance-0", FALSE},
    {VGPU_METADATA, NVML_ERROR_NOT_FOUND, INSTANCE_UNKNOWN, "instance-unknown", FALSE},
    {VGPU_METADATA, NVML_ERROR_UNKNOWN, FILE_IS_GONE, "no-host-file", FALSE},

    {COMPATIBILITY, NVML_ERROR_UNINITIALIZED, NO_INIT, "before-init", FALSE},
    {COMPATIBILITY, NVML_ERROR_INVALID_ARGUMENT, FIRST_NULL, "vgpu-null", FALSE},
    {COMPATIBILITY, NVML_ERROR_INVALID_ARGUMENT, SECOND_NULL, "pgpu-null", FALSE},
    {COMPATIBILITY, NVML_ERROR_INVALID_ARGUMENT, THIRD_NULL, "answer-null", FALSE},
    {COMPATIBILITY, NVML_ERROR_UNKNOWN, FILE_IS_GONE, "no-host-file", FALSE},

    {GET_VERSION, NVML_ERROR_UNINITIALIZED, NO_INIT, "before-init", FALSE},
    {GET_VERSION, NVML_ERROR_INVALID_ARGUMENT, FIRST_NULL, "supported-null", TRUE},
    {GET_VERSION, NVML_ERROR_INVALID_ARGUMENT, SECOND_NULL, "current-null", TRUE},
    {GET_VERSION, NVML_ERROR_NOT_SUPPORTED, NO_VGPU_HOST, "no-vgpu-host", TRUE},
    {GET_VERSION, NVML_ERROR_NOT_SUPPORTED, FAULT, "fault", FALSE},
    {GET_VERSION, NVML_ERROR_UNKNOWN, FILE_IS_GONE, "no-host-file", FALSE},

    {SET_VERSION, NVML_ERROR_UNINITIALIZED, NO_INIT, "before-init", FALSE},
    {SET_VERSION, NVML_ERROR_INVALID_ARGUMENT, FIRST_NULL, "range-null", FALSE},
    {SET_VERSION, NVML_ERROR_INVALID_ARGUMENT, RANGE_OUTSIDE, "range-outside", FALSE},
    {SET_VERSION, NVML_ERROR_INVALID_ARGUMENT, RANGE_INVERTED, "range-inverted", FALSE},
    {SET_VERSION, NVML_ERROR_NOT_SUPPORTED, FAULT, "fault", FALSE},
    {SET_VERSION, NVML_ERROR_IN_USE, VGPU_RUNS, "vgpu-runs", FALSE},

    {CAPABILITIES, NVML_ERROR_UNINITIALIZED, NO_INIT, "before-init", FALSE},
    {CAPABILITIES, NVML_ERROR_INVALID_ARGUMENT, FIRST_NULL, "capabilities-null", FALSE},
    {CAPABILITIES, NVML_ERROR_INVALID_ARGUMENT, DEVICE_NULL, "device-null", FALSE},
    {CAPABILITIES, NVML_ERROR_INVALID_ARGUMENT, DEVICE_MADE_UP, "device-made-up", FALSE},
    {CAPABILITIES, NVML_ERROR_NOT_SUPPORTED, DEVICE_NOT_A_HOST, "not-a-vgpu-host", FALSE},
    {CAPABILITIES, NVML_ERROR_NOT_SUPPORTED, MIG_IS_ON, "mig", FALSE},
    {CAPABILITIES, NVML_ERROR_UNKNOWN, FILE_IS_GONE, "no-host-file", FALSE},

    {GET_STATE, NVML_ERROR_UNINITIALIZED, NO_INIT, "before-init", FALSE},
    {GET_STATE, NVML_ERROR_INVALID_ARGUMENT, FIRST_NULL, "state-null", FALSE},
    {GET_STATE, NVML_ERROR_INVALID_ARGUMENT, DEVICE_NULL, "device-null", FALSE},
    {GET_STATE, NVML_ERROR_INVALID_ARGUMENT, DEVICE_MADE_UP, "device-made-up", FALSE},
    {GET_STATE, NVML_ERROR_NOT_SUPPORTED, DEVICE_NOT_A_HOST, "not-a-vgpu-host", FALSE},
    {GET_STATE, NVML_ERROR_NOT_SUPPORTED, MIG_IS_ON, "mig", FALSE},
    {GET_STATE, NVML_ERROR_UNKNOWN, FILE_IS_GONE, "no-host-file", FALSE},

    {SET_STATE, NVML_ERROR_UNINITIALIZED, NO_INIT, "before-init", FALSE},
    {SET_STATE, NVML_ERROR_INVALID_ARGUMENT, FIRST_NULL, "state-null", FALSE},
    {SET_STATE, NVML_ERROR_INVALID_ARGUMENT, DEVICE_NULL, "device-null", FALSE},
    {SET_STATE, NVML_ERROR_INVALID_ARGUMENT, DEVICE_MADE_UP, "device-made-up", FALSE},
    {SET_STATE, NVML_ERROR_INVALID_ARGUMENT, POLICY_UNKNOWN, "policy-unknown", FALSE},
    {SET_STATE, NVML_ERROR_INVALID_ARGUMENT, SLICE_TOO_SHORT, "slice-too-short", FALSE},
    {SET_STATE, NVML_ERROR_NOT_SUPPORTED, DEVICE_NOT_A_HOST, "not-a-vgpu-host", FALSE},
    {SET_STATE, NVML_ERROR_NOT_SUPPORTED, MIG_IS_ON, "mig", FALSE},
    {SET_STATE, NVML_ERROR_NOT_SUPPORTED, VGPU_RUNS, "vgpu-runs", FALSE},
    {SET_STATE, NVML_ERROR_RESET_REQUIRED, FAULT, "fault", FALSE},
    {SET_STATE, NVML_ERROR_UNKNOWN, FILE_IS_GONE, "no-host-file", FALSE},

    {LOG, NVML_ERROR_UNINITIALIZED, NO_INIT, "before-init", FALSE},
    {LOG, NVML_ERROR_INVALID_ARGUMENT, FIRST_NULL, "log-null", FALSE},
    {LOG, NVML_ERROR_INVALID_ARGUMENT, DEVICE_NULL, "device-null", FALSE},
    {LOG, NVML_ERROR_INVALID_ARGUMENT, DEVICE_MADE_UP, "device-made-up", FALSE},
    {LOG, NVML_ERROR_NOT_SUPPORTED, DEVICE_NOT_A_HOST, "not-a-vgpu-host", FALSE},
    {LOG, NVML_ERROR_NOT_SUPPORTED, MIG_IS_ON, "mig", FALSE},
    {LOG, NVML_ERROR_UNKNOWN, FILE_IS_GONE, "no-host-file", FALSE},

    {GET_STATE_V2, NVML_ERROR_UNINITIALIZED, NO_INIT, "before-init", FALSE},
    {GET_STATE_V2, NVML_ERROR_INVALID_ARGUMENT, FIRST_NULL, "null", FALSE},
    {GET_STATE_V2, NVML_ERROR_INVALID_ARGUMENT, DEVICE_NULL, "device-null", FALSE},
    {GET_STATE_V2, NVML_ERROR_INVALID_ARGUMENT, DEVICE_MADE_UP, "device-made-up", FALSE},
    {GET_STATE_V2, NVML_ERROR_INVALID_ARGUMENT, ENGINE_0, "engine-0", FALSE},
    {GET_STATE_V2, NVML_ERROR_INVALID_ARGUMENT, ENGINE_4, "engine-4", FALSE},
    {GET_STATE_V2, NVML_ERROR_NOT_SUPPORTED, DEVICE_NOT_A_HOST, "not-a-vgpu-host", FALSE},
    {GET_STATE_V2, NVML_ERROR_NOT_SUPPORTED, MIG_IS_ON, "mig", FALSE},
    {GET_STATE_V2, NVML_ERROR_UNKNOWN, FILE_IS_GONE, "no-host-file", FALSE},

    {SET_STATE_V2, NVML_ERROR_UNINITIALIZED, NO_INIT, "before-init", FALSE},
    {SET_STATE_V2, NVML_ERROR_INVALID_ARGUMENT, FIRST_NULL, "null", FALSE},
    {SET_STATE_V2, NVML_ERROR_INVALID_ARGUMENT, DEVICE_NULL, "device-null", FALSE},
    {SET_STATE_V2, NVML_ERROR_INVALID_ARGUMENT, DEVICE_MADE_UP, "device-made-up", FALSE},
    {SET_STATE_V2, NVML_ERROR_INVALID_ARGUMENT, ENGINE_0, "engine-0", FALSE},
    {SET_STATE_V2, NVML_ERROR_INVALID_ARGUMENT, ENGINE_4, "engine-4", FALSE},
    {SET_STATE_V2, NVML_ERROR_INVALID_ARGUMENT, POLICY_UNKNOWN, "policy-unknown", FALSE},
    {SET_STATE_V2, NVML_ERROR_INVALID_ARGUMENT, FREQUENCY_TOO_HIGH, "frequency-too-high", FALSE},
    {SET_STATE_V2, NVML_ERROR_NOT_SUPPORTED, VGPU_RUNS, "vgpu-runs", FALSE},
    {SET_STATE_V2, NVML_ERROR_RESET_REQUIRED, FAULT, "fault", FALSE},
    {SET_STATE_V2, NVML_ERROR_NOT_SUPPORTED, DEVICE_NOT_A_HOST, "not-a-vgpu-host", FALSE},
    {SET_STATE_V2, NVML_ERROR_NOT_SUPPORTED, MIG_IS_ON, "mig", FALSE},
    {SET_STATE_V2, NVML_ERROR_UNKNOWN, FILE_IS_GONE, "no-host-file", FALSE},

    {LOG_V2, NVML_ERROR_UNINITIALIZED, NO_INIT, "before-init", FALSE},
    {LOG_V2, NVML_ERROR_INVALID_ARGUMENT, FIRST_NULL, "null", FALSE},
    {LOG_V2, NVML_ERROR_INVALID_ARGUMENT, DEVICE_NULL, "device-null", FALSE},
    {LOG_V2, NVML_ERROR_INVALID_ARGUMENT, DEVICE_MADE_UP, "device-made-up", FALSE},
    {LOG_V2, NVML_ERROR_INVALID_ARGUMENT, ENGINE_0, "engine-0", FALSE},
    {LOG_V2, NVML_ERROR_INVALID_ARGUMENT, ENGINE_4, "engine-4", FALSE},
    {LOG_V2, NVML_ERROR_NOT_SUPPORTED, DEVICE_NOT_A_HOST, "not-a-vgpu-host", FALSE},
    {LOG_V2, NVML_ERROR_NOT_SUPPORTED, MIG_IS_ON, "mig", FALSE},
    {LOG_V2, NVML_ERROR_UNKNOWN, FILE_IS_GONE, "no-host-file", FALSE},
};
/* clang-format on */

static gboolean
is_documented (Call call, nvmlReturn_t code)
{
    for (gsize i = 0; i < ALL_ERRORS && documented[call].errors[i] != NVML_SUCCESS; i++) {
        if (documented[call].errors[i] == code)
            return TRUE;
    }
    return code == NVML_ERROR_UNINITIALIZED;
}

/* TRUE if the call really returns the error, and not only was measured to succeed. */
static gboolean
is_provoked (Call call, nvmlReturn_t code)
{
    gboolean accepted = FALSE;

    for (gsize i = 0; i < G_N_ELEMENTS (provocations); i++) {
        const Provocation *one = &provocations[i];

        if (one->call != call || one->code != code)
            continue;
        if (!one->measured_to_succeed)
            return TRUE;
        accepted = TRUE;
    }
    /* the one error that the real driver was measured never to return */
    return accepted && call == GET_VERSION && code == NVML_ERROR_INVALID_ARGUMENT;
}

static void
test_tables (void)
{
    for (gsize i = 0; i < G_N_ELEMENTS (provocations); i++) {
        if (!is_documented (provocations[i].call, provocations[i].code))
            g_error ("%s: %d is not documented", documented[provocations[i].call].name, provocations[i].code);
    }
    for (guint call = 0; call < N_CALLS; call++) {
        if (!is_provoked (call, NVML_ERROR_UNINITIALIZED))
            g_error ("%s: nothing calls it before init", documented[call].name);
        for (gsize i = 0; i < ALL_ERRORS && documented[call].errors[i] != NVML_SUCCESS; i++) {
            if (!is_provoked (call, documented[call].errors[i]))
                g_error ("%s: nothing provokes %d", documented[call].name, documented[call].errors[i]);
        }
    }
}

/* The arguments of the ten calls, valid unless a case changes them. */
typedef struct {
    nvmlDevice_t gpu;
    nvmlVgpuInstance_t instance;
    void *first, *second, *third;
    unsigned int size, *size_pointer;
    nvmlVgpuVersion_t range;
    nvmlVgpuSchedulerSetState_t state;
    unsigned int engine;
} Arguments;

static void
spoil (Arguments *arguments, Wrong wrong)
{
    switch (wrong) {
    case DEVICE_NULL: arguments->gpu = NULL; break;
    case DEVICE_MADE_UP: arguments->gpu = (nvmlDevice_t)&arguments->size; break;
    case INSTANCE_0: arguments->instance = 0; break;
    case INSTANCE_UNKNOWN: arguments->instance = 1; break;
    case FIRST_NULL: arguments->first = NULL; break;
    case SECOND_NULL: arguments->second = NULL; break;
    case THIRD_NULL: arguments->third = NULL; break;
    case SIZE_NULL: arguments->size_pointer = NULL; break;
    case SIZE_SHORT: arguments->size = 255; break;
    case SIZE_0: arguments->size = 0; break;
    case RANGE_OUTSIDE: arguments->range.maxVersion = 26 << 16 | 2; break;
    case RANGE_INVERTED: arguments->range = (nvmlVgpuVersion_t){25 << 16 | 1, 20 << 16 | 1}; break;
    case POLICY_UNKNOWN: arguments->state.schedulerPolicy = NVML_SCHEDULER_UNKNOWN; break;
    case SLICE_TOO_SHORT: arguments->state.schedulerParams.vgpuSchedData.timeslice = 1; break;
    case FREQUENCY_TOO_HIGH: arguments->state.schedulerParams.vgpuSchedDataWithARR.frequency = 961; break;
    case ENGINE_0: arguments->engine = 0; break;
    case ENGINE_4: arguments->engine = 4; break;
    default: break;
    }
}

static nvmlReturn_t
call_metadata (SimClient *client, Call call, const Arguments *with)
{
    if (call == PGPU_STRING)
        return client->nvmlDeviceGetPgpuMetadataString (with->gpu, with->first, with->size_pointer);
    if (call == PGPU_METADATA)
        return client->nvmlDeviceGetVgpuMetadata (with->gpu, with->first, with->size_pointer);
    return client->nvmlVgpuInstanceGetMetadata (with->instance, with->first, with->size_pointer);
}

/* The structure of each of the three calls begins with the engine. */
static nvmlReturn_t
call_v2 (SimClient *client, Call call, const Arguments *with)
{
    const nvmlVgpuSchedulerSetParams_t *parameters = &with->state.schedulerParams;
    nvmlVgpuSchedulerState_v2_t wanted = {with->engine, with->state.schedulerPolicy, 0,
                                          parameters->vgpuSchedDataWithARR.frequency};

    if (with->first)
        *(unsigned int *)with->first = with->engine;
    if (call == GET_STATE_V2)
        return client->nvmlDeviceGetVgpuSchedulerState_v2 (with->gpu, with->first);
    if (call == SET_STATE_V2)
        return client->nvmlDeviceSetVgpuSchedulerState_v2 (with->gpu, with->first ? &wanted : NULL);
    return client->nvmlDeviceGetVgpuSchedulerLog_v2 (with->gpu, with->first);
}

static nvmlReturn_t
call_it (SimClient *client, Call call, Arguments *with)
{
    switch (call) {
    case COMPATIBILITY: return client->nvmlGetVgpuCompatibility (with->first, with->second, with->third);
    case GET_VERSION: return client->nvmlGetVgpuVersion (with->first, with->second);
    case SET_VERSION: return client->nvmlSetVgpuVersion (with->first ? &with->range : NULL);
    case CAPABILITIES: return client->nvmlDeviceGetVgpuSchedulerCapabilities (with->gpu, with->first);
    case GET_STATE: return client->nvmlDeviceGetVgpuSchedulerState (with->gpu, with->first);
    case SET_STATE:
        return client->nvmlDeviceSetVgpuSchedulerState (with->gpu, with->first ? &with->state : NULL);
    case LOG: return client->nvmlDeviceGetVgpuSchedulerLog (with->gpu, with->first);
    case GET_STATE_V2:
    case SET_STATE_V2:
    case LOG_V2: return call_v2 (client, call, with);
    default: return call_metadata (client, call, with);
    }
}

static void
break_host (SimClient *client, const Provocation *one)
{
    g_autofree char *code = g_strdup_printf ("%d", one->code);

    switch (one->wrong) {
    case FILE_IS_GONE: sim_client_write (client, NULL); break;
    case NO_VGPU_HOST:
        sim_client_write_more (client, "[gpu " GPU "]\nvirtualization-mode=none\n"
                                       "[gpu 0001:82:00.0]\nvirtualization-mode=none\n");
        break;
    case MIG_IS_ON: sim_client_must (client, "update", "--gpu", GPU, "--mig", "on"); break;
    case VGPU_RUNS: sim_client_must (client, "plug", "--vm", SIM_VM_A, "--type", "11", "--gpu", GPU); break;
    case FAULT: sim_client_must (client, "fail", documented[one->call].name, code); break;
    default: break;
    }
}

/* Prepares the host for the call: with a vGPU, or without one. */
static void
make_host (SimClient *client, Call call)
{
    if (call >= GET_STATE_V2)
        sim_client_must (client, "update", "--scheduler-calls", "v2");
    if (call == VGPU_METADATA)
        sim_client_write_more (client, "[vgpu 33333333-3333-4333-8333-333333333333]\ninstance=7\nvm=" SIM_VM_A
                                       "\ngpu=" GPU "\ntype=11\nguest-driver-state=down\n");
}

static void
test_provocation (SimClient *client, gconstpointer data)
{
    const Provocation *one = data;
    g_autofree void *first = g_malloc0 (sizeof (nvmlVgpuSchedulerLogInfo_v2_t));
    g_autofree void *second = g_malloc0 (BUFFER_SIZE);
    g_autofree void *third = g_malloc0 (BUFFER_SIZE);
    Arguments arguments = {
        .instance = 7,
        .first = first,
        .second = second,
        .third = third,
        .size = BUFFER_SIZE,
        .range = {20 << 16 | 1, 25 << 16 | 1},
        .state = {.schedulerPolicy = NVML_SCHEDULER_EQUAL_SHARE, .enableARRMode = NVML_ARR_DISABLE},
        .engine = NVML_ENGINE_NVENC0,
    };

    arguments.size_pointer = &arguments.size;
    make_host (client, one->call);
    arguments.gpu = sim_client_gpu (client, one->wrong == DEVICE_NOT_A_HOST ? NOT_A_HOST : GPU);
    if (one->wrong != DEVICE_NOT_A_HOST) {
        /* the call succeeded before, so the error is caused by the change */
        g_assert_cmpint (call_it (client, one->call, &arguments), ==, NVML_SUCCESS);
        arguments.size = BUFFER_SIZE;
    }
    if (one->wrong == NO_INIT)
        g_assert_cmpint (client->nvmlShutdown (), ==, NVML_SUCCESS);
    break_host (client, one);
    spoil (&arguments, one->wrong);
    g_assert_cmpint (call_it (client, one->call, &arguments), ==,
                     one->measured_to_succeed ? NVML_SUCCESS : one->code);
}

int
main (int argc, char **argv)
{
    g_test_init (&argc, &argv, NULL);
    sim_client_arguments (argc, argv);
    g_test_add_func ("/sim/errors/tables", test_tables);
    for (gsize i = 0; i < G_N_ELEMENTS (provocations); i++) {
        const Provocation *one = &provocations[i];
        g_autofree char *path =
            g_strdup_printf ("/sim/errors/%s/%d/%s", documented[one->call].name, one->code, one->how);

        sim_client_add_data_test (path, test_provocation, one);
    }
    return g_test_run ();
}
