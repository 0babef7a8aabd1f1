/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Guests, as far as decisions distinguish them. */
#include "fleet/pairs-internal.h"

#include <string.h>

void
vgate_pair_guest_free (VgatePairGuest *guest)
{
    g_free (guest->vgpus);
    g_free (guest->addresses);
    g_free (guest);
}

static const VgatePairInterest *
interest_of (VgatePairs *pairs, const VgateDomain *domain)
{
    const GPtrArray *vgpus = domain->element ? domain->element->vgpus : NULL;
    VgatePairInterest interest = {.index = g_hash_table_size (pairs->interests), .vgpus = vgpus};
    g_autoptr (GByteArray) key = g_byte_array_new ();
    g_autoptr (GBytes) bytes = NULL;
    VgatePairInterest *known;

    interest.is_single = vgpus && vgpus->len == 1 && domain->hostdevs->len <= 1;
    for (guint i = 0; i < domain->hostdevs->len; i++) {
        const VgateHostdev *hostdev = g_ptr_array_index (domain->hostdevs, i);

        interest.has_kind[hostdev->kind] = TRUE;
        interest.is_single = interest.is_single && !hostdev->is_on_command_line;
    }
    g_byte_array_append (key, interest.has_kind, sizeof interest.has_kind);
    vgate_key_number (key, (guint64)interest.is_single);
    for (guint i = 0; vgpus && i < vgpus->len; i++) {
        const VgateElementVgpu *vgpu = g_ptr_array_index (vgpus, i);

        vgate_key_number (key, vgpu->type);
        vgate_key_text (key, vgpu->type_name);
    }
    bytes = g_bytes_new (key->data, key->len);
    known = g_hash_table_lookup (pairs->interests, bytes);
    if (!known) {
        known = g_memdup2 (&interest, sizeof interest);
        g_hash_table_insert (pairs->interests, g_bytes_ref (bytes), known);
    }
    return known;
}

/* What the engine reads of the vGPU beside the rest of the guest. The down-time of each vGPU is in the
 * verdicts about all. */
static guint
subject_of (VgatePairs *pairs, const VgateElement *element, guint index)
{
    g_autoptr (GByteArray) key = g_byte_array_sized_new (640);
    const VgateElementVgpu *subject = g_ptr_array_index (element->vgpus, index);
    guint number;

    vgate_key_time (key, element->time, pairs->question->now, pairs->question->policy->max_age);
    vgate_key_number (key, (guint64)element->power);
    vgate_key_number (key, element->max_downtime);
    vgate_key_number (key, subject->type);
    vgate_key_text (key, subject->type_name);
    vgate_key_bytes (key, subject->metadata.bytes);
    vgate_key_scheduler (key, subject->pgpu.has_scheduler ? &subject->pgpu.scheduler : NULL);
    for (guint i = 0; i < element->vgpus->len; i++) {
        const VgateElementVgpu *vgpu = g_ptr_array_index (element->vgpus, i);

        /* a vGPU whose use of the frame buffer is not known has no estimate */
        if (vgpu->framebuffer_used == 0)
            continue;
        vgate_key_number (key, i == index);
        vgate_key_number (key, vgpu->framebuffer_used);
        vgate_key_number (key, vgpu->runtime_state);
        vgate_key_number (key, vgpu->pgpu.read_bandwidth);
    }
    number = vgate_key_find_number (pairs->subjects, key);
    if (number > pairs->verdicts->len)
        g_ptr_array_add (pairs->verdicts, g_array_new (FALSE, TRUE, sizeof (VgatePairVerdicts)));
    return number - 1;
}

/* All that the gate reads of a guest, but not what only the engine reads. */
static guint
number_of_guest (VgatePairs *pairs, const VgateDomain *domain)
{
    g_autoptr (GByteArray) key = g_byte_array_sized_new (512);
    const VgateElement *element = domain->element;

    vgate_key_text (key, "guest");
    vgate_key_text (key, domain->uuid);
    vgate_key_number (key, domain->hostdevs->len);
    for (guint i = 0; i < domain->hostdevs->len; i++) {
        const VgateHostdev *hostdev = g_ptr_array_index (domain->hostdevs, i);

        vgate_key_number (key, hostdev->kind);
        vgate_key_text (key, hostdev->source);
        vgate_key_text (key, hostdev->guest_address);
        vgate_key_number (key, (guint64)hostdev->is_on_command_line);
    }
    vgate_key_text (key, domain->vmstate ? domain->vmstate->bus : NULL);
    vgate_key_text (key, domain->vmstate ? domain->vmstate->uuid : NULL);
    vgate_key_number (key, element ? element->vgpus->len + 1 : 0);
    vgate_key_number (key, element ? (guint64)element->power : 0);
    vgate_key_text (key, element ? element->domain : NULL);
    for (guint i = 0; element && i < element->vgpus->len; i++) {
        const VgateElementVgpu *vgpu = g_ptr_array_index (element->vgpus, i);

        vgate_key_text (key, vgpu->uuid);
        vgate_key_text (key, vgpu->mdev);
        vgate_key_text (key, vgpu->vf);
        vgate_key_text (key, vgpu->guest_address);
        vgate_key_number (key, vgpu->type);
        vgate_key_text (key, vgpu->type_name);
    }
    return vgate_key_find_number (pairs->known, key);
}

/* Finds out which device each vGPU has. n_own: the number of names before those of virtual functions. */
static void
list_devices (VgatePairGuest *guest, guint n_own)
{
    const VgateDomain *domain = guest->guest->domain;
    g_autoptr (GHashTable) sources = g_hash_table_new (g_str_hash, g_str_equal);
    g_autoptr (GHashTable) paired = g_hash_table_new (NULL, NULL);

    for (guint i = 0; i < guest->n_vgpus; i++) {
        const VgateElementVgpu *vgpu = g_ptr_array_index (domain->element->vgpus, i);
        const VgateHostdev *hostdev = vgate_domain_find_hostdev (domain, vgpu->guest_address);
        gboolean is_guest;
        guint index;

        guest->vgpus[i].named = VGATE_NOWHERE;
        if (!hostdev)
            continue;
        guest->vgpus[i].kind = hostdev->kind;
        g_hash_table_add (sources, hostdev->source);
        g_hash_table_add (paired, (gpointer)hostdev);
        if (hostdev->kind == VGATE_HOSTDEV_PCI &&
            vgate_similar_read_mark (hostdev->source, &is_guest, &index))
            guest->vgpus[i].named = index - n_own;
    }
    guest->is_plain = guest->n_vgpus > 0 && domain->hostdevs->len == guest->n_vgpus &&
                      g_hash_table_size (sources) == guest->n_vgpus &&
                      g_hash_table_size (paired) == guest->n_vgpus;
    for (guint i = 0; i < domain->hostdevs->len; i++)
        guest->is_plain =
            guest->is_plain && !((VgateHostdev *)g_ptr_array_index (domain->hostdevs, i))->is_on_command_line;
}

/* The number of what guests have in common that differ only in the addresses that they name. */
static guint
kind_of (VgatePairs *pairs, const VgatePairGuest *guest)
{
    g_autoptr (GByteArray) key = g_byte_array_new ();

    vgate_key_text (key, "kind");
    vgate_key_number (key, guest->number);
    for (guint i = 0; i < guest->n_vgpus; i++)
        vgate_key_number (key, guest->vgpus[i].subject);
    return vgate_key_find_number (pairs->known, key);
}

/* The number of what the reason why the first vGPU of a plain guest cannot use its device reads of the guest,
 * and with it the advice about other devices. */
static guint
number_of_first (VgatePairs *pairs, const VgateDomain *domain)
{
    const VgateElementVgpu *vgpu = g_ptr_array_index (domain->element->vgpus, 0);
    const VgateHostdev *hostdev = vgate_domain_find_hostdev (domain, vgpu->guest_address);
    g_autoptr (GByteArray) key = g_byte_array_sized_new (256);

    vgate_key_text (key, "first");
    vgate_key_text (key, domain->uuid);
    vgate_key_text (key, domain->element->domain);
    vgate_key_text (key, domain->vmstate ? domain->vmstate->bus : NULL);
    vgate_key_text (key, domain->vmstate ? domain->vmstate->uuid : NULL);
    vgate_key_number (key, hostdev->kind);
    vgate_key_text (key, hostdev->source);
    vgate_key_number (key, vgpu->type);
    vgate_key_text (key, vgpu->type_name);
    vgate_key_number (key, domain->element->vgpus->len == 1);
    return vgate_key_find_number (pairs->known, key);
}

VgatePairGuest *
vgate_pairs_add_guest (VgatePairs *pairs, const VgateFleetGuest *copy, const VgateSimilarNames *names)
{
    const VgateDomain *domain = copy->domain;
    VgatePairGuest *guest = g_new0 (VgatePairGuest, 1);

    guest->guest = copy;
    guest->number = number_of_guest (pairs, domain);
    guest->interest = interest_of (pairs, domain);
    guest->n_vgpus = domain->element ? domain->element->vgpus->len : 0;
    guest->n_addresses = names->n_names - names->n_own;
    guest->vgpus = g_new0 (VgatePairVgpu, guest->n_vgpus + 1);
    guest->addresses = g_new (guint, guest->n_addresses + 1);
    for (guint i = 0; i < guest->n_addresses; i++) {
        const char *address = g_ptr_array_index (names->texts, names->n_own + i);
        gpointer number;

        guest->addresses[i] = g_hash_table_lookup_extended (pairs->addresses, address, NULL, &number)
                                  ? GPOINTER_TO_UINT (number)
                                  : VGATE_NOWHERE;
    }
    for (guint i = 0; i < guest->n_vgpus; i++)
        guest->vgpus[i].subject = subject_of (pairs, domain->element, i);
    list_devices (guest, names->n_own);
    guest->kind = kind_of (pairs, guest);
    if (guest->is_plain)
        guest->first = number_of_first (pairs, domain);
    g_ptr_array_add (pairs->guests, guest);
    return guest;
}
