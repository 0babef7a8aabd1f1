/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The client of vgpu-gated against a server that does not behave. */
#include "agent-client.h"
#include "agent-status.h"
#include "base/codes.h"

#include <gio/gio.h>
#include <gio/gunixsocketaddress.h>
#include <glib/gstdio.h>
#include <signal.h>
#include <string.h>

typedef struct {
    GSocket *socket;
    const char *answer;
    char request[64];
} Server;

/* Serves one client, and sends the answer to any request. */
static gpointer
serve (gpointer data)
{
    Server *server = data;
    g_autoptr (GSocket) client = g_socket_accept (server->socket, NULL, NULL);

    g_assert_cmpint (g_socket_receive (client, server->request, sizeof server->request - 1, NULL, NULL), >,
                     0);
    for (gsize sent = 0; sent < strlen (server->answer);) {
        const gssize n =
            g_socket_send (client, server->answer + sent, strlen (server->answer) - sent, NULL, NULL);

        /* the client may have closed the connection */
        if (n < 0)
            break;
        sent += (gsize)n;
    }
    return NULL;
}

static char *
ask (const char *answer, gsize *length, GError **error)
{
    g_autofree char *directory = g_dir_make_tmp ("vgate-client-XXXXXX", NULL);
    g_autofree char *path = g_build_filename (directory, "agent.sock", NULL);
    g_autoptr (GSocketAddress) address = g_unix_socket_address_new (path);
    Server server = {.answer = answer};
    GThread *thread;
    char *body;

    server.socket =
        g_socket_new (G_SOCKET_FAMILY_UNIX, G_SOCKET_TYPE_STREAM, G_SOCKET_PROTOCOL_DEFAULT, NULL);
    g_assert_true (g_socket_bind (server.socket, address, FALSE, NULL));
    g_assert_true (g_socket_listen (server.socket, NULL));
    thread = g_thread_new ("server", serve, &server);
    body = vgate_agent_ask (path, "status", length, error);
    g_thread_join (thread);
    g_assert_cmpstr (server.request, ==, "status\n");
    g_object_unref (server.socket);
    g_assert_cmpint (g_unlink (path), ==, 0);
    g_assert_cmpint (g_rmdir (directory), ==, 0);
    return body;
}

static void
test_answers (void)
{
    static const struct {
        const char *answer, *body;
        VgateCode code;
    } cases[] = {
        {"ok 5\nhello", "hello", VGATE_CODE_NONE},
        {"ok 0\n", "", VGATE_CODE_NONE},
        {"error\n", NULL, VGATE_CODE_AGENT_ANSWER},
        {"ok 6\nhello", NULL, VGATE_CODE_AGENT_ANSWER},
        {"ok 4\nhello", NULL, VGATE_CODE_AGENT_ANSWER},
        {"ok 99999999999\nhello", NULL, VGATE_CODE_AGENT_ANSWER},
        {"ok -5\nhello", NULL, VGATE_CODE_AGENT_ANSWER},
        {"ok", NULL, VGATE_CODE_AGENT_ANSWER},
        {"hello\n", NULL, VGATE_CODE_AGENT_ANSWER},
        {"", NULL, VGATE_CODE_AGENT_SILENT},
    };

    for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
        g_autoptr (GError) error = NULL;
        gsize length = 0;
        g_autofree char *body = ask (cases[i].answer, &length, &error);

        g_assert_cmpstr (body, ==, cases[i].body);
        if (cases[i].code == VGATE_CODE_NONE) {
            g_assert_no_error (error);
            g_assert_cmpuint (length, ==, strlen (body));
        } else {
            g_assert_error (error, VGATE_ERROR, (int)cases[i].code);
        }
    }
}

typedef struct {
    GSocket *socket;
    guint n_others;
} Late;

/* Takes clients without an answer, and then one with an answer. */
static gpointer
serve_late (gpointer data)
{
    const Late *late = data;
    Server server = {.socket = late->socket, .answer = "ok 5\nhello"};

    g_usleep (300000);
    for (guint i = 0; i < late->n_others; i++)
        g_object_unref (g_socket_accept (late->socket, NULL, NULL));
    return serve (&server);
}

/* The queue of the socket is full, and has room after a while. */
static void
test_full (void)
{
    g_autofree char *directory = g_dir_make_tmp ("vgate-client-XXXXXX", NULL);
    g_autofree char *path = g_build_filename (directory, "agent.sock", NULL);
    g_autoptr (GSocketAddress) address = g_unix_socket_address_new (path);
    g_autoptr (GPtrArray) others = g_ptr_array_new_with_free_func (g_object_unref);
    g_autoptr (GError) error = NULL;
    g_autofree char *body = NULL;
    Late late = {0};
    GThread *thread;
    gsize length;

    late.socket = g_socket_new (G_SOCKET_FAMILY_UNIX, G_SOCKET_TYPE_STREAM, G_SOCKET_PROTOCOL_DEFAULT, NULL);
    g_socket_set_listen_backlog (late.socket, 1);
    g_assert_true (g_socket_bind (late.socket, address, FALSE, NULL));
    g_assert_true (g_socket_listen (late.socket, NULL));
    for (;;) {
        GSocket *other =
            g_socket_new (G_SOCKET_FAMILY_UNIX, G_SOCKET_TYPE_STREAM, G_SOCKET_PROTOCOL_DEFAULT, NULL);
        const gboolean is_in = g_socket_connect (other, address, NULL, NULL);

        g_ptr_array_add (others, other);
        if (!is_in)
            break;
        late.n_others++;
    }
    g_assert_cmpuint (late.n_others, >, 0);
    thread = g_thread_new ("server", serve_late, &late);
    body = vgate_agent_ask (path, "status", &length, &error);
    g_thread_join (thread);
    g_assert_no_error (error);
    g_assert_cmpstr (body, ==, "hello");
    g_object_unref (late.socket);
    g_assert_cmpint (g_unlink (path), ==, 0);
    g_assert_cmpint (g_rmdir (directory), ==, 0);
}

/* An endless answer is not kept. */
static void
test_flood (void)
{
    g_autofree char *flood = g_strnfill (32u * 1024u * 1024u, 'x');
    g_autoptr (GError) error = NULL;
    gsize length;

    g_assert_null (ask (flood, &length, &error));
    g_assert_error (error, VGATE_ERROR, VGATE_CODE_AGENT_ANSWER);
}

static void
test_nobody (void)
{
    g_autofree char *long_path = g_strnfill (200, 'x');
    const char *const paths[] = {"/nowhere/agent.sock", long_path, "/"};

    for (gsize i = 0; i < G_N_ELEMENTS (paths); i++) {
        g_autoptr (GError) error = NULL;
        gsize length;

        g_assert_null (vgate_agent_ask (paths[i], "status", &length, &error));
        g_assert_error (error, VGATE_ERROR, VGATE_CODE_AGENT_SILENT);
        g_assert_nonnull (strstr (error->message, paths[i]));
    }
}

/* GLib ignores SIGPIPE from its first socket on; without care the command would no longer end silently when
 * the reader of its output exits. */
static void
test_sigpipe (void)
{
    struct sigaction after;
    gsize length;
    g_autofree char *body = NULL;

    g_assert_true (signal (SIGPIPE, SIG_DFL) != SIG_ERR);
    body = vgate_agent_ask ("/nowhere/agent.sock", "status", &length, NULL);
    g_assert_cmpint (sigaction (SIGPIPE, NULL, &after), ==, 0);
    g_assert_true (after.sa_handler == SIG_DFL);
}

/* What vgpu-gated writes is read; with any of these changes it is not. */
static void
test_status (void)
{
    static const struct {
        const char *text;
        const char *change;
    } cases[] = {
        {"\"status\"", "\"state\""},
        {"\"version\" :", "\"versions\" :"},
        {"\"version\" : \"0.1.0\"", "\"version\" : 1"},
        {"\"version\" : \"0.1.0\"", "\"version\" : null"},
        {"\"domains\" : 3", "\"domains\" : \"3\""},
        {"\"domains\" : 3", "\"domains\" : 3.5"},
        {"\"domains\" : 3", "\"domains\" : 3, \"more\" : 1"},
        {"\"connected\" : true", "\"connected\" : 1"},
        {"\"slow-calls\" : 0", "\"slow-calls\" : [0]"},
        {"\"label\" : \"start\"", "\"label\" : {}"},
        {"\"sequence\" : \"7\"", "\"sequence\" : 7"},
        {"\"vgpu\" : []", "\"vgpu\" : {}"},
        {"\"vgpu\" : []", "\"vgpu\" : [\"\"]"},
        {"\"vgpu\" : []", "\"vgpu\" : [[]]"},
        {"\"vgpu\" : []", "\"gpu\" : []"},
        {"{\n  \"status\"", "{\n  \"other\" : {},\n  \"status\""},
        {"{\n  \"status\"", "[{\n  \"status\""},
    };
    g_autofree char *path = g_build_filename (g_getenv ("VGATE_SRCDIR"), "tests/data/status.json", NULL);
    g_autofree char *document = NULL;
    g_autoptr (JsonObject) read = NULL;
    g_autoptr (GError) none = NULL;
    gsize length;

    g_assert_true (g_file_get_contents (path, &document, &length, NULL));
    read = vgate_agent_status_parse (document, length, &none);
    g_assert_no_error (none);
    g_assert_nonnull (read);
    for (gsize i = 0; i <= G_N_ELEMENTS (cases); i++) {
        g_autoptr (GString) text = g_string_new (i < G_N_ELEMENTS (cases) ? document : "");
        g_autoptr (GError) error = NULL;

        if (i < G_N_ELEMENTS (cases))
            g_assert_cmpuint (g_string_replace (text, cases[i].text, cases[i].change, 1), ==, 1);
        g_assert_null (vgate_agent_status_parse (text->str, text->len, &error));
        g_assert_error (error, VGATE_ERROR, VGATE_CODE_AGENT_ANSWER);
    }
}

/* What is wrong with the configuration is an object of its own, which is missing while nothing is wrong. */
static void
test_configuration_error (void)
{
    static const char member[] = "\"configuration-refused\" : false";
    g_autofree char *path = g_build_filename (g_getenv ("VGATE_SRCDIR"), "tests/data/status.json", NULL);
    g_autofree char *document = NULL;
    g_autoptr (GString) text = NULL;
    g_autoptr (JsonObject) read = NULL;
    g_autoptr (GError) error = NULL;

    g_assert_true (g_file_get_contents (path, &document, NULL, NULL));
    text = g_string_new (document);
    g_assert_cmpuint (g_string_replace (text, member,
                                        "\"configuration-refused\" : true, \"configuration-error\" : "
                                        "{ \"code\" : \"VGATE-604\", \"text\" : \"line 3\" }",
                                        1),
                      ==, 1);
    read = vgate_agent_status_parse (text->str, text->len, &error);
    g_assert_no_error (error);
    g_assert_nonnull (read);
}

int
main (int argc, char *argv[])
{
    g_test_init (&argc, &argv, NULL);
    /* must be the first, because GLib does it once */
    g_test_add_func ("/agent-client/sigpipe", test_sigpipe);
    g_test_add_func ("/agent-client/answers", test_answers);
    g_test_add_func ("/agent-client/flood", test_flood);
    g_test_add_func ("/agent-client/full", test_full);
    g_test_add_func ("/agent-client/nobody", test_nobody);
    g_test_add_func ("/agent-client/status", test_status);
    g_test_add_func ("/agent-client/configuration-error", test_configuration_error);
    return g_test_run ();
}
