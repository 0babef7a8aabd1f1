/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/output.h"

#include "base/codes.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static void
set_error (GError **error, int code)
{
    g_set_error (error, VGATE_ERROR, VGATE_CODE_OUTPUT_UNWRITABLE, "cannot write to standard output: %s",
                 g_strerror (code));
}

G_GNUC_NORETURN static void
end_unwritten (const GError *error)
{
    g_autofree char *text = NULL, *line = NULL;

    text = g_strdup_printf ("%s. %s", error->message, vgate_code_info (error->code)->cure);
    line = vgate_message_line (VGATE_CODE_OUTPUT_UNWRITABLE, NULL, text);
    fprintf (stderr, "%s\n", line);
    _exit (VGATE_EXIT_UNANSWERED);
}

gboolean
vgate_output_flush (GError **error)
{
    if (fflush (stdout) == 0)
        return TRUE;
    set_error (error, errno);
    /* the error is reported once */
    clearerr (stdout);
    return FALSE;
}

/* It ends here, because nothing keeps the reason: where the text ends with stdio's buffer, a later flush has
 * nothing left to write, and succeeds. */
void
vgate_output_print (const char *text)
{
    g_autoptr (GError) error = NULL;

    if (fputs (text, stdout) != EOF)
        return;
    set_error (&error, errno);
    end_unwritten (error);
}

static void
check_output (void)
{
    g_autoptr (GError) error = NULL;

    /* A network file system may report a full disk only at close. EBADF is not an error: standard output was
     * closed from the start, and nothing was printed. */
    if (vgate_output_flush (&error) && fclose (stdout) != 0 && errno != EBADF)
        set_error (&error, errno);
    if (error)
        end_unwritten (error);
}

void
vgate_output_check_at_exit (void)
{
    g_set_print_handler (vgate_output_print);
    atexit (check_output);
}
