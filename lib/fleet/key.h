/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A key of bytes that is built of values: no two lists of values give the same key. */
#pragma once

#include "host/host.h"
#include "scheduler/element.h"

#include <glib.h>

/* NULL and "" differ. */
void vgate_key_text (GByteArray *key, const char *text);
void vgate_key_number (GByteArray *key, guint64 number);
void vgate_key_bytes (GByteArray *key, GBytes *bytes);
/* NULL: it is not known. */
void vgate_key_scheduler (GByteArray *key, const VgateScheduler *scheduler);
/* TRUE for a time (seconds since 1970) that the rules about ages find too old. max_age: 0 for no limit. */
gboolean vgate_key_is_old (gint64 time, gint64 now, gint64 max_age);
/* The number of digits of an age in seconds: the length of a message decides what it contains. */
guint vgate_key_age_length (gint64 time, gint64 now);
/* A time, as far as these rules and their messages' length tell it from others. A time in the future and
 * one that is not known are appended themselves. */
void vgate_key_time (GByteArray *key, gint64 time, gint64 now, gint64 max_age);
/* What the gate reads of a host for any guest, except the GPUs, the devices and the time. */
void vgate_key_host (GByteArray *key, const VgateHost *host);

/* FALSE for a GPU on which nothing can be created, so that its rules about sizes do not matter
 * (placement/room.h). */
gboolean vgate_key_has_room (const VgatePgpu *pgpu);
/* What the gate reads of a GPU for any guest, without its address. */
void vgate_key_pgpu (GByteArray *key, const VgatePgpu *pgpu);

/* The number of the key in a table, from 1: GBytes -> number. A key that the table does not have is added. */
guint vgate_key_find_number (GHashTable *known, const GByteArray *key);
