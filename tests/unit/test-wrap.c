/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Lines of a report, wrapped for a terminal. */
#include "wrap.h"

#include "base/codes.h"

#include <pty.h>
#include <string.h>
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
    {"quoted", "Run 'a b c' now\n", 9, "Run\n    'a b c'\n    now\n"},
    {"double-quoted", "Run \"a b c\", now\n", 9, "Run\n    \"a b c\",\n    now\n"},
    {"apostrophe", "guest's one, guests' two\n", 12, "guest's one,\n    guests'\n    two\n"},
    {"apostrophe-quoted", "say 'the guest's name' now\n", 8, "say\n    'the guest's name'\n    now\n"},
    {"letter-apostrophe", "größe's one two's\n", 12, "größe's one\n    two's\n"},
    {"unclosed", "vm 'one two three\n", 8, "vm 'one\n    two\n    three\n"},
    {"run", "If so, run: foo bar baz. Or not\n", 12, "If so, run:\n    foo bar baz.\n    Or not\n"},
    {"known", "Restart it: systemctl restart x. Or not\n", 16,
     "Restart it:\n    systemctl restart x.\n    Or not\n"},
    {"parentheses", "Wake it (virsh dompmwakeup VM), then try\n", 12,
     "Wake it\n    (virsh dompmwakeup VM),\n    then try\n"},
    {"subshell", "one: (umask 077; head -c 32 x >y).\n", 8, "one:\n    (umask 077; head -c 32 x >y).\n"},
    {"before-parenthesis", "run: virsh a 'b c' (it is so)\n", 12,
     "run:\n    virsh a 'b c'\n    (it is\n    so)\n"},
    {"clause", "cause: vgpu-gated does not run\n", 18, "cause: vgpu-gated\n    does not run\n"},
};

/* Commands as a reader finds them: in quotes, or after a colon, a comma or a parenthesis. */
#define PROGRAMS \
    "chmod|chown|cp|echo|fuser|head|ls|nvidia-smi|sudo|systemctl|umask|virsh|vgpu-gate|vgpu-gated"
#define QUOTED "(?<![[:alnum:]])'((?:" PROGRAMS ") [^']*)'"
#define SHELL  "(?:'[^']*'|[^'.,()]|[.,](?! |$))*"
#define STARTS "virsh|echo|sudo|systemctl|umask|fuser|nvidia-smi|vgpu-gate (?:host|version|allow-once)"
#define BARE   "(?:[:,] |\\()\\(?((?:" STARTS ") " SHELL ")"

static const struct {
    const char *name, *text, *command;
} samples[] = {
    {"monitor",
     "If the guest is paused, run: virsh qemu-monitor-command DOMAIN "
     "'{\"execute\":\"migrate-continue\",\"arguments\":{\"state\":\"cancelling\"}}' (QEMU refuses it where "
     "it does not help). If the guest runs, run: virsh suspend DOMAIN.",
     "virsh qemu-monitor-command DOMAIN "
     "'{\"execute\":\"migrate-continue\",\"arguments\":{\"state\":\"cancelling\"}}'"},
    {"key", "For the first host create one: (umask 077; head -c 32 /dev/urandom >/etc/vgpu-gate/fleet.key).",
     "(umask 077; head -c 32 /dev/urandom >/etc/vgpu-gate/fleet.key)"},
    {"mdev",
     "For guest address 0000:07:00.0 use a new mediated device: create it: echo "
     "bbbbbbbb-0000-4000-8000-000000000001 "
     ">/sys/bus/pci/devices/0000:41:00.4/mdev_supported_types/nvidia-1131/create, and use 'virsh migrate "
     "--xml' with <source/>.",
     "echo bbbbbbbb-0000-4000-8000-000000000001 "
     ">/sys/bus/pci/devices/0000:41:00.4/mdev_supported_types/nvidia-1131/create"},
    {"vf",
     "virtual function 0000:41:00.5: configure it: echo 1131 "
     ">/sys/bus/pci/devices/0000:41:00.5/nvidia/current_vgpu_type. With mode=apply the gate does this.",
     "echo 1131 >/sys/bus/pci/devices/0000:41:00.5/nvidia/current_vgpu_type"},
    {"metadata",
     "If it is stopped, remove the element: virsh metadata DOMAIN --config --uri urn:x-vgpu-gate:domain:1 "
     "--remove.",
     "virsh metadata DOMAIN --config --uri urn:x-vgpu-gate:domain:1 --remove"},
    {"two", "Check that both answer on this host: virsh list, vgpu-gate host. It sets the limit.",
     "vgpu-gate host"},
};

static const guint widths[] = {40, 60, 80, 100, 132};

static void
test_wrap (gconstpointer data)
{
    const guint i = GPOINTER_TO_UINT (data);
    g_autofree char *wrapped = vgate_wrap (cases[i].text, cases[i].width);

    g_assert_cmpstr (wrapped, ==, cases[i].wrapped);
}

static void
assert_contiguous (const char *text, const char *command, guint width)
{
    g_autofree char *wrapped = vgate_wrap (text, width);

    if (!strstr (wrapped, command))
        g_error ("at %u columns the command '%s' is broken:\n%s", width, command, wrapped);
}

static void
test_sample (gconstpointer data)
{
    const guint i = GPOINTER_TO_UINT (data);

    for (gsize w = 0; w < G_N_ELEMENTS (widths); w++)
        assert_contiguous (samples[i].text, samples[i].command, widths[w]);
}

/* Returns the number of commands. */
static guint
assert_commands (const char *text, const char *pattern)
{
    g_autoptr (GRegex) regex = g_regex_new (pattern, 0, 0, NULL);
    g_autoptr (GMatchInfo) match = NULL;
    guint n = 0;

    for (g_regex_match (regex, text, 0, &match); g_match_info_matches (match); n++) {
        g_autofree char *command = g_strchomp (g_match_info_fetch (match, 1));

        g_test_message ("%s", command);
        for (gsize w = 0; w < G_N_ELEMENTS (widths); w++)
            assert_contiguous (text, command, widths[w]);
        g_match_info_next (match, NULL);
    }
    return n;
}

/* Each command in the texts of the codes can be copied from a terminal of any width. */
static void
test_codes (void)
{
    guint n_quoted = 0, n_bare = 0;
    gsize n;
    const VgateCodeInfo *const *infos = vgate_code_infos (&n);

    for (gsize i = 0; i < n; i++) {
        /* as 'vgpu-gate explain' prints it */
        g_autofree char *text =
            g_strdup_printf ("cause: %s\n\nway out: %s\n", infos[i]->cause, infos[i]->cure);

        n_quoted += assert_commands (text, QUOTED);
        n_bare += assert_commands (text, BARE);
    }
    g_assert_cmpuint (n_quoted, >=, 30);
    g_assert_cmpuint (n_bare, >=, 10);
}

/* A line that begins with a quotation or a command, or has only one word. */
#define COMMAND_LINE "^ *(?:['\"(]|(?:" STARTS ") |[^ ]*$)"

/* Only commands and quotations are longer than a line: prose is not taken for a command. */
static void
test_prose (void)
{
    gsize n;
    const VgateCodeInfo *const *infos = vgate_code_infos (&n);

    for (gsize i = 0; i < n; i++) {
        g_autofree char *text = g_strdup_printf ("cause: %s\nway out: %s\n", infos[i]->cause, infos[i]->cure);
        g_autofree char *wrapped = vgate_wrap (text, 40);
        g_auto (GStrv) lines = g_strsplit (wrapped, "\n", -1);

        for (gsize l = 0; lines[l]; l++) {
            if (g_utf8_strlen (lines[l], -1) > 40 && !g_regex_match_simple (COMMAND_LINE, lines[l], 0, 0))
                g_error ("a line of prose is too long: '%s'", lines[l]);
        }
    }
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
    for (guint i = 0; i < G_N_ELEMENTS (samples); i++) {
        g_autofree char *path = g_strconcat ("/wrap/command/", samples[i].name, NULL);

        g_test_add_data_func (path, GUINT_TO_POINTER (i), test_sample);
    }
    g_test_add_func ("/wrap/codes", test_codes);
    g_test_add_func ("/wrap/prose", test_prose);
    g_test_add_func ("/wrap/width", test_width);
    return g_test_run ();
}
