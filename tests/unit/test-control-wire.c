/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The messages between an operator's command and the process that reads NVML: accepted only as a whole. */
#include "driver/control-wire.h"
#include "driver/follow-wire.h"
#include "nvml/nvml-abi.h"
#include "sample.h"

#define PAIR VGATE_PAIR_TYPE (VGATE_VERSIONS_TYPE)

static GBytes *
pair_answer (void)
{
    const VgateVersions was = {(char *)"580.95.05", TRUE, {0x120001, 0x1a0001}, {0x180001, 0x190001}};
    const VgateVersions is = {(char *)"580.95.05", TRUE, {0x120001, 0x1a0001}, {0x120001, 0x1a0001}};

    return vgate_answer_write (g_variant_new ("(@" VGATE_VERSIONS_TYPE "@" VGATE_VERSIONS_TYPE ")",
                                              vgate_versions_to_variant (&was),
                                              vgate_versions_to_variant (&is)),
                               NULL);
}

static void
test_versions (void)
{
    g_autoptr (GBytes) bytes = pair_answer ();
    g_autoptr (GError) error = NULL;
    g_autoptr (GVariant) body = vgate_answer_read (bytes, PAIR, &error);
    g_auto (VgateVersions) was = {0}, is = {0};

    g_assert_no_error (error);
    vgate_pair_from_variant (body, (VgateFromVariant)vgate_versions_from_variant, &was, &is);
    g_assert_cmpstr (was.driver, ==, "580.95.05");
    g_assert_true (was.simulated);
    g_assert_cmphex (was.preset.min, ==, 0x120001);
    g_assert_cmphex (was.preset.max, ==, 0x1a0001);
    g_assert_cmphex (was.current.min, ==, 0x180001);
    g_assert_cmphex (was.current.max, ==, 0x190001);
    g_assert_cmphex (is.current.min, ==, 0x120001);
    g_assert_cmphex (is.current.max, ==, 0x1a0001);
}

static void
test_scheduler (void)
{
    const VgateGpuScheduler sent = {
        .address = (char *)"0000:41:00.0",
        .name = (char *)"GPU",
        .is_available = TRUE,
        .capabilities = {.size = sizeof (VgateSchedulerCapabilities),
                         .policies = 0xe,
                         .has_arr = TRUE,
                         .time_slice_min = 1,
                         .time_slice_max = 2,
                         .frequency_min = 3,
                         .frequency_max = 4,
                         .average_factor_min = 5,
                         .average_factor_max = 6},
        .scheduler = {sizeof (VgateScheduler), VGATE_SCHEDULER_FIXED_SHARE, VGATE_ARR_ENABLED, 33,
                      G_MAXUINT32},
    };
    g_autoptr (GVariant) variant = g_variant_ref_sink (vgate_scheduler_to_variant (&sent));
    g_auto (VgateGpuScheduler) got = {0};

    vgate_scheduler_from_variant (variant, &got);
    g_assert_cmpstr (got.address, ==, sent.address);
    g_assert_cmpstr (got.name, ==, sent.name);
    g_assert_true (got.is_available);
    g_assert_cmpmem (&got.capabilities, sizeof got.capabilities, &sent.capabilities,
                     sizeof sent.capabilities);
    g_assert_cmpmem (&got.scheduler, sizeof got.scheduler, &sent.scheduler, sizeof sent.scheduler);
}

static void
test_address (void)
{
    g_autoptr (GVariant) all = g_variant_ref_sink (vgate_engine_to_variant (NULL, VGATE_ENGINE_GRAPHICS));
    g_autoptr (GVariant) one =
        g_variant_ref_sink (vgate_engine_to_variant ("0000:41:00.0", VGATE_ENGINE_NVENC0));

    int engine = 0;

    g_assert_null (vgate_engine_from_variant (all, &engine));
    g_assert_cmpint (engine, ==, VGATE_ENGINE_GRAPHICS);
    g_assert_cmpstr (vgate_engine_from_variant (one, &engine), ==, "0000:41:00.0");
    g_assert_cmpint (engine, ==, VGATE_ENGINE_NVENC0);
}

static void
test_round (void)
{
    const VgateSchedulerLogEntry entry = {1, 2, 3, 4, G_MAXUINT64, G_MAXUINT32, 5};
    g_autoptr (GPtrArray) sent = g_ptr_array_new_with_free_func ((GDestroyNotify)vgate_log_news_free),
                          got = NULL;
    g_autoptr (GVariant) variant = NULL;
    g_autoptr (GPtrArray) lost_sent =
        g_ptr_array_new_with_free_func ((GDestroyNotify)vgate_unusable_gpu_free);
    g_autoptr (GPtrArray) lost_got = g_ptr_array_new_with_free_func ((GDestroyNotify)vgate_unusable_gpu_free);
    g_autoptr (GError) why = g_error_new_literal (VGATE_NVML_ERROR, 15, "nvmlThis: NVML error 15");
    const VgateUnusableGpu *lost;
    const VgateLogNews *first;
    const VgateSchedulerLogEntry *got_entry;

    g_ptr_array_add (lost_sent, vgate_unusable_gpu_new (3, "0000:c2:00.0", "GPU", why));
    g_ptr_array_add (lost_sent, vgate_unusable_gpu_new (4, NULL, NULL, why));

    for (int i = 0; i < 2; i++) {
        VgateLogNews *news = g_new0 (VgateLogNews, 1);

        news->address = g_strdup ("0000:41:00.0");
        news->name = g_strdup ("GPU");
        news->entries = g_array_new (FALSE, FALSE, sizeof entry);
        g_ptr_array_add (sent, news);
        if (i > 0)
            continue;
        news->is_available = news->restarted = news->missed = TRUE;
        news->missed_time = 17;
        news->scheduler = (VgateScheduler){sizeof (VgateScheduler), VGATE_SCHEDULER_EQUAL_SHARE,
                                           VGATE_ARR_ENABLED, 33, 2000000};
        g_array_append_val (news->entries, entry);
    }
    variant = g_variant_ref_sink (vgate_round_to_variant (sent, lost_sent));
    got = vgate_round_from_variant (variant, lost_got);
    g_assert_cmpuint (lost_got->len, ==, 2);
    lost = g_ptr_array_index (lost_got, 0);
    g_assert_cmpuint (lost->index, ==, 3);
    g_assert_cmpstr (lost->address, ==, "0000:c2:00.0");
    g_assert_cmpstr (lost->name, ==, "GPU");
    g_assert_cmpstr (lost->reason, ==, "nvmlThis: NVML error 15");
    lost = g_ptr_array_index (lost_got, 1);
    g_assert_null (lost->address);
    g_assert_null (lost->name);
    g_assert_cmpuint (got->len, ==, 2);
    first = g_ptr_array_index (got, 0);
    g_assert_cmpstr (first->address, ==, "0000:41:00.0");
    g_assert_cmpstr (first->name, ==, "GPU");
    g_assert_true (first->is_available && first->restarted && first->missed);
    g_assert_cmpuint (first->missed_time, ==, 17);
    g_assert_cmpint (first->scheduler.policy, ==, VGATE_SCHEDULER_EQUAL_SHARE);
    g_assert_cmpint (first->scheduler.arr, ==, VGATE_ARR_ENABLED);
    g_assert_cmpuint (first->scheduler.average_factor, ==, 33);
    g_assert_cmpuint (first->scheduler.time_slice, ==, 2000000);
    g_assert_cmpuint (first->entries->len, ==, 1);
    got_entry = &g_array_index (first->entries, VgateSchedulerLogEntry, 0);
    g_assert_cmpuint (got_entry->timestamp, ==, 1);
    g_assert_cmpuint (got_entry->run_total, ==, 2);
    g_assert_cmpuint (got_entry->run, ==, 3);
    g_assert_cmpuint (got_entry->target, ==, 4);
    g_assert_cmpuint (got_entry->preemption_total, ==, G_MAXUINT64);
    g_assert_cmpuint (got_entry->runlist, ==, G_MAXUINT32);
    g_assert_false (((const VgateLogNews *)g_ptr_array_index (got, 1))->is_available);
    g_assert_cmpuint (((const VgateLogNews *)g_ptr_array_index (got, 1))->entries->len, ==, 0);
}

/* Each kind of error arrives unchanged. */
static void
test_errors (void)
{
    g_autoptr (GError) ours = g_error_new_literal (VGATE_ERROR, VGATE_CODE_NVML_REFUSED, "no");
    g_autoptr (GError) nvml = g_error_new_literal (VGATE_NVML_ERROR, NVML_ERROR_GPU_IS_LOST, "lost");
    GError *const sent[] = {ours, nvml};

    for (gsize i = 0; i < G_N_ELEMENTS (sent); i++) {
        g_autoptr (GBytes) bytes = vgate_answer_write (NULL, sent[i]);
        g_autoptr (GError) error = NULL;

        g_assert_null (vgate_answer_read (bytes, PAIR, &error));
        g_assert_error (error, sent[i]->domain, sent[i]->code);
        g_assert_cmpstr (error->message, ==, sent[i]->message);
    }
}

/* An unknown code; an answer to another question; an answer that was cut or never sent. */
static void
test_lies (void)
{
    g_autoptr (GError) unknown = g_error_new_literal (VGATE_ERROR, 999, "?");
    g_autoptr (GBytes) strange = vgate_answer_write (NULL, unknown), whole = pair_answer ();
    g_autoptr (GError) error = NULL;

    g_assert_null (vgate_answer_read (strange, PAIR, &error));
    sample_assert_error (error, VGATE_CODE_NVML_CRASHED, NULL);
    g_clear_error (&error);
    g_assert_null (vgate_answer_read (whole, "a" VGATE_SCHEDULER_TYPE, &error));
    sample_assert_error (error, VGATE_CODE_NVML_CRASHED, NULL);
    for (gsize length = 0; length < g_bytes_get_size (whole); length++) {
        g_autoptr (GBytes) cut = g_bytes_new (g_bytes_get_data (whole, NULL), length);
        g_autoptr (GError) cut_error = NULL;

        g_assert_null (vgate_answer_read (cut, PAIR, &cut_error));
        g_assert_error (cut_error, VGATE_ERROR, VGATE_CODE_NVML_CRASHED);
    }
}

static void
test_question (void)
{
    g_autoptr (GBytes) bytes = vgate_asked_write (VGATE_REQUEST_SET_VERSION, "library", 5000,
                                                  g_variant_new (VGATE_RANGE_TYPE, 1, 2));
    g_autoptr (GBytes) other = vgate_asked_write (VGATE_N_REQUESTS, "library", 5000, g_variant_new ("()"));
    g_auto (VgateAsked) asked = {0}, none = {0};
    VgateVersionRange range;

    g_assert_true (vgate_asked_read (bytes, &asked));
    g_assert_cmpint (asked.kind, ==, VGATE_REQUEST_SET_VERSION);
    g_assert_cmpstr (asked.library, ==, "library");
    g_assert_cmpuint (asked.deadline_ms, ==, 5000);
    g_variant_get (asked.body, VGATE_RANGE_TYPE, &range.min, &range.max);
    g_assert_cmpuint (range.min, ==, 1);
    g_assert_cmpuint (range.max, ==, 2);
    g_assert_false (vgate_asked_read (other, &none));
    for (gsize length = 0; length < g_bytes_get_size (bytes); length++) {
        g_autoptr (GBytes) cut = g_bytes_new (g_bytes_get_data (bytes, NULL), length);
        g_auto (VgateAsked) nothing = {0};

        g_assert_false (vgate_asked_read (cut, &nothing));
    }
}

int
main (int argc, char **argv)
{
    g_test_init (&argc, &argv, NULL);
    g_test_add_func ("/control-wire/versions", test_versions);
    g_test_add_func ("/control-wire/scheduler", test_scheduler);
    g_test_add_func ("/control-wire/address", test_address);
    g_test_add_func ("/control-wire/round", test_round);
    g_test_add_func ("/control-wire/errors", test_errors);
    g_test_add_func ("/control-wire/lies", test_lies);
    g_test_add_func ("/control-wire/question", test_question);
    return g_test_run ();
}
