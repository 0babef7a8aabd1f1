/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "nvml-sim/model/guest.h"

#include "nvml-sim/model/error.h"

static void
set_up (GKeyFile *file, const char *group, const char *driver, guint32 version)
{
    char text[VGATE_VERSION_TEXT_SIZE];

    g_key_file_set_value (file, group, "guest-driver-state", "up");
    g_key_file_set_value (file, group, "guest-driver", driver);
    g_key_file_set_value (file, group, "guest-version", vgate_version_format (version, text));
}

gboolean
vgpu_sim_guest_load (GKeyFile *file, const char *group, const VgpuSimHost *host, const char *driver,
                     VgateVersionRange range, GError **error)
{
    char guest_text[VGATE_VERSION_RANGE_TEXT_SIZE], host_text[VGATE_VERSION_RANGE_TEXT_SIZE];
    guint32 agreed;

    vgate_version_range_format (range, guest_text);
    if (!vgate_version_negotiate (range, host->advertised, &agreed)) {
        g_set_error (error, VGPU_SIM_ERROR, VGPU_SIM_ERROR_IMPOSSIBLE,
                     "guest driver %s does not load: its vGPU versions %s and the host's %s do not overlap",
                     driver, guest_text, vgate_version_range_format (host->advertised, host_text));
        return FALSE;
    }
    set_up (file, group, driver, agreed);
    g_key_file_set_value (file, group, "guest-range", guest_text);
    return TRUE;
}

gboolean
vgpu_sim_guest_arrive (GKeyFile *file, const char *group, const VgpuSimHost *host, const char *driver,
                       guint32 version, GError **error)
{
    char version_text[VGATE_VERSION_TEXT_SIZE], host_text[VGATE_VERSION_RANGE_TEXT_SIZE];

    if (!vgate_version_in_range (version, host->advertised)) {
        g_set_error (error, VGPU_SIM_ERROR, VGPU_SIM_ERROR_IMPOSSIBLE,
                     "the guest cannot arrive: its vGPU version %s is outside the host's %s",
                     vgate_version_format (version, version_text),
                     vgate_version_range_format (host->advertised, host_text));
        return FALSE;
    }
    set_up (file, group, driver, version);
    return TRUE;
}

void
vgpu_sim_guest_unload (GKeyFile *file, const char *group)
{
    static const char *const up_only[] = {"guest-driver", "guest-range", "guest-version"};

    g_key_file_set_value (file, group, "guest-driver-state", "down");
    for (gsize i = 0; i < G_N_ELEMENTS (up_only); i++)
        g_key_file_remove_key (file, group, up_only[i], NULL);
}
