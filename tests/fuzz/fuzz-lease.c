/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Fuzz target: the file of the leases. What is accepted can be written, and is the same when it is read
 * again. */
#include "placement/lease.h"
#include "scratch.h"

#define FILE_NAME "run/vgpu-gate/leases"

int LLVMFuzzerTestOneInput (const guint8 *data, gsize size);

static void
assert_same (const VgateLeases *a, const VgateLeases *b)
{
    g_assert_cmpuint (a->all->len, ==, b->all->len);
    for (guint i = 0; i < a->all->len; i++) {
        const VgateLease *lease = g_ptr_array_index (a->all, i);
        const VgateLease *same = g_ptr_array_index (b->all, i);

        g_assert_cmpstr (lease->domain, ==, same->domain);
        g_assert_cmpint (lease->kind, ==, same->kind);
        g_assert_cmpstr (lease->type_name, ==, same->type_name);
        g_assert_cmpstr (lease->device, ==, same->device);
        g_assert_cmpstr (lease->instead_of, ==, same->instead_of);
        g_assert_cmpstr (lease->parent, ==, same->parent);
        g_assert_cmpstr (lease->pgpu, ==, same->pgpu);
        g_assert_cmpuint (lease->type, ==, same->type);
        g_assert_cmpint (lease->state, ==, same->state);
        g_assert_cmpuint (lease->expires, ==, same->expires);
    }
}

/* Expired leases are not written, except those that record a created or removed device. (No input has too
 * many of the latter.) */
static void
keep_what_stays (VgateLeases *leases)
{
    for (guint i = 0; i < leases->all->len; i++) {
        VgateLease *lease = g_ptr_array_index (leases->all, i);

        if (lease->state != VGATE_LEASE_UNMADE)
            lease->state = VGATE_LEASE_MADE;
    }
}

int
LLVMFuzzerTestOneInput (const guint8 *data, gsize size)
{
    const char *root = fuzz_scratch_put (FILE_NAME, data, size);
    g_autoptr (GError) error = NULL;
    g_autoptr (VgateLeases) leases = vgate_leases_open (root, FALSE, &error), again = NULL;

    if (!leases) {
        g_assert_error (error, VGATE_ERROR, VGATE_CODE_LEASE_UNREADABLE);
        return 0;
    }
    keep_what_stays (leases);
    g_assert_true (vgate_leases_save (leases, 0, NULL));
    again = vgate_leases_open (root, TRUE, &error);
    g_assert_no_error (error);
    assert_same (leases, again);
    return 0;
}
