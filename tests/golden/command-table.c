/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "command-table.h"

#include "golden.h"

typedef struct {
    const CommandTable *table;
    gsize index;
} Row;

static FakeHost *
prepared_host (CasePrepare prepare)
{
    FakeHost *host = fake_host_new ();

    (prepare ? prepare : case_standard_host) (host);
    return host;
}

static void
test_report (gconstpointer data)
{
    const Row *row = data;
    const CommandReport *report = &row->table->reports[row->index];
    g_autoptr (FakeHost) host = NULL;

    if (!command_can_run (&(CommandCall){.line = report->line}))
        return;
    host = prepared_host (report->prepare);
    if (golden_case_is_skipped ())
        return;
    command_assert_report (host, row->table->folder, report->name, report->line, report->restore);
}

static void
test_failure (gconstpointer data)
{
    const Row *row = data;
    const CommandFailure *failure = &row->table->failures[row->index];
    g_autoptr (FakeHost) host = NULL;

    if (!command_can_run (&failure->call))
        return;
    host = prepared_host (failure->prepare);
    if (golden_case_is_skipped ())
        return;
    if (failure->sim)
        fake_host_sim (host, failure->sim);
    if (failure->config)
        fake_host_configure (host, failure->config);
    command_assert_failure (host, row->table->folder, failure->name, &failure->call, failure->status);
    if (row->table->assert_unchanged)
        row->table->assert_unchanged (host, failure);
}

static void
add_row (const CommandTable *table, gsize index, const char *kind, const char *name, GTestDataFunc function)
{
    g_autofree char *path = g_strdup_printf ("/%s/%s/%s", table->folder, kind, name);
    const Row row = {table, index};

    program_add_test_full (path, g_memdup2 (&row, sizeof row), function, g_free);
}

void
command_table_add (const CommandTable *table)
{
    for (gsize i = 0; i < table->n_reports; i++)
        add_row (table, i, "report", table->reports[i].name, test_report);
    for (gsize i = 0; i < table->n_failures; i++)
        add_row (table, i, "failure", table->failures[i].name, test_failure);
}

void
command_add_test (const char *folder, const char *kind, const char *name, guint number,
                  GTestDataFunc function)
{
    g_autofree char *path = g_strdup_printf ("/%s/%s/%s", folder, kind, name);

    program_add_test (path, GUINT_TO_POINTER (number), function);
}

static void
test_none_left (gconstpointer data)
{
    command_assert_none_left (data);
}

void
command_add_none_left (const char *folder)
{
    g_autofree char *path = g_strdup_printf ("/none-left/%s", folder);

    program_add_test (path, folder, test_none_left);
}
