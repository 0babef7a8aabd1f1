/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "fleet/places.h"

#include "placement/room.h"
#include "placement/slots.h"
#include "placement/survey.h"

#include <string.h>

int
vgate_place_find_type (const VgatePlacePgpu *pgpu, guint32 id, const char *name)
{
    const VgateHostType *type = vgate_pgpu_find_type (pgpu->pgpu, id, name);

    for (guint t = 0; type && t < pgpu->n_types; t++)
        if (pgpu->types[t].type == type)
            return (int)t;
    return -1;
}

/* --- from the host document --- */

static void
begin_pgpu (const VgateHost *host, guint index, VgatePlacePgpu *place)
{
    place->pgpu = g_ptr_array_index (host->pgpus, index);
    place->kind = -1;
    place->n_types = place->pgpu->types->len;
    place->types = g_new0 (VgatePlaceType, place->n_types + 1);
    for (guint t = 0; t < place->n_types; t++) {
        VgateRoom room;

        place->types[t].type = g_ptr_array_index (place->pgpu->types, t);
        place->types[t].n_free = place->types[t].type->free_instances;
        room = vgate_room_ask (host, index, place->types[t].type);
        place->is_equal = place->is_equal || vgate_room_must_be_equal (&room);
        place->free_framebuffer = MAX (place->free_framebuffer, place->types[t].type->framebuffer *
                                                                    place->types[t].type->free_instances);
    }
}

static VgatePlacePgpu *
find_pgpu (const VgatePlaces *places, const char *address)
{
    for (guint i = 0; i < places->host->pgpus->len; i++)
        if (strcmp (places->pgpus[i].pgpu->address, address) == 0)
            return &places->pgpus[i];
    return NULL;
}

static void
count_running (const VgatePlaces *places, const VgateHostDevices *devices)
{
    for (guint i = 0; i < devices->vgpus->len; i++) {
        const VgateHostVgpu *vgpu = g_ptr_array_index (devices->vgpus, i);
        VgatePlacePgpu *pgpu = find_pgpu (places, vgpu->pgpu);
        const int type = pgpu ? vgate_place_find_type (pgpu, vgpu->type, vgpu->type_name) : -1;

        if (!pgpu)
            continue;
        pgpu->n_running++;
        if (type < 0)
            continue;
        pgpu->types[type].n_running++;
        pgpu->size = pgpu->types[type].type->framebuffer;
    }
}

/* Devices with a type, and those that can be created. Each mediated device that can be created counts for its
 * parent once, whatever type it gets. */
static void
count_slots (const VgatePlaces *places, const GPtrArray *slots)
{
    g_autoptr (GHashTable) parents = g_hash_table_new (g_str_hash, g_str_equal);

    for (guint i = 0; i < slots->len; i++) {
        const VgateSlot *slot = g_ptr_array_index (slots, i);
        VgatePlacePgpu *pgpu = &places->pgpus[slot->pgpu];
        const int type = vgate_place_find_type (pgpu, slot->type, slot->type_name);
        guint counted;

        pgpu->kind = (int)slot->kind;
        if (type < 0 || slot->in_use)
            continue;
        if (slot->exists) {
            pgpu->types[type].n_idle++;
            continue;
        }
        pgpu->types[type].n_creatable += slot->available;
        counted = GPOINTER_TO_UINT (g_hash_table_lookup (parents, slot->parent));
        if (slot->available > counted) {
            pgpu->n_creatable += slot->available - counted;
            g_hash_table_insert (parents, slot->parent, GUINT_TO_POINTER (slot->available));
        }
    }
}

/* The kind of the devices of a pGPU that has no slot: that of the host's other devices. */
static void
find_kinds (const VgatePlaces *places)
{
    static const VgateHostdevKind kinds[] = {VGATE_HOSTDEV_PCI, VGATE_HOSTDEV_MDEV};

    for (guint i = 0; i < places->host->pgpus->len; i++)
        for (guint k = 0; places->pgpus[i].kind < 0 && k < G_N_ELEMENTS (kinds); k++)
            if (vgate_host_devices_have_kind (places->host->devices, kinds[k]))
                places->pgpus[i].kind = (int)kinds[k];
}

VgatePlaces *
vgate_places_new (const VgateHost *host)
{
    VgatePlaces *places = g_new0 (VgatePlaces, 1);
    g_autoptr (VgateProbe) probe = NULL;
    g_autoptr (VgateLeases) leases = NULL;
    g_autoptr (GHashTable) use = NULL;
    g_autoptr (GPtrArray) slots = NULL;
    g_autoptr (GArray) promises = g_array_new (FALSE, FALSE, sizeof (VgatePromise));
    g_autofree guint *loads = g_new0 (guint, host->pgpus->len + 1);
    VgateDomain nobody = {.uuid = (char *)""};
    VgateHostState state = {.host = host, .domain = nobody.uuid};

    places->host = host;
    places->pgpus = g_new0 (VgatePlacePgpu, host->pgpus->len + 1);
    for (guint i = 0; i < host->pgpus->len; i++)
        begin_pgpu (host, i, &places->pgpus[i]);
    if (!host->devices)
        return places;
    nobody.hostdevs = g_ptr_array_new ();
    probe = vgate_survey_probe (host);
    leases = vgate_survey_leases (host, 0);
    use = vgate_survey_use (host, leases, &nobody);
    g_ptr_array_unref (nobody.hostdevs);
    state.devices = probe->devices;
    state.makeable = probe->makeable;
    state.instances = probe->instances;
    state.leases = leases;
    state.use = use;
    count_running (places, host->devices);
    slots = vgate_slots_list (&state);
    count_slots (places, slots);
    find_kinds (places);
    vgate_loads_count (&state, loads, promises);
    for (guint i = 0; i < promises->len; i++) {
        const VgatePromise *promise = &g_array_index (promises, VgatePromise, i);
        VgatePlacePgpu *pgpu = &places->pgpus[promise->pgpu];

        for (guint t = 0; t < pgpu->n_types; t++)
            pgpu->types[t].n_promised += pgpu->types[t].type == promise->type ? 1 : 0;
    }
    return places;
}

void
vgate_places_free (VgatePlaces *places)
{
    for (guint i = 0; i < places->host->pgpus->len; i++)
        g_free (places->pgpus[i].types);
    g_free (places->pgpus);
    g_free (places);
}

void
vgate_places_reset (VgatePlaces *places)
{
    for (guint i = 0; i < places->host->pgpus->len; i++) {
        for (guint t = 0; t < places->pgpus[i].n_types; t++) {
            VgatePlaceType *type = &places->pgpus[i].types[t];

            type->n_leaving = type->settled.n_leaving;
            type->n_made = type->settled.n_made;
            type->n_made_devices = type->settled.n_made_devices;
            type->n_taken = type->settled.n_taken;
        }
    }
}

/* --- the plan --- */

guint64
vgate_place_total (const VgatePlacePgpu *pgpu)
{
    guint64 total = 0;

    for (guint t = 0; t < pgpu->n_types; t++)
        total = MAX (total, pgpu->types[t].type->framebuffer * pgpu->types[t].type->max_instances);
    return total;
}

void
vgate_place_load (const VgatePlacePgpu *pgpu, guint64 *used, guint64 *total)
{
    *used = 0;
    *total = vgate_place_total (pgpu);
    for (guint t = 0; t < pgpu->n_types; t++) {
        const VgatePlaceType *type = &pgpu->types[t];

        /* a device that is taken was promised */
        *used += type->type->framebuffer *
                 (type->n_running + type->n_promised + type->n_made - MIN (type->n_leaving, type->n_running));
    }
}

VgatePlaceLimit
vgate_place_limit (const VgatePlacePgpu *pgpu, guint type)
{
    const VgatePlaceType *t = &pgpu->types[type];

    return (VgatePlaceLimit){
        .now = t->n_free,
        .alone = t->type->max_instances,
        .most = MAX (t->type->max_instances - MIN (t->n_running, t->type->max_instances), t->n_free),
    };
}

/* What leaves, and what arrives on devices that are created. */
typedef struct {
    guint n_leaving;
    guint64 leaving;  /* frame buffer in bytes, as are the following */
    guint64 arriving; /* with what is promised */
    guint n_made, n_made_devices;
    guint64 made_size;  /* of a vGPU that arrives; 0: none does */
    gboolean has_sizes; /* vGPUs of different sizes arrive or are promised */
} Sum;

static Sum
sum_up (const VgatePlacePgpu *pgpu)
{
    Sum sum = {0};
    guint64 size = 0;

    for (guint i = 0; i < pgpu->n_types; i++) {
        const VgatePlaceType *t = &pgpu->types[i];
        const guint64 framebuffer = t->type->framebuffer;

        sum.n_leaving += t->n_leaving;
        sum.leaving += t->n_leaving * framebuffer;
        sum.arriving += (t->n_made + t->n_promised) * framebuffer;
        sum.n_made += t->n_made;
        sum.n_made_devices += t->n_made_devices;
        if (t->n_made > 0)
            sum.made_size = framebuffer;
        if (t->n_made + t->n_promised > 0) {
            sum.has_sizes = sum.has_sizes || (size != 0 && size != framebuffer);
            size = framebuffer;
        }
    }
    return sum;
}

/* The most of the frame buffer that vGPUs can have which arrive or are promised. */
static guint64
framebuffer_limit (const VgatePlacePgpu *pgpu, const Sum *sum)
{
    guint64 limit = 0;

    if (!pgpu->is_equal || sum->n_leaving == 0 || sum->made_size == pgpu->size)
        return pgpu->free_framebuffer + sum->leaving;
    /* all have left, and another size takes their place */
    for (guint i = 0; i < pgpu->n_types; i++)
        if (pgpu->types[i].type->framebuffer == sum->made_size)
            limit = MAX (limit, sum->made_size * pgpu->types[i].type->max_instances);
    return limit;
}

/* The most of the type that can arrive or be promised. */
static guint64
type_limit (const VgatePlacePgpu *pgpu, guint index, const Sum *sum)
{
    const VgatePlaceType *t = &pgpu->types[index];
    const VgatePlaceLimit limit = vgate_place_limit (pgpu, index);

    if (sum->n_leaving == 0)
        return limit.now;
    if (pgpu->is_equal && t->type->framebuffer != pgpu->size)
        return limit.alone;
    return MIN (limit.most + t->n_leaving,
                limit.now + (pgpu->is_equal ? sum->n_leaving : sum->leaving / MAX (t->type->framebuffer, 1)));
}

static gboolean
fits (const VgatePlacePgpu *pgpu)
{
    const Sum sum = sum_up (pgpu);

    for (guint i = 0; i < pgpu->n_types; i++)
        if (pgpu->types[i].n_taken > pgpu->types[i].n_idle)
            return FALSE;
    if (sum.n_made == 0)
        return TRUE;
    if (pgpu->is_equal && (sum.has_sizes || (pgpu->n_running > sum.n_leaving && pgpu->size != sum.made_size)))
        return FALSE;
    if (sum.arriving > framebuffer_limit (pgpu, &sum) ||
        sum.n_made_devices > pgpu->n_creatable + sum.n_leaving)
        return FALSE;
    for (guint i = 0; i < pgpu->n_types; i++) {
        const VgatePlaceType *t = &pgpu->types[i];

        if (t->n_made > 0 && t->n_made + t->n_promised > type_limit (pgpu, i, &sum))
            return FALSE;
        /* which types a parent offers after a vGPU has left is not known before */
        if (sum.n_leaving == 0 && !pgpu->has_left && t->n_made_devices > t->n_creatable)
            return FALSE;
    }
    return TRUE;
}

void
vgate_place_leave (VgatePlacePgpu *pgpu, guint type)
{
    pgpu->types[type].n_leaving++;
}

void
vgate_place_return (VgatePlacePgpu *pgpu, guint type)
{
    pgpu->types[type].n_leaving--;
}

void
vgate_place_undo (VgatePlacePgpu *pgpu, guint type, VgateArrival arrival)
{
    VgatePlaceType *t = &pgpu->types[type];

    if (arrival == VGATE_ARRIVAL_TAKEN) {
        t->n_taken--;
        return;
    }
    t->n_made--;
    if (arrival == VGATE_ARRIVAL_MADE)
        t->n_made_devices--;
}

void
vgate_place_redo (VgatePlacePgpu *pgpu, guint type, VgateArrival arrival)
{
    VgatePlaceType *t = &pgpu->types[type];

    if (arrival == VGATE_ARRIVAL_TAKEN) {
        t->n_taken++;
    } else {
        t->n_made++;
        t->n_made_devices += arrival == VGATE_ARRIVAL_MADE ? 1 : 0;
    }
}

gboolean
vgate_place_arrive (VgatePlacePgpu *pgpu, guint type, VgateArrival arrival)
{
    vgate_place_redo (pgpu, type, arrival);
    if (fits (pgpu))
        return TRUE;
    vgate_place_undo (pgpu, type, arrival);
    return FALSE;
}

/* --- a plan of several steps --- */

static guint
less (guint64 of, guint64 by)
{
    return (guint)(of - MIN (of, by));
}

/* What the driver is taken to report afterwards: what fits () would still let arrive. size: of the vGPUs that
 * run; arriving: frame buffer in bytes. */
static void
fold_free (VgatePlacePgpu *pgpu, const Sum *sum, guint64 size, guint64 arriving)
{
    const guint64 limit =
        pgpu->is_equal && size == 0 ? vgate_place_total (pgpu) : framebuffer_limit (pgpu, sum);
    g_autofree guint64 *limits = g_new0 (guint64, pgpu->n_types + 1);

    for (guint i = 0; i < pgpu->n_types; i++)
        limits[i] = type_limit (pgpu, i, sum);
    pgpu->free_framebuffer = limit - MIN (limit, arriving);
    for (guint i = 0; i < pgpu->n_types; i++) {
        VgatePlaceType *t = &pgpu->types[i];
        const guint64 framebuffer = t->type->framebuffer;

        t->n_free = less (limits[i], t->n_made);
        if (framebuffer > 0)
            t->n_free = (guint)MIN (t->n_free, pgpu->free_framebuffer / framebuffer);
        if (pgpu->is_equal && size != 0 && framebuffer != size)
            t->n_free = 0;
    }
}

static void
fold_pgpu (VgatePlacePgpu *pgpu)
{
    Sum sum = sum_up (pgpu);
    const gboolean is_emptied = pgpu->n_running <= sum.n_leaving;
    guint64 arriving = 0;

    for (guint i = 0; i < pgpu->n_types; i++) {
        VgatePlaceType *t = &pgpu->types[i];

        t->n_idle -= t->n_taken;
        t->n_taken = 0;
        arriving += t->n_made * t->type->framebuffer;
    }
    if (sum.n_leaving == 0 && sum.n_made == 0)
        return;
    if (sum.n_made == 0)
        sum.made_size = is_emptied ? 0 : pgpu->size;
    fold_free (pgpu, &sum, sum.made_size, arriving);
    pgpu->size = sum.made_size;
    pgpu->n_running = less (pgpu->n_running, sum.n_leaving) + sum.n_made;
    pgpu->n_creatable = less ((guint64)pgpu->n_creatable + sum.n_leaving, sum.n_made_devices);
    pgpu->has_left = pgpu->has_left || sum.n_leaving > 0;
    for (guint i = 0; i < pgpu->n_types; i++) {
        VgatePlaceType *t = &pgpu->types[i];

        t->n_running = less (t->n_running, t->n_leaving) + t->n_made;
        t->n_creatable = less (t->n_creatable, t->n_made_devices);
        t->n_leaving = t->n_made = t->n_made_devices = 0;
    }
}

void
vgate_places_fold (VgatePlaces *places)
{
    for (guint i = 0; i < places->host->pgpus->len; i++) {
        fold_pgpu (&places->pgpus[i]);
        for (guint t = 0; t < places->pgpus[i].n_types; t++)
            memset (&places->pgpus[i].types[t].settled, 0, sizeof places->pgpus[i].types[t].settled);
    }
}

void
vgate_places_settle (VgatePlaces *places)
{
    for (guint i = 0; i < places->host->pgpus->len; i++) {
        for (guint t = 0; t < places->pgpus[i].n_types; t++) {
            VgatePlaceType *type = &places->pgpus[i].types[t];

            type->settled.n_leaving = type->n_leaving;
            type->settled.n_made = type->n_made;
            type->settled.n_made_devices = type->n_made_devices;
            type->settled.n_taken = type->n_taken;
        }
    }
}

VgatePlaces *
vgate_places_copy (const VgatePlaces *places)
{
    VgatePlaces *copy = g_memdup2 (places, sizeof *places);

    copy->pgpus = g_memdup2 (places->pgpus, sizeof (VgatePlacePgpu) * (places->host->pgpus->len + 1));
    for (guint i = 0; i < places->host->pgpus->len; i++)
        copy->pgpus[i].types =
            g_memdup2 (places->pgpus[i].types, sizeof (VgatePlaceType) * (places->pgpus[i].n_types + 1));
    return copy;
}

void
vgate_places_restore (VgatePlaces *places, const VgatePlaces *copy)
{
    for (guint i = 0; i < places->host->pgpus->len; i++) {
        VgatePlaceType *types = places->pgpus[i].types;

        memcpy (types, copy->pgpus[i].types, sizeof (VgatePlaceType) * copy->pgpus[i].n_types);
        places->pgpus[i] = copy->pgpus[i];
        places->pgpus[i].types = types;
    }
}
