/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "nvml-sim/model/edit.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "nvml-sim/model/error.h"
#include "nvml-sim/model/host-file.h"
#include "nvml-sim/model/host-parse.h"
#include "nvml-sim/model/schedule.h"

#define NEW_FILE_MODE 0644

static VgpuSimErrorCode
writing_error (GFileError cause)
{
    return cause == G_FILE_ERROR_ACCES || cause == G_FILE_ERROR_PERM || cause == G_FILE_ERROR_ROFS
               ? VGPU_SIM_ERROR_DENIED
               : VGPU_SIM_ERROR_FILE;
}

static int
take_lock (const char *path, GError **error)
{
    g_autofree char *lock_path = g_strconcat (path, ".lock", NULL);
    const int lock = g_open (lock_path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, NEW_FILE_MODE);
    int locked;

    if (lock < 0) {
        const int cause = errno;

        g_set_error (error, VGPU_SIM_ERROR, (int)writing_error (g_file_error_from_errno (cause)), "%s: %s",
                     lock_path, g_strerror (cause));
        return -1;
    }
    do
        locked = flock (lock, LOCK_EX);
    while (locked != 0 && errno == EINTR);
    if (locked != 0) {
        g_set_error (error, VGPU_SIM_ERROR, VGPU_SIM_ERROR_FILE, "%s: %s", lock_path, g_strerror (errno));
        g_close (lock, NULL);
        return -1;
    }
    return lock;
}

VgpuSimEdit *
vgpu_sim_edit_create (const char *path, GError **error)
{
    const int lock = take_lock (path, error);
    VgpuSimEdit *edit;

    if (lock < 0)
        return NULL;
    edit = g_new0 (VgpuSimEdit, 1);
    edit->path = g_strdup (path);
    edit->lock = lock;
    edit->file = g_key_file_new ();
    return edit;
}

VgpuSimEdit *
vgpu_sim_edit_begin (const char *path, GError **error)
{
    g_autoptr (VgpuSimEdit) edit = vgpu_sim_edit_create (path, error);

    if (!edit)
        return NULL;
    g_clear_pointer (&edit->file, g_key_file_unref);
    edit->file = vgpu_sim_host_read (path, error);
    if (!edit->file)
        return NULL;
    edit->host = vgpu_sim_host_parse (edit->file, error);
    if (!edit->host) {
        g_prefix_error (error, "%s: ", path);
        return NULL;
    }
    edit->before = g_key_file_to_data (edit->file, NULL, NULL);
    return g_steal_pointer (&edit);
}

void
vgpu_sim_edit_end (VgpuSimEdit *edit)
{
    /* The lock file is not removed: otherwise two writers could each lock a different file of that name. */
    /* Unlock explicitly, as a child that another thread forked can still have the descriptor open. */
    flock (edit->lock, LOCK_UN);
    g_close (edit->lock, NULL);
    g_clear_pointer (&edit->file, g_key_file_unref);
    g_clear_pointer (&edit->host, vgpu_sim_host_unref);
    g_free (edit->before);
    g_free (edit->path);
    g_free (edit);
}

/* The mode of the file that is replaced, so that its readers can still read the new one. */
static int
file_mode (const char *path)
{
    GStatBuf status;

    return g_stat (path, &status) == 0 ? (int)(status.st_mode & 0777) : NEW_FILE_MODE;
}

/* Restarts the logs that change, because a log is computed and would otherwise show the new state in the
 * past. */
static void
begin_logs (VgpuSimEdit *edit, const VgpuSimHost *host)
{
    for (guint i = 0; edit->host && i < host->gpus->len; i++) {
        const VgpuSimGpu *gpu = host->gpus->pdata[i];
        const VgpuSimGpu *old_gpu = vgpu_sim_host_gpu (edit->host, gpu->address);
        const VgpuSimEngine n_engines =
            host->scheduler_calls == VGPU_SIM_SCHEDULER_V1 ? VGPU_SIM_GRAPHICS + 1 : VGPU_SIM_N_ENGINES;

        for (VgpuSimEngine engine = VGPU_SIM_GRAPHICS; old_gpu && engine < n_engines; engine++) {
            g_autoptr (VgpuSimSchedule) schedule = vgpu_sim_schedule_new (host, gpu, engine);
            g_autoptr (VgpuSimSchedule) old = vgpu_sim_schedule_new (edit->host, old_gpu, engine);

            if (!vgpu_sim_schedule_equal (old, schedule))
                vgpu_sim_scheduler_write_epoch ((VgpuSimGroup){edit->file, gpu->group}, engine,
                                                vgpu_sim_schedule_now ());
        }
    }
}

gboolean
vgpu_sim_edit_commit (VgpuSimEdit *edit, GError **error)
{
    g_autofree char *after = g_key_file_to_data (edit->file, NULL, NULL);
    g_autoptr (VgpuSimHost) host = NULL;
    g_autoptr (GError) cause = NULL;

    if (g_strcmp0 (edit->before, after) == 0)
        return TRUE;
    host = vgpu_sim_host_parse (edit->file, &cause);
    if (!host) {
        g_set_error_literal (error, VGPU_SIM_ERROR, VGPU_SIM_ERROR_IMPOSSIBLE, cause->message);
        return FALSE;
    }
    begin_logs (edit, host);
    g_free (after);
    after = g_key_file_to_data (edit->file, NULL, NULL);
    /* writes a temporary file in the same directory, syncs it and renames it */
    if (!g_file_set_contents_full (edit->path, after, -1,
                                   G_FILE_SET_CONTENTS_CONSISTENT | G_FILE_SET_CONTENTS_DURABLE,
                                   file_mode (edit->path), &cause)) {
        g_set_error_literal (error, VGPU_SIM_ERROR, (int)writing_error ((GFileError)cause->code),
                             cause->message);
        return FALSE;
    }
    return TRUE;
}
