/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "plugin/base/workers.h"

#include "base/threads.h"

/* The deadline is checked this many times within its length. */
#define CHECKS_PER_DEADLINE 4

typedef struct {
    const VgateWorkKind *kind;
    gpointer data, user_data;
    gint64 began; /* monotonic; 0: no thread has begun it. Under the lock. */
    gboolean is_slow;
} Work;

/* Passes finished work to the main loop. */
typedef struct {
    GSource source;
    VgateWorkers *workers;
} FinishedSource;

struct VgateWorkers {
    VgateThreads *threads;
    guint n_threads;
    guint deadline_ms;
    const VgateWorkersMethods *methods; /* or NULL */
    gpointer user_data;
    GMainContext *context;
    GSource *finished_source;
    GAsyncQueue *finished; /* of Work * */
    GMutex lock;
    GHashTable *pending; /* set of Work *: pushed and not yet done. Main loop only. */
    GSource *deadline_source;
    guint n_slow;
    gint is_closing;
};

static void
work_free (Work *work)
{
    if (work->kind->free_data)
        work->kind->free_data (work->data);
    g_free (work);
}

static void
run_work (gpointer data, gpointer user_data)
{
    VgateWorkers *workers = user_data;
    Work *work = data;

    g_mutex_lock (&workers->lock);
    work->began = g_get_monotonic_time ();
    g_mutex_unlock (&workers->lock);
    if (g_atomic_int_get (&workers->is_closing) == 0)
        work->kind->run (work->data);
    g_async_queue_push (workers->finished, work);
    g_main_context_wakeup (workers->context);
}

static void
set_slow (VgateWorkers *workers, guint n_slow)
{
    workers->n_slow = n_slow;
    vgate_threads_set_max (workers->threads, workers->n_threads + n_slow);
}

static gboolean
on_deadline (gpointer user_data)
{
    VgateWorkers *workers = user_data;
    const gint64 limit = g_get_monotonic_time () - (gint64)workers->deadline_ms * 1000;
    const guint before = workers->n_slow;
    guint n_slow = before;
    GHashTableIter iter;
    gpointer key;

    g_hash_table_iter_init (&iter, workers->pending);
    while (g_hash_table_iter_next (&iter, &key, NULL)) {
        Work *work = key;

        g_mutex_lock (&workers->lock);
        if (!work->is_slow && work->began != 0 && work->began < limit) {
            work->is_slow = TRUE;
            n_slow++;
        }
        g_mutex_unlock (&workers->lock);
    }
    if (n_slow == before)
        return G_SOURCE_CONTINUE;
    set_slow (workers, n_slow);
    if (workers->methods)
        workers->methods->slow (n_slow, workers->user_data);
    return G_SOURCE_CONTINUE;
}

static void
drop_source (GSource **source)
{
    if (!*source)
        return;
    g_source_destroy (*source);
    g_source_unref (*source);
    *source = NULL;
}

static gboolean
finished_prepare (GSource *source, int *timeout)
{
    *timeout = -1;
    return g_async_queue_length (((FinishedSource *)source)->workers->finished) > 0;
}

static gboolean
finished_check (GSource *source)
{
    return g_async_queue_length (((FinishedSource *)source)->workers->finished) > 0;
}

/* One work for each dispatch: done may free the workers, which destroys the source, and vgate_workers_free ()
 * handles the rest. */
static gboolean
finished_dispatch (GSource *source, G_GNUC_UNUSED GSourceFunc callback, G_GNUC_UNUSED gpointer user_data)
{
    VgateWorkers *workers = ((FinishedSource *)source)->workers;
    Work *work = g_async_queue_try_pop (workers->finished);

    if (!work)
        return G_SOURCE_CONTINUE;
    g_hash_table_remove (workers->pending, work);
    if (work->is_slow)
        set_slow (workers, workers->n_slow - 1);
    if (g_hash_table_size (workers->pending) == 0)
        drop_source (&workers->deadline_source);
    if (work->kind->done)
        work->kind->done (work->data, work->user_data);
    work_free (work);
    return G_SOURCE_CONTINUE;
}

static GSourceFuncs finished_funcs = {
    .prepare = finished_prepare,
    .check = finished_check,
    .dispatch = finished_dispatch,
};

VgateWorkers *
vgate_workers_new (guint n_threads, guint deadline_ms, const VgateWorkersMethods *methods, gpointer user_data)
{
    VgateWorkers *workers = g_new0 (VgateWorkers, 1);

    workers->n_threads = n_threads;
    workers->deadline_ms = deadline_ms;
    workers->methods = methods;
    workers->user_data = user_data;
    workers->threads = vgate_threads_new (n_threads, run_work, workers);
    workers->context = g_main_context_ref_thread_default ();
    workers->finished = g_async_queue_new ();
    workers->pending = g_hash_table_new (NULL, NULL);
    g_mutex_init (&workers->lock);
    workers->finished_source = g_source_new (&finished_funcs, sizeof (FinishedSource));
    ((FinishedSource *)workers->finished_source)->workers = workers;
    g_source_attach (workers->finished_source, workers->context);
    return workers;
}

void
vgate_workers_free (VgateWorkers *workers)
{
    Work *work;

    if (!workers)
        return;
    drop_source (&workers->deadline_source);
    drop_source (&workers->finished_source);
    /* queued work passes through run_work () as well, which does not run it then; so it is freed below */
    g_atomic_int_set (&workers->is_closing, 1);
    vgate_threads_free (workers->threads);
    while ((work = g_async_queue_try_pop (workers->finished)))
        work_free (work);
    g_async_queue_unref (workers->finished);
    g_hash_table_unref (workers->pending);
    g_mutex_clear (&workers->lock);
    g_main_context_unref (workers->context);
    g_free (workers);
}

void
vgate_workers_push (VgateWorkers *workers, const VgateWorkKind *kind, gpointer data, gpointer user_data)
{
    Work *work = g_new0 (Work, 1);

    work->kind = kind;
    work->data = data;
    work->user_data = user_data;
    g_hash_table_add (workers->pending, work);
    /* only while a call runs, so that an idle daemon is not woken */
    if (!workers->deadline_source) {
        workers->deadline_source = g_timeout_source_new (MAX (workers->deadline_ms / CHECKS_PER_DEADLINE, 1));
        g_source_set_callback (workers->deadline_source, on_deadline, workers, NULL);
        g_source_attach (workers->deadline_source, workers->context);
    }
    vgate_threads_push (workers->threads, work);
}

guint
vgate_workers_count_slow (const VgateWorkers *workers)
{
    return workers->n_slow;
}
