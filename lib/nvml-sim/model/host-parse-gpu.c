/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "nvml-sim/model/host-parse-gpu.h"

#include <string.h>

#include "nvml-sim/model/error.h"
#include "nvml-sim/model/host-parse.h"
#include "nvml-sim/model/number.h"
#include "nvml-sim/model/place.h"
#include "nvml/nvml-abi.h"

/* The board part and the capability word have 16 characters of the metadata string, and the NUL one. */
#define MAX_FLOOR_SWEEPING (NVML_PGPU_STRING_SIZE - 17)
#define MAX_PARENT         255 /* the longest file name */
/* The number of slices of all boards with MIG so far. */
#define DEFAULT_SLICES 7

/* Parses the text after the colon of an entry for that type. */
typedef gboolean (*ParseEntry) (VgpuSimGpu *gpu, VgpuSimGroup group, const VgpuSimType *type,
                                const char *text, GError **error);

/* A key whose value is a list of TYPE:TEXT, separated by semicolons. */
typedef struct {
    const char *key;
    const char *form; /* the expected form, for the message */
    ParseEntry parse;
} TypeList;

static gboolean
parse_entry (VgpuSimHost *host, VgpuSimGpu *gpu, VgpuSimGroup group, const TypeList *list, const char *entry,
             GHashTable *seen, GError **error)
{
    g_auto (GStrv) parts = g_strsplit (entry, ":", 3);
    const VgpuSimType *type;
    guint64 id;

    if (g_strv_length (parts) != 2 || !vgpu_sim_number_parse (parts[0], 1, G_MAXUINT32, &id))
        return vgpu_sim_value_bad (group, list->key, error, "'%s' is not %s", entry, list->form);
    type = vgpu_sim_host_type (host, (guint32)id);
    if (!type)
        return vgpu_sim_value_bad (group, list->key, error, "missing group [type %s]", parts[0]);
    if (!g_hash_table_add (seen, (gpointer)type))
        return vgpu_sim_value_bad (group, list->key, error, "type %s is listed twice", parts[0]);
    return list->parse (gpu, group, type, parts[1], error);
}

static gboolean
parse_type_list (VgpuSimHost *host, VgpuSimGpu *gpu, VgpuSimGroup group, const TypeList *list, GError **error)
{
    g_autofree char *value = g_key_file_get_value (group.file, group.group, list->key, NULL);
    g_auto (GStrv) entries = value && *value ? g_strsplit (value, ";", -1) : NULL;
    g_autoptr (GHashTable) seen = g_hash_table_new (NULL, NULL);

    for (gsize i = 0; entries && entries[i]; i++) {
        /* GKeyFile writes lists with a semicolon at the end */
        if (*entries[i] == '\0' && !entries[i + 1])
            break;
        if (!parse_entry (host, gpu, group, list, entries[i], seen, error))
            return FALSE;
    }
    return TRUE;
}

static const char *const modes[] = {
    [NVML_VIRTUALIZATION_MODE_NONE] = "none",
    [NVML_VIRTUALIZATION_MODE_PASSTHROUGH] = "passthrough",
    [NVML_VIRTUALIZATION_MODE_HOST_VGPU] = "host-vgpu",
};

const char *
vgpu_sim_mode_name (guint mode)
{
    return mode < G_N_ELEMENTS (modes) && modes[mode] ? modes[mode] : "unknown";
}

static gboolean
parse_offer (VgpuSimGpu *gpu, VgpuSimGroup group, const VgpuSimType *type, const char *text, GError **error)
{
    VgpuSimOffer offer = {.type = type};
    guint64 count;

    if (!vgpu_sim_number_parse (text, 1, G_MAXUINT16, &count))
        return vgpu_sim_value_bad (group, "vgpu-types", error, "'%u:%s' is not ID:COUNT", type->id, text);
    offer.count = (guint32)count;
    offer.placements = vgpu_sim_place_multiples (gpu, type);
    g_array_append_val (gpu->offers, offer);
    return TRUE;
}

static gboolean
parse_ids (VgpuSimGroup group, const char *text, guint32 size, guint32 region, GArray *ids, GError **error)
{
    g_auto (GStrv) words = g_strsplit (text, ",", -1);

    for (gsize i = 0; i == 0 || words[i]; i++) {
        guint64 number;
        guint32 id;

        if (size > region || !vgpu_sim_number_parse (words[i], 0, region - size, &number))
            return vgpu_sim_value_bad (group, "placements", error,
                                       "'%s' is not a slot from which %u of the GPU's %u fit",
                                       words[i] ? words[i] : "", size, region);
        id = (guint32)number;
        if (i > 0 && id <= g_array_index (ids, guint32, i - 1))
            return vgpu_sim_value_bad (group, "placements", error, "'%s' is not in ascending order", text);
        g_array_append_val (ids, id);
    }
    return TRUE;
}

/* A type can be listed although the GPU does not offer it (at present). */
static gboolean
parse_placements (VgpuSimGpu *gpu, VgpuSimGroup group, const VgpuSimType *type, const char *text,
                  GError **error)
{
    g_autoptr (GArray) ids = g_array_new (FALSE, FALSE, sizeof (guint32));

    if (vgpu_sim_type_is_mig_backed (type))
        return vgpu_sim_value_bad (group, "placements", error, "type %u is MIG-backed", type->id);
    if (!parse_ids (group, text, vgpu_sim_place_size (type), vgpu_sim_place_region (gpu), ids, error))
        return FALSE;
    for (guint i = 0; i < gpu->offers->len; i++) {
        VgpuSimOffer *offer = &g_array_index (gpu->offers, VgpuSimOffer, i);

        if (offer->type != type)
            continue;
        g_array_unref (offer->placements);
        offer->placements = g_array_ref (ids);
    }
    return TRUE;
}

static gboolean
parse_mode (VgpuSimGpu *gpu, VgpuSimGroup group, GError **error)
{
    g_autofree char *mode = g_key_file_get_value (group.file, group.group, "virtualization-mode", NULL);

    gpu->mode = NVML_VIRTUALIZATION_MODE_HOST_VGPU;
    if (!mode)
        return TRUE;
    for (guint i = 0; i < G_N_ELEMENTS (modes); i++) {
        if (g_strcmp0 (modes[i], mode) == 0) {
            gpu->mode = i;
            return TRUE;
        }
    }
    return vgpu_sim_value_bad (group, "virtualization-mode", error,
                               "invalid mode '%s': expected host-vgpu, passthrough or none", mode);
}

static gboolean
parse_floor_sweeping (VgpuSimGpu *gpu, VgpuSimGroup group, GError **error)
{
    if (!vgpu_sim_value_has (group, "floor-sweeping")) {
        gpu->floor_sweeping = g_strdup ("");
        return TRUE;
    }
    if (!vgpu_sim_value_text (group, "floor-sweeping", MAX_FLOOR_SWEEPING, &gpu->floor_sweeping, error))
        return FALSE;
    if (strspn (gpu->floor_sweeping, "0123456789ABCDEF") != strlen (gpu->floor_sweeping))
        return vgpu_sim_value_bad (group, "floor-sweeping", error, "not upper-case hexadecimal digits");
    return TRUE;
}

/* The address identifies a GPU. NVML only knows physical functions. */
static gboolean
parse_gpu_address (VgpuSimHost *host, VgpuSimGpu *gpu, VgpuSimGroup group, GError **error)
{
    const char *text = group.group + strlen (VGPU_SIM_GROUP_GPU_PREFIX);

    if (!vgpu_sim_address_parse (text, &gpu->address) || gpu->address.function != 0) {
        g_set_error (error, VGPU_SIM_ERROR, VGPU_SIM_ERROR_FILE,
                     "[%s]: not the PCI address of a physical function 0", group.group);
        return FALSE;
    }
    if (vgpu_sim_host_gpu (host, gpu->address)) {
        g_set_error (error, VGPU_SIM_ERROR, VGPU_SIM_ERROR_FILE, "[%s]: listed twice", group.group);
        return FALSE;
    }
    gpu->group = g_strdup (group.group);
    return TRUE;
}

/* Parses how vGPUs share the GPU. Documented: there is no heterogeneous mode in MIG mode. */
static gboolean
parse_sharing (VgpuSimGpu *gpu, VgpuSimGroup group, GError **error)
{
    guint64 slices = DEFAULT_SLICES;

    if (!vgpu_sim_value_flag (group, "mig", &gpu->mig, error) ||
        !vgpu_sim_value_flag (group, "heterogeneous", &gpu->heterogeneous, error))
        return FALSE;
    gpu->says_mig = vgpu_sim_value_has (group, "mig");
    if (gpu->mig && gpu->heterogeneous)
        return vgpu_sim_value_bad (group, "heterogeneous", error, "but the GPU is in MIG mode");
    if (vgpu_sim_value_has (group, "gpu-instance-slices") &&
        !vgpu_sim_value_number (group, "gpu-instance-slices", 1, VGPU_SIM_SLICES_MAX, &slices, error))
        return FALSE;
    gpu->slices = (guint32)slices;
    return TRUE;
}

static gboolean
parse_bandwidth (VgpuSimGroup group, const char *key, guint64 *bandwidth, GError **error)
{
    return !vgpu_sim_value_has (group, key) ||
           vgpu_sim_value_number (group, key, 1, G_MAXUINT32, bandwidth, error);
}

/* The parent's name is only compared. It need not be a PCI device and need not exist. */
static gboolean
parse_mdev_parent (VgpuSimHost *host, VgpuSimGpu *gpu, VgpuSimGroup group, GError **error)
{
    if (!vgpu_sim_value_has (group, "mdev-parent"))
        return TRUE;
    if (!vgpu_sim_value_text (group, "mdev-parent", MAX_PARENT, &gpu->mdev_parent, error))
        return FALSE;
    if (vgpu_sim_host_gpu_of_parent (host, gpu->mdev_parent))
        return vgpu_sim_value_bad (group, "mdev-parent", error, "another GPU has '%s'", gpu->mdev_parent);
    return TRUE;
}

static gboolean
parse_schedulers (const VgpuSimHost *host, VgpuSimGpu *gpu, VgpuSimGroup group, GError **error)
{
    for (VgpuSimEngine engine = VGPU_SIM_GRAPHICS; engine < VGPU_SIM_N_ENGINES; engine++)
        if (!vgpu_sim_scheduler_parse (group, engine, host->scheduler_calls, &gpu->schedulers[engine], error))
            return FALSE;
    return TRUE;
}

gboolean
vgpu_sim_host_parse_gpu (VgpuSimHost *host, VgpuSimGroup group, GError **error)
{
    static const char *const keys[] = {"name",
                                       "uuid",
                                       "device-id",
                                       "subsystem-id",
                                       "floor-sweeping",
                                       "ecc",
                                       "sriov",
                                       "migration",
                                       "mig",
                                       "gpu-instance-slices",
                                       "heterogeneous",
                                       "virtualization-mode",
                                       "framebuffer",
                                       "read-bandwidth",
                                       "write-bandwidth",
                                       "warm-update",
                                       "vgpu-types",
                                       "placements",
                                       "mdev-parent",
                                       "scheduler",
                                       "scheduler-arr",
                                       "scheduler-time-slice",
                                       "scheduler-frequency",
                                       "scheduler-average-factor",
                                       "scheduler-epoch",
                                       "nvenc0-scheduler",
                                       "nvenc0-scheduler-arr",
                                       "nvenc0-scheduler-frequency",
                                       "nvenc0-scheduler-average-factor",
                                       "nvenc0-scheduler-epoch",
                                       "nvenc1-scheduler",
                                       "nvenc1-scheduler-arr",
                                       "nvenc1-scheduler-frequency",
                                       "nvenc1-scheduler-average-factor",
                                       "nvenc1-scheduler-epoch",
                                       NULL};
    static const TypeList offers = {"vgpu-types", "ID:COUNT", parse_offer};
    static const TypeList placements = {"placements", "TYPE:SLOT,SLOT,...", parse_placements};
    g_autoptr (VgpuSimGpu) gpu = vgpu_sim_gpu_new ();

    gpu->ecc = gpu->sriov = gpu->migration = TRUE;
    gpu->says_warm_update = vgpu_sim_value_has (group, "warm-update");
    if (!parse_gpu_address (host, gpu, group, error) || !vgpu_sim_value_only (group, keys, error) ||
        !vgpu_sim_value_text (group, "name", NVML_DEVICE_NAME_SIZE - 1, &gpu->name, error) ||
        !vgpu_sim_value_text (group, "uuid", NVML_DEVICE_UUID_SIZE - 1, &gpu->uuid, error) ||
        !vgpu_sim_value_hex4 (group, "device-id", &gpu->device_id, error) ||
        !vgpu_sim_value_hex4 (group, "subsystem-id", &gpu->subsystem_id, error) ||
        !parse_floor_sweeping (gpu, group, error) || !vgpu_sim_value_flag (group, "ecc", &gpu->ecc, error) ||
        !vgpu_sim_value_flag (group, "sriov", &gpu->sriov, error) ||
        !vgpu_sim_value_flag (group, "migration", &gpu->migration, error) ||
        !parse_sharing (gpu, group, error) || !parse_mode (gpu, group, error) ||
        !vgpu_sim_value_number (group, "framebuffer", 1, VGPU_SIM_FRAMEBUFFER_MAX_MIB, &gpu->framebuffer_mib,
                                error) ||
        !parse_bandwidth (group, "read-bandwidth", &gpu->read_bandwidth, error) ||
        !parse_bandwidth (group, "write-bandwidth", &gpu->write_bandwidth, error) ||
        !vgpu_sim_value_flag (group, "warm-update", &gpu->warm_update, error) ||
        !parse_schedulers (host, gpu, group, error) || !parse_type_list (host, gpu, group, &offers, error) ||
        !parse_type_list (host, gpu, group, &placements, error) ||
        !parse_mdev_parent (host, gpu, group, error))
        return FALSE;
    g_ptr_array_add (host->gpus, g_steal_pointer (&gpu));
    return TRUE;
}
