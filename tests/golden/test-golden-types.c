/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The name of a vGPU's type decides, because each driver has its own type numbers: the guest has the number
 * 1121 for the type that is 1120 here, and 1121 is a larger type here. */
#include "gate/gate.h"
#include "placement-hosts.h"

#include <string.h>

#define RENUMBERED                       \
    {                                    \
        "type=\"1120\"", "type=\"1121\"" \
    }
#define UPDATE "update --gpu " CASE_GPU " "
#define PLUG   "plug --vm " OTHER_VM " --type 1120 --gpu " CASE_GPU

static void
guest_init_renumbered (Guest *guest, FakeHost *host, const char *input)
{
    const HookCase c = {.input = input, .edits = {RENUMBERED}};

    guest->host = host;
    guest->xml = case_input (&c, &guest->length);
}

/* --- rules and counts --- */

static const struct {
    const char *name, *sim;
    int code;
} counts[] = {
    {"offered", UPDATE "--type 1121 --count 0", 0},
    {"missing", UPDATE "--type 1120 --count 0", 401},
    {"full", UPDATE "--heterogeneous on; " UPDATE "--type 1120 --count 1; " PLUG, 402},
    {"other-full",
     UPDATE "--heterogeneous on; " UPDATE "--type 1121 --count 1; plug --vm " OTHER_VM " --type 1121", 0},
};

static void
test_count (gconstpointer data)
{
    const guint i = GPOINTER_TO_UINT (data);
    g_autoptr (FakeHost) host = fake_host_new ();
    g_auto (Guest) guest = {0};

    case_standard_host (host);
    fake_host_sim (host, counts[i].sim);
    guest_init_renumbered (&guest, host, "element");
    g_free (event (&guest, "migrate", counts[i].code));
}

/* The same for a host document. */
static void
test_document (gconstpointer data)
{
    const guint i = GPOINTER_TO_UINT (data);
    g_autoptr (FakeHost) host = fake_host_new ();
    g_autofree char *code = g_strdup_printf ("\nvgpu-gate: VGATE-%03d: ", MAX (counts[i].code, 1));
    const char *const write_it[] = {program_path ("command"), "--config", fake_host_config (host), "host",
                                    NULL};
    HookCall call = {.host = host,
                     .domain = CASE_DOMAIN,
                     .operation = "migrate",
                     .extra = "--dry-run --host $ROOT/host.xml"};
    g_auto (ProgramRun) document = {0}, run = {0};
    g_auto (Guest) guest = {0};

    case_standard_host (host);
    fake_host_sim (host, counts[i].sim);
    program_run (write_it, "", 0, &document);
    g_assert_cmpint (document.status, ==, 0);
    fake_host_write_file (host, "host.xml", document.out, strlen (document.out), 0644);
    guest_init_renumbered (&guest, host, "element");
    call.input = guest.xml;
    call.length = guest.length;
    case_call_hook (&call, &run);
    g_assert_cmpint (run.status, ==, counts[i].code == 0 ? 0 : 1);
    g_assert_nonnull (strstr (run.out, code));
}

/* --- devices --- */

static void
test_mdev (G_GNUC_UNUSED gconstpointer data)
{
    g_autoptr (FakeHost) host = applying_host (room_for_mdevs);
    g_auto (Guest) guest = {0};

    fake_host_offer_mdev (host, CASE_VF, FAKE_TYPE_H100_40C, 1);
    fake_host_offer_mdev (host, VF_2, FAKE_TYPE_H100_40C, 1);
    guest_init_renumbered (&guest, host, "mdev");
    allowed_unchanged (&guest, "migrate");
    g_assert_true (has_lease_with (host, VM_1, "\ntype=1120\n"));
    g_assert_true (has_lease_with (host, VM_1, "\ntype-name=NVIDIA H100XM-20C\n"));
}

static void
test_vf (G_GNUC_UNUSED gconstpointer data)
{
    g_autoptr (FakeHost) host = applying_host (vfs_without_type);
    g_auto (Guest) guest = {0};

    guest_init_renumbered (&guest, host, "vf");
    allowed_unchanged (&guest, "migrate");
    allowed_unchanged (&guest, "prepare");
    assert_vf_type (host, CASE_VF, "1120");
}

/* The device that exists has the number, but another type. */
static void
test_existing_vf (G_GNUC_UNUSED gconstpointer data)
{
    g_autoptr (FakeHost) host = applying_host (first_vf_has_other_type);
    g_auto (Guest) guest = {0};

    guest_init_renumbered (&guest, host, "vf");
    allowed_changed (&guest, "migrate", "<address domain='0x0000' bus='0x41' slot='0x00' function='0x4'/>",
                     "<address domain='0x0000' bus='0x41' slot='0x00' function='0x5'/>");
}

/* NVML on this host does not list the type, and the policy allows that; its number belongs to another type
 * here, which is not used in its place. */
static void
test_not_listed (G_GNUC_UNUSED gconstpointer data)
{
    g_autoptr (FakeHost) host = applying_host (vfs_without_type);
    g_auto (Guest) guest = {0};
    g_autofree char *line = NULL;
    static const guint large[] = {FAKE_TYPE_H100_40C, 0};

    fake_host_offer_vf (host, CASE_VF, large);
    fake_host_offer_vf (host, VF_2, large);
    fake_host_sim (host, UPDATE "--type 1120 --count 0");
    fake_host_configure (host, "[rules]\ntype-not-offered=warn\n");
    guest_init_renumbered (&guest, host, "vf");
    line = event (&guest, "migrate", 411);
    g_assert_nonnull (strstr (line, "No other device can be used"));
}

/* --- a guest that was on this host before --- */

static void
write_text (FakeHost *host, const char *name, const char *text)
{
    fake_host_write_file (host, name, text, strlen (text), 0644);
}

#define TYPES "sys/bus/pci/devices/" CASE_GPU "/mdev_supported_types/"

/* Its device was created and removed; then the driver was updated without a reboot, and has other type
 * numbers. */
static void
test_again (G_GNUC_UNUSED gconstpointer data)
{
    g_autoptr (FakeHost) host = applying_host (one_gpu);
    g_auto (Guest) guest = {0}, cold = {0};

    fake_host_offer_mdev (host, CASE_GPU, TYPE, 1);
    guest_init (&guest, host, "mdev", VM_1);
    guest_init (&cold, host, "bare-mdev", VM_1);
    allowed_unchanged (&guest, "migrate");
    allowed_unchanged (&guest, "prepare");
    allowed_unchanged (&guest, "release end");
    g_assert_true (has_lease (host, VM_1, "unmade"));
    write_text (host, TYPES "nvidia-1120/name", "NVIDIA H100XM-40C\n");
    write_text (host, TYPES "nvidia-1199/name", "NVIDIA H100XM-20C\n");
    write_text (host, TYPES "nvidia-1199/available_instances", "0\n");
    write_text (host, TYPES "nvidia-1199/create", "");
    refused (&cold, "prepare", 812);
    write_text (host, TYPES "nvidia-1199/available_instances", "1\n");
    allowed_unchanged (&cold, "prepare");
    g_assert_true (fake_host_has_mdev (host, CASE_MDEV));
    g_assert_true (has_lease_with (host, VM_1, "\ntype=1199\n"));
}

/* --- at switch-over --- */

/* By then the guest is here, on the last place of its type, so it needs no other place. */
static void
test_switch_over (G_GNUC_UNUSED gconstpointer data)
{
    g_autoptr (FakeHost) host = fake_host_new ();
    g_auto (Guest) guest = {0};
    g_autoptr (GError) error = NULL;
    g_autoptr (VgatePolicy) policy = NULL;
    g_autoptr (VgateDomain) domain = NULL;
    g_autoptr (VgateDecision) decision = NULL;
    VgateRequest request = {.operation = VGATE_OPERATION_SWITCH_OVER, .root = fake_host_root (host)};

    case_standard_host (host);
    fake_host_sim (host, UPDATE "--type 1120 --count 1; plug --vm " VM_1 " --type 1120 --gpu " CASE_GPU);
    guest_init_renumbered (&guest, host, "element");
    policy = vgate_policy_load (fake_host_config (host), &error);
    g_assert_no_error (error);
    domain = vgate_domain_read (guest.xml, guest.length, NULL, &error);
    g_assert_no_error (error);
    request.policy = policy;
    request.domain = domain;
    decision = vgate_gate_decide (&request);
    g_assert_cmpint (decision->code, ==, VGATE_CODE_ALLOWED);
    g_assert_true (decision->allowed);
}

int
main (int argc, char *argv[])
{
    static const struct {
        const char *path;
        GTestDataFunc function;
    } tests[] = {{"mdev", test_mdev},
                 {"vf", test_vf},
                 {"existing-vf", test_existing_vf},
                 {"not-listed", test_not_listed},
                 {"again", test_again},
                 {"switch-over", test_switch_over}};

    program_test_init (&argc, &argv);
    for (guint i = 0; i < G_N_ELEMENTS (counts); i++) {
        g_autofree char *path = g_strdup_printf ("/types/host/%s", counts[i].name);
        g_autofree char *document = g_strdup_printf ("/types/document/%s", counts[i].name);

        program_add_test (path, GUINT_TO_POINTER (i), test_count);
        program_add_test (document, GUINT_TO_POINTER (i), test_document);
    }
    for (gsize i = 0; i < G_N_ELEMENTS (tests); i++) {
        g_autofree char *path = g_strdup_printf ("/types/%s", tests[i].path);

        program_add_test (path, NULL, tests[i].function);
    }
    return g_test_run ();
}
