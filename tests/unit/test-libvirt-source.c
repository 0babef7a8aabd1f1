/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "fleet-libvirt.h"

#include "process-threads.h"

#include <glib/gstdio.h>
#include <string.h>

/* Writes a program that takes the place of ssh, and returns the URI of a host that is reached by it. */
static char *
uri_of (const char *directory, const char *name, const char *lines)
{
    g_autofree char *path = g_build_filename (directory, name, NULL);
    g_autofree char *script = g_strconcat ("#!/bin/sh\n", lines, "\n", NULL);

    g_assert_true (g_file_set_contents (path, script, -1, NULL));
    g_assert_cmpint (g_chmod (path, 0755), ==, 0);
    return g_strdup_printf ("qemu+ssh://%s/system?command=%s", name, path);
}

/* The threads have ended, so that none ends together with the process. */
static void
test_threads (void)
{
    const guint before = count_process_threads ();
    char *const uris[] = {(char *)"test:///default", (char *)"test:///default", (char *)"test:///default",
                          NULL};
    const VgateLibvirtSource source = {.uris = uris};
    g_autoptr (GPtrArray) documents = vgate_libvirt_source_read (&source);

    g_assert_cmpuint (documents->len, ==, 3);
    assert_process_threads (before);
}

/* A host whose libvirt does not answer is given up, and the others are answered. */
static void
test_silent (void)
{
    g_autofree char *directory = g_dir_make_tmp ("vgpu-gate-XXXXXX", NULL);
    g_autofree char *silent = uri_of (directory, "silent", "exec sleep 60");
    g_autofree char *refusing = uri_of (directory, "refusing", "exit 255");
    char *const uris[] = {silent, (char *)"test:///default", refusing, NULL};
    const VgateLibvirtSource source = {.uris = uris, .deadline_ms = 3000};
    const gint64 begin = g_get_monotonic_time ();
    g_autoptr (GPtrArray) documents = vgate_libvirt_source_read (&source);
    const VgateSourceDocument *document;

    g_assert_cmpint (g_get_monotonic_time () - begin, <, 30 * G_USEC_PER_SEC);
    g_assert_cmpuint (documents->len, ==, 3);
    document = g_ptr_array_index (documents, 0);
    g_assert_error (document->error, VGATE_ERROR, VGATE_CODE_LIBVIRT_ERROR);
    g_assert_nonnull (strstr (document->error->message, "did not answer within 3 s"));
    document = g_ptr_array_index (documents, 1);
    g_assert_no_error (document->error);
    g_assert_cmpstr (document->name, ==, "test");
    document = g_ptr_array_index (documents, 2);
    g_assert_error (document->error, VGATE_ERROR, VGATE_CODE_LIBVIRT_ERROR);
}

int
main (int argc, char *argv[])
{
    g_test_init (&argc, &argv, NULL);
    g_test_add_func ("/libvirt-source/threads", test_threads);
    g_test_add_func ("/libvirt-source/silent", test_silent);
    return g_test_run ();
}
