/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "oracle.h"
#include "nvml/nvml-abi.h"

#include <gio/gio.h>
#include <stddef.h>
#include <string.h>

enum {
    VGPU_VERSION,
    VGPU_REVISION,
    GUEST_INFO_STATE,
    GUEST_DRIVER,
    VGPU_HOST_DRIVER,
    VGPU_CAPS,
    GUEST_VGPU_VERSION,
    VGPU_OPAQUE_HEX,
    PGPU_VERSION,
    PGPU_REVISION,
    PGPU_HOST_DRIVER,
    PGPU_CAPS,
    RANGE_MIN,
    RANGE_MAX,
    PGPU_OPAQUE_HEX,
    RC,
    STATES,
    LIMIT,
    N_COLUMNS,
};

static const char header[] =
    "vgpu_version,vgpu_revision,guest_info_state,guest_driver,vgpu_host_driver,vgpu_caps,guest_vgpu_version,"
    "vgpu_opaque_hex,pgpu_version,pgpu_revision,pgpu_host_driver,pgpu_caps,range_min,range_max,pgpu_opaque_"
    "hex,rc,"
    "states,limit";

static guint32
number (const char *text)
{
    char *end;
    const guint64 value = g_ascii_strtoull (text, &end, 0);

    g_assert_true (*text != '\0' && *end == '\0' && value <= G_MAXUINT32);
    return (guint32)value;
}

static void
put_text (char *field, gsize size, const char *text)
{
    g_assert_cmpuint (strlen (text), <=, size);
    memcpy (field, text, strlen (text));
}

static void
put_hex (guint8 *bytes, gsize n, const char *hex)
{
    g_assert_cmpuint (strlen (hex), ==, 2 * n);
    for (gsize i = 0; i < n; i++)
        bytes[i] = (guint8)(g_ascii_xdigit_value (hex[2 * i]) << 4 | g_ascii_xdigit_value (hex[2 * i + 1]));
}

static void
read_vgpu (char **column, VgateVgpuRecord *record)
{
    guint8 bytes[NVML_VGPU_METADATA_OPAQUE_OFFSET + NVML_VGPU_OPAQUE_SIZE];
    nvmlVgpuMetadata_t raw = {
        .version = number (column[VGPU_VERSION]),
        .revision = number (column[VGPU_REVISION]),
        .guestInfoState = number (column[GUEST_INFO_STATE]),
        .vgpuVirtualizationCaps = number (column[VGPU_CAPS]),
        .guestVgpuVersion = number (column[GUEST_VGPU_VERSION]),
        .opaqueDataSize = NVML_VGPU_OPAQUE_SIZE,
    };
    g_autoptr (GError) error = NULL;

    put_text (raw.guestDriverVersion, sizeof raw.guestDriverVersion, column[GUEST_DRIVER]);
    put_text (raw.hostDriverVersion, sizeof raw.hostDriverVersion, column[VGPU_HOST_DRIVER]);
    memcpy (bytes, &raw, NVML_VGPU_METADATA_OPAQUE_OFFSET);
    put_hex (bytes + NVML_VGPU_METADATA_OPAQUE_OFFSET, NVML_VGPU_OPAQUE_SIZE, column[VGPU_OPAQUE_HEX]);
    vgate_vgpu_record_read (bytes, sizeof bytes, record, &error);
    g_assert_no_error (error);
}

static void
read_pgpu (char **column, VgatePgpuRecord *record)
{
    guint8 bytes[NVML_PGPU_METADATA_OPAQUE_OFFSET + NVML_PGPU_OPAQUE_SIZE];
    nvmlVgpuPgpuMetadata_t raw = {
        .version = number (column[PGPU_VERSION]),
        .revision = number (column[PGPU_REVISION]),
        .pgpuVirtualizationCaps = number (column[PGPU_CAPS]),
        .hostSupportedVgpuRange = {number (column[RANGE_MIN]), number (column[RANGE_MAX])},
        .opaqueDataSize = NVML_PGPU_OPAQUE_SIZE,
    };
    g_autoptr (GError) error = NULL;

    put_text (raw.hostDriverVersion, sizeof raw.hostDriverVersion, column[PGPU_HOST_DRIVER]);
    memcpy (bytes, &raw, NVML_PGPU_METADATA_OPAQUE_OFFSET);
    put_hex (bytes + NVML_PGPU_METADATA_OPAQUE_OFFSET, NVML_PGPU_OPAQUE_SIZE, column[PGPU_OPAQUE_HEX]);
    vgate_pgpu_record_read (bytes, sizeof bytes, record, &error);
    g_assert_no_error (error);
}

static void
read_row (const char *line, GArray *rows)
{
    g_auto (GStrv) column = g_strsplit (line, ",", -1);
    OracleRow row = {.vgpu = VGATE_INIT (VgateVgpuRecord), .pgpu = VGATE_INIT (VgatePgpuRecord)};

    g_assert_cmpuint (g_strv_length (column), ==, N_COLUMNS);
    read_vgpu (column, &row.vgpu);
    read_pgpu (column, &row.pgpu);
    row.rc = (gint32)number (column[RC]);
    row.answer = (VgateAnswer){number (column[STATES]), number (column[LIMIT])};
    g_array_append_val (rows, row);
}

static GDataInputStream *
open_oracle (void)
{
    g_autofree char *path =
        g_build_filename (g_getenv ("VGATE_SRCDIR"), "tests/data/nvml-compat-r580.csv.gz", NULL);
    g_autoptr (GFile) file = g_file_new_for_path (path);
    g_autoptr (GError) error = NULL;
    g_autoptr (GFileInputStream) packed = g_file_read (file, NULL, &error);
    g_autoptr (GZlibDecompressor) gzip = g_zlib_decompressor_new (G_ZLIB_COMPRESSOR_FORMAT_GZIP);
    g_autoptr (GInputStream) plain = NULL;

    g_assert_no_error (error);
    plain = g_converter_input_stream_new (G_INPUT_STREAM (packed), G_CONVERTER (gzip));
    return g_data_input_stream_new (plain);
}

GArray *
oracle_read (void)
{
    GArray *rows = g_array_new (FALSE, FALSE, sizeof (OracleRow));
    g_autoptr (GDataInputStream) lines = open_oracle ();
    g_autoptr (GError) error = NULL;
    g_autofree char *first = g_data_input_stream_read_line (lines, NULL, NULL, &error);
    char *line;

    g_assert_cmpstr (first, ==, header);
    while ((line = g_data_input_stream_read_line (lines, NULL, NULL, &error))) {
        read_row (line, rows);
        g_free (line);
    }
    g_assert_no_error (error);
    return rows;
}
