/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Assigns devices to an arriving guest. This file decides for which vGPUs the device of the hostdev is kept,
 * because it is free and fits, and which physical GPUs fit the others. Which device each of the others gets
 * is chosen by placement/choose.c. The lock of the leases is held throughout, so that two guests that arrive
 * at the same time never get the same device. No device is created here; each chosen device gets a lease.
 */
#include "gate/assign.h"
#include "base/run-directory.h"
#include "gate/check.h"
#include "gate/report.h"
#include "placement/choose.h"
#include "placement/rewrite.h"
#include "placement/survey.h"

#include <string.h>

typedef struct {
    const VgateJudgement *j;
    VgateLeases *leases;
    VgateUse *use;
    guint *loads;     /* indexed by pGPU */
    GArray *promises; /* of VgatePromise: vGPUs that take room and do not run yet */
    guint64 now;      /* vgate_run_directory_clock () */
} Devices;

gboolean
vgate_assign_devices_concerns (const VgateRequest *request)
{
    if ((request->host && !request->host->devices) || request->is_session ||
        request->policy->placement_mode == VGATE_PLACEMENT_OFF ||
        (request->operation != VGATE_OPERATION_MIGRATE && request->operation != VGATE_OPERATION_RESTORE))
        return FALSE;
    for (guint i = 0; i < request->domain->element->vgpus->len; i++)
        if (vgate_check_find_device (request, g_ptr_array_index (request->domain->element->vgpus, i)))
            return TRUE;
    return FALSE;
}

/* Only hostdevs can get another device: the gate does not rewrite QEMU's arguments. */
static gboolean
can_get_another (const VgatePlacement *placement)
{
    return placement->hostdev && !placement->hostdev->is_on_command_line;
}

/* --- the devices that the XML names --- */

/* When several hostdevs of a guest name the same device, the first one gets it. */
static gboolean
is_named_before (const VgateDomain *domain, const VgateHostdev *hostdev)
{
    for (guint i = 0; i < domain->hostdevs->len; i++) {
        const VgateHostdev *other = g_ptr_array_index (domain->hostdevs, i);

        if (other == hostdev)
            return FALSE;
        if (other->kind == hostdev->kind && strcmp (other->source, hostdev->source) == 0)
            return TRUE;
    }
    return FALSE;
}

static void
check_use (const Devices *d, const VgateHostdev *hostdev, GError **error)
{
    const char *who = vgate_use_find (d->use, hostdev->source);

    if (!who && is_named_before (d->j->request->domain, hostdev))
        who = "another hostdev of the guest uses it";
    if (who)
        g_set_error (error, VGATE_ERROR, VGATE_CODE_DEVICE_BUSY, "device %s%s is in use here: %s",
                     hostdev->source, hostdev->is_on_command_line ? " on QEMU's command line" : "", who);
}

static gboolean
judge_as_named (const Devices *d, GError **error)
{
    const VgateJudgement *j = d->j;

    for (guint i = 0; i < j->request->domain->element->vgpus->len; i++) {
        const VgateElementVgpu *vgpu = g_ptr_array_index (j->request->domain->element->vgpus, i);
        const VgateHostdev *hostdev = vgate_check_find_device (j->request, vgpu);
        g_autoptr (GError) fault = NULL;
        const int tied = vgate_check_find_pgpu (j->request, j->host, vgpu, &fault);
        VgatePlacement *placement = vgate_judge_vgpu (j, i, tied, error);

        if (!placement)
            return FALSE;
        placement->hostdev = hostdev;
        if (hostdev && !fault)
            check_use (d, hostdev, &fault);
        placement->fault = g_steal_pointer (&fault);
        if (tied >= 0 && !placement->fault &&
            g_array_index (placement->candidates, VgateCandidate, 0).is_possible)
            placement->chosen = 0;
    }
    /* no hostdev of the guest can get a device that is on the guest's QEMU command line */
    for (guint i = 0; i < j->request->domain->hostdevs->len; i++) {
        const VgateHostdev *hostdev = g_ptr_array_index (j->request->domain->hostdevs, i);

        if (hostdev->is_on_command_line)
            g_hash_table_replace (d->use, g_strdup (hostdev->source),
                                  g_strdup ("the guest uses it on QEMU's command line"));
    }
    return TRUE;
}

/* Places the vGPUs without a hostdev. They can be on any pGPU, and take room there before those that need a
 * device. A vGPU whose device is on QEMU's command line only uses that device. */
static gboolean
place_without_choice (const Devices *d)
{
    g_autoptr (GPtrArray) others = g_ptr_array_new ();
    const GPtrArray *placements = d->j->decision->placements;
    gboolean any_fault = FALSE, all;

    for (guint i = 0; i < placements->len; i++) {
        VgatePlacement *placement = g_ptr_array_index (placements, i);

        if (can_get_another (placement))
            continue;
        if (placement->fault)
            any_fault = TRUE;
        else
            g_ptr_array_add (others, placement);
    }
    all = vgate_assign_gpus (others, d->j->host, d->promises, d->j->request->policy);
    for (guint i = 0; i < others->len; i++) {
        const VgatePlacement *placement = g_ptr_array_index (others, i);
        VgatePromise promise;

        /* an existing device already has its room */
        if (placement->chosen < 0 || placement->is_tied)
            continue;
        promise.pgpu = g_array_index (placement->candidates, VgateCandidate, placement->chosen).pgpu;
        promise.type = vgate_pgpu_find_type (g_ptr_array_index (d->j->host->pgpus, promise.pgpu),
                                             placement->vgpu->type, placement->vgpu->type_name);
        if (promise.type)
            g_array_append_val (d->promises, promise);
    }
    return all && !any_fault;
}

static gboolean
all_are_placed (const VgateDecision *decision)
{
    for (guint i = 0; i < decision->placements->len; i++)
        if (((VgatePlacement *)g_ptr_array_index (decision->placements, i))->chosen < 0)
            return FALSE;
    return TRUE;
}

/* --- other devices that fit --- */

/* A mediated device can be created under the name in the guest's XML if no device has it. */
static gboolean
is_name_free (const Devices *d, const VgateHostdev *hostdev)
{
    return !vgate_observation_host_has_mdev_name (d->j->request->observation, hostdev->source) &&
           !vgate_use_find (d->use, hostdev->source) && !is_named_before (d->j->request->domain, hostdev);
}

/* Where the gate does not change the XML, a device under the name in the XML is worth more than one that
 * exists: the user's command then works as it is. */
static gboolean
keeps_name (const Devices *d, const VgateHostdev *hostdev)
{
    const VgateRequest *request = d->j->request;

    return (request->is_ordered || request->policy->placement_mode != VGATE_PLACEMENT_APPLY) &&
           (hostdev->kind == VGATE_HOSTDEV_PCI || is_name_free (d, hostdev));
}

/* Lists the needs of the placements whose hostdev can get another device, in their order. NULL with an
 * error. */
static GPtrArray *
list_wants (const Devices *d, GError **error)
{
    g_autoptr (GPtrArray) wants = vgate_wants_new ();
    const VgateJudgement *j = d->j;

    for (guint i = 0; i < j->decision->placements->len; i++) {
        const VgatePlacement *placement = g_ptr_array_index (j->decision->placements, i);
        VgateWant *want;

        if (!can_get_another (placement))
            continue;
        want = vgate_wants_add (wants, j->host->pgpus->len);
        want->kind = placement->hostdev->kind;
        want->type = placement->vgpu->type;
        want->type_name = placement->vgpu->type_name;
        want->named = placement->hostdev->source;
        want->keeps_name = keeps_name (d, placement->hostdev);
        for (guint pgpu = 0; pgpu < j->host->pgpus->len; pgpu++) {
            VgateFit *fit = &want->fits[pgpu];
            VgateCandidate held, made;

            if (!vgate_judge_pair (j, i, pgpu, TRUE, &held, error) ||
                !vgate_judge_pair (j, i, pgpu, FALSE, &made, error))
                return NULL;
            fit->offered =
                vgate_pgpu_find_type (g_ptr_array_index (j->host->pgpus, pgpu), want->type, want->type_name);
            fit->can_take_device = held.is_possible;
            fit->can_make_device = made.is_possible;
        }
    }
    return g_steal_pointer (&wants);
}

/* A mediated device that is to be created keeps the name in the guest's XML if it can. The XML and the
 * persistent definition are then right as they are. */
static char *
name_device (const Devices *d, const VgatePlacement *placement, const VgateSlot *slot)
{
    if (slot->device)
        return g_strdup (slot->device);
    return is_name_free (d, placement->hostdev) ? g_strdup (placement->hostdev->source)
                                                : g_uuid_string_random ();
}

/* TRUE when the operator asks for the device now, or asked for it at an earlier stay of the guest. */
static gboolean
is_ordered (const Devices *d, const VgateLease *lease)
{
    return d->j->request->is_ordered ||
           vgate_leases_was_ordered (d->leases, lease->domain, (VgateHostdevKind)lease->kind, lease->device);
}

static VgateLease *
lease_of (const Devices *d, const VgatePlacement *placement, const VgateSlot *slot)
{
    const VgatePgpu *pgpu = g_ptr_array_index (d->j->host->pgpus, slot->pgpu);
    VgateLease *lease = g_new0 (VgateLease, 1);

    lease->domain = g_strdup (d->j->request->domain->uuid);
    lease->kind = (int)slot->kind;
    lease->device = name_device (d, placement, slot);
    lease->parent = g_strdup (slot->parent);
    lease->pgpu = g_strdup (pgpu->address);
    lease->type = slot->type;
    lease->type_name = g_strdup (slot->type_name ? slot->type_name : placement->vgpu->type_name);
    lease->state = slot->exists ? VGATE_LEASE_TAKEN : VGATE_LEASE_PLANNED;
    lease->expires = d->now + d->j->request->policy->lease_time;
    if (strcmp (lease->device, placement->hostdev->source) != 0)
        lease->instead_of = g_strdup (placement->hostdev->source);
    if (lease->state == VGATE_LEASE_PLANNED && is_ordered (d, lease))
        lease->made_by = VGATE_LEASE_BY_OPERATOR;
    return lease;
}

/* Gives each placement its chosen device. All GPUs are judged for the report, as the device was chosen among
 * all of them. */
static gboolean
apply_choice (const Devices *d, const GPtrArray *wants, GError **error)
{
    const GPtrArray *placements = d->j->decision->placements;

    for (guint i = 0, w = 0; i < placements->len; i++) {
        VgatePlacement *placement = g_ptr_array_index (placements, i);
        const VgateSlot *slot;

        if (!can_get_another (placement))
            continue;
        slot = ((const VgateWant *)g_ptr_array_index (wants, w++))->slot;
        g_array_set_size (placement->candidates, 0);
        placement->is_tied = FALSE;
        placement->chosen = (int)slot->pgpu;
        placement->lease = lease_of (d, placement, slot);
        for (guint pgpu = 0; pgpu < d->j->host->pgpus->len; pgpu++) {
            VgateCandidate candidate;

            if (!vgate_judge_pair (d->j, i, pgpu, slot->exists && pgpu == slot->pgpu, &candidate, error))
                return FALSE;
            g_array_append_val (placement->candidates, candidate);
        }
    }
    return TRUE;
}

static VgateHostState
host_state_of (const Devices *d)
{
    return (VgateHostState){
        .host = d->j->host,
        .devices = d->j->probe->devices,
        .makeable = d->j->probe->makeable,
        .instances = d->j->probe->instances,
        .leases = d->leases,
        .use = d->use,
        .domain = d->j->request->domain->uuid,
        .now = d->now,
    };
}

/* wants: of list_wants (). FALSE without an error when there is no device for some vGPU. */
static gboolean
choose_other_devices (const Devices *d, const GPtrArray *wants, GError **error)
{
    const VgatePolicy *policy = d->j->request->policy;
    const VgateHostState state = host_state_of (d);
    g_autoptr (GPtrArray) slots = vgate_slots_list (&state);
    const VgateChoice choice = {
        .host = d->j->host,
        .slots = slots,
        .loads = d->loads,
        .promises = d->promises,
        .order = policy->placement_order,
        .is_unlimited = policy->severities[VGATE_RULE_NO_FREE_INSTANCE] != VGATE_SEVERITY_REFUSE,
    };

    return vgate_choose (&choice, wants) && apply_choice (d, wants, error);
}

/* --- the decision --- */

/* Does not advise mode=apply where it is set or does not help. The caller frees it. */
static char *
way_out_of (const Devices *d, const VgatePlacement *placement)
{
    const GError *fault = placement->fault;

    if (vgate_error_is (fault, VGATE_CODE_DEVICE_BUSY) &&
        (d->j->request->policy->placement_mode == VGATE_PLACEMENT_APPLY || !can_get_another (placement)))
        return g_strconcat ("Choose another host, or name a free device ",
                            vgate_place_of_device (d->j->decision->situation), NULL);
    return vgate_way_out ((VgateCode)fault->code, d->j->decision->situation, NULL);
}

/* The first vGPU whose device cannot be used gives the reason. TRUE when the engine refuses its GPU. */
static gboolean
explain_named (const Devices *d, VgateRefusal *refusal)
{
    const GPtrArray *placements = d->j->decision->placements;

    for (guint i = 0; i < placements->len; i++) {
        const VgatePlacement *placement = g_ptr_array_index (placements, i);

        if (placement->chosen >= 0)
            continue;
        if (!placement->fault)
            break;
        refusal->code = (VgateCode)placement->fault->code;
        refusal->way_out = way_out_of (d, placement);
        /* the device identifies the vGPU, and the line must be short */
        refusal->what = g_strdup (placement->fault->message);
        return FALSE;
    }
    vgate_explain_refusal (d->j->decision, d->j->host, refusal);
    return TRUE;
}

/* Devices that are used as they are get a lease, too, because another guest can name the same device. */
static void
lease_named (const Devices *d)
{
    const GPtrArray *placements = d->j->decision->placements;

    for (guint i = 0; i < placements->len; i++) {
        VgatePlacement *placement = g_ptr_array_index (placements, i);
        const VgateDevice *device;
        VgateSlot slot;

        if (!placement->hostdev || placement->lease)
            continue;
        device = vgate_observation_typed_device (d->j->request->observation, placement->hostdev);
        slot = (VgateSlot){
            .kind = placement->hostdev->kind,
            .device = placement->hostdev->source,
            .parent = device->parent,
            .pgpu = g_array_index (placement->candidates, VgateCandidate, placement->chosen).pgpu,
            .type = device->type,
            .exists = TRUE,
        };
        if (slot.parent)
            placement->lease = lease_of (d, placement, &slot);
    }
}

static gboolean
write_leases (const Devices *d, GError **error)
{
    const VgateDecision *decision = d->j->decision;

    if (d->j->request->is_dry_run)
        return TRUE;
    for (guint i = 0; i < decision->placements->len; i++) {
        const VgatePlacement *placement = g_ptr_array_index (decision->placements, i);

        if (placement->lease)
            vgate_leases_put (d->leases, placement->lease);
    }
    return vgate_leases_save (d->leases, d->now, error);
}

/* Writes the chosen devices into the XML, and saves the leases. */
static gboolean
apply_other_devices (const Devices *d, GError **error)
{
    const VgateRequest *request = d->j->request;
    VgateDecision *decision = d->j->decision;
    g_autoptr (GPtrArray) moves = g_ptr_array_new_with_free_func (g_free);
    g_autofree char *text = NULL;

    /* for the devices on the command line */
    lease_named (d);
    for (guint i = 0; i < decision->placements->len; i++) {
        const VgatePlacement *placement = g_ptr_array_index (decision->placements, i);
        VgateMove *move;

        if (!can_get_another (placement) ||
            strcmp (placement->hostdev->source, placement->lease->device) == 0)
            continue;
        move = g_new0 (VgateMove, 1);
        move->hostdev = placement->hostdev;
        move->source = placement->lease->device;
        g_ptr_array_add (moves, move);
    }
    if (moves->len > 0 && request->xml) {
        decision->xml = vgate_rewrite_sources (request->xml, request->xml_length, request->domain, moves,
                                               &decision->xml_length, error);
        if (!decision->xml)
            return FALSE;
    }
    if (!write_leases (d, error))
        return FALSE;
    text = vgate_describe_devices (decision);
    vgate_decision_set (decision, TRUE, VGATE_CODE_PLACED, text);
    vgate_collect_warnings (decision, d->j->host);
    return TRUE;
}

/* TRUE when a hostdev is of a kind that this host does not have, so that no other device fits. */
static gboolean
is_of_other_kind (const Devices *d)
{
    const GPtrArray *placements = d->j->decision->placements;

    for (guint i = 0; i < placements->len; i++)
        if (vgate_error_is (((VgatePlacement *)g_ptr_array_index (placements, i))->fault,
                            VGATE_CODE_DEVICE_KIND))
            return TRUE;
    return FALSE;
}

/* TRUE when the chosen devices are used: with mode=apply; otherwise if all have the names in the XML, and
 * those that are to be created were ordered. */
static gboolean
is_to_apply (const Devices *d)
{
    const GPtrArray *placements = d->j->decision->placements;

    if (d->j->request->policy->placement_mode == VGATE_PLACEMENT_APPLY && !d->j->request->is_ordered)
        return TRUE;
    for (guint i = 0; i < placements->len; i++) {
        const VgatePlacement *placement = g_ptr_array_index (placements, i);
        const VgateLease *lease = placement->lease;

        if (lease && (lease->instead_of ||
                      (lease->state == VGATE_LEASE_PLANNED && lease->made_by != VGATE_LEASE_BY_OPERATOR)))
            return FALSE;
    }
    return TRUE;
}

/* What the lack of devices means for a guest whose named devices cannot be used: a GPU can run each of its
 * vGPUs, so that only devices are missing; or no GPU of this host can run one of them, whatever device it
 * got. */
typedef struct {
    gboolean is_of_gpu;
    guint vgpu;   /* is_of_gpu: the index of the first such vGPU */
    guint n_more; /* likewise, how many there are after it */
} Lack;

static gboolean
is_taken_by_a_gpu (const VgateWant *want, guint n_gpus)
{
    gboolean any = FALSE;

    for (guint pgpu = 0; pgpu < n_gpus; pgpu++)
        any = any || want->fits[pgpu].can_take_device;
    return any;
}

/* wants: of list_wants (). */
static Lack
find_lack (const Devices *d, const GPtrArray *wants)
{
    const GPtrArray *placements = d->j->decision->placements;
    Lack lack = {.is_of_gpu = FALSE};

    for (guint i = 0, w = 0; i < placements->len; i++) {
        if (!can_get_another (g_ptr_array_index (placements, i)) ||
            is_taken_by_a_gpu (g_ptr_array_index (wants, w++), d->j->host->pgpus->len))
            continue;
        if (lack.is_of_gpu)
            lack.n_more++;
        else
            lack = (Lack){.is_of_gpu = TRUE, .vgpu = i};
    }
    return lack;
}

/* No GPU can run the vGPU, so that another device would not help: the GPU that comes nearest is the reason,
 * and not that of the device. */
static gboolean
explain_gpu (const Devices *d, const Lack *lack, VgateRefusal *refusal, GError **error)
{
    VgatePlacement *placement = g_ptr_array_index (d->j->decision->placements, lack->vgpu);

    /* where the device exists, only its own GPU was judged */
    if (placement->is_tied) {
        const guint own = g_array_index (placement->candidates, VgateCandidate, 0).pgpu;

        g_array_set_size (placement->candidates, 0);
        for (guint pgpu = 0; pgpu < d->j->host->pgpus->len; pgpu++) {
            VgateCandidate candidate;

            if (!vgate_judge_pair (d->j, lack->vgpu, pgpu, pgpu == own, &candidate, error))
                return FALSE;
            g_array_append_val (placement->candidates, candidate);
        }
        placement->is_tied = placement->is_listed = FALSE;
    }
    vgate_refusal_clear (refusal);
    vgate_explain_vgpu (d->j->decision, d->j->host, lack->vgpu, lack->n_more, refusal);
    return TRUE;
}

/* The way out when no other devices were found, but a GPU can run each vGPU. The caller frees it; NULL: that
 * of the refusal is right. */
static char *
way_out_without_device (const Devices *d, guint n_wants, const VgateRefusal *refusal,
                        gboolean is_refused_by_verdict)
{
    const char *none = n_wants == 1 ? "No other device" : "No other devices";

    if (is_refused_by_verdict && d->j->host->pgpus->len == 1)
        return NULL;
    if (is_refused_by_verdict)
        return g_strdup_printf ("%s %s can be used here.", refusal->way_out, none);
    return g_strdup_printf ("Choose another host, or free an instance of the type. %s can be used here.",
                            none);
}

/* Decides when not all named devices can be used. is_worth_it: other devices could help. */
static gboolean
decide_with_other_devices (const Devices *d, gboolean is_worth_it, GError **error)
{
    const VgateRequest *request = d->j->request;
    g_auto (VgateRefusal) refusal = {0};
    g_autoptr (GError) local = NULL;
    g_autofree char *way_out = NULL;
    /* explain first, as choose_other_devices () replaces the findings about the named devices */
    const gboolean is_refused_by_verdict = explain_named (d, &refusal);
    g_autoptr (GPtrArray) wants = is_worth_it ? list_wants (d, &local) : NULL;
    const gboolean found = wants && choose_other_devices (d, wants, &local);

    if (local) {
        g_propagate_error (error, g_steal_pointer (&local));
        return FALSE;
    }
    if (found && is_to_apply (d))
        return apply_other_devices (d, error);
    if (found) {
        way_out = vgate_suggest_devices (request, d->j->decision);
        d->j->decision->has_suggestion = way_out != NULL;
    } else if (is_worth_it) {
        const Lack lack = find_lack (d, wants);

        if (!lack.is_of_gpu)
            way_out = way_out_without_device (d, wants->len, &refusal, is_refused_by_verdict);
        else if (!is_refused_by_verdict && !explain_gpu (d, &lack, &refusal, error))
            return FALSE;
    }
    vgate_refusal_decide (&refusal, way_out, d->j->decision);
    return TRUE;
}

static gboolean
decide_under_lock (Devices *d, GError **error)
{
    const VgateJudgement *j = d->j;
    gboolean rest_is_placed;

    if (!judge_as_named (d, error))
        return FALSE;
    rest_is_placed = place_without_choice (d);
    if (!all_are_placed (j->decision))
        return decide_with_other_devices (d, rest_is_placed && !is_of_other_kind (d), error);
    lease_named (d);
    if (!write_leases (d, error))
        return FALSE;
    vgate_decision_set (j->decision, TRUE, VGATE_CODE_ALLOWED, NULL);
    vgate_collect_warnings (j->decision, j->host);
    return TRUE;
}

VgateLeases *
vgate_assign_devices_lock (const VgateRequest *request, GError **error)
{
    if (request->is_dry_run)
        return vgate_leases_open (request->root, TRUE, error);
    return vgate_leases_open_within (request->root, VGATE_LEASES_HOOK_WAIT_MS, error);
}

gboolean
vgate_assign_devices (const VgateJudgement *j, GError **error)
{
    const VgateRequest *request = j->request;
    g_autoptr (GHashTable) use = NULL;
    g_autofree guint *loads = g_new0 (guint, j->host->pgpus->len);
    g_autoptr (GArray) promises = g_array_new (FALSE, FALSE, sizeof (VgatePromise));
    VgateUseInput input = {
        .root = request->root,
        .instances = j->probe->instances,
        .host = j->host,
        .devices = j->probe->devices,
        .leases = j->leases,
        .earlier = j->earlier,
        .domain = request->domain->uuid,
        .now = vgate_run_directory_clock (),
    };
    Devices d = {.j = j, .leases = j->leases, .loads = loads, .promises = promises, .now = input.now};
    VgateHostState state;
    gboolean had_leases, good;

    /* take the devices that were created for it, and drop the leases of an earlier attempt */
    vgate_leases_adopt (j->leases, request->domain);
    had_leases = vgate_leases_drop (j->leases, request->domain->uuid);
    use = request->host ? vgate_survey_use (request->host, j->leases, request->domain)
                        : vgate_use_read (&input, error);
    if (!use)
        return FALSE;
    d.use = use;
    state = host_state_of (&d);
    vgate_loads_count (&state, loads, promises);
    good = decide_under_lock (&d, error);
    if ((!good || !j->decision->allowed) && had_leases && !request->is_dry_run)
        vgate_leases_save (j->leases, d.now, NULL);
    return good;
}
