/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A program that was built with the header of 0.1.0, the first of this soname, and runs with today's library:
 * the declarations below are those of that time, and must not change after the release of 0.1.0. */
#include <glib.h>
#include <string.h>

typedef struct {
    guint32 min, max;
} VgateVersionRange;

typedef struct {
    gsize size;
    guint32 version, revision, guest_info_state;
    char guest_driver[81], host_driver[81];
    guint32 capabilities, guest_version, opaque_size;
    char gpu_string[257];
    char reserved[3];
} VgateVgpuRecord;

typedef struct {
    gsize size;
    guint32 version, revision;
    char host_driver[81];
    guint32 capabilities;
    VgateVersionRange range;
    guint32 opaque_size;
    char gpu_string[257];
    char reserved[3];
} VgatePgpuRecord;

typedef struct {
    gsize size;
    int policy, arr;
    guint32 average_factor, time_slice;
} VgateScheduler;

typedef struct {
    gsize size;
    const VgateVgpuRecord *record;
    guint32 type_id;
    const char *type_name;
    const VgateScheduler *scheduler;
    gint64 captured;
    const char *captured_on;
    guint64 framebuffer_used, runtime_state, read_bandwidth;
} VgateVgpuSide;

typedef struct {
    gsize size;
    const VgatePgpuRecord *record;
    int offer;
    guint free_instances;
    const VgateScheduler *scheduler;
    guint64 write_bandwidth;
    gint64 described;
} VgatePgpuSide;

typedef struct {
    gsize size;
    int severities[32];
    gint64 now, max_age;
    const char *sent_by, *certainly_not_from;
    guint64 link_speed, down_time_limit;
    gboolean is_limit_of_guest;
    guint64 other_down_time;
    gint64 host_max_age;
} VgateCircumstances;

typedef struct {
    gsize size;
    guint64 bytes;
    gboolean lacks_state;
    guint64 rate;
    int pace_of;
    guint64 others, time;
} VgateDownTime;

typedef struct {
    guint32 states, limit;
} VgateAnswer;

typedef struct VgateVerdict VgateVerdict;
typedef struct VgateFinding VgateFinding;

gboolean vgate_vgpu_record_read (const guint8 *bytes, gsize length, VgateVgpuRecord *record, GError **error);
gboolean vgate_pgpu_record_read (const guint8 *bytes, gsize length, VgatePgpuRecord *record, GError **error);
GBytes *vgate_vgpu_record_write (const VgateVgpuRecord *record);
GBytes *vgate_pgpu_record_write (const VgatePgpuRecord *record);
VgateAnswer vgate_compat_answer (const VgateVgpuRecord *vgpu, const VgatePgpuRecord *pgpu);
void vgate_compat_matrix (const VgateVgpuRecord *vgpus, gsize n_vgpus, const VgatePgpuRecord *pgpus,
                          gsize n_pgpus, guint8 *answers);
void vgate_circumstances_init (VgateCircumstances *circumstances);
VgateVerdict *vgate_verdict_new (void);
void vgate_verdict_free (VgateVerdict *verdict);
void vgate_compat_judge (const VgateVgpuSide *vgpu, const VgatePgpuSide *pgpu,
                         const VgateCircumstances *circumstances, VgateVerdict *verdict);
VgateAnswer vgate_verdict_get_answer (const VgateVerdict *verdict);
gboolean vgate_verdict_allows (const VgateVerdict *verdict, guint32 state);
const VgateFinding *vgate_verdict_first_refusal (const VgateVerdict *verdict);
int vgate_finding_get_code (const VgateFinding *finding);
gboolean vgate_finding_get_down_time (const VgateFinding *finding, VgateDownTime *estimate);

/* Each in its own memory, so that AddressSanitizer and valgrind notice every access beyond its end. */
#define NEW(type) new_of_size (sizeof (type))

static gpointer
new_of_size (gsize size)
{
    gsize *structure = g_malloc0 (size);

    *structure = size;
    return structure;
}

static VgateVgpuRecord *
new_vgpu (const char *gpu_string)
{
    VgateVgpuRecord *record = NEW (VgateVgpuRecord);

    record->version = 3;
    record->capabilities = 1;
    record->guest_version = 0x1a0001;
    record->opaque_size = 260;
    strcpy (record->host_driver, "580.95.05");  /* nocheck: a constant, and there is room */
    strcpy (record->guest_driver, "580.95.05"); /* nocheck: likewise */
    g_strlcpy (record->gpu_string, gpu_string, sizeof record->gpu_string);
    return record;
}

static VgatePgpuRecord *
new_pgpu (const char *gpu_string)
{
    VgatePgpuRecord *record = NEW (VgatePgpuRecord);

    record->version = 3;
    record->capabilities = 1;
    record->range = (VgateVersionRange){0x120001, 0x1a0001};
    record->opaque_size = 256;
    strcpy (record->host_driver, "580.95.05"); /* nocheck: a constant, and there is room */
    g_strlcpy (record->gpu_string, gpu_string, sizeof record->gpu_string);
    return record;
}

static void
test_records (void)
{
    g_autofree VgateVgpuRecord *vgpu = new_vgpu ("233016C100000003"), *vgpu_again = NEW (VgateVgpuRecord);
    g_autofree VgatePgpuRecord *pgpu = new_pgpu ("233016C100000003"), *pgpu_again = NEW (VgatePgpuRecord);
    g_autoptr (GBytes) vgpu_bytes = vgate_vgpu_record_write (vgpu);
    g_autoptr (GBytes) pgpu_bytes = vgate_pgpu_record_write (pgpu);

    g_assert_true (vgate_vgpu_record_read (g_bytes_get_data (vgpu_bytes, NULL), 468, vgpu_again, NULL));
    g_assert_true (vgate_pgpu_record_read (g_bytes_get_data (pgpu_bytes, NULL), 380, pgpu_again, NULL));
    g_assert_cmpmem (vgpu_again, sizeof *vgpu_again, vgpu, sizeof *vgpu);
    g_assert_cmpmem (pgpu_again, sizeof *pgpu_again, pgpu, sizeof *pgpu);
}

static void
test_judgement (void)
{
    g_autofree VgateVgpuRecord *vgpu = new_vgpu ("233016C100000003");
    g_autofree VgatePgpuRecord *same = new_pgpu ("233016C100000003"), *other = new_pgpu ("27B816CA00000003");
    g_autofree VgateVgpuSide *vgpu_side = NEW (VgateVgpuSide);
    g_autofree VgatePgpuSide *pgpu_side = NEW (VgatePgpuSide);
    g_autofree VgateCircumstances *circumstances = NEW (VgateCircumstances);
    g_autofree VgateDownTime *estimate = NEW (VgateDownTime);
    VgateVerdict *verdict = vgate_verdict_new ();

    vgate_circumstances_init (circumstances);
    vgpu_side->record = vgpu;
    pgpu_side->record = other;
    vgate_compat_judge (vgpu_side, pgpu_side, circumstances, verdict);
    g_assert_false (vgate_verdict_allows (verdict, 8));
    g_assert_cmphex (vgate_verdict_get_answer (verdict).limit, ==, 4);
    g_assert_cmpint (vgate_finding_get_code (vgate_verdict_first_refusal (verdict)), ==, 304);
    pgpu_side->record = same;
    vgate_compat_judge (vgpu_side, pgpu_side, circumstances, verdict);
    g_assert_true (vgate_verdict_allows (verdict, 8));
    /* DOWN_TIME, the last of its rules, refuses */
    vgpu_side->framebuffer_used = (guint64)1 << 30;
    pgpu_side->write_bandwidth = 1000;
    circumstances->down_time_limit = 1;
    circumstances->severities[11] = 2;
    vgate_compat_judge (vgpu_side, pgpu_side, circumstances, verdict);
    g_assert_cmpint (vgate_finding_get_code (vgate_verdict_first_refusal (verdict)), ==, 413);
    g_assert_true (vgate_finding_get_down_time (vgate_verdict_first_refusal (verdict), estimate));
    g_assert_cmpuint (estimate->rate, ==, 8000);
    g_assert_cmpuint (estimate->bytes, ==, (guint64)1 << 30);
    vgate_verdict_free (verdict);
}

static void
test_matrix (void)
{
    static const char *const strings[] = {"233016C100000003", "27B816CA00000003", "x"};
    g_autofree VgateVgpuRecord *vgpus = g_new0 (VgateVgpuRecord, 3);
    g_autofree VgatePgpuRecord *pgpus = g_new0 (VgatePgpuRecord, 3);
    guint8 answers[9];

    for (int i = 0; i < 3; i++) {
        g_autofree VgateVgpuRecord *vgpu = new_vgpu (strings[i]);
        g_autofree VgatePgpuRecord *pgpu = new_pgpu (strings[i]);

        vgpus[i] = *vgpu;
        pgpus[i] = *pgpu;
    }
    vgate_compat_matrix (vgpus, 3, pgpus, 3, answers);
    for (int v = 0; v < 3; v++)
        for (int p = 0; p < 3; p++) {
            const VgateAnswer alone = vgate_compat_answer (&vgpus[v], &pgpus[p]);

            g_assert_cmphex (answers[3 * v + p], ==, v == p ? 0x9 : 0x40);
            g_assert_cmphex (alone.limit, ==, v == p ? 0 : 4);
        }
}

int
main (int argc, char **argv)
{
    g_test_init (&argc, &argv, NULL);
    g_test_add_func ("/library/previous/records", test_records);
    g_test_add_func ("/library/previous/judgement", test_judgement);
    g_test_add_func ("/library/previous/matrix", test_matrix);
    return g_test_run ();
}
