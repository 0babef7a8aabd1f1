/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/output.h"
#include "drain-output.h"
#include "placement/plan.h"
#include "wrap.h"

#include <string.h>

#define WIDTH 80u

static void
append_wrapped (GString *text, const char *line)
{
    g_autofree char *shown = vgate_printable (line, 4000);
    g_autofree char *wrapped = vgate_wrap (shown, WIDTH);

    g_string_append_printf (text, "%s\n", wrapped);
}

static const char *
host_name (const VgateMoving *moving, guint host)
{
    return vgate_moving_host (moving, host)->name;
}

static const char *
guest_name (const VgateMoving *moving, const VgateMover *mover)
{
    return vgate_moving_guest (moving, mover)->name;
}

/* "vm1: host-a -> host-b", after first. The caller frees it. */
static char *
describe_move (const VgateMoving *moving, const VgateDrainMove *move, const char *first)
{
    return g_strdup_printf ("%s%s: %s -> %s%s", first, guest_name (moving, move->mover),
                            host_name (moving, move->from), host_name (moving, move->to),
                            move->is_other ? ", which makes room" : "");
}

/* What keeps most guests, or that nothing does. */
static void
append_summary (GString *text, const VgateDrainPlan *plan)
{
    const guint n_guests = plan->n_leaving + plan->stays->len + plan->unknown->len;
    const guint n_others = plan->moves->len - plan->n_leaving;
    g_autoptr (GString) line = g_string_new (NULL);
    guint64 down_time = 0;

    for (guint i = 0; i < plan->moves->len; i++)
        down_time += ((const VgateDrainMove *)g_ptr_array_index (plan->moves, i))->down_time;
    if (n_guests == 0) {
        const gboolean is_known =
            vgate_moving_host (plan->moving, plan->host)->devices && plan->nameless->len == 0;

        g_string_printf (line,
                         is_known ? "No guest with a vGPU runs on %s."
                                  : "Which guests with vGPUs run on %s is not known.",
                         host_name (plan->moving, plan->host));
        append_wrapped (text, line->str);
        return;
    }
    g_string_append_printf (line, "%s: %u of %u guest%s with vGPUs %s", host_name (plan->moving, plan->host),
                            plan->n_leaving, n_guests, n_guests == 1 ? "" : "s",
                            plan->n_leaving == 1 ? "leaves" : "leave");
    if (n_others > 0)
        g_string_append_printf (line, "; %u guest%s of other hosts %s to make room", n_others,
                                n_others == 1 ? "" : "s", n_others == 1 ? "moves" : "move");
    g_string_append_c (line, '.');
    if (down_time > 0)
        g_string_append_printf (line, " The estimated down-times add up to %" G_GUINT64_FORMAT " ms.",
                                down_time);
    if (!plan->is_optimal)
        g_string_append_printf (
            line, " It is not proved that no plan is better; in no plan more than %u can leave.",
            plan->n_most);
    append_wrapped (text, line->str);
}

static void
append_devices (GString *text, const VgateMoving *moving, const VgateDrainMove *move, const char *indent)
{
    const VgateHost *host = vgate_moving_host (moving, move->to);

    for (guint v = 0, d = 0; v < move->mover->n_vgpus; v++) {
        const VgatePgpu *pgpu = g_ptr_array_index (host->pgpus, move->seats[v].pgpu);
        const VgateDrainDevice *device =
            move->mover->vgpus[v].hostdev ? g_ptr_array_index (move->devices, d++) : NULL;
        g_autoptr (GString) line = g_string_new (NULL);

        g_string_printf (line, "%s%s on GPU %s", indent, move->mover->vgpus[v].vgpu->type_name,
                         pgpu->address);
        if (device)
            g_string_append_printf (line, ": %s %s, %s%s%s",
                                    device->hostdev->kind == VGATE_HOSTDEV_MDEV ? "mediated device"
                                                                                : "virtual function",
                                    device->device, device->is_made ? "to be created" : "which exists",
                                    strcmp (device->device, device->named) != 0 ? ", instead of " : "",
                                    strcmp (device->device, device->named) != 0 ? device->named : "");
        append_wrapped (text, line->str);
    }
}

void
vgate_drain_append_move (GString *text, const VgateMoving *moving, const VgateDrainMove *move,
                         const char *first, const char *next)
{
    g_autofree char *line = describe_move (moving, move, first);

    append_wrapped (text, line);
    append_devices (text, moving, move, next);
    if (move->down_time > 0)
        g_string_append_printf (text, "%sdown-time: about %" G_GUINT64_FORMAT " ms\n", next, move->down_time);
}

/* "VGATE-303: TEXT (2 hosts, such as host-b)". The caller frees it. */
static char *
describe_reason (const VgateDrainPlan *plan, const VgateDrainReason *reason)
{
    char code[VGATE_CODE_TEXT_SIZE];

    vgate_code_format ((int)reason->code, code);
    if (reason->code == VGATE_CODE_DRAIN_NO_ROOM)
        return g_strdup_printf ("%s: %s. (No room on %u host%s.)", code, reason->text, reason->n_hosts,
                                reason->n_hosts == 1 ? "" : "s");
    if (reason->code == VGATE_CODE_DRAIN_NO_HOST)
        return g_strdup_printf ("%s: %s. %s", code, vgate_code_info ((int)reason->code)->summary,
                                vgate_code_info ((int)reason->code)->cure);
    return g_strdup_printf ("%s: %s (%u host%s%s)", code, reason->text, reason->n_hosts,
                            reason->n_hosts == 1 ? ": " : "s, such as ",
                            host_name (plan->moving, reason->host));
}

/* A comment of the shell is one line: the rest of a wrapped one would be a command. */
void
vgate_drain_append_comment (GString *text, const char *line)
{
    g_autofree char *shown = vgate_printable (line, 4000);

    g_string_append_printf (text, "# %s\n", shown);
}

void
vgate_append_unknown (GString *text, void (*append) (GString *text, const char *line), const VgateHost *host,
                      const GPtrArray *domains, const GPtrArray *vgpus)
{
    for (guint i = 0; i < domains->len; i++) {
        g_autofree char *line = g_strdup_printf (
            "VGATE-%03d: domain %s runs on %s, and the fleet has no document of the running guest.",
            VGATE_CODE_DRAIN_UNKNOWN_GUEST, (const char *)g_ptr_array_index (domains, i), host->name);

        append (text, line);
    }
    for (guint i = 0; i < vgpus->len; i++) {
        const VgateHostVgpu *vgpu = g_ptr_array_index (vgpus, i);
        g_autofree char *line = g_strdup_printf (
            "VGATE-%03d: vGPU %s (%s on GPU %s) runs on %s, and the host document does not "
            "contain its domain.",
            VGATE_CODE_DRAIN_UNKNOWN_GUEST, vgpu->uuid, vgpu->type_name, vgpu->pgpu, host->name);

        append (text, line);
    }
    if (!host->devices) {
        g_autofree char *line = g_strdup_printf (
            "VGATE-%03d: the document of %s does not contain its devices, so that other guests may run "
            "there. Run 'vgpu-gate host' again as root on that host.",
            VGATE_CODE_PLACEMENT_UNKNOWN, host->name);

        append (text, line);
    }
}

/* append adds a line: append_wrapped () or vgate_drain_append_comment (). */
static void
append_stays (GString *text, const VgateDrainPlan *plan, void (*append) (GString *text, const char *line))
{
    for (guint i = 0; i < plan->stays->len; i++) {
        const VgateDrainStay *stay = g_ptr_array_index (plan->stays, i);
        g_autofree char *name = g_strdup_printf ("%s stays:", guest_name (plan->moving, stay->mover));

        append (text, name);
        for (guint r = 0; r < stay->reasons->len; r++) {
            g_autofree char *reason = describe_reason (plan, g_ptr_array_index (stay->reasons, r));
            g_autofree char *line = g_strconcat ("  ", reason, NULL);

            append (text, line);
        }
    }
    vgate_append_unknown (text, append, vgate_moving_host (plan->moving, plan->host), plan->unknown,
                          plan->nameless);
}

void
vgate_drain_print_text (const VgateDrainPlan *plan, G_GNUC_UNUSED const VgateVirshHosts *hosts)
{
    g_autoptr (GString) text = g_string_new (NULL);
    gsize n;

    append_summary (text, plan);
    for (guint i = 0; i < plan->moves->len; i++) {
        const VgateDrainMove *move = g_ptr_array_index (plan->moves, i);
        g_autofree char *number = g_strdup_printf ("%u. ", i + 1);

        if (i == 0)
            g_string_append_c (text, '\n');
        vgate_drain_append_move (text, plan->moving, move, number, "     ");
    }
    n = text->len;
    append_stays (text, plan, append_wrapped);
    if (text->len > n)
        g_string_insert_c (text, (gssize)n, '\n');
    vgate_output_print (text->str);
}

/* --- virsh --- */

GPtrArray *
vgate_drain_commands (const VgateMoving *moving, const VgateDrainMove *move, const VgateVirshHosts *hosts)
{
    const VgateFleetGuest *guest = vgate_moving_guest (moving, move->mover);
    const VgateHost *host = vgate_moving_host (moving, move->to);
    g_autoptr (GPtrArray) devices = g_ptr_array_new_with_free_func ((GDestroyNotify)vgate_virsh_device_free);
    const VgateVirshMove virsh = {
        .name = guest->name,
        .uuid = guest->domain->uuid,
        .source = host_name (moving, move->from),
        .destination = host->name,
        .devices = devices,
        .down_time = move->down_time * 1000,
        .max_down_time = guest->domain->element ? guest->domain->element->max_downtime : 0,
    };
    GPtrArray *lines;

    for (guint i = 0; i < move->devices->len; i++) {
        const VgateDrainDevice *device = g_ptr_array_index (move->devices, i);
        g_autofree char *type =
            device->is_made ? vgate_plan_write_type (device->type->id, device->type->name) : NULL;

        g_ptr_array_add (devices,
                         vgate_virsh_device_new (device->hostdev->kind, device->named, device->device, type,
                                                 host->pgpus->len > 1 ? device->pgpu->address : NULL));
    }
    lines = vgate_virsh_migrate (&virsh, hosts);
    /* the room is wanted, and a device that vgpu-gate did not create stays otherwise */
    for (guint i = 0; i < move->devices->len && move->is_left; i++) {
        const VgateDrainDevice *device = g_ptr_array_index (move->devices, i);

        if (!device->is_kept)
            g_ptr_array_add (lines, vgate_virsh_remove (virsh.source, device->named, hosts));
    }
    return lines;
}

void
vgate_drain_append_commands (GString *text, const VgateMoving *moving, const VgateDrainMove *move,
                             const VgateVirshHosts *hosts, const char *first)
{
    g_autofree char *line = describe_move (moving, move, first);
    g_autoptr (GPtrArray) commands = vgate_drain_commands (moving, move, hosts);

    vgate_drain_append_comment (text, line);
    for (guint c = 0; c < commands->len; c++)
        g_string_append_printf (text, "%s\n", (const char *)g_ptr_array_index (commands, c));
}

void
vgate_drain_print_virsh (const VgateDrainPlan *plan, const VgateVirshHosts *hosts)
{
    g_autoptr (GString) text = g_string_new (NULL);

    for (guint i = 0; i < plan->moves->len; i++) {
        g_autofree char *number = g_strdup_printf ("%u. ", i + 1);

        vgate_drain_append_commands (text, plan->moving, g_ptr_array_index (plan->moves, i), hosts, number);
    }
    append_stays (text, plan, vgate_drain_append_comment);
    vgate_output_print (text->str);
}
