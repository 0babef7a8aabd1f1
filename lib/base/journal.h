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

#define VGATE_MESSAGE_ID_SIZE 33 /* 32 hexadecimal digits and NUL */

/*
 * Writes the MESSAGE_ID of entries with this code to text, and returns text. By it "journalctl -x" finds the
 * explanation in the catalogue, so the ID of a code never changes. It ends with the code as four digits.
 */
const char *vgate_message_id (int code, char text[VGATE_MESSAGE_ID_SIZE]);

/* A further field with a text as its value. Key and value are borrowed. */
GLogField vgate_journal_field (const char *key, const char *value);

/*
 * Sends the line with the further fields, in which a key can occur several times. FALSE when there is no
 * journal or it did not accept the entry.
 */
gboolean vgate_journal_send (const VgateJournalSubject *subject, const char *line, const GLogField *more,
                             gsize n_more);
