/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Standard output on a full disk: the reason is reported wherever in stdio's buffer the text ends. */
#include "base/output.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* In a child process whose standard output is /dev/full. It prints the text in two calls. */
static void
print_on_full_disk (gsize first, gsize second, int errors_fd)
{
    g_autofree char *text = g_malloc0 (MAX (first, second) + 1);
    const int full = open ("/dev/full", O_WRONLY | O_CLOEXEC);

    if (full < 0 || dup2 (full, STDOUT_FILENO) < 0 || dup2 (errors_fd, STDERR_FILENO) < 0)
        _exit (77);
    vgate_output_check_at_exit ();
    memset (text, 'x', first);
    vgate_output_print (text);
    memset (text, '\0', MAX (first, second));
    memset (text, 'y', second);
    g_print ("%s", text);
    exit (0);
}

static void
test_full (void)
{
    /* around the size of the buffer of /dev/full, which is st_blksize: 4096 bytes */
    static const gsize lengths[] = {1, 4095, 4096, 4097, 8192, 12288};

    for (gsize i = 0; i < G_N_ELEMENTS (lengths) * G_N_ELEMENTS (lengths); i++) {
        const gsize first = lengths[i / G_N_ELEMENTS (lengths)], second = lengths[i % G_N_ELEMENTS (lengths)];
        char errors[1024] = "";
        gssize length;
        int fds[2], status;
        pid_t child;

        g_assert_cmpint (pipe (fds), ==, 0);
        child = fork ();
        g_assert_cmpint (child, >=, 0);
        if (child == 0)
            print_on_full_disk (first, second, fds[1]);
        close (fds[1]);
        length = read (fds[0], errors, sizeof errors - 1);
        g_assert_cmpint (length, >=, 0);
        close (fds[0]);
        g_assert_cmpint (waitpid (child, &status, 0), ==, child);
        g_assert_true (WIFEXITED (status));
        g_test_message ("%" G_GSIZE_FORMAT " and %" G_GSIZE_FORMAT " bytes: %s", first, second, errors);
        g_assert_cmpint (WEXITSTATUS (status), ==, VGATE_EXIT_UNANSWERED);
        g_assert_nonnull (
            strstr (errors, "VGATE-518: cannot write to standard output: No space left on device"));
    }
}

int
main (int argc, char **argv)
{
    g_test_init (&argc, &argv, NULL);
    g_test_add_func ("/output/full", test_full);
    return g_test_run ();
}
