/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a guest does with its vGPU, as other clients of NVML see it: each value of the host file, and each
 * documented error. */
#include "sim-client.h"

#include <string.h>

#define GPU         "0000:41:00.0"
#define NO_INSTANCE 1u

/* One vGPU of type 12 whose guest driver is running. */
static nvmlVgpuInstance_t
plug (SimClient *client, nvmlDevice_t gpu)
{
    sim_client_must (client, "plug", "--vm", SIM_VM_A, "--type", "12", "--gpu", GPU, "--guest-driver",
                     "580.82.07", "--guest-range", "18.1-26.1");
    return sim_client_instance (client, gpu);
}

#define assert_code(call, code) g_assert_cmpint (client->call, ==, NVML_ERROR_##code)
#define assert_good(call)       g_assert_cmpint (client->call, ==, NVML_SUCCESS)

SIM_TEST (test_utilization)
{
    const nvmlDevice_t gpu = sim_client_gpu (client, GPU);
    nvmlVgpuInstanceUtilizationSample_t samples[2];
    unsigned int type = 0, count = 9;
    unsigned long long now;
    nvmlVgpuInstance_t instance;

    /* without a vGPU there is nothing to ask for */
    assert_good (nvmlDeviceGetVgpuUtilization (gpu, 0, &type, &count, NULL));
    g_assert_cmpuint (count, ==, 0);
    instance = plug (client, gpu);
    sim_client_must (client, "guest-work", "--vm", SIM_VM_A, "--utilization",
                     "sm:40;memory:20;encoder:10;decoder:5");
    assert_code (nvmlDeviceGetVgpuUtilization (NULL, 0, &type, &count, NULL), INVALID_ARGUMENT);
    assert_code (nvmlDeviceGetVgpuUtilization (gpu, 0, NULL, &count, NULL), INVALID_ARGUMENT);
    assert_code (nvmlDeviceGetVgpuUtilization (gpu, 0, &type, NULL, NULL), INVALID_ARGUMENT);
    count = 0;
    assert_code (nvmlDeviceGetVgpuUtilization (gpu, 0, &type, &count, samples), INVALID_ARGUMENT);
    assert_code (nvmlDeviceGetVgpuUtilization (gpu, 0, &type, &count, NULL), INSUFFICIENT_SIZE);
    g_assert_cmpuint (count, ==, 1);
    count = 2;
    assert_good (nvmlDeviceGetVgpuUtilization (gpu, 0, &type, &count, samples));
    g_assert_cmpuint (count, ==, 1);
    g_assert_cmpuint (type, ==, NVML_VALUE_TYPE_UNSIGNED_INT);
    g_assert_cmpuint (samples[0].vgpuInstance, ==, instance);
    g_assert_cmpuint (samples[0].smUtil.ullVal, ==, 40);
    g_assert_cmpuint (samples[0].memUtil.ullVal, ==, 20);
    g_assert_cmpuint (samples[0].encUtil.ullVal, ==, 10);
    g_assert_cmpuint (samples[0].decUtil.ullVal, ==, 5);
    now = (unsigned long long)g_get_real_time ();
    g_assert_cmpuint (samples[0].timeStamp, <=, now);
    g_assert_cmpuint (samples[0].timeStamp, >, now - 60 * G_USEC_PER_SEC);
    assert_code (nvmlDeviceGetVgpuUtilization (gpu, now + 60 * G_USEC_PER_SEC, &type, &count, samples),
                 NOT_FOUND);
    sim_client_must (client, "guest-driver", "down", "--vm", SIM_VM_A);
    assert_good (nvmlDeviceGetVgpuUtilization (gpu, 0, &type, &count, samples));
    g_assert_cmpuint (samples[0].smUtil.ullVal, ==, 0);
    assert_code (
        nvmlDeviceGetVgpuUtilization (sim_client_gpu (client, "0000:c1:00.0"), 0, &type, &count, NULL),
        NOT_SUPPORTED);
}

SIM_TEST (test_utilization_info)
{
    const nvmlDevice_t gpu = sim_client_gpu (client, GPU);
    const nvmlVgpuInstance_t instance = plug (client, gpu);
    nvmlVgpuInstanceUtilizationInfo_v1_t samples[2];
    nvmlVgpuInstancesUtilizationInfo_v1_t info = {.version = NVML_VGPU_INSTANCES_UTILIZATION_INFO_V1 + 1};

    sim_client_must (client, "guest-work", "--vm", SIM_VM_A, "--utilization", "jpeg:3;ofa:100");
    assert_code (nvmlDeviceGetVgpuInstancesUtilizationInfo (gpu, NULL), INVALID_ARGUMENT);
    assert_code (nvmlDeviceGetVgpuInstancesUtilizationInfo (gpu, &info), ARGUMENT_VERSION_MISMATCH);
    info.version--;
    assert_code (nvmlDeviceGetVgpuInstancesUtilizationInfo (gpu, &info), INSUFFICIENT_SIZE);
    g_assert_cmpuint (info.vgpuInstanceCount, ==, 1);
    info.vgpuUtilArray = samples;
    assert_good (nvmlDeviceGetVgpuInstancesUtilizationInfo (gpu, &info));
    g_assert_cmpuint (info.sampleValType, ==, NVML_VALUE_TYPE_UNSIGNED_INT);
    g_assert_cmpuint (samples[0].vgpuInstance, ==, instance);
    g_assert_cmpuint (samples[0].smUtil.ullVal, ==, 0);
    g_assert_cmpuint (samples[0].jpgUtil.ullVal, ==, 3);
    g_assert_cmpuint (samples[0].ofaUtil.ullVal, ==, 100);
    info.vgpuInstanceCount = 0;
    assert_code (nvmlDeviceGetVgpuInstancesUtilizationInfo (gpu, &info), INVALID_ARGUMENT);
    info.vgpuInstanceCount = 1;
    info.lastSeenTimeStamp = samples[0].timeStamp + 60 * G_USEC_PER_SEC;
    assert_code (nvmlDeviceGetVgpuInstancesUtilizationInfo (gpu, &info), NOT_FOUND);
}

SIM_TEST (test_processes)
{
    const nvmlDevice_t gpu = sim_client_gpu (client, GPU);
    const nvmlVgpuInstance_t instance = plug (client, gpu);
    nvmlVgpuProcessUtilizationSample_t samples[3];
    nvmlVgpuProcessUtilizationInfo_v1_t newer[3];
    nvmlVgpuProcessesUtilizationInfo_v1_t info = {.version = NVML_VGPU_PROCESSES_UTILIZATION_INFO_V1};
    unsigned int count = 0;

    /* the second did nothing */
    sim_client_must (client, "guest-work", "--vm", SIM_VM_A, "--processes",
                     "41:python3:30:2:700;42:idle:0:0:5;43:Xorg:0:1:60");
    assert_code (nvmlDeviceGetVgpuProcessUtilization (gpu, 0, NULL, samples), INVALID_ARGUMENT);
    assert_code (nvmlDeviceGetVgpuProcessUtilization (gpu, 0, &count, samples), INVALID_ARGUMENT);
    assert_code (nvmlDeviceGetVgpuProcessUtilization (gpu, 0, &count, NULL), INSUFFICIENT_SIZE);
    g_assert_cmpuint (count, ==, 2);
    assert_good (nvmlDeviceGetVgpuProcessUtilization (gpu, 0, &count, samples));
    g_assert_cmpuint (samples[0].vgpuInstance, ==, instance);
    g_assert_cmpuint (samples[0].pid, ==, 41);
    g_assert_cmpstr (samples[0].processName, ==, "python3");
    g_assert_cmpuint (samples[0].smUtil, ==, 30);
    g_assert_cmpuint (samples[0].memUtil, ==, 2);
    g_assert_cmpuint (samples[1].pid, ==, 43);
    count = 1;
    assert_code (nvmlDeviceGetVgpuProcessUtilization (gpu, 0, &count, samples), INSUFFICIENT_SIZE);
    assert_code (nvmlDeviceGetVgpuProcessesUtilizationInfo (gpu, NULL), INVALID_ARGUMENT);
    assert_code (nvmlDeviceGetVgpuProcessesUtilizationInfo (gpu, &info), INSUFFICIENT_SIZE);
    g_assert_cmpuint (info.vgpuProcessCount, ==, 2);
    info.vgpuProcUtilArray = newer;
    assert_good (nvmlDeviceGetVgpuProcessesUtilizationInfo (gpu, &info));
    g_assert_cmpuint (newer[1].vgpuInstance, ==, instance);
    g_assert_cmpstr (newer[1].processName, ==, "Xorg");
    g_assert_cmpuint (newer[1].memUtil, ==, 1);
    info.version--;
    assert_code (nvmlDeviceGetVgpuProcessesUtilizationInfo (gpu, &info), ARGUMENT_VERSION_MISMATCH);
    sim_client_must (client, "guest-driver", "down", "--vm", SIM_VM_A);
    assert_good (nvmlDeviceGetVgpuProcessUtilization (gpu, 0, &count, NULL));
    g_assert_cmpuint (count, ==, 0);
}

SIM_TEST (test_accounting)
{
    const nvmlDevice_t gpu = sim_client_gpu (client, GPU);
    const nvmlVgpuInstance_t instance = plug (client, gpu);
    unsigned int mode = 9, pids[2], count = 2;
    nvmlAccountingStats_t stats;

    assert_good (nvmlVgpuInstanceGetAccountingMode (instance, &mode));
    g_assert_cmpuint (mode, ==, NVML_FEATURE_DISABLED);
    assert_code (nvmlVgpuInstanceGetAccountingPids (instance, &count, pids), NOT_SUPPORTED);
    assert_code (nvmlVgpuInstanceGetAccountingStats (instance, 41, &stats), NOT_SUPPORTED);
    assert_code (nvmlVgpuInstanceClearAccountingPids (instance), NOT_SUPPORTED);
    sim_client_must (client, "guest-work", "--vm", SIM_VM_A, "--accounting", "on", "--processes",
                     "41:python3:30:2:700;42:idle:0:0:5");
    assert_good (nvmlVgpuInstanceGetAccountingMode (instance, &mode));
    g_assert_cmpuint (mode, ==, NVML_FEATURE_ENABLED);
    count = 0;
    assert_code (nvmlVgpuInstanceGetAccountingPids (instance, &count, NULL), INSUFFICIENT_SIZE);
    g_assert_cmpuint (count, ==, 2);
    assert_good (nvmlVgpuInstanceGetAccountingPids (instance, &count, pids));
    g_assert_cmpuint (pids[0], ==, 41);
    g_assert_cmpuint (pids[1], ==, 42);
    assert_good (nvmlVgpuInstanceGetAccountingStats (instance, 41, &stats));
    g_assert_cmpuint (stats.gpuUtilization, ==, 30);
    g_assert_cmpuint (stats.memoryUtilization, ==, 2);
    g_assert_cmpuint (stats.maxMemoryUsage, ==, 700ull << 20);
    g_assert_cmpuint (stats.isRunning, ==, 1);
    g_assert_cmpuint (stats.time, ==, 0);
    assert_code (nvmlVgpuInstanceGetAccountingStats (instance, 40, &stats), NOT_FOUND);
    assert_good (nvmlVgpuInstanceClearAccountingPids (instance));
    sim_client_must (client, "guest-driver", "down", "--vm", SIM_VM_A);
    assert_code (nvmlVgpuInstanceGetAccountingMode (instance, &mode), DRIVER_NOT_LOADED);
    assert_code (nvmlVgpuInstanceGetAccountingPids (instance, &count, pids), NOT_SUPPORTED);
    assert_code (nvmlVgpuInstanceGetAccountingMode (0, &mode), INVALID_ARGUMENT);
    assert_code (nvmlVgpuInstanceGetAccountingMode (NO_INSTANCE, &mode), NOT_FOUND);
    assert_code (nvmlVgpuInstanceClearAccountingPids (NO_INSTANCE), NOT_FOUND);
}

SIM_TEST (test_encoder)
{
    const nvmlDevice_t gpu = sim_client_gpu (client, GPU);
    const nvmlVgpuInstance_t instance = plug (client, gpu);
    nvmlEncoderSessionInfo_t sessions[2];
    unsigned int percent = 0, count = 0, fps = 9, latency = 9;

    assert_good (nvmlVgpuInstanceGetEncoderStats (instance, &count, &fps, &latency));
    g_assert_cmpuint (count + fps + latency, ==, 0);
    sim_client_must (client, "guest-work", "--vm", SIM_VM_A, "--encoder-sessions",
                     "41:h264:1920x1080:60:1000;42:av1:3840x2160:30:3000");
    assert_good (nvmlVgpuInstanceGetEncoderStats (instance, &count, &fps, &latency));
    g_assert_cmpuint (count, ==, 2);
    g_assert_cmpuint (fps, ==, 45);
    g_assert_cmpuint (latency, ==, 2000);
    assert_code (nvmlVgpuInstanceGetEncoderStats (instance, &count, NULL, &latency), INVALID_ARGUMENT);
    /* documented: the question for the number succeeds */
    count = 0;
    assert_good (nvmlVgpuInstanceGetEncoderSessions (instance, &count, NULL));
    g_assert_cmpuint (count, ==, 2);
    assert_code (nvmlVgpuInstanceGetEncoderSessions (instance, &count, NULL), INVALID_ARGUMENT);
    count = 1;
    assert_code (nvmlVgpuInstanceGetEncoderSessions (instance, &count, sessions), INSUFFICIENT_SIZE);
    g_assert_cmpuint (count, ==, 2);
    assert_good (nvmlVgpuInstanceGetEncoderSessions (instance, &count, sessions));
    g_assert_cmpuint (sessions[1].sessionId, ==, 2);
    g_assert_cmpuint (sessions[1].pid, ==, 42);
    g_assert_cmpuint (sessions[1].vgpuInstance, ==, instance);
    g_assert_cmpuint (sessions[1].codecType, ==, NVML_ENCODER_AV1);
    g_assert_cmpuint (sessions[1].hResolution, ==, 3840);
    g_assert_cmpuint (sessions[1].vResolution, ==, 2160);
    assert_good (nvmlVgpuInstanceGetEncoderCapacity (instance, &percent));
    g_assert_cmpuint (percent, ==, 100);
    assert_code (nvmlVgpuInstanceSetEncoderCapacity (instance, 101), INVALID_ARGUMENT);
    assert_code (nvmlVgpuInstanceSetEncoderCapacity (NO_INSTANCE, 50), NOT_FOUND);
    assert_good (nvmlVgpuInstanceSetEncoderCapacity (instance, 50));
    assert_good (nvmlVgpuInstanceGetEncoderCapacity (instance, &percent));
    g_assert_cmpuint (percent, ==, 50);
    assert_code (nvmlVgpuInstanceGetEncoderSessions (NO_INSTANCE, &count, sessions), NOT_FOUND);
    sim_client_must (client, "guest-driver", "down", "--vm", SIM_VM_A);
    count = 2;
    assert_good (nvmlVgpuInstanceGetEncoderSessions (instance, &count, sessions));
    g_assert_cmpuint (count, ==, 0);
}

SIM_TEST (test_captures)
{
    const nvmlDevice_t gpu = sim_client_gpu (client, GPU);
    const nvmlVgpuInstance_t instance = plug (client, gpu);
    nvmlFBCSessionInfo_t sessions[1];
    nvmlFBCStats_t stats = {9, 9, 9};
    unsigned int count = 0;

    sim_client_must (client, "guest-work", "--vm", SIM_VM_A, "--captures", "41:hwenc:1920x1080:60:1000");
    assert_good (nvmlVgpuInstanceGetFBCStats (instance, &stats));
    g_assert_cmpuint (stats.sessionsCount, ==, 1);
    g_assert_cmpuint (stats.averageFPS, ==, 60);
    g_assert_cmpuint (stats.averageLatency, ==, 1000);
    assert_good (nvmlVgpuInstanceGetFBCSessions (instance, &count, NULL));
    g_assert_cmpuint (count, ==, 1);
    assert_good (nvmlVgpuInstanceGetFBCSessions (instance, &count, sessions));
    g_assert_cmpuint (sessions[0].sessionType, ==, NVML_FBC_HWENC);
    g_assert_cmpuint (sessions[0].hResolution, ==, 1920);
    g_assert_cmpuint (sessions[0].hMaxResolution, ==, 7680);
    g_assert_cmpuint (sessions[0].vMaxResolution, ==, 4320);
    assert_code (nvmlVgpuInstanceGetFBCSessions (instance, NULL, sessions), INVALID_ARGUMENT);
    assert_code (nvmlVgpuInstanceGetFBCStats (instance, NULL), INVALID_ARGUMENT);
    assert_code (nvmlVgpuInstanceGetFBCStats (NO_INSTANCE, &stats), NOT_FOUND);
    /* an empty value restores the default */
    sim_client_must (client, "guest-work", "--vm", SIM_VM_A, "--captures", "");
    assert_good (nvmlVgpuInstanceGetFBCStats (instance, &stats));
    g_assert_cmpuint (stats.sessionsCount, ==, 0);
}

SIM_TEST (test_license)
{
    const nvmlDevice_t gpu = sim_client_gpu (client, GPU);
    const nvmlVgpuInstance_t instance = plug (client, gpu);
    nvmlVgpuLicenseInfo_t info;
    unsigned int licensed = 9;

    assert_good (nvmlVgpuInstanceGetLicenseStatus (instance, &licensed));
    g_assert_cmpuint (licensed, ==, 1);
    assert_good (nvmlVgpuInstanceGetLicenseInfo_v2 (instance, &info));
    g_assert_cmpuint (info.isLicensed, ==, 1);
    g_assert_cmpuint (info.currentState, ==, NVML_GRID_LICENSE_LICENSED);
    g_assert_cmpuint (info.licenseExpiry.status, ==, NVML_GRID_LICENSE_EXPIRY_NOT_AVAILABLE);
    sim_client_must (client, "guest-work", "--vm", SIM_VM_A, "--license-expiry", "2030-01-31T13:02:03+01:00");
    /* the first version of the call has no room for the state */
    memset (&info, 0xa5, sizeof info);
    assert_good (nvmlVgpuInstanceGetLicenseInfo (instance, &info));
    g_assert_cmphex (info.currentState, ==, 0xa5a5a5a5);
    g_assert_cmpuint (info.licenseExpiry.status, ==, NVML_GRID_LICENSE_EXPIRY_VALID);
    g_assert_cmpuint (info.licenseExpiry.year, ==, 2030);
    g_assert_cmpuint (info.licenseExpiry.month, ==, 1);
    g_assert_cmpuint (info.licenseExpiry.day, ==, 31);
    g_assert_cmpuint (info.licenseExpiry.hour, ==, 12);
    g_assert_cmpuint (info.licenseExpiry.min, ==, 2);
    g_assert_cmpuint (info.licenseExpiry.sec, ==, 3);
    sim_client_must (client, "guest-work", "--vm", SIM_VM_A, "--license-expiry", "", "--license",
                     "unlicensed-restricted");
    assert_good (nvmlVgpuInstanceGetLicenseStatus (instance, &licensed));
    g_assert_cmpuint (licensed, ==, 0);
    assert_good (nvmlVgpuInstanceGetLicenseInfo_v2 (instance, &info));
    g_assert_cmpuint (info.isLicensed, ==, 0);
    g_assert_cmpuint (info.currentState, ==, NVML_GRID_LICENSE_UNLICENSED_RESTRICTED);
    sim_client_must (client, "guest-work", "--vm", SIM_VM_A, "--license", "");
    sim_client_must (client, "guest-driver", "down", "--vm", SIM_VM_A);
    assert_good (nvmlVgpuInstanceGetLicenseStatus (instance, &licensed));
    g_assert_cmpuint (licensed, ==, 0);
    assert_code (nvmlVgpuInstanceGetLicenseInfo_v2 (instance, &info), DRIVER_NOT_LOADED);
    assert_code (nvmlVgpuInstanceGetLicenseInfo_v2 (instance, NULL), INVALID_ARGUMENT);
    assert_code (nvmlVgpuInstanceGetLicenseInfo_v2 (NO_INSTANCE, &info), NOT_FOUND);
}

SIM_TEST (test_host_has_no_license)
{
    const nvmlDevice_t gpu = sim_client_gpu (client, GPU);
    nvmlGridLicensableFeatures_t features;

    memset (&features, 0xa5, sizeof features);
    assert_good (nvmlDeviceGetGridLicensableFeatures_v4 (gpu, &features));
    g_assert_cmpint (features.isGridLicenseSupported, ==, 0);
    g_assert_cmpuint (features.licensableFeaturesCount, ==, 0);
    /* nor is anything written that a client of an older version does not have */
    g_assert_cmphex (features.gridLicensableFeatures[0].featureCode, ==, 0xa5a5a5a5);
    assert_code (nvmlDeviceGetGridLicensableFeatures (gpu, NULL), INVALID_ARGUMENT);
}

SIM_TEST (test_frame_rate)
{
    const nvmlDevice_t gpu = sim_client_gpu (client, GPU);
    unsigned int limit = 0;
    nvmlVgpuInstance_t instance;

    sim_client_write_more (client, "[type 12]\nframe-rate-limit=45\n");
    instance = plug (client, gpu);
    assert_good (nvmlVgpuInstanceGetFrameRateLimit (instance, &limit));
    g_assert_cmpuint (limit, ==, 45);
    assert_code (nvmlVgpuInstanceGetFrameRateLimit (NO_INSTANCE, &limit), NOT_FOUND);
    sim_client_must (client, "unplug", "--vm", SIM_VM_A);
    sim_client_write_more (client, "[type 12]\nframe-rate-limit=0\n");
    assert_code (nvmlVgpuInstanceGetFrameRateLimit (plug (client, gpu), &limit), NOT_SUPPORTED);
    assert_code (nvmlVgpuTypeGetFrameRateLimit (12, &limit), NOT_SUPPORTED);
}

/* Each value is checked before it is written, and nothing is written then. */
SIM_TEST (test_bad_values)
{
    const char *const bad[][3] = {
        {"--utilization", "sm:101", "'sm:101' is not ENGINE:PERCENT"},
        {"--utilization", "gpu:1", "'gpu:1' is not ENGINE:PERCENT"},
        {"--utilization", ";sm:1", "'' is not ENGINE:PERCENT"},
        {"--processes", "0:a:1:1:1", "'0:a:1:1:1' is not PID:NAME"},
        {"--processes", "1::1:1:1", "'1::1:1:1' is not PID:NAME"},
        {"--processes", "1:a:1:1", "'1:a:1:1' is not PID:NAME"},
        {"--processes", "1:a\nmigration=false\n#:0:0:0", "processes: it contains control characters"},
        {"--encoder-sessions", "1:vp9:1x1:1:1", "'1:vp9:1x1:1:1' is not PID:CODEC"},
        {"--encoder-sessions", "1:h264:0x1:1:1", "is not PID:CODEC"},
        {"--captures", "1::1x1:1:1", "is not PID:TYPE"},
        {"--captures", "1:h264:1x1:1:1", "is not PID:TYPE"},
        {"--license", "stolen", "license: invalid state 'stolen'"},
        {"--license-expiry", "tomorrow", "license-expiry: 'tomorrow' is not a time"},
    };
    g_autofree char *before = NULL;
    g_autofree char *after = NULL;
    g_autofree char *line = NULL;

    plug (client, sim_client_gpu (client, GPU));
    before = sim_client_read (client);
    for (gsize i = 0; i < G_N_ELEMENTS (bad); i++)
        sim_client_impossible (client, bad[i][2], "guest-work", "--vm", SIM_VM_A, bad[i][0], bad[i][1]);
    sim_client_impossible (client, "has no vGPU", "guest-work", "--vm", SIM_VM_B, "--license", "licensed");
    g_assert_cmpint (
        sim_client_run (client, &line, "guest-work", "--vm", SIM_VM_A, "--accounting", "yes", NULL), ==, 2);
    g_clear_pointer (&line, g_free);
    g_assert_cmpint (sim_client_run (client, &line, "guest-work", "--vm", SIM_VM_A, NULL), ==, 2);
    after = sim_client_read (client);
    g_assert_cmpstr (before, ==, after);
}

int
main (int argc, char **argv)
{
    g_test_init (&argc, &argv, NULL);
    sim_client_arguments (argc, argv);
    sim_client_add_test ("/sim/work/utilization", test_utilization);
    sim_client_add_test ("/sim/work/utilization-info", test_utilization_info);
    sim_client_add_test ("/sim/work/processes", test_processes);
    sim_client_add_test ("/sim/work/accounting", test_accounting);
    sim_client_add_test ("/sim/work/encoder", test_encoder);
    sim_client_add_test ("/sim/work/captures", test_captures);
    sim_client_add_test ("/sim/work/license", test_license);
    sim_client_add_test ("/sim/work/license-of-host", test_host_has_no_license);
    sim_client_add_test ("/sim/work/frame-rate", test_frame_rate);
    sim_client_add_test ("/sim/work/bad-values", test_bad_values);
    return g_test_run ();
}
