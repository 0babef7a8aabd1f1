/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "wrap.h"

#include "base/output.h"

#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

/* More than the two columns by which a line of a report is indented below another one. */
#define HANGING_INDENT 4u
#define WIDTH_DEFAULT  80u

/* Commands that the messages advise without quotes. A clause can begin with "vgpu-gated", so it is listed
 * with an option. */
static const char *const commands[] = {
    "chmod ",      "chown ", "cp ",    "echo ",  "fuser ",     "head ",         "ls ",
    "nvidia-smi ", "sudo ",  "umask ", "virsh ", "systemctl ", "vgpu-gated --", "vgpu-gate ",
};

static gboolean
is_letter (char c)
{
    return g_ascii_isalnum (c) || (guchar)c >= 0x80;
}

/* An apostrophe within or after a word ("the guest's", "the guests'") is not a quote. A quote that is not
 * closed on the line is not one either. */
static gboolean
opens_quote (const char *line, const char *at)
{
    if ((*at != '\'' && *at != '"') || (at > line && is_letter (at[-1])))
        return FALSE;
    for (const char *end = strchr (at + 1, *at); end; end = strchr (end + 1, *at))
        if (!is_letter (end[1]))
            return TRUE;
    return FALSE;
}

/* TRUE if a command without quotes begins with the word: any after "run:"; a known one after a colon or a
 * comma, or in parentheses. */
static gboolean
begins_command (const char *line, const char *word)
{
    const gsize before = (gsize)(word - line);
    const char *name = *word == '(' ? word + 1 : word;

    if (before >= strlen ("run: ") && memcmp (word - strlen ("run: "), "run: ", strlen ("run: ")) == 0)
        return TRUE;
    if (name == word && (before < 2 || !strchr (":,", word[-2])))
        return FALSE;
    for (gsize i = 0; i < G_N_ELEMENTS (commands); i++)
        if (g_str_has_prefix (name, commands[i]))
            return TRUE;
    return FALSE;
}

/*
 * Splits a line at the blanks where it can be broken. A quotation and a command stay in one piece, so that
 * they can be copied from the terminal. A command without quotes ends at a word with a full stop, a comma or
 * a closing parenthesis, or before an opening one. Free with g_ptr_array_unref ().
 */
static GPtrArray *
split (const char *line)
{
    g_autoptr (GPtrArray) pieces = g_ptr_array_new_with_free_func (g_free);
    const char *begin = line;
    gboolean is_command = FALSE;
    char quote = '\0';

    for (const char *at = line; *at != '\0'; at++) {
        const gboolean is_word = at == line || at[-1] == ' ';

        if (quote != '\0') {
            quote = *at == quote && !is_letter (at[1]) ? '\0' : quote;
            continue;
        }
        is_command = is_command || (is_word && begins_command (line, at));
        if (opens_quote (line, at))
            quote = *at;
        if (*at != ' ')
            continue;
        if (at > line && (strchr (".,)", at[-1]) || at[1] == '('))
            is_command = FALSE;
        if (!is_command) {
            g_ptr_array_add (pieces, g_strndup (begin, (gsize)(at - begin)));
            begin = at + 1;
        }
    }
    g_ptr_array_add (pieces, g_strdup (begin));
    return g_steal_pointer (&pieces);
}

char *
vgate_wrap (const char *text, guint width)
{
    g_autoptr (GString) wrapped = g_string_new (NULL);
    g_auto (GStrv) lines = g_strsplit (text, "\n", -1);

    for (gsize i = 0; lines[i]; i++) {
        const guint indent = (guint)strspn (lines[i], " ");
        g_autoptr (GPtrArray) pieces = split (lines[i] + indent);
        guint column = indent;

        g_string_append_printf (wrapped, "%s%*s", i > 0 ? "\n" : "", (int)indent, "");
        for (guint p = 0; p < pieces->len; p++) {
            const char *piece = g_ptr_array_index (pieces, p);
            const guint length = (guint)g_utf8_strlen (piece, -1);

            if (p > 0 && column + 1 + length > width) {
                column = indent + HANGING_INDENT;
                g_string_append_printf (wrapped, "\n%*s", (int)column, "");
            } else if (p > 0) {
                column++;
                g_string_append_c (wrapped, ' ');
            }
            g_string_append (wrapped, piece);
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
