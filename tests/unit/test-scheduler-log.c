/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The reader of the scheduler's log, with logs of every kind. Two runlists, 1 and 2, alternate every 10
 * ns. */
#include "nvml/scheduler-log.h"

#define TURN 10u

/* Entries first to last - 1 of an endless log, of which at most 200 are visible. */
static VgateSchedulerLog *
new_log (guint64 epoch, guint first, guint last)
{
    VgateSchedulerLog *log = vgate_scheduler_log_new ();

    g_assert_cmpuint (last - first, <=, VGATE_SCHEDULER_LOG_MAX);
    for (guint i = first; i < last; i++)
        log->entries[log->n_entries++] = (VgateSchedulerLogEntry){
            .timestamp = epoch + (i + 1) * TURN,
            .run_total = (i / 2 + 1) * TURN,
            .run = TURN,
            .target = TURN,
            .runlist = i % 2 + 1,
        };
    return log;
}

static VgateSchedulerLogNews
feed (VgateSchedulerLogReader *reader, guint64 epoch, guint first, guint last)
{
    g_autoptr (VgateSchedulerLog) log = new_log (epoch, first, last);
    VgateSchedulerLogNews news = VGATE_INIT (VgateSchedulerLogNews);

    vgate_scheduler_log_reader_feed (reader, log, &news);
    return news;
}

static void
assert_news (VgateSchedulerLogNews news, guint first_new, gboolean missed, guint64 missed_time,
             gboolean restarted)
{
    g_assert_cmpuint (news.first_new, ==, first_new);
    g_assert_cmpint (news.missed, ==, missed);
    g_assert_cmpuint (news.missed_time, ==, missed_time);
    g_assert_cmpint (news.restarted, ==, restarted);
}

/* The first read does not know what was before, however much it was. */
static void
test_first (void)
{
    g_autoptr (VgateSchedulerLogReader) reader = vgate_scheduler_log_reader_new ();

    assert_news (feed (reader, 0, 1000, 1200), 0, FALSE, 0, FALSE);
    assert_news (feed (reader, 0, 1000, 1200), 200, FALSE, 0, FALSE);
}

static void
test_nothing_missed (void)
{
    g_autoptr (VgateSchedulerLogReader) reader = vgate_scheduler_log_reader_new ();

    assert_news (feed (reader, 0, 0, 0), 0, FALSE, 0, FALSE);
    assert_news (feed (reader, 0, 0, 3), 0, FALSE, 0, FALSE);
    assert_news (feed (reader, 0, 0, 120), 3, FALSE, 0, FALSE);
    assert_news (feed (reader, 0, 50, 250), 70, FALSE, 0, FALSE);
    /* the oldest entry of the log is the newest of the one before: just in time */
    assert_news (feed (reader, 0, 249, 449), 1, FALSE, 0, FALSE);
}

/* The two logs have no common entry. Only the run times show whether entries between them are missing. */
static void
test_missed (void)
{
    g_autoptr (VgateSchedulerLogReader) reader = vgate_scheduler_log_reader_new ();

    feed (reader, 0, 0, 200);
    assert_news (feed (reader, 0, 300, 500), 0, TRUE, 100 * TURN, FALSE);
    assert_news (feed (reader, 0, 300, 500), 200, FALSE, 0, FALSE);
    assert_news (feed (reader, 0, 501, 701), 0, TRUE, TURN, FALSE);
}

/* Two logs directly after each other without an overlap: it is only known that no run time is missing. */
static void
test_just_behind (void)
{
    g_autoptr (VgateSchedulerLogReader) reader = vgate_scheduler_log_reader_new ();

    feed (reader, 0, 0, 200);
    assert_news (feed (reader, 0, 200, 400), 0, FALSE, 0, FALSE);
}

static void
test_restarted (void)
{
    g_autoptr (VgateSchedulerLogReader) reader = vgate_scheduler_log_reader_new ();

    feed (reader, 0, 0, 200);
    /* later, not full */
    assert_news (feed (reader, 5000, 0, 20), 0, FALSE, 0, TRUE);
    assert_news (feed (reader, 5000, 0, 30), 20, FALSE, 0, FALSE);
    assert_news (feed (reader, 9000, 0, 0), 0, FALSE, 0, TRUE);
    /* full again at the next read, but the runlists have run less than before */
    feed (reader, 9000, 5000, 5200);
    assert_news (feed (reader, 90000, 100, 300), 0, FALSE, 0, TRUE);
    /* an earlier time: the clock began again when the machine was restarted */
    assert_news (feed (reader, 0, 400, 600), 0, FALSE, 0, TRUE);
}

int
main (int argc, char **argv)
{
    g_test_init (&argc, &argv, NULL);
    g_test_add_func ("/scheduler-log/first", test_first);
    g_test_add_func ("/scheduler-log/nothing-missed", test_nothing_missed);
    g_test_add_func ("/scheduler-log/missed", test_missed);
    g_test_add_func ("/scheduler-log/just-behind", test_just_behind);
    g_test_add_func ("/scheduler-log/restarted", test_restarted);
    return g_test_run ();
}
