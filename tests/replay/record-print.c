/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Questions and answers as lines, and the buffer for answers. */
#include "record.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define ARENA_SIZE 16384u
#define GUARD_SIZE 256u
#define PATTERN    0xa5

/* A call that takes longer hangs, and is recorded as one that ended its process. */
#define PATIENCE_S 60

void *
record_room (Record *record, size_t size)
{
    if (!record->arena)
        record->arena = malloc (GUARD_SIZE + ARENA_SIZE);
    if (!record->arena || size > ARENA_SIZE - GUARD_SIZE)
        abort ();
    memset (record->arena, PATTERN, GUARD_SIZE + ARENA_SIZE);
    record->room = size;
    return record->arena + GUARD_SIZE;
}

static bool
is_untouched (const unsigned char *bytes, size_t size)
{
    for (size_t i = 0; i < size; i++)
        if (bytes[i] != PATTERN)
            return false;
    return true;
}

static bool
guards_hold (const Record *record)
{
    return !record->arena ||
           (is_untouched (record->arena, GUARD_SIZE) &&
            is_untouched (record->arena + GUARD_SIZE + record->room, ARENA_SIZE - record->room));
}

bool
record_ask (Record *record, const char *call, bool exists, const char *format, ...)
{
    va_list arguments;

    if (record->n_asked++ < record->resume)
        return false;
    *record->progress = record->n_asked;
    printf ("%s (", call);
    va_start (arguments, format);
    vprintf (format, arguments);
    va_end (arguments);
    printf (exists ? ") =" : ") absent\n");
    fflush (stdout);
    alarm (PATIENCE_S);
    return exists;
}

void
record_end (Record *record)
{
    if (!guards_hold (record))
        printf (", and wrote beyond its buffer");
    putchar ('\n');
    fflush (stdout);
}

void
record_code (Record *record, nvmlReturn_t code)
{
    printf (" %d", code);
    record_end (record);
}

void
record_values (Record *record, nvmlReturn_t code, const char *format, ...)
{
    va_list arguments;

    printf (" %d", code);
    if (code == NVML_SUCCESS) {
        putchar (' ');
        va_start (arguments, format);
        vprintf (format, arguments);
        va_end (arguments);
    }
    record_end (record);
}

/* Returns the length of a shape, in which h is a hexadecimal digit, if the text begins with it; else 0. */
static size_t
match (const char *text, const char *shape)
{
    size_t i;

    for (i = 0; shape[i] != '\0'; i++)
        if (shape[i] == 'h' ? !isxdigit ((unsigned char)text[i]) : text[i] != shape[i])
            return 0;
    return i;
}

static void
mask (char *text)
{
    static const char *const shapes[] = {"hhhhhhhh-hhhh-hhhh-hhhh-hhhhhhhhhhhh", "hhhhhhhh:hh:hh.h",
                                         "hhhh:hh:hh.h"};

    for (char *at = text; *at != '\0'; at++)
        for (size_t i = 0; i < sizeof shapes / sizeof shapes[0]; i++)
            for (size_t length = match (at, shapes[i]); length > 0; length--, at++)
                if (isxdigit ((unsigned char)*at))
                    *at = 'x';
}

const char *
record_quote (const char *text, size_t size, char *quoted, size_t quoted_size)
{
    const size_t length = strnlen (text, size);
    size_t used = 0;

    if (length == size)
        return "without an end";
    quoted[used++] = '"';
    for (size_t i = 0; i < length && used + 8 < quoted_size; i++) {
        if (isprint ((unsigned char)text[i]) && text[i] != '"' && text[i] != '\\')
            quoted[used++] = text[i];
        else
            used += (size_t)snprintf (quoted + used, quoted_size - used, "\\x%02x", (unsigned char)text[i]);
    }
    quoted[used++] = '"';
    quoted[used] = '\0';
    mask (quoted);
    return quoted;
}
