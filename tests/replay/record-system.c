/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The driver as a whole: its version, its range of vGPU versions, and its devices. */
#include "record.h"

#include <stdio.h>
#include <string.h>

#define VERSION(major, minor) ((major) << 16 | (minor))

static void
ask_driver_version (Record *record)
{
    /* RECORD_FIXED_TEXT is for calls that have an argument before the text */
    record_walk (record, RECORD_TEXT, NVML_DRIVER_VERSION_SIZE);
    RECORD_WALK (record, nvmlSystemGetDriverVersion, record_next_text, record_text, "",
                 (record->buffer, record->length));
}

void
record_system (Record *record)
{
    ask_driver_version (record);
    record_walk (record, RECORD_NUMBERS, sizeof (unsigned int));
    RECORD_WALK (record, nvmlDeviceGetCount, record_next_number, record_number, "", (record->buffer));
    record_walk (record, RECORD_NUMBERS, sizeof (unsigned int));
    RECORD_WALK (record, nvmlDeviceGetCount_v2, record_next_number, record_number, "", (record->buffer));
}

static void
print_range (const char *name, const nvmlVgpuVersion_t *range)
{
    if (range)
        printf (" %s %u.%u-%u.%u", name, range->minVersion >> 16, range->minVersion & 0xffff,
                range->maxVersion >> 16, range->maxVersion & 0xffff);
}

static void
ask_versions (Record *record, bool with_supported, bool with_current)
{
    nvmlVgpuVersion_t *ranges = record_room (record, 2 * sizeof *ranges);
    nvmlVgpuVersion_t *supported = with_supported ? &ranges[0] : NULL;
    nvmlVgpuVersion_t *current = with_current ? &ranges[1] : NULL;
    nvmlReturn_t code;

    if (!RECORD_ASK (record, nvmlGetVgpuVersion, "%s, %s", supported ? "supported" : "NULL",
                     current ? "current" : "NULL"))
        return;
    code = record->nvml.nvmlGetVgpuVersion (supported, current);
    printf (" %d", code);
    if (code == NVML_SUCCESS) {
        print_range ("supported", supported);
        print_range ("current", current);
    }
    record_end (record);
}

/* Inverted, or outside any range that a driver ever had: these must be refused, and set nothing. */
static void
ask_to_set_versions (Record *record)
{
    static const nvmlVgpuVersion_t ranges[] = {
        {VERSION (26, 1), VERSION (18, 1)},
        {VERSION (1, 0), VERSION (1, 1)},
        {VERSION (255, 0), VERSION (255, 255)},
        {VERSION (1, 0), VERSION (255, 255)},
    };

    RECORD_CODE (record, nvmlSetVgpuVersion, NULL);
    for (size_t i = 0; i < sizeof ranges / sizeof ranges[0]; i++) {
        nvmlVgpuVersion_t range = ranges[i];

        if (RECORD_ASK (record, nvmlSetVgpuVersion, "%u.%u-%u.%u", range.minVersion >> 16,
                        range.minVersion & 0xffff, range.maxVersion >> 16, range.maxVersion & 0xffff))
            record_code (record, record->nvml.nvmlSetVgpuVersion (&range));
    }
}

static void
ask_driver_capabilities (Record *record)
{
    static const unsigned int capabilities[] = {0, NVML_VGPU_DRIVER_CAP_WARM_UPDATE, 2, RECORD_UNKNOWN};

    for (size_t i = 0; i < sizeof capabilities / sizeof capabilities[0]; i++) {
        char question[64];

        snprintf (question, sizeof question, "capability %u, ", capabilities[i]);
        RECORD_NUMBER (record, nvmlGetVgpuDriverCapabilities, question, sizeof (unsigned int),
                       capabilities[i]);
    }
}

void
record_versions (Record *record)
{
    ask_versions (record, false, false);
    ask_versions (record, true, false);
    ask_versions (record, false, true);
    ask_versions (record, true, true);
    ask_to_set_versions (record);
    ask_versions (record, true, true);
    ask_driver_capabilities (record);
}

/* A handle is a number of the library's own; only whether it is the same again is recorded. */
static void
ask_index (Record *record, const char *call, __typeof__ (nvmlDeviceGetHandleByIndex) *by_index,
           unsigned int index)
{
    nvmlDevice_t device = NULL;
    nvmlReturn_t code;

    if (!record_ask (record, call, by_index != NULL, "%u, &device", index))
        return;
    code = by_index (index, &device);
    record_values (record, code, "%s",
                   device == record_first_device (record) ? "device 0" : "another device");
}

static void
ask_address (Record *record, const char *call, __typeof__ (nvmlDeviceGetHandleByPciBusId) *by_address,
             const char *address)
{
    char quoted[RECORD_QUOTED_SIZE];
    nvmlDevice_t device = NULL;
    nvmlReturn_t code;

    if (!record_ask (record, call, by_address != NULL, "%s, &device",
                     record_quote (address, NVML_PCI_BUS_ID_SIZE, quoted, sizeof quoted)))
        return;
    code = by_address (address, &device);
    record_values (record, code, "%s",
                   device == record_first_device (record) ? "device 0" : "another device");
}

/* Good and bad forms of the first device's address: %1 is its domain, which two of them assume to be 0, %2
 * its bus, %3 its device. */
static const char *const ways[] = {
    "%2",          "%2:%3",       "%2:%3.0",     "%1:%2:%3",   "0:%2:%3.0",       "00000%1:%2:%3.0",
    " %1:%2:%3.0", "%1:%2:%3.0 ", "%1:%2:%3.00", "%1:%2:%3.",  "%1:%2:%3.1",      "%1:%2:%3.8",
    "%1:%2:20.0",  "%1:1%2:%3.0", "%1:g1:%3.0",  "%1-%2-%3.0", "1:2:3:4:%2:%3.0", "fffe:%2:%3.0",
};

/* Prints only the form, because a badly written address could not be masked. */
static void
ask_way (Record *record, const char *way, const nvmlPciInfo_t *pci)
{
    const unsigned int parts[] = {pci->domain & 0xffff, pci->bus & 0xff, pci->device & 0x1f};
    char address[NVML_PCI_BUS_ID_SIZE * 2] = "";
    nvmlDevice_t device = NULL;
    size_t used = 0;

    for (const char *at = way; *at != '\0'; at++) {
        if (*at == '%') {
            const unsigned int part = (unsigned int)(*++at - '1');

            used += (size_t)snprintf (address + used, sizeof address - used, part == 0 ? "%04x" : "%02x",
                                      parts[part]);
        } else {
            address[used++] = *at;
        }
    }
    if (RECORD_ASK (record, nvmlDeviceGetHandleByPciBusId_v2, "\"%s\", &device", way))
        record_code (record, record->nvml.nvmlDeviceGetHandleByPciBusId_v2 (address, &device));
}

/* The first device's address as the library returns it and as sysfs writes it. */
static bool
first_address (Record *record, nvmlPciInfo_t *pci, char short_address[static NVML_PCI_BUS_ID_SIZE])
{
    const nvmlDevice_t device = record_first_device (record);

    if (!device || !record->nvml.nvmlDeviceGetPciInfo_v3 ||
        record->nvml.nvmlDeviceGetPciInfo_v3 (device, pci) != NVML_SUCCESS)
        return false;
    snprintf (short_address, NVML_PCI_BUS_ID_SIZE, "%04x:%02x:%02x.0", pci->domain & 0xffff, pci->bus & 0xff,
              pci->device & 0x1f);
    return true;
}

void
record_handles (Record *record)
{
    const RecordNvml *nvml = &record->nvml;
    char short_address[NVML_PCI_BUS_ID_SIZE];
    nvmlPciInfo_t pci = {0};
    nvmlDevice_t device = NULL;

    ask_index (record, "nvmlDeviceGetHandleByIndex", nvml->nvmlDeviceGetHandleByIndex, 0);
    ask_index (record, "nvmlDeviceGetHandleByIndex_v2", nvml->nvmlDeviceGetHandleByIndex_v2, 0);
    ask_index (record, "nvmlDeviceGetHandleByIndex_v2", nvml->nvmlDeviceGetHandleByIndex_v2, 1000);
    ask_index (record, "nvmlDeviceGetHandleByIndex_v2", nvml->nvmlDeviceGetHandleByIndex_v2, RECORD_UNKNOWN);
    RECORD_CODE (record, nvmlDeviceGetHandleByIndex_v2, 0, NULL);
    if (first_address (record, &pci, short_address)) {
        ask_address (record, "nvmlDeviceGetHandleByPciBusId", nvml->nvmlDeviceGetHandleByPciBusId, pci.busId);
        ask_address (record, "nvmlDeviceGetHandleByPciBusId_v2", nvml->nvmlDeviceGetHandleByPciBusId_v2,
                     pci.busId);
        ask_address (record, "nvmlDeviceGetHandleByPciBusId_v2", nvml->nvmlDeviceGetHandleByPciBusId_v2,
                     short_address);
        for (size_t i = 0; i < sizeof ways / sizeof ways[0]; i++)
            ask_way (record, ways[i], &pci);
    }
    RECORD_CODE (record, nvmlDeviceGetHandleByPciBusId_v2, "ffff:fe:1f.0", &device);
    RECORD_CODE (record, nvmlDeviceGetHandleByPciBusId_v2, "no address", &device);
    RECORD_CODE (record, nvmlDeviceGetHandleByPciBusId_v2, "", &device);
    RECORD_CODE (record, nvmlDeviceGetHandleByPciBusId_v2, NULL, &device);
    RECORD_CODE (record, nvmlDeviceGetHandleByPciBusId_v2, "ffff:fe:1f.0", NULL);
}
