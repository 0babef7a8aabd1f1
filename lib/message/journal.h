/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The journal of systemd, where there is one: entries with fields, in its native protocol. */
#pragma once

#include <glib.h>

/* A field whose value is text. Both are borrowed. */
GLogField vgate_journal_field (const char *key, const char *value);

/* FALSE: there is no journal, or it did not take the entry. A key may stand in it several times. */
gboolean vgate_journal_send (const GLogField *fields, gsize n_fields);
