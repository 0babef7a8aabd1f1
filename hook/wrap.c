/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "wrap.h"

#include "message/output.h"

#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

/* More than the two columns by which a line of a report is indented below another one. */
#define HANGING_INDENT 4u
#define WIDTH_DEFAULT  80u

char *
vgate_wrap (const char *text, guint width)
{
    g_autoptr (GString) wrapped = g_string_new (NULL);
    g_auto (GStrv) lines = g_strsplit (text, "\n", -1);

    for (gsize i = 0; lines[i]; i++) {
        const guint indent = (guint)strspn (lines[i], " ");
        g_auto (GStrv) words = g_strsplit (lines[i] + indent, " ", -1);
        guint column = indent;

        g_string_append_printf (wrapped, "%s%*s", i > 0 ? "\n" : "", (int)indent, "");
        for (gsize w = 0; words[w]; w++) {
            const guint length = (guint)g_utf8_strlen (words[w], -1);

            if (w > 0 && column + 1 + length > width) {
                column = indent + HANGING_INDENT;
                g_string_append_printf (wrapped, "\n%*s", (int)column, "");
            } else if (w > 0) {
                column++;
                g_string_append_c (wrapped, ' ');
            }
            g_string_append (wrapped, words[w]);
            column += length;
        }
    }
    return g_string_free (g_steal_pointer (&wrapped), FALSE);
}

guint
vgate_terminal_width (int fd)
{
    struct winsize size = {0};

    if (!isatty (fd))
        return 0;
    return ioctl (fd, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : WIDTH_DEFAULT;
}

void
vgate_print_wrapped (const char *text)
{
    const guint width = vgate_terminal_width (STDOUT_FILENO);
    g_autofree char *wrapped = width > 0 ? vgate_wrap (text, width) : g_strdup (text);

    vgate_output_print (wrapped);
}
