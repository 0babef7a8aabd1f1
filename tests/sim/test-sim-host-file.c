/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The keyfile is read strictly: each case changes a good file into one that the driver does not accept. */
#include "sim-client.h"

#include <string.h>

#define VGPU                                                                \
    "[vgpu 33333333-3333-4333-8333-333333333333]\ninstance=7\nvm=" SIM_VM_A \
    "\ngpu=0000:41:00.0\ntype=11\nguest-driver-state=down\n"

#define VGPU_20                                                             \
    "[vgpu 44444444-4444-4444-8444-444444444444]\ninstance=8\nvm=" SIM_VM_A \
    "\ngpu=0000:41:00.0\ntype=12\nguest-driver-state=down\n"

#define MIXED  "[gpu 0000:41:00.0]\nheterogeneous=true\n"
#define TYPE_1 "[type 1]\nname=n\nclass=c\nframebuffer=1\n"
/* Two instances of type 1 take more slices than the GPU has. */
#define MIG                                                  \
    TYPE_1 "gpu-instance-profile=9\ngpu-instance-slices=4\n" \
           "[gpu 0000:41:00.0]\nvgpu-types=1:7\nmig=true\n"
#define SHARE "[gpu 0000:41:00.0]\nscheduler=equal-share\n"

/* Groups after the good host, and vgpu-sim's message about them. */
static const struct {
    const char *name;
    const char *more;
    const char *message;
} bad_groups[] = {
    {"unknown-group", "[colour]\n", "unknown group [colour]"},
    {"driver-key", "[driver]\ncolour=green\n", "[driver] colour: unknown key"},
    {"driver-version-empty", "[driver]\nversion=\n", "[driver] version: not a text"},
    {"driver-range", "[driver]\nrange=18-26\n", "[driver] range: '18-26'"},
    {"driver-range-inverted", "[driver]\nrange=26.1-18.1\n", "[driver] range: '26.1-18.1'"},
    {"advertised-outside", "[driver]\nadvertised-range=18.1-26.2\n", "[driver] advertised-range: not inside"},
    {"structure-version", "[driver]\nstructure-version=0\n", "[driver] structure-version: '0'"},
    {"scheduler-calls", "[driver]\nscheduler-calls=v3\n", "[driver] scheduler-calls: invalid value 'v3'"},
    {"scheduler-calls-arr", SHARE "scheduler-arr=off\n[driver]\nscheduler-calls=v2\n",
     "scheduler-arr: is always on"},
    {"nvenc-v1", "[gpu 0000:41:00.0]\nnvenc0-scheduler=equal-share\n",
     "nvenc0-scheduler: has no meaning with these scheduler-calls"},
    {"nvenc-frequency",
     "[gpu 0000:41:00.0]\nnvenc1-scheduler=equal-share\nnvenc1-scheduler-frequency=961\n"
     "[driver]\nscheduler-calls=v1-deprecated\n",
     "nvenc1-scheduler-frequency: '961'"},
    {"leading-zero", "[driver]\nstructure-version=03\n", "[driver] structure-version: '03'"},
    {"last-instance", "[driver]\nlast-instance=4294967296\n", "[driver] last-instance: '4294967296'"},
    {"type-id", "[type 0]\nname=n\nclass=c\nframebuffer=1\n", "[type 0]: not a vGPU type id"},
    {"type-id-text", "[type x]\nname=n\nclass=c\nframebuffer=1\n", "[type x]: not a vGPU type id"},
    {"type-name", "[type 1]\nclass=c\nframebuffer=1\n", "[type 1] name: missing"},
    {"type-class", "[type 1]\nname=n\nframebuffer=1\n", "[type 1] class: missing"},
    {"type-framebuffer", "[type 1]\nname=n\nclass=c\nframebuffer=0\n", "[type 1] framebuffer: '0'"},
    {"type-key", "[type 11]\ncolour=green\n", "[type 11] colour: unknown key"},
    {"nvml-version", "[driver]\nnvml-version=\n", "[driver] nvml-version: not a text"},
    {"multi-vgpu", "[driver]\nheterogeneous-multi-vgpu=1\n", "heterogeneous-multi-vgpu: '1'"},
    {"type-license", TYPE_1 "license=\n", "[type 1] license: not a text"},
    {"type-per-vm", TYPE_1 "max-instances-per-vm=0\n", "[type 1] max-instances-per-vm: '0'"},
    {"type-heads", TYPE_1 "display-heads=0\n", "[type 1] display-heads: '0'"},
    {"type-frame-rate", TYPE_1 "frame-rate-limit=65536\n", "[type 1] frame-rate-limit: '65536'"},
    {"type-resolution", TYPE_1 "resolution=1280\n", "[type 1] resolution: '1280' is not WIDTHxHEIGHT"},
    {"type-capability", TYPE_1 "capabilities=gpudirect;fast\n", "[type 1] capabilities: 'fast' is not"},
    {"type-reservation", TYPE_1 "framebuffer-reservation=-1\n", "framebuffer-reservation: '-1'"},
    {"type-bar1", TYPE_1 "bar1=1M\n", "[type 1] bar1: '1M'"},
    {"type-gsp-heap", TYPE_1 "gsp-heap=\n", "[type 1] gsp-heap: ''"},
    {"type-device-alone", TYPE_1 "device-id=2330\n", "[type 1] subsystem-id: missing"},
    {"type-profile-alone", TYPE_1 "gpu-instance-profile=19\n", "[type 1] gpu-instance-slices: missing"},
    {"type-slices-alone", TYPE_1 "gpu-instance-slices=1\n", "[type 1] gpu-instance-profile: missing"},
    {"type-profile", TYPE_1 "gpu-instance-profile=4294967295\ngpu-instance-slices=1\n",
     "gpu-instance-profile: '4294967295'"},
    {"type-slices", TYPE_1 "gpu-instance-profile=19\ngpu-instance-slices=0\n", "gpu-instance-slices: '0'"},
    {"vgpu-frame-rate", VGPU "frame-rate-limit=65536\n", "frame-rate-limit: '65536'"},
    {"vgpu-encoder", VGPU "encoder-capacity=101\n", "encoder-capacity: '101'"},
    {"vgpu-accounting", VGPU "accounting=on\n", "accounting: 'on' is neither"},
    {"vgpu-expiry", VGPU "license=unlicensed\nlicense-expiry=2030-01-31T12:00:00Z\n",
     "license-expiry: but the vGPU is not licensed"},
    {"gpu-slices", "[gpu 0000:41:00.0]\ngpu-instance-slices=0\n", "gpu-instance-slices: '0'"},
    {"gpu-mig-heterogeneous", MIXED "mig=true\n", "heterogeneous: but the GPU is in MIG mode"},
    {"placements-mig", MIG "placements=1:0\n", "placements: type 1 is MIG-backed"},
    {"vgpu-time-sliced-mig", VGPU MIG "vgpu-types=1:7;11:2\n", "type: its GPU is in MIG mode"},
    {"vgpu-mig-time-sliced", VGPU "type=1\ngpu-instance=1\n" MIG "mig=false\n",
     "type: its GPU is not in MIG mode"},
    {"vgpu-gpu-instance", VGPU "gpu-instance=1\n", "gpu-instance: but its GPU is not in MIG mode"},
    {"vgpu-gpu-instance-missing", VGPU "type=1\n" MIG, "gpu-instance: missing"},
    {"vgpu-gpu-instance-none", VGPU "type=1\ngpu-instance=4294967295\n" MIG, "gpu-instance: '4294967295'"},
    {"vgpu-gpu-instance-twice", VGPU "type=1\ngpu-instance=1\n" VGPU_20 "type=1\ngpu-instance=1\n" MIG,
     "gpu-instance: another vGPU"},
    {"vgpu-slices", VGPU "type=1\ngpu-instance=1\n" VGPU_20 "type=1\ngpu-instance=2\n" MIG,
     "type: more slices than the GPU has left"},
    {"vgpu-placement-mig", VGPU "type=1\ngpu-instance=1\nplacement=0\n" MIG,
     "placement: but its GPU is not heterogeneous"},
    {"gpu-address", "[gpu 41:00]\n", "[gpu 41:00]: not the PCI address"},
    {"gpu-function", "[gpu 0000:41:00.1]\n", "[gpu 0000:41:00.1]: not the PCI address"},
    {"gpu-twice", "[gpu 41:00.0]\n", "[gpu 41:00.0]: listed twice"},
    {"gpu-key", "[gpu 0000:41:00.0]\ncolour=green\n", "[gpu 0000:41:00.0] colour: unknown key"},
    {"gpu-name", "[gpu 0000:41:00.0]\nname=\n", "[gpu 0000:41:00.0] name: not a text"},
    {"gpu-name-long",
     "[gpu 0000:41:00.0]\nname=1234567890123456789012345678901234567890123456789012345678901234\n",
     "[gpu 0000:41:00.0] name: not a text"},
    {"gpu-device-id", "[gpu 0000:41:00.0]\ndevice-id=0x23\n", "[gpu 0000:41:00.0] device-id: '0x23'"},
    {"gpu-subsystem-id", "[gpu 0000:41:00.0]\nsubsystem-id=123\n", "[gpu 0000:41:00.0] subsystem-id: '123'"},
    {"gpu-floor-sweeping", "[gpu 0000:41:00.0]\nfloor-sweeping=0a\n", "floor-sweeping: not upper-case"},
    {"gpu-flag", "[gpu 0000:41:00.0]\necc=on\n", "[gpu 0000:41:00.0] ecc: 'on'"},
    {"gpu-mode", "[gpu 0000:41:00.0]\nvirtualization-mode=vgpu\n",
     "virtualization-mode: invalid mode 'vgpu'"},
    {"gpu-framebuffer", "[gpu 0000:41:00.0]\nframebuffer=80GB\n", "framebuffer: '80GB'"},
    {"scheduler", "[gpu 0000:41:00.0]\nscheduler=fair\n", "scheduler: invalid value 'fair'"},
    {"scheduler-empty", "[gpu 0000:41:00.0]\nscheduler=\n", "scheduler: invalid value ''"},
    {"scheduler-arr", SHARE "scheduler-arr=2\n", "scheduler-arr: invalid value '2'"},
    {"scheduler-arr-best-effort", "[gpu 0000:41:00.0]\nscheduler-arr=on\n", "scheduler-arr: has no meaning"},
    {"scheduler-slice", SHARE "scheduler-time-slice=999999\n", "scheduler-time-slice: '999999'"},
    {"scheduler-slice-arr", SHARE "scheduler-arr=on\nscheduler-time-slice=2000000\n",
     "scheduler-time-slice: has no meaning"},
    {"scheduler-frequency", SHARE "scheduler-arr=on\nscheduler-frequency=961\n",
     "scheduler-frequency: '961'"},
    {"scheduler-frequency-no-arr", SHARE "scheduler-frequency=480\n", "scheduler-frequency: has no meaning"},
    {"scheduler-factor", SHARE "scheduler-arr=on\nscheduler-average-factor=0\n",
     "scheduler-average-factor: '0'"},
    {"scheduler-epoch", "[gpu 0000:41:00.0]\nscheduler-epoch=-1\n", "scheduler-epoch: '-1'"},
    {"offer-unknown", "[gpu 0000:41:00.0]\nvgpu-types=13:1\n", "vgpu-types: missing group [type 13]"},
    {"offer-twice", "[gpu 0000:41:00.0]\nvgpu-types=11:1;11:2\n", "vgpu-types: type 11 is listed twice"},
    {"offer-shape", "[gpu 0000:41:00.0]\nvgpu-types=11\n", "vgpu-types: '11' is not ID:COUNT"},
    {"offer-none", "[gpu 0000:41:00.0]\nvgpu-types=11:0\n", "vgpu-types: '11:0' is not ID:COUNT"},
    {"offer-gap", "[gpu 0000:41:00.0]\nvgpu-types=11:1;;12:1\n", "vgpu-types: '' is not ID:COUNT"},
    {"placements-type", "[gpu 0000:41:00.0]\nplacements=13:0\n", "placements: missing group [type 13]"},
    {"placements-shape", "[gpu 0000:41:00.0]\nplacements=11\n", "placements: '11' is not TYPE:SLOT"},
    {"placements-text", "[gpu 0000:41:00.0]\nplacements=11:x\n", "placements: 'x' is not a slot"},
    {"placements-none", "[gpu 0000:41:00.0]\nplacements=11:\n", "placements: '' is not a slot"},
    {"placements-outside", "[gpu 0000:41:00.0]\nplacements=11:161\n",
     "placements: '161' is not a slot from which 160 of the GPU's 320 fit"},
    {"placements-order", "[gpu 0000:41:00.0]\nplacements=11:160,0\n",
     "placements: '160,0' is not in ascending"},
    {"placements-double", "[gpu 0000:41:00.0]\nplacements=11:0,0\n", "placements: '0,0' is not in ascending"},
    {"placements-twice", "[gpu 0000:41:00.0]\nplacements=11:0;11:160\n",
     "placements: type 11 is listed twice"},
    {"placements-large",
     "[type 13]\nname=n\nclass=c\nframebuffer=81921\n[gpu 0000:41:00.0]\nplacements=13:0\n",
     "placements: '0' is not a slot from which 321"},
    {"gpu-mdev-parent", "[gpu 0000:41:00.0]\nmdev-parent=\n", "mdev-parent: not a text"},
    {"gpu-mdev-parent-twice", "[gpu 0000:41:00.0]\nmdev-parent=mtty\n[gpu 0001:82:00.0]\nmdev-parent=mtty\n",
     "mdev-parent: another GPU has 'mtty'"},
    {"gpu-heterogeneous", "[gpu 0000:41:00.0]\nheterogeneous=1\n", "heterogeneous: '1'"},
    {"vgpu-two-sizes", VGPU VGPU_20,
     "type: vGPU 33333333-3333-4333-8333-333333333333 on its GPU has another size"},
    {"vgpu-placement-homogeneous", VGPU "placement=0\n", "placement: but its GPU is not heterogeneous"},
    {"vgpu-placement-missing", VGPU MIXED, "placement: missing"},
    {"vgpu-placement-none", VGPU "placement=65535\n" MIXED, "placement: '65535'"},
    {"vgpu-placement-wrong", VGPU "placement=80\n" MIXED, "placement: 80 is not a placement of its type"},
    {"vgpu-placement-overlap", VGPU "placement=0\n" VGPU_20 "placement=80\n" MIXED,
     "placement: 80 is not a placement of its type, or overlaps"},
    {"vgpu-uuid", "[vgpu 7]\n", "[vgpu 7]: not a UUID"},
    {"vgpu-key", VGPU "colour=green\n", "colour: unknown key"},
    {"vgpu-instance-zero", VGPU "instance=0\n", "instance: '0'"},
    {"vgpu-vm", VGPU "vm=x\n", "vm: 'x' is not a UUID"},
    {"vgpu-gpu", VGPU "gpu=0000:42:00.0\n", "gpu: no such GPU"},
    {"vgpu-type", VGPU "type=13\n", "type: its GPU does not offer"},
    {"vgpu-type-elsewhere", VGPU "gpu=0001:82:00.0\n", "type: its GPU does not offer"},
    {"vgpu-mdev", VGPU "mdev=x\n", "mdev: 'x' is not a UUID"},
    {"vgpu-vf", VGPU "vf=x\n", "vf: 'x' is not a PCI address"},
    {"vgpu-vf-elsewhere", VGPU "vf=0001:41:00.4\n",
     "vf: '0001:41:00.4' is not a virtual function of its GPU"},
    {"vgpu-vf-of-bus", VGPU "vf=0000:42:00.4\n", "vf: '0000:42:00.4' is not a virtual function of its GPU"},
    {"vgpu-vf-physical", VGPU "vf=0000:41:00.0\n", "vf: '0000:41:00.0' is not a virtual function of its GPU"},
    {"vgpu-vf-no-sriov", VGPU "vf=0000:41:00.4\n[gpu 0000:41:00.0]\nsriov=false\n",
     "vf: its GPU has no SR-IOV"},
    {"vgpu-no-device-no-sriov", VGPU "[gpu 0000:41:00.0]\nsriov=false\n",
     "mdev: missing, and its GPU has no"},
    {"vgpu-mdev-and-vf", VGPU "vf=0000:41:00.4\nmdev=" SIM_VM_A "\n",
     "vf: a vGPU cannot have both mdev and vf"},
    {"vgpu-state", VGPU "guest-driver-state=sleeping\n", "guest-driver-state: 'sleeping'"},
    {"vgpu-down-with-version", VGPU "guest-version=18.1\n", "guest-version: but the guest driver is down"},
    {"vgpu-down-with-driver", VGPU "guest-driver=580\n", "guest-driver: but the guest driver is down"},
    {"vgpu-up-without-driver", VGPU "guest-driver-state=up\nguest-version=18.1\n", "guest-driver: missing"},
    {"vgpu-up-without-version", VGPU "guest-driver-state=up\nguest-driver=580\n", "guest-version: missing"},
    {"vgpu-guest-range", VGPU "guest-driver-state=up\nguest-driver=580\nguest-version=18.1\nguest-range=1\n",
     "guest-range: '1'"},
    {"vgpu-framebuffer-used", VGPU "framebuffer-used=40961\n", "framebuffer-used: '40961'"},
    {"vgpu-migration", VGPU "migration=1\n", "migration: '1'"},
    {"vgpu-twice", VGPU "[vgpu 33333333-3333-4333-8333-33333333333A]\n", "instance: missing"},
    {"fault-call", "[faults]\nnvmlNothing=1\n", "[faults] nvmlNothing: unknown call"},
    {"fault-code", "[faults]\nnvmlInit=sleep\n", "[faults] nvmlInit: 'sleep'"},
    {"fault-success", "[faults]\nnvmlInit=0\n", "[faults] nvmlInit: '0'"},
    {"not-a-keyfile", "what?\n", "what?"},
};

static void
assert_broken (SimClient *client, const char *name, const char *message)
{
    g_autofree char *line = NULL;
    const int code = client->nvmlInit_v2 ();

    if (code != NVML_ERROR_DRIVER_NOT_LOADED)
        g_error ("%s: nvmlInit gives %d", name, code);
    g_assert_cmpint (sim_client_run (client, &line, "show", NULL), ==, 1);
    if (!strstr (line, message))
        g_error ("%s: '%s' does not say '%s'", name, line, message);
}

SIM_TEST (test_bad_groups)
{
    for (gsize i = 0; i < G_N_ELEMENTS (bad_groups); i++) {
        sim_client_write_more (client, bad_groups[i].more);
        assert_broken (client, bad_groups[i].name, bad_groups[i].message);
    }
}

/* Whole files. */
SIM_TEST (test_bad_files)
{
    static const struct {
        const char *name;
        const char *text;
        const char *message;
    } files[] = {
        {"empty", "", "missing group [driver]"},
        {"no-driver", "[type 1]\nname=n\nclass=c\nframebuffer=1\n", "missing group [driver]"},
        {"no-version", "[driver]\nrange=18.1-26.1\n", "[driver] version: missing"},
        {"no-range", "[driver]\nversion=580\n", "[driver] range: missing"},
        {"two-vgpus-one-device",
         "[driver]\nversion=1\nrange=1.1-2.1\n[type 1]\nname=n\nclass=c\nframebuffer=1\n"
         "[gpu 01:00.0]\nname=n\nuuid=u\ndevice-id=0001\nsubsystem-id=0001\nframebuffer=9\nvgpu-types=1:2\n"
         "[vgpu 33333333-3333-4333-8333-333333333333]\ninstance=1\nvm=" SIM_VM_A
         "\ngpu=01:00.0\ntype=1\nguest-driver-state=down\nvf=01:00.4\n"
         "[vgpu 44444444-4444-4444-8444-444444444444]\ninstance=2\nvm=" SIM_VM_A
         "\ngpu=01:00.0\ntype=1\nguest-driver-state=down\nvf=0000:01:00.4\n",
         "vf: vGPU 33333333-3333-4333-8333-333333333333 uses this virtual function"},
        {"two-vgpus-one-number",
         "[driver]\nversion=1\nrange=1.1-2.1\n[type 1]\nname=n\nclass=c\nframebuffer=1\n"
         "[gpu 01:00.0]\nname=n\nuuid=u\ndevice-id=0001\nsubsystem-id=0001\nframebuffer=9\nvgpu-types=1:2\n"
         "[vgpu 33333333-3333-4333-8333-333333333333]\ninstance=1\nvm=" SIM_VM_A
         "\ngpu=01:00.0\ntype=1\nguest-driver-state=down\n"
         "[vgpu 44444444-4444-4444-8444-444444444444]\ninstance=1\nvm=" SIM_VM_A
         "\ngpu=01:00.0\ntype=1\nguest-driver-state=down\n",
         "instance: another vGPU has this number"},
    };

    for (gsize i = 0; i < G_N_ELEMENTS (files); i++) {
        sim_client_write (client, files[i].text);
        assert_broken (client, files[i].name, files[i].message);
    }
}

/* A cut file may at worst fail to load, and a host without GPUs is valid. */
SIM_TEST (test_truncated_files)
{
    g_autofree char *whole = g_strconcat (sim_client_host (), VGPU "[faults]\nnvmlInit=9\n", NULL);
    guint loaded = 0, refused = 0;

    for (gsize length = 0; length <= strlen (whole); length++) {
        g_autofree char *part = g_strndup (whole, length);
        int code;

        sim_client_write (client, part);
        code = client->nvmlInit_v2 ();
        if (code == NVML_SUCCESS) {
            loaded++;
            client->nvmlShutdown ();
        } else {
            g_assert_cmpint (code, ==, NVML_ERROR_DRIVER_NOT_LOADED);
            refused++;
        }
    }
    g_assert_cmpuint (loaded, >, 10);
    g_assert_cmpuint (refused, >, 100);
}

/* Groups in any order, the GPU in each form of its address, and defaults left out. */
SIM_TEST (test_other_ways_to_write_it)
{
    unsigned int count = 2, list[2];
    nvmlDevice_t gpu;

    sim_client_write (client,
                      "[vgpu 33333333-3333-4333-8333-33333333333A]\ninstance=1\nvm=" SIM_VM_A
                      "\ngpu=0000:0A:00.0\ntype=1\nguest-driver-state=down\n"
                      "[gpu 0a:00.0]\nname=n\nuuid=u\ndevice-id=abcd\nsubsystem-id=00ef\nframebuffer=9\n"
                      "vgpu-types=1:2\n"
                      "[type 1]\nname=n\nclass=c\nframebuffer=1\n"
                      "[driver]\nversion=1\nrange=1.1-1.1\n");
    gpu = sim_client_gpu (client, "00000000:0A:00.0");
    g_assert_cmpint (client->nvmlDeviceGetActiveVgpus (gpu, &count, list), ==, NVML_SUCCESS);
    g_assert_cmpuint (count, ==, 1);
    sim_client_must (client, "update", "--gpu", "0000:0a:00.0", "--ecc", "off");
    sim_client_must (client, "unplug", "--vm", SIM_VM_A, "--uuid", "33333333-3333-4333-8333-33333333333a");
    g_assert_cmpint (client->nvmlDeviceGetActiveVgpus (gpu, &count, list), ==, NVML_SUCCESS);
    g_assert_cmpuint (count, ==, 0);
}

SIM_TEST (test_virtualization_modes)
{
    static const struct {
        const char *name;
        unsigned int mode;
    } modes[] = {{"none", NVML_VIRTUALIZATION_MODE_NONE},
                 {"passthrough", NVML_VIRTUALIZATION_MODE_PASSTHROUGH},
                 {"host-vgpu", NVML_VIRTUALIZATION_MODE_HOST_VGPU}};

    for (gsize i = 0; i < G_N_ELEMENTS (modes); i++) {
        g_autofree char *shown = NULL, *line = g_strdup_printf ("    mode %s, ", modes[i].name);
        g_autofree char *more = g_strdup_printf ("[gpu 0000:e1:00.0]\nname=n\nuuid=u\ndevice-id=0001\n"
                                                 "subsystem-id=0002\nframebuffer=1\n"
                                                 "virtualization-mode=%s\n",
                                                 modes[i].name);
        unsigned int mode = 99;
        nvmlDevice_t gpu;

        sim_client_write_more (client, more);
        gpu = sim_client_gpu (client, "0000:e1:00.0");
        g_assert_cmpint (client->nvmlDeviceGetVirtualizationMode (gpu, &mode), ==, NVML_SUCCESS);
        g_assert_cmpuint (mode, ==, modes[i].mode);
        g_assert_cmpint (sim_client_run (client, &shown, "show", NULL), ==, 0);
        g_assert_nonnull (strstr (strstr (shown, "gpu 0000:e1:00.0"), line));
    }
}

int
main (int argc, char **argv)
{
    g_test_init (&argc, &argv, NULL);
    sim_client_arguments (argc, argv);
    sim_client_add_test ("/sim/host-file/bad-groups", test_bad_groups);
    sim_client_add_test ("/sim/host-file/bad-files", test_bad_files);
    sim_client_add_test ("/sim/host-file/truncated", test_truncated_files);
    sim_client_add_test ("/sim/host-file/other-ways-to-write-it", test_other_ways_to_write_it);
    sim_client_add_test ("/sim/host-file/virtualization-modes", test_virtualization_modes);
    return g_test_run ();
}
