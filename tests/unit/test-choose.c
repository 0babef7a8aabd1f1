/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The choice of devices: the order, the capacities, and that a possible choice is always found. */
#include "placement/choose.h"

#include <string.h>
#include <time.h>

#define N_PGPUS 2
#define TYPE    1120u
#define SMALL   1119u

typedef struct {
    VgateHost *host;
    GPtrArray *slots;
    GPtrArray *wants;
    guint loads[N_PGPUS];
    GArray *promises;
    VgateChoice choice;
} Fixture;

static void
add_type (VgatePgpu *pgpu, guint32 id, guint64 framebuffer, guint free_instances)
{
    VgateHostType *type = vgate_host_type_new ();

    type->id = id;
    type->name = g_strdup_printf ("type %u", id);
    type->framebuffer = framebuffer;
    type->max_instances = type->free_instances = free_instances;
    g_ptr_array_add (pgpu->types, type);
}

static void
set_up (Fixture *f, G_GNUC_UNUSED gconstpointer data)
{
    f->host = vgate_host_new ();
    for (guint i = 0; i < N_PGPUS; i++) {
        VgatePgpu *pgpu = vgate_pgpu_new ();

        pgpu->address = g_strdup_printf ("0000:%u1:00.0", 4 + i);
        pgpu->vgpu_sizes = VGATE_SIZES_MIXED;
        add_type (pgpu, TYPE, 20, 4);
        add_type (pgpu, SMALL, 10, 8);
        g_ptr_array_add (f->host->pgpus, pgpu);
    }
    f->slots = g_ptr_array_new_with_free_func ((GDestroyNotify)vgate_slot_free);
    f->wants = vgate_wants_new ();
    f->promises = g_array_new (FALSE, FALSE, sizeof (VgatePromise));
    f->choice = (VgateChoice){.host = f->host, .slots = f->slots, .loads = f->loads, .promises = f->promises};
}

static void
tear_down (Fixture *f, G_GNUC_UNUSED gconstpointer data)
{
    g_array_unref (f->promises);
    g_ptr_array_unref (f->wants);
    g_ptr_array_unref (f->slots);
    vgate_host_free (f->host);
}

static VgateSlot *
add_slot (Fixture *f, const char *device, guint pgpu, guint32 type)
{
    VgateSlot *slot = g_new0 (VgateSlot, 1);

    slot->kind = VGATE_HOSTDEV_MDEV;
    slot->device = g_strdup (device);
    slot->parent = g_strdup_printf ("0000:%u1:00.0", 4 + pgpu);
    slot->pgpu = pgpu;
    slot->type = type;
    slot->type_name = g_strdup_printf ("type %u", type);
    slot->exists = TRUE;
    slot->available = 1;
    g_ptr_array_add (f->slots, slot);
    return slot;
}

static VgateSlot *
add_makeable (Fixture *f, guint pgpu, guint32 type, const char *parent, guint available)
{
    VgateSlot *slot = add_slot (f, NULL, pgpu, type);

    g_free (slot->parent);
    slot->parent = g_strdup (parent);
    slot->exists = FALSE;
    slot->available = available;
    return slot;
}

static const VgateHostType *
type_at (const Fixture *f, guint pgpu, guint32 type)
{
    return vgate_pgpu_find_type (g_ptr_array_index (f->host->pgpus, pgpu), type, NULL);
}

static void
promise (Fixture *f, guint pgpu, guint32 type, guint count)
{
    const VgatePromise promise = {pgpu, type_at (f, pgpu, type)};

    for (guint i = 0; i < count; i++)
        g_array_append_val (f->promises, promise);
}

static void
set_type (const Fixture *f, VgateWant *want, guint32 type)
{
    want->type = type;
    want->type_name = type == TYPE ? "type 1120" : "type 1119";
    for (guint i = 0; i < N_PGPUS; i++)
        want->fits[i].offered = type_at (f, i, type);
}

static VgateWant *
add_want (Fixture *f, const char *named, guint32 type)
{
    VgateWant *want = vgate_wants_add (f->wants, N_PGPUS);

    want->kind = VGATE_HOSTDEV_MDEV;
    want->named = named;
    for (guint i = 0; i < N_PGPUS; i++)
        want->fits[i] = (VgateFit){.can_take_device = TRUE, .can_make_device = TRUE};
    set_type (f, want, type);
    return want;
}

#define TEST(name) static void name (Fixture *f, G_GNUC_UNUSED gconstpointer data)

/* The named device first, then existing ones, then those that can be created. */
TEST (test_classes)
{
    VgateSlot *made = add_makeable (f, 0, TYPE, "0000:41:00.4", 1);
    VgateSlot *free_one = add_slot (f, "a", 0, TYPE), *named = add_slot (f, "b", 0, TYPE);
    VgateWant *want = add_want (f, "b", TYPE);

    g_assert_true (vgate_choose (&f->choice, f->wants));
    g_assert_true (want->slot == named);
    named->in_use = "somebody";
    want->slot = NULL;
    g_assert_true (vgate_choose (&f->choice, f->wants));
    g_assert_true (want->slot == free_one);
    free_one->type = SMALL;
    g_free (free_one->type_name);
    free_one->type_name = g_strdup ("type 1119");
    want->slot = NULL;
    g_assert_true (vgate_choose (&f->choice, f->wants));
    g_assert_true (want->slot == made);
    want->fits[0].can_make_device = FALSE;
    want->slot = NULL;
    g_assert_false (vgate_choose (&f->choice, f->wants));
    g_assert_null (want->slot);
}

/* A vGPU that keeps its device's name prefers a device that is created under it to one that exists. */
TEST (test_keeps_name)
{
    VgateSlot *made = add_makeable (f, 0, TYPE, "0000:41:00.4", 1);
    VgateSlot *free_one = add_slot (f, "a", 0, TYPE), *named = add_slot (f, "b", 0, TYPE);
    VgateWant *want = add_want (f, "b", TYPE);

    want->keeps_name = TRUE;
    g_assert_true (vgate_choose (&f->choice, f->wants));
    g_assert_true (want->slot == named);
    named->in_use = "somebody";
    g_assert_true (vgate_choose (&f->choice, f->wants));
    g_assert_true (want->slot == made);
    made->available = 0;
    g_assert_true (vgate_choose (&f->choice, f->wants));
    g_assert_true (want->slot == free_one);
}

/* The name of the type decides. A type without a name is compared by number, if the host's list has no name
 * for it. */
TEST (test_type_names)
{
    VgateSlot *slot = add_slot (f, "a", 0, SMALL);
    VgateWant *want = add_want (f, "b", TYPE);

    g_assert_false (vgate_choose (&f->choice, f->wants));
    g_free (slot->type_name);
    slot->type_name = g_strdup ("type 1120");
    g_assert_true (vgate_choose (&f->choice, f->wants));
    want->slot = NULL;
    g_clear_pointer (&slot->type_name, g_free);
    g_assert_false (vgate_choose (&f->choice, f->wants));
    slot->type = TYPE;
    g_assert_true (vgate_choose (&f->choice, f->wants));
    want->slot = NULL;
    want->type = SMALL; /* as the source numbers it */
    g_assert_true (vgate_choose (&f->choice, f->wants));
    want->slot = NULL;
    slot->type = 7;
    g_assert_false (vgate_choose (&f->choice, f->wants));
    want->type = 7;
    g_assert_true (vgate_choose (&f->choice, f->wants));
}

/* A named virtual function without a type comes before others without one, but after one that has the
 * type. */
TEST (test_named_vf)
{
    VgateSlot *slots[3];
    VgateWant *want = add_want (f, "0000:41:00.5", TYPE);

    for (guint i = 0; i < 3; i++) {
        g_autofree char *address = g_strdup_printf ("0000:41:00.%u", 4 + i);

        slots[i] = add_makeable (f, 0, TYPE, address, 1);
        slots[i]->device = g_strdup (address);
        slots[i]->kind = VGATE_HOSTDEV_PCI;
    }
    g_assert_false (vgate_choose (&f->choice, f->wants)); /* of the other kind */
    want->kind = VGATE_HOSTDEV_PCI;
    g_assert_true (vgate_choose (&f->choice, f->wants));
    g_assert_true (want->slot == slots[1]);
    slots[2]->exists = TRUE;
    want->slot = NULL;
    g_assert_true (vgate_choose (&f->choice, f->wants));
    g_assert_true (want->slot == slots[2]);
}

static guint
count_on (const Fixture *f, guint pgpu)
{
    guint n = 0;

    for (guint i = 0; i < f->wants->len; i++)
        n += ((VgateWant *)g_ptr_array_index (f->wants, i))->slot->pgpu == pgpu ? 1 : 0;
    return n;
}

/* The guest's own vGPUs count as well: breadth first spreads them, depth first keeps them together. */
TEST (test_orders)
{
    f->loads[1] = 1;
    for (guint i = 0; i < N_PGPUS; i++)
        add_makeable (f, i, TYPE, i == 0 ? "0000:41:00.0" : "0000:51:00.0", 4);
    for (guint i = 0; i < 3; i++)
        add_want (f, "x", TYPE);
    g_assert_true (vgate_choose (&f->choice, f->wants));
    g_assert_cmpuint (count_on (f, 0), ==, 2);
    for (guint i = 0; i < f->wants->len; i++)
        ((VgateWant *)g_ptr_array_index (f->wants, i))->slot = NULL;
    f->choice.order = VGATE_ORDER_DEPTH_FIRST;
    g_assert_true (vgate_choose (&f->choice, f->wants));
    g_assert_cmpuint (count_on (f, 1), ==, 3);
}

/* A virtual function becomes one vGPU, whatever the type. */
TEST (test_parent)
{
    add_makeable (f, 0, TYPE, "0000:41:00.4", 1);
    add_makeable (f, 0, SMALL, "0000:41:00.4", 1);
    add_want (f, "x", TYPE);
    g_assert_true (vgate_choose (&f->choice, f->wants));
    add_want (f, "y", SMALL);
    g_assert_false (vgate_choose (&f->choice, f->wants));
}

/* A GPU's frame buffer, its instances, and the leases of others. */
TEST (test_gpu)
{
    add_makeable (f, 0, TYPE, "0000:41:00.0", 8);
    add_makeable (f, 0, SMALL, "0000:41:00.0", 8);
    for (guint i = 0; i < 3; i++)
        add_want (f, "x", TYPE);
    for (guint i = 0; i < 2; i++)
        add_want (f, "y", SMALL);
    g_assert_true (vgate_choose (&f->choice, f->wants));
    add_want (f, "z", SMALL);
    g_assert_false (vgate_choose (&f->choice, f->wants));
    f->choice.is_unlimited = TRUE;
    g_assert_true (vgate_choose (&f->choice, f->wants));
    f->choice.is_unlimited = FALSE;
    g_ptr_array_set_size (f->wants, 0);
    promise (f, 0, TYPE, 4);
    add_want (f, "x", TYPE);
    g_assert_false (vgate_choose (&f->choice, f->wants));
    g_array_set_size (f->promises, 3);
    g_assert_true (vgate_choose (&f->choice, f->wants));
}

/* A lease takes the size of its own type, not of the wanted one. */
TEST (test_promised_sizes)
{
    VgateWant *want = add_want (f, "x", TYPE);

    add_makeable (f, 0, TYPE, "0000:41:00.0", 8);
    add_makeable (f, 0, SMALL, "0000:41:00.0", 8);
    promise (f, 1, TYPE, 4); /* on another GPU */
    promise (f, 0, SMALL, 6);
    g_assert_true (vgate_choose (&f->choice, f->wants));
    want->slot = NULL;
    promise (f, 0, SMALL, 1); /* 10 of 80 are left */
    g_assert_false (vgate_choose (&f->choice, f->wants));
    set_type (f, want, SMALL);
    g_assert_true (vgate_choose (&f->choice, f->wants));
}

/* If a GPU cannot mix sizes, a lease keeps the others away, even one of the same guest. */
TEST (test_equal_sizes)
{
    VgatePgpu *first = g_ptr_array_index (f->host->pgpus, 0);
    VgateWant *want = add_want (f, "x", TYPE);

    add_makeable (f, 0, TYPE, "0000:41:00.0", 8);
    add_makeable (f, 0, SMALL, "0000:41:00.0", 8);
    promise (f, 0, SMALL, 1);
    /* the driver does not report it, as before r550 */
    first->vgpu_sizes = VGATE_SIZES_UNKNOWN;
    g_assert_false (vgate_choose (&f->choice, f->wants));
    first->vgpu_sizes = VGATE_SIZES_MIXED;
    g_assert_true (vgate_choose (&f->choice, f->wants));
    want->slot = NULL;
    first->vgpu_sizes = VGATE_SIZES_EQUAL;
    g_assert_false (vgate_choose (&f->choice, f->wants));
    g_array_set_size (f->promises, 0);
    promise (f, 0, TYPE, 1);
    g_assert_true (vgate_choose (&f->choice, f->wants));
    want->slot = NULL;
    add_want (f, "y", SMALL);
    g_assert_false (vgate_choose (&f->choice, f->wants));
}

/* A GPU in MIG mode does not report sizes either, and has only MIG-backed types. */
TEST (test_mig_sizes)
{
    static const char *const names[] = {"NVIDIA H100XM-1-10C", "NVIDIA H100XM-3-40C", "NVIDIA A100-1-5CME",
                                        "NVIDIA RTX6000-Ada-48Q", "NVIDIA H100XM-40C"};
    VgateHostType *type = (VgateHostType *)type_at (f, 0, TYPE);
    VgateWant *want = add_want (f, "x", TYPE);

    ((VgatePgpu *)g_ptr_array_index (f->host->pgpus, 0))->vgpu_sizes = VGATE_SIZES_UNKNOWN;
    add_makeable (f, 0, TYPE, "0000:41:00.0", 8);
    promise (f, 0, SMALL, 1);
    for (gsize i = 0; i < G_N_ELEMENTS (names); i++) {
        VgateSlot *slot = g_ptr_array_index (f->choice.slots, 0);

        g_free (type->name);
        type->name = g_strdup (names[i]);
        g_free (slot->type_name);
        slot->type_name = g_strdup (names[i]);
        want->type_name = names[i];
        want->slot = NULL;
        g_assert_cmpint (vgate_choose (&f->choice, f->wants), ==, i < 3);
    }
}

/* --- leases and running vGPUs --- */

#define VM_A "4d7c0a6e-9b1f-4f2e-8a35-b1f0c2d9e70a"
#define VM_B "4d7c0a6e-9b1f-4f2e-8a35-b1f0c2d9e70b"

typedef struct {
    GPtrArray *devices, *instances;
    VgateLeases leases;
    guint loads[N_PGPUS];
    GArray *promises;
} Present;

static void
present_clear (Present *present)
{
    g_ptr_array_unref (present->devices);
    g_ptr_array_unref (present->instances);
    g_ptr_array_unref (present->leases.all);
    g_array_unref (present->promises);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Present, present_clear)

static void
present_init (Present *present)
{
    present->devices = g_ptr_array_new_with_free_func ((GDestroyNotify)vgate_listed_device_free);
    present->instances = vgate_instances_new ();
    present->leases.all = g_ptr_array_new_with_free_func ((GDestroyNotify)vgate_lease_free);
    present->promises = g_array_new (FALSE, FALSE, sizeof (VgatePromise));
}

/* A source with a ':' is a virtual function. */
static VgateHostdevKind
kind_of (const char *device)
{
    return strchr (device, ':') ? VGATE_HOSTDEV_PCI : VGATE_HOSTDEV_MDEV;
}

static void
add_device (Present *present, const char *device, guint pgpu, guint32 type)
{
    VgateListedDevice *listed = g_new0 (VgateListedDevice, 1);

    listed->kind = kind_of (device);
    listed->source = g_strdup (device);
    listed->device.kind = VGATE_DEVICE_VGPU;
    listed->device.pgpu = g_strdup_printf ("0000:%u1:00.0", 4 + pgpu);
    listed->device.parent = g_strdup (device);
    listed->device.type = type;
    g_ptr_array_add (present->devices, listed);
}

static void
add_lease (Present *present, const char *vm, VgateLeaseState state, const char *device, guint pgpu,
           guint32 type)
{
    VgateLease *lease = g_new0 (VgateLease, 1);

    lease->domain = g_strdup (vm);
    lease->kind = (int)kind_of (device);
    lease->device = g_strdup (device);
    lease->parent = g_strdup_printf ("0000:%u1:00.4", 4 + pgpu);
    lease->pgpu = g_strdup_printf ("0000:%u1:00.0", 4 + pgpu);
    lease->type = type;
    lease->state = state;
    lease->expires = 1000;
    g_ptr_array_add (present->leases.all, lease);
}

static void
add_instance (Present *present, const char *vm, const char *mdev, guint pgpu, guint32 type)
{
    VgateInstance *instance = vgate_instance_new ();

    instance->vm = g_strdup (vm);
    instance->mdev = g_strdup (mdev);
    instance->pgpu = pgpu;
    instance->type = type;
    instance->type_name = g_strdup_printf ("type %u", type);
    g_ptr_array_add (present->instances, instance);
}

static void
count (const Fixture *f, Present *present)
{
    const VgateHostState state = {.host = f->host,
                                  .devices = present->devices,
                                  .instances = present->instances,
                                  .leases = &present->leases,
                                  .domain = "4d7c0a6e-9b1f-4f2e-8a35-b1f0c2d9e7ff",
                                  .now = 900};

    memset (present->loads, 0, sizeof present->loads);
    g_array_set_size (present->promises, 0);
    vgate_loads_count (&state, present->loads, present->promises);
}

/* A guest's way step by step: it counts once at each step, and its lease no longer counts when it runs. */
TEST (test_counted_once)
{
    static const struct {
        const char *device, *mdev;
    } kinds[] = {{"c0ffee00-0000-4000-8000-000000000001", "c0ffee00-0000-4000-8000-000000000001"},
                 {"0000:41:00.4", NULL}};

    for (gsize i = 0; i < G_N_ELEMENTS (kinds); i++) {
        g_auto (Present) present = {0};
        VgateLease *lease;

        present_init (&present);
        add_lease (&present, VM_A, VGATE_LEASE_PLANNED, kinds[i].device, 0, SMALL);
        lease = g_ptr_array_index (present.leases.all, 0);
        count (f, &present);
        g_assert_cmpuint (present.loads[0], ==, 1);
        g_assert_cmpuint (present.promises->len, ==, 1);
        g_assert_true (g_array_index (present.promises, VgatePromise, 0).type == type_at (f, 0, SMALL));
        lease->state = VGATE_LEASE_MADE;
        add_device (&present, kinds[i].device, 0, SMALL);
        count (f, &present);
        g_assert_cmpuint (present.loads[0], ==, 1);
        g_assert_cmpuint (present.promises->len, ==, 1);
        add_instance (&present, VM_A, kinds[i].mdev, 0, SMALL);
        count (f, &present);
        g_assert_cmpuint (present.loads[0], ==, 1);
        g_assert_cmpuint (present.promises->len, ==, 0);
        /* its lease ends */
        lease->expires = 1;
        count (f, &present);
        g_assert_cmpuint (present.loads[0], ==, 1);
        g_assert_cmpuint (present.promises->len, ==, 0);
        /* and it has ended, but its device still exists */
        g_ptr_array_set_size (present.instances, 0);
        count (f, &present);
        g_assert_cmpuint (present.loads[0], ==, 0);
        g_assert_cmpuint (present.promises->len, ==, 1);
    }
}

/* Two guests with a virtual function each, of which one runs: NVML does not report on which. */
TEST (test_counted_alike)
{
    g_auto (Present) present = {0};

    present_init (&present);
    add_lease (&present, VM_A, VGATE_LEASE_TAKEN, "0000:41:00.4", 0, TYPE);
    add_lease (&present, VM_B, VGATE_LEASE_TAKEN, "0000:41:00.5", 0, TYPE);
    add_device (&present, "0000:41:00.4", 0, TYPE);
    add_device (&present, "0000:41:00.5", 0, TYPE);
    add_device (&present, "0000:41:00.6", 0, 0); /* has no type */
    add_instance (&present, VM_B, NULL, 0, TYPE);
    count (f, &present);
    g_assert_cmpuint (present.loads[0], ==, 2);
    g_assert_cmpuint (present.promises->len, ==, 1);
    /* an unknown vGPU */
    add_instance (&present, "11111111-1111-4111-8111-111111111111", NULL, 0, TYPE);
    count (f, &present);
    g_assert_cmpuint (present.loads[0], ==, 3);
    g_assert_cmpuint (present.promises->len, ==, 0);
}

/* One of two vGPUs fits only where the other one would go first. */
TEST (test_makes_way)
{
    VgateWant *picky, *easy;

    add_slot (f, "a", 0, TYPE);
    add_slot (f, "b", 1, TYPE);
    easy = add_want (f, "x", TYPE);
    picky = add_want (f, "y", TYPE);
    picky->fits[1].can_take_device = FALSE;
    g_assert_true (vgate_choose (&f->choice, f->wants));
    g_assert_cmpstr (picky->slot->device, ==, "a");
    g_assert_cmpstr (easy->slot->device, ==, "b");
}

/* Tries all choices of a few devices. */
static gboolean
is_possible (const Fixture *f, guint w, guint taken)
{
    if (w == f->wants->len)
        return TRUE;
    for (guint i = 0; i < f->slots->len; i++) {
        const VgateSlot *slot = g_ptr_array_index (f->slots, i);
        const VgateWant *want = g_ptr_array_index (f->wants, w);

        if ((taken & 1u << i) == 0 && !slot->in_use && want->type == slot->type &&
            want->fits[slot->pgpu].can_take_device && is_possible (f, w + 1, taken | 1u << i))
            return TRUE;
    }
    return FALSE;
}

TEST (test_against_all_ways)
{
    g_autoptr (GRand) rand = g_rand_new_with_seed (20261125);
    guint n_possible = 0;

    for (guint round = 0; round < 20000; round++) {
        gboolean possible;

        g_ptr_array_set_size (f->slots, 0);
        g_ptr_array_set_size (f->wants, 0);
        for (int i = g_rand_int_range (rand, 1, 7); i > 0; i--) {
            VgateSlot *slot = add_slot (f, "s", (guint)g_rand_int_range (rand, 0, N_PGPUS),
                                        g_rand_boolean (rand) ? TYPE : SMALL);

            slot->in_use = g_rand_int_range (rand, 0, 8) == 0 ? "somebody" : NULL;
        }
        for (int i = g_rand_int_range (rand, 1, 5); i > 0; i--) {
            VgateWant *want =
                add_want (f, g_rand_boolean (rand) ? "s" : "x", g_rand_boolean (rand) ? TYPE : SMALL);

            for (guint p = 0; p < N_PGPUS; p++) {
                want->fits[p].can_take_device = g_rand_int_range (rand, 0, 4) != 0;
            }
        }
        possible = is_possible (f, 0, 0);
        n_possible += possible ? 1 : 0;
        g_assert_cmpint (vgate_choose (&f->choice, f->wants), ==, possible);
        for (guint i = 0; i < f->wants->len; i++)
            for (guint k = 0; k < i; k++) {
                const VgateWant *a = g_ptr_array_index (f->wants, i), *b = g_ptr_array_index (f->wants, k);

                g_assert_true (!a->slot || a->slot != b->slot);
            }
    }
    g_test_message ("%u of 20000 possible", n_possible);
    g_assert_cmpuint (n_possible, >, 2000);
    g_assert_cmpuint (n_possible, <, 18000);
}

/* As many vGPUs as an element can have, on a large host, of which the last ones do not fit: the search must
 * be short. Processor time, because the machine can have other work. */
TEST (test_many)
{
    const clock_t begin = clock ();

    for (guint i = 0; i < 256; i++) {
        g_autofree char *parent = g_strdup_printf ("0000:%02x:00.4", i);

        add_makeable (f, i % N_PGPUS, TYPE, parent, 1);
    }
    for (guint i = 0; i < 64; i++)
        add_want (f, "x", TYPE);
    g_assert_false (vgate_choose (&f->choice, f->wants)); /* only 8 fit */
    g_test_message ("%.3f s", (double)(clock () - begin) / CLOCKS_PER_SEC);
    g_assert_cmpint (clock () - begin, <, 5 * CLOCKS_PER_SEC);
}

#define ADD(path, test) g_test_add ("/choose/" path, Fixture, NULL, set_up, test, tear_down)

int
main (int argc, char **argv)
{
    g_test_init (&argc, &argv, NULL);
    ADD ("classes", test_classes);
    ADD ("keeps-name", test_keeps_name);
    ADD ("type-names", test_type_names);
    ADD ("named-vf", test_named_vf);
    ADD ("orders", test_orders);
    ADD ("parent", test_parent);
    ADD ("gpu", test_gpu);
    ADD ("promised-sizes", test_promised_sizes);
    ADD ("equal-sizes", test_equal_sizes);
    ADD ("mig-sizes", test_mig_sizes);
    ADD ("counted-once", test_counted_once);
    ADD ("counted-alike", test_counted_alike);
    ADD ("makes-way", test_makes_way);
    ADD ("against-all-ways", test_against_all_ways);
    ADD ("many", test_many);
    return g_test_run ();
}
