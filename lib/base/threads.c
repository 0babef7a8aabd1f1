/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/threads.h"

struct VgateThreads {
    GFunc run;
    gpointer user_data;
    GPtrArray *threads; /* of GThread *; none ends before all of them are freed */
    GMutex lock;        /* for what follows */
    GCond changed;
    GQueue tasks; /* those that wait */
    guint n_max;
    guint n_running;
    gboolean is_closing;
};

static gpointer
run_tasks (gpointer data)
{
    VgateThreads *threads = data;

    g_mutex_lock (&threads->lock);
    for (;;) {
        gpointer task;

        while (threads->tasks.length > 0 ? threads->n_running >= threads->n_max : !threads->is_closing)
            g_cond_wait (&threads->changed, &threads->lock);
        if (threads->tasks.length == 0)
            break;
        task = g_queue_pop_head (&threads->tasks);
        threads->n_running++;
        g_mutex_unlock (&threads->lock);
        threads->run (task, threads->user_data);
        g_mutex_lock (&threads->lock);
        threads->n_running--;
        /* this thread takes the next task itself, so only those that are to end need be woken */
        if (threads->is_closing)
            g_cond_broadcast (&threads->changed);
    }
    g_mutex_unlock (&threads->lock);
    return NULL;
}

/* Starts the threads that are missing. Under the lock. */
static void
start_threads (VgateThreads *threads)
{
    while (threads->threads->len < MIN (threads->n_max, threads->n_running + threads->tasks.length)) {
        GThread *thread = g_thread_try_new ("vgate-task", run_tasks, threads, NULL);

        if (!thread)
            break;
        g_ptr_array_add (threads->threads, thread);
    }
}

VgateThreads *
vgate_threads_new (guint n_max, GFunc run, gpointer user_data)
{
    VgateThreads *threads = g_new0 (VgateThreads, 1);

    threads->run = run;
    threads->user_data = user_data;
    threads->n_max = n_max;
    threads->threads = g_ptr_array_new ();
    g_queue_init (&threads->tasks);
    g_mutex_init (&threads->lock);
    g_cond_init (&threads->changed);
    return threads;
}

void
vgate_threads_free (VgateThreads *threads)
{
    g_mutex_lock (&threads->lock);
    threads->is_closing = TRUE;
    g_cond_broadcast (&threads->changed);
    g_mutex_unlock (&threads->lock);
    /* no thread could be started: the tasks, and what they own, would be left */
    if (threads->threads->len == 0)
        run_tasks (threads);
    for (guint i = 0; i < threads->threads->len; i++)
        g_thread_join (g_ptr_array_index (threads->threads, i));
    g_ptr_array_unref (threads->threads);
    g_cond_clear (&threads->changed);
    g_mutex_clear (&threads->lock);
    g_free (threads);
}

void
vgate_threads_push (VgateThreads *threads, gpointer task)
{
    g_mutex_lock (&threads->lock);
    g_queue_push_tail (&threads->tasks, task);
    start_threads (threads);
    g_cond_signal (&threads->changed);
    g_mutex_unlock (&threads->lock);
}

void
vgate_threads_set_max (VgateThreads *threads, guint n_max)
{
    g_mutex_lock (&threads->lock);
    threads->n_max = n_max;
    start_threads (threads);
    g_cond_broadcast (&threads->changed);
    g_mutex_unlock (&threads->lock);
}
