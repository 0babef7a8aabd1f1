/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "fleet/pairs.h"

#include "compat/verdict.h"
#include "fleet/key.h"
#include "gate/judge.h"
#include "placement/choose.h"
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

/* A vGPU of a guest. */
typedef struct {
    guint subject;         /* what the engine reads of it, an index into pairs->verdicts */
    VgateHostdevKind kind; /* of a plain guest: that of its hostdev */
    guint named; /* of a plain guest: the index in addresses of the virtual function that its hostdev
                            * names; NOWHERE: it names a mediated device */
} Vgpu;

struct VgatePairGuest {
    const VgateFleetGuest *guest;
    const Interest *interest;
    guint number; /* what the gate reads of the guest, without what only the engine reads */
    guint kind;   /* both, but not the addresses */
    guint first;  /* of a plain guest: what the reason reads of it why its first vGPU cannot use its device */
    gboolean is_plain; /* it has a hostdev for each of its vGPUs, with a device of its own, and no other */
    guint n_vgpus;
    guint n_addresses;
    Vgpu *vgpus;
    guint *addresses; /* the numbers of the addresses that it names; NOWHERE: no host has it */
};

/* What a host has at an address. */
typedef struct {
    const VgateHostDevice *device; /* NULL: none */
    GPtrArray *makeable;           /* of const VgateMakeable *: what can be created there */
    GArray *slots;                 /* of guint, indices into those of the host */
    guint number;                  /* of all this; 0: not known yet */
    guint reason;                  /* what the reason reads of it why it cannot be used; likewise */
    guint pgpu;                    /* the index of the device's GPU; NOWHERE: none of the host's */
} At;

/* A host as guests with one interest see it. */
typedef struct {
    gboolean is_known;
    gboolean
        is_closed; /* no device of the host is of the type of one of the guests' vGPUs; the numbers of the
                         * view are then not needed where only other devices matter */
    guint number;
    guint seen; /* of this and all else that the gate reads of the host, without the addresses */
    const VgateHostType **types; /* indexed by vGPU * number of GPUs + GPU; NULL: the GPU does not list it */
    gboolean *is_open;           /* indexed by GPU: it has a device that the guests can get */
    guint *ranks; /* indexed by slot: its place among those that the guests can get, from 1; otherwise 0 */
} View;

struct VgatePairHost {
    const VgateHost *host;
    guint number;         /* what the gate reads of a host for any guest */
    guint base;           /* the same without the GPUs */
    gboolean has_kind[2]; /* indexed by VgateHostdevKind */
    guint *gpus;          /* indexed by pGPU: what the engine reads of it */
    VgateHostState state; /* for a guest without names; its members are owned. Only with devices */
    VgateProbe *probe;    /* likewise */
    GPtrArray *slots;     /* likewise, of VgateSlot * */
    guint *loads;         /* indexed by pGPU */
    GArray *promises;     /* of VgatePromise */
    GArray *gpus_for;     /* of guint8, indexed by subject: whether a GPU can run it (has_no_gpu ()) */
    GArray *views;        /* of View, indexed by interest * 2 + whether only other devices matter */
    GPtrArray *addresses; /* of At *, indexed by the number of the address; NULL: nothing is there */
};

/* What a decision reads of the verdicts about a vGPU on a GPU. */
typedef struct {
    guint number;                 /* of all of it; 0: not known yet */
    guint of_migration[2];        /* the number of a migration's, indexed by whether a device exists */
    gboolean can_migrate[2];      /* likewise */
    gboolean can_start_on_device; /* cold, on a device that exists */
} Verdicts;

/* A key, and what is kept for it. */
typedef struct {
    guint32 *kept; /* value, or that of another pair */
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
    GHashTable *pairs;     /* of Pair *: kinds of guests, and hosts as these see them */
    GHashTable *decisions; /* of Pair *: what the decisions about the former depend on */
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
    g_free (guest->vgpus);
    g_free (guest->addresses);
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
    g_free (view->types);
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
    g_array_unref (host->gpus_for);
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
    pairs->decisions = g_hash_table_new_full (hash_pair, pairs_are_equal, g_free, NULL);
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
    g_hash_table_unref (pairs->decisions);
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

        guest->vgpus[i].named = NOWHERE;
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
    return number_of (pairs->known, key);
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
    return number_of (pairs->known, key);
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
    guest->vgpus = g_new0 (Vgpu, guest->n_vgpus + 1);
    guest->addresses = g_new (guint, guest->n_addresses + 1);
    for (guint i = 0; i < guest->n_addresses; i++) {
        const char *address = g_ptr_array_index (names->texts, names->n_own + i);
        gpointer number;

        guest->addresses[i] = g_hash_table_lookup_extended (pairs->addresses, address, NULL, &number)
                                  ? GPOINTER_TO_UINT (number)
                                  : NOWHERE;
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

/* All that the gate reads of a host for any guest, except the GPUs and the devices. */
static guint
number_of_base (VgatePairs *pairs, const VgatePairHost *host)
{
    g_autoptr (GByteArray) key = g_byte_array_sized_new (512);

    vgate_key_text (key, "base");
    vgate_key_host (key, host->host);
    vgate_key_number (key, host->host->pgpus->len > 0);
    vgate_key_number (key, host->host->devices != NULL);
    g_byte_array_append (key, (const guint8 *)host->has_kind, sizeof host->has_kind);
    return number_of (pairs->known, key);
}

/* The base and the GPUs, except what the engine reads of them and the room for their types. */
static guint
number_of_host (VgatePairs *pairs, const VgateHost *host, guint base)
{
    g_autoptr (GByteArray) key = g_byte_array_sized_new (512);

    vgate_key_text (key, "host");
    vgate_key_number (key, base);
    for (guint i = 0; i < host->pgpus->len; i++) {
        const VgatePgpu *pgpu = g_ptr_array_index (host->pgpus, i);

        vgate_key_text (key, pgpu->address);
        vgate_key_text (key, pgpu->name);
        vgate_key_number (key, (guint64)pgpu->mig);
        append_types (key, pgpu);
    }
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
        (*at)->pgpu = NOWHERE;
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

static guint
index_of_gpu (const VgateHost *host, const char *address)
{
    for (guint i = 0; address && i < host->pgpus->len; i++)
        if (strcmp (((VgatePgpu *)g_ptr_array_index (host->pgpus, i))->address, address) == 0)
            return i;
    return NOWHERE;
}

/* The lists of the copy and of the original have the same order. */
static void
list_addresses (const VgatePairs *pairs, const VgatePairHost *host, const VgateHostDevices *original)
{
    const VgateHostDevices *copy = host->host->devices;

    for (guint i = 0; i < original->devices->len; i++) {
        const VgateListedDevice *listed = g_ptr_array_index (original->devices, i);
        At *at = listed->kind == VGATE_HOSTDEV_PCI ? at_address (pairs, host, listed->source) : NULL;

        if (at) {
            at->device = g_ptr_array_index (copy->devices, i);
            at->pgpu = index_of_gpu (host->host, at->device->listed.device.pgpu);
        }
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
    for (VgateHostdevKind kind = VGATE_HOSTDEV_MDEV; copy->devices && kind <= VGATE_HOSTDEV_PCI; kind++)
        host->has_kind[kind] = vgate_host_devices_have_kind (copy->devices, kind);
    host->base = number_of_base (pairs, host);
    host->number = number_of_host (pairs, copy, host->base);
    host->gpus = g_new (guint, n_gpus + 1);
    for (guint i = 0; i < n_gpus; i++)
        host->gpus[i] = number_of_gpu (pairs, copy, g_ptr_array_index (copy->pgpus, i));
    host->loads = g_new0 (guint, n_gpus + 1);
    host->promises = g_array_new (FALSE, FALSE, sizeof (VgatePromise));
    host->gpus_for = g_array_new (FALSE, TRUE, sizeof (guint8));
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

/* The number of what the reason reads why a vGPU cannot use the device at an address (gate/check.c). */
static guint
reason_at (VgatePairs *pairs, const VgatePairHost *host, At *at)
{
    const VgateDevice *device = at && at->device ? &at->device->listed.device : NULL;
    g_autoptr (GByteArray) key = NULL;

    if (!device)
        return 0;
    if (at->reason != 0)
        return at->reason;
    key = g_byte_array_sized_new (256);
    vgate_key_text (key, "reason");
    vgate_key_number (key, device->kind);
    vgate_key_text (key, device->pgpu);
    vgate_key_number (key, device->type);
    vgate_key_text (key, device->type_name);
    vgate_key_text (key, device->fault);
    vgate_key_number (key, at->device->use != NULL);
    vgate_key_number (key, at->pgpu != NOWHERE);
    if (at->pgpu != NOWHERE)
        append_types (key, g_ptr_array_index (host->host->pgpus, at->pgpu));
    at->reason = number_of (pairs->known, key);
    return at->reason;
}

/* --- a host as guests with an interest see it --- */

/* Finds the types of the vGPUs on the GPUs. */
static void
list_types (const VgatePairHost *host, const Interest *interest, View *view)
{
    const guint n_gpus = host->host->pgpus->len;

    view->types = g_new0 (const VgateHostType *, interest->vgpus->len *n_gpus + 1);
    for (guint i = 0; i < interest->vgpus->len; i++) {
        const VgateElementVgpu *vgpu = g_ptr_array_index (interest->vgpus, i);

        for (guint p = 0; p < n_gpus; p++)
            view->types[i * n_gpus + p] =
                vgate_pgpu_find_type (g_ptr_array_index (host->host->pgpus, p), vgpu->type, vgpu->type_name);
    }
}

/* TRUE when one of the vGPUs can get the slot. Notes the vGPUs that can in has_slot. */
static gboolean
fits (const VgatePairHost *host, const Interest *interest, const VgateSlot *slot, gboolean *has_slot)
{
    const VgatePgpu *pgpu = g_ptr_array_index (host->host->pgpus, slot->pgpu);
    gboolean any = FALSE;

    if (slot->in_use || !interest->has_kind[slot->kind])
        return FALSE;
    for (guint i = 0; i < interest->vgpus->len; i++) {
        const VgateElementVgpu *vgpu = g_ptr_array_index (interest->vgpus, i);

        if (vgate_pgpu_is_same_type (pgpu, slot->type, slot->type_name, vgpu->type, vgpu->type_name))
            any = has_slot[i] = TRUE;
    }
    return any;
}

/*
 * The devices that the guest can get, in their order. A guest with one vGPU never gets the second device on a
 * GPU of those that exist or of those that can be created, because the first is as good.
 */
static void
append_slots (GByteArray *key, const VgatePairHost *host, const Interest *interest, View *view)
{
    g_autofree gboolean *is_seen = g_new0 (gboolean, 2 * host->host->pgpus->len + 1);
    g_autofree gboolean *has_slot = g_new0 (gboolean, interest->vgpus->len + 1);
    guint n = 0;

    for (guint i = 0; host->slots && i < host->slots->len; i++) {
        const VgateSlot *slot = g_ptr_array_index (host->slots, i);
        gboolean *seen = &is_seen[2 * slot->pgpu + (slot->exists ? 1 : 0)];

        if ((interest->is_single && *seen) || !fits (host, interest, slot, has_slot))
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
    for (guint i = 0; i < interest->vgpus->len; i++)
        view->is_closed = view->is_closed || !has_slot[i];
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

/* How the GPUs offer the types, and how much room they have for them. needs_other: the vGPUs need other
 * devices than those that they name, so that only GPUs with devices for them can have room. */
static void
append_offers (GByteArray *key, const VgatePairHost *host, const Interest *interest, gboolean needs_other,
               const View *view)
{
    const guint n_gpus = host->host->pgpus->len;

    for (guint p = 0; p < n_gpus; p++) {
        for (guint i = 0; i < interest->vgpus->len; i++) {
            const VgateHostType *type = view->types[i * n_gpus + p];

            vgate_key_number (key, type != NULL);
            if (!type)
                continue;
            vgate_key_number (key, type->free_instances > 0);
            vgate_key_number (key, type->id);
            vgate_key_text (key, type->name);
            vgate_key_number (key, type->framebuffer);
            if (!needs_other)
                append_room (key, host, interest, p, type, NULL);
            if (!needs_other || view->is_open[p])
                append_room (key, host, interest, p, type, host->promises);
        }
    }
}

/* Numbers what a guest sees of the host beside the addresses: the view, and what the engine reads. */
static guint
number_of_seen (VgatePairs *pairs, const VgatePairHost *host, guint view)
{
    g_autoptr (GByteArray) key = g_byte_array_sized_new (256);

    vgate_key_text (key, "seen");
    vgate_key_number (key, host->number);
    vgate_key_number (key, view);
    for (guint i = 0; i < host->host->pgpus->len; i++)
        vgate_key_number (key, host->gpus[i]);
    return number_of (pairs->known, key);
}

static const View *
view_of (VgatePairs *pairs, VgatePairHost *host, const Interest *interest, gboolean needs_other)
{
    const guint index = interest->index * 2 + (needs_other ? 1 : 0);
    g_autoptr (GByteArray) key = NULL;
    View *view;

    if (host->views->len <= index)
        g_array_set_size (host->views, index + 1);
    view = &g_array_index (host->views, View, index);
    if (view->is_known)
        return view;
    view->is_known = TRUE;
    key = g_byte_array_sized_new (512);
    vgate_key_text (key, "view");
    vgate_key_number (key, (guint64)interest->is_single);
    vgate_key_number (key, (guint64)needs_other);
    if (interest->vgpus) {
        view->is_open = g_new0 (gboolean, host->host->pgpus->len + 1);
        view->ranks = g_new0 (guint, (host->slots ? host->slots->len : 0) + 1);
        list_types (host, interest, view);
        append_slots (key, host, interest, view);
        if (needs_other && view->is_closed)
            return view;
        append_loads (key, host, interest, view->is_open);
        append_offers (key, host, interest, needs_other, view);
    }
    view->number = number_of (pairs->known, key);
    view->seen = number_of_seen (pairs, host, view->number);
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
        verdicts->of_migration[is_held] = number_of (pairs->known, key);
        verdicts->can_start_on_device =
            judge (pairs, guest, host, vgpu, pgpu, VGATE_OPERATION_PREPARE, is_held).is_possible;
        vgate_key_number (all, verdicts->of_migration[is_held]);
        vgate_key_number (all, (guint64)verdicts->can_start_on_device);
    }
    vgate_key_number (all,
                      (guint64)vgate_gpu_string_compare (subject->record.gpu_string, on->record.gpu_string));
    verdicts->number = number_of (pairs->known, all);
}

static const Verdicts *
verdicts_of (VgatePairs *pairs, const VgatePairGuest *guest, const VgatePairHost *host, const View *view,
             guint vgpu, guint pgpu)
{
    GArray *all = g_ptr_array_index (pairs->verdicts, guest->vgpus[vgpu].subject);
    const VgateHostType *type = view->types[vgpu * host->host->pgpus->len + pgpu];
    const guint offer = type ? (type->free_instances > 0 ? OFFERS_FREE : OFFERS_FULL) : OFFERS_NONE,
                index = host->gpus[pgpu] * N_OFFERS + offer;
    Verdicts *verdicts;

    if (all->len <= index)
        g_array_set_size (all, index + 1);
    verdicts = &g_array_index (all, Verdicts, index);
    if (verdicts->number == 0)
        judge_all (pairs, guest, host, vgpu, pgpu, verdicts);
    return verdicts;
}

/* --- the choice of other devices --- */

static void
want_free (VgateWant *want)
{
    g_free (want->fits);
    g_free (want);
}

/* What the host has at an address that the guest names. */
static At *
at_of (const VgatePairGuest *guest, const VgatePairHost *host, guint index)
{
    const guint address = guest->addresses[index];

    return address == NOWHERE ? NULL : g_ptr_array_index (host->addresses, address);
}

/* The same for the device of a vGPU of a plain guest. */
static At *
named_at (const VgatePairGuest *guest, const VgatePairHost *host, guint vgpu)
{
    const guint index = guest->vgpus[vgpu].named;

    return index == NOWHERE ? NULL : at_of (guest, host, index);
}

/* The name of the device at the address in the copy of the host. */
static const char *
name_at (const At *at)
{
    if (at && at->device)
        return at->device->listed.source;
    return at && at->makeable->len > 0 ? ((VgateMakeable *)g_ptr_array_index (at->makeable, 0))->parent
                                       : NULL;
}

/* The needs of a plain guest that can use none of the devices that it names (gate/assign-devices.c). */
static GPtrArray *
list_wants (VgatePairs *pairs, const VgatePairGuest *guest, const VgatePairHost *host, const View *view)
{
    const VgateDomain *domain = guest->guest->domain;
    GPtrArray *wants = g_ptr_array_new_with_free_func ((GDestroyNotify)want_free);

    for (guint i = 0; i < guest->n_vgpus; i++) {
        const VgateElementVgpu *vgpu = g_ptr_array_index (domain->element->vgpus, i);
        const VgateHostdev *hostdev = vgate_domain_find_hostdev (domain, vgpu->guest_address);
        const char *named = name_at (named_at (guest, host, i));
        VgateWant *want = g_new0 (VgateWant, 1);

        want->kind = hostdev->kind;
        want->type = vgpu->type;
        want->type_name = vgpu->type_name;
        want->named = named ? named : hostdev->source;
        want->keeps_name = pairs->question->policy->placement_mode != VGATE_PLACEMENT_APPLY;
        want->fits = g_new0 (VgateFit, host->host->pgpus->len);
        for (guint p = 0; p < host->host->pgpus->len; p++) {
            const Verdicts *verdicts = verdicts_of (pairs, guest, host, view, i, p);

            want->fits[p].offered = view->types[i * host->host->pgpus->len + p];
            want->fits[p].can_take_device = verdicts->can_migrate[TRUE];
            want->fits[p].can_make_device = verdicts->can_migrate[FALSE];
        }
        g_ptr_array_add (wants, want);
    }
    return wants;
}

/* The device that a vGPU gets. Its name is that of the guest's hostdev, or of another one of the guest's, or
 * of a device of the host. */
static void
append_slot (GByteArray *key, const VgatePairGuest *guest, const VgatePairHost *host, const VgateSlot *slot)
{
    guint named = NOWHERE;

    for (guint i = 0; slot->kind == VGATE_HOSTDEV_PCI && i < guest->n_addresses; i++) {
        const char *name = name_at (at_of (guest, host, i));

        if (name && g_strcmp0 (slot->device, name) == 0)
            named = i;
    }
    vgate_key_number (key, slot->kind);
    vgate_key_number (key, named);
    vgate_key_text (key, named == NOWHERE ? slot->device : NULL);
    vgate_key_text (key, slot->kind == VGATE_HOSTDEV_MDEV ? slot->parent : NULL);
    vgate_key_number (key, slot->pgpu);
    vgate_key_number (key, slot->type);
    vgate_key_text (key, slot->type_name);
    vgate_key_number (key, (guint64)slot->exists);
}

/* TRUE when no GPU could run the vGPU, whatever device it had. */
static gboolean
has_no_gpu (VgatePairs *pairs, const VgatePairGuest *guest, const VgatePairHost *host, const View *view,
            guint vgpu)
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
            if (verdicts_of (pairs, guest, host, view, vgpu, p)->can_migrate[TRUE])
                *gpus = SOME;
    }
    return *gpus == NONE;
}

static gboolean
lacks_a_gpu (VgatePairs *pairs, const VgatePairGuest *guest, const VgatePairHost *host, const View *view)
{
    for (guint i = 0; i < guest->n_vgpus; i++)
        if (has_no_gpu (pairs, guest, host, view, i))
            return TRUE;
    return FALSE;
}

/* TRUE when the vGPU can start cold on the device that it names, although another guest uses it. */
static gboolean
can_start_as_named (VgatePairs *pairs, const VgatePairGuest *guest, const VgatePairHost *host,
                    const View *view, guint index)
{
    const VgateElementVgpu *vgpu = g_ptr_array_index (guest->guest->domain->element->vgpus, index);
    const At *at = named_at (guest, host, index);
    const VgateDevice *device = at && at->device ? &at->device->listed.device : NULL;

    if (!device || device->kind != VGATE_DEVICE_VGPU || at->pgpu == NOWHERE)
        return FALSE;
    return vgate_pgpu_is_same_type (g_ptr_array_index (host->host->pgpus, at->pgpu), device->type,
                                    device->type_name, vgpu->type, vgpu->type_name) &&
           verdicts_of (pairs, guest, host, view, index, at->pgpu)->can_start_on_device;
}

static gboolean
can_start (VgatePairs *pairs, const VgatePairGuest *guest, const VgatePairHost *host, const View *view)
{
    for (guint i = 0; i < guest->n_vgpus; i++)
        if (!named_at (guest, host, i))
            return FALSE;
    for (guint i = 0; i < guest->n_vgpus; i++)
        if (!can_start_as_named (pairs, guest, host, view, i))
            return FALSE;
    return TRUE;
}

/* TRUE when one of the vGPUs would need a device of a kind that the host does not have, so that no other
 * devices are looked for. */
static gboolean
has_other_kind (const VgatePairGuest *guest, const VgatePairHost *host)
{
    for (guint i = 0; i < guest->n_vgpus; i++) {
        const At *at = host->has_kind[guest->vgpus[i].kind] ? NULL : named_at (guest, host, i);
        const VgateDeviceKind kind = at && at->device ? at->device->listed.device.kind : VGATE_DEVICE_ABSENT;

        if (!host->has_kind[guest->vgpus[i].kind] &&
            (kind == VGATE_DEVICE_ABSENT || kind == VGATE_DEVICE_OTHER))
            return TRUE;
    }
    return FALSE;
}

/* The devices that are chosen for a plain guest that can use none of those that it names. FALSE when there
 * are none. */
static gboolean
append_choice (GByteArray *key, VgatePairs *pairs, const VgatePairGuest *guest, const VgatePairHost *host,
               const View *view)
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
        const Verdicts *verdicts = verdicts_of (pairs, guest, host, view, i, slot->pgpu);

        append_slot (key, guest, host, slot);
        vgate_key_number (key, verdicts->of_migration[slot->exists ? TRUE : FALSE]);
    }
    return TRUE;
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

/* Makes room for a key of n numbers. */
static guint32 *
begin_key (VgatePairs *pairs, guint n)
{
    if (pairs->size < n || !pairs->sought) {
        pairs->size = n;
        pairs->sought = g_realloc (pairs->sought, sizeof (Pair) + n * sizeof (guint32));
    }
    pairs->sought->length = n;
    return pairs->sought->numbers;
}

/* The pair with the key that was begun. */
static Pair *
find_pair (const VgatePairs *pairs, GHashTable *table)
{
    Pair *pair = g_hash_table_lookup (table, pairs->sought);

    if (!pair) {
        pair = g_memdup2 (pairs->sought, sizeof (Pair) + pairs->sought->length * sizeof (guint32));
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
                       const View *view, const GByteArray *choice)
{
    const gboolean is_applied = pairs->question->policy->placement_mode == VGATE_PLACEMENT_APPLY;
    guint32 *numbers = begin_key (pairs, 5);

    numbers[0] = guest->number;
    numbers[1] = host->number;
    numbers[2] = is_applied ? 0 : reason_at (pairs, host, named_at (guest, host, 0));
    numbers[3] = number_of (pairs->known, choice);
    /* its migration can be refused before devices are looked for */
    numbers[4] = guest->guest->domain->vmstate && can_start (pairs, guest, host, view);
}

/* There are no other devices: the guest gets that reason and an advice, or can be started cold. */
static void
write_key_without_choice (VgatePairs *pairs, const VgatePairGuest *guest, const VgatePairHost *host,
                          const View *view)
{
    const gboolean is_placed = pairs->question->policy->placement_mode != VGATE_PLACEMENT_OFF;
    guint32 *numbers = begin_key (pairs, 6);

    numbers[0] = guest->first;
    numbers[1] = host->base;
    numbers[2] = reason_at (pairs, host, named_at (guest, host, 0));
    numbers[3] = is_placed && lacks_a_gpu (pairs, guest, host, view);
    numbers[4] = is_placed && can_start (pairs, guest, host, view);
    numbers[5] = is_placed && has_other_kind (guest, host);
}

static void
write_full_key (VgatePairs *pairs, const VgatePairGuest *guest, const VgatePairHost *host, const View *view)
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
        At *at = at_of (guest, host, i);

        *numbers++ = at ? number_at (pairs, at) : 0;
        *numbers++ = rank_at (view, at);
    }
    for (guint v = 0; v < guest->n_vgpus; v++)
        for (guint p = 0; p < n_gpus; p++)
            *numbers++ = verdicts_of (pairs, guest, host, view, v, p)->number;
}

/* The kinds of guests, and what they see of the host and at the addresses that they name. */
static void
write_short_key (VgatePairs *pairs, const VgatePairGuest *guest, const VgatePairHost *host, const View *view)
{
    guint32 *numbers = begin_key (pairs, 2 + 2 * guest->n_addresses);

    *numbers++ = guest->kind;
    *numbers++ = view->seen;
    for (guint i = 0; i < guest->n_addresses; i++) {
        At *at = at_of (guest, host, i);

        *numbers++ = at ? number_at (pairs, at) : 0;
        *numbers++ = rank_at (view, at);
    }
}

/* TRUE when no vGPU can use the device that its hostdev names, so that only other devices matter. */
static gboolean
needs_other_devices (const VgatePairs *pairs, const VgatePairGuest *guest, const VgatePairHost *host)
{
    gboolean needs = guest->is_plain && host->host->devices;

    for (guint i = 0; needs && i < guest->n_addresses; i++)
        needs = is_unusable (pairs, host, guest->interest, at_of (guest, host, i));
    return needs;
}

guint32 *
vgate_pairs_find (VgatePairs *pairs, VgatePairGuest *guest, VgatePairHost *host)
{
    const gboolean needs_other = needs_other_devices (pairs, guest, host);
    const gboolean is_placed = pairs->question->policy->placement_mode != VGATE_PLACEMENT_OFF;
    const View *view = view_of (pairs, host, guest->interest, needs_other);
    Pair *pair;

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
        else if (append_choice (choice, pairs, guest, host, view))
            write_key_with_choice (pairs, guest, host, view, choice);
        else
            write_key_without_choice (pairs, guest, host, view);
        pair->kept = &find_pair (pairs, pairs->decisions)->value;
    }
    return pair->kept;
}
