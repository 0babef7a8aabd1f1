/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "fleet/drain.h"

static void
add_move (VgateDrainPlan *plan, const VgateDrainGuest *guest, VgateDrainDevices *devices)
{
    VgateDrainMove *move =
        vgate_drain_move_new (plan->moving, guest->mover, (guint)guest->to, guest->seats, devices);

    move->is_other = move->is_left = guest->is_other;
    g_ptr_array_add (plan->moves, move);
}

static void
list_moves (VgateDrainPlan *plan, const VgateDrainAssignment *assignment)
{
    g_autoptr (VgateDrainDevices) devices = vgate_drain_devices_new (plan->moving);

    for (guint i = 0; i < assignment->others->len; i++)
        add_move (plan, g_ptr_array_index (assignment->others, i), devices);
    for (guint i = 0; i < assignment->n_own; i++) {
        const VgateDrainGuest *guest = g_ptr_array_index (assignment->guests, i);

        if (guest->to >= 0)
            add_move (plan, guest, devices);
    }
}

/* --- those that stay --- */

static void
reason_free (VgateDrainReason *reason)
{
    g_free (reason->text);
    g_free (reason);
}

static void
stay_free (VgateDrainStay *stay)
{
    g_ptr_array_unref (stay->reasons);
    g_free (stay);
}

/* What of a guest has no room on a host. */
typedef struct {
    guint n;          /* vGPUs */
    const char *type; /* of the first one */
    /* A pGPU that has vGPUs of another size, and on which all must have one size; NULL: there is a pGPU that
     * only has too little room. */
    const VgatePgpu *other_size;
} Lack;

/* Takes room, which the caller must take back. */
static Lack
find_lack (VgateMoving *moving, VgateMover *mover, guint host)
{
    const VgateMovingFit *fit = vgate_moving_fit (moving, mover, host);
    Lack lack = {0};

    for (guint v = 0; v < mover->n_vgpus; v++) {
        const VgateMovingVgpu *vgpu = &mover->vgpus[v];
        const VgatePgpu *other_size = NULL;
        gboolean has_seat = FALSE, is_too_small = FALSE;

        for (guint p = 0; p < fit->n_pgpus && !has_seat; p++) {
            VgatePlacePgpu *pgpu = &moving->places[host]->pgpus[p];
            const int t = vgate_moving_find_type (pgpu, vgpu);

            if (!fit->can_run[v * fit->n_pgpus + p] || t < 0)
                continue;
            has_seat = vgate_place_arrive (pgpu, (guint)t,
                                           vgpu->hostdev ? VGATE_ARRIVAL_MADE : VGATE_ARRIVAL_NO_DEVICE) ||
                       (vgpu->hostdev && vgate_place_arrive (pgpu, (guint)t, VGATE_ARRIVAL_TAKEN));
            if (pgpu->is_equal && pgpu->n_running > 0 && pgpu->size != pgpu->types[t].type->framebuffer)
                other_size = pgpu->pgpu;
            else
                is_too_small = TRUE;
        }
        if (has_seat)
            continue;
        if (lack.n++ > 0)
            continue;
        lack.type = vgpu->vgpu->type_name;
        lack.other_size = is_too_small ? NULL : other_size;
    }
    return lack;
}

/* What room is missing on the host; afterwards the seats of the plan must be taken again. */
static char *
describe_lack (VgateMoving *moving, VgateMover *mover, guint host, guint *n_lacking)
{
    static const char *const numbers[] = {"no", "one", "two", "three", "four"};
    const char *name = vgate_moving_host (moving, host)->name;
    const Lack lack = find_lack (moving, mover, host);
    g_autofree char *number =
        lack.n < G_N_ELEMENTS (numbers) ? g_strdup (numbers[lack.n]) : g_strdup_printf ("%u", lack.n);

    *n_lacking = lack.n;
    if (lack.n == 0)
        return g_strdup_printf ("host %s can run it and has no room for all its vGPUs together. Free an "
                                "instance of %s on host %s",
                                name, mover->vgpus[0].vgpu->type_name, name);
    if (lack.other_size)
        return g_strdup_printf ("host %s can run it, but the vGPUs on a GPU must have the same size there, "
                                "and those on GPU %s have another size than %s. Empty this GPU of host %s",
                                name, lack.other_size->address, lack.type, name);
    return g_strdup_printf ("host %s can run it and has no room for it. Free %s instance%s of %s on host %s",
                            name, number, lack.n == 1 ? "" : "s", lack.type, name);
}

static VgateDrainReason *
find_reason (const VgateDrainStay *stay, VgateCode code)
{
    for (guint i = 0; i < stay->reasons->len; i++) {
        VgateDrainReason *reason = g_ptr_array_index (stay->reasons, i);

        if (reason->code == code)
            return reason;
    }
    return NULL;
}

static VgateDrainReason *
add_reason (VgateDrainStay *stay, VgateCode code, guint n_refusals, guint host)
{
    VgateDrainReason *reason = find_reason (stay, code);

    if (!reason) {
        reason = g_new0 (VgateDrainReason, 1);
        reason->code = code;
        g_ptr_array_add (stay->reasons, reason);
    }
    if (reason->n_hosts++ == 0 || n_refusals < reason->n_refusals) {
        reason->host = host;
        reason->n_refusals = n_refusals;
    }
    return reason;
}

static gint
compare_reasons (gconstpointer a, gconstpointer b)
{
    const VgateDrainReason *left = *(VgateDrainReason *const *)a, *right = *(VgateDrainReason *const *)b;

    /* room is made more easily than anything else is changed */
    if ((left->code == VGATE_CODE_DRAIN_NO_ROOM) != (right->code == VGATE_CODE_DRAIN_NO_ROOM))
        return left->code == VGATE_CODE_DRAIN_NO_ROOM ? -1 : 1;
    /* 0 becomes the largest number */
    if (left->n_refusals != right->n_refusals)
        return left->n_refusals - 1 < right->n_refusals - 1 ? -1 : 1;
    if (left->n_hosts != right->n_hosts)
        return left->n_hosts > right->n_hosts ? -1 : 1;
    return left->code < right->code ? -1 : 1;
}

static void
explain_stay (VgateDrainPlan *plan, VgateMover *mover, const VgateDrainAssignment *assignment)
{
    VgateMoving *moving = plan->moving;
    VgateDrainStay *stay = g_new0 (VgateDrainStay, 1);
    guint fewest = G_MAXUINT;

    stay->mover = mover;
    stay->reasons = g_ptr_array_new_with_free_func ((GDestroyNotify)reason_free);
    g_ptr_array_add (plan->stays, stay);
    for (guint h = 0; h < moving->fleet->hosts->len; h++) {
        const VgateMovingFit *fit = h != plan->host ? vgate_moving_fit (moving, mover, h) : NULL;
        VgateDrainReason *reason;
        char *text;
        guint n;

        if (fit && !fit->is_possible)
            add_reason (stay, fit->code, fit->n_refusals, h);
        if (!fit || !fit->is_possible)
            continue;
        reason = add_reason (stay, VGATE_CODE_DRAIN_NO_ROOM, 0, h);
        text = describe_lack (moving, mover, h, &n);
        vgate_drain_take_seats (moving, assignment->guests);
        if (n >= fewest) {
            g_free (text);
            continue;
        }
        fewest = n;
        g_free (reason->text);
        reason->text = text;
        reason->host = h;
    }
    for (guint i = 0; i < stay->reasons->len; i++) {
        VgateDrainReason *reason = g_ptr_array_index (stay->reasons, i);
        g_autoptr (VgateDecision) decision = NULL;

        if (reason->text)
            continue;
        decision = vgate_moving_decide (moving, mover, reason->host);
        reason->code = decision->code;
        reason->text =
            g_strdup (decision->text ? decision->text : vgate_code_info ((int)decision->code)->summary);
    }
    if (stay->reasons->len == 0)
        add_reason (stay, VGATE_CODE_DRAIN_NO_HOST, 0, plan->host);
    g_ptr_array_sort (stay->reasons, compare_reasons);
}

VgateDrainPlan *
vgate_drain_plan (const VgateFleet *fleet, const VgateFleetQuestion *question, guint host,
                  const VgateDrainOptions *options)
{
    VgateDrainPlan *plan = g_new0 (VgateDrainPlan, 1);
    g_autoptr (GPtrArray) movers = g_ptr_array_new ();
    g_autoptr (VgateDrainAssignment) assignment = NULL;

    plan->moving = vgate_moving_new (fleet, question);
    plan->host = host;
    plan->moves = g_ptr_array_new_with_free_func ((GDestroyNotify)vgate_drain_move_free);
    plan->stays = g_ptr_array_new_with_free_func ((GDestroyNotify)stay_free);
    plan->unknown = g_ptr_array_new ();
    plan->nameless = g_ptr_array_new ();
    for (guint g = 0; g < fleet->guests->len; g++)
        if (plan->moving->movers[g] && plan->moving->movers[g]->home == (int)host)
            g_ptr_array_add (movers, plan->moving->movers[g]);
    assignment = vgate_drain_assign (plan->moving, host, movers, options);
    plan->n_leaving = assignment->n_leaving;
    plan->n_most = assignment->n_most;
    plan->is_optimal = assignment->is_optimal;
    list_moves (plan, assignment);
    for (guint i = 0; i < assignment->n_own; i++) {
        const VgateDrainGuest *guest = g_ptr_array_index (assignment->guests, i);

        if (guest->to < 0)
            explain_stay (plan, guest->mover, assignment);
    }
    vgate_moving_list_unknown (plan->moving, host, plan->unknown, plan->nameless);
    return plan;
}

void
vgate_drain_plan_free (VgateDrainPlan *plan)
{
    g_ptr_array_unref (plan->moves);
    g_ptr_array_unref (plan->stays);
    g_ptr_array_unref (plan->unknown);
    g_ptr_array_unref (plan->nameless);
    vgate_moving_free (plan->moving);
    g_free (plan);
}
