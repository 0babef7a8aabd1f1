/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * For QEMU 7.2 in the lab (LD_PRELOAD): lengthens the moment in which an abort makes a migration hang. At the
 * switch-over QEMU's migration thread empties a semaphore (by waits of 1 ms), releases the big lock, enters
 * "pre-switchover" and waits for the semaphore, which a cancel posts only in that state. A cancel after the
 * big lock was released and before the state is entered has no effect. Here that moment lasts as long as a
 * file exists.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>

#define MOMENT_FILE "/run/lab/late-pause"
#define LOOK_US     20000u
#define LOOKS_MAX   1500u
#define N_MUTEXES   64u
#define EMPTYING_MS 2

typedef int (*Unlock) (pthread_mutex_t *mutex);
typedef int (*TimedWait) (pthread_cond_t *cond, pthread_mutex_t *mutex, const struct timespec *until);

/* The mutexes that the main thread has released: the big lock is one of them, the semaphore's own mutex is
 * not. */
static _Atomic (pthread_mutex_t *) mutexes[N_MUTEXES];
static atomic_uint n_mutexes;
static atomic_bool is_emptied;

int pthread_mutex_unlock (pthread_mutex_t *mutex);
int pthread_cond_timedwait (pthread_cond_t *cond, pthread_mutex_t *mutex, const struct timespec *until);

static int
is_migration_thread (void)
{
    char name[16] = "";

    prctl (PR_GET_NAME, name);
    return strcmp (name, "live_migration") == 0;
}

static int
is_known (const pthread_mutex_t *mutex)
{
    for (unsigned i = 0; i < atomic_load (&n_mutexes); i++)
        if (atomic_load (&mutexes[i]) == mutex)
            return 1;
    return 0;
}

static long
milliseconds (const struct timespec *time)
{
    return time->tv_sec * 1000 + time->tv_nsec / 1000000;
}

__attribute__ ((visibility ("default"))) int
pthread_mutex_unlock (pthread_mutex_t *mutex)
{
    const Unlock unlock = (Unlock)dlsym (RTLD_NEXT, "pthread_mutex_unlock");
    const int rc = unlock (mutex);
    const unsigned n = atomic_load (&n_mutexes);

    if (gettid () == getpid ()) {
        if (n < N_MUTEXES && !is_known (mutex)) {
            atomic_store (&mutexes[n], mutex);
            atomic_store (&n_mutexes, n + 1);
        }
    } else if (atomic_load (&is_emptied) && is_migration_thread () && is_known (mutex)) {
        atomic_store (&is_emptied, 0);
        for (unsigned i = 0; i < LOOKS_MAX && access (MOMENT_FILE, F_OK) == 0; i++)
            usleep (LOOK_US);
    }
    return rc;
}

__attribute__ ((visibility ("default"))) int
pthread_cond_timedwait (pthread_cond_t *cond, pthread_mutex_t *mutex, const struct timespec *until)
{
    const TimedWait timed_wait = (TimedWait)dlvsym (RTLD_NEXT, "pthread_cond_timedwait", "GLIBC_2.3.2");
    struct timespec now;

    clock_gettime (CLOCK_REALTIME, &now);
    if (is_migration_thread () && milliseconds (until) - milliseconds (&now) <= EMPTYING_MS)
        atomic_store (&is_emptied, 1);
    return timed_wait (cond, mutex, until);
}
