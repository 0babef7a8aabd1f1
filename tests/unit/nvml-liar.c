/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* An NVML library with one GPU and one vGPU, all correct except for the one wrong answer that $NVML_LIE
 * names. It stays within the buffers that it gets, but may report other sizes. */
#include "nvml/nvml-abi.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#pragma GCC visibility push(default)

static int
lie (const char *name)
{
    const char *told = getenv ("NVML_LIE");

    return told && strcmp (told, name) == 0;
}

/* A lie whose name begins with what. */
static int
lie_of (const char *what, const char *name)
{
    char whole[64];

    snprintf (whole, sizeof whole, "%s%s", what, name);
    return lie (whole);
}

static nvmlReturn_t
give_text (char *buffer, unsigned int length, const char *text, const char *what)
{
    char name[64];

    snprintf (buffer, length, "%s", text);
    snprintf (name, sizeof name, "%s without end", what);
    if (lie (name))
        memset (buffer, 'x', length);
    snprintf (name, sizeof name, "%s not ASCII", what);
    if (lie (name))
        buffer[0] = (char)0xe9;
    snprintf (name, sizeof name, "%s with escape", what);
    if (lie (name))
        buffer[0] = '\x1b';
    snprintf (name, sizeof name, "%s empty", what);
    if (lie (name))
        buffer[0] = '\0';
    return NVML_SUCCESS;
}

/* The sizing protocol and its wrong answers. what begins the name of each lie. */
static nvmlReturn_t
give_bytes (void *buffer, unsigned int *size, const void *bytes, unsigned int needed, const char *what)
{
    const unsigned int room = *size;

    if (lie_of (what, "sizing succeeds") && !buffer)
        return NVML_SUCCESS;
    if (lie_of (what, "size 0") && !buffer) {
        *size = 0;
        return NVML_ERROR_INSUFFICIENT_SIZE;
    }
    if (lie_of (what, "size of 4 GiB") && !buffer) {
        *size = 0xffffffffu;
        return NVML_ERROR_INSUFFICIENT_SIZE;
    }
    if (lie_of (what, "size too small") && !buffer) {
        *size = 8;
        return NVML_ERROR_INSUFFICIENT_SIZE;
    }
    *size = needed;
    if (!buffer || (room < needed && !lie_of (what, "size too small")))
        return NVML_ERROR_INSUFFICIENT_SIZE;
    memcpy (buffer, bytes, room < needed ? room : needed);
    if (lie_of (what, "grows"))
        return NVML_ERROR_INSUFFICIENT_SIZE;
    if (lie_of (what, "more bytes than room"))
        *size = room + 1;
    if (lie_of (what, "fewer bytes"))
        *size = 20;
    if (lie_of (what, "size too small"))
        *size = room;
    return NVML_SUCCESS;
}

static nvmlReturn_t
give_list (unsigned int *count, unsigned int *list, unsigned int value, const char *what)
{
    const unsigned int room = *count;
    char name[64];

    snprintf (name, sizeof name, "%s: 4 billion", what);
    *count = lie (name) ? 0xffffffffu : 1;
    if (lie (name))
        return list ? NVML_SUCCESS : NVML_ERROR_INSUFFICIENT_SIZE;
    snprintf (name, sizeof name, "%s: ever more", what);
    if (lie (name)) {
        *count = room + 1;
        return NVML_ERROR_INSUFFICIENT_SIZE;
    }
    snprintf (name, sizeof name, "%s: success without room", what);
    if (lie (name) && room < 1)
        return NVML_SUCCESS;
    if (room < 1 || !list)
        return NVML_ERROR_INSUFFICIENT_SIZE;
    list[0] = value;
    return NVML_SUCCESS;
}

static pid_t initialised_in;

#ifndef LACKS_INIT
nvmlReturn_t
nvmlInit_v2 (void)
{
    initialised_in = getpid ();
    return lie ("init fails") ? NVML_ERROR_DRIVER_NOT_LOADED : NVML_SUCCESS;
}
#endif

nvmlReturn_t
nvmlShutdown (void)
{
    /* not a wrong answer: NVIDIA's library does the same in a forked child */
    if (initialised_in != getpid ())
        abort ();
    return NVML_SUCCESS;
}

const char *
nvmlErrorString (nvmlReturn_t result)
{
    return lie ("no error text")                    ? NULL
           : result == NVML_ERROR_DRIVER_NOT_LOADED ? "Driver Not Loaded"
                                                    : "Other";
}

nvmlReturn_t
nvmlSystemGetDriverVersion (char *version, unsigned int length)
{
    return give_text (version, length, "580.95.05", "driver");
}

nvmlReturn_t
nvmlDeviceGetCount_v2 (unsigned int *count)
{
    *count = lie ("4 billion GPUs") ? 0xffffffffu : 1;
    return NVML_SUCCESS;
}

nvmlReturn_t
nvmlDeviceGetHandleByIndex_v2 (unsigned int index, nvmlDevice_t *device)
{
    *device = (nvmlDevice_t)(uintptr_t)1;
    return index == 0 ? NVML_SUCCESS : NVML_ERROR_INVALID_ARGUMENT;
}

nvmlReturn_t
nvmlDeviceGetHandleByPciBusId_v2 (const char *bus_id, nvmlDevice_t *device)
{
    *device = (nvmlDevice_t)(uintptr_t)1;
    return bus_id ? NVML_SUCCESS : NVML_ERROR_INVALID_ARGUMENT;
}

static const char *
device_address (void)
{
    if (lie ("address 0"))
        return "0";
    if (lie ("address of domain 10000"))
        return "00010000:41:00.0";
    if (lie ("address of function 8"))
        return "00000000:41:00.8";
    if (lie ("address with signs"))
        return "+0000000: 1:+0.0";
    return "00000000:41:00.0";
}

nvmlReturn_t
nvmlDeviceGetPciInfo_v3 (nvmlDevice_t device, nvmlPciInfo_t *pci)
{
    (void)device;
    return give_text (pci->busId, sizeof pci->busId, device_address (), "address");
}

nvmlReturn_t
nvmlDeviceGetName (nvmlDevice_t device, char *name, unsigned int length)
{
    (void)device;
    return give_text (name, length, "Liar", "name");
}

nvmlReturn_t
nvmlDeviceGetUUID (nvmlDevice_t device, char *uuid, unsigned int length)
{
    (void)device;
    return give_text (uuid, length, "GPU-cccccccc-0000-4000-8000-000000000001", "uuid");
}

nvmlReturn_t
nvmlDeviceGetVirtualizationMode (nvmlDevice_t device, unsigned int *mode)
{
    (void)device;
    *mode = NVML_VIRTUALIZATION_MODE_HOST_VGPU;
    return lie ("no modes") ? NVML_ERROR_NOT_SUPPORTED : NVML_SUCCESS;
}

#ifndef LACKS_METADATA
nvmlReturn_t
nvmlDeviceGetVgpuMetadata (nvmlDevice_t device, nvmlVgpuPgpuMetadata_t *metadata, unsigned int *size)
{
    nvmlVgpuPgpuMetadata_t raw = {.version = 3, .opaqueDataSize = NVML_PGPU_OPAQUE_SIZE};
    unsigned char bytes[NVML_PGPU_METADATA_OPAQUE_OFFSET + NVML_PGPU_OPAQUE_SIZE] = {0};

    (void)device;
    give_text (raw.hostDriverVersion, sizeof raw.hostDriverVersion, "580.95.05", "metadata");
    if (lie ("opaque size"))
        raw.opaqueDataSize = 0x10000;
    memcpy (bytes, &raw, NVML_PGPU_METADATA_OPAQUE_OFFSET);
    return give_bytes (metadata, size, bytes, sizeof bytes, "");
}
#endif

nvmlReturn_t
nvmlDeviceGetSupportedVgpus (nvmlDevice_t device, unsigned int *count, nvmlVgpuTypeId_t *types)
{
    (void)device;
    return give_list (count, types, 11, "supported");
}

/* 1 after NVML was first asked what can be created; then the last vGPU that fits starts */
static int has_started;

static nvmlReturn_t
give_none (unsigned int *count)
{
    *count = 0;
    return NVML_SUCCESS;
}

nvmlReturn_t
nvmlDeviceGetCreatableVgpus (nvmlDevice_t device, unsigned int *count, nvmlVgpuTypeId_t *types)
{
    (void)device;
    if (lie ("starts meanwhile") && has_started)
        return give_none (count);
    has_started = has_started || (types && *count > 0);
    return give_list (count, types, 11, "creatable");
}

nvmlReturn_t
nvmlDeviceGetActiveVgpus (nvmlDevice_t device, unsigned int *count, nvmlVgpuInstance_t *instances)
{
    static unsigned int n_calls;

    (void)device;
    if (lie ("starts meanwhile") && !has_started)
        return give_none (count);
    if (lie ("another each time"))
        return give_list (count, instances, ++n_calls, "active");
    return give_list (count, instances, 1, "active");
}

nvmlReturn_t
nvmlVgpuTypeGetName (nvmlVgpuTypeId_t type, char *name, unsigned int *size)
{
    return give_text (name, *size, "Liar-1C", type == 11 ? "type name" : "vGPU: type name");
}

nvmlReturn_t
nvmlVgpuTypeGetClass (nvmlVgpuTypeId_t type, char *name, unsigned int *size)
{
    (void)type;
    return give_text (name, *size, "Compute", "class");
}

nvmlReturn_t
nvmlVgpuTypeGetFramebufferSize (nvmlVgpuTypeId_t type, unsigned long long *bytes)
{
    (void)type;
    *bytes = 1ull << 30;
    return NVML_SUCCESS;
}

nvmlReturn_t
nvmlVgpuTypeGetMaxInstances (nvmlDevice_t device, nvmlVgpuTypeId_t type, unsigned int *count)
{
    (void)device;
    (void)type;
    *count = lie ("no instances") ? 0 : 4;
    return NVML_SUCCESS;
}

nvmlReturn_t
nvmlVgpuInstanceGetType (nvmlVgpuInstance_t instance, nvmlVgpuTypeId_t *type)
{
    (void)instance;
    /* a type that the GPU does not list */
    *type = lie ("vGPU: type name without end") ? 12 : 11;
    return NVML_SUCCESS;
}

nvmlReturn_t
nvmlVgpuInstanceGetVmID (nvmlVgpuInstance_t instance, char *id, unsigned int length, unsigned int *kind)
{
    (void)instance;
    *kind = lie ("VM by number") ? NVML_VM_ID_DOMAIN_ID : NVML_VM_ID_UUID;
    return give_text (id, length, "11111111-1111-4111-8111-111111111111", "vm");
}

nvmlReturn_t
nvmlVgpuInstanceGetUUID (nvmlVgpuInstance_t instance, char *uuid, unsigned int length)
{
    (void)instance;
    return give_text (uuid, length, "AAAAAAAA-0000-4000-8000-000000000001", "vgpu");
}

nvmlReturn_t
nvmlVgpuInstanceGetMetadata (nvmlVgpuInstance_t instance, nvmlVgpuMetadata_t *metadata, unsigned int *size)
{
    const nvmlVgpuMetadata_t raw = {.version = 3, .opaqueDataSize = NVML_VGPU_OPAQUE_SIZE};
    unsigned char bytes[NVML_VGPU_METADATA_OPAQUE_OFFSET + NVML_VGPU_OPAQUE_SIZE] = {0};

    (void)instance;
    memcpy (bytes, &raw, NVML_VGPU_METADATA_OPAQUE_OFFSET);
    return give_bytes (metadata, size, bytes, sizeof bytes, "vGPU: ");
}

nvmlReturn_t
nvmlGetVgpuVersion (nvmlVgpuVersion_t *supported, nvmlVgpuVersion_t *current)
{
    *supported = *current = (nvmlVgpuVersion_t){0x120001, 0x1a0001};
    return NVML_SUCCESS;
}
