/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/fault.h"

#include <string.h>

static void
fault_free (VgateFault *fault)
{
    g_free (fault->text);
    g_free (fault);
}

GPtrArray *
vgate_faults_new (void)
{
    return g_ptr_array_new_with_free_func ((GDestroyNotify)fault_free);
}

gboolean
vgate_faults_are_full (const GPtrArray *faults)
{
    return faults->len > VGATE_FAULTS_MAX;
}

static void
add (GPtrArray *faults, VgateCode code, guint line, gboolean is_warning, const char *text)
{
    VgateFault *fault;

    if (vgate_faults_are_full (faults))
        return;
    fault = g_new0 (VgateFault, 1);
    fault->line = line;
    fault->code = code;
    fault->is_warning = is_warning;
    fault->text = g_strdup (text);
    if (faults->len == VGATE_FAULTS_MAX) {
        g_free (fault->text);
        fault->code = VGATE_CODE_FAULTS_LEFT_OUT;
        fault->line = 0;
        fault->text = g_strdup_printf ("only the first %u problems are listed", VGATE_FAULTS_MAX);
    }
    g_ptr_array_add (faults, fault);
}

void
vgate_faults_add (GPtrArray *faults, VgateCode code, guint line, const char *text)
{
    add (faults, code, line, FALSE, text);
}

void
vgate_faults_add_warning (GPtrArray *faults, VgateCode code, guint line, const char *text)
{
    add (faults, code, line, TRUE, text);
}

void
vgate_faults_take (GPtrArray *faults, GError *error, guint line)
{
    static const char begin[] = "line ";
    const VgateCode code = error->domain == VGATE_ERROR ? (VgateCode)error->code : VGATE_CODE_INTERNAL;
    const char *text = error->message, *number = text + strlen (begin);
    char *end = NULL;
    guint64 named;

    if (g_str_has_prefix (text, begin) && g_ascii_isdigit (*number)) {
        named = g_ascii_strtoull (number, &end, 10);
        if (g_str_has_prefix (end, ": ") && named <= G_MAXUINT) {
            line = (guint)named;
            text = end + strlen (": ");
        }
    }
    add (faults, code, line, FALSE, text);
    g_error_free (error);
}

gboolean
vgate_faults_refuse (const GPtrArray *faults)
{
    for (guint i = 0; i < faults->len; i++)
        if (!((const VgateFault *)g_ptr_array_index (faults, i))->is_warning)
            return TRUE;
    return FALSE;
}

/* The one that says that others were left out is the last. */
static guint
rank (gconstpointer element)
{
    const VgateFault *fault = *(VgateFault *const *)element;

    return fault->code == VGATE_CODE_FAULTS_LEFT_OUT ? G_MAXUINT : fault->line;
}

static int
compare_lines (gconstpointer left, gconstpointer right)
{
    return (rank (left) > rank (right)) - (rank (left) < rank (right));
}

void
vgate_faults_sort (GPtrArray *faults)
{
    g_ptr_array_sort (faults, compare_lines);
}

guint
vgate_line_of_byte (const char *text, gsize byte)
{
    guint line = 1;

    for (gsize i = 0; i < byte; i++)
        line += text[i] == '\n' ? 1 : 0;
    return line;
}
