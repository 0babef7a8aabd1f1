/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "nvml-sim/model/host-file.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <sys/stat.h>

#include "nvml-sim/model/error.h"
#include "nvml-sim/model/host-parse.h"

/* Larger than the description of any host. A larger file is not a keyfile of vgpu-sim. */
#define MAX_FILE_SIZE (4 * 1024 * 1024)

const char *
vgpu_sim_host_path (void)
{
    const char *path = g_getenv (VGPU_SIM_HOST_VARIABLE);

    return path && *path ? path : VGPU_SIM_HOST_DEFAULT;
}

/* A FIFO in the file's place would block the reader for ever. */
static gboolean
is_readable_file (const char *path, GError **error)
{
    GStatBuf status;

    if (g_stat (path, &status) != 0) {
        g_set_error (error, VGPU_SIM_ERROR, VGPU_SIM_ERROR_FILE, "%s: %s", path, g_strerror (errno));
        return FALSE;
    }
    if (!S_ISREG (status.st_mode) || status.st_size > MAX_FILE_SIZE) {
        g_set_error (error, VGPU_SIM_ERROR, VGPU_SIM_ERROR_FILE, "%s: not a file of at most %d bytes", path,
                     MAX_FILE_SIZE);
        return FALSE;
    }
    return TRUE;
}

GKeyFile *
vgpu_sim_host_read (const char *path, GError **error)
{
    g_autoptr (GKeyFile) file = g_key_file_new ();
    g_autoptr (GError) cause = NULL;

    if (!is_readable_file (path, error))
        return NULL;
    if (!g_key_file_load_from_file (file, path, G_KEY_FILE_KEEP_COMMENTS, &cause)) {
        g_set_error (error, VGPU_SIM_ERROR, VGPU_SIM_ERROR_FILE, "%s: %s", path, cause->message);
        return NULL;
    }
    return g_steal_pointer (&file);
}

VgpuSimHost *
vgpu_sim_host_load (const char *path, GError **error)
{
    g_autoptr (GKeyFile) file = vgpu_sim_host_read (path, error);
    g_autoptr (VgpuSimHost) host = NULL;

    if (!file)
        return NULL;
    host = vgpu_sim_host_parse (file, error);
    if (!host)
        g_prefix_error (error, "%s: ", path);
    return g_steal_pointer (&host);
}
