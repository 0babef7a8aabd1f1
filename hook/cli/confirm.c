/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "confirm.h"

#include "command.h"

#include <stdio.h>
#include <unistd.h>

int
vgate_confirm (const char *question)
{
    char answer[64];

    if (!isatty (STDIN_FILENO))
        return vgate_command_usage ("cannot ask for confirmation: standard input is not a terminal; "
                                    "add --yes to make the change without a question");
    /* standard output may be a file */
    fprintf (stderr, "%s [y/N] ", question);
    fflush (stderr);
    if (fgets (answer, sizeof answer, stdin)) {
        g_strstrip (answer);
        if (g_ascii_strcasecmp (answer, "y") == 0 || g_ascii_strcasecmp (answer, "yes") == 0)
            return VGATE_EXIT_ALLOWED;
    }
    fputs ("Nothing was changed.\n", stderr);
    return VGATE_EXIT_REFUSED;
}
