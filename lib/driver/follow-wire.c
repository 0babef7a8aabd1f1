/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "driver/follow-wire.h"

void
vgate_log_news_free (VgateLogNews *news)
{
    if (!news)
        return;
    g_free (news->address);
    g_free (news->name);
    g_array_unref (news->entries);
    g_free (news);
}

static void
add_news (GVariantBuilder *builder, const VgateLogNews *news)
{
    const VgateScheduler *s = &news->scheduler;
    GVariantBuilder entries;

    g_variant_builder_init (&entries, G_VARIANT_TYPE ("a" VGATE_ENTRY_TYPE));
    for (guint i = 0; i < news->entries->len; i++) {
        const VgateSchedulerLogEntry *entry = &g_array_index (news->entries, VgateSchedulerLogEntry, i);

        g_variant_builder_add (&entries, VGATE_ENTRY_TYPE, entry->timestamp, entry->run_total, entry->run,
                               entry->target, entry->preemption_total, entry->runlist, entry->weight);
    }
    g_variant_builder_add (builder, VGATE_NEWS_TYPE, news->address, news->name, news->is_available, s->policy,
                           s->arr, s->average_factor, s->time_slice, news->restarted, news->missed,
                           news->missed_time, &entries);
}

GVariant *
vgate_round_to_variant (const GPtrArray *news, const GPtrArray *unusable)
{
    GVariantBuilder builder;

    g_variant_builder_init (&builder, G_VARIANT_TYPE ("a" VGATE_NEWS_TYPE));
    for (guint i = 0; i < news->len; i++)
        add_news (&builder, g_ptr_array_index (news, i));
    return g_variant_new ("(@a" VGATE_NEWS_TYPE "@a" VGATE_UNUSABLE_TYPE ")",
                          g_variant_builder_end (&builder), vgate_unusable_to_variant (unusable));
}

static VgateLogNews *
take_news (GVariant *variant)
{
    VgateLogNews *news = g_new0 (VgateLogNews, 1);
    VgateScheduler *s = &news->scheduler;
    g_autoptr (GVariantIter) entries = NULL;
    VgateSchedulerLogEntry entry;

    s->size = sizeof *s;
    news->entries = g_array_new (FALSE, FALSE, sizeof entry);
    g_variant_get (variant, VGATE_NEWS_TYPE, &news->address, &news->name, &news->is_available, &s->policy,
                   &s->arr, &s->average_factor, &s->time_slice, &news->restarted, &news->missed,
                   &news->missed_time, &entries);
    while (g_variant_iter_next (entries, VGATE_ENTRY_TYPE, &entry.timestamp, &entry.run_total, &entry.run,
                                &entry.target, &entry.preemption_total, &entry.runlist, &entry.weight))
        g_array_append_val (news->entries, entry);
    return news;
}

GPtrArray *
vgate_round_from_variant (GVariant *variant, GPtrArray *unusable)
{
    GPtrArray *all = g_ptr_array_new_with_free_func ((GDestroyNotify)vgate_log_news_free);
    g_autoptr (GVariant) news = g_variant_get_child_value (variant, 0);
    g_autoptr (GVariant) left_out = g_variant_get_child_value (variant, 1);

    if (unusable)
        vgate_unusable_from_variant (left_out, unusable);
    for (gsize i = 0; i < g_variant_n_children (news); i++) {
        g_autoptr (GVariant) child = g_variant_get_child_value (news, i);

        g_ptr_array_add (all, take_news (child));
    }
    return all;
}
