/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/threads.h"

#include "process-threads.h"

#include <pthread.h>

#define N_TASKS 200u

typedef struct {
    GMutex lock;
    GCond changed;
    gboolean is_let_go;
    guint n_running, n_at_once, n_run;
    gboolean has_run[N_TASKS];
} Scene;

static void
run (gpointer task, gpointer user_data)
{
    Scene *scene = user_data;

    g_mutex_lock (&scene->lock);
    scene->n_running++;
    scene->n_at_once = MAX (scene->n_at_once, scene->n_running);
    g_cond_broadcast (&scene->changed);
    while (!scene->is_let_go)
        g_cond_wait (&scene->changed, &scene->lock);
    scene->n_running--;
    scene->n_run++;
    scene->has_run[GPOINTER_TO_UINT (task)] = TRUE;
    g_mutex_unlock (&scene->lock);
}

static void
wait_for_running (Scene *scene, guint n)
{
    const gint64 end = g_get_monotonic_time () + 20 * G_USEC_PER_SEC;

    g_mutex_lock (&scene->lock);
    while (scene->n_running < n && g_cond_wait_until (&scene->changed, &scene->lock, end))
        continue;
    g_assert_cmpuint (scene->n_running, ==, n);
    g_mutex_unlock (&scene->lock);
}

static void
let_go (Scene *scene)
{
    g_mutex_lock (&scene->lock);
    scene->is_let_go = TRUE;
    g_cond_broadcast (&scene->changed);
    g_mutex_unlock (&scene->lock);
}

/* All tasks run, no more of them at a time than allowed, and no thread remains. */
static void
test_threads (void)
{
    const guint before = count_process_threads ();
    VgateThreads *threads;
    Scene scene = {.is_let_go = FALSE};

    threads = vgate_threads_new (3, run, &scene);
    for (guint i = 0; i < N_TASKS; i++)
        vgate_threads_push (threads, GUINT_TO_POINTER (i));
    wait_for_running (&scene, 3);
    g_assert_cmpuint (count_process_threads (), ==, before + 3);
    let_go (&scene);
    vgate_threads_free (threads);
    g_assert_cmpuint (scene.n_run, ==, N_TASKS);
    g_assert_cmpuint (scene.n_at_once, ==, 3);
    for (guint i = 0; i < N_TASKS; i++)
        g_assert_true (scene.has_run[i]);
    assert_process_threads (before);
}

static void
test_max (void)
{
    const guint before = count_process_threads ();
    VgateThreads *threads;
    Scene scene = {.is_let_go = FALSE};

    threads = vgate_threads_new (1, run, &scene);
    vgate_threads_push (threads, GUINT_TO_POINTER (0));
    vgate_threads_push (threads, GUINT_TO_POINTER (1));
    wait_for_running (&scene, 1);
    /* a larger number holds for tasks that wait already */
    vgate_threads_set_max (threads, 2);
    wait_for_running (&scene, 2);
    vgate_threads_set_max (threads, 1);
    scene.n_at_once = 0;
    let_go (&scene);
    for (guint i = 2; i < N_TASKS; i++)
        vgate_threads_push (threads, GUINT_TO_POINTER (i));
    vgate_threads_free (threads);
    g_assert_cmpuint (scene.n_at_once, ==, 1);
    g_assert_cmpuint (scene.n_run, ==, N_TASKS);
    assert_process_threads (before);
}

/* None is started that is not needed. */
static void
test_lazy (void)
{
    const guint before = count_process_threads ();
    VgateThreads *threads;
    Scene scene = {.is_let_go = FALSE};

    threads = vgate_threads_new (16, run, &scene);
    assert_process_threads (before);
    vgate_threads_push (threads, GUINT_TO_POINTER (0));
    wait_for_running (&scene, 1);
    g_assert_cmpuint (count_process_threads (), ==, before + 1);
    let_go (&scene);
    vgate_threads_free (threads);
    assert_process_threads (before);
    threads = vgate_threads_new (16, run, &scene);
    vgate_threads_free (threads);
}

static void
set_stack_size (gsize size)
{
    pthread_attr_t attributes;

    g_assert_cmpint (pthread_attr_init (&attributes), ==, 0);
    g_assert_cmpint (pthread_attr_setstacksize (&attributes, size), ==, 0);
    g_assert_cmpint (pthread_setattr_default_np (&attributes), ==, 0);
    pthread_attr_destroy (&attributes);
}

/* No thread can be started, because no stack is possible: all tasks run all the same, before the end. */
static void
test_no_threads (void)
{
    const guint before = count_process_threads ();
    pthread_attr_t usual;
    gsize size;
    VgateThreads *threads;
    Scene scene = {.is_let_go = TRUE};

    g_assert_cmpint (pthread_getattr_default_np (&usual), ==, 0);
    g_assert_cmpint (pthread_attr_getstacksize (&usual, &size), ==, 0);
    pthread_attr_destroy (&usual);
    set_stack_size ((gsize)1 << 47);
    threads = vgate_threads_new (3, run, &scene);
    for (guint i = 0; i < N_TASKS; i++)
        vgate_threads_push (threads, GUINT_TO_POINTER (i));
    g_assert_cmpuint (count_process_threads (), ==, before);
    g_assert_cmpuint (scene.n_run, ==, 0);
    vgate_threads_free (threads);
    set_stack_size (size);
    g_assert_cmpuint (scene.n_run, ==, N_TASKS);
    g_assert_cmpuint (scene.n_at_once, ==, 1);
}

int
main (int argc, char *argv[])
{
    g_test_init (&argc, &argv, NULL);
    g_test_add_func ("/threads/tasks", test_threads);
    g_test_add_func ("/threads/max", test_max);
    g_test_add_func ("/threads/lazy", test_lazy);
    g_test_add_func ("/threads/none", test_no_threads);
    return g_test_run ();
}
