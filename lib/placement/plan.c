/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "placement/plan.h"

#include "base/run-directory.h"
#include "host/mdevctl.h"
#include "placement/choose.h"

#include <string.h>

/* --- types on the command line --- */

static const char *
without_brand (const char *name)
{
    static const char *const brands[] = {"NVIDIA ", "GRID "};

    for (gsize i = 0; i < G_N_ELEMENTS (brands); i++)
        if (g_str_has_prefix (name, brands[i]))
            return name + strlen (brands[i]);
    return name;
}

static gboolean
is_word (const char *text)
{
    return *text != '\0' && text[strspn (text, G_CSET_a_2_z G_CSET_A_2_Z G_CSET_DIGITS "-.+")] == '\0';
}

char *
vgate_plan_write_type (guint32 id, const char *name)
{
    const char *word = name ? without_brand (name) : "";

    return is_word (word) && *word != '-' ? g_strdup (word) : g_strdup_printf ("nvidia-%u", id);
}

/* How well a text names a type. */
enum { NOT_MEANT, MEANT_SHORT, MEANT_FULL };

static int
how_meant (const VgateHostType *type, const char *text)
{
    g_autofree char *id = g_strdup_printf ("nvidia-%u", type->id);

    if (strcmp (type->name, text) == 0 || strcmp (id, text) == 0)
        return MEANT_FULL;
    return strcmp (without_brand (type->name), text) == 0 ? MEANT_SHORT : NOT_MEANT;
}

/* Looks on one GPU. *found: a type of another GPU with this short name, or NULL. TRUE when the search is
 * over: the type is meant by its full name, or two types can be meant, and *found is then NULL. */
static gboolean
find_type_on (const VgatePgpu *pgpu, const char *text, const VgateHostType **found)
{
    for (guint k = 0; k < pgpu->types->len; k++) {
        const VgateHostType *type = g_ptr_array_index (pgpu->types, k);
        const int how = how_meant (type, text);
        const gboolean is_second = how == MEANT_SHORT && *found && strcmp ((*found)->name, type->name) != 0;

        if (how == NOT_MEANT)
            continue;
        *found = is_second ? NULL : type;
        if (how == MEANT_FULL || is_second)
            return TRUE;
    }
    return FALSE;
}

const VgateHostType *
vgate_plan_find_type (const VgateHost *host, const char *text)
{
    const VgateHostType *found = NULL;

    for (guint i = 0; i < host->pgpus->len; i++)
        if (find_type_on (g_ptr_array_index (host->pgpus, i), text, &found))
            break;
    return found;
}

const VgateHostType *
vgate_plan_find_type_on (const VgatePgpu *pgpu, const char *text)
{
    const VgateHostType *found = NULL;

    find_type_on (pgpu, text, &found);
    return found;
}

/* --- the devices --- */

typedef struct {
    const VgatePlan *plan;
    const VgateHostType *type;
    const VgateUse *use;
    GPtrArray *wants;  /* of VgateWant *, for the devices that do not exist */
    GPtrArray *chosen; /* of VgateLease * */
    guint64 now;       /* vgate_run_directory_clock () */
} Planning;

gboolean
vgate_plan_check_mdevctl (const char *root, const VgateDomain *domain, GError **error)
{
    for (guint i = 0; i < domain->hostdevs->len; i++) {
        const VgateHostdev *hostdev = g_ptr_array_index (domain->hostdevs, i);

        if (hostdev->kind != VGATE_HOSTDEV_MDEV || vgate_sysfs_has_mdev_name (root, hostdev->source) ||
            !vgate_mdevctl_defines (root, hostdev->source))
            continue;
        g_set_error (error, VGATE_ERROR, VGATE_CODE_DEVICE_DEFINED, "mdevctl defines mediated device %s",
                     hostdev->source);
        return FALSE;
    }
    return TRUE;
}

static void
add_lease (const Planning *p, const VgateLease *shape)
{
    VgateLease *lease = g_new0 (VgateLease, 1);

    *lease = *shape;
    lease->domain = g_strdup (p->plan->domain->uuid);
    lease->device = g_strdup (shape->device);
    lease->parent = g_strdup (shape->parent);
    lease->pgpu = g_strdup (shape->pgpu);
    lease->type_name = g_strdup (p->type->name);
    lease->expires = p->now + p->plan->policy->lease_time;
    lease->made_by = VGATE_LEASE_BY_OPERATOR;
    g_ptr_array_add (p->chosen, lease);
}

static gboolean
fail_existing (const VgateListedDevice *listed, const char *why, GError **error)
{
    g_set_error (error, VGATE_ERROR, VGATE_CODE_DEVICE_NOT_MADE, "cannot create %s: it exists on GPU %s, %s",
                 listed->source, listed->device.pgpu, why);
    return FALSE;
}

static gboolean
fail_busy (const char *device, const char *who, GError **error)
{
    g_set_error (error, VGATE_ERROR, VGATE_CODE_DEVICE_BUSY, "device %s is in use here: %s", device, who);
    return FALSE;
}

/* The device exists: it must be what was asked for, and free. */
static gboolean
take_existing (const Planning *p, const VgateListedDevice *listed, GError **error)
{
    const VgateDevice *device = &listed->device;
    const VgatePgpu *pgpu = vgate_host_find_pgpu (p->plan->probe->host, device->pgpu);
    const VgateHostType *has = pgpu ? vgate_pgpu_find_type (pgpu, device->type, device->type_name) : NULL;
    const char *name = has ? has->name : device->type_name;
    const char *who = vgate_use_find (p->use, listed->source);

    if (p->plan->gpu && strcmp (p->plan->gpu, device->pgpu) != 0)
        return fail_existing (listed, "which is another GPU than was asked for", error);
    if (g_strcmp0 (name, p->type->name) != 0) {
        g_autofree char *why =
            g_strdup_printf ("with the type %s instead of %s", name ? name : "unknown", p->type->name);

        return fail_existing (listed, why, error);
    }
    if (who)
        return fail_busy (listed->source, who, error);
    add_lease (p, &(VgateLease){.kind = (int)listed->kind,
                                .device = listed->source,
                                .parent = device->parent,
                                .pgpu = device->pgpu,
                                .type = device->type,
                                .state = VGATE_LEASE_TAKEN});
    return TRUE;
}

static void
want_device (const Planning *p, const VgateHostdev *hostdev)
{
    const GPtrArray *pgpus = p->plan->probe->host->pgpus;
    VgateWant *want = vgate_wants_add (p->wants, pgpus->len);

    want->kind = hostdev->kind;
    want->type = p->type->id;
    want->type_name = p->type->name;
    want->named = hostdev->source;
    want->keeps_name = TRUE;
    for (guint i = 0; i < pgpus->len; i++) {
        const VgatePgpu *pgpu = g_ptr_array_index (pgpus, i);
        VgateFit *fit = &want->fits[i];

        fit->offered = vgate_pgpu_find_type (pgpu, want->type, want->type_name);
        /* without metadata, a GPU can run the vGPU if it offers the type */
        fit->can_make_device = fit->offered && (!p->plan->gpu || strcmp (p->plan->gpu, pgpu->address) == 0);
    }
}

/* Looks at one hostdev: its device exists, is to be created, or cannot be a vGPU. */
static gboolean
consider (const Planning *p, const VgateHostdev *hostdev, GError **error)
{
    const char *root = p->plan->root;
    const VgateListedDevice *listed =
        vgate_listed_device_find (p->plan->probe->devices, hostdev->kind, hostdev->source);
    const gboolean is_mdev = hostdev->kind == VGATE_HOSTDEV_MDEV;
    const char *who = vgate_use_find (p->use, hostdev->source);

    if (listed && listed->device.kind == VGATE_DEVICE_UNUSABLE) {
        g_set_error (error, VGATE_ERROR, VGATE_CODE_DEVICE_UNUSABLE, "device %s cannot be used: %s",
                     hostdev->source, listed->device.fault);
        return FALSE;
    }
    if (listed && listed->device.type != 0)
        return take_existing (p, listed, error);
    if (is_mdev ? !vgate_sysfs_has_mdev_name (root, hostdev->source) : listed != NULL) {
        want_device (p, hostdev);
        return !who || fail_busy (hostdev->source, who, error);
    }
    if (p->plan->is_guest)
        return TRUE;
    g_set_error (error, VGATE_ERROR, VGATE_CODE_DEVICE_UNKNOWN, "%s %s is not a vGPU of this host",
                 is_mdev ? "mediated device" : "PCI device", hostdev->source);
    return FALSE;
}

static gboolean
is_among (const GPtrArray *wants, const char *device)
{
    for (guint i = 0; i < wants->len; i++)
        if (g_strcmp0 (((const VgateWant *)g_ptr_array_index (wants, i))->named, device) == 0)
            return TRUE;
    return FALSE;
}

static gboolean
fail_room (const Planning *p, GError **error)
{
    const VgateWant *want = NULL;

    for (guint i = 0; i < p->wants->len && !want; i++)
        if (!((const VgateWant *)g_ptr_array_index (p->wants, i))->slot)
            want = g_ptr_array_index (p->wants, i);
    if (want && want->kind == VGATE_HOSTDEV_PCI)
        g_set_error (error, VGATE_ERROR, VGATE_CODE_DEVICE_NO_ROOM,
                     "virtual function %s cannot be configured with the type %s", want->named, p->type->name);
    else if (p->plan->gpu)
        g_set_error (error, VGATE_ERROR, VGATE_CODE_DEVICE_NO_ROOM,
                     "GPU %s has no room for another mediated device of type %s", p->plan->gpu,
                     p->type->name);
    else
        g_set_error (error, VGATE_ERROR, VGATE_CODE_DEVICE_NO_ROOM,
                     "no GPU of this host has room for another mediated device of type %s", p->type->name);
    return FALSE;
}

/* Chooses a GPU for each device that does not exist. */
static gboolean
choose (const Planning *p, const VgateHostState *state, GError **error)
{
    const VgatePlan *plan = p->plan;
    g_autofree guint *loads = g_new0 (guint, MAX (plan->probe->host->pgpus->len, 1));
    g_autoptr (GArray) promises = g_array_new (FALSE, FALSE, sizeof (VgatePromise));
    g_autoptr (GPtrArray) all = vgate_slots_list (state), slots = g_ptr_array_new ();
    const VgateChoice choice = {
        .host = plan->probe->host,
        .slots = slots,
        .loads = loads,
        .promises = promises,
        .order = plan->policy->placement_order,
        .is_unlimited = plan->policy->severities[VGATE_RULE_NO_FREE_INSTANCE] != VGATE_SEVERITY_REFUSE,
    };

    vgate_loads_count (state, loads, promises);
    /* only those that get the name that was asked for */
    for (guint i = 0; i < all->len; i++) {
        VgateSlot *slot = g_ptr_array_index (all, i);

        if (!slot->exists && (!slot->device || is_among (p->wants, slot->device)))
            g_ptr_array_add (slots, slot);
    }
    if (!vgate_choose (&choice, p->wants))
        return fail_room (p, error);
    for (guint i = 0; i < p->wants->len; i++) {
        const VgateWant *want = g_ptr_array_index (p->wants, i);
        const VgatePgpu *pgpu = g_ptr_array_index (plan->probe->host->pgpus, want->slot->pgpu);

        if (want->slot->device && strcmp (want->slot->device, want->named) != 0)
            return fail_room (p, error);
        add_lease (p, &(VgateLease){.kind = (int)want->kind,
                                    .device = (char *)want->named,
                                    .parent = want->slot->parent,
                                    .pgpu = pgpu->address,
                                    .type = want->slot->type,
                                    .state = VGATE_LEASE_PLANNED});
    }
    return TRUE;
}

static gboolean
save (const Planning *p, GError **error)
{
    if (p->plan->is_dry_run)
        return TRUE;
    for (guint i = 0; i < p->chosen->len; i++)
        vgate_leases_put (p->plan->leases, g_ptr_array_index (p->chosen, i));
    return vgate_leases_save (p->plan->leases, p->now, error);
}

GPtrArray *
vgate_plan_devices (const VgatePlan *plan, GError **error)
{
    const VgateDomain *domain = plan->domain;
    const VgateProbe *probe = plan->probe;
    g_autoptr (GHashTable) use = NULL;
    g_autoptr (GPtrArray) wants = vgate_wants_new ();
    g_autoptr (GPtrArray) chosen = g_ptr_array_new_with_free_func ((GDestroyNotify)vgate_lease_free);
    const VgateUseInput input = {
        .root = plan->root,
        .instances = probe->instances,
        .host = probe->host,
        .devices = probe->devices,
        .leases = plan->leases,
        .earlier = plan->earlier,
        .domain = domain->uuid,
        .now = vgate_run_directory_clock (),
    };
    Planning p = {.plan = plan, .wants = wants, .chosen = chosen, .now = input.now};
    VgateHostState state = {
        .host = probe->host,
        .devices = probe->devices,
        .makeable = probe->makeable,
        .instances = probe->instances,
        .leases = plan->leases,
        .domain = domain->uuid,
        .now = input.now,
    };

    p.type = vgate_plan_find_type (probe->host, plan->type);
    if (!p.type) {
        g_set_error (error, VGATE_ERROR, VGATE_CODE_DEVICE_NO_ROOM,
                     "no GPU of this host offers a vGPU type '%s', or it offers several such types",
                     plan->type);
        return NULL;
    }
    if (!vgate_plan_check_mdevctl (plan->root, domain, error))
        return NULL;
    vgate_leases_adopt (plan->leases, domain);
    vgate_leases_drop (plan->leases, domain->uuid);
    use = vgate_use_read (&input, error);
    if (!use)
        return NULL;
    p.use = state.use = use;
    for (guint i = 0; i < domain->hostdevs->len; i++)
        if (!consider (&p, g_ptr_array_index (domain->hostdevs, i), error))
            return NULL;
    if (wants->len + chosen->len == 0) {
        g_set_error_literal (error, VGATE_ERROR, VGATE_CODE_DEVICE_UNKNOWN,
                             "the domain XML names no device that can be a vGPU of this host");
        return NULL;
    }
    if ((wants->len > 0 && !choose (&p, &state, error)) || !save (&p, error))
        return NULL;
    return g_steal_pointer (&chosen);
}
