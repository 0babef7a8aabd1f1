/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "confirm.h"

#include <stdio.h>
#include <unistd.h>

gboolean
vgate_confirm (const char *question)
{
    char answer[64];

    if (!isatty (STDIN_FILENO))
        return TRUE;
    /* standard output may be a file */
    fprintf (stderr, "%s [y/N] ", question);
    fflush (stderr);
    if (fgets (answer, sizeof answer, stdin)) {
        g_strstrip (answer);
        if (g_ascii_strcasecmp (answer, "y") == 0 || g_ascii_strcasecmp (answer, "yes") == 0)
            return TRUE;
    }
    fputs ("Nothing was changed.\n", stderr);
    return FALSE;
}
