/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "nvml/scheduler-log.h"
#include "vgpu-gate/growth.h"

typedef struct {
    guint64 total; /* how long it had run at its newest entry */
    guint seen;    /* the log that had it: reader->n_logs then */
} Runlist;

struct VgateSchedulerLogReader {
    guint n_logs;
    gboolean has_last;
    VgateSchedulerLogEntry last; /* the newest entry of the log before */
    GHashTable *runlists;        /* number -> Runlist * */
};

VgateSchedulerLogReader *
vgate_scheduler_log_reader_new (void)
{
    VgateSchedulerLogReader *reader = g_new0 (VgateSchedulerLogReader, 1);

    reader->runlists = g_hash_table_new_full (NULL, NULL, NULL, g_free);
    return reader;
}

void
vgate_scheduler_log_reader_free (VgateSchedulerLogReader *reader)
{
    if (!reader)
        return;
    g_hash_table_unref (reader->runlists);
    g_free (reader);
}

static gboolean
is_same_entry (const VgateSchedulerLogEntry *a, const VgateSchedulerLogEntry *b)
{
    return a->timestamp == b->timestamp && a->runlist == b->runlist && a->run_total == b->run_total;
}

/* Where the log goes on from the one before; 0 when that is nowhere in it. */
static guint
find_continuation (const VgateSchedulerLogReader *reader, const VgateSchedulerLog *log)
{
    for (guint i = log->n_entries; reader->has_last && i > 0; i--)
        if (is_same_entry (&log->entries[i - 1], &reader->last))
            return i;
    return 0;
}

/*
 * What a runlist ran between its newest entry of before and this one. An unknown runlist is a new vGPU, all
 * of whose time is missed but this. A total that went back is another log.
 */
static gboolean
measure_gap (const VgateSchedulerLogReader *reader, const VgateSchedulerLogEntry *entry, guint64 *gap)
{
    const Runlist *known = g_hash_table_lookup (reader->runlists, GUINT_TO_POINTER (entry->runlist));
    const guint64 before = known ? known->total : 0;

    if (entry->run_total < entry->run || entry->run_total - entry->run < before)
        return FALSE;
    *gap = entry->run_total - entry->run - before;
    return TRUE;
}

static void
remember (VgateSchedulerLogReader *reader, const VgateSchedulerLogEntry *entry)
{
    Runlist *runlist = g_new (Runlist, 1);

    *runlist = (Runlist){.total = entry->run_total, .seen = reader->n_logs};
    g_hash_table_insert (reader->runlists, GUINT_TO_POINTER (entry->runlist), runlist);
    reader->last = *entry;
    reader->has_last = TRUE;
}

static void
forget (VgateSchedulerLogReader *reader)
{
    g_hash_table_remove_all (reader->runlists);
    reader->has_last = FALSE;
}

/*
 * A log that has not gone on from the one before has missed some, unless it began anew: then it is not full,
 * or goes back, in time or in what a runlist has run.
 */
static gboolean
has_restarted (const VgateSchedulerLogReader *reader, const VgateSchedulerLog *log)
{
    guint64 gap;

    if (log->n_entries < VGATE_SCHEDULER_LOG_MAX)
        return TRUE;
    for (guint i = 0; i < log->n_entries; i++)
        if (log->entries[i].timestamp < reader->last.timestamp ||
            !measure_gap (reader, &log->entries[i], &gap))
            return TRUE;
    return FALSE;
}

static gboolean
is_not_in_log (G_GNUC_UNUSED gpointer number, gpointer runlist, gpointer reader)
{
    return ((const Runlist *)runlist)->seen != ((const VgateSchedulerLogReader *)reader)->n_logs;
}

/*
 * A log that does not overlap with the one before has missed nothing only if every runlist goes on in it
 * where it was. Of one that is not in it nobody knows; it is forgotten, as its vGPU may have ended.
 */
static gboolean
has_missed (VgateSchedulerLogReader *reader, guint64 missed_time)
{
    return g_hash_table_foreach_remove (reader->runlists, is_not_in_log, reader) > 0 || missed_time > 0;
}

void
vgate_scheduler_log_reader_feed (VgateSchedulerLogReader *reader, const VgateSchedulerLog *log,
                                 VgateSchedulerLogNews *news)
{
    const guint continuation = find_continuation (reader, log);
    VgateSchedulerLogNews own = {.first_new = continuation};
    /* the first log, and one that began anew, have nothing before them that could be missed */
    gboolean can_miss = reader->has_last && continuation == 0;

    g_return_if_fail (VGATE_GROWTH_HAS_SIZE (news, VGATE_SIZE_LOG_NEWS));
    reader->n_logs++;
    if (can_miss && has_restarted (reader, log)) {
        own.restarted = TRUE;
        can_miss = FALSE;
        forget (reader);
    }
    for (guint i = continuation; i < log->n_entries; i++) {
        guint64 gap;

        if (can_miss && measure_gap (reader, &log->entries[i], &gap))
            own.missed_time += gap;
        remember (reader, &log->entries[i]);
    }
    own.missed = can_miss && has_missed (reader, own.missed_time);
    VGATE_GROWTH_WRITE (news, &own);
}
