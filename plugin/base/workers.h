/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Threads for calls that can block, and a main loop that is notified when they end.
 *
 * All parts of the daemon report in the same way: the caller passes a static table of functions and a
 * user_data, and the functions are called in the main loop. There are no signals and no other callbacks.
 *
 * A call of libvirt or NVML cannot be cancelled. A call that takes longer than the deadline therefore keeps
 * its thread, and another thread is started in its place, so that it does not delay the other calls.
 */
#pragma once

#include <glib.h>

typedef struct VgateWorkers VgateWorkers;

typedef struct {
    void (*run) (gpointer data);                      /* in a worker; may block */
    void (*done) (gpointer data, gpointer user_data); /* in the main loop, once run has returned; or NULL */
    GDestroyNotify free_data; /* after done, in the main loop; also if done is not called */
} VgateWorkKind;

typedef struct {
    /* In the main loop: more calls than before are beyond the deadline. */
    void (*slow) (guint n_slow, gpointer user_data);
} VgateWorkersMethods;

/* At most n_threads calls run at a time, not counting the slow ones. methods: NULL if the caller needs no
 * report of slow calls. The functions are called in the caller's thread-default main context. */
VgateWorkers *vgate_workers_new (guint n_threads, guint deadline_ms, const VgateWorkersMethods *methods,
                                 gpointer user_data);
/* Waits for the calls that run, and drops those that wait. No done is called any more. */
void vgate_workers_free (VgateWorkers *workers);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (VgateWorkers, vgate_workers_free)

/* Takes data. kind must be static, because it must outlive the work. user_data is passed to done. */
void vgate_workers_push (VgateWorkers *workers, const VgateWorkKind *kind, gpointer data, gpointer user_data);

/* Returns how many calls are beyond the deadline now. */
guint vgate_workers_count_slow (const VgateWorkers *workers);
