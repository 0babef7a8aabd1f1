/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Compares the engine with NVIDIA's own answers, row by row. */
#include "compat/verdict.h"
#include "oracle.h"
#include "nvml/nvml-abi.h"

static GArray *rows;

static const OracleRow *
row_at (guint i)
{
    return &g_array_index (rows, OracleRow, i);
}

static void
test_rows (void)
{
    guint given = 0, rc_good = 0;

    g_assert_cmpuint (rows->len, ==, ORACLE_ROWS);
    for (guint i = 0; i < rows->len; i++) {
        given += row_at (i)->answer.limit == VGATE_LIMIT_NONE;
        rc_good += row_at (i)->rc == NVML_SUCCESS;
    }
    /* a file with only one answer would prove nothing */
    g_assert_cmpuint (given, >, ORACLE_ROWS / 20);
    g_assert_cmpuint (given, <, ORACLE_ROWS * 19 / 20);
    g_assert_cmpuint (rc_good, ==, ORACLE_ROWS);
    g_test_message ("%u rows, %u of them live", rows->len, given);
}

static void
test_answer (void)
{
    for (guint i = 0; i < rows->len; i++) {
        const VgateAnswer ours = vgate_compat_answer (&row_at (i)->vgpu, &row_at (i)->pgpu);
        const VgateAnswer theirs = row_at (i)->answer;

        if (ours.states != theirs.states || ours.limit != theirs.limit)
            g_error ("row %u: states 0x%x limit 0x%x, NVIDIA's library said 0x%x and 0x%x", i + 1,
                     ours.states, ours.limit, theirs.states, theirs.limit);
    }
}

static gboolean
is_first_part (VgateCode code)
{
    return code == VGATE_CODE_STRUCTURE_TOO_OLD || code == VGATE_CODE_NOT_MIGRATABLE ||
           code == VGATE_CODE_VERSION_OUTSIDE_RANGE || code == VGATE_CODE_GPU_DIFFERS;
}

/* The verdict has the call's answer for any policy, and refuses exactly if the call gives no state. */
static void
judge_all (const VgateCircumstances *circumstances, gboolean further_rules)
{
    for (guint i = 0; i < rows->len; i++) {
        const OracleRow *row = row_at (i);
        const VgateVgpuSide vgpu = {.size = sizeof (VgateVgpuSide), .record = &row->vgpu};
        const VgatePgpuSide pgpu = {.size = sizeof (VgatePgpuSide), .record = &row->pgpu};
        VgateVerdict verdict;
        guint first_part = 0;

        vgate_compat_judge (&vgpu, &pgpu, circumstances, &verdict);
        g_assert_cmphex (verdict.states, ==, row->answer.states);
        g_assert_cmphex (verdict.limit, ==, row->answer.limit);
        g_assert_false (verdict.undecided);
        for (guint j = 0; j < verdict.n_findings; j++) {
            if (!is_first_part (verdict.findings[j].code)) {
                g_assert_true (further_rules);
                continue;
            }
            g_assert_cmpint (verdict.findings[j].severity, ==, VGATE_SEVERITY_REFUSE);
            first_part++;
        }
        g_assert_cmpint (first_part == 0, ==, row->answer.limit == VGATE_LIMIT_NONE);
        if (!further_rules)
            g_assert_cmpint (vgate_verdict_allows (&verdict, VGATE_STATE_LIVE), ==, row->answer.states != 0);
    }
}

static void
test_verdict (void)
{
    VgateCircumstances circumstances = VGATE_INIT (VgateCircumstances);

    judge_all (&circumstances, FALSE);
    for (VgateRule rule = 0; rule < VGATE_N_RULES; rule++)
        circumstances.severities[rule] = vgate_rule_info (rule)->severity;
    judge_all (&circumstances, TRUE);
    for (VgateRule rule = 0; rule < VGATE_N_RULES; rule++)
        circumstances.severities[rule] = VGATE_SEVERITY_REFUSE;
    judge_all (&circumstances, TRUE);
}

/* The driver's answer as well: it is the same for these rows, so no finding is added. */
static void
test_driver_agrees (void)
{
    const VgateCircumstances circumstances = VGATE_INIT (VgateCircumstances);

    for (guint i = 0; i < rows->len; i++) {
        const OracleRow *row = row_at (i);
        const VgateVgpuSide vgpu = {.size = sizeof (VgateVgpuSide), .record = &row->vgpu};
        const VgatePgpuSide pgpu = {.size = sizeof (VgatePgpuSide), .record = &row->pgpu};
        VgateVerdict verdict;
        guint before;

        vgate_compat_judge (&vgpu, &pgpu, &circumstances, &verdict);
        before = verdict.n_findings;
        vgate_verdict_apply_driver (&verdict, row->answer);
        g_assert_cmpuint (verdict.n_findings, ==, before);
        g_assert_cmphex (verdict.states, ==, row->answer.states);
        g_assert_cmphex (verdict.limit, ==, row->answer.limit);
    }
}

int
main (int argc, char **argv)
{
    int status;

    g_test_init (&argc, &argv, NULL);
    rows = oracle_read ();
    g_test_add_func ("/compat-oracle/rows", test_rows);
    g_test_add_func ("/compat-oracle/answer", test_answer);
    g_test_add_func ("/compat-oracle/verdict", test_verdict);
    g_test_add_func ("/compat-oracle/driver-agrees", test_driver_agrees);
    status = g_test_run ();
    g_array_unref (rows);
    return status;
}
