/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "scheduler/duration.h"

#include <string.h>

typedef struct {
    const char *name;
    guint64 ns;
    int digits; /* digits after the decimal point that a number of ns can need */
} Unit;

/* In descending order. */
static const Unit units[] = {
    {"s", 1000000000, 9},
    {"ms", 1000000, 6},
    {"us", 1000, 3},
    {"ns", 1, 0},
};

char *
vgate_duration_describe (guint64 ns)
{
    const Unit *unit = units;
    g_autoptr (GString) text = g_string_new (NULL);

    while (unit->ns > 1 && ns < unit->ns)
        unit++;
    g_string_append_printf (text, "%" G_GUINT64_FORMAT, ns / unit->ns);
    if (ns % unit->ns != 0) {
        g_string_append_printf (text, ".%0*" G_GUINT64_FORMAT, unit->digits, ns % unit->ns);
        while (text->str[text->len - 1] == '0')
            g_string_truncate (text, text->len - 1);
    }
    g_string_append_printf (text, " %s", unit->name);
    return g_string_free (g_steal_pointer (&text), FALSE);
}

gboolean
vgate_duration_parse (const char *text, guint32 *ns)
{
    const gsize n_digits = strspn (text, "0123456789");
    g_autofree char *digits = g_strndup (text, n_digits);
    const char *name = text + n_digits;
    guint64 number;

    if ((n_digits > 1 && digits[0] == '0') ||
        !g_ascii_string_to_unsigned (digits, 10, 0, G_MAXUINT32, &number, NULL))
        return FALSE;
    for (gsize i = 1; i < G_N_ELEMENTS (units); i++) {
        if (strcmp (*name == '\0' ? "ns" : name, units[i].name) != 0)
            continue;
        if (number > G_MAXUINT32 / units[i].ns)
            return FALSE;
        *ns = (guint32)(number * units[i].ns);
        return TRUE;
    }
    return FALSE;
}
