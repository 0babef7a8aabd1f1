/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Writes entries to systemd's journal, if it runs, with fields by which they can be found. */
#pragma once

#include "base/codes.h"

/* The subject of an entry. All pointers are borrowed; fields that are NULL are omitted. */
typedef struct {
    const char *program; /* SYSLOG_IDENTIFIER */
    int priority;        /* a level of syslog.h */
    VgateCode code;
    const char *domain; /* the domain's name as it was read; it is made printable here */
    const char *uuid;   /* the domain's UUID */
} VgateJournalSubject;

/* A further field with a text as its value. Key and value are borrowed. */
GLogField vgate_journal_field (const char *key, const char *value);

/*
 * Sends the line with the further fields, in which a key can occur several times. FALSE when there is no
 * journal or it did not accept the entry.
 */
gboolean vgate_journal_send (const VgateJournalSubject *subject, const char *line, const GLogField *more,
                             gsize n_more);
