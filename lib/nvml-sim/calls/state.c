/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "nvml-sim/calls/state.h"

#include <glib/gstdio.h>
#include <pthread.h>
#include <unistd.h>

#include "nvml-sim/model/host-file.h"
#include "nvml/nvml-abi.h"

#define HANG_POLL_US 20000

/* Identifies a version of the file. A writer replaces the file, so the inode would nearly be enough; the
 * other members detect a file that was edited in place or whose permissions changed. */
typedef struct {
    dev_t device;
    ino_t inode;
    off_t size;
    struct timespec modified;
    struct timespec changed;
} FileIdentity;

/*
 * The only mutable global variable: NVML's interface has no context argument, so the library must keep its
 * state itself. lock protects all of it. It is neither held while a call hangs nor while a call uses its
 * snapshot.
 */
static struct {
    GMutex lock;
    pid_t pid; /* the process that took the references */
    guint references;
    FileIdentity seen;
    VgpuSimHost *host; /* NULL when the file is missing or invalid */
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

/* Makes sure that a child does not inherit a lock that another thread of its parent held at fork (). */
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
 * Called with the lock held. The file is identified before it is read. If it is replaced in between, the
 * content is newer than the identity, and the next call reads it again.
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

/* Called with the lock held. A child of fork() has the same memory but another process ID. */
static gboolean
is_initialised (void)
{
    return process.references > 0 && process.pid == getpid ();
}

/* A file can have the same identity as an older one that it replaced within one tick of the clock. */
void
vgpu_sim_state_forget_file (void)
{
    G_GNUC_UNUSED g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&process.lock);

    /* drop the snapshot, too, as a file that is missing at the next call has this identity */
    process.seen = (FileIdentity){0};
    g_clear_pointer (&process.host, vgpu_sim_host_unref);
}

/* Sets *host to the present host, or to NULL and returns a code when there is none. */
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
        int code = snapshot (&now);
        const VgpuSimFault *fault;

        if (code == NVML_SUCCESS)
            code = vgpu_sim_host_lacks_call (now, call);
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
 * Applies a fault to init and shutdown: waits, or returns its code. They must not need an initialised
 * process, and shutdown not even a file.
 */
static int
apply_fault (const char *call)
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
    const int fault = apply_fault (call);
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
    const int fault = check_initialised () ? apply_fault (call) : NVML_ERROR_UNINITIALIZED;
    G_GNUC_UNUSED g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&process.lock);

    if (fault != NVML_SUCCESS)
        return fault;
    /* check again, as another thread can have shut it down in the meantime */
    if (!is_initialised ())
        return NVML_ERROR_UNINITIALIZED;
    if (--process.references == 0)
        g_clear_pointer (&process.host, vgpu_sim_host_unref);
    return NVML_SUCCESS;
}
