/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The loader and the inventory with a driver library that gives wrong answers, lacks calls, or is not
 * NVML. */
#include "driver/inventory.h"
#include "sample.h"
#include "nvml/nvml-abi.h"

#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static const char *liar, *lacks_init, *lacks_metadata;

static VgateNvml *
open_liar (const char *lie)
{
    g_autoptr (GError) error = NULL;
    VgateNvml *nvml;

    g_setenv ("NVML_LIE", lie, TRUE);
    nvml = vgate_nvml_open (liar, &error);
    g_assert_no_error (error);
    return nvml;
}

/* Reads the host through the document, as the gate gets it, so that a wrong answer cannot hide there either.
 * instances can be NULL. */
static VgateHost *
read_host (VgateNvml *nvml, GPtrArray *instances, GError **error)
{
    g_autoptr (VgateHost) host = vgate_inventory_read (nvml, instances, error);
    g_autofree char *xml = NULL;

    if (!host)
        return NULL;
    host->name = g_strdup ("host");
    host->uuid = g_strdup (SAMPLE_HOST_UUID);
    xml = vgate_host_write (host);
    return vgate_host_read (xml, strlen (xml), error);
}

static void
test_truth (void)
{
    g_autoptr (VgateNvml) nvml = open_liar ("");
    g_autoptr (GError) error = NULL;
    g_autoptr (GPtrArray) instances = vgate_instances_new ();
    g_autoptr (VgateHost) host = read_host (nvml, instances, &error);
    const VgateInstance *instance;

    g_assert_no_error (error);
    g_assert_false (host->simulated);
    g_assert_null (vgate_nvml_get_simulated (nvml));
    g_assert_cmpstr (host->driver, ==, "580.95.05");
    g_assert_cmpuint (host->pgpus->len, ==, 1);
    g_assert_cmpuint (instances->len, ==, 1);
    instance = g_ptr_array_index (instances, 0);
    g_assert_cmpstr (instance->uuid, ==,
                     "aaaaaaaa-0000-4000-8000-000000000001"); /* lower case, as all our UUIDs */
    g_assert_null (instance->mdev);                           /* the library lacks that call */
    g_assert_cmpuint (g_bytes_get_size (instance->metadata), ==, 468);
}

static const struct {
    const char *lie;
    const char *words[2];
} host_lies[] = {
    {"driver without end", {"nvmlSystemGetDriverVersion", "not terminated"}},
    {"driver not ASCII", {"nvmlSystemGetDriverVersion", "not printable ASCII"}},
    {"address without end", {"nvmlDeviceGetPciInfo_v3", "not terminated"}},
    {"address not ASCII", {"nvmlDeviceGetPciInfo_v3", "not printable ASCII"}},
    {"address empty", {"nvmlDeviceGetPciInfo_v3", "not a PCI address"}},
    {"address 0", {"nvmlDeviceGetPciInfo_v3", "not a PCI address"}},
    {"name without end", {"nvmlDeviceGetName", "not terminated"}},
    {"name not ASCII", {"nvmlDeviceGetName", "not printable ASCII"}},
    {"uuid without end", {"nvmlDeviceGetUUID", "not terminated"}},
    {"type name without end", {"nvmlVgpuTypeGetName", "not terminated"}},
    {"class without end", {"nvmlVgpuTypeGetClass", "not terminated"}},
    {"4 billion GPUs", {"nvmlDeviceGetCount_v2", "4294967295"}},
    {"sizing succeeds", {"nvmlDeviceGetVgpuMetadata", "without a buffer"}},
    {"size 0", {"nvmlDeviceGetVgpuMetadata", "impossible size"}},
    {"size of 4 GiB", {"nvmlDeviceGetVgpuMetadata", "impossible size"}},
    {"size too small", {"nvmlDeviceGetVgpuMetadata", "8 bytes"}},
    {"grows", {"nvmlDeviceGetVgpuMetadata", "NVML error 7"}},
    {"more bytes than room", {"nvmlDeviceGetVgpuMetadata", "more bytes"}},
    {"fewer bytes", {"nvmlDeviceGetVgpuMetadata", "20 bytes"}},
    {"opaque size", {"nvmlDeviceGetVgpuMetadata", "65536"}},
    {"metadata with escape", {"nvmlDeviceGetVgpuMetadata", "0x1b"}},
    {"metadata not ASCII", {"nvmlDeviceGetVgpuMetadata", "0xe9"}},
    {"supported: 4 billion", {"nvmlDeviceGetSupportedVgpus", "impossible count"}},
    {"supported: ever more", {"nvmlDeviceGetSupportedVgpus", "NVML error 7"}},
    {"supported: success without room", {"nvmlDeviceGetSupportedVgpus", "more entries"}},
    {"creatable: 4 billion", {"nvmlDeviceGetCreatableVgpus", "impossible count"}},
    {"creatable: ever more", {"nvmlDeviceGetCreatableVgpus", "NVML error 7"}},
    {"active: 4 billion", {"nvmlDeviceGetActiveVgpus", "impossible count"}},
    {"active: success without room", {"nvmlDeviceGetActiveVgpus", "more entries"}},
    {"driver with escape", {"nvmlSystemGetDriverVersion", "not printable ASCII"}},
    {"name with escape", {"nvmlDeviceGetName", "not printable ASCII"}},
    {"uuid with escape", {"nvmlDeviceGetUUID", "not printable ASCII"}},
    {"type name with escape", {"nvmlVgpuTypeGetName", "not printable ASCII"}},
    {"class with escape", {"nvmlVgpuTypeGetClass", "not printable ASCII"}},
    {"address of domain 10000", {"nvmlDeviceGetPciInfo_v3", "not a PCI address"}},
    {"address of function 8", {"nvmlDeviceGetPciInfo_v3", "not a PCI address"}},
    {"address with signs", {"nvmlDeviceGetPciInfo_v3", "not a PCI address"}},
};

static void
test_host_lies (void)
{
    for (gsize i = 0; i < G_N_ELEMENTS (host_lies); i++) {
        g_autoptr (VgateNvml) nvml = open_liar (host_lies[i].lie);
        g_autoptr (GError) error = NULL;

        g_test_message ("%s", host_lies[i].lie);
        g_assert_null (read_host (nvml, NULL, &error));
        for (gsize j = 0; j < 2; j++)
            if (!strstr (error->message, host_lies[i].words[j]))
                g_error ("%s: '%s' does not name '%s'", host_lies[i].lie, error->message,
                         host_lies[i].words[j]);
    }
}

/* Not a fault: a driver may lack these calls. */
static void
test_small_lies (void)
{
    static const char *const lies[] = {"name empty", "uuid empty", "type name empty", "class empty",
                                       "no instances"};

    for (gsize i = 0; i < G_N_ELEMENTS (lies); i++) {
        g_autoptr (VgateNvml) nvml = open_liar (lies[i]);
        g_autoptr (GError) error = NULL;
        g_autoptr (VgateHost) host = read_host (nvml, NULL, &error);

        g_assert_no_error (error);
        g_assert_cmpuint (host->pgpus->len, ==, 1);
    }
}

static void
test_no_modes (void)
{
    g_autoptr (VgateNvml) nvml = open_liar ("no modes");
    g_autoptr (VgateHost) host = read_host (nvml, NULL, NULL);

    g_assert_cmpuint (host->pgpus->len, ==, 0);
}

/* A vGPU that cannot be read is left out if its identity or its type is not known; otherwise it is listed
 * with its error. If only its VM is not known, it is listed without a VM. */
static void
test_instance_lies (void)
{
    static const struct {
        const char *lie, *failure; /* NULL: left out; "": without a VM */
    } lies[] = {
        {"VM by number", ""},
        {"vm without end", ""},
        {"vm empty", ""},
        {"vm not ASCII", ""},
        {"vgpu without end", NULL},
        {"vgpu empty", NULL},
        {"vGPU: type name without end", NULL},
        {"vGPU: sizing succeeds", "without a buffer"},
        {"vGPU: size 0", "impossible size"},
        {"vGPU: size of 4 GiB", "impossible size"},
        {"vGPU: grows", "NVML error 7"},
        {"vGPU: more bytes than room", "more bytes"},
    };

    for (gsize i = 0; i < G_N_ELEMENTS (lies); i++) {
        g_autoptr (VgateNvml) nvml = open_liar (lies[i].lie);
        g_autoptr (GPtrArray) instances = vgate_instances_new ();
        g_autoptr (GError) error = NULL;
        g_autoptr (VgateHost) host = vgate_inventory_read (nvml, instances, &error);

        g_test_message ("%s", lies[i].lie);
        g_assert_no_error (error);
        g_assert_cmpuint (host->pgpus->len, ==, 1);
        g_assert_cmpuint (instances->len, ==, lies[i].failure ? 1 : 0);
        if (lies[i].failure) {
            const VgateInstance *instance = g_ptr_array_index (instances, 0);

            g_assert_cmpint (instance->vm == NULL, ==, *lies[i].failure == '\0');
            g_assert_cmpint (instance->metadata == NULL, ==, *lies[i].failure != '\0');
            if (*lies[i].failure != '\0')
                g_assert_nonnull (strstr (instance->failure, lies[i].failure));
        }
    }
}

/* The last vGPU that fits starts between the list of types that can be created and the list of running vGPUs:
 * it runs, and no more fits. */
static void
test_starts_meanwhile (void)
{
    g_autoptr (VgateNvml) nvml = open_liar ("starts meanwhile");
    g_autoptr (GError) error = NULL;
    g_autoptr (GPtrArray) instances = vgate_instances_new ();
    g_autoptr (VgateHost) host = vgate_inventory_read (nvml, instances, &error);
    const VgatePgpu *pgpu;

    g_assert_no_error (error);
    pgpu = g_ptr_array_index (host->pgpus, 0);
    g_assert_cmpuint (((VgateHostType *)g_ptr_array_index (pgpu->types, 0))->free_instances, ==, 0);
    g_assert_cmpuint (instances->len, ==, 1);
}

/* A host on which vGPUs start and end all the time can be read nevertheless. */
static void
test_another_each_time (void)
{
    g_autoptr (VgateNvml) nvml = open_liar ("another each time");
    g_autoptr (GError) error = NULL;
    g_autoptr (GPtrArray) instances = vgate_instances_new ();
    g_autoptr (VgateHost) host = vgate_inventory_read (nvml, instances, &error);

    g_assert_no_error (error);
    g_assert_cmpuint (host->pgpus->len, ==, 1);
    g_assert_cmpuint (instances->len, ==, 1);
}

static void
assert_open_fails (const char *library, int code, const char *words)
{
    g_autoptr (GError) error = NULL;

    g_assert_null (vgate_nvml_open (library, &error));
    g_assert_error (error, VGATE_NVML_ERROR, code);
    if (!strstr (error->message, words))
        g_error ("'%s' does not name '%s'", error->message, words);
}

static void
test_not_opened (void)
{
    g_autofree char *text_file = g_build_filename (g_getenv ("VGATE_SRCDIR"), "LICENSE", NULL);

    assert_open_fails ("/no/such/library.so", VGATE_NVML_ERROR_LIBRARY, "/no/such/library.so");
    assert_open_fails ("libno-such-library.so.99", VGATE_NVML_ERROR_LIBRARY, "libno-such-library.so.99");
    assert_open_fails (text_file, VGATE_NVML_ERROR_LIBRARY, "LICENSE");
    assert_open_fails ("/", VGATE_NVML_ERROR_LIBRARY, "/");
    assert_open_fails ("libm.so.6", VGATE_NVML_ERROR_SYMBOL, "nvmlInit_v2"); /* a library, but not NVIDIA's */
    assert_open_fails (lacks_init, VGATE_NVML_ERROR_SYMBOL, "nvmlInit_v2");
    g_setenv ("NVML_LIE", "init fails", TRUE);
    assert_open_fails (liar, NVML_ERROR_DRIVER_NOT_LOADED, "nvmlInit_v2: NVML error 9: Driver Not Loaded");
}

static void
test_lacks_a_call (void)
{
    g_autoptr (GError) error = NULL, by_driver = NULL;
    g_autoptr (VgateNvml) nvml = NULL;
    g_autoptr (VgateHost) host = NULL;
    g_autoptr (GBytes) none = g_bytes_new (NULL, 0);
    VgateAnswer answer;
    int rc;

    g_setenv ("NVML_LIE", "", TRUE);
    nvml = vgate_nvml_open (lacks_metadata, &error);
    g_assert_no_error (error);
    host = vgate_inventory_read (nvml, NULL, &error);
    g_assert_null (host);
    g_assert_error (error, VGATE_NVML_ERROR, VGATE_NVML_ERROR_SYMBOL);
    g_assert_nonnull (strstr (error->message, "nvmlDeviceGetVgpuMetadata"));
    g_assert_false (vgate_nvml_compatibility (nvml, none, none, &rc, &answer, &by_driver));
    g_assert_error (by_driver, VGATE_NVML_ERROR, VGATE_NVML_ERROR_SYMBOL);
}

/* Only the process that opened NVML shuts it down: a child that cleans up must not crash. */
static void
test_closed_in_a_child (void)
{
    g_autoptr (VgateNvml) nvml = open_liar ("");
    const pid_t child = fork ();
    int status;

    g_assert_cmpint (child, >=, 0);
    if (child == 0) {
        vgate_nvml_close (g_steal_pointer (&nvml));
        _exit (EXIT_SUCCESS);
    }
    g_assert_cmpint (waitpid (child, &status, 0), ==, child);
    g_assert_cmpint (status, ==, 0);
}

int
main (int argc, char **argv)
{
    g_test_init (&argc, &argv, NULL);
    g_assert_cmpint (argc, ==, 4);
    liar = argv[1];
    lacks_init = argv[2];
    lacks_metadata = argv[3];
    g_test_add_func ("/nvml-liar/truth", test_truth);
    g_test_add_func ("/nvml-liar/host-lies", test_host_lies);
    g_test_add_func ("/nvml-liar/small-lies", test_small_lies);
    g_test_add_func ("/nvml-liar/no-modes", test_no_modes);
    g_test_add_func ("/nvml-liar/instance-lies", test_instance_lies);
    g_test_add_func ("/nvml-liar/starts-meanwhile", test_starts_meanwhile);
    g_test_add_func ("/nvml-liar/another-each-time", test_another_each_time);
    g_test_add_func ("/nvml-liar/not-opened", test_not_opened);
    g_test_add_func ("/nvml-liar/lacks-a-call", test_lacks_a_call);
    g_test_add_func ("/nvml-liar/closed-in-a-child", test_closed_in_a_child);
    return g_test_run ();
}
