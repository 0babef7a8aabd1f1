/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Matrices of mutated fleets: each cell is what the gate decides about its pair alone. The documents of a
 * random fleet are read several times, and each copy is changed in a few places, so that many pairs are
 * nearly the same and must not share a decision.
 *
 * Besides fixed seeds, each variant takes some from the seed of the test (--seed). VGATE_SEEDS=N takes N of
 * them, from VGATE_FIRST_SEED on if that is set:
 *   VGATE_FIRST_SEED=7000 VGATE_SEEDS=500 test-fleet-mutated -p /fleet/mutated/types
 */
#include "fleet/matrix.h"
#include "random-fleet.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NOW G_GINT64_CONSTANT (1795471200)

/* What is special about the fleets of a case. */
typedef struct {
    const char *name;
    gboolean has_types;   /* the GPUs' lists of types are changed, too */
    gboolean has_ages;    /* documents and captures that are 999 s or 1000 s old, and names of any length */
    gboolean has_pool;    /* guests name the virtual functions of one host */
    gboolean has_running; /* also a device on which a vGPU runs can have no user */
    gboolean has_sizes;   /* frame buffers of types without a size, or with an absurd one */
    gboolean has_targets; /* guests with two virtual functions, one of which is in use */
    guint n_seeds;        /* that are tried beside the fixed ones */
} Variant;

/* A fleet that is being made, and the next random numbers. */
static const Variant *variant;
static GRand *rnd;
static GPtrArray *host_xml, *guest_xml; /* of char * */
static GPtrArray *pool;                 /* of char *: the addresses of virtual functions */
static guint n_uuid;

static guint
below (guint n)
{
    return (guint)g_rand_int_range (rnd, 0, (gint)n);
}

static void
collect (gboolean is_host, const char *name G_GNUC_UNUSED, const char *xml, gpointer data G_GNUC_UNUSED)
{
    g_ptr_array_add (is_host ? host_xml : guest_xml, g_strdup (xml));
}

static char *
fresh_uuid (void)
{
    return g_strdup_printf ("ffffffff-0000-4000-9000-%012x", ++n_uuid);
}

static void
set_text (char **at, const char *text)
{
    g_free (*at);
    *at = g_strdup (text);
}

/* TRUE when a vGPU runs on the mediated device. */
static gboolean
runs_on (const VgateHostDevices *devices, const VgateHostDevice *device)
{
    for (guint i = 0; i < devices->vgpus->len; i++)
        if (g_strcmp0 (((const VgateHostVgpu *)g_ptr_array_index (devices->vgpus, i))->mdev,
                       device->listed.source) == 0)
            return TRUE;
    return FALSE;
}

/* The document of a host names the user of such a device, unless the vGPU started while it was made. */
static gboolean
needs_user (const VgateHost *host, const VgateHostDevice *device)
{
    return !variant->has_running && runs_on (host->devices, device);
}

static void
mutate_device (VgateHost *host)
{
    GPtrArray *list = host->devices->devices;
    VgateHostDevice *d;
    VgatePgpu *gpu;

    if (list->len == 0)
        return;
    d = g_ptr_array_index (list, below (list->len));
    if (d->listed.device.kind != VGATE_DEVICE_VGPU || host->pgpus->len == 0)
        return;
    gpu = g_ptr_array_index (host->pgpus, below (host->pgpus->len));
    switch (below (9)) {
    case 0:
    case 1:
        if (!d->use || !needs_user (host, d))
            set_text (&d->use, d->use ? NULL : below (2) ? "u" : "the running domain 'somebody' uses it");
        break;
    case 2:
        d->listed.device.type = 0;
        set_text (&d->listed.device.type_name, NULL);
        break;
    case 3: {
        VgateHostType *t = g_ptr_array_index (gpu->types, below (gpu->types->len));
        d->listed.device.type = t->id;
        set_text (&d->listed.device.type_name, below (2) ? t->name : NULL);
        set_text (&d->listed.device.pgpu, gpu->address);
        break;
    }
    case 4: set_text (&d->listed.device.pgpu, below (2) ? "0000:f1:00.0" : "0000:c1:00.0"); break;
    case 5:
        if (needs_user (host, d))
            break;
        set_text (&d->use, NULL);
        d->listed.device.kind = VGATE_DEVICE_UNUSABLE;
        set_text (&d->listed.device.fault, "its type cannot be read");
        break;
    case 6:
        g_ptr_array_remove_index (list, (guint)(g_ptr_array_find (list, d, NULL) ? below (list->len) : 0));
        break;
    case 7: {
        guint i = below (list->len), k = below (list->len);
        gpointer t = list->pdata[i];
        list->pdata[i] = list->pdata[k];
        list->pdata[k] = t;
        break;
    }
    default: {
        VgateHostDevice *n = vgate_host_device_new ();
        VgateHostType *t = g_ptr_array_index (gpu->types, below (gpu->types->len));
        gboolean is_mdev = below (2);
        n->listed.kind = is_mdev ? VGATE_HOSTDEV_MDEV : VGATE_HOSTDEV_PCI;
        n->listed.device.kind = VGATE_DEVICE_VGPU;
        n->listed.source = is_mdev || pool->len == 0 ? fresh_uuid ()
                                                     : g_strdup (g_ptr_array_index (pool, below (pool->len)));
        if (!is_mdev && pool->len == 0)
            n->listed.kind = VGATE_HOSTDEV_MDEV;
        n->listed.device.pgpu = g_strdup (gpu->address);
        n->listed.device.parent =
            g_strdup (n->listed.kind == VGATE_HOSTDEV_MDEV ? gpu->address : n->listed.source);
        n->listed.device.type = t->id;
        n->listed.device.type_name = g_strdup (t->name);
        g_ptr_array_insert (list, (gint)below (list->len + 1), n);
    }
    }
}

static void
mutate_makeable (VgateHost *host)
{
    GPtrArray *list = host->devices->makeable;
    VgateMakeable *m;

    if (list->len == 0)
        return;
    m = g_ptr_array_index (list, below (list->len));
    switch (below (4)) {
    case 0: m->available = below (3); break;
    case 1: set_text (&m->type_name, NULL); break;
    case 2: g_ptr_array_remove_index (list, below (list->len)); break;
    default: {
        guint i = below (list->len), k = below (list->len);
        gpointer t = list->pdata[i];
        list->pdata[i] = list->pdata[k];
        list->pdata[k] = t;
    }
    }
}

static void
mutate_gpu (VgateHost *host, VgateHost *other)
{
    VgatePgpu *gpu;
    VgateHostType *t;

    if (host->pgpus->len == 0)
        return;
    gpu = g_ptr_array_index (host->pgpus, below (host->pgpus->len));
    t = g_ptr_array_index (gpu->types, below (gpu->types->len));
    switch (below (9)) {
    case 0: t->free_instances = below (4); break;
    case 1: gpu->vgpu_sizes = (int)below (3); break;
    case 2: gpu->mig = (int)below (3); break;
    case 3: gpu->write_bandwidth = below (2) ? 0 : 100 + below (3) * 5000; break;
    case 4:
        if (other->pgpus->len > 0) {
            VgatePgpu *from = g_ptr_array_index (other->pgpus, below (other->pgpus->len));
            gpu->record = from->record;
            gpu->migration = from->migration;
            gpu->metadata.length = from->metadata.length;
            g_bytes_unref (gpu->metadata.bytes);
            gpu->metadata.bytes = g_bytes_ref (from->metadata.bytes);
        }
        break;
    case 5:
        set_text (&gpu->name, below (2) ? "NVIDIA X" : "NVIDIA Some Longer Name Of A Board 80GB HBM3");
        break;
    case 6:
        if (variant->has_types)
            t->id += 1 + below (3);
        break;
    case 7:
        if (variant->has_types)
            set_text (&t->name, "unknown");
        break;
    default:
        if (gpu->types->len > 1 && variant->has_types)
            g_ptr_array_remove_index (gpu->types, below (gpu->types->len));
    }
}

static void
change_sizes (const VgateHost *host)
{
    static const guint64 sizes[] = {
        0, 0, 1, G_GUINT64_CONSTANT (1) << 62, G_GUINT64_CONSTANT (1) << 63, G_MAXUINT64};

    for (guint p = 0; p < host->pgpus->len; p++) {
        VgatePgpu *gpu = g_ptr_array_index (host->pgpus, p);

        if (below (2))
            gpu->vgpu_sizes = VGATE_SIZES_MIXED;
        for (guint i = 0; i < gpu->types->len; i++)
            if (below (4) != 0)
                ((VgateHostType *)g_ptr_array_index (gpu->types, i))->framebuffer =
                    sizes[below (G_N_ELEMENTS (sizes))];
    }
}

static void
mutate_host (VgateHost *host, VgateHost *other)
{
    guint n = below (4);

    for (guint i = 0; i < n; i++) {
        guint what = below (12);
        if (what < 5 && host->devices)
            mutate_device (host);
        else if (what < 7 && host->devices)
            mutate_makeable (host);
        else if (what < 10)
            mutate_gpu (host, other);
        else if (what == 10)
            host->time = below (4) == 0 ? 0 : NOW - 1200 + below (2000);
        else {
            host->simulated = below (2);
            host->has_switch_over = below (2);
        }
    }
}

static char *
clone_guest (const char *xml)
{
    g_autoptr (GString) text = g_string_new (xml);
    g_autoptr (GRegex) regex = g_regex_new ("[0-9a-f]{8}-[0-9a-f]{4}-4000-8000-[0-9a-f]{12}", 0, 0, NULL);
    g_autoptr (GHashTable) seen = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
    g_autoptr (GMatchInfo) match = NULL;
    GHashTableIter iter;
    gpointer key, value;

    g_regex_match (regex, xml, 0, &match);
    while (g_match_info_matches (match)) {
        char *uuid = g_match_info_fetch (match, 0);
        if (strstr (uuid, "-0001-4000"))
            g_free (uuid); /* the host's */
        else if (!g_hash_table_contains (seen, uuid))
            g_hash_table_insert (seen, uuid, fresh_uuid ());
        else
            g_free (uuid);
        g_match_info_next (match, NULL);
    }
    g_hash_table_iter_init (&iter, seen);
    while (g_hash_table_iter_next (&iter, &key, &value))
        g_string_replace (text, key, value, 0);
    return g_string_free (g_steal_pointer (&text), FALSE);
}

static void
mutate_guest (VgateFleetGuest *guest)
{
    VgateDomain *d = guest->domain;
    guint n = below (3);

    for (guint i = 0; i < d->hostdevs->len; i++) {
        VgateHostdev *h = g_ptr_array_index (d->hostdevs, i);
        VgateElementVgpu *v = NULL;
        if (h->kind != VGATE_HOSTDEV_PCI || pool->len == 0 || below (2))
            continue;
        for (guint k = 0; d->element && k < d->element->vgpus->len; k++) {
            VgateElementVgpu *c = g_ptr_array_index (d->element->vgpus, k);
            if (c->guest_address && g_strcmp0 (c->guest_address, h->guest_address) == 0)
                v = c;
        }
        set_text (&h->source, g_ptr_array_index (pool, below (pool->len)));
        if (v && v->vf)
            set_text (&v->vf, h->source);
    }
    for (guint i = 0; d->element && i < n; i++) {
        VgateElementVgpu *v = g_ptr_array_index (d->element->vgpus, below (d->element->vgpus->len));
        switch (below (9)) {
        case 0: d->element->time = below (4) == 0 ? 0 : NOW - 1200 + below (2000); break;
        case 1: d->element->power = (int)below (2); break;
        case 2: d->element->max_downtime = below (2) * 300; break;
        case 3: v->framebuffer_used = (guint64)below (4) << 30; break;
        case 4: v->pgpu.read_bandwidth = below (2) * 1000; break;
        case 5: v->type += below (3); break;
        case 6: set_text (&v->type_name, "unknown"); break;
        case 7:
            if (v->guest_address) {
                VgateHostdev *h = (VgateHostdev *)vgate_domain_find_hostdev (d, v->guest_address);
                if (h) {
                    set_text (&v->guest_address, NULL);
                    set_text (&h->guest_address, NULL);
                    h->is_on_command_line = TRUE;
                }
            }
            break;
        default: set_text (&v->guest_address, NULL);
        }
    }
}

/* --- the plain answer, as matrix.c has it --- */

static VgateCellKind
kind_of (const VgateDecision *decision)
{
    if (decision->code == VGATE_CODE_NOT_CONCERNED)
        return VGATE_CELL_NOT_CONCERNED;
    if (decision->allowed)
        return VGATE_CELL_LIVE;
    if (decision->code == VGATE_CODE_RUNS_THERE)
        return VGATE_CELL_HERE;
    if (decision->has_suggestion)
        return VGATE_CELL_PREPARE;
    return vgate_code_is_unanswered (decision->code) ? VGATE_CELL_UNKNOWN : VGATE_CELL_NO;
}

static char *
normal (const char *text)
{
    g_autoptr (GRegex) regex = g_regex_new ("mediated device [-0-9a-f]{36}, to be created,", 0, 0, NULL);

    return g_regex_replace_literal (regex, text, -1, 0, "mediated device NEW", 0, NULL);
}

static char *
plain (const VgateFleetQuestion *q, const VgateFleetGuest *guest, const VgateFleetHost *host)
{
    GString *text = g_string_new (NULL);
    const VgateOperation operation = vgate_fleet_operation (guest);
    g_autoptr (VgateDecision) d = vgate_fleet_decide (q, guest, host, operation);
    VgateCellKind kind = kind_of (d);
    guint32 limit = 0;
    g_autofree char *t = normal (d->text);

    if (kind == VGATE_CELL_NO) {
        limit = d->limit;
        if (operation == VGATE_OPERATION_MIGRATE) {
            g_autoptr (VgateDecision) s = vgate_fleet_decide (q, guest, host, VGATE_OPERATION_PREPARE);
            if (s->allowed)
                kind = VGATE_CELL_COLD;
        }
    }
    g_string_printf (text, "%s %d %u %s", vgate_cell_name (kind), d->code, limit, t);
    for (guint i = 0; i < d->warnings->len; i++) {
        const VgateWarning *w = g_ptr_array_index (d->warnings, i);
        g_autofree char *wt = normal (w->text);
        g_string_append_printf (text, "\n  %d %s", w->code, wt);
    }
    return g_string_free (text, FALSE);
}

static char *
cell (const VgateMatrix *m, guint g, guint h)
{
    const VgateOutcome *o = vgate_matrix_cell (m, g, h);
    GString *text = g_string_new (NULL);
    g_autofree char *full = vgate_cell_text (m, o->text, g, h), *t = normal (full);

    g_string_printf (text, "%s %d %u %s", vgate_cell_name (o->kind), o->code, o->limit, t);
    for (guint i = 0; i < o->warnings->len; i++) {
        const VgateWarning *w = g_ptr_array_index (o->warnings, i);
        g_autofree char *wfull = vgate_cell_text (m, w->text, g, h), *wt = normal (wfull);
        g_string_append_printf (text, "\n  %d %s", w->code, wt);
    }
    return g_string_free (text, FALSE);
}

static void
vary_policy (VgatePolicy *p)
{
    static const VgatePlacementMode modes[] = {VGATE_PLACEMENT_APPLY, VGATE_PLACEMENT_SUGGEST,
                                               VGATE_PLACEMENT_OFF};
    p->gate_cold_start = below (6) != 0;
    p->placement_mode = modes[below (7) % 3];
    p->placement_order = below (2) ? VGATE_ORDER_BREADTH_FIRST : VGATE_ORDER_DEPTH_FIRST;
    p->max_age = below (2) * 300;
    p->host_max_age = below (2) * 300;
    for (guint r = 0; r < VGATE_N_RULES; r++)
        if (below (5) == 0)
            p->severities[r] = (VgateSeverity)below (3);
    p->allow_missing_metadata = below (6) == 0;
    p->link_speed = below (2) * 10000;
    p->down_time_limit = below (2) * 500;
}

/* The age has three digits or four, where messages have as many characters as they can have. */
static void
set_ages (VgateFleet *fleet, VgatePolicy *policy)
{
    policy->max_age = policy->host_max_age = 300;
    policy->severities[VGATE_RULE_METADATA_OLD] = VGATE_SEVERITY_IGNORE;
    policy->severities[VGATE_RULE_HOST_DOCUMENT_OLD] = VGATE_SEVERITY_REFUSE;
    policy->severities[VGATE_RULE_NO_FREE_INSTANCE] = VGATE_SEVERITY_WARN;
    for (guint h = 0; h < fleet->hosts->len; h++) {
        VgateHost *host = ((VgateFleetHost *)g_ptr_array_index (fleet->hosts, h))->host;
        g_autofree char *name = g_strnfill (1 + (gsize)(h % 60), 'x');

        host->time = NOW - (h < 60 ? 999 : 1000);
        for (guint i = 0; i < host->pgpus->len; i++)
            set_text (&((VgatePgpu *)g_ptr_array_index (host->pgpus, i))->name, name);
    }
    for (guint g = 0; g < fleet->guests->len; g++) {
        VgateElement *element = ((VgateFleetGuest *)g_ptr_array_index (fleet->guests, g))->domain->element;

        if (element)
            element->time = NOW - (below (2) ? 999 : 1000);
    }
}

/* Compares all cells, and returns how many there are. */
static guint
check_fleet (VgateFleet *fleet, guint seed)
{
    g_autoptr (VgatePolicy) policy = vgate_policy_new_default ();
    const VgateFleetQuestion question = {policy, "/nonexistent", NOW};
    g_autoptr (VgateMatrix) matrix = NULL;

    vary_policy (policy);
    if (variant->has_targets)
        policy->placement_mode = below (2) ? VGATE_PLACEMENT_APPLY : VGATE_PLACEMENT_SUGGEST;
    if (variant->has_ages)
        set_ages (fleet, policy);
    matrix = vgate_matrix_new (fleet, &question, NULL, NULL);
    for (guint g = 0; g < fleet->guests->len; g++) {
        for (guint h = 0; h < fleet->hosts->len; h++) {
            const VgateFleetGuest *guest = g_ptr_array_index (fleet->guests, g);
            const VgateFleetHost *host = g_ptr_array_index (fleet->hosts, h);
            g_autofree char *in_matrix = cell (matrix, g, h), *alone = plain (&question, guest, host);

            if (strcmp (in_matrix, alone) != 0)
                g_error ("seed %u: guest %u on host %u:\nmatrix %s\nalone  %s", seed, g, h, in_matrix, alone);
        }
    }
    return fleet->guests->len * fleet->hosts->len;
}

/* Gives a copy of a host, and what is and runs there, other names. */
static void
rename_host (VgateHost *host, guint number, gboolean is_long)
{
    VgateHostDevices *devices = host->devices;

    g_free (host->uuid);
    host->uuid = fresh_uuid ();
    g_free (host->name);
    host->name = g_strdup_printf ("clone%u-%s", number, is_long ? "of-a-long-name.example.org" : "x");
    for (guint i = 0; devices && i < devices->vgpus->len; i++) {
        VgateHostVgpu *vgpu = g_ptr_array_index (devices->vgpus, i);
        g_autofree char *mdev = g_steal_pointer (&vgpu->mdev);

        g_free (vgpu->uuid);
        vgpu->uuid = fresh_uuid ();
        g_free (vgpu->domain);
        vgpu->domain = fresh_uuid ();
        vgpu->mdev = mdev ? fresh_uuid () : NULL;
        for (guint d = 0; mdev && d < devices->devices->len; d++) {
            VgateHostDevice *device = g_ptr_array_index (devices->devices, d);

            if (strcmp (device->listed.source, mdev) == 0)
                set_text (&device->listed.source, vgpu->mdev);
        }
    }
    for (guint i = 0; devices && i < devices->devices->len; i++) {
        VgateHostDevice *device = g_ptr_array_index (devices->devices, i);

        if (device->listed.kind == VGATE_HOSTDEV_MDEV && !device->use && !runs_on (devices, device)) {
            g_free (device->listed.source);
            device->listed.source = fresh_uuid ();
        }
    }
}

static void
add_hosts (VgateFleet *fleet, gboolean is_mutated)
{
    for (guint i = 0; i < host_xml->len; i++) {
        const char *xml = g_ptr_array_index (host_xml, i);
        const guint n = variant->has_ages ? (i == 0 ? 120 : 0) : is_mutated ? 1 + below (3) : 1;

        for (guint k = 0; k < n; k++) {
            g_autoptr (VgateHost) host = vgate_host_read (xml, strlen (xml), NULL);
            const char *other_xml = g_ptr_array_index (host_xml, below (host_xml->len));
            g_autoptr (VgateHost) other = vgate_host_read (other_xml, strlen (other_xml), NULL);
            g_autofree char *text = NULL;

            if (is_mutated && !variant->has_ages)
                mutate_host (host, other);
            if (is_mutated && variant->has_sizes)
                change_sizes (host);
            if (k > 0)
                rename_host (host, k, i % 2 == 1);
            text = vgate_host_write (host);
            vgate_fleet_add_host (fleet, "h", text, strlen (text));
        }
    }
}

static void
add_to_pool (const VgateFleetHost *host, gboolean is_any)
{
    const VgateHostDevices *devices = host->host->devices;

    for (guint i = 0; devices && i < devices->devices->len; i++) {
        const VgateHostDevice *device = g_ptr_array_index (devices->devices, i);

        if (device->listed.kind == VGATE_HOSTDEV_PCI && (is_any || !device->use || below (3) == 0))
            g_ptr_array_add (pool, g_strdup (device->listed.source));
    }
}

static VgateFleet *
new_fleet (gboolean is_mutated)
{
    VgateFleet *fleet = vgate_fleet_new ();

    add_hosts (fleet, is_mutated);
    for (guint h = 0; h < fleet->hosts->len; h++)
        add_to_pool (g_ptr_array_index (fleet->hosts, h), FALSE);
    if (variant->has_pool) {
        g_ptr_array_set_size (pool, 0);
        for (guint i = 0; i < 40 && pool->len == 0; i++)
            add_to_pool (g_ptr_array_index (fleet->hosts, below (fleet->hosts->len)), TRUE);
    }
    for (guint i = 0; i < guest_xml->len; i++) {
        const char *xml = g_ptr_array_index (guest_xml, i);
        const guint n = is_mutated ? 1 + below (variant->has_pool && strstr (xml, "vf=") ? 10 : 3) : 1;

        for (guint k = 0; k < n; k++) {
            g_autofree char *text = k > 0 ? clone_guest (xml) : g_strdup (xml);
            VgateFleetGuest *guest = vgate_fleet_add_guest (fleet, "g", text, strlen (text));

            if (guest && is_mutated && k > 0)
                mutate_guest (guest);
        }
    }
    return fleet;
}

/* A guest of the fleet with two virtual functions. */
static const char *
find_guest_with_two (void)
{
    const char *two = NULL;

    for (guint i = 0; i < guest_xml->len; i++) {
        const char *xml = g_ptr_array_index (guest_xml, i), *vf = strstr (xml, "vf=");

        if (vf && strstr (vf + 1, "vf=") && (!two || below (2)))
            two = xml;
    }
    return two;
}

/* Gives the first two vGPUs with a hostdev these addresses. */
static void
name_devices (VgateDomain *domain, const char *const addresses[2])
{
    guint n = 0;

    for (guint i = 0; domain->element && i < domain->hostdevs->len && n < 2; i++) {
        VgateHostdev *hostdev = g_ptr_array_index (domain->hostdevs, i);

        for (guint v = 0; v < domain->element->vgpus->len; v++) {
            VgateElementVgpu *vgpu = g_ptr_array_index (domain->element->vgpus, v);

            if (g_strcmp0 (vgpu->guest_address, hostdev->guest_address) == 0) {
                set_text (&hostdev->source, addresses[n]);
                set_text (&vgpu->vf, addresses[n]);
                n++;
                break;
            }
        }
    }
}

/* Adds copies of a guest with two virtual functions: each names another one that is free on some hosts, and
 * one that is in use. */
static void
add_targets (VgateFleet *fleet)
{
    g_autoptr (GPtrArray) unused = g_ptr_array_new (), in_use = g_ptr_array_new ();
    const char *two = find_guest_with_two ();

    for (guint h = 0; h < fleet->hosts->len && (unused->len < 2 || in_use->len == 0); h++) {
        const VgateFleetHost *host = g_ptr_array_index (fleet->hosts, h);
        const VgateHostDevices *devices = host->host->devices;

        g_ptr_array_set_size (unused, 0);
        g_ptr_array_set_size (in_use, 0);
        for (guint i = 0; devices && i < devices->devices->len; i++) {
            const VgateHostDevice *device = g_ptr_array_index (devices->devices, i);

            if (device->listed.kind == VGATE_HOSTDEV_PCI)
                g_ptr_array_add (device->use ? in_use : unused, device->listed.source);
        }
    }
    for (guint i = 0; two && i < unused->len && in_use->len > 0; i++) {
        const char *const addresses[] = {g_ptr_array_index (unused, i), g_ptr_array_index (in_use, 0)};
        g_autofree char *text = clone_guest (two);

        name_devices (vgate_fleet_add_guest (fleet, "t", text, strlen (text))->domain, addresses);
    }
}

/* What is made of a random fleet. The random numbers of the second one follow those of the first. */
enum { PLAIN = 1, MUTATED = 2, BOTH = PLAIN | MUTATED };

/* Checks what is made of the random fleet of the seed. */
static guint
check_seed (guint seed, guint what)
{
    RandomFleet wanted;
    guint n_cells = 0;

    rnd = g_rand_new_with_seed (seed);
    n_uuid = 0;
    host_xml = g_ptr_array_new_with_free_func (g_free);
    guest_xml = g_ptr_array_new_with_free_func (g_free);
    pool = g_ptr_array_new_with_free_func (g_free);
    wanted = (RandomFleet){.seed = seed,
                           .n_hosts = 4 + below (8),
                           .n_guests = 6 + below (18),
                           .now = NOW,
                           .is_irregular = below (2),
                           .is_uniform = below (2),
                           .is_varied = below (3) != 0};
    if (variant->has_targets) {
        wanted.n_gpus = 1;
        wanted.is_uniform = wanted.is_varied = TRUE;
        wanted.n_hosts = wanted.n_guests = 12;
        wanted.is_irregular = FALSE;
    }
    random_fleet_write (&wanted, collect, NULL);
    for (guint made = PLAIN; made <= MUTATED; made++) {
        g_autoptr (VgateFleet) fleet = (what & made) ? new_fleet (made == MUTATED) : NULL;

        if (fleet && variant->has_targets)
            add_targets (fleet);
        if (fleet)
            n_cells += check_fleet (fleet, seed);
    }
    g_ptr_array_unref (pool);
    g_ptr_array_unref (host_xml);
    g_ptr_array_unref (guest_xml);
    g_rand_free (rnd);
    return n_cells;
}

/* Fleets in which a cell was wrong once. */
static const struct {
    const char *variant;
    guint seed;
    guint what;
    const char *about;
} fixed[] = {
    {"targets", 20095, PLAIN, "a guest with two vGPUs gets the device that another guest names"},
    {"pool", 10255, MUTATED, "both vGPUs of a guest get one virtual function"},
    {"types", 47, BOTH, "the type of a device has another name on another GPU"},
    {"types", 5042, BOTH, "likewise"},
    {"types", 433, BOTH, "a message shows the name of another device"},
    {"documents", 622, BOTH, "likewise"},
    {"documents", 40508, BOTH, "likewise"},
    {"ages", 50002, MUTATED, "999 s and 1000 s"},
    {"running", 14, BOTH, "a vGPU runs on a device without a user"},
    {"targets", 61003, MUTATED, "a host only has virtual functions whose type cannot be read"},
    {"types", 900020, BOTH, "a guest cannot migrate because of the bus at switch-over, but can start"},
    {"targets", 1208680863, BOTH, "a host without any device, whose GPU cannot run the guest"},
};

static guint
number_of (const char *variable, guint otherwise)
{
    const char *text = g_getenv (variable);

    return text ? (guint)g_ascii_strtoull (text, NULL, 10) : otherwise;
}

static void
test_variant (gconstpointer data)
{
    guint64 n_cells = 0;

    variant = data;
    for (guint i = 0; i < G_N_ELEMENTS (fixed); i++) {
        if (strcmp (fixed[i].variant, variant->name) != 0)
            continue;
        g_test_message ("%s", fixed[i].about);
        n_cells += check_seed (fixed[i].seed, fixed[i].what);
    }
    {
        const guint first = number_of ("VGATE_FIRST_SEED", (guint)g_test_rand_int () & 0x7fffffff);
        const guint n = number_of ("VGATE_SEEDS", variant->n_seeds);

        for (guint i = 0; i < n; i++)
            n_cells += check_seed (first + i, BOTH);
    }
    g_test_message ("%" G_GUINT64_FORMAT " cells", n_cells);
    g_assert_cmpuint (n_cells, >, 0);
}

int
main (int argc, char *argv[])
{
    static const Variant variants[] = {
        {.name = "documents", .n_seeds = 8},
        {.name = "types", .has_types = TRUE, .n_seeds = 8},
        {.name = "ages", .has_ages = TRUE, .n_seeds = 0},
        {.name = "pool", .has_pool = TRUE, .n_seeds = 5},
        {.name = "running", .has_types = TRUE, .has_running = TRUE, .n_seeds = 5},
        {.name = "sizes", .has_sizes = TRUE, .n_seeds = 5},
        {.name = "targets", .has_targets = TRUE, .n_seeds = 6},
    };

    g_test_init (&argc, &argv, NULL);
    for (guint i = 0; i < G_N_ELEMENTS (variants); i++) {
        g_autofree char *path = g_strconcat ("/fleet/mutated/", variants[i].name, NULL);

        g_test_add_data_func (path, &variants[i], test_variant);
    }
    return g_test_run ();
}
