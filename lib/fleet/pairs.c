/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "fleet/pairs.h"

#include "fleet/pairs-internal.h"

#include <string.h>

/* A key, and what is kept for it. */
typedef struct VgatePairKey {
    guint32 *kept; /* value, or that of another pair */
    guint32 value;
    guint32 length;
    guint32 numbers[];
} VgatePairKey;

static guint
hash_pair (gconstpointer pair)
{
    const VgatePairKey *p = pair;
    guint64 hash = p->length;

    for (guint i = 0; i < p->length; i++)
        hash = (hash ^ p->numbers[i]) * G_GUINT64_CONSTANT (0x9e3779b97f4a7c15);
    return (guint)(hash >> 32);
}

static gboolean
pairs_are_equal (gconstpointer a, gconstpointer b)
{
    const VgatePairKey *left = a, *right = b;

    return left->length == right->length &&
           memcmp (left->numbers, right->numbers, left->length * sizeof *left->numbers) == 0;
}

static GHashTable *
new_table (void)
{
    return g_hash_table_new_full (g_bytes_hash, g_bytes_equal, (GDestroyNotify)g_bytes_unref, NULL);
}

VgatePairs *
vgate_pairs_new (const VgateFleetQuestion *question, GHashTable *addresses)
{
    VgatePairs *pairs = g_new0 (VgatePairs, 1);

    pairs->question = question;
    pairs->addresses = addresses;
    pairs->known = new_table ();
    pairs->subjects = new_table ();
    pairs->gpus = new_table ();
    pairs->interests =
        g_hash_table_new_full (g_bytes_hash, g_bytes_equal, (GDestroyNotify)g_bytes_unref, g_free);
    pairs->verdicts = g_ptr_array_new_with_free_func ((GDestroyNotify)g_array_unref);
    pairs->guests = g_ptr_array_new_with_free_func ((GDestroyNotify)vgate_pair_guest_free);
    pairs->pairs = g_hash_table_new_full (hash_pair, pairs_are_equal, g_free, NULL);
    pairs->decisions = g_hash_table_new_full (hash_pair, pairs_are_equal, g_free, NULL);
    return pairs;
}

void
vgate_pairs_free (VgatePairs *pairs)
{
    if (!pairs)
        return;
    g_ptr_array_unref (pairs->guests);
    g_ptr_array_unref (pairs->verdicts);
    g_hash_table_unref (pairs->pairs);
    g_hash_table_unref (pairs->decisions);
    g_hash_table_unref (pairs->interests);
    g_hash_table_unref (pairs->known);
    g_hash_table_unref (pairs->subjects);
    g_hash_table_unref (pairs->gpus);
    g_free (pairs->sought);
    g_free (pairs);
}

/* TRUE when a vGPU cannot use the device that its hostdev names, for another reason than a verdict. That
 * reason is then the one that is given. */
static gboolean
is_unusable (const VgatePairs *pairs, const VgatePairHost *host, const VgatePairInterest *interest,
             const VgatePairAt *at)
{
    const VgateListedDevice *listed = at && at->device ? &at->device->listed : NULL;
    const VgatePgpu *pgpu;

    if (!listed || listed->device.kind != VGATE_DEVICE_VGPU)
        return TRUE;
    if (at->device->use && pairs->question->policy->placement_mode != VGATE_PLACEMENT_OFF)
        return TRUE;
    pgpu = vgate_host_find_pgpu (host->host, listed->device.pgpu);
    for (guint i = 0; pgpu && i < interest->vgpus->len; i++) {
        const VgateElementVgpu *vgpu = g_ptr_array_index (interest->vgpus, i);

        if (vgate_pgpu_is_same_type (pgpu, listed->device.type, listed->device.type_name, vgpu->type,
                                     vgpu->type_name))
            return FALSE;
    }
    return TRUE;
}

/* Which of the devices that the guests can get is at the address that a guest names. One vGPU of the guest
 * can get what another one names, so that what is there does not suffice. The names of the devices are in
 * the view, so that the first place tells the others. */
static guint
rank_at (const VgatePairView *view, const VgatePairAt *at)
{
    for (guint i = 0; at && view->ranks && i < at->slots->len; i++) {
        const guint rank = view->ranks[g_array_index (at->slots, guint, i)];

        if (rank != 0)
            return rank;
    }
    return 0;
}

/* Makes room for a key of n numbers. */
static guint32 *
begin_key (VgatePairs *pairs, guint n)
{
    if (pairs->size < n || !pairs->sought) {
        pairs->size = n;
        pairs->sought = g_realloc (pairs->sought, sizeof (VgatePairKey) + n * sizeof (guint32));
    }
    pairs->sought->length = n;
    return pairs->sought->numbers;
}

/* The pair with the key that was begun. */
static VgatePairKey *
find_pair (const VgatePairs *pairs, GHashTable *table)
{
    VgatePairKey *pair = g_hash_table_lookup (table, pairs->sought);

    if (!pair) {
        pair = g_memdup2 (pairs->sought, sizeof (VgatePairKey) + pairs->sought->length * sizeof (guint32));
        pair->kept = NULL;
        pair->value = G_MAXUINT32;
        g_hash_table_add (table, pair);
    }
    return pair;
}

/* Other devices were chosen: the guest gets them or, with another mode than apply, the reason why its first
 * vGPU cannot use the device that it names, and a suggestion. */
static void
write_key_with_choice (VgatePairs *pairs, const VgatePairGuest *guest, const VgatePairHost *host,
                       const VgatePairView *view, const GByteArray *choice)
{
    const gboolean is_applied = pairs->question->policy->placement_mode == VGATE_PLACEMENT_APPLY;
    guint32 *numbers = begin_key (pairs, 5);

    numbers[0] = guest->number;
    numbers[1] = host->number;
    numbers[2] = is_applied ? 0 : vgate_pair_reason_at (pairs, host, vgate_pair_named_at (guest, host, 0));
    numbers[3] = vgate_key_find_number (pairs->known, choice);
    /* its migration can be refused before devices are looked for */
    numbers[4] = guest->guest->domain->vmstate && vgate_pair_can_start (pairs, guest, host, view);
}

/* There are no other devices: the guest gets that reason and an advice, or that no GPU can run it; or it can
 * be started cold. */
static void
write_key_without_choice (VgatePairs *pairs, const VgatePairGuest *guest, const VgatePairHost *host,
                          const VgatePairView *view)
{
    const gboolean is_placed = pairs->question->policy->placement_mode != VGATE_PLACEMENT_OFF,
                   has_other_kind = is_placed && vgate_pair_has_other_kind (guest, host);
    const guint lack = is_placed ? vgate_pair_number_of_lack (pairs, guest, host, view) : 0;
    guint32 *numbers = begin_key (pairs, 6);

    numbers[0] = guest->first;
    numbers[1] = host->base;
    /* where no GPU can run it, the device can be the reason only if it is of another kind */
    numbers[2] = lack == 0 || has_other_kind
                     ? vgate_pair_reason_at (pairs, host, vgate_pair_named_at (guest, host, 0))
                     : 0;
    numbers[3] = lack;
    numbers[4] = is_placed && vgate_pair_can_start (pairs, guest, host, view);
    numbers[5] = has_other_kind;
}

static void
write_full_key (VgatePairs *pairs, const VgatePairGuest *guest, const VgatePairHost *host,
                const VgatePairView *view)
{
    const guint n_gpus = host->host->pgpus->len;
    guint32 *numbers = begin_key (pairs, 7 + 2 * guest->n_addresses + guest->n_vgpus * n_gpus);

    *numbers++ = guest->number;
    *numbers++ = host->number;
    *numbers++ = view->number;
    /* longer than the keys of other devices */
    for (guint i = 0; i < 4; i++)
        *numbers++ = 0;
    for (guint i = 0; i < guest->n_addresses; i++) {
        VgatePairAt *at = vgate_pair_at (guest, host, i);

        *numbers++ = at ? vgate_pair_number_at (pairs, at) : 0;
        *numbers++ = rank_at (view, at);
    }
    for (guint v = 0; v < guest->n_vgpus; v++)
        for (guint p = 0; p < n_gpus; p++)
            *numbers++ = vgate_pair_verdicts (pairs, guest, host, view, v, p)->number;
}

/* The kinds of guests, and what they see of the host and at the addresses that they name. */
static void
write_short_key (VgatePairs *pairs, const VgatePairGuest *guest, const VgatePairHost *host,
                 const VgatePairView *view)
{
    guint32 *numbers = begin_key (pairs, 2 + 2 * guest->n_addresses);

    *numbers++ = guest->kind;
    *numbers++ = view->seen;
    for (guint i = 0; i < guest->n_addresses; i++) {
        VgatePairAt *at = vgate_pair_at (guest, host, i);

        *numbers++ = at ? vgate_pair_number_at (pairs, at) : 0;
        *numbers++ = rank_at (view, at);
    }
}

/* TRUE when no vGPU can use the device that its hostdev names, so that only other devices matter. */
static gboolean
needs_other_devices (const VgatePairs *pairs, const VgatePairGuest *guest, const VgatePairHost *host)
{
    gboolean needs = guest->is_plain && host->host->devices;

    for (guint i = 0; needs && i < guest->n_addresses; i++)
        needs = is_unusable (pairs, host, guest->interest, vgate_pair_at (guest, host, i));
    return needs;
}

guint32 *
vgate_pairs_find (VgatePairs *pairs, VgatePairGuest *guest, VgatePairHost *host)
{
    const gboolean needs_other = needs_other_devices (pairs, guest, host);
    const gboolean is_placed = pairs->question->policy->placement_mode != VGATE_PLACEMENT_OFF;
    const VgatePairView *view = vgate_pair_view (pairs, host, guest->interest, needs_other);
    VgatePairKey *pair;

    if (needs_other && (view->is_closed || !is_placed)) {
        write_key_without_choice (pairs, guest, host, view);
        return &find_pair (pairs, pairs->decisions)->value;
    }
    write_short_key (pairs, guest, host, view);
    pair = find_pair (pairs, pairs->pairs);
    if (!pair->kept) {
        g_autoptr (GByteArray) choice = g_byte_array_new ();

        if (!needs_other)
            write_full_key (pairs, guest, host, view);
        else if (vgate_pair_append_choice (choice, pairs, guest, host, view))
            write_key_with_choice (pairs, guest, host, view, choice);
        else
            write_key_without_choice (pairs, guest, host, view);
        pair->kept = &find_pair (pairs, pairs->decisions)->value;
    }
    return pair->kept;
}
