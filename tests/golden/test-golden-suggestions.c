/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A guest whose device does not exist, is busy, has another type or is on the wrong GPU: the suggestions to
 * the operator, and the refusals because a device's owner is unknown. */
#include "golden.h"
#include "placement-hosts.h"
#include "refusal.h"

#define FOLDER "placement"

/* --- hosts --- */

static void
named_on_wrong_gpu (FakeHost *host)
{
    fake_host_add_gpu (host, CASE_GPU, FAKE_H100);
    fake_host_add_gpu (host, GPU_2, FAKE_H100);
    fake_host_add_mdev (host, CASE_MDEV, TYPE, CASE_GPU);
    fake_host_add_mdev (host, FREE, TYPE, GPU_2);
    fake_host_sim (host, "update --gpu " CASE_GPU " --ecc off");
}

/* The free device is on a GPU that cannot run the vGPU. */
static void
free_on_wrong_gpu (FakeHost *host)
{
    fake_host_add_gpu (host, CASE_GPU, FAKE_H100);
    fake_host_add_gpu (host, GPU_2, FAKE_L40S);
    fake_host_add_mdev (host, FREE, TYPE, GPU_2);
    fake_host_offer_mdev (host, GPU_2, TYPE, 4);
}

static void
both_kinds (FakeHost *host)
{
    second_vf_has_type (host);
    fake_host_add_mdev (host, FREE, FAKE_TYPE_H100_40C, CASE_GPU);
}

static void
busy_by_nvml (FakeHost *host)
{
    named_and_free (host);
    fake_host_sim (host, "plug --vm " OTHER_VM " --type 1120 --gpu " CASE_GPU " --mdev " CASE_MDEV);
}

static void
busy_by_unnamed_vm (FakeHost *host)
{
    busy_by_nvml (host);
    fake_host_sim (host, "fail nvmlVgpuInstanceGetVmID NOT_SUPPORTED");
}

/* libvirt does not know the device: its status file has it only on QEMU's command line. */
static void
busy_by_argument (FakeHost *host)
{
    static const char status[] =
        "<domstatus state='running' reason='booted' pid='4711'>\n"
        "  <domain type='kvm' id='1' xmlns:qemu='http://libvirt.org/schemas/domain/qemu/1.0'>\n"
        "    <name>vm7</name>\n    <uuid>" OTHER_VM "</uuid>\n    <qemu:commandline>\n"
        "      <qemu:arg value='-device'/>\n"
        "      <qemu:arg value='vfio-pci,sysfsdev=/sys/bus/mdev/devices/" CASE_MDEV "'/>\n"
        "    </qemu:commandline>\n  </domain>\n</domstatus>\n";

    named_and_free (host);
    fake_host_write_file (host, "run/libvirt/qemu/vm7.xml", status, sizeof status - 1, 0600);
}

/* As in every status file. A text that is not XML shows that the file is not parsed. */
static void
status_with_capabilities (FakeHost *host)
{
    static const char status[] = "<domstatus>\n  <qemuCaps>\n    <flag name='vfio-pci.display'/>\n"
                                 "  </qemuCaps>\n  <&>\n</domstatus>\n";

    named_and_free (host);
    fake_host_write_file (host, "run/libvirt/qemu/vm7.xml", status, sizeof status - 1, 0600);
}

static void
lease_has_ended (FakeHost *host)
{
    named_and_free (host);
    put_leases (host, LEASES_OF ("1", LEASE (OTHER_VM, CASE_MDEV, "taken", "1")));
}

/* A lease from another boot, in case the file system kept it. */
static void
lease_lasts_too_long (FakeHost *host)
{
    g_autofree char *text = lease_with_seconds_left (OTHER_VM, CASE_MDEV, "taken", 4000);

    named_and_free (host);
    put_leases (host, text);
}

/* The guest's own lease, from an attempt that failed. */
static void
own_lease (FakeHost *host)
{
    g_autofree char *text = lease_with_seconds_left (VM_1, CASE_MDEV, "taken", 1000);

    named_and_free (host);
    put_leases (host, text);
}

static void
last_room_is_promised (FakeHost *host)
{
    g_autofree char *text = lease_with_seconds_left (OTHER_VM, FREE, "planned", 1000);

    one_gpu (host);
    fake_host_offer_mdev (host, CASE_GPU, TYPE, 1);
    put_leases (host, text);
}

static void
status_is_rubbish (FakeHost *host)
{
    named_and_free (host);
    fake_host_write_file (host, "run/libvirt/qemu/vm7.xml", "<domstatus><hostdev", 19, 0600);
}

static void
status_is_empty (FakeHost *host)
{
    named_and_free (host);
    fake_host_write_file (host, "run/libvirt/qemu/vm7.xml", "", 0, 0600);
}

static void
leases_are_rubbish (FakeHost *host)
{
    named_and_free (host);
    put_leases (host, "\001\002 no key file\n");
}

static void
leases_are_cut (FakeHost *host)
{
    named_and_free (host);
    put_leases (host, LEASES_OF ("2", LEASE (OTHER_VM, CASE_MDEV, "made", "1")));
}

static void
leases_have_odd_device (FakeHost *host)
{
    named_and_free (host);
    put_leases (host, LEASES_OF ("1", LEASE (OTHER_VM, "../../etc", "made", "1")));
}

/* --- refusals and their suggestions --- */

#define CASE(name_, input_, operation_, code_, prepare_) \
    .name = (name_), .input = (input_), .operation = (operation_), .code = (code_), .prepare = (prepare_)

/* clang-format off */
static const HookCase cases[] = {
    {CASE ("existing", "mdev", "migrate", 507, free_mdev), .report = TRUE},
    {CASE ("existing-restore", "mdev", "restore", 507, free_mdev)},
    {CASE ("to-make", "mdev", "migrate", 507, room_for_mdevs), .report = TRUE},
    {CASE ("two-to-make", "two-mdevs", "migrate", 507, room_for_mdevs),
     .report = TRUE},
    {CASE ("vf-to-make", "vf", "migrate", 411, vfs_without_type)},
    {CASE ("vf-existing", "vf", "migrate", 411, second_vf_has_type)},
    {CASE ("vf-other", "vf", "migrate", 411, first_vf_has_other_type)},
    {CASE ("wrong-gpu", "mdev", "migrate", 304, named_on_wrong_gpu),
     .report = TRUE},
    {CASE ("nothing-fits", "mdev", "migrate", 507, free_on_wrong_gpu)},
    {CASE ("nothing-fits-apply", "mdev", "migrate", 507, free_on_wrong_gpu),
     .config = APPLY},
    /* the guest's device is of a kind that this host does not support, so no other device can help */
    {CASE ("kind", "mdev", "migrate", 816, second_vf_has_type)},
    {CASE ("kind", "vf", "migrate", 816, room_for_mdevs)},
    {CASE ("kind-absent", "vf", "restore", 816, free_mdev)},
    {CASE ("kind-apply", "mdev", "restore", 816, vfs_without_type), .config = APPLY},
    {CASE ("kind-apply", "vf", "migrate", 816, room_for_mdevs), .config = APPLY},
    {CASE ("kind-off", "mdev", "migrate", 816, second_vf_has_type), .config = "[placement]\nmode=off\n"},
    {CASE ("kind-off", "vf", "migrate", 816, free_mdev), .config = "[placement]\nmode=off\n"},
    /* a host with neither kind, or both, gives no hint */
    {CASE ("kind-neither", "mdev", "migrate", 507, one_gpu)},
    {CASE ("kind-both", "mdev", "migrate", 507, both_kinds)},
    {CASE ("busy-nvml", "mdev", "migrate", 802, busy_by_nvml)},
    {CASE ("busy-unnamed", "mdev", "migrate", 802, busy_by_unnamed_vm)},
    {CASE ("busy-domain", "mdev", "migrate", 802, busy_by_domain)},
    {CASE ("busy-argument", "mdev", "migrate", 802, busy_by_argument)},
    /* a device on the command line is checked like a hostdev, but cannot be replaced */
    {CASE ("busy-nvml", "argument", "migrate", 802, busy_by_nvml), .config = APPLY},
    {CASE ("busy-domain", "argument", "migrate", 802, busy_by_domain), .config = APPLY},
    /* so mode=apply is not advised either */
    {CASE ("busy-suggest", "argument", "migrate", 802, busy_by_domain)},
    {CASE ("lease-ended", "mdev", "migrate", 1, lease_has_ended)},
    {CASE ("lease-too-long", "mdev", "migrate", 1, lease_lasts_too_long)},
    {CASE ("lease-own", "mdev", "migrate", 1, own_lease)},
    {CASE ("promised", "mdev", "migrate", 507, last_room_is_promised)},
    {CASE ("status-rubbish", "mdev", "migrate", 803, status_is_rubbish)},
    {CASE ("status-empty", "mdev", "restore", 803, status_is_empty)},
    {CASE ("status-capabilities", "mdev", "migrate", 1, status_with_capabilities)},
    {CASE ("leases-rubbish", "mdev", "migrate", 804, leases_are_rubbish)},
    {CASE ("leases-cut", "mdev", "migrate", 804, leases_are_cut)},
    {CASE ("leases-odd", "mdev", "migrate", 804, leases_have_odd_device)},
    /* as without placement: the device must be right, and libvirt finds out whether it is free */
    {CASE ("off-absent", "mdev", "migrate", 507, free_mdev),
     .config = "[placement]\nmode=off\n"},
    {CASE ("off-busy", "mdev", "migrate", 1, busy_by_domain),
     .config = "[placement]\nmode=off\n"},
    /* a cold start is not handled as an arrival */
    {CASE ("cold-start", "bare-mdev", "prepare", 2, room_for_mdevs),
     .config = APPLY},
};
/* clang-format on */

static void
test_case (gconstpointer data)
{
    case_run (data, FOLDER);
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
    program_test_init (&argc, &argv);
    for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
        g_autofree char *path = g_strdup_printf ("/placement/case/%s/%s", cases[i].input, cases[i].name);

        program_add_test (path, &cases[i], test_case);
    }
    program_add_test ("/none-left/placement", NULL, test_none_left);
    return g_test_run ();
}
