/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "nvml-sim/model/work.h"

#include <string.h>

#include "nvml-sim/model/number.h"
#include "nvml/nvml-abi-more.h"

#define MAX_MIB (G_GUINT64_CONSTANT (1) << 20)

G_STATIC_ASSERT (sizeof ((VgpuSimProcess *)NULL)->name == NVML_VGPU_NAME_SIZE);

/* Parses the fields of one entry, which are separated by colons. FALSE for an invalid one. */
typedef gboolean (*ParseEntry) (char **fields, guint count, gpointer entry);

/* Parses a list of entries that are separated by semicolons; GKeyFile writes one at the end, too. form is the
 * expected form of an entry, for the message. */
static gboolean
parse_list (VgpuSimGroup group, const char *key, const char *form, ParseEntry parse, GArray *list,
            GError **error)
{
    g_autofree char *value = g_key_file_get_value (group.file, group.group, key, NULL);
    g_auto (GStrv) entries = value && *value ? g_strsplit (value, ";", -1) : NULL;

    /* a line feed would be the end of the line in the file */
    if (value && !vgpu_sim_value_is_plain (value))
        return vgpu_sim_value_bad (group, key, error, "it contains control characters");
    for (gsize i = 0; entries && entries[i]; i++) {
        g_auto (GStrv) fields = g_strsplit (entries[i], ":", -1);

        if (*entries[i] == '\0' && !entries[i + 1])
            break;
        g_array_set_size (list, list->len + 1);
        if (!parse (fields, g_strv_length (fields),
                    list->data + (list->len - 1) * g_array_get_element_size (list)))
            return vgpu_sim_value_bad (group, key, error, "'%s' is not %s", entries[i], form);
    }
    return TRUE;
}

static gboolean
parse_number (const char *text, guint32 min, guint32 max, guint32 *number)
{
    guint64 value;

    if (!vgpu_sim_number_parse (text, min, max, &value))
        return FALSE;
    *number = (guint32)value;
    return TRUE;
}

gboolean
vgpu_sim_resolution_parse (const char *text, guint32 *width, guint32 *height)
{
    g_auto (GStrv) parts = g_strsplit (text, "x", -1);

    return g_strv_length (parts) == 2 && parse_number (parts[0], 1, G_MAXUINT16, width) &&
           parse_number (parts[1], 1, G_MAXUINT16, height);
}

/* The position of the text in names, which can have gaps. */
static gboolean
parse_name (const char *const *names, guint count, const char *text, guint32 *number)
{
    for (guint i = 0; i < count; i++) {
        if (g_strcmp0 (names[i], text) == 0) {
            *number = i;
            return TRUE;
        }
    }
    return FALSE;
}

typedef struct {
    guint32 which, percent;
} Share;

static gboolean
parse_share (char **fields, guint count, gpointer entry)
{
    static const char *const names[VGPU_SIM_N_UTILIZATIONS] = {"sm",      "memory", "encoder",
                                                               "decoder", "jpeg",   "ofa"};
    Share *share = entry;

    return count == 2 && parse_name (names, G_N_ELEMENTS (names), fields[0], &share->which) &&
           parse_number (fields[1], 0, 100, &share->percent);
}

static gboolean
parse_utilization (VgpuSimWork *work, VgpuSimGroup group, GError **error)
{
    g_autoptr (GArray) shares = g_array_new (FALSE, TRUE, sizeof (Share));

    if (!parse_list (group, "utilization",
                     "ENGINE:PERCENT with the engine sm, memory, encoder, decoder, jpeg or ofa", parse_share,
                     shares, error))
        return FALSE;
    for (guint i = 0; i < shares->len; i++) {
        const Share *share = &g_array_index (shares, Share, i);

        work->utilization[share->which] = share->percent;
    }
    return TRUE;
}

static gboolean
parse_process (char **fields, guint count, gpointer entry)
{
    VgpuSimProcess *process = entry;

    if (count != 5 || *fields[1] == '\0')
        return FALSE;
    return g_strlcpy (process->name, fields[1], sizeof process->name) < sizeof process->name &&
           parse_number (fields[0], 1, G_MAXINT32, &process->pid) &&
           parse_number (fields[2], 0, 100, &process->sm) &&
           parse_number (fields[3], 0, 100, &process->memory) &&
           vgpu_sim_number_parse (fields[4], 0, MAX_MIB, &process->framebuffer_mib);
}

static gboolean
parse_session (char **fields, guint count, const char *const *kinds, guint kind_count,
               VgpuSimSession *session)
{
    return count == 5 && parse_number (fields[0], 1, G_MAXINT32, &session->pid) &&
           parse_name (kinds, kind_count, fields[1], &session->kind) &&
           vgpu_sim_resolution_parse (fields[2], &session->width, &session->height) &&
           parse_number (fields[3], 0, G_MAXUINT16, &session->fps) &&
           parse_number (fields[4], 0, G_MAXINT32, &session->latency);
}

static gboolean
parse_encoder_session (char **fields, guint count, gpointer entry)
{
    static const char *const codecs[] = {
        [NVML_ENCODER_H264] = "h264", [NVML_ENCODER_HEVC] = "hevc", [NVML_ENCODER_AV1] = "av1"};

    return parse_session (fields, count, codecs, G_N_ELEMENTS (codecs), entry);
}

static gboolean
parse_capture (char **fields, guint count, gpointer entry)
{
    static const char *const types[] = {[NVML_FBC_TOSYS] = "tosys",
                                        [NVML_FBC_CUDA] = "cuda",
                                        [NVML_FBC_VID] = "vid",
                                        [NVML_FBC_HWENC] = "hwenc"};

    return parse_session (fields, count, types, G_N_ELEMENTS (types), entry);
}

static gboolean
parse_license (VgpuSimWork *work, VgpuSimGroup group, GError **error)
{
    static const char *const states[] = {
        [NVML_GRID_LICENSE_UNKNOWN] = "unknown",
        [NVML_GRID_LICENSE_UNINITIALIZED] = "uninitialized",
        [NVML_GRID_LICENSE_UNLICENSED_UNRESTRICTED] = "unlicensed-unrestricted",
        [NVML_GRID_LICENSE_UNLICENSED_RESTRICTED] = "unlicensed-restricted",
        [NVML_GRID_LICENSE_UNLICENSED] = "unlicensed",
        [NVML_GRID_LICENSE_LICENSED] = "licensed",
    };
    g_autofree char *state = g_key_file_get_value (group.file, group.group, "license", NULL);
    g_autofree char *expiry = g_key_file_get_value (group.file, group.group, "license-expiry", NULL);
    g_autoptr (GDateTime) time = NULL;

    work->license = NVML_GRID_LICENSE_LICENSED;
    if (state && !parse_name (states, G_N_ELEMENTS (states), state, &work->license))
        return vgpu_sim_value_bad (group, "license", error,
                                   "invalid state '%s': expected licensed, unlicensed, "
                                   "unlicensed-restricted, unlicensed-unrestricted, uninitialized or unknown",
                                   state);
    if (!expiry)
        return TRUE;
    if (work->license != NVML_GRID_LICENSE_LICENSED)
        return vgpu_sim_value_bad (group, "license-expiry", error, "but the vGPU is not licensed");
    time = g_date_time_new_from_iso8601 (expiry, NULL);
    if (!time)
        return vgpu_sim_value_bad (group, "license-expiry", error,
                                   "'%s' is not a time such as 2030-01-31T12:00:00Z", expiry);
    work->expiry = g_date_time_to_utc (time);
    return TRUE;
}

gboolean
vgpu_sim_work_parse (VgpuSimWork *work, VgpuSimGroup group, GError **error)
{
    static const char session_form[] = "PID:CODEC:WIDTHxHEIGHT:FPS:LATENCY with the codec h264, hevc or av1";
    static const char capture_form[] =
        "PID:TYPE:WIDTHxHEIGHT:FPS:LATENCY with the type tosys, cuda, vid or hwenc";

    work->processes = g_array_new (FALSE, TRUE, sizeof (VgpuSimProcess));
    work->encoder_sessions = g_array_new (FALSE, TRUE, sizeof (VgpuSimSession));
    work->captures = g_array_new (FALSE, TRUE, sizeof (VgpuSimSession));
    return parse_utilization (work, group, error) &&
           parse_list (group, "processes", "PID:NAME:SM:MEMORY:MIB", parse_process, work->processes, error) &&
           parse_list (group, "encoder-sessions", session_form, parse_encoder_session, work->encoder_sessions,
                       error) &&
           parse_list (group, "captures", capture_form, parse_capture, work->captures, error) &&
           vgpu_sim_value_flag (group, "accounting", &work->accounting, error) &&
           parse_license (work, group, error);
}

void
vgpu_sim_work_clear (VgpuSimWork *work)
{
    g_clear_pointer (&work->processes, g_array_unref);
    g_clear_pointer (&work->encoder_sessions, g_array_unref);
    g_clear_pointer (&work->captures, g_array_unref);
    g_clear_pointer (&work->expiry, g_date_time_unref);
}
