/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The verdicts about vGPUs on GPUs, and the choice among the devices of a host. */
#include "fleet/pairs-internal.h"

#include "compat/verdict.h"
#include "gate/judge.h"
#include "gate/reason.h"
#include "placement/choose.h"

#include <string.h>

/* How a GPU offers the type of a vGPU, as far as the engine distinguishes it. */
enum { OFFERS_NONE, OFFERS_FULL, OFFERS_FREE, N_OFFERS };

/* --- verdicts --- */

static void
append_down_time (GByteArray *key, const VgateDownTime *estimate)
{
    vgate_key_number (key, estimate->bytes);
    vgate_key_number (key, (guint64)estimate->lacks_state);
    vgate_key_number (key, estimate->rate);
    vgate_key_number (key, estimate->pace_of);
    vgate_key_number (key, estimate->others);
    vgate_key_number (key, estimate->time);
}

/* The clause about a time that is too old is one of the names of its guest or host (similar.h). */
static void
append_finding (GByteArray *key, const VgateFinding *finding)
{
    const gboolean is_old =
        (finding->code == VGATE_CODE_METADATA_OLD || finding->code == VGATE_CODE_HOST_DOCUMENT_OLD) &&
        vgate_key_is_old ((gint64)finding->source, (gint64)finding->destination,
                          (gint64)finding->destination_max);

    vgate_key_number (key, (guint64)finding->code);
    vgate_key_number (key, finding->severity);
    vgate_key_number (key, (guint64)finding->at_destination);
    vgate_key_number (key, is_old
                               ? vgate_key_age_length ((gint64)finding->source, (gint64)finding->destination)
                               : finding->source);
    vgate_key_number (key, (guint64)is_old);
    vgate_key_number (key, finding->destination);
    vgate_key_number (key, finding->destination_max);
    vgate_key_text (key, finding->source_text);
    vgate_key_text (key, finding->destination_text);
    append_down_time (key, &finding->down_time);
}

/*
 * What a decision reads of a verdict. If something refuses, it reads how much does, and shows the first
 * finding that does, and the codes of the others. Otherwise it can show each finding as a warning.
 */
static void
append_verdict (GByteArray *key, const VgateVerdict *verdict)
{
    const VgateFinding *first = vgate_verdict_first_refusal (verdict);

    vgate_key_number (key, first != NULL);
    vgate_key_number (key, verdict->limit);
    if (first)
        append_finding (key, first);
    else
        vgate_key_number (key, verdict->states);
    for (guint i = 0; i < verdict->n_findings; i++) {
        const VgateFinding *finding = &verdict->findings[i];

        if (!first)
            append_finding (key, finding);
        else if (finding->severity == VGATE_SEVERITY_REFUSE)
            vgate_key_number (key, (guint64)finding->code);
    }
}

/* The engine's verdict about a vGPU on a GPU of a host without other vGPUs of the guest. */
static VgateCandidate
judge (const VgatePairs *pairs, const VgatePairGuest *guest, const VgatePairHost *host, guint vgpu,
       guint pgpu, VgateOperation operation, gboolean is_held)
{
    const VgateRequest request = {
        .operation = operation,
        .domain = guest->guest->domain,
        .policy = pairs->question->policy,
        .host = host->host,
        .now = pairs->question->now,
    };
    VgateDecision decision = {.state = vgate_judge_needed_state (&request)};
    const VgateJudgement judgement = {.request = &request, .host = host->host, .decision = &decision};
    VgateCandidate candidate;

    /* no driver is asked, so that there is no error */
    vgate_judge_pair (&judgement, vgpu, pgpu, is_held, &candidate, NULL);
    return candidate;
}

/* Numbers the verdicts for a migration and a cold start, on a device that exists and on one that is
 * created. Of a cold start, only whether it is possible is used. */
static void
judge_all (VgatePairs *pairs, const VgatePairGuest *guest, const VgatePairHost *host, guint vgpu, guint pgpu,
           VgatePairVerdicts *verdicts)
{
    const VgateElementVgpu *subject = g_ptr_array_index (guest->guest->domain->element->vgpus, vgpu);
    const VgatePgpu *on = g_ptr_array_index (host->host->pgpus, pgpu);
    g_autoptr (GByteArray) all = g_byte_array_new ();

    vgate_key_text (all, "verdicts");
    for (int is_held = 0; is_held <= 1; is_held++) {
        const VgateCandidate candidate =
            judge (pairs, guest, host, vgpu, pgpu, VGATE_OPERATION_MIGRATE, is_held);
        g_autoptr (GByteArray) key = g_byte_array_sized_new (512);

        vgate_key_text (key, "verdict");
        vgate_key_number (key, (guint64)candidate.is_possible);
        append_verdict (key, &candidate.verdict);
        verdicts->can_migrate[is_held] = candidate.is_possible;
        verdicts->distance[is_held] = vgate_reason_distance (&candidate, subject, host->host);
        verdicts->of_migration[is_held] = vgate_key_find_number (pairs->known, key);
        verdicts->can_start_on_device =
            judge (pairs, guest, host, vgpu, pgpu, VGATE_OPERATION_PREPARE, is_held).is_possible;
        vgate_key_number (all, verdicts->of_migration[is_held]);
        vgate_key_number (all, (guint64)verdicts->can_start_on_device);
    }
    vgate_key_number (all,
                      (guint64)vgate_gpu_string_compare (subject->record.gpu_string, on->record.gpu_string));
    verdicts->number = vgate_key_find_number (pairs->known, all);
}

const VgatePairVerdicts *
vgate_pair_verdicts (VgatePairs *pairs, const VgatePairGuest *guest, const VgatePairHost *host,
                     const VgatePairView *view, guint vgpu, guint pgpu)
{
    GArray *all = g_ptr_array_index (pairs->verdicts, guest->vgpus[vgpu].subject);
    const VgateHostType *type = view->types[vgpu * host->host->pgpus->len + pgpu];
    const guint offer = type ? (type->free_instances > 0 ? OFFERS_FREE : OFFERS_FULL) : OFFERS_NONE,
                index = host->gpus[pgpu] * N_OFFERS + offer;
    VgatePairVerdicts *verdicts;

    if (all->len <= index)
        g_array_set_size (all, index + 1);
    verdicts = &g_array_index (all, VgatePairVerdicts, index);
    if (verdicts->number == 0)
        judge_all (pairs, guest, host, vgpu, pgpu, verdicts);
    return verdicts;
}

/* --- the choice of other devices --- */

/* The name of the device at the address in the copy of the host. */
static const char *
name_at (const VgatePairAt *at)
{
    if (at && at->device)
        return at->device->listed.source;
    return at && at->makeable->len > 0 ? ((VgateMakeable *)g_ptr_array_index (at->makeable, 0))->parent
                                       : NULL;
}

/* The needs of a plain guest that can use none of the devices that it names (gate/assign-devices.c). */
static GPtrArray *
list_wants (VgatePairs *pairs, const VgatePairGuest *guest, const VgatePairHost *host,
            const VgatePairView *view)
{
    const VgateDomain *domain = guest->guest->domain;
    GPtrArray *wants = vgate_wants_new ();

    for (guint i = 0; i < guest->n_vgpus; i++) {
        const VgateElementVgpu *vgpu = g_ptr_array_index (domain->element->vgpus, i);
        const VgateHostdev *hostdev = vgate_domain_find_hostdev (domain, vgpu->guest_address);
        const char *named = name_at (vgate_pair_named_at (guest, host, i));
        VgateWant *want = vgate_wants_add (wants, host->host->pgpus->len);

        want->kind = hostdev->kind;
        want->type = vgpu->type;
        want->type_name = vgpu->type_name;
        want->named = named ? named : hostdev->source;
        want->keeps_name = pairs->question->policy->placement_mode != VGATE_PLACEMENT_APPLY;
        for (guint p = 0; p < host->host->pgpus->len; p++) {
            const VgatePairVerdicts *verdicts = vgate_pair_verdicts (pairs, guest, host, view, i, p);

            want->fits[p].offered = view->types[i * host->host->pgpus->len + p];
            want->fits[p].can_take_device = verdicts->can_migrate[TRUE];
            want->fits[p].can_make_device = verdicts->can_migrate[FALSE];
        }
    }
    return wants;
}

/* The device that a vGPU gets. Its name is that of the guest's hostdev, or of another one of the guest's, or
 * of a device of the host. */
static void
append_slot (GByteArray *key, const VgatePairGuest *guest, const VgatePairHost *host, const VgateSlot *slot)
{
    guint named = VGATE_NOWHERE;

    for (guint i = 0; slot->kind == VGATE_HOSTDEV_PCI && i < guest->n_addresses; i++) {
        const char *name = name_at (vgate_pair_at (guest, host, i));

        if (name && g_strcmp0 (slot->device, name) == 0)
            named = i;
    }
    vgate_key_number (key, slot->kind);
    vgate_key_number (key, named);
    vgate_key_text (key, named == VGATE_NOWHERE ? slot->device : NULL);
    vgate_key_text (key, slot->kind == VGATE_HOSTDEV_MDEV ? slot->parent : NULL);
    vgate_key_number (key, slot->pgpu);
    vgate_key_number (key, slot->type);
    vgate_key_text (key, slot->type_name);
    vgate_key_number (key, (guint64)slot->exists);
}

/* --- no device --- */

/* TRUE when no GPU could run the vGPU, whatever device it had. */
static gboolean
has_no_gpu (VgatePairs *pairs, const VgatePairGuest *guest, const VgatePairHost *host,
            const VgatePairView *view, guint vgpu)
{
    enum { NOT_KNOWN, NONE, SOME };
    const guint subject = guest->vgpus[vgpu].subject;
    guint8 *gpus;

    if (host->gpus_for->len <= subject)
        g_array_set_size (host->gpus_for, pairs->verdicts->len);
    gpus = &g_array_index (host->gpus_for, guint8, subject);
    if (*gpus == NOT_KNOWN) {
        *gpus = NONE;
        for (guint p = 0; *gpus == NONE && p < host->host->pgpus->len; p++)
            if (vgate_pair_verdicts (pairs, guest, host, view, vgpu, p)->can_migrate[TRUE])
                *gpus = SOME;
    }
    return *gpus == NONE;
}

/* The index of the GPU of the device that the vGPU names, if that is a vGPU device of its type; otherwise
 * VGATE_NOWHERE. */
static guint
named_gpu (const VgatePairGuest *guest, const VgatePairHost *host, guint index)
{
    const VgateElementVgpu *vgpu = g_ptr_array_index (guest->guest->domain->element->vgpus, index);
    const VgatePairAt *at = vgate_pair_named_at (guest, host, index);
    const VgateDevice *device = at && at->device ? &at->device->listed.device : NULL;

    if (!device || device->kind != VGATE_DEVICE_VGPU || at->pgpu == VGATE_NOWHERE ||
        !vgate_pgpu_is_same_type (g_ptr_array_index (host->host->pgpus, at->pgpu), device->type,
                                  device->type_name, vgpu->type, vgpu->type_name))
        return VGATE_NOWHERE;
    return at->pgpu;
}

/* The same, if only the user of the device is in the way; otherwise the number of GPUs. */
static guint
own_gpu (const VgatePairGuest *guest, const VgatePairHost *host, guint index)
{
    const guint named = named_gpu (guest, host, index);

    if (named == VGATE_NOWHERE || vgate_pair_named_at (guest, host, index)->device->listed.device.fault)
        return host->host->pgpus->len;
    return named;
}

/* The number of what the reason reads of the GPU that comes nearest to running the vGPU (gate/reason.h). */
static guint
number_of_nearest (VgatePairs *pairs, const VgatePairGuest *guest, const VgatePairHost *host,
                   const VgatePairView *view, guint vgpu)
{
    const guint n_gpus = host->host->pgpus->len, own = own_gpu (guest, host, vgpu),
                index = guest->vgpus[vgpu].subject * (n_gpus + 1) + own;
    g_autoptr (GByteArray) key = NULL;
    const VgatePgpu *nearest = NULL;
    guint least = G_MAXUINT, verdict = 0, *number;

    if (host->nearest->len <= index)
        g_array_set_size (host->nearest, pairs->verdicts->len * (n_gpus + 1));
    number = &g_array_index (host->nearest, guint, index);
    if (*number != 0)
        return *number;
    for (guint p = 0; p < n_gpus; p++) {
        const VgatePairVerdicts *verdicts = vgate_pair_verdicts (pairs, guest, host, view, vgpu, p);

        if (verdicts->distance[p == own] >= least)
            continue;
        least = verdicts->distance[p == own];
        nearest = g_ptr_array_index (host->host->pgpus, p);
        verdict = verdicts->of_migration[p == own];
    }
    key = g_byte_array_sized_new (128);
    vgate_key_text (key, "nearest");
    vgate_key_text (key, nearest->address);
    vgate_key_text (key, nearest->name);
    vgate_key_number (key, (guint64)nearest->mig);
    vgate_key_number (key, verdict);
    *number = vgate_key_find_number (pairs->known, key);
    return *number;
}

guint
vgate_pair_number_of_lack (VgatePairs *pairs, const VgatePairGuest *guest, const VgatePairHost *host,
                           const VgatePairView *view)
{
    g_autoptr (GByteArray) key = NULL;
    gboolean lacks_any = FALSE;

    for (guint i = 0; !lacks_any && i < guest->n_vgpus; i++)
        lacks_any = has_no_gpu (pairs, guest, host, view, i);
    /* a host without GPUs gives another reason */
    if (!lacks_any || host->host->pgpus->len == 0)
        return 0;
    if (guest->n_vgpus == 1)
        return number_of_nearest (pairs, guest, host, view, 0);
    key = g_byte_array_sized_new (256);
    vgate_key_text (key, "lack");
    for (guint i = 0; i < guest->n_vgpus; i++) {
        const VgateElementVgpu *vgpu = g_ptr_array_index (guest->guest->domain->element->vgpus, i);

        vgate_key_text (key, vgpu->type_name);
        vgate_key_number (key, (guint64)has_no_gpu (pairs, guest, host, view, i));
        vgate_key_number (key, number_of_nearest (pairs, guest, host, view, i));
    }
    return vgate_key_find_number (pairs->known, key);
}

/* TRUE when the vGPU can start cold on the device that it names, although another guest uses it. */
static gboolean
can_start_as_named (VgatePairs *pairs, const VgatePairGuest *guest, const VgatePairHost *host,
                    const VgatePairView *view, guint index)
{
    const guint named = named_gpu (guest, host, index);

    return named != VGATE_NOWHERE &&
           vgate_pair_verdicts (pairs, guest, host, view, index, named)->can_start_on_device;
}

gboolean
vgate_pair_can_start (VgatePairs *pairs, const VgatePairGuest *guest, const VgatePairHost *host,
                      const VgatePairView *view)
{
    for (guint i = 0; i < guest->n_vgpus; i++)
        if (!vgate_pair_named_at (guest, host, i))
            return FALSE;
    for (guint i = 0; i < guest->n_vgpus; i++)
        if (!can_start_as_named (pairs, guest, host, view, i))
            return FALSE;
    return TRUE;
}

/* TRUE when one of the vGPUs would need a device of a kind that the host does not have, so that no other
 * devices are looked for. */
gboolean
vgate_pair_has_other_kind (const VgatePairGuest *guest, const VgatePairHost *host)
{
    for (guint i = 0; i < guest->n_vgpus; i++) {
        const VgatePairAt *at =
            host->has_kind[guest->vgpus[i].kind] ? NULL : vgate_pair_named_at (guest, host, i);
        const VgateDeviceKind kind = at && at->device ? at->device->listed.device.kind : VGATE_DEVICE_ABSENT;

        if (!host->has_kind[guest->vgpus[i].kind] &&
            (kind == VGATE_DEVICE_ABSENT || kind == VGATE_DEVICE_OTHER))
            return TRUE;
    }
    return FALSE;
}

/* The devices that are chosen for a plain guest that can use none of those that it names. FALSE when no
 * device is chosen. */
gboolean
vgate_pair_append_choice (GByteArray *key, VgatePairs *pairs, const VgatePairGuest *guest,
                          const VgatePairHost *host, const VgatePairView *view)
{
    const VgatePolicy *policy = pairs->question->policy;
    g_autoptr (GPtrArray) wants = list_wants (pairs, guest, host, view);
    const VgateChoice choice = {
        .host = host->host,
        .slots = host->slots,
        .loads = host->loads,
        .promises = host->promises,
        .order = policy->placement_order,
        .is_unlimited = policy->severities[VGATE_RULE_NO_FREE_INSTANCE] != VGATE_SEVERITY_REFUSE,
    };

    if (!vgate_choose (&choice, wants))
        return FALSE;
    vgate_key_text (key, "choice");
    for (guint i = 0; i < wants->len; i++) {
        const VgateSlot *slot = ((VgateWant *)g_ptr_array_index (wants, i))->slot;
        const VgatePairVerdicts *verdicts = vgate_pair_verdicts (pairs, guest, host, view, i, slot->pgpu);

        append_slot (key, guest, host, slot);
        vgate_key_number (key, verdicts->of_migration[slot->exists ? TRUE : FALSE]);
    }
    return TRUE;
}
