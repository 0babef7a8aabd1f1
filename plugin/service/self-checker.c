/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "plugin/service/self-checker.h"

#include <gio/gio.h>

#define INTERVAL_SEC 60u
/* The first checks come later than the start, so that the bus and libvirt have been reached. */
#define FIRST_SEC 3u

struct VgateSelfChecker {
    GCancellable *end; /* of the checker */
    gboolean is_running;
    gboolean is_hurried; /* to be repeated as soon as the checks that run have ended */
    guint first, timer;
    GPtrArray *items;
    gint64 time;
};

/* In the thread. The hook reads the installed configuration at each event, so that is the one to check, and
 * not what --config names. NVML and vgpu-gated itself are other parts of the status, and its unit forbids
 * the question to the kernel's clock. */
static void
run (GTask *task, G_GNUC_UNUSED gpointer source, G_GNUC_UNUSED gpointer data, G_GNUC_UNUSED GCancellable *end)
{
    g_autoptr (GError) error = NULL;
    g_autoptr (VgatePolicy) policy = vgate_policy_load (NULL, &error);
    const VgateSelfCheckRequest request = {
        .root = "",
        .config_path = vgate_policy_default_path (),
        .policy = policy,
        .config_error = error,
        .clock = VGATE_SELF_CHECK_CLOCK_SKIPPED,
        .last_reload = vgate_self_check_last_reload,
        .now = g_get_real_time (),
    };

    g_task_return_pointer (task, vgate_self_check_run (&request), (GDestroyNotify)g_ptr_array_unref);
}

static void
on_done (G_GNUC_UNUSED GObject *source, GAsyncResult *result, gpointer user_data)
{
    g_autoptr (GPtrArray) items = g_task_propagate_pointer (G_TASK (result), NULL);
    VgateSelfChecker *checker = user_data;

    /* cancelled: the checker no longer exists */
    if (!items)
        return;
    g_clear_pointer (&checker->items, g_ptr_array_unref);
    checker->items = g_steal_pointer (&items);
    checker->time = g_get_real_time () / G_USEC_PER_SEC;
    checker->is_running = FALSE;
    if (checker->is_hurried)
        vgate_self_checker_hurry (checker);
}

void
vgate_self_checker_hurry (VgateSelfChecker *checker)
{
    g_autoptr (GTask) task = NULL;

    checker->is_hurried = checker->is_running;
    if (checker->is_running)
        return;
    checker->is_running = TRUE;
    task = g_task_new (NULL, checker->end, on_done, checker);
    g_task_run_in_thread (task, run);
}

static gboolean
on_first (gpointer user_data)
{
    VgateSelfChecker *checker = user_data;

    checker->first = 0;
    vgate_self_checker_hurry (checker);
    return G_SOURCE_REMOVE;
}

static gboolean
on_timer (gpointer checker)
{
    if (!((VgateSelfChecker *)checker)->is_running)
        vgate_self_checker_hurry (checker);
    return G_SOURCE_CONTINUE;
}

VgateSelfChecker *
vgate_self_checker_new (void)
{
    VgateSelfChecker *checker = g_new0 (VgateSelfChecker, 1);

    checker->end = g_cancellable_new ();
    checker->first = g_timeout_add_seconds (FIRST_SEC, on_first, checker);
    checker->timer = g_timeout_add_seconds (INTERVAL_SEC, on_timer, checker);
    return checker;
}

GPtrArray *
vgate_self_checker_last (const VgateSelfChecker *checker, gint64 *time)
{
    *time = checker->time;
    return checker->items ? g_ptr_array_ref (checker->items) : NULL;
}

void
vgate_self_checker_free (VgateSelfChecker *checker)
{
    if (!checker)
        return;
    g_cancellable_cancel (checker->end);
    g_object_unref (checker->end);
    if (checker->first > 0)
        g_source_remove (checker->first);
    g_source_remove (checker->timer);
    g_clear_pointer (&checker->items, g_ptr_array_unref);
    g_free (checker);
}
