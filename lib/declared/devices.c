/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "declared/devices.h"

#include "base/run-directory.h"
#include "host/mdevctl.h"
#include "placement/choose.h"
#include "placement/make.h"
#include "placement/plan.h"

#include <string.h>

/* What is known while the devices of a GPU are dealt with. */
typedef struct {
    const VgateDeclaredDevices *devices;
    const VgatePgpu *pgpu;
    guint index;   /* of the GPU in the host's pgpus */
    VgateUse *use; /* owned */
    GPtrArray
        *left; /* of VgateListedDevice *: those that are no declared ones yet; borrowed from the probe */
    GPtrArray
        *types;  /* of const VgateHostType *: for each declared type; NULL: not offered, or declared twice */
    guint64 now; /* vgate_run_directory_clock () */
} Work;

static void
work_clear (Work *work)
{
    g_clear_pointer (&work->use, g_hash_table_unref);
    g_clear_pointer (&work->left, g_ptr_array_unref);
    g_clear_pointer (&work->types, g_ptr_array_unref);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Work, work_clear)

static const VgateDeclaredType *
declared_at (const Work *work, guint i)
{
    return g_ptr_array_index (work->devices->declared->types, i);
}

static VgateDeclaredCount *
count_at (const Work *work, guint i)
{
    return g_ptr_array_index (work->devices->report->counts, i);
}

static guint
n_missing (const Work *work, guint i)
{
    const VgateDeclaredCount *count = count_at (work, i);

    return count->n_declared - count->n_existing - count->n_created;
}

static void
add_problem (const Work *work, GError *error)
{
    g_ptr_array_add (work->devices->report->problems, error);
}

/* The lease that reserves the device for a guest; or NULL. */
static const VgateLease *
find_reservation (const Work *work, VgateHostdevKind kind, const char *device)
{
    const VgateLease *lease = vgate_leases_find (work->devices->host->leases, kind, device);

    return lease && vgate_lease_holds (lease, work->now) ? lease : NULL;
}

/* A clause; NULL without a reservation. The caller frees it. */
static char *
describe_reservation (const VgateLease *reservation)
{
    if (!reservation)
        return NULL;
    return vgate_lease_is_of_unknown_guest (reservation)
               ? g_strdup ("it is reserved for the guest that names it")
               : g_strdup_printf ("it is reserved for domain %s", reservation->domain);
}

static void
add_device (const Work *work, VgateOutcome outcome, const VgateListedDevice *listed)
{
    const char *user = vgate_use_find (work->use, listed->source);
    g_autofree char *reserved = describe_reservation (find_reservation (work, listed->kind, listed->source));

    vgate_gpu_report_add_device (work->devices->report, outcome, listed->source,
                                 vgate_device_host_type_name (work->devices->host, listed),
                                 user ? user : reserved);
}

/* --- what exists --- */

static gboolean
is_of_kind (const Work *work, VgateHostdevKind kind)
{
    return vgate_declared_has_kind (work->devices->declared->kind, kind);
}

static gboolean
is_mdevctls (const Work *work, const VgateListedDevice *listed)
{
    return listed->kind == VGATE_HOSTDEV_MDEV &&
           vgate_mdevctl_defines (work->devices->host->root, listed->source);
}

/* The record that the device was created for a guest, with which it is removed; or NULL. */
static VgateLease *
find_guests (const Work *work, const VgateListedDevice *listed)
{
    VgateLease *lease = vgate_leases_find (work->devices->host->leases, listed->kind, listed->source);

    return lease && lease->state == VGATE_LEASE_MADE ? lease : NULL;
}

static gboolean
is_free (const Work *work, const VgateListedDevice *listed)
{
    return !vgate_use_find (work->use, listed->source) &&
           !find_reservation (work, listed->kind, listed->source);
}

/* The declared type that the device has and of which one is missing; -1: none. */
static int
find_place (const Work *work, const VgateListedDevice *listed)
{
    const VgateDevice *device = &listed->device;

    for (guint i = 0; is_of_kind (work, listed->kind) && i < work->types->len; i++) {
        const VgateHostType *type = g_ptr_array_index (work->types, i);

        if (type && n_missing (work, i) > 0 &&
            vgate_pgpu_is_same_type (work->pgpu, device->type, device->type_name, type->id, type->name))
            return (int)i;
    }
    return -1;
}

/* Finds the declared types on the GPU, and lists its devices and their use. */
static gboolean
look (Work *work, GError **error)
{
    const VgateDeviceHost *host = work->devices->host;
    GPtrArray *pgpus = host->probe->host->pgpus;

    g_clear_pointer (&work->use, g_hash_table_unref);
    work->use = vgate_device_host_read_use (host, error);
    if (!work->use)
        return FALSE;
    work->now = vgate_run_directory_clock ();
    work->pgpu = vgate_host_find_pgpu (host->probe->host, work->devices->address);
    if (!work->pgpu) {
        g_set_error (error, VGATE_ERROR, VGATE_CODE_GPU_ABSENT, "GPU %s has disappeared",
                     work->devices->address);
        return FALSE;
    }
    g_ptr_array_find (pgpus, work->pgpu, &work->index);
    g_ptr_array_set_size (work->types, 0);
    for (guint i = 0; i < work->devices->declared->types->len; i++) {
        const VgateHostType *type = vgate_plan_find_type_on (work->pgpu, declared_at (work, i)->name);

        g_ptr_array_add (work->types, g_ptr_array_find (work->types, type, NULL) ? NULL : (gpointer)type);
    }
    g_ptr_array_set_size (work->left, 0);
    for (guint i = 0; i < host->probe->devices->len; i++) {
        VgateListedDevice *listed = g_ptr_array_index (host->probe->devices, i);

        if (listed->device.kind == VGATE_DEVICE_VGPU && listed->device.type != 0 &&
            strcmp (listed->device.pgpu, work->pgpu->address) == 0)
            g_ptr_array_add (work->left, listed);
    }
    return TRUE;
}

static void
begin_counts (const Work *work)
{
    for (guint i = 0; i < work->types->len; i++) {
        const VgateDeclaredType *declared = declared_at (work, i);
        const VgateHostType *type = g_ptr_array_index (work->types, i);
        VgateDeclaredCount *count = g_new0 (VgateDeclaredCount, 1);

        count->name = g_strdup (type ? type->name : declared->name);
        count->n_declared = declared->count;
        g_ptr_array_add (work->devices->report->counts, count);
        if (!type && vgate_plan_find_type_on (work->pgpu, declared->name))
            add_problem (work, g_error_new (VGATE_ERROR, VGATE_CODE_CONFIG_VALUE,
                                            "the vGPU type '%s' is declared twice for GPU %s", declared->name,
                                            work->pgpu->address));
        else if (!type)
            add_problem (work, g_error_new (VGATE_ERROR, VGATE_CODE_DEVICE_NO_ROOM,
                                            "GPU %s does not offer the vGPU type '%s', or several such types",
                                            work->pgpu->address, declared->name));
    }
}

typedef gboolean (*Choice) (const Work *work, const VgateListedDevice *listed);

static gboolean
is_permanent_and_busy (const Work *work, const VgateListedDevice *listed)
{
    return !find_guests (work, listed) && !is_free (work, listed);
}

static gboolean
is_permanent (const Work *work, const VgateListedDevice *listed)
{
    return !find_guests (work, listed);
}

static gboolean
is_guests (const Work *work, const VgateListedDevice *listed)
{
    return find_guests (work, listed) != NULL;
}

/* From now on the device is not removed with its guest; a reservation stays. */
static void
keep (VgateLease *lease)
{
    lease->state = lease->instead_of ? VGATE_LEASE_GIVEN : VGATE_LEASE_TAKEN;
    lease->made_by = VGATE_LEASE_BY_GATE;
}

/* Counts the devices that the choice accepts for the types of which one is missing. */
static guint
take (Work *work, Choice accepts, VgateOutcome outcome)
{
    guint n = 0;

    for (guint i = 0; i < work->left->len;) {
        const VgateListedDevice *listed = g_ptr_array_index (work->left, i);
        const int place =
            !is_mdevctls (work, listed) && accepts (work, listed) ? find_place (work, listed) : -1;

        if (place < 0) {
            i++;
            continue;
        }
        count_at (work, (guint)place)->n_existing++;
        add_device (work, outcome, listed);
        if (outcome == VGATE_OUTCOME_KEPT && work->devices->action == VGATE_DECLARED_APPLY)
            keep (find_guests (work, listed));
        g_ptr_array_remove_index (work->left, i);
        n++;
    }
    return n;
}

/* Finds the declared devices among those that exist: first those in use, so that a free one can be
 * removed. */
static gboolean
take_existing (Work *work, GError **error)
{
    const VgateDeclaredAction action = work->devices->action;

    take (work, is_permanent_and_busy, VGATE_OUTCOME_EXISTED);
    take (work, is_permanent, VGATE_OUTCOME_EXISTED);
    return action == VGATE_DECLARED_LOOK || take (work, is_guests, VGATE_OUTCOME_KEPT) == 0 ||
           action == VGATE_DECLARED_DRY_RUN ||
           vgate_leases_save (work->devices->host->leases, work->now, error);
}

/* --- what is not declared --- */

/* TRUE when the GPU has a device of the declared kind, or can have one. */
static gboolean
has_kind (const Work *work)
{
    const VgateProbe *probe = work->devices->host->probe;

    for (guint i = 0; i < probe->devices->len; i++) {
        const VgateListedDevice *listed = g_ptr_array_index (probe->devices, i);

        if (is_of_kind (work, listed->kind) && g_strcmp0 (listed->device.pgpu, work->pgpu->address) == 0)
            return TRUE;
    }
    for (guint i = 0; i < probe->makeable->len; i++) {
        const VgateMakeable *makeable = g_ptr_array_index (probe->makeable, i);

        if (is_of_kind (work, makeable->kind) && strcmp (makeable->pgpu, work->pgpu->address) == 0)
            return TRUE;
    }
    return FALSE;
}

/* FALSE when the declaration does not fit the GPU: then nothing could be created instead of what is
 * removed. */
static gboolean
may_remove (const Work *work)
{
    for (guint i = 0; i < work->types->len; i++)
        if (!work->types->pdata[i])
            return FALSE;
    return work->devices->declared->remove_others && has_kind (work);
}

/* A guest can have started since the use was read, so it is read again directly before the removal. FALSE
 * also with an error. */
static gboolean
is_still_free (Work *work, const VgateListedDevice *listed, GError **error)
{
    VgateUse *use = vgate_device_host_read_use (work->devices->host, error);

    if (!use)
        return FALSE;
    g_hash_table_unref (work->use);
    work->use = use;
    work->now = vgate_run_directory_clock ();
    return is_free (work, listed);
}

/* Removes the device. FALSE without an error when a guest has it now. */
static gboolean
remove_device (Work *work, const VgateListedDevice *listed, GError **error)
{
    return is_still_free (work, listed, error) &&
           vgate_device_unmake_listed (work->devices->host->root, listed, work->devices->served, error);
}

/* The result for a device that is not declared. */
static VgateOutcome
handle_other (Work *work, const VgateListedDevice *listed, gboolean removes)
{
    const VgateDeclaredAction action = work->devices->action;
    GError *error = NULL;

    if (is_mdevctls (work, listed))
        return VGATE_OUTCOME_MDEVCTL;
    if (find_guests (work, listed))
        return VGATE_OUTCOME_GUEST;
    if (!removes || !is_free (work, listed) || action == VGATE_DECLARED_LOOK)
        return VGATE_OUTCOME_OTHER;
    if (action == VGATE_DECLARED_DRY_RUN)
        return VGATE_OUTCOME_WOULD_BE_REMOVED;
    if (remove_device (work, listed, &error))
        return VGATE_OUTCOME_REMOVED;
    if (error)
        add_problem (work, error);
    return VGATE_OUTCOME_OTHER;
}

/* Reports the devices that are left, and removes those that are free if the declaration says so. Returns how
 * many were removed, or would be. */
static guint
handle_others (Work *work)
{
    const gboolean removes = may_remove (work);
    guint n_removed = 0, n_other = 0;

    for (guint i = 0; i < work->left->len; i++) {
        const VgateListedDevice *listed = g_ptr_array_index (work->left, i);
        const VgateOutcome outcome = handle_other (work, listed, removes);

        add_device (work, outcome, listed);
        n_other += outcome == VGATE_OUTCOME_OTHER ? 1 : 0;
        n_removed += outcome == VGATE_OUTCOME_REMOVED || outcome == VGATE_OUTCOME_WOULD_BE_REMOVED ? 1 : 0;
    }
    if (n_other > 0)
        add_problem (work,
                     g_error_new (VGATE_ERROR, VGATE_CODE_DEVICES_OTHER,
                                  "GPU %s has %u vGPU device%s that %s not declared", work->pgpu->address,
                                  n_other, n_other == 1 ? "" : "s", n_other == 1 ? "is" : "are"));
    return n_removed;
}

/* Reports the devices of this GPU whose type cannot be read. Where a device is follows from the kernel's
 * links alone. */
static void
report_unusable (const Work *work)
{
    const VgateDeviceHost *host = work->devices->host;

    for (guint i = 0; i < host->probe->devices->len; i++) {
        const VgateListedDevice *listed = g_ptr_array_index (host->probe->devices, i);
        const VgateHostdev hostdev = {.kind = listed->kind, .source = listed->source};
        g_auto (VgateDevice) device = {0};

        if (listed->device.kind != VGATE_DEVICE_UNUSABLE)
            continue;
        vgate_sysfs_identify (host->root, &hostdev, &device);
        if (device.kind == VGATE_DEVICE_VGPU && strcmp (device.pgpu, work->pgpu->address) == 0)
            vgate_gpu_report_add_device (work->devices->report, VGATE_OUTCOME_UNUSABLE, listed->source, NULL,
                                         listed->device.fault);
    }
}

/* --- what is missing --- */

/* The kind that the GPU has: one host has vGPUs of one kind. */
static VgateHostdevKind
kind_of_places (const Work *work, const GPtrArray *slots)
{
    switch (work->devices->declared->kind) {
    case VGATE_DECLARED_MDEV: return VGATE_HOSTDEV_MDEV;
    case VGATE_DECLARED_VF: return VGATE_HOSTDEV_PCI;
    default:
        return slots->len > 0 ? ((const VgateSlot *)g_ptr_array_index (slots, 0))->kind : VGATE_HOSTDEV_MDEV;
    }
}

/* The most devices of the type that the places have room for. */
static guint
count_places (const Work *work, const GPtrArray *slots, const VgateHostType *type)
{
    guint n = 0;

    for (guint i = 0; i < slots->len; i++) {
        const VgateSlot *slot = g_ptr_array_index (slots, i);

        n += vgate_pgpu_is_same_type (work->pgpu, slot->type, slot->type_name, type->id, type->name)
                 ? slot->available
                 : 0;
    }
    return n;
}

/* A want for each missing device for which there can be a place, in the order of the declaration. */
static GPtrArray *
list_wants (const Work *work, const GPtrArray *slots)
{
    GPtrArray *wants = vgate_wants_new ();
    const guint n_pgpus = work->devices->host->probe->host->pgpus->len;

    for (guint i = 0; i < work->types->len; i++) {
        const VgateHostType *type = g_ptr_array_index (work->types, i);
        const guint n_wanted = type ? MIN (n_missing (work, i), count_places (work, slots, type)) : 0;

        for (guint n = 0; n < n_wanted; n++) {
            VgateWant *want = vgate_wants_add (wants, n_pgpus);

            want->kind = kind_of_places (work, slots);
            want->type = type->id;
            want->type_name = type->name;
            want->fits[work->index] = (VgateFit){.offered = type, .can_make_device = TRUE};
        }
    }
    return wants;
}

/* The number of virtual functions among the places; G_MAXUINT: a place can have room for several devices. */
static guint
count_functions (const GPtrArray *slots)
{
    g_autoptr (GHashTable) functions = g_hash_table_new (g_str_hash, g_str_equal);

    for (guint i = 0; i < slots->len; i++) {
        const VgateSlot *slot = g_ptr_array_index (slots, i);

        if (slot->kind != VGATE_HOSTDEV_PCI)
            return G_MAXUINT;
        g_hash_table_add (functions, slot->device);
    }
    return g_hash_table_size (functions);
}

static guint
count_with_place (const GPtrArray *wants)
{
    guint n = 0;

    for (guint i = 0; i < wants->len; i++)
        n += ((const VgateWant *)g_ptr_array_index (wants, i))->slot ? 1 : 0;
    return n;
}

/* Chooses a place for as many wants as possible: those of a type for which there is no room any more do not
 * stop the others. */
static void
choose (const VgateChoice *choice, GPtrArray *wants)
{
    const guint n_functions = count_functions (choice->slots);

    while (!vgate_choose (choice, wants)) {
        const gboolean is_full = count_with_place (wants) >= n_functions;
        const char *without = NULL;

        for (guint i = 0; i < wants->len;) {
            const VgateWant *want = g_ptr_array_index (wants, i);

            if (!want->slot && !without)
                without = want->type_name;
            if (!want->slot && (is_full || without == want->type_name))
                g_ptr_array_remove_index (wants, i);
            else
                i++;
        }
    }
}

static gboolean
is_reported (const VgateGpuReport *report, const char *name)
{
    for (guint i = 0; i < report->devices->len; i++)
        if (g_strcmp0 (((const VgateDeclaredDevice *)g_ptr_array_index (report->devices, i))->name, name) ==
            0)
            return TRUE;
    return FALSE;
}

/*
 * The UUID of a mediated device that is created: it follows from the host, the GPU, the type and a number, so
 * that it is the same after each boot, and a guest's XML can name it. The caller frees it.
 */
static char *
name_mdev (const Work *work, const char *type)
{
    const VgateDeviceHost *host = work->devices->host;

    for (guint n = 0;; n++) {
        g_autofree char *seed = g_strdup_printf ("vgpu-gate declared device %s %s %s %u",
                                                 host->probe->host->uuid, work->pgpu->address, type, n);
        g_autofree char *digits = g_compute_checksum_for_string (G_CHECKSUM_SHA256, seed, -1);
        /* of RFC 9562's version 8, which leaves the other bits to the vendor */
        g_autofree char *name = g_strdup_printf ("%.8s-%.4s-8%.3s-8%.3s-%.12s", digits, digits + 8,
                                                 digits + 12, digits + 15, digits + 18);

        if (!vgate_sysfs_has_mdev_name (host->root, name) && !vgate_mdevctl_defines (host->root, name) &&
            !is_reported (work->devices->report, name))
            return g_steal_pointer (&name);
    }
}

/* An earlier device of this name can have been created for a guest whose end is not in the record. Nobody
 * removes the new device with that guest. */
static void
keep_created (const Work *work, const VgateLease *shape)
{
    VgateLeases *leases = work->devices->host->leases;
    GError *error = NULL;
    gboolean is_changed = FALSE;

    for (guint i = 0; i < leases->all->len; i++) {
        VgateLease *lease = g_ptr_array_index (leases->all, i);

        if (lease->state == VGATE_LEASE_MADE && lease->kind == shape->kind &&
            strcmp (lease->device, shape->device) == 0) {
            keep (lease);
            is_changed = TRUE;
        }
    }
    if (is_changed && !vgate_leases_save (leases, work->now, &error))
        add_problem (work, error);
}

/* Creates the device in its place, or reports that it would be. FALSE when the driver refused. */
static gboolean
create (Work *work, const VgateWant *want)
{
    const VgateSlot *slot = want->slot;
    g_autofree char *name = slot->device ? g_strdup (slot->device) : name_mdev (work, want->type_name);
    const VgateLease shape = {
        .kind = (int)slot->kind,
        .device = name,
        .parent = slot->parent,
        .pgpu = work->pgpu->address,
        .type = slot->type,
        .type_name = slot->type_name,
    };
    const gboolean applies = work->devices->action == VGATE_DECLARED_APPLY;
    GError *error = NULL;
    gboolean may_come;

    if (applies &&
        !vgate_device_make (work->devices->host->root, &shape, work->devices->served, &may_come, &error)) {
        add_problem (work, error);
        return FALSE;
    }
    if (applies)
        keep_created (work, &shape);
    vgate_gpu_report_add_device (work->devices->report,
                                 applies ? VGATE_OUTCOME_CREATED : VGATE_OUTCOME_WOULD_BE_CREATED, name,
                                 want->type_name, NULL);
    for (guint i = 0; i < work->types->len; i++)
        if (work->types->pdata[i] && strcmp (count_at (work, i)->name, want->type_name) == 0)
            count_at (work, i)->n_created++;
    return TRUE;
}

/* Each failure can take seconds, so that one of a type is enough. */
static void
create_all (Work *work, const GPtrArray *wants)
{
    g_autoptr (GHashTable) failed = g_hash_table_new (g_str_hash, g_str_equal);

    for (guint i = 0; i < wants->len; i++) {
        const VgateWant *want = g_ptr_array_index (wants, i);

        if (!g_hash_table_contains (failed, want->type_name) && !create (work, want))
            g_hash_table_add (failed, (gpointer)want->type_name);
    }
}

static guint
count_chosen (const GPtrArray *wants, const char *type)
{
    guint n = 0;

    for (guint i = 0; i < wants->len; i++)
        n += strcmp (((const VgateWant *)g_ptr_array_index (wants, i))->type_name, type) == 0 ? 1 : 0;
    return n;
}

/* Reports for how many devices of each type no place was chosen. */
static void
report_no_room (const Work *work, const GPtrArray *wants, const GPtrArray *slots)
{
    const char *const kinds[] = {
        [VGATE_DECLARED_ANY_KIND] = "vGPU device",
        [VGATE_DECLARED_MDEV] = "mediated device",
        [VGATE_DECLARED_VF] = "virtual function",
    };
    const char *kind = kinds[work->devices->declared->kind];

    for (guint i = 0; i < work->types->len; i++) {
        const char *type = count_at (work, i)->name;
        const guint n = n_missing (work, i) - (work->types->pdata[i] ? count_chosen (wants, type) : 0);

        if (!work->types->pdata[i] || n == 0)
            continue;
        add_problem (work, g_error_new (VGATE_ERROR, VGATE_CODE_DEVICE_NO_ROOM,
                                        "GPU %s has no %s for %u more %s%s of type %s", work->pgpu->address,
                                        slots->len > 0 ? "room" : "place", n, kind, n == 1 ? "" : "s", type));
    }
}

/* TRUE when the place is a virtual function that is kept for a guest. It can be kept before it has a type. */
static gboolean
is_slot_reserved (const Work *work, const VgateSlot *slot)
{
    return slot->device && find_reservation (work, slot->kind, slot->device);
}

/* The places on this GPU where a device of the declared kind can be created. */
static GPtrArray *
list_slots (const Work *work, const VgateHostState *state)
{
    GPtrArray *slots = vgate_slots_list (state);

    for (guint i = slots->len; i > 0; i--) {
        const VgateSlot *slot = g_ptr_array_index (slots, i - 1);

        if (slot->exists || slot->pgpu != work->index || !is_of_kind (work, slot->kind) ||
            is_slot_reserved (work, slot))
            g_ptr_array_remove_index (slots, i - 1);
    }
    return slots;
}

static void
create_missing (Work *work)
{
    const VgateDeviceHost *host = work->devices->host;
    const VgateProbe *probe = host->probe;
    const VgateHostState state = {
        .host = probe->host,
        .devices = probe->devices,
        .makeable = probe->makeable,
        .instances = probe->instances,
        .leases = host->leases,
        .use = work->use,
        .domain = "",
        .now = work->now,
    };
    g_autofree guint *loads = g_new0 (guint, probe->host->pgpus->len);
    g_autoptr (GArray) promises = g_array_new (FALSE, FALSE, sizeof (VgatePromise));
    g_autoptr (GPtrArray) slots = list_slots (work, &state), wants = list_wants (work, slots);
    const VgateChoice choice = {
        .host = probe->host,
        .slots = slots,
        .loads = loads,
        .promises = promises,
        .order = host->policy->placement_order,
        /* the rule is about guests; here, what has no room would only fail */
        .is_unlimited = FALSE,
    };

    vgate_loads_count (&state, loads, promises);
    choose (&choice, wants);
    report_no_room (work, wants, slots);
    create_all (work, wants);
}

/* Where devices would be removed first, nothing tells yet how much room that leaves. */
static void
suppose_created (Work *work)
{
    for (guint i = 0; i < work->types->len; i++) {
        VgateDeclaredCount *count = count_at (work, i);

        for (guint n = work->types->pdata[i] ? n_missing (work, i) : 0; n > 0; n--) {
            vgate_gpu_report_add_device (work->devices->report, VGATE_OUTCOME_WOULD_BE_CREATED, NULL,
                                         count->name, NULL);
            count->n_created++;
        }
    }
}

static void
report_missing (const Work *work)
{
    for (guint i = 0; i < work->types->len; i++) {
        const VgateDeclaredCount *count = count_at (work, i);

        if (work->types->pdata[i] && n_missing (work, i) > 0)
            add_problem (work, g_error_new (VGATE_ERROR, VGATE_CODE_DEVICES_MISSING,
                                            "GPU %s has %u of %u declared vGPU devices of type %s",
                                            work->pgpu->address, count->n_existing, count->n_declared,
                                            count->name));
    }
}

static gboolean
run (Work *work, GError **error)
{
    const VgateDeclaredAction action = work->devices->action;
    guint n_removed;

    if (!look (work, error))
        return FALSE;
    begin_counts (work);
    if (!take_existing (work, error))
        return FALSE;
    n_removed = handle_others (work);
    report_unusable (work);
    if (action == VGATE_DECLARED_LOOK) {
        report_missing (work);
        return TRUE;
    }
    if (n_removed > 0 && action == VGATE_DECLARED_DRY_RUN) {
        suppose_created (work);
        return TRUE;
    }
    if (n_removed > 0 &&
        (!vgate_device_host_read_again (work->devices->host, TRUE, error) || !look (work, error)))
        return FALSE;
    create_missing (work);
    return TRUE;
}

void
vgate_declared_devices_run (const VgateDeclaredDevices *devices)
{
    g_auto (Work) work = {
        .devices = devices,
        .left = g_ptr_array_new (),
        .types = g_ptr_array_new (),
    };
    GError *error = NULL;

    if (!run (&work, &error))
        add_problem (&work, error);
}
