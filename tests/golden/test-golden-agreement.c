/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Random guests on random hosts: 'vgpu-gate check' on the host, and with its document, answers what the
 * hook answers then. $VGATE_AGREEMENTS is the number of cases. GLib prints the seed; --seed=SEED repeats
 * the cases.
 */
#include "base/codes.h"
#include "command-case.h"
#include "placement-hosts.h"

#include <string.h>

#define CASES 25

/* TRUE once in n. */
static gboolean
once_in (int n)
{
    return g_test_rand_int_range (0, n) == 0;
}

static guint
any_type (void)
{
    return once_in (3) ? FAKE_TYPE_H100_40C : FAKE_TYPE_H100_20C;
}

/* What was chosen, for the message of a failure, and what the expectations need. */
typedef struct {
    FakeHost *host;
    GString *story;
    gboolean has_second_gpu;
    gboolean allows_missing; /* guests without metadata */
    GPtrArray *devices;      /* static strings: the devices that exist */
} Place;

static const char *
any_gpu (const Place *place)
{
    return place->has_second_gpu && once_in (2) ? GPU_2 : CASE_GPU;
}

static void
add_mdevs (Place *place)
{
    static const char *const mdevs[] = {CASE_MDEV, CASE_MDEV_2, FREE};

    for (gsize i = 0; i < G_N_ELEMENTS (mdevs); i++) {
        const guint type = any_type ();
        const char *gpu = any_gpu (place);

        if (once_in (2))
            continue;
        fake_host_add_mdev (place->host, mdevs[i], type, gpu);
        g_ptr_array_add (place->devices, (gpointer)mdevs[i]);
        g_string_append_printf (place->story, "mdev %s of type %u on %s; ", mdevs[i], type, gpu);
    }
    if (once_in (2)) {
        const char *gpu = any_gpu (place);

        fake_host_offer_mdev (place->host, gpu, TYPE, 1);
        g_string_append_printf (place->story, "one can be created on %s; ", gpu);
    }
}

static void
add_vfs (Place *place)
{
    static const char *const vfs[] = {CASE_VF, VF_2};
    static const guint types[] = {FAKE_TYPE_H100_20C, FAKE_TYPE_H100_40C, 0};

    for (gsize i = 0; i < G_N_ELEMENTS (vfs); i++) {
        const guint type = once_in (2) ? 0 : any_type ();

        if (once_in (4)) {
            /* a device that is no vGPU can have the address */
            if (once_in (2)) {
                fake_host_add_foreign_device (place->host, vfs[i]);
                g_string_append_printf (place->story, "%s is foreign; ", vfs[i]);
            }
            continue;
        }
        fake_host_add_vf (place->host, CASE_GPU, vfs[i], (int)type);
        fake_host_offer_vf (place->host, vfs[i], types);
        if (type != 0)
            g_ptr_array_add (place->devices, (gpointer)vfs[i]);
        g_string_append_printf (place->story, "VF %s of type %u; ", vfs[i], type);
    }
}

static const char *
any_device (const Place *place)
{
    const gint n = (gint)place->devices->len;

    return n > 0 && once_in (2) ? g_ptr_array_index (place->devices, g_test_rand_int_range (0, n))
                                : CASE_MDEV;
}

/* Others that have a device, or have reserved one. */
static void
add_others (Place *place)
{
    const char *device = any_device (place);

    if (once_in (4)) {
        fake_host_add_live_domain (place->host, "vm7", OTHER_VM, device);
        g_string_append_printf (place->story, "vm7 has %s; ", device);
    }
    device = any_device (place);
    if (!strchr (device, ':') && once_in (4)) {
        const char *state = once_in (2) ? "planned" : "taken";
        g_autofree char *lease = lease_with_seconds_left (VM_2, device, state, 1000);

        put_leases (place->host, lease);
        g_string_append_printf (place->story, "%s is leased (%s); ", device, state);
    }
    if (once_in (5)) {
        g_autofree char *plug =
            g_strdup_printf ("plug --vm " OTHER_VM " --type %u --gpu " CASE_GPU, any_type ());

        fake_host_sim (place->host, plug);
        g_string_append_printf (place->story, "%s; ", plug);
    }
}

static void
make_place (Place *place)
{
    static const char *const modes[] = {"", "[placement]\nmode=apply\n", "[placement]\nmode=off\n"};
    const char *mode = modes[g_test_rand_int_range (0, G_N_ELEMENTS (modes))];

    place->host = fake_host_new ();
    place->story = g_string_new (mode);
    place->devices = g_ptr_array_new ();
    fake_host_add_gpu (place->host, CASE_GPU, FAKE_H100);
    place->has_second_gpu = once_in (3);
    if (place->has_second_gpu)
        fake_host_add_gpu (place->host, GPU_2, FAKE_H100);
    fake_host_configure (place->host, mode);
    place->allows_missing = once_in (8);
    if (place->allows_missing) {
        fake_host_configure (place->host, "[gate]\nmissing-metadata=allow\n");
        g_string_append (place->story, "missing-metadata=allow; ");
    }
    if (once_in (2))
        fake_host_add_foreign_device (place->host, CASE_FOREIGN);
    if (once_in (3))
        add_vfs (place);
    else
        add_mdevs (place);
    if (once_in (5)) {
        fake_host_sim (place->host, "update --gpu " CASE_GPU " --ecc off");
        g_string_append (place->story, "ECC is off; ");
    }
    if (once_in (2))
        fake_host_sim (place->host, "update --gpu " CASE_GPU " --heterogeneous on");
    add_others (place);
}

static void
place_clear (Place *place)
{
    g_string_free (place->story, TRUE);
    g_ptr_array_unref (place->devices);
    fake_host_free (place->host);
}

/* The code in the last line of a report. */
static int
code_of (const char *report)
{
    const char *line = g_strrstr (report, "vgpu-gate: VGATE-");
    g_autofree char *code = line ? g_strndup (line + strlen ("vgpu-gate: "), strlen ("VGATE-000")) : NULL;

    g_assert_nonnull (code);
    return (int)vgate_code_parse (code);
}

static int
check (const Place *place, const char *options, const char *operation, const char *input)
{
    g_autofree char *line = g_strdup_printf ("check %s --operation %s @%s.in.xml", options, operation, input);
    g_auto (ProgramRun) run = {0};
    int code, status = 1;

    command_run (place->host, line, &run);
    g_assert_cmpstr (run.err, ==, "");
    code = code_of (run.out);
    if (code < 100)
        status = 0;
    else if (vgate_code_is_unanswered ((VgateCode)code))
        status = 3;
    g_assert_cmpint (run.status, ==, status);
    return code;
}

static int
ask_hook (const Place *place, const Guest *guest, const char *extra, const char *operation, int *status)
{
    const HookCall call = {.host = place->host,
                           .extra = extra,
                           .domain = CASE_DOMAIN,
                           .operation = operation,
                           .input = guest->xml,
                           .length = guest->length};
    g_auto (ProgramRun) run = {0};

    case_call_hook (&call, &run);
    *status = run.status;
    return extra ? code_of (run.out) : 0;
}

static void
write_document (const Place *place)
{
    g_auto (ProgramRun) run = {0};

    command_run (place->host, "host --root $ROOT", &run);
    command_assert_done (&run);
    command_assert_valid ("vgpu-gate-host.rng", run.out);
    fake_host_write_file (place->host, "host.xml", run.out, strlen (run.out), 0644);
}

/* A guest with metadata. The hook comes last, because it writes leases. */
static void
judge_captured (const Place *place, const char *input, const char *operation)
{
    g_auto (Guest) guest = {0};
    int here, there, hook, dry_status, status;

    guest_init (&guest, place->host, input, VM_1);
    here = check (place, "--root $ROOT", operation, input);
    write_document (place);
    there = check (place, "--host $ROOT/host.xml", operation, input);
    hook = ask_hook (place, &guest, "--dry-run", operation, &dry_status);
    ask_hook (place, &guest, NULL, operation, &status);
    if (here != hook || there != hook || status != (hook < 100 ? 0 : 1))
        g_error ("%s of %s on this host: %s: here %03d, with the document %03d, the hook %03d (status %d)",
                 operation, input, place->story->str, here, there, hook, status);
}

/* A guest without metadata: at a migration the hook leaves it to 'started begin'. */
static void
judge_bare (const Place *place, const char *input)
{
    const int not_known = place->allows_missing ? VGATE_CODE_ALLOWED_BY_POLICY : VGATE_CODE_VGPU_UNKNOWN;
    g_auto (Guest) guest = {0};
    int here, there, start, hook, dry_status, status;

    guest_init (&guest, place->host, input, VM_1);
    here = check (place, "--root $ROOT", "migrate", input);
    start = check (place, "--root $ROOT", "start", input);
    write_document (place);
    there = check (place, "--host $ROOT/host.xml", "migrate", input);
    fake_host_qemu_started (place->host, CASE_DOMAIN, TRUE);
    hook = ask_hook (place, &guest, "--dry-run", "started", &dry_status);
    ask_hook (place, &guest, NULL, "started", &status);
    /* 218: the device does not exist, and then libvirt does not start the guest. 4 can be the same, where it
     * is allowed. The document does not list the devices of others. */
    if ((here < 100 && status != 0) || (there < 100 && status != 0) ||
        (here != 218 && here != 4 && here != hook) || (there != here && there != not_known) ||
        (start == 2 && here != 2) || (start == 218 && here != 218) || (start == 1 && here == 2))
        g_error (
            "%s without metadata on this host: %s: here %03d, start %03d, with the document %03d, the hook "
            "%03d (status %d)",
            input, place->story->str, here, start, there, hook, status);
}

static void
test_agreement (G_GNUC_UNUSED gconstpointer data)
{
    static const char *const captured[] = {
        "mdev", "mdev", "vf", "two-mdevs", "element", "argument", "mdev-and-argument"};
    static const char *const bare[] = {"bare-mdev", "bare-vf", "foreign", "no-vgpu", "whole-gpu"};
    const char *number = g_getenv ("VGATE_AGREEMENTS");
    guint64 n = CASES;

    g_assert_true (!number || g_ascii_string_to_unsigned (number, 10, 1, G_MAXUINT32, &n, NULL));
    for (guint64 i = 0; i < n; i++) {
        Place place = {0};

        make_place (&place);
        if (once_in (4))
            judge_bare (&place, bare[g_test_rand_int_range (0, G_N_ELEMENTS (bare))]);
        else
            judge_captured (&place, captured[g_test_rand_int_range (0, G_N_ELEMENTS (captured))],
                            once_in (3) ? "restore" : "migrate");
        place_clear (&place);
    }
}

int
main (int argc, char *argv[])
{
    program_test_init (&argc, &argv);
    program_add_test ("/agreement/check-and-hook", NULL, test_agreement);
    return g_test_run ();
}
