/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Every kind of guest at every event for which libvirt runs a hook. */
#include "golden.h"
#include "hook-case.h"
#include "refusal.h"

#define FOLDER "hook"

#define NOT_CONCERNED 2

static void
incoming (FakeHost *host)
{
    case_standard_host (host);
    fake_host_qemu_started (host, CASE_DOMAIN, TRUE);
}

static void
cold (FakeHost *host)
{
    case_standard_host (host);
    fake_host_qemu_started (host, CASE_DOMAIN, FALSE);
}

/* The events and their differences; an offline migration runs only 'migrate begin'. */
static const struct {
    const char *name;
    const char *operation;
    CasePrepare prepare;
    const char *config;
} events[] = {
    {"migrate", "migrate", NULL, NULL},
    {"restore", "restore", NULL, NULL},
    {"started-incoming", "started", incoming, NULL},
    {"started-cold", "started", cold, NULL},
    {"started-unknown", "started", NULL, NULL},
    {"prepare", "prepare", NULL, NULL},
    {"prepare-checked", "prepare", NULL, "[gate]\ncold-start=check\n"},
    {"reconnect", "reconnect begin", NULL, NULL},
    {"start", "start begin", NULL, NULL},
    {"stopped", "stopped end", NULL, NULL},
    {"release", "release end", NULL, NULL},
    {"attach", "attach begin", NULL, NULL},
    {"migrate-end", "migrate end", NULL, NULL},
};

#define N_EVENTS G_N_ELEMENTS (events)
/* From 'reconnect' on, nothing is gated for any guest. */
#define N_GATED 7

/* Codes: 1 allowed, 2 not concerned, 3 left to 'started'; others refused. */
/* clang-format off */
static const struct {
    const char *input;
    int codes[N_GATED]; /* of the events above, in their order */
} guests[] = {
    /*                 migrate restore incoming cold unknown prepare checked */
    {"no-vgpu",         {2,      2,      2,       2,   2,      2,      2}},
    {"usb",             {2,      2,      2,       2,   2,      2,      2}},
    {"foreign",         {2,      2,      2,       2,   2,      2,      2}},
    {"whole-gpu",       {2,      2,      2,       2,   2,      2,      2}},
    {"bare-mdev",       {3,      213,    213,     2,   510,    2,      2}},
    {"bare-vf",         {3,      213,    213,     2,   510,    2,      2}},
    {"bare-argument",   {3,      213,    213,     2,   510,    2,      2}},
    {"bare-vf-argument", {3,     213,    213,     2,   510,    2,      2}},
    {"foreign-argument", {2,     2,      2,       2,   2,      2,      2}},
    {"argument",        {1, 1, 1, 2, 510, 2, 1}},
    {"vf-argument",     {1, 1, 1, 2, 510, 2, 1}},
    {"card-and-vf-argument", {1, 1, 1, 2, 510, 2, 1}},
    {"argument-uncovered", {214, 214, 214, 2, 510, 2, 214}},
    {"mdev-and-argument", {1, 1, 1, 2, 510, 2, 1}},
    {"element",         {1, 1, 1, 2, 510, 2, 1}},
    {"mdev",            {1, 1, 1, 2, 510, 2, 1}},
    {"vf",              {1, 1, 1, 2, 510, 2, 1}},
    {"two",             {1, 1, 1, 2, 510, 2, 1}},
    {"two-mdevs",       {1, 1, 1, 2, 510, 2, 1}},
    {"two-one-refused", {302, 302, 302, 2, 510, 2, 302}},
    {"suspended",       {307, 307, 307, 2, 510, 2, 1}},
    {"uncovered",       {214, 214, 214, 2, 510, 2, 214}},
    {"gone",            {215, 215, 215, 2, 510, 2, 215}},
};
/* clang-format on */

/* Devices that differ from the domain XML. */

static void
only_gpu (FakeHost *host)
{
    fake_host_add_gpu (host, CASE_GPU, FAKE_H100);
}

static void
first_mdev (FakeHost *host)
{
    only_gpu (host);
    fake_host_add_mdev (host, CASE_MDEV, FAKE_TYPE_H100_20C, CASE_GPU);
    fake_host_offer_mdev (host, CASE_GPU, FAKE_TYPE_H100_20C, 2);
}

/* A missing device can be created for the hostdev, but not for the device on the command line. */
static void
no_device_but_room (FakeHost *host)
{
    only_gpu (host);
    fake_host_offer_mdev (host, CASE_GPU, FAKE_TYPE_H100_20C, 2);
}

static void
mdev_of_other_type (FakeHost *host)
{
    only_gpu (host);
    fake_host_add_mdev (host, CASE_MDEV, FAKE_TYPE_H100_40C, CASE_GPU);
}

static void
mdev_of_other_vendor (FakeHost *host)
{
    only_gpu (host);
    fake_host_add_foreign_device (host, CASE_FOREIGN);
    fake_host_add_mdev (host, CASE_MDEV, 4, CASE_FOREIGN);
}

static void
mdev_on_unlisted_gpu (FakeHost *host)
{
    only_gpu (host);
    fake_host_add_unlisted_gpu (host, "0000:81:00.0", FAKE_H100);
    fake_host_add_mdev (host, CASE_MDEV, FAKE_TYPE_H100_20C, "0000:81:00.0");
}

static void
vf_without_type (FakeHost *host)
{
    only_gpu (host);
    fake_host_add_vf (host, CASE_GPU, CASE_VF, 0);
}

static void
vf_of_other_type (FakeHost *host)
{
    only_gpu (host);
    fake_host_add_vf (host, CASE_GPU, CASE_VF, FAKE_TYPE_H100_80C);
}

/* A GPU in plain passthrough: no vGPU driver is bound to it. */
static void
plain_vf (FakeHost *host)
{
    only_gpu (host);
    fake_host_add_vf (host, CASE_GPU, CASE_VF, -1);
}

/* The device exists, so it needs no free instance; and it belongs to its GPU, though the other GPU would
 * do. */
static void
mdev_on_full_gpu (FakeHost *host)
{
    case_standard_host (host);
    fake_host_add_gpu (host, "0000:61:00.0", FAKE_H100);
    fake_host_sim (host, "plug --vm 9c2f4d1e-8b7a-4c65-b3d0-1e2f3a4b5c6d --type 1122 --gpu " CASE_GPU);
}

static void
mdev_on_wrong_gpu (FakeHost *host)
{
    fake_host_add_gpu (host, CASE_GPU, FAKE_H100);
    fake_host_add_gpu (host, "0000:61:00.0", FAKE_H100);
    fake_host_add_mdev (host, CASE_MDEV, FAKE_TYPE_H100_20C, CASE_GPU);
    fake_host_sim (host, "update --gpu " CASE_GPU " --ecc off");
}

/* The virtual function exists, but its GPU does not. */
static void
mdev_of_gone_gpu (FakeHost *host)
{
    fake_host_add_gpu (host, "0000:61:00.0", FAKE_H100);
    fake_host_add_vf (host, CASE_GPU, CASE_VF, -1);
    fake_host_add_mdev (host, CASE_MDEV, FAKE_TYPE_H100_20C, CASE_VF);
}

static void
other_pid_file (FakeHost *host)
{
    case_standard_host (host);
    fake_host_qemu_pid_file (host, CASE_DOMAIN, "none\n");
}

static void
dead_qemu (FakeHost *host)
{
    case_standard_host (host);
    fake_host_qemu_pid_file (host, CASE_DOMAIN, "4712\n");
}

#define GPU_2 "0000:61:00.0"

static void
incoming_only_gpu (FakeHost *host)
{
    only_gpu (host);
    fake_host_qemu_started (host, CASE_DOMAIN, TRUE);
}

static void
incoming_without_mdev (FakeHost *host)
{
    incoming_only_gpu (host);
    fake_host_offer_mdev (host, CASE_GPU, FAKE_TYPE_H100_20C, 1);
}

static void
cold_only_gpu (FakeHost *host)
{
    only_gpu (host);
    fake_host_offer_mdev (host, CASE_GPU, FAKE_TYPE_H100_20C, 1);
    fake_host_qemu_started (host, CASE_DOMAIN, FALSE);
}

static void
incoming_on_two_gpus (FakeHost *host)
{
    incoming_only_gpu (host);
    fake_host_add_gpu (host, GPU_2, FAKE_H100);
}

static void
incoming_on_full_gpu (FakeHost *host)
{
    incoming_only_gpu (host);
    fake_host_sim (host, "plug --vm 9c2f4d1e-8b7a-4c65-b3d0-1e2f3a4b5c6d --type 1122 --gpu " CASE_GPU);
}

static void
incoming_on_second_gpu (FakeHost *host)
{
    incoming_on_two_gpus (host);
    fake_host_sim (host, "plug --vm 4d7c0a6e-9b1f-4f2e-8a35-b1f0c2d9e701 --type 1120 --gpu " GPU_2);
}

static void
zombie_qemu (FakeHost *host)
{
    cold (host);
    fake_host_qemu_command_line (host, "", 0);
}

/* The word as the argument of another option does not count. */
static void
incoming_in_a_name (FakeHost *host)
{
    static const char words[] = "/usr/bin/qemu-system-x86_64\0-name\0guest=vm-incoming\0-S";

    cold (host);
    fake_host_qemu_command_line (host, words, sizeof words);
}

static const HookCase device_cases[] = {
    {.name = "other-type",
     .input = "mdev",
     .operation = "migrate",
     .code = 411,
     .prepare = mdev_of_other_type},
    {.name = "other-vendor",
     .input = "mdev",
     .operation = "migrate",
     .code = 507,
     .prepare = mdev_of_other_vendor},
    {.name = "absent", .input = "mdev", .operation = "migrate", .code = 507, .prepare = only_gpu},
    /* a device on the command line counts like a hostdev, and cannot be replaced */
    {.name = "absent", .input = "argument", .operation = "migrate", .code = 507, .prepare = only_gpu},
    {.name = "absent", .input = "vf-argument", .operation = "migrate", .code = 507, .prepare = only_gpu},
    {.name = "other-type",
     .input = "argument",
     .operation = "migrate",
     .code = 411,
     .prepare = mdev_of_other_type},
    {.name = "other-vendor",
     .input = "argument",
     .operation = "restore",
     .code = 507,
     .prepare = mdev_of_other_vendor},
    {.name = "full-gpu",
     .input = "argument",
     .operation = "migrate",
     .code = 1,
     .prepare = mdev_on_full_gpu,
     .report = TRUE},
    {.name = "absent", .input = "bare-argument", .operation = "restore", .code = 2, .prepare = only_gpu},
    {.name = "second-absent",
     .input = "mdev-and-argument",
     .operation = "migrate",
     .code = 507,
     .prepare = first_mdev,
     .config = "[placement]\nmode=apply\n"},
    {.name = "second-absent-as-is",
     .input = "mdev-and-argument",
     .operation = "migrate",
     .code = 507,
     .prepare = first_mdev,
     .config = "[placement]\nmode=off\n"},
    {.name = "first-absent",
     .input = "mdev-and-argument",
     .operation = "migrate",
     .code = 507,
     .prepare = no_device_but_room,
     .config = "[placement]\nmode=apply\n"},
    {.name = "absent", .input = "uncovered", .operation = "migrate", .code = 507, .prepare = only_gpu},
    {.name = "unlisted-gpu",
     .input = "mdev",
     .operation = "migrate",
     .code = 508,
     .prepare = mdev_on_unlisted_gpu},
    {.name = "gpu-gone", .input = "mdev", .operation = "migrate", .code = 801, .prepare = mdev_of_gone_gpu},
    /* a guest without metadata may have a vGPU here */
    {.name = "gpu-gone",
     .input = "bare-mdev",
     .operation = "restore",
     .code = 213,
     .prepare = mdev_of_gone_gpu},
    {.name = "full-gpu",
     .input = "mdev",
     .operation = "migrate",
     .code = 1,
     .prepare = mdev_on_full_gpu,
     .report = TRUE},
    {.name = "wrong-gpu",
     .input = "mdev",
     .operation = "migrate",
     .code = 304,
     .prepare = mdev_on_wrong_gpu,
     .report = TRUE},
    {.name = "absent", .input = "vf", .operation = "migrate", .code = 507, .prepare = only_gpu},
    {.name = "no-type", .input = "vf", .operation = "migrate", .code = 411, .prepare = vf_without_type},
    {.name = "other-type", .input = "vf", .operation = "migrate", .code = 411, .prepare = vf_of_other_type},
    {.name = "plain", .input = "vf", .operation = "migrate", .code = 507, .prepare = plain_vf},
    {.name = "absent", .input = "bare-mdev", .operation = "migrate", .code = 2, .prepare = only_gpu},
    {.name = "pid-file",
     .input = "bare-mdev",
     .operation = "started",
     .code = 510,
     .prepare = other_pid_file},
    {.name = "dead", .input = "bare-mdev", .operation = "started", .code = 510, .prepare = dead_qemu},
    {.name = "dead-allowed",
     .input = "bare-mdev",
     .operation = "started",
     .code = 4,
     .prepare = dead_qemu,
     .config = "[gate]\nmissing-metadata=allow\n"},
    {.name = "zombie", .input = "bare-mdev", .operation = "started", .code = 510, .prepare = zombie_qemu},
    {.name = "named-incoming",
     .input = "bare-mdev",
     .operation = "started",
     .code = 2,
     .prepare = incoming_in_a_name},
    {.name = "incoming-allowed",
     .input = "bare-mdev",
     .operation = "started",
     .code = 4,
     .prepare = incoming,
     .config = "[gate]\nmissing-metadata=allow\n",
     .report = TRUE},
    /* a faulty configuration does not prevent a guest's start, but does refuse a live arrival */
    {.name = "start-misconfigured",
     .input = "bare-mdev",
     .operation = "prepare",
     .code = 2,
     .config = "[gate]\nmising-metadata=allow\n"},
    {.name = "started-misconfigured",
     .input = "bare-mdev",
     .operation = "started",
     .code = 2,
     .prepare = cold,
     .config = "[gate]\nmising-metadata=allow\n"},
    {.name = "incoming-misconfigured",
     .input = "bare-mdev",
     .operation = "started",
     .code = 604,
     .prepare = incoming,
     .config = "[gate]\nmising-metadata=allow\n"},
    {.name = "restore-allowed",
     .input = "bare-mdev",
     .operation = "restore",
     .code = 4,
     .config = "[gate]\nmissing-metadata=allow\n",
     .report = TRUE},
    /* a guest that has arrived is judged by the vGPUs that it has by then: it needs no free instance ... */
    {.name = "started-full-gpu",
     .input = "element",
     .operation = "started",
     .code = 1,
     .prepare = incoming_on_full_gpu},
    /* ... and it is on the GPU where NVML lists it, whatever another GPU could do */
    {.name = "started-on-second",
     .input = "element",
     .operation = "started",
     .code = 1,
     .prepare = incoming_on_second_gpu,
     .sim = "update --gpu " CASE_GPU " --ecc off",
     .report = TRUE},
    {.name = "started-on-wrong",
     .input = "element",
     .operation = "started",
     .code = 304,
     .prepare = incoming_on_second_gpu,
     .sim = "update --gpu " GPU_2 " --ecc off"},
    {.name = "started-not-listed",
     .input = "element",
     .operation = "started",
     .code = 1,
     .prepare = incoming_on_two_gpus,
     .sim = "update --gpu " GPU_2 " --ecc off"},
    {.name = "started-no-such-type",
     .input = "element",
     .operation = "started",
     .code = 401,
     .prepare = incoming,
     .sim = "update --gpu " CASE_GPU " --type 1120 --count 0"},
    {.name = "started-absent",
     .input = "mdev",
     .operation = "started",
     .code = 507,
     .prepare = incoming_only_gpu},
    {.name = "started-old",
     .input = "element",
     .operation = "started",
     .code = 1,
     .prepare = incoming,
     .config = "[gate]\nmax-age=60\n"},
    /* a guest from a snapshot returns to the host of its capture */
    {.name = "started-here",
     .input = "captured-at-destination",
     .operation = "started",
     .code = 1,
     .prepare = incoming},
    {.name = "started-down-time",
     .input = "large",
     .operation = "started",
     .code = 1,
     .prepare = incoming,
     .config = "[down-time]\nlink-speed=10000\n",
     .report = TRUE},
    {.name = "started-nvml-fails",
     .input = "element",
     .operation = "started",
     .code = 501,
     .prepare = incoming,
     .config = "[backend]\nlibrary=/nonexistent\n"},
    /* QEMU has the device open, but sysfs does not contain it: this contradiction may be a vGPU */
    {.name = "started-unknown-device",
     .input = "bare-mdev",
     .operation = "started",
     .code = 217,
     .prepare = incoming_without_mdev},
    {.name = "started-unknown-device-allowed",
     .input = "bare-mdev",
     .operation = "started",
     .code = 4,
     .prepare = incoming_without_mdev,
     .config = "[gate]\nmissing-metadata=allow\n"},
    /* on a host that has no such vGPUs it cannot be one of them */
    {.name = "started-unknown-elsewhere",
     .input = "bare-mdev",
     .operation = "started",
     .code = 2,
     .prepare = incoming_only_gpu},
    {.name = "cold-unknown-device",
     .input = "bare-mdev",
     .operation = "started",
     .code = 2,
     .prepare = cold_only_gpu},
    /* a virtual function in plain passthrough, or a card of another vendor, can be absent */
    {.name = "started-absent-vf",
     .input = "bare-vf",
     .operation = "started",
     .code = 2,
     .prepare = incoming_only_gpu},
    /* missing metadata differs from wrong metadata */
    {.name = "allowed",
     .input = "uncovered",
     .operation = "migrate",
     .code = 214,
     .config = "[gate]\nmissing-metadata=allow\n"},
};

static void
test_case (gconstpointer data)
{
    case_run (data, FOLDER);
}

static void
add_case (const HookCase *c)
{
    g_autofree char *path = g_strdup_printf ("/operations/%s/%s", c->input, c->name);

    program_add_test (path, c, test_case);
}

static void
test_none_left (G_GNUC_UNUSED gconstpointer data)
{
    refusal_assert_none_left (FOLDER);
    golden_assert_none_left (FOLDER, ".report");
}

int
main (int argc, char *argv[])
{
    static HookCase matrix[G_N_ELEMENTS (guests)][N_EVENTS];

    program_test_init (&argc, &argv);
    for (gsize g = 0; g < G_N_ELEMENTS (guests); g++) {
        for (gsize e = 0; e < N_EVENTS; e++) {
            matrix[g][e] = (HookCase){
                .name = events[e].name,
                .input = guests[g].input,
                .operation = events[e].operation,
                .code = e < N_GATED ? guests[g].codes[e] : CASE_NOT_GATED,
                .prepare = events[e].prepare,
                .config = events[e].config,
                .report = e < N_GATED && guests[g].codes[e] != NOT_CONCERNED,
            };
            add_case (&matrix[g][e]);
        }
    }
    for (gsize i = 0; i < G_N_ELEMENTS (device_cases); i++)
        add_case (&device_cases[i]);
    program_add_test ("/none-left/operations", NULL, test_none_left);
    return g_test_run ();
}
