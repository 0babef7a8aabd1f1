/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* nvmlGetVgpuCompatibility for a few fixed pairs, each line of its rule once. All lengths are those of the
 * driver's own metadata, because the call trusts the lengths in it. */
#include "record.h"

#include <stdio.h>
#include <string.h>

#define VERSION(major, minor) ((major) << 16 | (minor))
#define H100                  "233016C100000003"

typedef struct {
    nvmlVgpuMetadata_t head;
    char rest[NVML_VGPU_OPAQUE_SIZE - 4];
} Vgpu;

typedef struct {
    nvmlVgpuPgpuMetadata_t head;
    char rest[NVML_PGPU_OPAQUE_SIZE - 4];
} Pgpu;

_Static_assert(sizeof (Vgpu) == NVML_VGPU_METADATA_OPAQUE_OFFSET + NVML_VGPU_OPAQUE_SIZE, "vGPU metadata");
_Static_assert(sizeof (Pgpu) == NVML_PGPU_METADATA_OPAQUE_OFFSET + NVML_PGPU_OPAQUE_SIZE, "pGPU metadata");

typedef struct {
    unsigned int vgpu_structure, pgpu_structure;
    unsigned int vgpu_capabilities, pgpu_capabilities;
    unsigned int guest; /* in a range of 18.1-26.1 */
    const char *vgpu_string, *pgpu_string;
    int rest; /* the value of the bytes after the pGPU's string */
} Pair;

static const Pair pairs[] = {
    {3, 3, 1, 1, VERSION (26, 1), H100, H100, 0},
    {2, 3, 1, 1, VERSION (26, 1), H100, H100, 0},
    {3, 2, 1, 1, VERSION (26, 1), H100, H100, 0},
    {4, 4, 1, 1, VERSION (26, 1), H100, H100, 0},
    {3, 3, 0, 1, VERSION (26, 1), H100, H100, 0},
    {3, 3, 1, 2, VERSION (26, 1), H100, H100, 0},
    {3, 3, 1, 1, 0, H100, H100, 0},
    {3, 3, 1, 1, VERSION (18, 0), H100, H100, 0},
    {3, 3, 1, 1, VERSION (18, 1), H100, H100, 0},
    {3, 3, 1, 1, VERSION (26, 2), H100, H100, 0},
    {3, 3, 1, 1, VERSION (26, 1), H100, "233016C100000002", 0},
    {3, 3, 1, 1, VERSION (26, 1), H100, "233016c100000003", 0},
    {3, 3, 1, 1, VERSION (26, 1), H100, "", 0},
    {3, 3, 1, 1, VERSION (26, 1), H100, H100, 0x5a},
    {2, 3, 0, 0, VERSION (18, 0), H100, "", 0},
};

static void
fill (const Pair *pair, Vgpu *vgpu, Pgpu *pgpu)
{
    char *source = (char *)vgpu + NVML_VGPU_METADATA_OPAQUE_OFFSET + sizeof (unsigned int);
    char *destination = (char *)pgpu + NVML_PGPU_METADATA_OPAQUE_OFFSET;

    *vgpu = (Vgpu){.head = {.version = pair->vgpu_structure,
                            .guestInfoState = pair->guest != 0,
                            .vgpuVirtualizationCaps = pair->vgpu_capabilities,
                            .guestVgpuVersion = pair->guest,
                            .opaqueDataSize = NVML_VGPU_OPAQUE_SIZE}};
    *pgpu = (Pgpu){.head = {.version = pair->pgpu_structure,
                            .pgpuVirtualizationCaps = pair->pgpu_capabilities,
                            .hostSupportedVgpuRange = {VERSION (18, 1), VERSION (26, 1)},
                            .opaqueDataSize = NVML_PGPU_OPAQUE_SIZE}};
    memcpy (source, pair->vgpu_string, strlen (pair->vgpu_string) + 1);
    memset (destination, pair->rest, NVML_PGPU_OPAQUE_SIZE);
    memcpy (destination, pair->pgpu_string, strlen (pair->pgpu_string) + 1);
}

static void
ask_pair (Record *record, const Pair *pair)
{
    Vgpu vgpu, vgpu_before;
    Pgpu pgpu, pgpu_before;
    nvmlVgpuPgpuCompatibility_t *answer = record_room (record, sizeof *answer);
    nvmlReturn_t code;

    fill (pair, &vgpu, &pgpu);
    fill (pair, &vgpu_before, &pgpu_before);
    if (!RECORD_ASK (record, nvmlGetVgpuCompatibility,
                     "vGPU {structure %u, capabilities %u, version %u.%u, \"%s\"}, "
                     "pGPU {%u, %u, 18.1-26.1, \"%s\" and %#x}, answer",
                     pair->vgpu_structure, pair->vgpu_capabilities, pair->guest >> 16, pair->guest & 0xffff,
                     pair->vgpu_string, pair->pgpu_structure, pair->pgpu_capabilities, pair->pgpu_string,
                     (unsigned int)pair->rest))
        return;
    code = record->nvml.nvmlGetVgpuCompatibility (&vgpu.head, &pgpu.head, answer);
    if (memcmp (&vgpu, &vgpu_before, sizeof vgpu) != 0 || memcmp (&pgpu, &pgpu_before, sizeof pgpu) != 0)
        printf (" changed its input,");
    record_values (record, code, "states %#x limit %#x", answer->vgpuVmCompatibility,
                   answer->compatibilityLimitCode);
}

void
record_compatibility (Record *record)
{
    nvmlVgpuPgpuCompatibility_t answer = {0, 0};
    Vgpu vgpu;
    Pgpu pgpu;

    fill (&pairs[0], &vgpu, &pgpu);
    RECORD_CODE (record, nvmlGetVgpuCompatibility, NULL, NULL, NULL);
    RECORD_CODE (record, nvmlGetVgpuCompatibility, NULL, &pgpu.head, &answer);
    RECORD_CODE (record, nvmlGetVgpuCompatibility, &vgpu.head, NULL, &answer);
    RECORD_CODE (record, nvmlGetVgpuCompatibility, &vgpu.head, &pgpu.head, NULL);
    for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++)
        ask_pair (record, &pairs[i]);
}
