/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Entries in the journal of systemd, where there is one, with the fields by which ours are found. */
#pragma once

#include "message/codes.h"

/* What an entry is about. All of it is borrowed; what is NULL is left out. */
typedef struct {
    const char *program; /* SYSLOG_IDENTIFIER */
    int priority;        /* of syslog.h */
    VgateCode code;
    const char *domain; /* its name, as it was read: it is made printable */
    const char *uuid;   /* the domain's */
} VgateJournalSubject;

/* A further field, whose value is text. Both are borrowed. */
GLogField vgate_journal_field (const char *key, const char *value);

/*
 * Sends the line, with the further fields, among which a key may be several times. FALSE: there is no
 * journal, or it did not take the entry.
 */
gboolean vgate_journal_send (const VgateJournalSubject *subject, const char *line, const GLogField *more,
                             gsize n_more);
