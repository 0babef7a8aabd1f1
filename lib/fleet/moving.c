/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "fleet/moving.h"

#include "fleet/key.h"
#include "fleet/similar.h"
#include "host/qemu-process.h"

#include <string.h>

/* The most attempts to seat the vGPUs of one guest on one host. */
#define ATTEMPTS_MAX 2000u

const VgateFleetGuest *
vgate_moving_guest (const VgateMoving *moving, const VgateMover *mover)
{
    return g_ptr_array_index (moving->fleet->guests, mover->guest);
}

const VgateHost *
vgate_moving_host (const VgateMoving *moving, guint host)
{
    return ((const VgateFleetHost *)g_ptr_array_index (moving->fleet->hosts, host))->host;
}

/* --- hosts without guests --- */

static VgatePgpu *
empty_pgpu (const VgatePgpu *pgpu)
{
    VgatePgpu *empty = g_new (VgatePgpu, 1);

    *empty = *pgpu;
    empty->types = g_ptr_array_new_with_free_func (g_free);
    for (guint i = 0; i < pgpu->types->len; i++) {
        VgateHostType *type = g_new (VgateHostType, 1);

        *type = *(const VgateHostType *)g_ptr_array_index (pgpu->types, i);
        type->free_instances = type->max_instances;
        g_ptr_array_add (empty->types, type);
    }
    return empty;
}

/* Borrows all but the lists. Without devices, the gate only judges the pGPUs. */
static VgateHost *
empty_host (const VgateHost *host)
{
    VgateHost *empty = g_new (VgateHost, 1);

    *empty = *host;
    empty->devices = NULL;
    empty->pgpus = g_ptr_array_new ();
    for (guint i = 0; i < host->pgpus->len; i++)
        g_ptr_array_add (empty->pgpus, empty_pgpu (g_ptr_array_index (host->pgpus, i)));
    return empty;
}

static void
empty_pgpu_free (VgatePgpu *empty)
{
    g_ptr_array_unref (empty->types);
    g_free (empty);
}

static void
empty_host_free (VgateHost *empty)
{
    for (guint i = 0; i < empty->pgpus->len; i++)
        empty_pgpu_free (g_ptr_array_index (empty->pgpus, i));
    g_ptr_array_unref (empty->pgpus);
    g_free (empty);
}

static void
kind_clear (VgateMovingKind *kind)
{
    empty_host_free (kind->host);
    g_free (kind->pgpus);
}

/* --- guests and where they run --- */

/* The host on which each domain runs, by the newest document that lists it: UUID -> index + 1. */
static GHashTable *
find_homes (const VgateFleet *fleet)
{
    GHashTable *homes = g_hash_table_new (g_str_hash, g_str_equal);

    for (guint h = 0; h < fleet->hosts->len; h++) {
        const VgateHost *host = ((const VgateFleetHost *)g_ptr_array_index (fleet->hosts, h))->host;

        for (guint i = 0; host->devices && i < host->devices->vgpus->len; i++) {
            const VgateHostVgpu *vgpu = g_ptr_array_index (host->devices->vgpus, i);
            const guint known =
                vgpu->domain ? GPOINTER_TO_UINT (g_hash_table_lookup (homes, vgpu->domain)) : 0;

            if (vgpu->domain &&
                (known == 0 ||
                 ((const VgateFleetHost *)g_ptr_array_index (fleet->hosts, known - 1))->host->time <
                     host->time))
                g_hash_table_insert (homes, vgpu->domain, GUINT_TO_POINTER (h + 1));
        }
    }
    return homes;
}

/* That of the documents; otherwise the host that captured the metadata. */
static int
home_of (const VgateFleet *fleet, const VgateDomain *domain, GHashTable *homes)
{
    const guint known = GPOINTER_TO_UINT (g_hash_table_lookup (homes, domain->uuid));

    if (known > 0)
        return (int)known - 1;
    for (guint h = 0; domain->element && h < fleet->hosts->len; h++) {
        const VgateHost *host = ((const VgateFleetHost *)g_ptr_array_index (fleet->hosts, h))->host;

        if (strcmp (host->uuid, domain->element->host_uuid) == 0)
            return (int)h;
    }
    return -1;
}

static const VgateHostdev *
hostdev_of (const VgateDomain *domain, const VgateElementVgpu *vgpu)
{
    const VgateHostdev *hostdev = vgate_domain_find_hostdev (domain, vgpu->guest_address);

    if (!hostdev && vgpu->mdev)
        hostdev = vgate_domain_find_device (domain, VGATE_HOSTDEV_MDEV, vgpu->mdev);
    return hostdev && !hostdev->is_on_command_line ? hostdev : NULL;
}

static void
find_pgpu_at_home (const VgateMoving *moving, VgateMover *mover, VgateMovingVgpu *vgpu)
{
    const VgateHost *host = vgate_moving_host (moving, (guint)mover->home);
    const char *address = vgpu->vgpu->pgpu.address;

    for (guint i = 0; host->devices && i < host->devices->vgpus->len; i++) {
        const VgateHostVgpu *running = g_ptr_array_index (host->devices->vgpus, i);

        if (strcmp (running->uuid, vgpu->vgpu->uuid) == 0)
            address = running->pgpu;
    }
    for (guint i = 0; i < host->pgpus->len; i++) {
        const VgatePlacePgpu *place = &moving->places[mover->home]->pgpus[i];

        if (strcmp (place->pgpu->address, address) != 0)
            continue;
        vgpu->pgpu = (int)i;
        vgpu->type = vgate_place_find_type (place, vgpu->vgpu->type, vgpu->vgpu->type_name);
        if (vgpu->type >= 0)
            mover->size += place->types[vgpu->type].type->framebuffer;
    }
}

static VgateMover *
mover_new (const VgateMoving *moving, guint guest, GHashTable *homes)
{
    const VgateFleetGuest *entry = g_ptr_array_index (moving->fleet->guests, guest);
    VgateDomain *domain = entry->domain;
    VgateMover *mover = g_new0 (VgateMover, 1);

    mover->guest = guest;
    mover->home = mover->origin = home_of (moving->fleet, domain, homes);
    mover->fits = g_new0 (const VgateMovingFit *, moving->fleet->hosts->len + 1);
    mover->is_checked = domain->element && vgate_element_check (domain->element, domain->uuid,
                                                                moving->question->policy->seal_key, NULL);
    if (!mover->is_checked)
        return mover;
    mover->n_vgpus = domain->element->vgpus->len;
    mover->vgpus = g_new0 (VgateMovingVgpu, mover->n_vgpus);
    for (guint v = 0; v < mover->n_vgpus; v++) {
        VgateMovingVgpu *vgpu = &mover->vgpus[v];

        *vgpu =
            (VgateMovingVgpu){.vgpu = g_ptr_array_index (domain->element->vgpus, v), .pgpu = -1, .type = -1};
        vgpu->hostdev = hostdev_of (domain, vgpu->vgpu);
        vgpu->source = vgpu->hostdev ? vgpu->hostdev->source : NULL;
        if (mover->home >= 0)
            find_pgpu_at_home (moving, mover, vgpu);
    }
    return mover;
}

static void
mover_free (VgateMover *mover)
{
    if (!mover)
        return;
    g_free (mover->vgpus);
    g_free (mover->fits);
    g_clear_pointer (&mover->here, vgate_observation_free);
    g_free (mover);
}

static void
fit_free (VgateMovingFit *fit)
{
    g_free (fit->can_run);
    g_free (fit);
}

/* --- hosts that fit the same guests --- */

/* kinds: NULL when no guest has this number of vGPUs. */
static void
kinds_free (GArray *kinds)
{
    if (kinds)
        g_array_unref (kinds);
}

/* The GPU without its address, which only texts contain. For one vGPU it does not matter whether vGPUs of
 * different sizes can share a GPU. */
static VgatePgpu *
pgpu_of_kind (const VgatePgpu *pgpu, guint n_vgpus)
{
    VgatePgpu *copy = empty_pgpu (pgpu);

    copy->address = (char *)"";
    if (n_vgpus == 1)
        copy->vgpu_sizes = VGATE_SIZES_EQUAL;
    return copy;
}

/* class of the result is not set. */
static VgateMovingKind
make_kind (const VgateHost *empty, guint n_vgpus)
{
    g_autoptr (GHashTable) known =
        g_hash_table_new_full (g_bytes_hash, g_bytes_equal, (GDestroyNotify)g_bytes_unref, NULL);
    g_autofree guint *n_equal = g_new0 (guint, empty->pgpus->len + 1);
    g_autofree guint *first = g_new0 (guint, empty->pgpus->len + 1);
    VgateMovingKind kind = {.host = g_memdup2 (empty, sizeof *empty),
                            .pgpus = g_new0 (guint, empty->pgpus->len + 1)};

    kind.host->pgpus = g_ptr_array_new ();
    for (guint p = 0; p < empty->pgpus->len; p++) {
        VgatePgpu *pgpu = pgpu_of_kind (g_ptr_array_index (empty->pgpus, p), n_vgpus);
        g_autoptr (GByteArray) key = g_byte_array_sized_new (1024);
        guint number;

        vgate_key_pgpu (key, pgpu);
        number = vgate_key_find_number (known, key) - 1;
        if (n_equal[number]++ == 0)
            first[number] = kind.host->pgpus->len;
        kind.pgpus[p] = first[number];
        if (n_equal[number] <= n_vgpus)
            g_ptr_array_add (kind.host->pgpus, pgpu);
        else
            empty_pgpu_free (pgpu);
    }
    return kind;
}

/* Those of all hosts. The class of a host is the index of the first one that is equal. */
static GArray *
list_kinds (const VgateMoving *moving, guint n_vgpus)
{
    g_autoptr (GHashTable) known =
        g_hash_table_new_full (g_bytes_hash, g_bytes_equal, (GDestroyNotify)g_bytes_unref, NULL);
    GArray *kinds = g_array_new (FALSE, FALSE, sizeof (VgateMovingKind));

    g_array_set_clear_func (kinds, (GDestroyNotify)kind_clear);
    for (guint h = 0; h < moving->fleet->hosts->len; h++) {
        VgateMovingKind kind = make_kind (moving->empty[h], n_vgpus);
        /* never NULL, because the host has no devices */
        g_autoptr (GBytes) key = vgate_similar_host_key (moving->question, kind.host, FALSE);
        gpointer first;

        kind.class = h;
        if (g_hash_table_lookup_extended (known, key, NULL, &first))
            kind.class = GPOINTER_TO_UINT (first);
        else
            g_hash_table_insert (known, g_bytes_ref (key), GUINT_TO_POINTER (h));
        g_array_append_val (kinds, kind);
    }
    return kinds;
}

/* The host for guests with as many vGPUs as this one. */
static const VgateMovingKind *
kind_of (VgateMoving *moving, const VgateMover *mover, guint host)
{
    const guint index = MAX (mover->n_vgpus, 1) - 1;
    GArray **kinds;

    if (moving->kinds->len <= index)
        g_ptr_array_set_size (moving->kinds, (int)index + 1);
    kinds = (GArray **)&g_ptr_array_index (moving->kinds, index);
    if (!*kinds)
        *kinds = list_kinds (moving, index + 1);
    return &g_array_index (*kinds, VgateMovingKind, host);
}

VgateMoving *
vgate_moving_new (const VgateFleet *fleet, const VgateFleetQuestion *question)
{
    VgateMoving *moving = g_new0 (VgateMoving, 1);
    g_autoptr (GHashTable) homes = find_homes (fleet);

    moving->fleet = fleet;
    moving->question = question;
    moving->places = g_new0 (VgatePlaces *, fleet->hosts->len + 1);
    moving->empty = g_new0 (VgateHost *, fleet->hosts->len + 1);
    moving->kinds = g_ptr_array_new_with_free_func ((GDestroyNotify)kinds_free);
    moving->running = vgate_qemu_list_uuids (question->root);
    moving->movers = g_new0 (VgateMover *, fleet->guests->len + 1);
    moving->classes =
        g_hash_table_new_full (g_bytes_hash, g_bytes_equal, (GDestroyNotify)g_bytes_unref, NULL);
    moving->judged = g_ptr_array_new ();
    moving->known = g_ptr_array_new ();
    moving->all_fits = g_ptr_array_new_with_free_func ((GDestroyNotify)fit_free);
    for (guint h = 0; h < fleet->hosts->len; h++) {
        moving->places[h] = vgate_places_new (vgate_moving_host (moving, h));
        moving->empty[h] = empty_host (vgate_moving_host (moving, h));
    }
    for (guint g = 0; g < fleet->guests->len; g++) {
        const VgateFleetGuest *guest = g_ptr_array_index (fleet->guests, g);

        if (guest->document == VGATE_DOMAIN_DOCUMENT_DOMAIN &&
            (guest->domain->element || guest->domain->element_error ||
             g_hash_table_contains (homes, guest->domain->uuid)))
            moving->movers[g] = mover_new (moving, g, homes);
    }
    return moving;
}

void
vgate_moving_free (VgateMoving *moving)
{
    for (guint g = 0; g < moving->fleet->guests->len; g++)
        mover_free (moving->movers[g]);
    for (guint h = 0; h < moving->fleet->hosts->len; h++) {
        vgate_places_free (moving->places[h]);
        empty_host_free (moving->empty[h]);
    }
    g_free (moving->movers);
    g_free (moving->places);
    g_free (moving->empty);
    g_ptr_array_unref (moving->kinds);
    g_hash_table_unref (moving->running);
    g_hash_table_unref (moving->classes);
    g_ptr_array_unref (moving->judged);
    g_ptr_array_unref (moving->known);
    g_ptr_array_unref (moving->all_fits);
    g_free (moving);
}

void
vgate_moving_reset (VgateMoving *moving)
{
    for (guint h = 0; h < moving->fleet->hosts->len; h++)
        vgate_places_reset (moving->places[h]);
}

void
vgate_moving_settle (VgateMoving *moving)
{
    for (guint h = 0; h < moving->fleet->hosts->len; h++)
        vgate_places_settle (moving->places[h]);
}

void
vgate_moving_settle_guest (VgateMover *mover, guint host, const VgateSeat *seats)
{
    mover->home = (int)host;
    for (guint v = 0; v < mover->n_vgpus; v++) {
        mover->vgpus[v].pgpu = (int)seats[v].pgpu;
        mover->vgpus[v].type = (int)seats[v].type;
        mover->vgpus[v].is_moved = TRUE;
        mover->vgpus[v].arrival = seats[v].arrival;
    }
}

struct VgateMovingState {
    GPtrArray *places; /* of VgatePlaces *, indexed by host */
    GArray *movers;    /* of VgateMover, indexed by guest */
    GPtrArray *vgpus;  /* of VgateMovingVgpu *, indexed by guest */
};

VgateMovingState *
vgate_moving_save (const VgateMoving *moving)
{
    VgateMovingState *state = g_new0 (VgateMovingState, 1);
    const VgateMover none = {0};

    state->places = g_ptr_array_new_with_free_func ((GDestroyNotify)vgate_places_free);
    state->movers = g_array_new (FALSE, FALSE, sizeof (VgateMover));
    state->vgpus = g_ptr_array_new_with_free_func (g_free);
    for (guint h = 0; h < moving->fleet->hosts->len; h++)
        g_ptr_array_add (state->places, vgate_places_copy (moving->places[h]));
    for (guint g = 0; g < moving->fleet->guests->len; g++) {
        const VgateMover *mover = moving->movers[g] ? moving->movers[g] : &none;

        g_array_append_val (state->movers, *mover);
        g_ptr_array_add (state->vgpus, g_memdup2 (mover->vgpus, sizeof (VgateMovingVgpu) * mover->n_vgpus));
    }
    return state;
}

void
vgate_moving_restore (VgateMoving *moving, const VgateMovingState *state)
{
    for (guint h = 0; h < moving->fleet->hosts->len; h++)
        vgate_places_restore (moving->places[h], g_ptr_array_index (state->places, h));
    for (guint g = 0; g < moving->fleet->guests->len; g++) {
        const VgateMover *saved = &g_array_index (state->movers, VgateMover, g);
        VgateMover *mover = moving->movers[g];

        if (!mover)
            continue;
        mover->home = saved->home;
        mover->is_fixed = saved->is_fixed;
        if (mover->n_vgpus > 0)
            memcpy (mover->vgpus, g_ptr_array_index (state->vgpus, g),
                    sizeof (VgateMovingVgpu) * mover->n_vgpus);
    }
}

void
vgate_moving_state_free (VgateMovingState *state)
{
    if (!state)
        return;
    g_ptr_array_unref (state->places);
    g_array_unref (state->movers);
    g_ptr_array_unref (state->vgpus);
    g_free (state);
}

void
vgate_moving_list_unknown (const VgateMoving *moving, guint host, GPtrArray *domains, GPtrArray *vgpus)
{
    const VgateHostDevices *devices = vgate_moving_host (moving, host)->devices;
    g_autoptr (GHashTable) known = g_hash_table_new (g_str_hash, g_str_equal);

    /* a guest of which only a snapshot or a definition is known is not moved */
    for (guint g = 0; g < moving->fleet->guests->len; g++) {
        const VgateMover *mover = moving->movers[g];

        if (!mover)
            continue;
        g_hash_table_add (known, vgate_moving_guest (moving, mover)->domain->uuid);
        for (guint v = 0; v < mover->n_vgpus && mover->home == (int)host; v++)
            g_hash_table_add (known, mover->vgpus[v].vgpu->uuid);
    }
    for (guint i = 0; devices && i < devices->vgpus->len; i++) {
        VgateHostVgpu *vgpu = g_ptr_array_index (devices->vgpus, i);

        if (vgpu->domain && g_hash_table_add (known, vgpu->domain))
            g_ptr_array_add (domains, vgpu->domain);
        else if (!vgpu->domain && !g_hash_table_contains (known, vgpu->uuid))
            g_ptr_array_add (vgpus, vgpu);
    }
}

/* --- where a guest can run --- */

/* The rules that refuse the first vGPU without a pGPU, on the pGPU on which they are the fewest. */
static guint
count_refusals (const VgateDecision *decision)
{
    guint fewest = G_MAXUINT;

    for (guint v = 0; v < decision->placements->len && fewest == G_MAXUINT; v++) {
        const VgatePlacement *placement = g_ptr_array_index (decision->placements, v);

        for (guint c = 0; placement->chosen < 0 && c < placement->candidates->len; c++) {
            const VgateVerdict *verdict = &g_array_index (placement->candidates, VgateCandidate, c).verdict;
            guint n = 0;

            for (guint f = 0; f < verdict->n_findings; f++)
                n += verdict->findings[f].severity == VGATE_SEVERITY_REFUSE ? 1 : 0;
            fewest = MIN (fewest, n);
        }
    }
    return fewest == G_MAXUINT ? 0 : fewest;
}

static VgateDecision *
ask (const VgateMoving *moving, const VgateMover *mover, const VgateHost *host)
{
    const VgateFleetSubject subject = {
        .guest = vgate_moving_guest (moving, mover), .here = mover->here, .is_checked = mover->is_checked};

    return vgate_fleet_judge (moving->question, &subject, host, VGATE_OPERATION_MIGRATE);
}

/* TRUE for the host that captured the guest's metadata, from which the gate therefore accepts no migration to
 * that host itself (VGATE-410). */
static gboolean
is_where_captured (const VgateMoving *moving, const VgateMover *mover, guint host)
{
    return mover->is_checked && strcmp (vgate_moving_guest (moving, mover)->domain->element->host_uuid,
                                        vgate_moving_host (moving, host)->uuid) == 0;
}

/* How the guest fits a host: what is asked is the host of its kind. */
static VgateMovingFit *
judge (VgateMoving *moving, const VgateMover *mover, guint host)
{
    VgateHost empty = *kind_of (moving, mover, host)->host;
    g_autoptr (VgateDecision) decision = NULL;
    VgateMovingFit *fit = g_new0 (VgateMovingFit, 1);

    /* a guest that returns was captured elsewhere before */
    if (is_where_captured (moving, mover, host) && mover->origin == (int)host)
        empty.uuid = (char *)"";
    decision = ask (moving, mover, &empty);

    g_ptr_array_add (moving->all_fits, fit);
    fit->code = decision->code;
    fit->n_refusals = count_refusals (decision);
    fit->n_pgpus = empty.pgpus->len;
    if (mover->n_vgpus == 0 || decision->placements->len != mover->n_vgpus)
        return fit;
    fit->is_possible = TRUE;
    fit->can_run = g_new0 (gboolean, (gsize)mover->n_vgpus * fit->n_pgpus + 1);
    for (guint v = 0; v < mover->n_vgpus; v++) {
        const VgatePlacement *placement = g_ptr_array_index (decision->placements, v);

        fit->is_possible = fit->is_possible && placement->chosen >= 0;
        for (guint c = 0; c < placement->candidates->len; c++) {
            const VgateCandidate *candidate = &g_array_index (placement->candidates, VgateCandidate, c);

            if (!candidate->is_possible)
                continue;
            fit->can_run[v * fit->n_pgpus + candidate->pgpu] = TRUE;
            if (candidate->has_down_time)
                fit->down_time = MAX (fit->down_time, (candidate->down_time.time + 999) / 1000);
        }
    }
    return fit;
}

/* The same about the GPUs of the host itself. */
static VgateMovingFit *
spread_fit (VgateMoving *moving, const VgateMover *mover, guint host, const VgateMovingFit *of_kind)
{
    const VgateMovingKind *kind = kind_of (moving, mover, host);
    VgateMovingFit *fit = g_memdup2 (of_kind, sizeof *of_kind);

    g_ptr_array_add (moving->all_fits, fit);
    fit->n_pgpus = vgate_moving_host (moving, host)->pgpus->len;
    if (!of_kind->can_run)
        return fit;
    fit->can_run = g_new0 (gboolean, (gsize)mover->n_vgpus * fit->n_pgpus + 1);
    for (guint v = 0; v < mover->n_vgpus; v++)
        for (guint p = 0; p < fit->n_pgpus; p++)
            fit->can_run[v * fit->n_pgpus + p] = of_kind->can_run[v * of_kind->n_pgpus + kind->pgpus[p]];
    return fit;
}

guint
vgate_moving_class (VgateMoving *moving, VgateMover *mover)
{
    const VgateFleetGuest *guest = vgate_moving_guest (moving, mover);
    g_autoptr (VgateSimilarNames) names = NULL;
    GBytes *key = NULL;
    guint class;

    if (mover->has_class)
        return mover->class;
    mover->has_class = TRUE;
    mover->here = vgate_observation_new_here (guest->domain, moving->question->root,
                                              g_hash_table_contains (moving->running, guest->domain->uuid));
    if (mover->is_checked && !vgate_observation_knows_domain (mover->here)) {
        names = vgate_similar_guest_names (moving->question, guest);
        key = vgate_similar_guest_key (moving->question, guest, names, names->n_names);
    }
    class = key ? GPOINTER_TO_UINT (g_hash_table_lookup (moving->classes, key)) : 0;
    if (class == 0) {
        class = ++moving->n_classes;
        g_ptr_array_set_size (moving->judged, (gint)(class * moving->fleet->hosts->len));
        g_ptr_array_set_size (moving->known, (gint)(class * moving->fleet->hosts->len));
    }
    if (key)
        g_hash_table_replace (moving->classes, key, GUINT_TO_POINTER (class));
    mover->class = class - 1;
    return mover->class;
}

/* The kind of the guest's devices must be that of the host. */
static gboolean
has_devices_of (const VgateMoving *moving, const VgateMover *mover, guint host)
{
    for (guint v = 0; v < mover->n_vgpus; v++) {
        const VgateHostdev *hostdev = mover->vgpus[v].hostdev;
        gboolean any = !hostdev;

        for (guint p = 0; !any && p < vgate_moving_host (moving, host)->pgpus->len; p++)
            any = moving->places[host]->pgpus[p].kind == (int)hostdev->kind;
        if (!any)
            return FALSE;
    }
    return TRUE;
}

static gboolean
has_any_devices (const VgateMoving *moving, guint host)
{
    for (guint p = 0; p < vgate_moving_host (moving, host)->pgpus->len; p++)
        if (moving->places[host]->pgpus[p].kind >= 0)
            return TRUE;
    return FALSE;
}

/* About the host without its guests; with_devices: with the devices of its document. */
static VgateDecision *
decide (VgateMoving *moving, const VgateMover *mover, guint host, gboolean with_devices)
{
    VgateHost *empty = g_memdup2 (moving->empty[host], sizeof *empty);
    VgateDecision *decision;

    empty->devices = with_devices ? vgate_moving_host (moving, host)->devices : NULL;
    decision = ask (moving, mover, empty);
    g_free (empty);
    return decision;
}

static VgateMovingFit *
fit_without_devices (VgateMoving *moving, const VgateMover *mover, guint host)
{
    VgateMovingFit *fit = g_new0 (VgateMovingFit, 1);

    g_ptr_array_add (moving->all_fits, fit);
    fit->lacks_devices = TRUE;
    if (!vgate_moving_host (moving, host)->devices) {
        fit->code = VGATE_CODE_PLACEMENT_UNKNOWN;
    } else if (has_any_devices (moving, host)) {
        fit->code = VGATE_CODE_DEVICE_KIND;
    } else {
        g_autoptr (VgateDecision) decision = decide (moving, mover, host, TRUE);

        fit->code = decision->code;
    }
    return fit;
}

/* That of all guests and hosts of the same classes. */
static const VgateMovingFit *
find_fit (VgateMoving *moving, VgateMover *mover, guint host)
{
    /* the lists can grow here */
    const guint first = vgate_moving_class (moving, mover) * moving->fleet->hosts->len;
    gpointer *known = &g_ptr_array_index (moving->known, first + host);
    gpointer *judged = &g_ptr_array_index (moving->judged, first + kind_of (moving, mover, host)->class);

    if (*known)
        return *known;
    if (!*judged)
        *judged = judge (moving, mover, host);
    *known = spread_fit (moving, mover, host, *judged);
    return *known;
}

const VgateMovingFit *
vgate_moving_fit (VgateMoving *moving, VgateMover *mover, guint host)
{
    if (moving->after && moving->is_changed[host])
        return vgate_moving_fit (moving->after, moving->after->movers[mover->guest], host);
    if (mover->fits[host])
        return mover->fits[host];
    vgate_moving_class (moving, mover);
    /* what holds for that host does not hold for equal ones */
    if (is_where_captured (moving, mover, host) && mover->origin != (int)host)
        mover->fits[host] = spread_fit (moving, mover, host, judge (moving, mover, host));
    else
        mover->fits[host] = find_fit (moving, mover, host);
    /* what the GPUs refuse is the reason, because no device would change it */
    if (mover->fits[host]->is_possible && !has_devices_of (moving, mover, host))
        mover->fits[host] = fit_without_devices (moving, mover, host);
    return mover->fits[host];
}

VgateDecision *
vgate_moving_decide (VgateMoving *moving, VgateMover *mover, guint host)
{
    if (moving->after && moving->is_changed[host])
        return vgate_moving_decide (moving->after, moving->after->movers[mover->guest], host);
    return decide (moving, mover, host, vgate_moving_fit (moving, mover, host)->lacks_devices);
}

/* --- seats --- */

/* The arrival that is tried first; the other one is on a free device that exists. */
static VgateArrival
first_arrival (const VgateMovingVgpu *vgpu)
{
    return vgpu->hostdev ? VGATE_ARRIVAL_MADE : VGATE_ARRIVAL_NO_DEVICE;
}

/* A lower value is better. An empty pGPU whose vGPUs must have one size is used last, because other sizes
 * cannot use it then. */
static double
rate_pgpu (const VgatePlacePgpu *pgpu, VgateMovingOrder order)
{
    guint64 used, total;
    double load;

    vgate_place_load (pgpu, &used, &total);
    load = total > 0 ? (double)used / (double)total : 0;
    return (pgpu->is_equal && used == 0 ? 2 : 0) + (order == VGATE_MOVING_SPREAD ? load : -load);
}

typedef struct {
    VgateMoving *moving;
    VgateMover *mover;
    const VgateMovingFit *fit;
    VgatePlaces *places;
    VgateMovingOrder order;
    VgateSeat *seats;
    guint n_attempts;
} Seating;

int
vgate_moving_find_type (const VgatePlacePgpu *pgpu, const VgateMovingVgpu *vgpu)
{
    if (vgpu->hostdev && (int)vgpu->hostdev->kind != pgpu->kind)
        return -1;
    return vgate_place_find_type (pgpu, vgpu->vgpu->type, vgpu->vgpu->type_name);
}

/* Takes the room for the vGPU on the pGPU in the first way that is possible. */
static gboolean
seat_vgpu (const Seating *s, guint v, guint p, guint first_way, VgateSeat *seat)
{
    const VgateMovingVgpu *vgpu = &s->mover->vgpus[v];
    VgatePlacePgpu *pgpu = &s->places->pgpus[p];
    const int type = vgate_moving_find_type (pgpu, vgpu);
    const guint n_ways = vgpu->hostdev ? 2 : 1;

    for (guint way = first_way; way < n_ways && type >= 0; way++) {
        const VgateArrival arrival = way == 0 ? first_arrival (vgpu) : VGATE_ARRIVAL_TAKEN;

        if (!vgate_place_arrive (pgpu, (guint)type, arrival))
            continue;
        *seat = (VgateSeat){p, (guint)type, arrival};
        return TRUE;
    }
    return FALSE;
}

static void
unseat_vgpu (const Seating *s, const VgateSeat *seat)
{
    vgate_place_undo (&s->places->pgpus[seat->pgpu], seat->type, seat->arrival);
}

static gboolean
seat_rest (Seating *s, guint v)
{
    g_autofree double *ratings = NULL;

    if (v == s->mover->n_vgpus)
        return TRUE;
    ratings = g_new (double, s->fit->n_pgpus + 1);
    for (guint p = 0; p < s->fit->n_pgpus; p++) {
        ratings[p] = G_MAXDOUBLE;
        if (!s->fit->can_run[v * s->fit->n_pgpus + p] || !seat_vgpu (s, v, p, 0, &s->seats[v]))
            continue;
        unseat_vgpu (s, &s->seats[v]);
        ratings[p] = rate_pgpu (&s->places->pgpus[p], s->order);
    }
    for (guint n = 0; n < s->fit->n_pgpus && s->n_attempts < ATTEMPTS_MAX; n++) {
        guint best = 0, way = 0;

        for (guint p = 1; p < s->fit->n_pgpus; p++)
            best = ratings[p] < ratings[best] ? p : best;
        if (ratings[best] == G_MAXDOUBLE)
            return FALSE;
        ratings[best] = G_MAXDOUBLE;
        while (way < 2 && seat_vgpu (s, v, best, way, &s->seats[v])) {
            s->n_attempts++;
            if (seat_rest (s, v + 1))
                return TRUE;
            way = s->seats[v].arrival == VGATE_ARRIVAL_TAKEN ? 2 : way + 1;
            unseat_vgpu (s, &s->seats[v]);
        }
    }
    return FALSE;
}

gboolean
vgate_moving_seat (VgateMoving *moving, VgateMover *mover, guint host, VgateMovingOrder order,
                   VgateSeat *seats)
{
    Seating s = {
        .moving = moving,
        .mover = mover,
        .fit = vgate_moving_fit (moving, mover, host),
        .places = moving->places[host],
        .order = order,
        .seats = seats,
    };

    return s.fit->is_possible && seat_rest (&s, 0);
}

gboolean
vgate_moving_take (VgateMoving *moving, const VgateMover *mover, guint host, const VgateSeat *seats)
{
    VgatePlacePgpu *pgpus = moving->places[host]->pgpus;

    for (guint v = 0; v < mover->n_vgpus; v++) {
        if (vgate_place_arrive (&pgpus[seats[v].pgpu], seats[v].type, seats[v].arrival))
            continue;
        while (v-- > 0)
            vgate_place_undo (&pgpus[seats[v].pgpu], seats[v].type, seats[v].arrival);
        return FALSE;
    }
    return TRUE;
}

void
vgate_moving_give_back (VgateMoving *moving, const VgateMover *mover, guint host, const VgateSeat *seats)
{
    for (guint v = 0; v < mover->n_vgpus; v++)
        vgate_place_undo (&moving->places[host]->pgpus[seats[v].pgpu], seats[v].type, seats[v].arrival);
}

gboolean
vgate_moving_can_leave (const VgateMoving *moving, const VgateMover *mover)
{
    for (guint v = 0; v < mover->n_vgpus; v++) {
        const VgateMovingVgpu *vgpu = &mover->vgpus[v];

        if (vgpu->pgpu < 0 || vgpu->type < 0 ||
            (!vgpu->is_moved &&
             moving->places[mover->home]->pgpus[vgpu->pgpu].types[vgpu->type].n_running == 0))
            return FALSE;
    }
    return mover->n_vgpus > 0 && mover->home >= 0 && !mover->is_fixed;
}

void
vgate_moving_leave (VgateMoving *moving, const VgateMover *mover)
{
    for (guint v = 0; v < mover->n_vgpus; v++) {
        const VgateMovingVgpu *vgpu = &mover->vgpus[v];
        VgatePlacePgpu *pgpu = &moving->places[mover->home]->pgpus[vgpu->pgpu];

        if (vgpu->is_moved)
            vgate_place_undo (pgpu, (guint)vgpu->type, vgpu->arrival);
        else
            vgate_place_leave (pgpu, (guint)vgpu->type);
    }
}

void
vgate_moving_return (VgateMoving *moving, const VgateMover *mover)
{
    for (guint v = 0; v < mover->n_vgpus; v++) {
        const VgateMovingVgpu *vgpu = &mover->vgpus[v];
        VgatePlacePgpu *pgpu = &moving->places[mover->home]->pgpus[vgpu->pgpu];

        if (vgpu->is_moved)
            vgate_place_redo (pgpu, (guint)vgpu->type, vgpu->arrival);
        else
            vgate_place_return (pgpu, (guint)vgpu->type);
    }
}
