/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "command.h"
#include "message/codes.h"

#include <stdio.h>

static void
explain (const VgateCodeInfo *info)
{
    char code[VGATE_CODE_TEXT_SIZE];

    printf ("%s: %s\n\ncause: %s\n\nway out: %s\n", vgate_code_format (info->code, code), info->summary,
            info->cause, info->cure);
}

/* Prints docs/codes.md; a test compares the two. */
static void
print_markdown (void)
{
    gsize n;
    const VgateCodeInfo *const *infos = vgate_code_infos (&n);
    char code[VGATE_CODE_TEXT_SIZE];

    puts ("# Message codes\n\nMade by `vgpu-gate explain --markdown`; do not edit. A number never changes "
          "its meaning.");
    for (gsize i = 0; i < n; i++)
        printf ("\n## %s: %s\n\n%s\n\n**Way out:** %s\n", vgate_code_format (infos[i]->code, code),
                infos[i]->summary, infos[i]->cause, infos[i]->cure);
}

static void
print_list (void)
{
    gsize n;
    const VgateCodeInfo *const *infos = vgate_code_infos (&n);
    char code[VGATE_CODE_TEXT_SIZE];

    for (gsize i = 0; i < n; i++)
        printf ("%s  %s\n", vgate_code_format (infos[i]->code, code), infos[i]->summary);
}

int
vgate_command_explain (int argc, char *argv[], G_GNUC_UNUSED const char *config)
{
    g_auto (GStrv) words = NULL;
    gboolean markdown = FALSE;
    const GOptionEntry entries[] = {
        {"markdown", 0, 0, G_OPTION_ARG_NONE, &markdown, "print the whole list as Markdown", NULL},
        G_OPTION_ENTRY_NULL,
    };
    g_autoptr (GError) error = NULL;
    g_autofree char *what = NULL;
    VgateCode code;

    if (!vgate_command_parse (argc, argv, "[CODE]",
                              "Cause and cure of a message code; without one, the list.", entries, &words,
                              &error))
        return vgate_command_usage (error->message);
    if (markdown && words)
        return vgate_command_usage ("--markdown prints all codes, and takes none");
    if (markdown) {
        print_markdown ();
        return VGATE_EXIT_ALLOWED;
    }
    if (!words) {
        print_list ();
        return VGATE_EXIT_ALLOWED;
    }
    if (g_strv_length (words) != 1)
        return vgate_command_usage ("explain takes one code");
    code = vgate_code_parse (words[0]);
    if (code != VGATE_CODE_NONE) {
        explain (vgate_code_info ((int)code));
        return VGATE_EXIT_ALLOWED;
    }
    what = g_strdup_printf ("'%s' is no message code", words[0]);
    return vgate_command_usage (what);
}
