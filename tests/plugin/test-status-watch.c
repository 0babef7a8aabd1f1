/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* libvirt's status files, as libvirt 9.0 writes them, and the jobs in them. */
#include "plugin/libvirt/status-watch.h"

#include "wait.h"

#include <glib/gstdio.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define MIGRATION_1 "<job type='none' async='migration out' flags='0x0' asyncStarted='1795871329191'/>"
#define MIGRATION_1_LATER                                                                                 \
    "<job type='none' async='migration out' phase='perform3' flags='0x101' asyncStarted='1795871329191'>" \
    "<migParam name='compress-level' value='1'/></job>"
#define MIGRATION_2 "<job type='none' async='migration out' flags='0x0' asyncStarted='1795871341234'/>"
#define SAVE        "<job type='none' async='save' flags='0x0' asyncStarted='1795871350000'/>"
#define NO_JOB      ""

/* With a job where libvirt writes it, and another one inside metadata. */
static char *
status_xml (const char *job)
{
    return g_strdup_printf (
        "<!--\nWARNING: THIS IS AN AUTO-GENERATED FILE.\n-->\n\n"
        "<domstatus state='running' reason='booted' pid='169'>\n"
        "  <taint flag='high-privileges'/>\n"
        "  <monitor path='/var/lib/libvirt/qemu/domain-1-vm1/monitor.sock' type='unix'/>\n"
        "  <vcpus><vcpu id='0' pid='171'/></vcpus>\n  %s\n"
        "  <domain type='qemu' id='1'><name>vm1</name><metadata>"
        "<m:x xmlns:m='urn:m'><job async='save' asyncStarted='1'/></m:x></metadata></domain>\n"
        "  <job async='save' asyncStarted='2'/>\n</domstatus>\n",
        job);
}

static void
test_file (void)
{
    static const struct {
        const char *job, *expected;
    } cases[] = {
        {MIGRATION_1, "migration out, 1795871329191"},
        {MIGRATION_1_LATER, "migration out, 1795871329191"},
        {SAVE, "save, 1795871350000"},
        {"<job type='none' async='migration out'/>", "migration out, "},
        {NO_JOB, NULL},
        {"<job type='modify' async='none'/>", NULL},
        {"<job type='none' async='migration in' asyncStarted='1'/>", NULL},
        {"<job type='none' async='dump' asyncStarted='1'/>", NULL},
        {"<job type='none' async='snapshot' asyncStarted='1'/>", NULL},
        {"<job/>", NULL},
        {"<x><job async='save'/></x>", NULL},
    };

    for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
        g_autofree char *xml = status_xml (cases[i].job), *job = NULL;

        g_assert_cmpint (vgate_status_file_leaves (xml, strlen (xml), &job), ==, cases[i].expected != NULL);
        g_assert_cmpstr (job, ==, cases[i].expected);
    }
}

/* A file that is cut anywhere gives the job or none. */
static void
test_cut_file (void)
{
    g_autofree char *xml = status_xml (MIGRATION_1);
    const gsize whole = strlen (xml), job_end = (gsize)(strstr (xml, "<domain") - xml);

    for (gsize length = 0; length < whole; length++) {
        g_autofree char *job = NULL;

        if (vgate_status_file_leaves (xml, length, &job))
            g_assert_cmpstr (job, ==, "migration out, 1795871329191");
        else
            g_assert_cmpuint (length, <, job_end);
    }
}

typedef struct {
    char *directory;
    VgateStatusWatch *watch;
    GString *told; /* names, each with a blank, and with a minus at the end of the job */
} Fixture;

static void
on_job (const char *name, gboolean begins, gpointer user_data)
{
    Fixture *f = user_data;

    g_string_append_printf (f->told, "%s%s ", begins ? "" : "-", name);
}

static const VgateStatusWatchMethods methods = {.job = on_job};

static void
set_up (Fixture *f, G_GNUC_UNUSED gconstpointer data)
{
    f->directory = g_dir_make_tmp ("vgate-status-XXXXXX", NULL);
    f->told = g_string_new (NULL);
    f->watch = vgate_status_watch_new (f->directory, &methods, f);
    vgate_status_watch_start (f->watch);
}

static void
empty (const char *directory)
{
    g_autoptr (GDir) dir = g_dir_open (directory, 0, NULL);
    const char *name;

    while (dir && (name = g_dir_read_name (dir))) {
        g_autofree char *path = g_build_filename (directory, name, NULL);

        g_unlink (path);
    }
    g_rmdir (directory);
}

static void
tear_down (Fixture *f, G_GNUC_UNUSED gconstpointer data)
{
    vgate_status_watch_free (f->watch);
    empty (f->directory);
    g_free (f->directory);
    g_string_free (f->told, TRUE);
}

/* As libvirt does: writes another file and renames it. */
static void
write_status (Fixture *f, const char *name, const char *job)
{
    g_autofree char *xml = status_xml (job), *path = g_strdup_printf ("%s/%s.xml", f->directory, name),
                    *new_path = g_strconcat (path, ".new", NULL);

    g_assert_true (g_file_set_contents (new_path, xml, -1, NULL));
    g_assert_cmpint (g_rename (new_path, path), ==, 0);
}

/* Waits until everything that was written so far was read, because events come in order. */
static void
expect (Fixture *f, const char *told)
{
    static guint n_marks;
    g_autofree char *mark = g_strdup_printf ("mark%u", n_marks++),
                    *marked = g_strdup_printf ("%s%s ", told, mark);

    write_status (f, mark, SAVE);
    WAIT_UNTIL (strstr (f->told->str, mark) != NULL);
    g_assert_cmpstr (f->told->str, ==, marked);
    g_string_truncate (f->told, 0);
}

static void
test_watch (Fixture *f, G_GNUC_UNUSED gconstpointer data)
{
    write_status (f, "vm1", NO_JOB);
    expect (f, "");
    /* once for each job, although libvirt writes each of its steps */
    write_status (f, "vm1", MIGRATION_1);
    write_status (f, "vm1", MIGRATION_1_LATER);
    write_status (f, "a vm.xml", SAVE);
    expect (f, "vm1 a vm.xml ");
    /* the job ends and another begins; or another has begun when the file is read */
    write_status (f, "vm1", NO_JOB);
    write_status (f, "vm1", NO_JOB);
    expect (f, "-vm1 ");
    write_status (f, "vm1", MIGRATION_2);
    expect (f, "vm1 ");
    write_status (f, "vm1", NO_JOB);
    write_status (f, "vm1", MIGRATION_1);
    expect (f, "vm1 ");
}

/* Other files are ignored, and a domain whose file is removed is forgotten. */
static void
test_other_files (Fixture *f, G_GNUC_UNUSED gconstpointer data)
{
    g_autofree char *path = g_build_filename (f->directory, "vm1.xml", NULL),
                    *linked = g_build_filename (f->directory, "linked.xml", NULL),
                    *link = g_build_filename (f->directory, "link", NULL);

    write_status (f, "vm1", MIGRATION_1);
    g_assert_cmpint (symlink ("vm1.xml", link), ==, 0);
    g_assert_cmpint (g_rename (link, linked), ==, 0);
    expect (f, "vm1 ");
    g_assert_cmpint (g_unlink (path), ==, 0);
    write_status (f, "vm1", MIGRATION_1);
    expect (f, "vm1 ");
    g_assert_cmpint (g_rename (path, link), ==, 0);
    expect (f, "");
}

/* A directory that is created later, or again. */
static void
test_directory (Fixture *f, G_GNUC_UNUSED gconstpointer data)
{
    empty (f->directory);
    while (g_main_context_iteration (NULL, FALSE))
        continue;
    vgate_status_watch_start (f->watch);
    g_assert_cmpint (g_mkdir (f->directory, 0700), ==, 0);
    vgate_status_watch_start (f->watch);
    write_status (f, "vm1", MIGRATION_1);
    expect (f, "vm1 ");
}

#define ADD(path, function) g_test_add ("/status-watch/" path, Fixture, NULL, set_up, function, tear_down)

int
main (int argc, char **argv)
{
    g_test_init (&argc, &argv, NULL);
    g_test_add_func ("/status-watch/file", test_file);
    g_test_add_func ("/status-watch/cut-file", test_cut_file);
    ADD ("watch", test_watch);
    ADD ("other-files", test_other_files);
    ADD ("directory", test_directory);
    return g_test_run ();
}
