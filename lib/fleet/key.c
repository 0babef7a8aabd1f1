/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "fleet/key.h"

#include <string.h>

void
vgate_key_text (GByteArray *key, const char *text)
{
    /* a byte that no text has */
    static const guint8 none = 0xff;

    if (text)
        g_byte_array_append (key, (const guint8 *)text, (guint)strlen (text) + 1);
    else
        g_byte_array_append (key, &none, 1);
}

void
vgate_key_number (GByteArray *key, guint64 number)
{
    g_byte_array_append (key, (const guint8 *)&number, sizeof number);
}

void
vgate_key_bytes (GByteArray *key, GBytes *bytes)
{
    gsize length;
    const guint8 *data = g_bytes_get_data (bytes, &length);

    vgate_key_number (key, length);
    g_byte_array_append (key, data, (guint)length);
}

void
vgate_key_scheduler (GByteArray *key, const VgateScheduler *scheduler)
{
    g_autoptr (GString) text = g_string_new (NULL);

    if (scheduler)
        vgate_scheduler_write (text, "scheduler", scheduler);
    vgate_key_text (key, text->str);
}

gboolean
vgate_key_is_old (gint64 time, gint64 now, gint64 max_age)
{
    return time > 0 && max_age > 0 && time < now - max_age;
}

guint
vgate_key_age_length (gint64 time, gint64 now)
{
    guint length = 1;

    for (gint64 age = now - time; age >= 10; age /= 10)
        length++;
    return length;
}

void
vgate_key_time (GByteArray *key, gint64 time, gint64 now, gint64 max_age)
{
    if (vgate_key_is_old (time, now, max_age))
        vgate_key_number (key, G_MAXUINT64 - vgate_key_age_length (time, now));
    else
        vgate_key_number (key, time <= 0 || time > now ? (guint64)time : G_MAXUINT64);
}

void
vgate_key_host (GByteArray *key, const VgateHost *host)
{
    vgate_key_number (key, (guint64)host->simulated);
    vgate_key_number (key, (guint64)host->has_switch_over);
    vgate_key_number (key, (guint64)host->switch_over_served);
    vgate_key_text (key, host->switch_over_bus);
    vgate_key_number (key, host->unusable->len);
    for (guint i = 0; i < host->unusable->len; i++) {
        const VgateUnusableGpu *gpu = g_ptr_array_index (host->unusable, i);

        vgate_key_number (key, gpu->index);
        vgate_key_text (key, gpu->address);
        vgate_key_text (key, gpu->name);
        vgate_key_text (key, gpu->reason);
    }
}

gboolean
vgate_key_has_room (const VgatePgpu *pgpu)
{
    for (guint i = 0; i < pgpu->types->len; i++)
        if (((const VgateHostType *)g_ptr_array_index (pgpu->types, i))->free_instances > 0)
            return TRUE;
    return FALSE;
}

void
vgate_key_pgpu (GByteArray *key, const VgatePgpu *pgpu)
{
    vgate_key_text (key, pgpu->name);
    vgate_key_bytes (key, pgpu->metadata.bytes);
    vgate_key_number (key, pgpu->read_bandwidth);
    vgate_key_number (key, pgpu->write_bandwidth);
    vgate_key_number (key, vgate_key_has_room (pgpu) ? (guint64)pgpu->vgpu_sizes : G_MAXUINT64);
    vgate_key_number (key, (guint64)pgpu->mig);
    vgate_key_scheduler (key, pgpu->has_scheduler ? &pgpu->scheduler : NULL);
    vgate_key_number (key, pgpu->types->len);
    for (guint i = 0; i < pgpu->types->len; i++) {
        const VgateHostType *type = g_ptr_array_index (pgpu->types, i);

        vgate_key_number (key, type->id);
        vgate_key_text (key, type->name);
        vgate_key_number (key, type->framebuffer);
        vgate_key_number (key, type->free_instances);
    }
}

guint
vgate_key_find_number (GHashTable *known, const GByteArray *key)
{
    g_autoptr (GBytes) sought = g_bytes_new_static (key->data, key->len);
    guint number = GPOINTER_TO_UINT (g_hash_table_lookup (known, sought));

    if (number == 0) {
        number = g_hash_table_size (known) + 1;
        g_hash_table_insert (known, g_bytes_new (key->data, key->len), GUINT_TO_POINTER (number));
    }
    return number;
}
