/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "nvml/loader.h"

#include <dlfcn.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

G_DEFINE_QUARK (vgate - nvml - error - quark, vgate_nvml_error)

/* A driver that asks for more than this is not believed: real answers are below 1 KiB. */
#define METADATA_SIZE_MAX (64u * 1024u)
#define LIST_SIZE_MAX     4096u

struct VgateNvml {
    void *library;
    const char *simulated;
#define VGATE_NVML_SYMBOL(name) __typeof__ (name) *name;
#include "nvml/symbols.def"
#undef VGATE_NVML_SYMBOL
};

static const struct {
    const char *name;
    gsize offset;
} symbols[] = {
#define VGATE_NVML_SYMBOL(name) {#name, offsetof (struct VgateNvml, name)},
#include "nvml/symbols.def"
#undef VGATE_NVML_SYMBOL
};

/* Calls nvml->NAME (...) where the library has it; TRUE on success, else the error names the call. */
#define CALL(nvml, error, name, ...) \
    ((nvml)->name ? answer (nvml, #name, (nvml)->name (__VA_ARGS__), error) : missing (#name, error))

static gboolean
missing (const char *name, GError **error)
{
    g_set_error (error, VGATE_NVML_ERROR, VGATE_NVML_ERROR_SYMBOL, "the library has no %s", name);
    return FALSE;
}

static gboolean
answer (const VgateNvml *nvml, const char *name, nvmlReturn_t rc, GError **error)
{
    const char *text;

    if (rc == NVML_SUCCESS)
        return TRUE;
    text = nvml->nvmlErrorString ? nvml->nvmlErrorString (rc) : NULL;
    g_set_error (error, VGATE_NVML_ERROR, rc, "%s: NVML error %d%s%s", name, rc, text ? ": " : "",
                 text ? text : "");
    return FALSE;
}

static gboolean
unbelievable (const char *name, const char *what, GError **error)
{
    g_set_error (error, VGATE_NVML_ERROR, VGATE_NVML_ERROR_ANSWER, "%s: %s", name, what);
    return FALSE;
}

static void
resolve (VgateNvml *nvml)
{
    const char *(*description) (void) = NULL;
    void *found;

    for (gsize i = 0; i < G_N_ELEMENTS (symbols); i++) {
        found = dlsym (nvml->library, symbols[i].name);
        /* ISO C has no cast from an object to a function pointer; POSIX promises that the bits are the same.
         */
        memcpy ((char *)nvml + symbols[i].offset, &found, sizeof found);
    }
    found = dlsym (nvml->library, "vgpuSimDescription");
    memcpy (&description, &found, sizeof found);
    nvml->simulated = description ? description () : NULL;
}

VgateNvml *
vgate_nvml_open (const char *library, GError **error)
{
    VgateNvml *nvml;
    void *handle = dlopen (library, RTLD_NOW | RTLD_LOCAL);

    if (!handle) {
        const char *reason = dlerror ();
        g_set_error_literal (error, VGATE_NVML_ERROR, VGATE_NVML_ERROR_LIBRARY, reason ? reason : library);
        return NULL;
    }
    nvml = g_new0 (VgateNvml, 1);
    nvml->library = handle;
    resolve (nvml);
    if (!(nvml->nvmlInit_v2 ? answer (nvml, "nvmlInit_v2", nvml->nvmlInit_v2 (), error)
                            : missing ("nvmlInit_v2", error))) {
        dlclose (handle);
        g_free (nvml);
        return NULL;
    }
    return nvml;
}

void
vgate_nvml_close (VgateNvml *nvml)
{
    if (!nvml)
        return;
    if (nvml->nvmlShutdown)
        nvml->nvmlShutdown ();
    dlclose (nvml->library);
    g_free (nvml);
}

const char *
vgate_nvml_get_simulated (const VgateNvml *nvml)
{
    return nvml->simulated;
}

/* A text that the driver filled into a buffer of this size: it must end in there. */
static char *
text_of (const char *name, const char *buffer, gsize size, GError **error)
{
    const char *end = memchr (buffer, '\0', size);

    if (!end) {
        unbelievable (name, "the text does not end", error);
        return NULL;
    }
    for (const char *at = buffer; at < end; at++) {
        if (!g_ascii_isprint (*at)) {
            unbelievable (name, "the text is not printable ASCII", error);
            return NULL;
        }
    }
    return g_strndup (buffer, (gsize)(end - buffer));
}

char *
vgate_nvml_driver_version (VgateNvml *nvml, GError **error)
{
    char version[NVML_DRIVER_VERSION_SIZE] = "";

    if (!CALL (nvml, error, nvmlSystemGetDriverVersion, version, sizeof version))
        return NULL;
    return text_of ("nvmlSystemGetDriverVersion", version, sizeof version, error);
}

gboolean
vgate_nvml_version_ranges (VgateNvml *nvml, nvmlVgpuVersion_t *preset, nvmlVgpuVersion_t *current,
                           GError **error)
{
    return CALL (nvml, error, nvmlGetVgpuVersion, preset, current);
}

gboolean
vgate_nvml_compatibility (VgateNvml *nvml, GBytes *vgpu, GBytes *pgpu, nvmlReturn_t *rc,
                          nvmlVgpuPgpuCompatibility_t *answer_out, GError **error)
{
    /* copies, because the call takes pointers to writable structures, aligned, and at least sizeof long */
    g_autofree nvmlVgpuMetadata_t *v = g_malloc0 (MAX (g_bytes_get_size (vgpu), sizeof *v));
    g_autofree nvmlVgpuPgpuMetadata_t *p = g_malloc0 (MAX (g_bytes_get_size (pgpu), sizeof *p));

    if (!nvml->nvmlGetVgpuCompatibility)
        return missing ("nvmlGetVgpuCompatibility", error);
    memcpy (v, g_bytes_get_data (vgpu, NULL), g_bytes_get_size (vgpu));
    memcpy (p, g_bytes_get_data (pgpu, NULL), g_bytes_get_size (pgpu));
    *answer_out = (nvmlVgpuPgpuCompatibility_t){0};
    *rc = nvml->nvmlGetVgpuCompatibility (v, p, answer_out);
    return TRUE;
}

gboolean
vgate_nvml_device_count (VgateNvml *nvml, guint *count, GError **error)
{
    return CALL (nvml, error, nvmlDeviceGetCount_v2, count);
}

gboolean
vgate_nvml_device (VgateNvml *nvml, guint index, nvmlDevice_t *device, GError **error)
{
    return CALL (nvml, error, nvmlDeviceGetHandleByIndex_v2, index, device);
}

/* NVML writes "00000000:41:00.0", in upper case; sysfs and libvirt write "0000:41:00.0", in lower case. */
static char *
sysfs_address (const char *name, const char *nvml_address, GError **error)
{
    guint domain, bus, device, function;
    char rest;

    /* sscanf () alone would take signs and blanks */
    if (strspn (nvml_address, "0123456789abcdefABCDEF:.") != strlen (nvml_address) ||
        sscanf (nvml_address, "%8x:%2x:%2x.%1x%c", &domain, &bus, &device, &function, &rest) != 4 ||
        domain > 0xffff || function > 7) {
        unbelievable (name, "this is no PCI address that is known here", error);
        return NULL;
    }
    return g_strdup_printf ("%04x:%02x:%02x.%x", domain, bus, device, function);
}

char *
vgate_nvml_device_address (VgateNvml *nvml, nvmlDevice_t device, GError **error)
{
    nvmlPciInfo_t pci = {0};
    g_autofree char *text = NULL;

    if (!CALL (nvml, error, nvmlDeviceGetPciInfo_v3, device, &pci))
        return NULL;
    text = text_of ("nvmlDeviceGetPciInfo_v3", pci.busId, sizeof pci.busId, error);
    return text ? sysfs_address ("nvmlDeviceGetPciInfo_v3", text, error) : NULL;
}

char *
vgate_nvml_device_name (VgateNvml *nvml, nvmlDevice_t device, GError **error)
{
    char name[NVML_DEVICE_NAME_V2_SIZE] = "";

    if (!CALL (nvml, error, nvmlDeviceGetName, device, name, sizeof name))
        return NULL;
    return text_of ("nvmlDeviceGetName", name, sizeof name, error);
}

char *
vgate_nvml_device_uuid (VgateNvml *nvml, nvmlDevice_t device, GError **error)
{
    char uuid[NVML_DEVICE_UUID_SIZE] = "";

    if (!CALL (nvml, error, nvmlDeviceGetUUID, device, uuid, sizeof uuid))
        return NULL;
    return text_of ("nvmlDeviceGetUUID", uuid, sizeof uuid, error);
}

gboolean
vgate_nvml_device_is_vgpu_host (VgateNvml *nvml, nvmlDevice_t device, gboolean *is_host, GError **error)
{
    g_autoptr (GError) local = NULL;
    guint mode = NVML_VIRTUALIZATION_MODE_NONE;

    if (!CALL (nvml, &local, nvmlDeviceGetVirtualizationMode, device, &mode)) {
        if (!g_error_matches (local, VGATE_NVML_ERROR, NVML_ERROR_NOT_SUPPORTED)) {
            g_propagate_error (error, g_steal_pointer (&local));
            return FALSE;
        }
        mode = NVML_VIRTUALIZATION_MODE_NONE;
    }
    *is_host = mode == NVML_VIRTUALIZATION_MODE_HOST_VGPU;
    return TRUE;
}

gboolean
vgate_nvml_device_scheduler (VgateNvml *nvml, nvmlDevice_t device, nvmlVgpuSchedulerGetState_t *state,
                             GError **error)
{
    return CALL (nvml, error, nvmlDeviceGetVgpuSchedulerState, device, state);
}

/*
 * Metadata: the sizing call, then the call. The size may grow in between (a driver update under our feet), so
 * that a second INSUFFICIENT_SIZE is an error like any other, not a reason to loop.
 */
static gboolean
size_answer (const VgateNvml *nvml, const char *name, nvmlReturn_t rc, guint size, GError **error)
{
    if (rc == NVML_SUCCESS)
        return unbelievable (name, "success without a buffer", error);
    if (rc != NVML_ERROR_INSUFFICIENT_SIZE)
        return answer (nvml, name, rc, error);
    if (size == 0 || size > METADATA_SIZE_MAX)
        return unbelievable (name, "a size that cannot be", error);
    return TRUE;
}

static GBytes *
metadata_bytes (const char *name, gpointer buffer, guint allocated, guint size, GError **error)
{
    if (size > allocated) {
        g_free (buffer);
        unbelievable (name, "more bytes than there was room for", error);
        return NULL;
    }
    return g_bytes_new_take (buffer, size);
}

GBytes *
vgate_nvml_device_metadata (VgateNvml *nvml, nvmlDevice_t device, GError **error)
{
    const char *name = "nvmlDeviceGetVgpuMetadata";
    g_autofree nvmlVgpuPgpuMetadata_t *metadata = NULL;
    guint size = 0, allocated;
    nvmlReturn_t rc;

    if (!nvml->nvmlDeviceGetVgpuMetadata) {
        missing (name, error);
        return NULL;
    }
    rc = nvml->nvmlDeviceGetVgpuMetadata (device, NULL, &size);
    if (!size_answer (nvml, name, rc, size, error))
        return NULL;
    allocated = MAX (size, (guint)sizeof *metadata);
    metadata = g_malloc0 (allocated);
    if (!answer (nvml, name, nvml->nvmlDeviceGetVgpuMetadata (device, metadata, &size), error))
        return NULL;
    return metadata_bytes (name, g_steal_pointer (&metadata), allocated, size, error);
}

GBytes *
vgate_nvml_vgpu_metadata (VgateNvml *nvml, nvmlVgpuInstance_t vgpu, GError **error)
{
    const char *name = "nvmlVgpuInstanceGetMetadata";
    g_autofree nvmlVgpuMetadata_t *metadata = NULL;
    guint size = 0, allocated;
    nvmlReturn_t rc;

    if (!nvml->nvmlVgpuInstanceGetMetadata) {
        missing (name, error);
        return NULL;
    }
    rc = nvml->nvmlVgpuInstanceGetMetadata (vgpu, NULL, &size);
    if (!size_answer (nvml, name, rc, size, error))
        return NULL;
    allocated = MAX (size, (guint)sizeof *metadata);
    metadata = g_malloc0 (allocated);
    if (!answer (nvml, name, nvml->nvmlVgpuInstanceGetMetadata (vgpu, metadata, &size), error))
        return NULL;
    return metadata_bytes (name, g_steal_pointer (&metadata), allocated, size, error);
}

/* The three lists of a device have one signature; a list may grow between the two calls, so try a few times.
 */
typedef nvmlReturn_t (*ListCall) (nvmlDevice_t device, unsigned int *count, unsigned int *list);

static GArray *
device_list (const VgateNvml *nvml, const char *name, ListCall call, nvmlDevice_t device, GError **error)
{
    g_autoptr (GArray) list = g_array_new (FALSE, TRUE, sizeof (guint));
    nvmlReturn_t rc = NVML_ERROR_INSUFFICIENT_SIZE;
    guint count = 0;

    if (!call) {
        missing (name, error);
        return NULL;
    }
    for (int attempt = 0; attempt < 4 && rc == NVML_ERROR_INSUFFICIENT_SIZE; attempt++) {
        g_array_set_size (list, count);
        rc = call (device, &count, list->len > 0 ? &g_array_index (list, guint, 0) : NULL);
        if (count > LIST_SIZE_MAX) {
            unbelievable (name, "a count that cannot be", error);
            return NULL;
        }
    }
    if (!answer (nvml, name, rc, error))
        return NULL;
    if (count > list->len) {
        unbelievable (name, "more entries than there was room for", error);
        return NULL;
    }
    g_array_set_size (list, count);
    return g_steal_pointer (&list);
}

GArray *
vgate_nvml_device_vgpus (VgateNvml *nvml, nvmlDevice_t device, GError **error)
{
    return device_list (nvml, "nvmlDeviceGetActiveVgpus", nvml->nvmlDeviceGetActiveVgpus, device, error);
}

GArray *
vgate_nvml_device_supported_types (VgateNvml *nvml, nvmlDevice_t device, GError **error)
{
    return device_list (nvml, "nvmlDeviceGetSupportedVgpus", nvml->nvmlDeviceGetSupportedVgpus, device,
                        error);
}

GArray *
vgate_nvml_device_creatable_types (VgateNvml *nvml, nvmlDevice_t device, GError **error)
{
    return device_list (nvml, "nvmlDeviceGetCreatableVgpus", nvml->nvmlDeviceGetCreatableVgpus, device,
                        error);
}

char *
vgate_nvml_type_name (VgateNvml *nvml, nvmlVgpuTypeId_t type, GError **error)
{
    char name[NVML_VGPU_NAME_SIZE] = "";
    guint size = sizeof name;

    if (!CALL (nvml, error, nvmlVgpuTypeGetName, type, name, &size))
        return NULL;
    return text_of ("nvmlVgpuTypeGetName", name, sizeof name, error);
}

char *
vgate_nvml_type_class (VgateNvml *nvml, nvmlVgpuTypeId_t type, GError **error)
{
    char name[NVML_VGPU_NAME_SIZE] = "";
    guint size = sizeof name;

    if (!CALL (nvml, error, nvmlVgpuTypeGetClass, type, name, &size))
        return NULL;
    return text_of ("nvmlVgpuTypeGetClass", name, sizeof name, error);
}

gboolean
vgate_nvml_type_framebuffer (VgateNvml *nvml, nvmlVgpuTypeId_t type, guint64 *bytes, GError **error)
{
    unsigned long long size = 0;

    if (!CALL (nvml, error, nvmlVgpuTypeGetFramebufferSize, type, &size))
        return FALSE;
    *bytes = size;
    return TRUE;
}

gboolean
vgate_nvml_type_max_instances (VgateNvml *nvml, nvmlDevice_t device, nvmlVgpuTypeId_t type, guint *count,
                               GError **error)
{
    return CALL (nvml, error, nvmlVgpuTypeGetMaxInstances, device, type, count);
}

gboolean
vgate_nvml_vgpu_type (VgateNvml *nvml, nvmlVgpuInstance_t vgpu, nvmlVgpuTypeId_t *type, GError **error)
{
    return CALL (nvml, error, nvmlVgpuInstanceGetType, vgpu, type);
}

char *
vgate_nvml_vgpu_vm_uuid (VgateNvml *nvml, nvmlVgpuInstance_t vgpu, GError **error)
{
    char id[NVML_DEVICE_UUID_SIZE] = "";
    guint kind = NVML_VM_ID_DOMAIN_ID;

    if (!CALL (nvml, error, nvmlVgpuInstanceGetVmID, vgpu, id, sizeof id, &kind))
        return NULL;
    if (kind != NVML_VM_ID_UUID) {
        unbelievable ("nvmlVgpuInstanceGetVmID", "the VM's id is not a UUID", error);
        return NULL;
    }
    return text_of ("nvmlVgpuInstanceGetVmID", id, sizeof id, error);
}

char *
vgate_nvml_vgpu_uuid (VgateNvml *nvml, nvmlVgpuInstance_t vgpu, GError **error)
{
    char uuid[NVML_DEVICE_UUID_SIZE] = "";

    if (!CALL (nvml, error, nvmlVgpuInstanceGetUUID, vgpu, uuid, sizeof uuid))
        return NULL;
    return text_of ("nvmlVgpuInstanceGetUUID", uuid, sizeof uuid, error);
}

char *
vgate_nvml_vgpu_mdev_uuid (VgateNvml *nvml, nvmlVgpuInstance_t vgpu, GError **error)
{
    char uuid[NVML_DEVICE_UUID_SIZE] = "";

    if (!CALL (nvml, error, nvmlVgpuInstanceGetMdevUUID, vgpu, uuid, sizeof uuid))
        return NULL;
    return text_of ("nvmlVgpuInstanceGetMdevUUID", uuid, sizeof uuid, error);
}
