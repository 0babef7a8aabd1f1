/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "nvml/scheduler-log.h"
#include "vgpu-gate/growth.h"

typedef struct {
    guint64 total; /* ns that it had run, according to its newest entry */
    guint seen;    /* the number of the last log that contained it (reader->n_logs) */
} Runlist;

struct VgateSchedulerLogReader {
    guint n_logs;
    gboolean has_last;
    VgateSchedulerLogEntry last; /* the newest entry of the previous log */
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

/* The index at which this log continues the previous one; 0 when it does not contain the newest entry of that
 * log. */
static guint
find_continuation (const VgateSchedulerLogReader *reader, const VgateSchedulerLog *log)
{
    for (guint i = log->n_entries; reader->has_last && i > 0; i--) {
        const VgateSchedulerLogEntry *entry = &log->entries[i - 1], *last = &reader->last;

        if (entry->timestamp == last->timestamp && entry->runlist == last->runlist &&
            entry->run_total == last->run_total)
            return i;
    }
    return 0;
}

/*
 * Sets *gap to the time that the runlist ran between its newest known entry and this one. A runlist that is
 * not known is that of a new vGPU: all its time before this entry was missed. FALSE when the total went back,
 * because the log was started again.
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

/*
 * A log that does not continue the previous one has missed entries, unless it was started again. It was
 * started again when it is not full, or when a timestamp or the total time of a runlist went back.
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

void
vgate_scheduler_log_reader_feed (VgateSchedulerLogReader *reader, const VgateSchedulerLog *log,
                                 VgateSchedulerLogNews *news)
{
    const guint continuation = find_continuation (reader, log);
    VgateSchedulerLogNews own = {.first_new = continuation};
    /* nothing can be missed before the first log, or before one that was started again */
    gboolean can_miss = reader->has_last && continuation == 0;

    g_return_if_fail (VGATE_GROWTH_HAS_SIZE (news, VGATE_SIZE_LOG_NEWS));
    reader->n_logs++;
    if (can_miss && has_restarted (reader, log)) {
        own.restarted = TRUE;
        can_miss = FALSE;
        g_hash_table_remove_all (reader->runlists);
        reader->has_last = FALSE;
    }
    for (guint i = continuation; i < log->n_entries; i++) {
        guint64 gap;

        if (can_miss && measure_gap (reader, &log->entries[i], &gap))
            own.missed_time += gap;
        remember (reader, &log->entries[i]);
    }
    /* A log that does not overlap with the previous one has missed nothing only if the total of each runlist
     * continues without a gap. Nothing is known about a runlist that it does not contain; the reader forgets
     * it, as its vGPU may have ended. */
    if (can_miss)
        own.missed =
            g_hash_table_foreach_remove (reader->runlists, is_not_in_log, reader) > 0 || own.missed_time > 0;
    VGATE_GROWTH_WRITE (news, &own);
}
