/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Makes random pairs of vGPU and pGPU metadata around every limit of the compatibility rule, and compares the
 * answers of an NVML library and the engine: compare LIBRARY PAIRS [SEED]. On a machine with NVIDIA's driver
 * the library is libnvidia-ml.so.1; the machine need not be a vGPU host. Prints TAP, with a skip if there is
 * no library.
 */
#include "vgpu-gate/vgpu-gate.h"
#include "nvml/nvml-abi.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SHOWN_MAX 10u

typedef struct {
    nvmlVgpuMetadata_t head;
    char opaque_rest[NVML_VGPU_OPAQUE_SIZE - 4];
} VgpuBlob;

typedef struct {
    nvmlVgpuPgpuMetadata_t head;
    char opaque_rest[NVML_PGPU_OPAQUE_SIZE - 4];
} PgpuBlob;

G_STATIC_ASSERT (sizeof (VgpuBlob) == 468);
G_STATIC_ASSERT (sizeof (PgpuBlob) == 380);

static guint32
pick (GRand *rand, const guint32 *values, gsize n)
{
    return values[g_rand_int_range (rand, 0, (gint32)n)];
}

/* Mostly 3, because with a lower version the first line of the rule hides the others. */
static guint32
draw_structure_version (GRand *rand)
{
    static const guint32 values[] = {0, 1, 2, 4, 5, 7, G_MAXUINT32, 0x80000003};

    return g_rand_int_range (rand, 0, 8) > 0 ? 3 : pick (rand, values, G_N_ELEMENTS (values));
}

static guint32
draw_capabilities (GRand *rand)
{
    static const guint32 values[] = {0, 2, 3, 0x80000000, G_MAXUINT32, 0xfffffffe};

    return g_rand_int_range (rand, 0, 8) > 0 ? 1 : pick (rand, values, G_N_ELEMENTS (values));
}

static guint32
draw_vgpu_version (GRand *rand)
{
    static const guint32 known[] = {0,        0x70001,  0x120001, 0x180001, 0x180002,
                                    0x1a0001, 0x1b0001, 1,        0x10000,  G_MAXUINT32};
    const guint32 version = pick (rand, known, G_N_ELEMENTS (known));

    /* the value itself, and its neighbours */
    return version + (guint32)g_rand_int_range (rand, -1, 2);
}

static void
draw_text (GRand *rand, char *text, gsize size)
{
    for (gsize i = 0; i < size; i++)
        text[i] = (char)g_rand_int_range (rand, 0, 256);
    if (g_rand_boolean (rand))
        g_strlcpy (text, "580.159.04", size);
}

/* The pGPU metadata string: 256 bytes, random after its NUL; sometimes without any NUL. */
static void
draw_gpu_string (GRand *rand, char string[static NVML_PGPU_STRING_SIZE])
{
    static const char *const known[] = {"233016C100000003",
                                        "233016C100000002",
                                        "233116C100000003",
                                        "26B918510B7E00000003",
                                        "GPU-b6a3986c-592d-47ce-adb0-cabdece1a74a",
                                        ""};
    const char *start = known[g_rand_int_range (rand, 0, G_N_ELEMENTS (known))];
    const int length = g_rand_int_range (rand, 0, 12) == 0 ? g_rand_int_range (rand, 240, 257) : -1;

    for (int i = 0; i < NVML_PGPU_STRING_SIZE; i++)
        string[i] = (char)g_rand_int_range (rand, 1, 256);
    if (length < 0)
        strcpy (string, start); /* nocheck: the strings are ours, and 256 bytes are there */
    else if (length < NVML_PGPU_STRING_SIZE)
        string[length] = '\0';
}

/* The vGPU's string is the pGPU's, the same with one change, or another one. */
static void
derive_gpu_string (GRand *rand, const char *from, char string[static NVML_PGPU_STRING_SIZE])
{
    const gsize length = strnlen (from, NVML_PGPU_STRING_SIZE);
    const int kind = g_rand_int_range (rand, 0, 8);

    draw_gpu_string (rand, string);
    if (kind == 0)
        return;
    for (gsize i = 0; i < length; i++)
        string[i] = from[i];
    if (length < NVML_PGPU_STRING_SIZE)
        string[length] = '\0';
    if (kind == 1 && length > 0)
        string[g_rand_int_range (rand, 0, (gint32)length)] ^= 0x20;
    else if (kind == 2 && length > 0)
        string[length - 1] = '\0';
    else if (kind == 3 && length + 1 < NVML_PGPU_STRING_SIZE)
        memcpy (string + length, "0", 2);
}

static void
draw_pair (GRand *rand, VgpuBlob *vgpu, PgpuBlob *pgpu)
{
    char *vgpu_opaque = (char *)vgpu + NVML_VGPU_METADATA_OPAQUE_OFFSET;
    char *pgpu_opaque = (char *)pgpu + NVML_PGPU_METADATA_OPAQUE_OFFSET;
    const guint32 word = g_rand_int (rand);

    pgpu->head.version = draw_structure_version (rand);
    pgpu->head.revision = g_rand_int (rand);
    draw_text (rand, pgpu->head.hostDriverVersion, sizeof pgpu->head.hostDriverVersion);
    pgpu->head.pgpuVirtualizationCaps = draw_capabilities (rand);
    pgpu->head.hostSupportedVgpuRange.minVersion = draw_vgpu_version (rand);
    pgpu->head.hostSupportedVgpuRange.maxVersion = draw_vgpu_version (rand);
    pgpu->head.opaqueDataSize = NVML_PGPU_OPAQUE_SIZE;
    draw_gpu_string (rand, pgpu_opaque);
    vgpu->head.version = draw_structure_version (rand);
    vgpu->head.revision = g_rand_int (rand);
    vgpu->head.guestInfoState = g_rand_int_range (rand, 0, 3);
    draw_text (rand, vgpu->head.guestDriverVersion, sizeof vgpu->head.guestDriverVersion);
    draw_text (rand, vgpu->head.hostDriverVersion, sizeof vgpu->head.hostDriverVersion);
    vgpu->head.vgpuVirtualizationCaps = draw_capabilities (rand);
    vgpu->head.guestVgpuVersion = draw_vgpu_version (rand);
    vgpu->head.opaqueDataSize = NVML_VGPU_OPAQUE_SIZE;
    memcpy (vgpu_opaque, &word, sizeof word);
    derive_gpu_string (rand, pgpu_opaque, vgpu_opaque + sizeof word);
}

typedef struct {
    guint64 asked;
    guint64 live; /* number of compatible pairs: without any the comparison would prove little */
    guint64 wrong;
} Score;

static void
compare (VgateNvml *nvml, const VgpuBlob *vgpu, const PgpuBlob *pgpu, Score *score)
{
    g_autoptr (GBytes) vgpu_bytes = g_bytes_new_static (vgpu, sizeof *vgpu);
    g_autoptr (GBytes) pgpu_bytes = g_bytes_new_static (pgpu, sizeof *pgpu);
    VgateVgpuRecord vgpu_record = VGATE_INIT (VgateVgpuRecord);
    VgatePgpuRecord pgpu_record = VGATE_INIT (VgatePgpuRecord);
    VgateAnswer theirs;
    VgateAnswer ours;
    int rc;

    if (!vgate_vgpu_record_read ((const guint8 *)vgpu, sizeof *vgpu, &vgpu_record, NULL) ||
        !vgate_pgpu_record_read ((const guint8 *)pgpu, sizeof *pgpu, &pgpu_record, NULL) ||
        !vgate_nvml_compatibility (nvml, vgpu_bytes, pgpu_bytes, &rc, &theirs, NULL))
        g_error ("a pair that we drew ourselves cannot be read, or the library lacks the call");
    ours = vgate_compat_answer (&vgpu_record, &pgpu_record);
    score->asked++;
    score->live += (ours.states & VGATE_STATE_LIVE) != 0 ? 1 : 0;
    if (rc == NVML_SUCCESS && theirs.states == ours.states && theirs.limit == ours.limit)
        return;
    if (score->wrong++ < SHOWN_MAX)
        printf ("# pair %" G_GUINT64_FORMAT
                ": the library says rc %d, states 0x%x, limit 0x%x; the engine 0x%x, 0x%x; "
                "vGPU version %u caps 0x%x vgpu-version 0x%x '%s', pGPU version %u caps 0x%x range 0x%x-0x%x "
                "'%s'\n",
                score->asked, rc, theirs.states, theirs.limit, ours.states, ours.limit, vgpu_record.version,
                vgpu_record.capabilities, vgpu_record.guest_version, vgpu_record.gpu_string,
                pgpu_record.version, pgpu_record.capabilities, pgpu_record.range.min, pgpu_record.range.max,
                pgpu_record.gpu_string);
}

int
main (int argc, char *argv[])
{
    const guint32 seed = argc > 3 ? (guint32)g_ascii_strtoull (argv[3], NULL, 10) : 1;
    guint64 pairs = 0;
    g_autoptr (GError) error = NULL;
    g_autoptr (VgateNvml) nvml = NULL;
    g_autoptr (GRand) rand = g_rand_new_with_seed (seed);
    g_autofree char *driver = NULL;
    Score score = {0};

    if (argc < 3 || argc > 4 || !g_ascii_string_to_unsigned (argv[2], 10, 1, G_MAXUINT32, &pairs, NULL)) {
        fprintf (stderr, "usage: compare LIBRARY PAIRS [SEED]\n");
        return 2;
    }
    nvml = vgate_nvml_open (argv[1], &error);
    driver = nvml ? vgate_nvml_driver_version (nvml, &error) : NULL;
    if (!driver) {
        printf ("1..0 # SKIP %s\n", error->message);
        return 0;
    }
    printf ("1..1\n");
    for (guint64 i = 0; i < pairs; i++) {
        VgpuBlob vgpu = {0};
        PgpuBlob pgpu = {0};

        draw_pair (rand, &vgpu, &pgpu);
        compare (nvml, &vgpu, &pgpu, &score);
    }
    printf ("# driver %s%s, seed %u: %" G_GUINT64_FORMAT " pairs, %" G_GUINT64_FORMAT
            " of them compatible, %" G_GUINT64_FORMAT " answered differently\n",
            driver, vgate_nvml_get_simulated (nvml) ? " (simulated)" : "", seed, score.asked, score.live,
            score.wrong);
    printf ("%s 1 - the engine answers as the library does\n",
            score.wrong == 0 && score.live > 0 ? "ok" : "not ok");
    return score.wrong == 0 && score.live > 0 ? 0 : 1;
}
