/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "program-run.h"

#include "base/descriptor.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* More of standard error is read, but not kept. */
#define COMPLAINT_MAX       4096u
#define COMPLAINT_SHOWN_MAX 400

void
vgate_program_run_clear (VgateProgramRun *run)
{
    g_clear_pointer (&run->output, g_byte_array_unref);
    g_clear_pointer (&run->complaint, g_free);
}

/* Sets the last line that is not empty. */
static void
keep_complaint (const GByteArray *bytes, VgateProgramRun *run)
{
    /* without bytes, data is NULL */
    g_autofree char *text =
        bytes->len > 0 ? g_strndup ((const char *)bytes->data, bytes->len) : g_strdup ("");
    const char *line;

    g_strchomp (text);
    line = strrchr (text, '\n');
    run->complaint = vgate_printable (line ? line + 1 : text, COMPLAINT_SHOWN_MAX);
}

/* Reads both descriptors up to their ends. FALSE with an error when that takes too long, or is too much. */
static gboolean
read_both (const char *name, const int pipes[2], gsize max, guint deadline_ms, GByteArray *const bytes[2],
           GError **error)
{
    const gint64 end = g_get_monotonic_time () + (gint64)deadline_ms * 1000;
    struct pollfd fds[] = {{.fd = pipes[0], .events = POLLIN}, {.fd = pipes[1], .events = POLLIN}};

    while (fds[0].fd >= 0 || fds[1].fd >= 0) {
        const gint64 left_ms = (end - g_get_monotonic_time () + 999) / 1000;
        const int n = left_ms > 0 ? poll (fds, G_N_ELEMENTS (fds), (int)left_ms) : 0;

        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0) {
            g_set_error (error, VGATE_ERROR, VGATE_CODE_FLEET_PROGRAM, "%s did not end within %u s", name,
                         deadline_ms / 1000);
            return FALSE;
        }
        for (guint i = 0; i < G_N_ELEMENTS (fds); i++)
            if (fds[i].fd >= 0 && fds[i].revents != 0 && vgate_read_some (fds[i].fd, bytes[i]) <= 0)
                fds[i].fd = -1;
        if (bytes[1]->len > COMPLAINT_MAX)
            g_byte_array_remove_range (bytes[1], 0, bytes[1]->len - COMPLAINT_MAX);
        if (bytes[0]->len > max) {
            g_set_error (error, VGATE_ERROR, VGATE_CODE_FLEET_PROGRAM,
                         "%s wrote more than %" G_GSIZE_FORMAT " bytes", name, max);
            return FALSE;
        }
    }
    return TRUE;
}

static int
wait_for (pid_t pid)
{
    int status;

    while (waitpid (pid, &status, 0) < 0 && errno == EINTR)
        ;
    return WIFEXITED (status) ? WEXITSTATUS (status) : -1;
}

gboolean
vgate_program_run (const char *const *argv, gsize max, guint deadline_ms, VgateProgramRun *run,
                   GError **error)
{
    g_autoptr (GByteArray) complaint = g_byte_array_new ();
    g_autoptr (GError) local = NULL;
    int pipes[2];
    GPid pid;
    gboolean is_read;

    *run = (VgateProgramRun){.output = g_byte_array_new (), .status = -1};
    if (!g_spawn_async_with_pipes (NULL, (char **)argv, NULL, G_SPAWN_SEARCH_PATH | G_SPAWN_DO_NOT_REAP_CHILD,
                                   NULL, NULL, &pid, NULL, &pipes[0], &pipes[1], &local)) {
        g_set_error (error, VGATE_ERROR, VGATE_CODE_FLEET_PROGRAM, "cannot run %s: %s", argv[0],
                     local->message);
        return FALSE;
    }
    is_read =
        read_both (argv[0], pipes, max, deadline_ms, (GByteArray *const[]){run->output, complaint}, error);
    close (pipes[0]);
    close (pipes[1]);
    if (!is_read)
        kill (pid, SIGKILL);
    run->status = wait_for (pid);
    keep_complaint (complaint, run);
    g_byte_array_append (run->output, (const guint8 *)"", 1);
    g_byte_array_set_size (run->output, run->output->len - 1);
    return is_read;
}
