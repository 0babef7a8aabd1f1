/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Compares the simulated nvmlGetVgpuCompatibility with every answer of NVIDIA's library. */
#include "sim-client.h"

#include <gio/gio.h>
#include <string.h>

#define ORACLE_ROWS    4000
#define VGPU_BYTES     (NVML_VGPU_METADATA_OPAQUE_OFFSET + NVML_VGPU_OPAQUE_SIZE)
#define PGPU_BYTES     (NVML_PGPU_METADATA_OPAQUE_OFFSET + NVML_PGPU_OPAQUE_SIZE)
#define ORACLE_COLUMNS 18

/* The records followed by all of their opaque data. */
typedef union {
    nvmlVgpuMetadata_t fixed;
    guint8 bytes[VGPU_BYTES];
} Vgpu;

typedef union {
    nvmlVgpuPgpuMetadata_t fixed;
    guint8 bytes[PGPU_BYTES];
} Pgpu;

typedef struct {
    Vgpu vgpu;
    Pgpu pgpu;
    int code;
    nvmlVgpuPgpuCompatibility_t answer;
} Row;

static guint32
to_number (const char *text)
{
    guint64 number = 0;
    g_autoptr (GError) error = NULL;
    const gboolean hex = g_str_has_prefix (text, "0x");

    g_ascii_string_to_unsigned (hex ? text + 2 : text, hex ? 16 : 10, 0, G_MAXUINT32, &number, &error);
    g_assert_no_error (error);
    return (guint32)number;
}

static void
to_text (const char *text, char field[static NVML_DRIVER_VERSION_SIZE])
{
    g_assert_cmpuint (strlen (text), <=, NVML_DRIVER_VERSION_SIZE);
    memcpy (field, text, strlen (text));
}

static void
to_bytes (const char *hex, guint8 *bytes, gsize length)
{
    g_assert_cmpuint (strlen (hex), ==, 2 * length);
    for (gsize i = 0; i < length; i++)
        bytes[i] = (guint8)(g_ascii_xdigit_value (hex[2 * i]) << 4 | g_ascii_xdigit_value (hex[2 * i + 1]));
}

static Row
parse_row (const char *line)
{
    g_auto (GStrv) field = g_strsplit (line, ",", -1);
    Row row = {0};

    g_assert_cmpuint (g_strv_length (field), ==, ORACLE_COLUMNS);
    row.vgpu.fixed.version = to_number (field[0]);
    row.vgpu.fixed.revision = to_number (field[1]);
    row.vgpu.fixed.guestInfoState = to_number (field[2]);
    to_text (field[3], row.vgpu.fixed.guestDriverVersion);
    to_text (field[4], row.vgpu.fixed.hostDriverVersion);
    row.vgpu.fixed.vgpuVirtualizationCaps = to_number (field[5]);
    row.vgpu.fixed.guestVgpuVersion = to_number (field[6]);
    row.vgpu.fixed.opaqueDataSize = NVML_VGPU_OPAQUE_SIZE;
    to_bytes (field[7], row.vgpu.bytes + NVML_VGPU_METADATA_OPAQUE_OFFSET, NVML_VGPU_OPAQUE_SIZE);
    row.pgpu.fixed.version = to_number (field[8]);
    row.pgpu.fixed.revision = to_number (field[9]);
    to_text (field[10], row.pgpu.fixed.hostDriverVersion);
    row.pgpu.fixed.pgpuVirtualizationCaps = to_number (field[11]);
    row.pgpu.fixed.hostSupportedVgpuRange.minVersion = to_number (field[12]);
    row.pgpu.fixed.hostSupportedVgpuRange.maxVersion = to_number (field[13]);
    row.pgpu.fixed.opaqueDataSize = NVML_PGPU_OPAQUE_SIZE;
    to_bytes (field[14], row.pgpu.bytes + NVML_PGPU_METADATA_OPAQUE_OFFSET, NVML_PGPU_OPAQUE_SIZE);
    row.code = (int)to_number (field[15]);
    row.answer.vgpuVmCompatibility = to_number (field[16]);
    row.answer.compatibilityLimitCode = to_number (field[17]);
    return row;
}

static GArray *
read_rows (void)
{
    g_autoptr (GArray) rows = g_array_new (FALSE, FALSE, sizeof (Row));
    g_autoptr (GFile) file = g_file_new_for_path (sim_client_oracle ());
    g_autoptr (GError) error = NULL;
    g_autoptr (GFileInputStream) packed = g_file_read (file, NULL, &error);
    g_autoptr (GZlibDecompressor) unzip = g_zlib_decompressor_new (G_ZLIB_COMPRESSOR_FORMAT_GZIP);
    g_autoptr (GInputStream) plain = NULL;
    g_autoptr (GDataInputStream) lines = NULL;

    g_assert_no_error (error);
    plain = g_converter_input_stream_new (G_INPUT_STREAM (packed), G_CONVERTER (unzip));
    lines = g_data_input_stream_new (plain);
    g_data_input_stream_set_newline_type (lines, G_DATA_STREAM_NEWLINE_TYPE_ANY);
    for (gboolean header = TRUE;; header = FALSE) {
        g_autofree char *line = g_data_input_stream_read_line (lines, NULL, NULL, &error);

        g_assert_no_error (error);
        if (!line)
            break;
        if (header)
            g_assert_true (g_str_has_prefix (line, "vgpu_version,"));
        else
            g_array_append_vals (rows, (Row[]){parse_row (line)}, 1);
    }
    return g_steal_pointer (&rows);
}

static void
assert_row (SimClient *client, Row *row, guint number)
{
    nvmlVgpuPgpuCompatibility_t answer = {0xdeadbeef, 0xdeadbeef};
    const int code = client->nvmlGetVgpuCompatibility (&row->vgpu.fixed, &row->pgpu.fixed, &answer);

    if (code != row->code || answer.vgpuVmCompatibility != row->answer.vgpuVmCompatibility ||
        answer.compatibilityLimitCode != row->answer.compatibilityLimitCode)
        g_error ("row %u: %d with states %#x, limit %#x; NVIDIA's library said %d, %#x, %#x", number, code,
                 answer.vgpuVmCompatibility, answer.compatibilityLimitCode, row->code,
                 row->answer.vgpuVmCompatibility, row->answer.compatibilityLimitCode);
}

SIM_TEST (test_answers)
{
    g_autoptr (GArray) rows = read_rows ();

    g_assert_cmpint (client->nvmlInit_v2 (), ==, NVML_SUCCESS);
    g_assert_cmpuint (rows->len, ==, ORACLE_ROWS);
    for (guint i = 0; i < rows->len; i++)
        assert_row (client, &g_array_index (rows, Row, i), i + 1);
}

/* Changes everything that was measured not to matter. */
SIM_TEST (test_ignored_fields)
{
    g_autoptr (GArray) rows = read_rows ();

    g_assert_cmpint (client->nvmlInit_v2 (), ==, NVML_SUCCESS);
    for (guint i = 0; i < rows->len; i++) {
        Row *row = &g_array_index (rows, Row, i);
        nvmlVgpuMetadata_t *vgpu = &row->vgpu.fixed;
        nvmlVgpuPgpuMetadata_t *pgpu = &row->pgpu.fixed;

        vgpu->revision ^= 0xffffffff;
        vgpu->guestInfoState ^= 1;
        memset (vgpu->guestDriverVersion, 'x', sizeof vgpu->guestDriverVersion);
        memset (vgpu->hostDriverVersion, 'y', sizeof vgpu->hostDriverVersion);
        memset (vgpu->reserved, 0xa5, sizeof vgpu->reserved);
        vgpu->vgpuVirtualizationCaps ^= ~NVML_VIRTUALIZATION_CAP_MIGRATION;
        vgpu->opaqueDataSize = 0;
        memset (row->vgpu.bytes + NVML_VGPU_METADATA_OPAQUE_OFFSET, 0x5a, sizeof (guint32));
        pgpu->revision ^= 0xffffffff;
        memset (pgpu->hostDriverVersion, 'z', sizeof pgpu->hostDriverVersion);
        memset (pgpu->reserved, 0xa5, sizeof pgpu->reserved);
        pgpu->pgpuVirtualizationCaps ^= ~NVML_VIRTUALIZATION_CAP_MIGRATION;
        pgpu->opaqueDataSize = 1;
        assert_row (client, row, i + 1);
    }
}

/* A string of full length, without a NUL, on both sides: the last byte decides. */
SIM_TEST (test_full_length_strings)
{
    Row row = {.answer = {NVML_VM_COMPATIBILITY_COLD | NVML_VM_COMPATIBILITY_LIVE, NVML_LIMIT_NONE}};

    g_assert_cmpint (client->nvmlInit_v2 (), ==, NVML_SUCCESS);
    row.vgpu.fixed.version = row.pgpu.fixed.version = 3;
    row.vgpu.fixed.vgpuVirtualizationCaps = row.pgpu.fixed.pgpuVirtualizationCaps = 1;
    memset (row.vgpu.bytes + NVML_VGPU_METADATA_OPAQUE_OFFSET, 'A', NVML_VGPU_OPAQUE_SIZE);
    memset (row.pgpu.bytes + NVML_PGPU_METADATA_OPAQUE_OFFSET, 'A', NVML_PGPU_OPAQUE_SIZE);
    assert_row (client, &row, 1);
    row.pgpu.bytes[PGPU_BYTES - 1] = 'B';
    row.answer = (nvmlVgpuPgpuCompatibility_t){NVML_VM_COMPATIBILITY_NONE, NVML_LIMIT_GPU};
    assert_row (client, &row, 2);
}

SIM_TEST (test_null)
{
    Row row = {0};
    nvmlVgpuPgpuCompatibility_t answer;

    g_assert_cmpint (client->nvmlGetVgpuCompatibility (NULL, NULL, NULL), ==, NVML_ERROR_UNINITIALIZED);
    g_assert_cmpint (client->nvmlInit_v2 (), ==, NVML_SUCCESS);
    g_assert_cmpint (client->nvmlGetVgpuCompatibility (NULL, &row.pgpu.fixed, &answer), ==,
                     NVML_ERROR_INVALID_ARGUMENT);
    g_assert_cmpint (client->nvmlGetVgpuCompatibility (&row.vgpu.fixed, NULL, &answer), ==,
                     NVML_ERROR_INVALID_ARGUMENT);
    g_assert_cmpint (client->nvmlGetVgpuCompatibility (&row.vgpu.fixed, &row.pgpu.fixed, NULL), ==,
                     NVML_ERROR_INVALID_ARGUMENT);
}

int
main (int argc, char **argv)
{
    g_test_init (&argc, &argv, NULL);
    sim_client_arguments (argc, argv);
    sim_client_add_test ("/sim/compatibility/answers", test_answers);
    sim_client_add_test ("/sim/compatibility/ignored-fields", test_ignored_fields);
    sim_client_add_test ("/sim/compatibility/full-length-strings", test_full_length_strings);
    sim_client_add_test ("/sim/compatibility/null", test_null);
    return g_test_run ();
}
