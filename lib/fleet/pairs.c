/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "fleet/pairs.h"

#include "compat/verdict.h"
#include "fleet/key.h"
#include "gate/judge.h"
#include "placement/room.h"
#include "placement/slots.h"
#include "placement/survey.h"

#include <string.h>

/* For the number of an address. */
#define NOWHERE G_MAXUINT

/* How a GPU offers the type of a vGPU, as far as the engine distinguishes it. */
enum { OFFERS_NONE, OFFERS_FULL, OFFERS_FREE, N_OFFERS };

/* What guests look for on a host: vGPUs of these types on devices of these kinds. */
typedef struct {
    guint index;
    guint8 has_kind[2]; /* indexed by VgateHostdevKind */
    gboolean is_single; /* one vGPU, and at most one hostdev, which is not on the command line */
    /* Of VgateElementVgpu *, those of one of the guests; NULL: they have no metadata, so that only the
     * devices that they name matter. */
    const GPtrArray *vgpus;
} Interest;

struct VgatePairGuest {
    const VgateFleetGuest *guest;
    guint number; /* what the gate reads of the guest, without what only the engine reads */
    const Interest *interest;
    GArray *addresses;    /* of guint: the numbers of the addresses that it names; NOWHERE: no host has it */
    gboolean has_devices; /* each of its vGPUs has a hostdev */
    guint *subjects;      /* indexed by vGPU: what the engine reads of it, an index into pairs->verdicts */
};

/* What a host has at an address. */
typedef struct {
    const VgateHostDevice *device; /* NULL: none */
    GPtrArray *makeable;           /* of const VgateMakeable *: what can be created there */
    GArray *slots;                 /* of guint, indices into those of the host */
    guint number;                  /* of all this; 0: not known yet */
} At;

/* A host as guests with one interest see it. */
typedef struct {
    guint number;      /* 0: not known yet */
    guint8 *offers;    /* indexed by vGPU * number of GPUs + GPU */
    gboolean *is_open; /* indexed by GPU: it has a device that the guests can get */
    guint *ranks; /* indexed by slot: its place among those that the guests can get, from 1; otherwise 0 */
} View;

struct VgatePairHost {
    const VgateHost *host;
    guint number;         /* what the gate reads of a host for any guest */
    guint *gpus;          /* indexed by pGPU: what the engine reads of it */
    VgateHostState state; /* for a guest without names; its members are owned. Only with devices */
    VgateProbe *probe;    /* likewise */
    GPtrArray *slots;     /* likewise, of VgateSlot * */
    guint *loads;         /* indexed by pGPU */
    GArray *promises;     /* of VgatePromise */
    GArray *views;        /* of View, indexed by interest * 2 + whether its devices are missing */
    GPtrArray *addresses; /* of At *, indexed by the number of the address; NULL: nothing is there */
};

/* The number of what a decision reads of the verdicts about a vGPU on a GPU. */
typedef struct {
    guint all;             /* 0: not known yet */
    guint without_reasons; /* if a refusal has another reason */
    guint of_devices;      /* if also no cold start is possible: for a device that the vGPU can get */
    guint of_none;         /* likewise, if there is no such device */
} Verdicts;

/* What is kept for a pair, and its key. */
typedef struct {
    guint32 value;
    guint32 length;
    guint32 numbers[];
} Pair;

struct VgatePairs {
    const VgateFleetQuestion *question;
    GHashTable *addresses; /* those that guests name and hosts have: their numbers, from 0 */
    GHashTable *known;     /* GBytes -> its number, from 1: two things with one number are equal */
    GHashTable *interests; /* GBytes -> Interest */
    GHashTable *subjects;  /* GBytes -> index into verdicts, plus 1 */
    GHashTable *gpus;      /* GBytes -> number from 1 */
    GPtrArray *verdicts;   /* of GArray of Verdicts, indexed by GPU number * N_OFFERS + offer */
    GPtrArray *guests;     /* of VgatePairGuest * */
    GPtrArray *hosts;      /* of VgatePairHost * */
    GHashTable *pairs;     /* of Pair * */
    Pair *sought;
    guint size; /* the most numbers that sought has room for */
};

/* --- keys and their numbers --- */

static guint
hash_pair (gconstpointer pair)
{
    const Pair *p = pair;
    guint64 hash = p->length;

    for (guint i = 0; i < p->length; i++)
        hash = (hash ^ p->numbers[i]) * G_GUINT64_CONSTANT (0x9e3779b97f4a7c15);
    return (guint)(hash >> 32);
}

static gboolean
pairs_are_equal (gconstpointer a, gconstpointer b)
{
    const Pair *left = a, *right = b;

    return left->length == right->length &&
           memcmp (left->numbers, right->numbers, left->length * sizeof *left->numbers) == 0;
}

/* The number of the key among those of the table. */
static guint
number_of (GHashTable *known, const GByteArray *key)
{
    g_autoptr (GBytes) sought = g_bytes_new_static (key->data, key->len);
    guint number = GPOINTER_TO_UINT (g_hash_table_lookup (known, sought));

    if (number == 0) {
        number = g_hash_table_size (known) + 1;
        g_hash_table_insert (known, g_bytes_new (key->data, key->len), GUINT_TO_POINTER (number));
    }
    return number;
}

static void
guest_free (VgatePairGuest *guest)
{
    g_array_unref (guest->addresses);
    g_free (guest->subjects);
    g_free (guest);
}

static void
at_free (At *at)
{
    if (!at)
        return;
    g_ptr_array_unref (at->makeable);
    g_array_unref (at->slots);
    g_free (at);
}

static void
view_clear (View *view)
{
    g_free (view->offers);
    g_free (view->is_open);
    g_free (view->ranks);
}

static void
host_free (VgatePairHost *host)
{
    g_free (host->gpus);
    vgate_probe_free (host->probe);
    vgate_leases_free ((VgateLeases *)host->state.leases);
    if (host->state.use)
        g_hash_table_unref ((GHashTable *)host->state.use);
    g_clear_pointer (&host->slots, g_ptr_array_unref);
    g_free (host->loads);
    g_array_unref (host->promises);
    g_array_unref (host->views);
    g_ptr_array_unref (host->addresses);
    g_free (host);
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
    pairs->guests = g_ptr_array_new_with_free_func ((GDestroyNotify)guest_free);
    pairs->hosts = g_ptr_array_new_with_free_func ((GDestroyNotify)host_free);
    pairs->pairs = g_hash_table_new_full (hash_pair, pairs_are_equal, g_free, NULL);
    return pairs;
}

void
vgate_pairs_free (VgatePairs *pairs)
{
    if (!pairs)
        return;
    g_ptr_array_unref (pairs->guests);
    g_ptr_array_unref (pairs->hosts);
    g_ptr_array_unref (pairs->verdicts);
    g_hash_table_unref (pairs->pairs);
    g_hash_table_unref (pairs->interests);
    g_hash_table_unref (pairs->known);
    g_hash_table_unref (pairs->subjects);
    g_hash_table_unref (pairs->gpus);
    g_free (pairs->sought);
    g_free (pairs);
}

/* --- guests --- */

static const Interest *
interest_of (VgatePairs *pairs, const VgateDomain *domain)
{
    const GPtrArray *vgpus = domain->element ? domain->element->vgpus : NULL;
    Interest interest = {.index = g_hash_table_size (pairs->interests), .vgpus = vgpus};
    g_autoptr (GByteArray) key = g_byte_array_new ();
    g_autoptr (GBytes) bytes = NULL;
    Interest *known;

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
    number = number_of (pairs->subjects, key);
    if (number > pairs->verdicts->len)
        g_ptr_array_add (pairs->verdicts, g_array_new (FALSE, TRUE, sizeof (Verdicts)));
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
    return number_of (pairs->known, key);
}

VgatePairGuest *
vgate_pairs_add_guest (VgatePairs *pairs, const VgateFleetGuest *copy, const VgateSimilarNames *names)
{
    const VgateDomain *domain = copy->domain;
    const guint n_vgpus = domain->element ? domain->element->vgpus->len : 0;
    VgatePairGuest *guest = g_new0 (VgatePairGuest, 1);

    guest->guest = copy;
    guest->number = number_of_guest (pairs, domain);
    guest->interest = interest_of (pairs, domain);
    guest->addresses = g_array_new (FALSE, FALSE, sizeof (guint));
    for (guint i = names->n_own; i < names->n_names; i++) {
        const char *address = g_ptr_array_index (names->texts, i);
        gpointer known;
        const guint number = g_hash_table_lookup_extended (pairs->addresses, address, NULL, &known)
                                 ? GPOINTER_TO_UINT (known)
                                 : NOWHERE;

        g_array_append_val (guest->addresses, number);
    }
    guest->subjects = g_new0 (guint, n_vgpus + 1);
    guest->has_devices = n_vgpus > 0;
    for (guint i = 0; i < n_vgpus; i++) {
        const VgateElementVgpu *vgpu = g_ptr_array_index (domain->element->vgpus, i);

        guest->subjects[i] = subject_of (pairs, domain->element, i);
        guest->has_devices =
            guest->has_devices && vgate_domain_find_hostdev (domain, vgpu->guest_address) != NULL;
    }
    g_ptr_array_add (pairs->guests, guest);
    return guest;
}

/* --- hosts --- */

/* The names of the types, by which types of devices are compared and which messages contain. */
static void
append_types (GByteArray *key, const VgatePgpu *pgpu)
{
    vgate_key_number (key, pgpu->types->len);
    for (guint i = 0; i < pgpu->types->len; i++) {
        const VgateHostType *type = g_ptr_array_index (pgpu->types, i);

        vgate_key_number (key, type->id);
        vgate_key_text (key, type->name);
    }
}

/* All that the gate reads of a host for any guest, except what the engine reads of the GPUs, the room for
 * their types, and the devices. */
static guint
number_of_host (VgatePairs *pairs, const VgateHost *host)
{
    g_autoptr (GByteArray) key = g_byte_array_sized_new (512);

    vgate_key_text (key, "host");
    vgate_key_host (key, host);
    vgate_key_number (key, host->pgpus->len);
    for (guint i = 0; i < host->pgpus->len; i++) {
        const VgatePgpu *pgpu = g_ptr_array_index (host->pgpus, i);

        vgate_key_text (key, pgpu->address);
        vgate_key_text (key, pgpu->name);
        vgate_key_number (key, (guint64)pgpu->mig);
        append_types (key, pgpu);
    }
    vgate_key_number (key, host->devices != NULL);
    for (VgateHostdevKind kind = VGATE_HOSTDEV_MDEV; host->devices && kind <= VGATE_HOSTDEV_PCI; kind++)
        vgate_key_number (key, (guint64)vgate_host_devices_have_kind (host->devices, kind));
    return number_of (pairs->known, key);
}

/* What the engine reads of a GPU, without the vGPU types. */
static guint
number_of_gpu (VgatePairs *pairs, const VgateHost *host, const VgatePgpu *pgpu)
{
    g_autoptr (GByteArray) key = g_byte_array_sized_new (512);

    vgate_key_time (key, host->time, pairs->question->now, pairs->question->policy->host_max_age);
    vgate_key_bytes (key, pgpu->metadata.bytes);
    vgate_key_number (key, pgpu->write_bandwidth);
    vgate_key_scheduler (key, pgpu->has_scheduler ? &pgpu->scheduler : NULL);
    return number_of (pairs->gpus, key);
}

/* Lists the devices and the room for a guest that has none of them. */
static void
survey (VgatePairHost *host)
{
    const VgateHost *document = host->host;
    g_autoptr (VgateDomain) nobody = vgate_domain_new ();

    host->probe = vgate_survey_probe (document);
    host->state = (VgateHostState){
        .host = document,
        .devices = host->probe->devices,
        .makeable = host->probe->makeable,
        .instances = host->probe->instances,
        .leases = vgate_survey_leases (document, 0),
        .domain = "",
    };
    host->state.use = vgate_survey_use (document, host->state.leases, nobody);
    host->slots = vgate_slots_list (&host->state);
    vgate_loads_count (&host->state, host->loads, host->promises);
}

/* NULL: no guest names the address. */
static At *
at_address (const VgatePairs *pairs, const VgatePairHost *host, const char *address)
{
    gpointer number;
    At **at;

    if (!g_hash_table_lookup_extended (pairs->addresses, address, NULL, &number))
        return NULL;
    at = (At **)&g_ptr_array_index (host->addresses, GPOINTER_TO_UINT (number));
    if (!*at) {
        *at = g_new0 (At, 1);
        (*at)->makeable = g_ptr_array_new ();
        (*at)->slots = g_array_new (FALSE, FALSE, sizeof (guint));
    }
    return *at;
}

static gboolean
is_slot_at (const VgateSlot *slot, const At *at)
{
    const VgateMakeable *makeable = at->makeable->len > 0 ? g_ptr_array_index (at->makeable, 0) : NULL;
    const char *name = at->device ? at->device->listed.source : makeable ? makeable->parent : NULL;

    return slot->kind == VGATE_HOSTDEV_PCI && name && g_strcmp0 (slot->device, name) == 0;
}

/* The lists of the copy and of the original have the same order. */
static void
list_addresses (const VgatePairs *pairs, const VgatePairHost *host, const VgateHostDevices *original)
{
    const VgateHostDevices *copy = host->host->devices;

    for (guint i = 0; i < original->devices->len; i++) {
        const VgateListedDevice *listed = g_ptr_array_index (original->devices, i);
        At *at = listed->kind == VGATE_HOSTDEV_PCI ? at_address (pairs, host, listed->source) : NULL;

        if (at)
            at->device = g_ptr_array_index (copy->devices, i);
    }
    for (guint i = 0; i < original->makeable->len; i++) {
        const VgateMakeable *makeable = g_ptr_array_index (original->makeable, i);
        At *at = makeable->kind == VGATE_HOSTDEV_PCI ? at_address (pairs, host, makeable->parent) : NULL;

        if (at)
            g_ptr_array_add (at->makeable, g_ptr_array_index (copy->makeable, i));
    }
    for (guint a = 0; a < host->addresses->len; a++) {
        At *at = g_ptr_array_index (host->addresses, a);

        for (guint i = 0; at && i < host->slots->len; i++)
            if (is_slot_at (g_ptr_array_index (host->slots, i), at))
                g_array_append_val (at->slots, i);
    }
}

VgatePairHost *
vgate_pairs_add_host (VgatePairs *pairs, const VgateHost *copy, const VgateHost *original)
{
    const guint n_gpus = copy->pgpus->len;
    VgatePairHost *host = g_new0 (VgatePairHost, 1);

    host->host = copy;
    host->number = number_of_host (pairs, copy);
    host->gpus = g_new (guint, n_gpus + 1);
    for (guint i = 0; i < n_gpus; i++)
        host->gpus[i] = number_of_gpu (pairs, copy, g_ptr_array_index (copy->pgpus, i));
    host->loads = g_new0 (guint, n_gpus + 1);
    host->promises = g_array_new (FALSE, FALSE, sizeof (VgatePromise));
    host->views = g_array_new (FALSE, TRUE, sizeof (View));
    g_array_set_clear_func (host->views, (GDestroyNotify)view_clear);
    host->addresses = g_ptr_array_new_with_free_func ((GDestroyNotify)at_free);
    g_ptr_array_set_size (host->addresses, (int)g_hash_table_size (pairs->addresses));
    if (copy->devices) {
        survey (host);
        list_addresses (pairs, host, original->devices);
    }
    g_ptr_array_add (pairs->hosts, host);
    return host;
}

/* The number of what is at an address that a guest names. */
static guint
number_at (VgatePairs *pairs, At *at)
{
    g_autoptr (GByteArray) key = NULL;

    if (at->number != 0)
        return at->number;
    key = g_byte_array_sized_new (256);
    vgate_key_text (key, "address");
    vgate_key_number (key, at->device != NULL);
    if (at->device) {
        const VgateDevice *device = &at->device->listed.device;

        vgate_key_number (key, device->kind);
        vgate_key_text (key, device->pgpu);
        vgate_key_number (key, g_strcmp0 (device->parent, at->device->listed.source) == 0);
        vgate_key_number (key, device->type);
        vgate_key_text (key, device->type_name);
        vgate_key_text (key, device->fault);
        vgate_key_number (key, at->device->use != NULL);
    }
    for (guint i = 0; i < at->makeable->len; i++) {
        const VgateMakeable *makeable = g_ptr_array_index (at->makeable, i);

        vgate_key_text (key, makeable->pgpu);
        vgate_key_number (key, makeable->type);
        vgate_key_text (key, makeable->type_name);
        vgate_key_number (key, makeable->available);
    }
    at->number = number_of (pairs->known, key);
    return at->number;
}

/* --- a host as guests with an interest see it --- */

static gboolean
fits (const VgatePairHost *host, const Interest *interest, const VgateSlot *slot)
{
    const VgatePgpu *pgpu = g_ptr_array_index (host->host->pgpus, slot->pgpu);

    if (slot->in_use || !interest->has_kind[slot->kind])
        return FALSE;
    for (guint i = 0; i < interest->vgpus->len; i++) {
        const VgateElementVgpu *vgpu = g_ptr_array_index (interest->vgpus, i);

        if (vgate_pgpu_is_same_type (pgpu, slot->type, slot->type_name, vgpu->type, vgpu->type_name))
            return TRUE;
    }
    return FALSE;
}

/*
 * The devices that the guest can get, in their order. A guest with one vGPU never gets the second device on a
 * GPU of those that exist or of those that can be created, because the first is as good.
 */
static void
append_slots (GByteArray *key, const VgatePairHost *host, const Interest *interest, View *view)
{
    g_autofree gboolean *is_seen = g_new0 (gboolean, 2 * host->host->pgpus->len + 1);
    guint n = 0;

    for (guint i = 0; host->slots && i < host->slots->len; i++) {
        const VgateSlot *slot = g_ptr_array_index (host->slots, i);
        gboolean *seen = &is_seen[2 * slot->pgpu + (slot->exists ? 1 : 0)];

        if ((interest->is_single && *seen) || !fits (host, interest, slot))
            continue;
        *seen = view->is_open[slot->pgpu] = TRUE;
        view->ranks[i] = ++n;
        vgate_key_number (key, slot->kind);
        vgate_key_text (key, slot->device);
        vgate_key_text (key, slot->parent);
        vgate_key_number (key, slot->pgpu);
        vgate_key_number (key, slot->type);
        vgate_key_text (key, slot->type_name);
        vgate_key_number (key, (guint64)slot->exists);
        vgate_key_number (key, MIN (slot->available, interest->vgpus->len));
    }
}

/* The vGPUs on the GPUs with devices for the guest. Only their order matters, and how many vGPUs of the guest
 * change it. */
static void
append_loads (GByteArray *key, const VgatePairHost *host, const Interest *interest, const gboolean *is_open)
{
    const guint n_gpus = host->host->pgpus->len;

    for (guint i = 0; i < n_gpus; i++) {
        for (guint k = 0; k < n_gpus; k++) {
            const guint more = host->loads[k] - MIN (host->loads[i], host->loads[k]);

            if (is_open[i] && is_open[k])
                vgate_key_number (key, MIN (more, interest->vgpus->len));
        }
    }
}

/* The room for the vGPUs of a guest: more room than they need makes no difference. */
static void
append_room (GByteArray *key, const VgatePairHost *host, const Interest *interest, guint pgpu,
             const VgateHostType *type, const GArray *promises)
{
    const guint64 n = interest->vgpus->len,
                  framebuffer = vgate_room_free_framebuffer (g_ptr_array_index (host->host->pgpus, pgpu));
    VgateRoom room = vgate_room_ask (host->host, pgpu, type);

    vgate_room_promise_all (&room, promises);
    if (n == 1) {
        vgate_key_number (key, (guint64)vgate_room_is_left (&room));
        return;
    }
    vgate_key_number (key, vgate_room_must_be_equal (&room));
    vgate_key_number (key, (guint64)room.is_other_promised);
    vgate_key_number (key, MIN (type->free_instances - MIN (room.n_of_type, type->free_instances), n));
    /* each of the guest's vGPUs has a type of the GPU */
    vgate_key_number (key, room.framebuffer > framebuffer ? G_MAXUINT64 : framebuffer - room.framebuffer);
    /* absurd sizes overflow */
    vgate_key_number (key, MAX (framebuffer, room.framebuffer) >> 48 ? room.framebuffer : 0);
}

/* How the GPUs offer the types, and how much room they have for them. is_missing: the vGPUs need a device, so
 * that only GPUs with devices for them can have room. */
static void
append_offers (GByteArray *key, const VgatePairHost *host, const Interest *interest, gboolean is_missing,
               const gboolean *is_open, guint8 *offers)
{
    const guint n_gpus = host->host->pgpus->len;

    for (guint p = 0; p < n_gpus; p++) {
        for (guint i = 0; i < interest->vgpus->len; i++) {
            const VgateElementVgpu *vgpu = g_ptr_array_index (interest->vgpus, i);
            const VgateHostType *type =
                vgate_pgpu_find_type (g_ptr_array_index (host->host->pgpus, p), vgpu->type, vgpu->type_name);

            vgate_key_number (key, type != NULL);
            if (!type)
                continue;
            offers[i * n_gpus + p] = type->free_instances > 0 ? OFFERS_FREE : OFFERS_FULL;
            vgate_key_number (key, type->id);
            vgate_key_text (key, type->name);
            vgate_key_number (key, type->framebuffer);
            if (!is_missing)
                append_room (key, host, interest, p, type, NULL);
            if (!is_missing || is_open[p])
                append_room (key, host, interest, p, type, host->promises);
        }
    }
}

/* is_missing: the host has none of the devices that the guests name. */
static const View *
view_of (VgatePairs *pairs, VgatePairHost *host, const Interest *interest, gboolean is_missing)
{
    const guint index = interest->index * 2 + (is_missing ? 1 : 0);
    g_autoptr (GByteArray) key = NULL;
    View *view;

    if (host->views->len <= index)
        g_array_set_size (host->views, index + 1);
    view = &g_array_index (host->views, View, index);
    if (view->number != 0)
        return view;
    key = g_byte_array_sized_new (512);
    vgate_key_text (key, "view");
    vgate_key_number (key, (guint64)interest->is_single);
    vgate_key_number (key, (guint64)is_missing);
    if (interest->vgpus) {
        view->is_open = g_new0 (gboolean, host->host->pgpus->len + 1);
        view->offers = g_new0 (guint8, interest->vgpus->len * host->host->pgpus->len + 1);
        view->ranks = g_new0 (guint, (host->slots ? host->slots->len : 0) + 1);
        append_slots (key, host, interest, view);
        append_loads (key, host, interest, view->is_open);
        append_offers (key, host, interest, is_missing, view->is_open, view->offers);
    }
    view->number = number_of (pairs->known, key);
    return view;
}

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
           Verdicts *verdicts)
{
    const VgateElementVgpu *subject = g_ptr_array_index (guest->guest->domain->element->vgpus, vgpu);
    const VgatePgpu *on = g_ptr_array_index (host->host->pgpus, pgpu);
    g_autoptr (GByteArray) all = g_byte_array_sized_new (1024), of_devices = g_byte_array_sized_new (1024);

    for (int is_held = 1; is_held >= 0; is_held--) {
        const VgateCandidate candidate =
            judge (pairs, guest, host, vgpu, pgpu, VGATE_OPERATION_MIGRATE, is_held);

        vgate_key_number (all, (guint64)candidate.is_possible);
        append_verdict (all, &candidate.verdict);
        vgate_key_number (of_devices, (guint64)candidate.is_possible);
        if (candidate.is_possible)
            append_verdict (of_devices, &candidate.verdict);
        if (is_held)
            verdicts->of_none = candidate.is_possible ? 2 : 1;
    }
    verdicts->of_devices = number_of (pairs->known, of_devices);
    for (int is_held = 1; is_held >= 0; is_held--) {
        const guint64 is_possible =
            (guint64)judge (pairs, guest, host, vgpu, pgpu, VGATE_OPERATION_PREPARE, is_held).is_possible;

        vgate_key_number (all, is_possible);
        vgate_key_number (of_devices, is_possible);
    }
    verdicts->without_reasons = number_of (pairs->known, of_devices);
    vgate_key_number (all,
                      (guint64)vgate_gpu_string_compare (subject->record.gpu_string, on->record.gpu_string));
    vgate_key_text (all, "all");
    verdicts->all = number_of (pairs->known, all);
}

static const Verdicts *
verdicts_of (VgatePairs *pairs, const VgatePairGuest *guest, const VgatePairHost *host, const View *view,
             guint vgpu, guint pgpu)
{
    GArray *all = g_ptr_array_index (pairs->verdicts, guest->subjects[vgpu]);
    const guint index = host->gpus[pgpu] * N_OFFERS + view->offers[vgpu * host->host->pgpus->len + pgpu];
    Verdicts *verdicts;

    if (all->len <= index)
        g_array_set_size (all, index + 1);
    verdicts = &g_array_index (all, Verdicts, index);
    if (verdicts->all == 0)
        judge_all (pairs, guest, host, vgpu, pgpu, verdicts);
    return verdicts;
}

/* --- pairs --- */

/* TRUE when a vGPU cannot use the device that its hostdev names, for another reason than a verdict. That
 * reason is then the one that is given. */
static gboolean
is_unusable (const VgatePairs *pairs, const VgatePairHost *host, const Interest *interest, const At *at)
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
rank_at (const View *view, const At *at)
{
    for (guint i = 0; at && view->ranks && i < at->slots->len; i++) {
        const guint rank = view->ranks[g_array_index (at->slots, guint, i)];

        if (rank != 0)
            return rank;
    }
    return 0;
}

static void
make_room (VgatePairs *pairs, guint n)
{
    if (pairs->size >= n && pairs->sought)
        return;
    pairs->size = n;
    pairs->sought = g_realloc (pairs->sought, sizeof (Pair) + n * sizeof (guint32));
}

guint32 *
vgate_pairs_find (VgatePairs *pairs, VgatePairGuest *guest, VgatePairHost *host)
{
    const VgateElement *element = guest->guest->domain->element;
    const guint n_vgpus = element ? element->vgpus->len : 0, n_gpus = host->host->pgpus->len;
    const guint length = 3 + 2 * guest->addresses->len + n_vgpus * n_gpus;
    /* the host has no device that a hostdev names; no vGPU can use its device */
    gboolean is_missing = guest->has_devices && host->host->devices, has_reason = is_missing;
    const View *view;
    guint32 *at;
    Pair *pair;

    make_room (pairs, length);
    at = pairs->sought->numbers + 3;
    for (guint i = 0; i < guest->addresses->len; i++, at++) {
        const guint address = g_array_index (guest->addresses, guint, i);
        At *there = address == NOWHERE ? NULL : g_ptr_array_index (host->addresses, address);

        *at = there ? number_at (pairs, there) : 0;
        is_missing = is_missing && !there;
        has_reason = has_reason && is_unusable (pairs, host, guest->interest, there);
    }
    view = view_of (pairs, host, guest->interest, is_missing);
    for (guint i = 0; i < guest->addresses->len; i++) {
        const guint address = g_array_index (guest->addresses, guint, i);

        *at++ = address == NOWHERE ? 0 : rank_at (view, g_ptr_array_index (host->addresses, address));
    }
    for (guint v = 0; v < n_vgpus; v++) {
        for (guint p = 0; p < n_gpus; p++) {
            const Verdicts *verdicts = verdicts_of (pairs, guest, host, view, v, p);

            if (is_missing)
                *at++ = view->is_open[p] ? verdicts->of_devices : verdicts->of_none;
            else
                *at++ = has_reason ? verdicts->without_reasons : verdicts->all;
        }
    }
    pairs->sought->numbers[0] = guest->number;
    pairs->sought->numbers[1] = host->number;
    pairs->sought->numbers[2] = view->number;
    pairs->sought->value = G_MAXUINT32;
    pairs->sought->length = length;
    pair = g_hash_table_lookup (pairs->pairs, pairs->sought);
    if (!pair) {
        pair = g_memdup2 (pairs->sought, sizeof (Pair) + length * sizeof (guint32));
        g_hash_table_add (pairs->pairs, pair);
    }
    return &pair->value;
}
