/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "nvml-sim/calls/state.h"

#include <glib/gstdio.h>
#include <pthread.h>
#include <unistd.h>

#include "nvml-sim/model/host-file.h"
#include "nvml/nvml-abi.h"

#define HANG_POLL_US 20000

/* What tells one version of the file from the next: a writer replaces the file, so the inode alone nearly
 * would; the rest is for whoever edits it in place, or changes who may read it. */
typedef struct {
    dev_t device;
    ino_t inode;
    off_t size;
    struct timespec modified;
    struct timespec changed;
} FileIdentity;

/*
 * The only mutable global: NVML's interface has no context argument, so the library must remember by itself.
 * lock guards all of it, and is held neither while a call hangs nor while it does its work on the snapshot.
 */
static struct {
    GMutex lock;
    pid_t pid; /* that of the process in which references were taken */
    guint references;
    FileIdentity seen;
    VgpuSimHost *host; /* NULL when the file seen is missing or broken */
} process;

static void
lock_process (void)
{
    g_mutex_lock (&process.lock);
}

static void
unlock_process (void)
{
    g_mutex_unlock (&process.lock);
}

/* So that a child never inherits a lock that some other thread of its parent held at that moment. */
__attribute__ ((constructor)) static void
watch_forks (void)
{
    pthread_atfork (lock_process, unlock_process, unlock_process);
}

static gboolean
same_time (const struct timespec *a, const struct timespec *b)
{
    return a->tv_sec == b->tv_sec && a->tv_nsec == b->tv_nsec;
}

static gboolean
same_file (const FileIdentity *a, const FileIdentity *b)
{
    return a->device == b->device && a->inode == b->inode && a->size == b->size &&
           same_time (&a->modified, &b->modified) && same_time (&a->changed, &b->changed);
}

static FileIdentity
identify (const char *path)
{
    GStatBuf status;

    if (g_stat (path, &status) != 0)
        return (FileIdentity){0};
    return (FileIdentity){status.st_dev, status.st_ino, status.st_size, status.st_mtim, status.st_ctim};
}

/*
 * Called with the lock held. The file is identified before it is read: should it be replaced in between, what
 * was read is newer than what was noted, and the next call reads once more.
 */
static void
refresh (gboolean always)
{
    const char *path = vgpu_sim_host_path ();
    const FileIdentity now = identify (path);

    if (!always && same_file (&now, &process.seen))
        return;
    g_clear_pointer (&process.host, vgpu_sim_host_unref);
    process.host = vgpu_sim_host_load (path, NULL);
    process.seen = now;
}

/* Called with the lock held. A child of fork() has our memory but not our process id. */
static gboolean
is_initialised (void)
{
    return process.references > 0 && process.pid == getpid ();
}

/* By its identity a file may pass for an older one that it replaced within one tick of the clock. */
void
vgpu_sim_state_forget_file (void)
{
    G_GNUC_UNUSED g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&process.lock);

    /* the snapshot too: a file that is missing by then has this very identity */
    process.seen = (FileIdentity){0};
    g_clear_pointer (&process.host, vgpu_sim_host_unref);
}

/* The host as it is now; NULL with a code when there is none. */
static int
snapshot (VgpuSimHost **host)
{
    G_GNUC_UNUSED g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&process.lock);

    if (!is_initialised ())
        return NVML_ERROR_UNINITIALIZED;
    refresh (FALSE);
    if (!process.host)
        return NVML_ERROR_UNKNOWN;
    *host = vgpu_sim_host_ref (process.host);
    return NVML_SUCCESS;
}

int
vgpu_sim_state_enter (const char *call, VgpuSimHost **host)
{
    for (;;) {
        g_autoptr (VgpuSimHost) now = NULL;
        const int code = snapshot (&now);
        const VgpuSimFault *fault;

        if (code != NVML_SUCCESS)
            return code;
        fault = vgpu_sim_host_fault (now, call);
        if (!fault) {
            *host = g_steal_pointer (&now);
            return NVML_SUCCESS;
        }
        if (!fault->hang)
            return fault->code;
        g_usleep (HANG_POLL_US);
    }
}

/*
 * What init and shutdown do when a fault is put on them: wait, or return its code. They must not need an
 * initialised process, and shutdown not even a file.
 */
static int
suffer_fault (const char *call)
{
    for (;;) {
        g_autoptr (VgpuSimHost) now = vgpu_sim_host_load (vgpu_sim_host_path (), NULL);
        const VgpuSimFault *fault = now ? vgpu_sim_host_fault (now, call) : NULL;

        if (!fault)
            return NVML_SUCCESS;
        if (!fault->hang)
            return fault->code;
        g_usleep (HANG_POLL_US);
    }
}

int
vgpu_sim_state_initialise (const char *call)
{
    const int fault = suffer_fault (call);
    G_GNUC_UNUSED g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&process.lock);

    if (fault != NVML_SUCCESS)
        return fault;
    refresh (!is_initialised ());
    if (!process.host)
        return NVML_ERROR_DRIVER_NOT_LOADED;
    if (!is_initialised ())
        process.references = 0;
    process.references++;
    process.pid = getpid ();
    return NVML_SUCCESS;
}

static gboolean
check_initialised (void)
{
    G_GNUC_UNUSED g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&process.lock);

    return is_initialised ();
}

int
vgpu_sim_state_shutdown (const char *call)
{
    const int fault = check_initialised () ? suffer_fault (call) : NVML_ERROR_UNINITIALIZED;
    G_GNUC_UNUSED g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&process.lock);

    if (fault != NVML_SUCCESS)
        return fault;
    /* once more: another thread may have been faster */
    if (!is_initialised ())
        return NVML_ERROR_UNINITIALIZED;
    if (--process.references == 0)
        g_clear_pointer (&process.host, vgpu_sim_host_unref);
    return NVML_SUCCESS;
}
