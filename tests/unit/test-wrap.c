/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Lines of a report, wrapped for a terminal. */
#include "wrap.h"

#include <glib.h>
#include <pty.h>
#include <sys/ioctl.h>
#include <unistd.h>

static const struct {
    const char *name, *text;
    guint width;
    const char *wrapped;
} cases[] = {
    {"short", "one two\n", 7, "one two\n"},
    {"long", "one two three\n", 12, "one two\n    three\n"},
    {"thrice", "one two three four five\n", 11, "one two\n    three\n    four\n    five\n"},
    {"indented", "  one two three\n", 12, "  one two\n      three\n"},
    {"each", "one two\n  three four five\nsix\n", 12, "one two\n  three four\n      five\nsix\n"},
    {"long-word", "a 0123456789 b\n", 8, "a\n    0123456789\n    b\n"},
    {"first-word", "0123456789 b\n", 4, "0123456789\n    b\n"},
    {"characters", "größe größe\n", 11, "größe größe\n"},
    {"blank-lines", "one two\n\nthree\n", 5, "one\n    two\n\nthree\n"},
    {"no-line-feed", "one two", 5, "one\n    two"},
    {"nothing", "", 5, ""},
};

static void
test_wrap (gconstpointer data)
{
    const guint i = GPOINTER_TO_UINT (data);
    g_autofree char *wrapped = vgate_wrap (cases[i].text, cases[i].width);

    g_assert_cmpstr (wrapped, ==, cases[i].wrapped);
}

/* A pipe is no terminal; a terminal tells its width, or has 80 columns. */
static void
test_width (void)
{
    const struct winsize size = {.ws_col = 72, .ws_row = 24}, untold = {0};
    int pipe_fds[2], master, terminal;

    g_assert_cmpint (pipe (pipe_fds), ==, 0);
    g_assert_cmpuint (vgate_terminal_width (pipe_fds[1]), ==, 0);
    g_assert_cmpint (openpty (&master, &terminal, NULL, NULL, &size), ==, 0);
    g_assert_cmpuint (vgate_terminal_width (terminal), ==, 72);
    g_assert_cmpint (ioctl (terminal, TIOCSWINSZ, &untold), ==, 0);
    g_assert_cmpuint (vgate_terminal_width (terminal), ==, 80);
    close (pipe_fds[0]);
    close (pipe_fds[1]);
    close (terminal);
    close (master);
}

int
main (int argc, char **argv)
{
    g_test_init (&argc, &argv, NULL);
    for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
        g_autofree char *path = g_strconcat ("/wrap/", cases[i].name, NULL);

        g_test_add_data_func (path, GUINT_TO_POINTER (i), test_wrap);
    }
    g_test_add_func ("/wrap/width", test_width);
    return g_test_run ();
}
