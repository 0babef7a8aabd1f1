/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Files of a driver that hangs: they are read and written within a time limit, by a process that keeps no
 * descriptor of ours. */
#include "host/served.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <stddef.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

typedef struct {
    char *directory, *path;
} Fixture;

static void
set_up (Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
    fixture->directory = g_dir_make_tmp ("vgate-served-XXXXXX", NULL);
    g_assert_nonnull (fixture->directory);
    fixture->path = g_build_filename (fixture->directory, "file", NULL);
}

static void
tear_down (Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
    g_unlink (fixture->path);
    g_assert_cmpint (g_rmdir (fixture->directory), ==, 0);
    g_free (fixture->path);
    g_free (fixture->directory);
}

/* A FIFO: opening it waits for ever for the other side. */
static void
make_hanging (const Fixture *fixture)
{
    g_unlink (fixture->path);
    g_assert_cmpint (mkfifo (fixture->path, 0600), ==, 0);
}

static int
write_to (const char *path, guint deadline_ms)
{
    VgateServed served = VGATE_SERVED_IN_TIME;
    const int rc = vgate_served_write (&served, path, "1131", deadline_ms);

    g_assert_cmpint (served.hangs, ==, rc == ETIMEDOUT);
    return rc;
}

#define TEST(name) static void name (Fixture *fixture, G_GNUC_UNUSED gconstpointer data)

TEST (test_write)
{
    g_autofree char *text = NULL;

    g_assert_true (g_file_set_contents (fixture->path, "longer than that", -1, NULL));
    g_assert_cmpint (write_to (fixture->path, 5000), ==, 0);
    g_assert_true (g_file_get_contents (fixture->path, &text, NULL, NULL));
    g_assert_cmpstr (text, ==, "1131");
    g_assert_cmpint (g_unlink (fixture->path), ==, 0);
    g_assert_cmpint (write_to (fixture->path, 5000), ==, ENOENT);
    g_assert_cmpint (write_to ("/dev/full", 5000), ==, ENOSPC);
    /* nothing is mapped at the beginning */
    g_assert_cmpint (write_to ("/proc/self/mem", 5000), ==, EIO);
    make_hanging (fixture);
    g_assert_cmpint (write_to (fixture->path, 50), ==, ETIMEDOUT);
}

static const struct {
    const char *text;
    gssize length;
    const char *read; /* NULL: it cannot be read */
} texts[] = {
    {"1131\n", -1, "1131"}, {"", -1, ""}, {" \n", -1, ""}, {"a\nb\n", -1, "a\nb"}, {"1\0\n", 3, NULL}};

/* The same in this process and in a child. */
TEST (test_read)
{
    VgateServed ways[] = {VGATE_SERVED_DIRECTLY, VGATE_SERVED_IN_TIME};

    for (gsize w = 0; w < G_N_ELEMENTS (ways); w++) {
        g_autofree char *large = g_strnfill (65537, 'x'), *none = NULL, *too_large = NULL;

        for (gsize i = 0; i < G_N_ELEMENTS (texts); i++) {
            g_autofree char *text = NULL;

            g_assert_true (g_file_set_contents (fixture->path, texts[i].text, texts[i].length, NULL));
            text = vgate_served_read (&ways[w], fixture->directory, "file");
            g_assert_cmpstr (text, ==, texts[i].read);
        }
        g_assert_true (g_file_set_contents (fixture->path, large, -1, NULL));
        too_large = vgate_served_read (&ways[w], fixture->directory, "file");
        g_assert_null (too_large);
        none = vgate_served_read (&ways[w], fixture->directory, "none");
        g_assert_null (none);
        g_assert_false (ways[w].hangs);
    }
}

/* After a driver has hung once, there is no second wait for it. */
TEST (test_hangs)
{
    VgateServed served = {.read_ms = 200};
    gint64 begin = g_get_monotonic_time ();
    g_autofree char *text = NULL, *again = NULL;

    make_hanging (fixture);
    text = vgate_served_read (&served, fixture->directory, "file");
    g_assert_null (text);
    g_assert_true (served.hangs);
    g_assert_cmpint (g_get_monotonic_time () - begin, >=, 200000);
    begin = g_get_monotonic_time ();
    again = vgate_served_read (&served, fixture->directory, "file");
    g_assert_null (again);
    g_assert_cmpint (vgate_served_write (&served, fixture->path, "1", 5000), ==, ETIMEDOUT);
    g_assert_cmpint (g_get_monotonic_time () - begin, <, 150000);
}

/* The error of a kernel before 5.9 for close_range (), or of a filter of system calls that does not allow
 * it. */
static gboolean
take_close_range_away (void)
{
    struct sock_filter filter[] = {
        BPF_STMT (BPF_LD | BPF_W | BPF_ABS, offsetof (struct seccomp_data, nr)),
        BPF_JUMP (BPF_JMP | BPF_JEQ | BPF_K, SYS_close_range, 0, 1),
        BPF_STMT (BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOSYS),
        BPF_STMT (BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    const struct sock_fprog program = {.len = G_N_ELEMENTS (filter), .filter = filter};

    return prctl (PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
           prctl (PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0;
}

/* Waits for a hang, with or without closing the descriptor in the meantime. */
static gpointer
write_and_hang (gpointer path)
{
    return GINT_TO_POINTER (write_to (path, 3000) == ETIMEDOUT);
}

static gpointer
read_and_hang (gpointer path)
{
    VgateServed served = {.read_ms = 3000};
    g_autofree char *directory = g_path_get_dirname (path);
    g_autofree char *text = vgate_served_read (&served, directory, "file");

    return GINT_TO_POINTER (!text && served.hangs);
}

/* The process that hangs keeps nothing open: otherwise a caller that waits for the end of the hook's output
 * would wait for it, and the lock would outlive the hook. 0: correct; 77: cannot be tried here. */
static int
hang_without_descriptors (char *fifo, GThreadFunc hang, gboolean has_close_range)
{
    struct pollfd reader = {.events = POLLIN};
    GThread *thread;
    int ends[2], high, n;

    if ((!has_close_range && !take_close_range_away ()) || pipe (ends) != 0)
        return 77;
    high = fcntl (ends[1], F_DUPFD, 700);
    thread = g_thread_new ("hang", hang, fifo);
    g_usleep (G_USEC_PER_SEC / 2);
    close (high);
    close (ends[1]);
    reader.fd = ends[0];
    n = poll (&reader, 1, 1000);
    if (!g_thread_join (thread))
        return 2;
    return n == 1 && reader.revents == POLLHUP ? 0 : 1;
}

TEST (test_keeps_nothing_open)
{
    static const GThreadFunc ways[] = {write_and_hang, read_and_hang};

    for (guint way = 0; way < G_N_ELEMENTS (ways); way++) {
        pid_t children[2];

        /* A new FIFO: a writer that was killed can still be about to open the one before, and would let the
         * reader go on. */
        make_hanging (fixture);
        /* in parallel, because they wait; a writer and a reader together would not hang */
        for (guint i = 0; i < G_N_ELEMENTS (children); i++) {
            children[i] = fork ();
            g_assert_cmpint (children[i], >=, 0);
            if (children[i] == 0)
                _exit (hang_without_descriptors (fixture->path, ways[way], i == 0));
        }
        for (guint i = 0; i < G_N_ELEMENTS (children); i++) {
            int status;

            g_assert_cmpint (waitpid (children[i], &status, 0), ==, children[i]);
            g_assert_true (WIFEXITED (status));
            if (WEXITSTATUS (status) == 77)
                g_test_skip ("system calls cannot be filtered here");
            else
                g_assert_cmpint (WEXITSTATUS (status), ==, 0);
        }
    }
}

#define ADD(path, test) g_test_add ("/served/" path, Fixture, NULL, set_up, test, tear_down)

int
main (int argc, char **argv)
{
    g_test_init (&argc, &argv, NULL);
    ADD ("write", test_write);
    ADD ("read", test_read);
    ADD ("hangs", test_hangs);
    ADD ("keeps-nothing-open", test_keeps_nothing_open);
    return g_test_run ();
}
