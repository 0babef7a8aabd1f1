/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "events.h"
#include "../test-glib.h"

#include <glib/gstdio.h>
#include <string.h>

void
guest_clear (Guest *guest)
{
    g_free (guest->xml);
}

void
guest_init (Guest *guest, FakeHost *host, const char *input, const char *vm)
{
    const HookCase c = {.input = input, .edits = {{VM_1, vm}}};

    guest->host = host;
    guest->xml = case_input (&c, &guest->length);
}

char *
event (Guest *guest, const char *operation, int code)
{
    const HookCall call = {.host = guest->host,
                           .domain = CASE_DOMAIN,
                           .operation = operation,
                           .input = guest->xml,
                           .length = guest->length};
    g_autofree char *begin = case_line_begin (code, operation, CASE_DOMAIN);
    g_auto (ProgramRun) run = {0};

    case_call_hook (&call, &run);
    if (code != 0) {
        if (!g_str_has_prefix (run.err, begin))
            test_fail ("%s: expected '%s', not '%s'", operation, begin, run.err);
        g_assert_cmpint (run.status, ==, 1);
        g_assert_cmpstr (run.out, ==, "");
        return g_steal_pointer (&run.err);
    }
    g_assert_cmpstr (run.err, ==, "");
    g_assert_cmpint (run.status, ==, 0);
    if (*run.out != '\0') {
        g_free (guest->xml);
        guest->xml = g_strdup (run.out);
        guest->length = strlen (run.out);
    }
    return g_steal_pointer (&run.out);
}

void
allowed_unchanged (Guest *guest, const char *operation)
{
    g_autofree char *out = event (guest, operation, 0);

    g_assert_cmpstr (out, ==, "");
}

void
refused (Guest *guest, const char *operation, int code)
{
    g_free (event (guest, operation, code));
}

void
allowed_changed (Guest *guest, const char *operation, const char *what, const char *by)
{
    g_autoptr (GString) expected = g_string_new (guest->xml);
    g_autofree char *out = NULL;

    g_assert_cmpuint (g_string_replace (expected, what, by, 0), ==, 1);
    out = event (guest, operation, 0);
    g_assert_cmpstr (out, ==, expected->str);
}

gboolean
has_lease_with (const FakeHost *host, const char *vm, const char *text)
{
    g_autofree char *path = fake_host_path (host, LEASES), *leases = NULL;
    g_auto (GStrv) groups = NULL;

    if (!g_file_get_contents (path, &leases, NULL, NULL))
        return FALSE;
    groups = g_strsplit (leases, "\n[", -1);
    for (guint i = 0; groups[i]; i++)
        if (strstr (groups[i], vm) && strstr (groups[i], text))
            return TRUE;
    return FALSE;
}

gboolean
has_lease (const FakeHost *host, const char *vm, const char *state)
{
    g_autofree char *text = state ? g_strdup_printf ("\nstate=%s\n", state) : g_strdup ("");

    return has_lease_with (host, vm, text);
}

void
put_leases (FakeHost *host, const char *text)
{
    g_autofree char *directory = fake_host_path (host, "run/vgpu-gate");

    fake_host_write_file (host, LEASES, text, strlen (text), 0600);
    g_assert_cmpint (g_chmod (directory, 0700), ==, 0);
}

void
assert_no_leases (const FakeHost *host)
{
    g_autofree char *directory = fake_host_path (host, "run/vgpu-gate");
    g_autoptr (GDir) dir = g_dir_open (directory, 0, NULL);
    const char *name;

    /* nor a file that was to replace them */
    while (dir && (name = g_dir_read_name (dir)))
        g_assert_false (g_str_has_prefix (name, "leases"));
}

FakeHost *
applying_host (void (*prepare) (FakeHost *host))
{
    FakeHost *host = fake_host_new ();

    prepare (host);
    fake_host_configure (host, APPLY);
    fake_host_start_kernel (host);
    return host;
}

static char *
vf_type (const FakeHost *host, const char *address)
{
    g_autofree char *name = g_strdup_printf ("sys/bus/pci/devices/%s/nvidia/current_vgpu_type", address);
    g_autofree char *path = fake_host_path (host, name);
    char *text = NULL;

    g_assert_true (g_file_get_contents (path, &text, NULL, NULL));
    return g_strstrip (text);
}

void
assert_vf_type (const FakeHost *host, const char *address, const char *type)
{
    g_autofree char *text = vf_type (host, address);

    g_assert_cmpstr (text, ==, type);
}
