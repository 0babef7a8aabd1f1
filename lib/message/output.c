/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "message/output.h"

#include "message/codes.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

gboolean
vgate_output_flush (GError **error)
{
    errno = 0;
    if (fflush (stdout) == 0 && !ferror (stdout))
        return TRUE;
    /* an earlier flush can have dropped its output, and its errno is then lost */
    g_set_error (error, VGATE_ERROR, VGATE_CODE_OUTPUT_UNWRITABLE, "cannot write to standard output: %s",
                 g_strerror (errno != 0 ? errno : EIO));
    /* the error is reported once */
    clearerr (stdout);
    return FALSE;
}

static void
check_output (void)
{
    g_autoptr (GError) error = NULL;
    g_autofree char *text = NULL, *line = NULL;

    /* A network file system may report a full disk only at close. EBADF is not an error: standard output was
     * closed from the start, and nothing was printed. */
    if (vgate_output_flush (&error) && fclose (stdout) != 0 && errno != EBADF)
        g_set_error (&error, VGATE_ERROR, VGATE_CODE_OUTPUT_UNWRITABLE, "cannot write to standard output: %s",
                     g_strerror (errno));
    if (!error)
        return;
    text = g_strdup_printf ("%s. %s", error->message, vgate_code_info (error->code)->cure);
    line = vgate_message_line (VGATE_CODE_OUTPUT_UNWRITABLE, NULL, text);
    fprintf (stderr, "%s\n", line);
    _exit (VGATE_EXIT_UNANSWERED);
}

/* Replaces GLib's print handler, which flushes and loses the error. */
static void
print_unflushed (const char *text)
{
    fputs (text, stdout);
}

void
vgate_output_check_at_exit (void)
{
    g_set_print_handler (print_unflushed);
    atexit (check_output);
}
