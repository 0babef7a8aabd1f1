/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Threads that run tasks, and that have ended when they are freed. A thread of GThreadPool outlives its pool,
 * and can then end at the same time as the process. OpenSSL, which libvirt uses, frees its state of the
 * thread in both places, and then frees it twice (observed with OpenSSL 3.0).
 */
#pragma once

#include <glib.h>

typedef struct VgateThreads VgateThreads;

/* At most n_max tasks run at a time. run is called in a thread, with the task and user_data. */
VgateThreads *vgate_threads_new (guint n_max, GFunc run, gpointer user_data);
/* Waits until all tasks have run and all threads have ended. If no thread could ever be started, the caller
 * runs the tasks here. */
void vgate_threads_free (VgateThreads *threads);

/* When no thread can be started, the task waits for one that exists, for the next push, or for
 * vgate_threads_free (). */
void vgate_threads_push (VgateThreads *threads, gpointer task);
/* Tasks that run are not ended when n_max becomes smaller. */
void vgate_threads_set_max (VgateThreads *threads, guint n_max);
