/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The daemon's socket, with hostile and faulty clients. */
#include "base/codes.h"
#include "plugin/service/local-socket.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#define LARGE_SIZE (4u * 1024u * 1024u)

typedef struct {
    char *directory, *path;
    VgateLocalSocket *socket;
    guint n_asked;
} Fixture;

static char *
answer (const char *request, gpointer user_data)
{
    Fixture *fixture = user_data;

    fixture->n_asked++;
    if (strcmp (request, "large") == 0)
        return g_strnfill (LARGE_SIZE, 'x');
    if (strcmp (request, "empty") == 0)
        return g_strdup ("");
    return strcmp (request, "status") == 0 ? g_strdup ("<status/>\n") : NULL;
}

static void
set_up (Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
    g_autoptr (GError) error = NULL;

    fixture->directory = g_dir_make_tmp ("vgate-socket-XXXXXX", &error);
    g_assert_no_error (error);
    fixture->path = g_build_filename (fixture->directory, "agent.sock", NULL);
    fixture->socket = vgate_local_socket_new (fixture->path, answer, fixture, &error);
    g_assert_no_error (error);
}

static void
tear_down (Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
    vgate_local_socket_free (fixture->socket);
    g_assert_false (g_file_test (fixture->path, G_FILE_TEST_EXISTS));
    g_assert_cmpint (g_rmdir (fixture->directory), ==, 0);
    g_free (fixture->directory);
    g_free (fixture->path);
}

/* Lets the server do everything that it can do now. */
static void
serve (void)
{
    while (g_main_context_iteration (NULL, FALSE))
        ;
}

static int
come (const Fixture *fixture)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    const int fd = socket (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

    g_strlcpy (address.sun_path, fixture->path, sizeof address.sun_path);
    g_assert_cmpint (connect (fd, (const struct sockaddr *)&address, sizeof address), ==, 0);
    serve ();
    return fd;
}

static void
say (int fd, const char *text)
{
    g_assert_cmpint (send (fd, text, strlen (text), MSG_NOSIGNAL), ==, (gssize)strlen (text));
    serve ();
}

/* Returns what has arrived by now; *is_over: nothing more will. Closes nothing. */
static char *
hear (int fd, gboolean *is_over)
{
    g_autoptr (GString) heard = g_string_new (NULL);
    char buffer[65536];
    gssize n;

    while ((n = recv (fd, buffer, sizeof buffer, 0)) > 0) {
        g_string_append_len (heard, buffer, n);
        serve ();
    }
    *is_over = n == 0 || errno == ECONNRESET;
    return g_string_free (g_steal_pointer (&heard), FALSE);
}

/* The client gets an answer, or is dropped (expected: ""), and its connection is closed. */
static void
assert_heard (int fd, const char *expected)
{
    gboolean is_over;
    g_autofree char *heard = hear (fd, &is_over);

    g_assert_cmpstr (heard, ==, expected);
    g_assert_true (is_over);
    close (fd);
}

static void
assert_waits (int fd)
{
    gboolean is_over;
    g_autofree char *heard = hear (fd, &is_over);

    g_assert_cmpstr (heard, ==, "");
    g_assert_false (is_over);
}

static void
assert_served (const Fixture *fixture)
{
    const int fd = come (fixture);

    say (fd, "status\n");
    assert_heard (fd, "ok 10\n<status/>\n");
}

static void
test_answers (Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
    int fd = come (fixture);

    say (fd, "status\n");
    assert_heard (fd, "ok 10\n<status/>\n");
    fd = come (fixture);
    say (fd, "empty\n");
    assert_heard (fd, "ok 0\n");
    fd = come (fixture);
    say (fd, "who\n");
    assert_heard (fd, "error\n");
    fd = come (fixture);
    say (fd, "\n");
    assert_heard (fd, "error\n");
}

static void
test_byte_by_byte (Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
    const int fd = come (fixture);

    for (const char *at = "status"; *at != '\0'; at++) {
        const char text[] = {*at, '\0'};

        say (fd, text);
        assert_waits (fd);
    }
    say (fd, "\n");
    assert_heard (fd, "ok 10\n<status/>\n");
}

static void
test_no_request (Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
    static const char *const bad[] = {
        "status\nstatus\n", /* two lines */
        "status\n ",
        "0123456789012345678901234567890123456789012345678901234567890123", /* no line within 64 bytes */
        "0123456789012345678901234567890123456789012345678901234567890123456789\n",
    };

    for (gsize i = 0; i < G_N_ELEMENTS (bad); i++) {
        const int fd = come (fixture);

        say (fd, bad[i]);
        assert_heard (fd, "");
    }
    g_assert_cmpuint (fixture->n_asked, ==, 0);
    assert_served (fixture);
}

/* The longest line that is allowed, a NUL in a line, and a client that leaves without a request. */
static void
test_odd_requests (Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
    int fd = come (fixture);

    say (fd, "012345678901234567890123456789012345678901234567890123456789012\n");
    assert_heard (fd, "error\n");
    fd = come (fixture);
    g_assert_cmpint (send (fd, "status\0x\n", 9, MSG_NOSIGNAL), ==, 9);
    serve ();
    assert_heard (fd, "");
    close (come (fixture));
    fd = come (fixture);
    say (fd, "stat");
    close (fd);
    serve ();
    assert_served (fixture);
}

static void
test_large (Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
    const int fd = come (fixture);
    gboolean is_over;
    g_autofree char *heard = NULL;

    say (fd, "large\n");
    heard = hear (fd, &is_over);
    g_assert_true (is_over);
    g_assert_cmpuint (strlen (heard), ==, strlen ("ok 4194304\n") + LARGE_SIZE);
    close (fd);
}

/* A client that does not read keeps its answer waiting. Others are served, and it costs the memory of one
 * answer. */
static void
test_reads_nothing (Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
    const int fd = come (fixture);

    say (fd, "large\n");
    for (guint i = 0; i < 100; i++)
        assert_served (fixture);
    close (fd);
    serve ();
    assert_served (fixture);
}

/* Clients that send nothing replace each other, but not a client with a request. */
static void
test_flood (Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
    int silent[10 * VGATE_LOCAL_SOCKET_CLIENTS_MAX];

    for (guint i = 0; i < G_N_ELEMENTS (silent); i++) {
        silent[i] = come (fixture);
        if (i % 7 == 0)
            assert_served (fixture);
    }
    assert_heard (silent[0], "");
    assert_waits (silent[G_N_ELEMENTS (silent) - 1]);
    for (guint i = 1; i < G_N_ELEMENTS (silent); i++)
        close (silent[i]);
    serve ();
    assert_served (fixture);
}

static gboolean
set_flag (gpointer flag)
{
    *(gboolean *)flag = TRUE;
    return G_SOURCE_REMOVE;
}

/* A silent client, and one that does not read its answer, are dropped at the deadline. */
static void
test_deadline (Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
    const int silent = come (fixture), deaf = come (fixture);
    gboolean is_over = FALSE;
    g_autofree char *heard = NULL;

    say (deaf, "large\n");
    assert_waits (silent);
    g_timeout_add (VGATE_LOCAL_SOCKET_DEADLINE_MS + 500, set_flag, &is_over);
    while (!is_over)
        g_main_context_iteration (NULL, TRUE);
    assert_heard (silent, "");
    heard = hear (deaf, &is_over);
    g_assert_true (is_over);
    g_assert_cmpuint (strlen (heard), <, LARGE_SIZE);
    close (deaf);
    assert_served (fixture);
}

static gboolean
count (gpointer n)
{
    (*(guint *)n)++;
    return G_SOURCE_CONTINUE;
}

/* While clients ask as fast as they can, other work of the main loop comes first. */
static void
test_work_comes_first (Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
    guint n_idle = 0;
    const guint source = g_idle_add (count, &n_idle);

    for (guint i = 0; i < 16; i++) {
        const int fd = socket (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
        struct sockaddr_un address = {.sun_family = AF_UNIX};

        g_strlcpy (address.sun_path, fixture->path, sizeof address.sun_path);
        g_assert_cmpint (connect (fd, (const struct sockaddr *)&address, sizeof address), ==, 0);
        g_assert_cmpint (send (fd, "status\n", 7, MSG_NOSIGNAL), ==, 7);
        for (guint j = 0; j < 10; j++)
            g_main_context_iteration (NULL, FALSE);
        close (fd);
    }
    /* the first client was accepted, which costs a step or two, but it is not served */
    g_assert_cmpuint (n_idle, >=, 157);
    g_assert_cmpuint (fixture->n_asked, ==, 0);
    g_source_remove (source);
}

static void
test_mode (Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
    struct stat status;

    g_assert_cmpint (stat (fixture->path, &status), ==, 0);
    g_assert_cmpuint (status.st_mode, ==, S_IFSOCK | 0600);
}

/* Even if the mode allowed another user to connect, the kernel reports who it is. */
static void
test_stranger (Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
    pid_t child;
    int status;

    if (geteuid () != 0) {
        g_test_skip ("needs root, to be somebody else");
        return;
    }
    g_assert_cmpint (chmod (fixture->path, 0666), ==, 0);
    g_assert_cmpint (chmod (fixture->directory, 0755), ==, 0);
    child = fork ();
    if (child == 0) {
        struct sockaddr_un address = {.sun_family = AF_UNIX};
        const int fd = socket (AF_UNIX, SOCK_STREAM, 0);
        char buffer[16];

        if (setuid (65534) != 0)
            _exit (2);
        g_strlcpy (address.sun_path, fixture->path, sizeof address.sun_path);
        if (connect (fd, (const struct sockaddr *)&address, sizeof address) != 0)
            _exit (3);
        send (fd, "status\n", 7, MSG_NOSIGNAL);
        _exit (recv (fd, buffer, sizeof buffer, 0) > 0 ? 4 : 0);
    }
    while (waitpid (child, &status, WNOHANG) == 0) {
        serve ();
        g_usleep (1000);
    }
    g_assert_true (WIFEXITED (status));
    g_assert_cmpint (WEXITSTATUS (status), ==, 0);
    g_assert_cmpuint (fixture->n_asked, ==, 0);
}

/* The socket of a killed daemon is replaced; a path that cannot be replaced is an error with its code. */
static void
test_path (Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
    g_autofree char *left = g_build_filename (fixture->directory, "left.sock", NULL);
    g_autofree char *long_name = g_strnfill (200, 'x');
    g_autofree char *long_path = g_build_filename (fixture->directory, long_name, NULL);
    g_autofree char *nowhere = g_build_filename (fixture->directory, "nowhere", "agent.sock", NULL);
    const char *const bad[] = {long_path, nowhere, fixture->directory};
    g_autoptr (VgateLocalSocket) again = NULL;

    g_assert_true (g_file_set_contents (left, "", 0, NULL));
    again = vgate_local_socket_new (left, answer, fixture, NULL);
    g_assert_nonnull (again);
    for (gsize i = 0; i < G_N_ELEMENTS (bad); i++) {
        g_autoptr (GError) error = NULL;

        g_assert_null (vgate_local_socket_new (bad[i], answer, fixture, &error));
        g_assert_error (error, VGATE_ERROR, VGATE_CODE_AGENT_SOCKET);
    }
}

int
main (int argc, char *argv[])
{
    static const struct {
        const char *path;
        void (*test) (Fixture *fixture, gconstpointer data);
    } tests[] = {
        {"/local-socket/answers", test_answers},
        {"/local-socket/byte-by-byte", test_byte_by_byte},
        {"/local-socket/no-request", test_no_request},
        {"/local-socket/odd-requests", test_odd_requests},
        {"/local-socket/large", test_large},
        {"/local-socket/reads-nothing", test_reads_nothing},
        {"/local-socket/flood", test_flood},
        {"/local-socket/deadline", test_deadline},
        {"/local-socket/work-comes-first", test_work_comes_first},
        {"/local-socket/mode", test_mode},
        {"/local-socket/stranger", test_stranger},
        {"/local-socket/path", test_path},
    };

    g_test_init (&argc, &argv, NULL);
    for (gsize i = 0; i < G_N_ELEMENTS (tests); i++)
        g_test_add (tests[i].path, Fixture, NULL, set_up, tests[i].test, tear_down);
    return g_test_run ();
}
