/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Threads for calls that can block, and a main loop that hears when they are over.
 *
 * This is also how everything in the daemon reports: a static table of functions and a user_data are handed
 * in, and the functions are called in the main loop. There are no signals and no other callbacks.
 *
 * No call of libvirt or NVML can be cancelled. So a call that takes longer than the deadline keeps its
 * thread, and another thread is started in its place: what others need done is not held up by it.
 */
#pragma once

#include <glib.h>

typedef struct VgateWorkers VgateWorkers;

typedef struct {
    void (*run) (gpointer data);                      /* in a worker; may block */
    void (*done) (gpointer data, gpointer user_data); /* in the main loop, once run has returned; or NULL */
    GDestroyNotify free_data; /* after done, in the main loop; also when done is not called */
} VgateWorkKind;

typedef struct {
    /* In the main loop: the number of calls that are beyond the deadline has grown. */
    void (*slow) (guint n_slow, gpointer user_data);
} VgateWorkersMethods;

/*
 * At most n_threads calls at a time, not counting the slow ones. methods: NULL where nobody asks for slow
 * calls. What is called comes through the thread-default main context of the caller.
 */
VgateWorkers *vgate_workers_new (guint n_threads, guint deadline_ms, const VgateWorkersMethods *methods,
                                 gpointer user_data);
/* Waits for what runs; what waits is dropped. No done is called any more. */
void vgate_workers_free (VgateWorkers *workers);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (VgateWorkers, vgate_workers_free)

/* Takes data. kind must outlive the work: it is static. user_data is handed to done. */
void vgate_workers_push (VgateWorkers *workers, const VgateWorkKind *kind, gpointer data, gpointer user_data);

/* How many calls are beyond the deadline now. */
guint vgate_workers_count_slow (const VgateWorkers *workers);
