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
    /* what was to be flushed before may have been dropped, and its errno with it */
    g_set_error (error, VGATE_ERROR, VGATE_CODE_OUTPUT_UNWRITABLE, "cannot write to standard output: %s",
                 g_strerror (errno != 0 ? errno : EIO));
    /* said once is enough */
    clearerr (stdout);
    return FALSE;
}

static void
check_output (void)
{
    g_autoptr (GError) error = NULL;
    g_autofree char *text = NULL, *line = NULL;

    /* A network file system may say only here that it has no room. A standard output that was never open is
     * as good as any when nothing was printed. */
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

/* GLib's own flushes, and forgets why that failed. */
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
