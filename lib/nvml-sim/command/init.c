/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* init: makes an example host. */
#include "nvml-sim/command/command.h"

#include "nvml-sim/model/error.h"
#include "nvml-sim/model/host-parse.h"
#include "nvml-sim/command/option.h"

typedef struct {
    guint32 id;
    const char *name;
    guint32 framebuffer_mib;
    guint32 count;
    guint32 profile, slices; /* of the GPU instance of a MIG-backed type; slices is 0 for other types */
} ModelType;

/* The boards and the profiles of their GPU instances are real. The IDs of the vGPU types are examples, as
 * real ones change from driver to driver. */
typedef struct {
    const char *model;
    const char *name;
    const char *device_id;
    const char *subsystem_id;
    guint32 framebuffer_mib;
    ModelType types[3];
} Model;

static const Model models[] = {
    {"h100",
     "NVIDIA H100 80GB HBM3",
     "2330",
     "16C1",
     81920,
     {{1120, "NVIDIA H100XM-20C", 20480, 4, 0, 0},
      {1121, "NVIDIA H100XM-40C", 40960, 2, 0, 0},
      {1122, "NVIDIA H100XM-80C", 81920, 1, 0, 0}}},
    {"h100-mig",
     "NVIDIA H100 80GB HBM3",
     "2330",
     "16C1",
     81920,
     {{1123, "NVIDIA H100XM-1-10C", 10240, 7, 19, 1},
      {1124, "NVIDIA H100XM-3-40C", 40960, 2, 9, 3},
      {1125, "NVIDIA H100XM-7-80C", 81920, 1, 0, 7}}},
    {"h200",
     "NVIDIA H200",
     "2335",
     "18BE",
     144384,
     {{1130, "NVIDIA H200X-35C", 36096, 4, 0, 0},
      {1131, "NVIDIA H200X-70C", 72192, 2, 0, 0},
      {1132, "NVIDIA H200X-141C", 144384, 1, 0, 0}}},
    {"l40s",
     "NVIDIA L40S",
     "26B9",
     "1851",
     49152,
     {{1140, "NVIDIA L40S-12C", 12288, 4, 0, 0},
      {1141, "NVIDIA L40S-24C", 24576, 2, 0, 0},
      {1142, "NVIDIA L40S-48C", 49152, 1, 0, 0}}},
};

static const Model *
find_model (const char *name)
{
    for (gsize i = 0; i < G_N_ELEMENTS (models); i++) {
        if (g_str_equal (models[i].model, name))
            return &models[i];
    }
    return NULL;
}

static gboolean
check_models (char **names, GError **error)
{
    for (gsize i = 0; names && names[i]; i++) {
        if (!find_model (names[i]))
            return vgpu_sim_option_bad (error,
                                        "invalid value '%s' for --gpu: expected h100, h100-mig, "
                                        "h200 or l40s",
                                        names[i]);
    }
    /* they get the buses from 0x41 on */
    if (names && g_strv_length (names) > 16)
        return vgpu_sim_option_bad (error, "--gpu can be given at most 16 times");
    return TRUE;
}

static void
set_number (GKeyFile *file, const char *group, const char *key, guint32 number)
{
    g_autofree char *text = g_strdup_printf ("%u", number);

    g_key_file_set_value (file, group, key, text);
}

static void
add_types (GKeyFile *file, const Model *model)
{
    for (gsize i = 0; i < G_N_ELEMENTS (model->types); i++) {
        const ModelType *type = &model->types[i];
        g_autofree char *group = g_strdup_printf (VGPU_SIM_GROUP_TYPE_PREFIX "%u", type->id);

        g_key_file_set_value (file, group, "name", type->name);
        g_key_file_set_value (file, group, "class", "Compute");
        set_number (file, group, "framebuffer", type->framebuffer_mib);
        if (type->slices == 0)
            continue;
        set_number (file, group, "gpu-instance-profile", type->profile);
        set_number (file, group, "gpu-instance-slices", type->slices);
    }
}

static void
add_gpu (GKeyFile *file, const Model *model, gsize index)
{
    g_autofree char *random = g_uuid_string_random ();
    g_autofree char *uuid = g_strconcat ("GPU-", random, NULL);
    g_autofree char *group =
        g_strdup_printf (VGPU_SIM_GROUP_GPU_PREFIX "0000:%02x:00.0", (guint)(0x41 + index));
    g_autoptr (GString) offers = g_string_new (NULL);

    for (gsize i = 0; i < G_N_ELEMENTS (model->types); i++)
        g_string_append_printf (offers, "%u:%u;", model->types[i].id, model->types[i].count);
    g_key_file_set_value (file, group, "name", model->name);
    g_key_file_set_value (file, group, "uuid", uuid);
    g_key_file_set_value (file, group, "device-id", model->device_id);
    g_key_file_set_value (file, group, "subsystem-id", model->subsystem_id);
    set_number (file, group, "framebuffer", model->framebuffer_mib);
    if (model->types[0].slices > 0)
        g_key_file_set_value (file, group, "mig", "true");
    g_key_file_set_value (file, group, "vgpu-types", offers->str);
}

static void
fill (GKeyFile *file, char **names)
{
    static char *one[] = {(char *)"h100", NULL};

    g_key_file_set_value (file, VGPU_SIM_GROUP_DRIVER, "version", "580.159.04");
    g_key_file_set_value (file, VGPU_SIM_GROUP_DRIVER, "range", "18.1-26.1");
    if (!names)
        names = one;
    for (gsize i = 0; names[i]; i++)
        add_types (file, find_model (names[i]));
    for (gsize i = 0; names[i]; i++)
        add_gpu (file, find_model (names[i]), i);
}

gboolean
vgpu_sim_command_init (const char *path, int argc, char **argv, GError **error)
{
    g_auto (GStrv) names = NULL;
    gboolean force = FALSE;
    const GOptionEntry entries[] = {
        {"gpu", 0, 0, G_OPTION_ARG_STRING_ARRAY, &names, "add a GPU: h100 (default), h100-mig, h200 or l40s",
         "MODEL"},
        {"force", 0, 0, G_OPTION_ARG_NONE, &force, "replace an existing file", NULL},
        {0},
    };
    g_autoptr (VgpuSimEdit) edit = NULL;

    if (!vgpu_sim_option_parse ("", entries, 0, &argc, &argv, error) || !check_models (names, error))
        return FALSE;
    edit = vgpu_sim_edit_create (path, error);
    if (!edit)
        return FALSE;
    if (!force && g_file_test (path, G_FILE_TEST_EXISTS)) {
        g_set_error (error, VGPU_SIM_ERROR, VGPU_SIM_ERROR_IMPOSSIBLE,
                     "'%s' already exists: use --force to "
                     "replace it",
                     path);
        return FALSE;
    }
    fill (edit->file, names);
    return vgpu_sim_edit_commit (edit, error);
}
