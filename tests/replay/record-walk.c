/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Makes one call in all variants of its size protocol: which buffers and sizes are passed, and what is
 * printed of them. */
#include "record.h"

#include <stdio.h>
#include <string.h>

void
record_walk (Record *record, RecordKind kind, unsigned int full)
{
    record->kind = kind;
    record->full = full;
    record->exact = 0;
    record->step = 0;
}

/* Returns whether the step exists, and sets its arguments. */
static bool
set_text_step (Record *record, unsigned int step)
{
    const unsigned int lengths[] = {record->full, 0, 1, record->full, record->exact - 1, record->exact};

    if (step >= sizeof lengths / sizeof lengths[0])
        return false;
    /* counted nevertheless, so that a question's number does not depend on earlier answers */
    if (step >= 4 && record->exact == 0) {
        record->n_asked += 2;
        return false;
    }
    record->length = lengths[step];
    record->buffer = step == 0 ? NULL : record_room (record, record->length);
    return true;
}

bool
record_next_text (Record *record, const char *call, bool exists, const char *subject)
{
    while (set_text_step (record, record->step++))
        if (record_ask (record, call, exists, "%s%s, length %u", subject, record->buffer ? "buffer" : "NULL",
                        record->length))
            return true;
    return false;
}

void
record_text (Record *record, nvmlReturn_t code)
{
    char quoted[RECORD_QUOTED_SIZE];

    if (code != NVML_SUCCESS || !record->buffer) {
        record_code (record, code);
        return;
    }
    if (record->exact == 0)
        record->exact = (unsigned int)strnlen (record->buffer, record->length) + 1;
    record_values (record, code, "%s", record_quote (record->buffer, record->length, quoted, sizeof quoted));
}

static bool
set_sized_step (Record *record, unsigned int step)
{
    const struct {
        bool buffer, size;
        unsigned int passed;
    } ways[] = {
        {false, false, 0},
        {true, false, 0},
        {false, true, 0},
        {true, true, 0},
        {false, true, 1},
        {true, true, 1},
        {true, true, record->full - 1},
        {true, true, record->full},
        {true, true, record->full + 1},
    };
    const size_t unit = record->kind == RECORD_NUMBERS ? sizeof (unsigned int) : 1;

    if (step >= sizeof ways / sizeof ways[0])
        return false;
    record->length = record->passed = ways[step].passed;
    record->size = ways[step].size ? &record->length : NULL;
    record->buffer = record_room (record, ways[step].passed * unit);
    if (!ways[step].buffer)
        record->buffer = NULL;
    return true;
}

bool
record_next_sized (Record *record, const char *call, bool exists, const char *subject)
{
    char size[32] = "NULL";

    while (set_sized_step (record, record->step++)) {
        if (record->size)
            snprintf (size, sizeof size, "%u", record->passed);
        if (record_ask (record, call, exists, "%s%s, size %s", subject, record->buffer ? "buffer" : "NULL",
                        size))
            return true;
    }
    return false;
}

static void
print_sized (const Record *record)
{
    const unsigned char *bytes = record->buffer;
    char quoted[RECORD_QUOTED_SIZE];

    if (record->kind == RECORD_TEXT)
        printf (" %s", record_quote (record->buffer, record->length, quoted, sizeof quoted));
    for (unsigned int i = 0; record->kind == RECORD_NUMBERS && i < record->length; i++)
        printf (" %u", ((const unsigned int *)record->buffer)[i]);
    for (unsigned int i = 0; record->kind == RECORD_BYTES && i < record->length; i++)
        printf (i == 0 ? " %02x" : "%02x", bytes[i]);
}

void
record_sized (Record *record, nvmlReturn_t code)
{
    printf (" %d", code);
    if (record->size)
        printf (" size %u", record->length);
    if (code == NVML_SUCCESS && record->buffer && record->length <= record->passed)
        print_sized (record);
    record_end (record);
}

bool
record_next_number (Record *record, const char *call, bool exists, const char *subject)
{
    while (record->step < 2) {
        record->buffer = record_room (record, record->full);
        if (record->step++ == 0)
            record->buffer = NULL;
        if (record_ask (record, call, exists, "%s%s", subject, record->buffer ? "&answer" : "NULL"))
            return true;
    }
    return false;
}

void
record_number (Record *record, nvmlReturn_t code)
{
    unsigned long long number = 0;

    /* little-endian, like all platforms of NVIDIA's driver */
    if (record->buffer)
        memcpy (&number, record->buffer, record->full);
    record_values (record, code, "%llu", number);
}

void
record_words (Record *record, nvmlReturn_t code, size_t shown)
{
    const unsigned int *words = record->buffer;

    printf (" %d", code);
    for (size_t i = 0; code == NVML_SUCCESS && words && i < shown / sizeof *words; i++)
        printf (" %u", words[i]);
    record_end (record);
}
