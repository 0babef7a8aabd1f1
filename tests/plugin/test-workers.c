/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "plugin/base/workers.h"

#define DEADLINE_MS 100u

/* A call waits until the test lets it end. */
typedef struct {
    GMutex lock;
    GCond cond;
    gboolean is_let_go;
    gint n_runs;
    guint n_done;
    guint n_slow;
    guint n_freed;
} Scene;

static void
scene_init (Scene *scene)
{
    *scene = (Scene){0};
    g_mutex_init (&scene->lock);
    g_cond_init (&scene->cond);
}

static void
let_go (Scene *scene)
{
    g_mutex_lock (&scene->lock);
    scene->is_let_go = TRUE;
    g_cond_broadcast (&scene->cond);
    g_mutex_unlock (&scene->lock);
}

static void
scene_clear (Scene *scene)
{
    g_mutex_clear (&scene->lock);
    g_cond_clear (&scene->cond);
}

static void
run_quick (gpointer data)
{
    g_atomic_int_inc (&((Scene *)data)->n_runs);
}

static void
run_hanging (gpointer data)
{
    Scene *scene = data;

    g_mutex_lock (&scene->lock);
    while (!scene->is_let_go)
        g_cond_wait (&scene->cond, &scene->lock);
    g_mutex_unlock (&scene->lock);
    g_atomic_int_inc (&scene->n_runs);
}

static void
done (gpointer data, gpointer user_data)
{
    g_assert_true (data == user_data);
    ((Scene *)data)->n_done++;
}

static void
free_data (gpointer data)
{
    ((Scene *)data)->n_freed++;
}

static void
slow (guint n_slow, gpointer user_data)
{
    ((Scene *)user_data)->n_slow = n_slow;
}

static const VgateWorkKind quick = {run_quick, done, free_data};
static const VgateWorkKind hanging = {run_hanging, done, free_data};

static const VgateWorkersMethods methods = {.slow = slow};

static void
iterate_until (const guint *count, guint wanted)
{
    const gint64 end = g_get_monotonic_time () + 20 * G_USEC_PER_SEC;

    while (*count < wanted && g_get_monotonic_time () < end)
        g_main_context_iteration (NULL, TRUE);
    g_assert_cmpuint (*count, ==, wanted);
}

static void
test_done (void)
{
    Scene scene;
    g_autoptr (VgateWorkers) workers = NULL;

    scene_init (&scene);
    workers = vgate_workers_new (2, DEADLINE_MS, &methods, &scene);
    for (int i = 0; i < 50; i++)
        vgate_workers_push (workers, &quick, &scene, &scene);
    g_assert_cmpuint (scene.n_done, ==, 0);
    iterate_until (&scene.n_done, 50);
    g_assert_cmpint (scene.n_runs, ==, 50);
    g_assert_cmpuint (scene.n_freed, ==, 50);
    g_assert_cmpuint (vgate_workers_count_slow (workers), ==, 0);
    scene_clear (&scene);
}

/* A call that hangs keeps its thread, and others get another thread. */
static void
test_slow (void)
{
    Scene scene;
    g_autoptr (VgateWorkers) workers = NULL;

    scene_init (&scene);
    workers = vgate_workers_new (1, DEADLINE_MS, &methods, &scene);
    vgate_workers_push (workers, &hanging, &scene, &scene);
    vgate_workers_push (workers, &hanging, &scene, &scene);
    vgate_workers_push (workers, &quick, &scene, &scene);
    iterate_until (&scene.n_done, 1);
    g_assert_cmpuint (scene.n_slow, ==, 2);
    g_assert_cmpuint (vgate_workers_count_slow (workers), ==, 2);
    let_go (&scene);
    iterate_until (&scene.n_done, 3);
    g_assert_cmpuint (vgate_workers_count_slow (workers), ==, 0);
    scene_clear (&scene);
}

/* Calls that wait are dropped, those that run are waited for, and no done is called. */
static void
test_free (void)
{
    Scene scene;
    VgateWorkers *workers;

    scene_init (&scene);
    scene.is_let_go = TRUE;
    workers = vgate_workers_new (1, DEADLINE_MS, NULL, NULL);
    for (int i = 0; i < 50; i++)
        vgate_workers_push (workers, &hanging, &scene, &scene);
    vgate_workers_free (workers);
    while (g_main_context_iteration (NULL, FALSE))
        continue;
    g_assert_cmpuint (scene.n_done, ==, 0);
    g_assert_cmpuint (scene.n_freed, ==, 50);
    scene_clear (&scene);
}

int
main (int argc, char **argv)
{
    g_test_init (&argc, &argv, NULL);
    g_test_add_func ("/workers/done", test_done);
    g_test_add_func ("/workers/slow", test_slow);
    g_test_add_func ("/workers/free", test_free);
    return g_test_run ();
}
