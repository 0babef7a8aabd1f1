/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "sample.h"
#include "nvml/nvml-abi.h"
#include "nvml/length.h"

#include <stddef.h>
#include <string.h>

#define VGPU_HEADER NVML_VGPU_METADATA_OPAQUE_OFFSET
#define PGPU_HEADER NVML_PGPU_METADATA_OPAQUE_OFFSET

/* Reads a copy of exactly this length, so that AddressSanitizer sees every access beyond its end. On failure
 * the record must be unchanged. */
static gboolean
read_vgpu (const guint8 *bytes, gsize length, VgateVgpuRecord *record)
{
    g_autofree guint8 *exact = g_memdup2 (bytes, length);
    g_autoptr (GError) error = NULL;
    VgateVgpuRecord before;

    memcpy (&before, record, sizeof before);
    if (vgate_vgpu_record_read (exact, length, record, &error)) {
        g_assert_no_error (error);
        return TRUE;
    }
    sample_assert_error (error, VGATE_CODE_ELEMENT_LENGTH, "vGPU metadata", NULL);
    g_assert_cmpmem (record, sizeof *record, &before, sizeof before);
    return FALSE;
}

static gboolean
read_pgpu (const guint8 *bytes, gsize length, VgatePgpuRecord *record)
{
    g_autofree guint8 *exact = g_memdup2 (bytes, length);
    g_autoptr (GError) error = NULL;
    VgatePgpuRecord before;

    memcpy (&before, record, sizeof before);
    if (vgate_pgpu_record_read (exact, length, record, &error)) {
        g_assert_no_error (error);
        return TRUE;
    }
    sample_assert_error (error, VGATE_CODE_ELEMENT_LENGTH, "pGPU metadata", NULL);
    g_assert_cmpmem (record, sizeof *record, &before, sizeof before);
    return FALSE;
}

/* Member by member, because padding has no value. */
static void
assert_same_vgpu (const VgateVgpuRecord *a, const VgateVgpuRecord *b)
{
    g_assert_cmphex (a->version, ==, b->version);
    g_assert_cmphex (a->revision, ==, b->revision);
    g_assert_cmphex (a->guest_info_state, ==, b->guest_info_state);
    g_assert_cmpmem (a->guest_driver, sizeof a->guest_driver, b->guest_driver, sizeof b->guest_driver);
    g_assert_cmpmem (a->host_driver, sizeof a->host_driver, b->host_driver, sizeof b->host_driver);
    g_assert_cmphex (a->capabilities, ==, b->capabilities);
    g_assert_cmphex (a->guest_version, ==, b->guest_version);
    g_assert_cmphex (a->opaque_size, ==, b->opaque_size);
    g_assert_cmpmem (a->gpu_string, sizeof a->gpu_string, b->gpu_string, sizeof b->gpu_string);
}

static void
assert_same_pgpu (const VgatePgpuRecord *a, const VgatePgpuRecord *b)
{
    g_assert_cmphex (a->version, ==, b->version);
    g_assert_cmphex (a->revision, ==, b->revision);
    g_assert_cmpmem (a->host_driver, sizeof a->host_driver, b->host_driver, sizeof b->host_driver);
    g_assert_cmphex (a->capabilities, ==, b->capabilities);
    g_assert_cmphex (a->range.min, ==, b->range.min);
    g_assert_cmphex (a->range.max, ==, b->range.max);
    g_assert_cmphex (a->opaque_size, ==, b->opaque_size);
    g_assert_cmpmem (a->gpu_string, sizeof a->gpu_string, b->gpu_string, sizeof b->gpu_string);
}

static void
put32 (guint8 *bytes, gsize offset, guint32 value)
{
    memcpy (bytes + offset, &value, sizeof value);
}

/* Every length except the true one is refused, shorter and longer. */
static void
test_truncations (void)
{
    const VgateVgpuRecord vgpu = sample_vgpu_record ();
    const VgatePgpuRecord pgpu = sample_pgpu_record ();
    g_autoptr (GBytes) vgpu_bytes = vgate_vgpu_record_write (&vgpu);
    g_autoptr (GBytes) pgpu_bytes = vgate_pgpu_record_write (&pgpu);
    guint8 buffer[600] = {0};
    VgateVgpuRecord vgpu_read = VGATE_INIT (VgateVgpuRecord);
    VgatePgpuRecord pgpu_read = VGATE_INIT (VgatePgpuRecord);

    memset (&vgpu_read, 0x5a, sizeof vgpu_read);
    vgpu_read.size = sizeof vgpu_read;
    memset (&pgpu_read, 0x5a, sizeof pgpu_read);
    pgpu_read.size = sizeof pgpu_read;
    g_assert_cmpuint (g_bytes_get_size (vgpu_bytes), ==, 468);
    g_assert_cmpuint (g_bytes_get_size (pgpu_bytes), ==, 380);
    memcpy (buffer, g_bytes_get_data (vgpu_bytes, NULL), 468);
    for (gsize length = 0; length <= sizeof buffer; length++)
        if (read_vgpu (buffer, length, &vgpu_read) != (length == 468))
            g_error ("vGPU metadata of %zu bytes", length);
    memset (buffer, 0, sizeof buffer);
    memcpy (buffer, g_bytes_get_data (pgpu_bytes, NULL), 380);
    for (gsize length = 0; length <= sizeof buffer; length++)
        if (read_pgpu (buffer, length, &pgpu_read) != (length == 380))
            g_error ("pGPU metadata of %zu bytes", length);
}

static void
test_lying_sizes (void)
{
    static const guint32 sizes[] = {0,          1,           255,        257,        259,
                                    261,        0x7fffffff,  0x80000000, 0xffffffff, 0xffffff30,
                                    0xffffff84, 65536 + 260, 65537,      0x01000104, 0x00000401};
    guint8 vgpu[468] = {0}, pgpu[380] = {0};
    VgateVgpuRecord vgpu_read = VGATE_INIT (VgateVgpuRecord);
    VgatePgpuRecord pgpu_read = VGATE_INIT (VgatePgpuRecord);

    for (gsize i = 0; i < G_N_ELEMENTS (sizes); i++) {
        put32 (vgpu, offsetof (nvmlVgpuMetadata_t, opaqueDataSize), sizes[i]);
        put32 (pgpu, offsetof (nvmlVgpuPgpuMetadata_t, opaqueDataSize), sizes[i]);
        g_assert_false (read_vgpu (vgpu, sizeof vgpu, &vgpu_read));
        g_assert_false (read_pgpu (pgpu, sizeof pgpu, &pgpu_read));
    }
    put32 (vgpu, offsetof (nvmlVgpuMetadata_t, opaqueDataSize), 260);
    put32 (pgpu, offsetof (nvmlVgpuPgpuMetadata_t, opaqueDataSize), 256);
    g_assert_true (read_vgpu (vgpu, sizeof vgpu, &vgpu_read));
    g_assert_true (read_pgpu (pgpu, sizeof pgpu, &pgpu_read));
}

/* A true length that is above the limit: the bytes are all there. */
static void
test_huge (void)
{
    const gsize most = VGPU_HEADER + VGATE_OPAQUE_SIZE_MAX;
    g_autofree guint8 *bytes = g_malloc0 (most + 1);
    VgateVgpuRecord vgpu = VGATE_INIT (VgateVgpuRecord);
    VgatePgpuRecord pgpu = VGATE_INIT (VgatePgpuRecord);

    put32 (bytes, offsetof (nvmlVgpuMetadata_t, opaqueDataSize), VGATE_OPAQUE_SIZE_MAX + 1);
    g_assert_false (read_vgpu (bytes, most + 1, &vgpu));
    put32 (bytes, offsetof (nvmlVgpuMetadata_t, opaqueDataSize), VGATE_OPAQUE_SIZE_MAX);
    g_assert_true (read_vgpu (bytes, most, &vgpu));
    g_assert_false (vgate_vgpu_record_has_known_layout (&vgpu));
    g_assert_cmpstr (vgpu.gpu_string, ==, "");
    put32 (bytes, offsetof (nvmlVgpuPgpuMetadata_t, opaqueDataSize), VGATE_OPAQUE_SIZE_MAX + 1);
    g_assert_false (read_pgpu (bytes, PGPU_HEADER + VGATE_OPAQUE_SIZE_MAX + 1, &pgpu));
    put32 (bytes, offsetof (nvmlVgpuPgpuMetadata_t, opaqueDataSize), VGATE_OPAQUE_SIZE_MAX);
    g_assert_true (read_pgpu (bytes, PGPU_HEADER + VGATE_OPAQUE_SIZE_MAX, &pgpu));
    g_assert_false (vgate_pgpu_record_has_known_layout (&pgpu));
}

static void
test_header_only (void)
{
    guint8 bytes[VGPU_HEADER] = {0};
    VgateVgpuRecord vgpu = VGATE_INIT (VgateVgpuRecord);
    VgatePgpuRecord pgpu = VGATE_INIT (VgatePgpuRecord);

    g_assert_true (read_vgpu (bytes, VGPU_HEADER, &vgpu));
    g_assert_cmpuint (vgpu.opaque_size, ==, 0);
    g_assert_true (read_pgpu (bytes, PGPU_HEADER, &pgpu));
    g_assert_cmpuint (pgpu.opaque_size, ==, 0);
    g_assert_false (read_vgpu (bytes, 0, &vgpu));
    g_assert_false (read_pgpu (bytes, 0, &pgpu));
}

/* A text that fills its field has no NUL in the driver's bytes, and must not run into the next field. */
static void
test_unterminated (void)
{
    guint8 vgpu[468], pgpu[380];
    VgateVgpuRecord vgpu_read = VGATE_INIT (VgateVgpuRecord);
    VgatePgpuRecord pgpu_read = VGATE_INIT (VgatePgpuRecord);

    memset (vgpu, 'A', sizeof vgpu);
    memset (pgpu, 'B', sizeof pgpu);
    memset (&vgpu_read, 0x5a, sizeof vgpu_read);
    vgpu_read.size = sizeof vgpu_read;
    memset (&pgpu_read, 0x5a, sizeof pgpu_read);
    pgpu_read.size = sizeof pgpu_read;
    put32 (vgpu, offsetof (nvmlVgpuMetadata_t, opaqueDataSize), 260);
    put32 (pgpu, offsetof (nvmlVgpuPgpuMetadata_t, opaqueDataSize), 256);
    g_assert_true (read_vgpu (vgpu, sizeof vgpu, &vgpu_read));
    g_assert_cmpuint (strlen (vgpu_read.guest_driver), ==, 80);
    g_assert_cmpuint (strlen (vgpu_read.host_driver), ==, 80);
    g_assert_cmpuint (strlen (vgpu_read.gpu_string), ==, 256);
    g_assert_true (read_pgpu (pgpu, sizeof pgpu, &pgpu_read));
    g_assert_cmpuint (strlen (pgpu_read.host_driver), ==, 80);
    g_assert_cmpuint (strlen (pgpu_read.gpu_string), ==, 256);
}

/* Bytes after a text's NUL do not belong to it. */
static void
test_behind_the_end (void)
{
    const VgateVgpuRecord good = sample_vgpu_record ();
    g_autoptr (GBytes) bytes = vgate_vgpu_record_write (&good);
    guint8 dirty[468];
    VgateVgpuRecord read = VGATE_INIT (VgateVgpuRecord);

    memcpy (dirty, g_bytes_get_data (bytes, NULL), sizeof dirty);
    memset (dirty + 12 + strlen (SAMPLE_DRIVER) + 1, 0xff, 20);
    memset (dirty + 208 + 4 + strlen (SAMPLE_GPU_STRING) + 1, 0xff, 20);
    g_assert_true (read_vgpu (dirty, sizeof dirty, &read));
    assert_same_vgpu (&read, &good);
}

static void
fill_text (char *text, gsize size)
{
    const gsize length = (gsize)g_random_int_range (0, (gint32)size);

    memset (text, 0, size);
    for (gsize i = 0; i < length; i++)
        text[i] = (char)g_random_int_range (' ', '~' + 1);
}

static void
test_vgpu_round_trip (void)
{
    for (guint i = 0; i < 500; i++) {
        VgateVgpuRecord record = {
            .size = sizeof (VgateVgpuRecord),
            .version = g_random_int (),
            .revision = g_random_int (),
            .guest_info_state = g_random_int (),
            .capabilities = g_random_int (),
            .guest_version = g_random_int (),
            .opaque_size = i % 4 == 0 ? g_random_int () % 1000 : NVML_VGPU_OPAQUE_SIZE,
        };
        VgateVgpuRecord again = VGATE_INIT (VgateVgpuRecord);
        g_autoptr (GBytes) bytes = NULL;
        gsize length;
        const guint8 *data;

        fill_text (record.guest_driver, sizeof record.guest_driver);
        fill_text (record.host_driver, sizeof record.host_driver);
        if (vgate_vgpu_record_has_known_layout (&record))
            fill_text (record.gpu_string, sizeof record.gpu_string);
        bytes = vgate_vgpu_record_write (&record);
        data = g_bytes_get_data (bytes, &length);
        g_assert_cmpuint (length, ==, VGPU_HEADER + record.opaque_size);
        g_assert_true (read_vgpu (data, length, &again));
        assert_same_vgpu (&again, &record);
    }
}

static void
test_pgpu_round_trip (void)
{
    for (guint i = 0; i < 500; i++) {
        VgatePgpuRecord record = {
            .size = sizeof (VgatePgpuRecord),
            .version = g_random_int (),
            .revision = g_random_int (),
            .capabilities = g_random_int (),
            .range = {g_random_int (), g_random_int ()},
            .opaque_size = i % 4 == 0 ? g_random_int () % 1000 : NVML_PGPU_OPAQUE_SIZE,
        };
        VgatePgpuRecord again = VGATE_INIT (VgatePgpuRecord);
        g_autoptr (GBytes) bytes = NULL;
        gsize length;
        const guint8 *data;

        fill_text (record.host_driver, sizeof record.host_driver);
        if (vgate_pgpu_record_has_known_layout (&record))
            fill_text (record.gpu_string, sizeof record.gpu_string);
        bytes = vgate_pgpu_record_write (&record);
        data = g_bytes_get_data (bytes, &length);
        g_assert_cmpuint (length, ==, PGPU_HEADER + record.opaque_size);
        g_assert_true (read_pgpu (data, length, &again));
        assert_same_pgpu (&again, &record);
    }
}

/* Each text of a record with each kind of byte that a driver never writes. */
static void
test_check_text (void)
{
    static const char bad[] = {'\n', '\t', '\x1b', '\x7f', '\x80', '\xff', '\x01'};
    VgateVgpuRecord vgpu = sample_vgpu_record ();
    VgatePgpuRecord pgpu = sample_pgpu_record ();
    const struct {
        char *text;
        const char *name;
    } vgpu_texts[] = {{vgpu.guest_driver, "guest driver"},
                      {vgpu.host_driver, "host driver"},
                      {vgpu.gpu_string, "string"}},
      pgpu_texts[] = {{pgpu.host_driver, "host driver"}, {pgpu.gpu_string, "string"}};

    g_assert_true (vgate_vgpu_record_check_text (&vgpu, NULL));
    g_assert_true (vgate_pgpu_record_check_text (&pgpu, NULL));
    for (gsize i = 0; i < sizeof bad; i++) {
        for (gsize j = 0; j < G_N_ELEMENTS (vgpu_texts); j++) {
            g_autoptr (GError) error = NULL;

            vgpu_texts[j].text[3] = bad[i];
            g_assert_false (vgate_vgpu_record_check_text (&vgpu, &error));
            sample_assert_error (error, VGATE_CODE_METADATA_NOT_TEXT, vgpu_texts[j].name, "position 3", NULL);
            vgpu_texts[j].text[3] = '.';
        }
        for (gsize j = 0; j < G_N_ELEMENTS (pgpu_texts); j++) {
            g_autoptr (GError) error = NULL;

            pgpu_texts[j].text[3] = bad[i];
            g_assert_false (vgate_pgpu_record_check_text (&pgpu, &error));
            sample_assert_error (error, VGATE_CODE_METADATA_NOT_TEXT, pgpu_texts[j].name, "position 3", NULL);
            pgpu_texts[j].text[3] = '.';
        }
    }
}

int
main (int argc, char **argv)
{
    g_test_init (&argc, &argv, NULL);
    g_test_add_func ("/record/truncations", test_truncations);
    g_test_add_func ("/record/lying-sizes", test_lying_sizes);
    g_test_add_func ("/record/huge", test_huge);
    g_test_add_func ("/record/header-only", test_header_only);
    g_test_add_func ("/record/unterminated", test_unterminated);
    g_test_add_func ("/record/behind-the-end", test_behind_the_end);
    g_test_add_func ("/record/vgpu-round-trip", test_vgpu_round_trip);
    g_test_add_func ("/record/pgpu-round-trip", test_pgpu_round_trip);
    g_test_add_func ("/record/check-text", test_check_text);
    return g_test_run ();
}
