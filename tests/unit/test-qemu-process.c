/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which domain a process on the bus belongs to: by its command line and libvirt's pid files, in a directory
 * for each test. */
#include "domain/vmstate.h"
#include "host/qemu-process.h"
#include "sample.h"

#include <glib/gstdio.h>
#include <string.h>

#define PID    4711u
#define OBJECT "dbus-vmstate,id=vgpu-gate,addr=" VGATE_BUS_DEFAULT ",id-list=vgpu-gate-"
#define ASKS   "-object", OBJECT SAMPLE_DOMAIN_UUID
#define OTHER  "99999999-1111-4111-8111-111111111111"

static void
put (const char *root, const char *path, const char *bytes, gsize length)
{
    g_autofree char *full = g_build_filename (root, path, NULL), *parent = g_path_get_dirname (full);
    g_autoptr (GError) error = NULL;

    g_assert_cmpint (g_mkdir_with_parents (parent, 0755), ==, 0);
    g_file_set_contents (full, bytes, (gssize)length, &error);
    g_assert_no_error (error);
}

/* Words of a command line, ended by NULL. */
static void
put_command_line (const char *root, const char *const *words)
{
    g_autoptr (GString) line = g_string_new (NULL);

    for (; *words; words++)
        g_string_append_len (line, *words, (gssize)strlen (*words) + 1);
    put (root, "proc/4711/cmdline", line->str, line->len);
}

static void
remove_all (const char *path)
{
    g_autoptr (GDir) dir = g_dir_open (path, 0, NULL);
    const char *name;

    while (dir && (name = g_dir_read_name (dir))) {
        g_autofree char *child = g_build_filename (path, name, NULL);

        remove_all (child);
    }
    g_assert_cmpint (g_remove (path), ==, 0);
}

typedef struct {
    const char *words[10];
    const char *pid_file; /* its name; NULL: no file */
    const char *pid;
    const char *name; /* expected name; NULL: no domain that is served */
    VgateCode code;   /* or an error */
} Case;

/* clang-format off */
static const Case cases[] = {
    {{"qemu", "-name", "guest=vm1,debug-threads=on", "-uuid", SAMPLE_DOMAIN_UUID, ASKS},
     "vm1", "4711", "vm1", VGATE_CODE_NONE},
    {{"qemu", "-object", "x", ASKS, "-uuid", SAMPLE_DOMAIN_UUID, "-name", "guest=vm1"},
     "vm1", "4711\n", "vm1", VGATE_CODE_NONE},
    /* QEMU doubles a comma */
    {{"qemu", "-name", "guest=a,,b,debug-threads=on", "-uuid", SAMPLE_DOMAIN_UUID, ASKS},
     "a,b", "4711", "a,b", VGATE_CODE_NONE},
    /* not a QEMU with our object */
    {{"bash"}, NULL, NULL, NULL, VGATE_CODE_NONE},
    {{"qemu", "-name", "guest=vm1", "-uuid", SAMPLE_DOMAIN_UUID}, "vm1", "4711", NULL, VGATE_CODE_NONE},
    {{"qemu", "-name", "vm1", "-uuid", SAMPLE_DOMAIN_UUID, ASKS},
     "vm1", "4711", NULL, VGATE_CODE_NONE},
    {{"qemu", "-name", "guest=vm1", "-uuid", SAMPLE_DOMAIN_UUID, "-x", OBJECT SAMPLE_DOMAIN_UUID},
     "vm1", "4711", NULL, VGATE_CODE_NONE},
    /* its command line has the name, but libvirt has no pid file for it */
    {{"qemu", "-name", "guest=vm1", "-uuid", SAMPLE_DOMAIN_UUID, ASKS},
     NULL, NULL, NULL, VGATE_CODE_NONE},
    {{"qemu", "-name", "guest=vm1", "-uuid", SAMPLE_DOMAIN_UUID, ASKS},
     "vm1", "4712", NULL, VGATE_CODE_NONE},
    {{"qemu", "-name", "guest=../qemu/vm1", "-uuid", SAMPLE_DOMAIN_UUID, ASKS},
     "vm1", "4711", NULL, VGATE_CODE_NONE},
    /* a clone with the object of its original */
    {{"qemu", "-name", "guest=vm1", "-uuid", OTHER, ASKS},
     "vm1", "4711", NULL, VGATE_CODE_SWITCH_OVER_OBJECT},
};
/* clang-format on */

static void
run_case (gconstpointer data)
{
    const Case *c = data;
    g_autoptr (GError) error = NULL;
    g_autofree char *root = g_dir_make_tmp ("vgate-qemu-XXXXXX", NULL);
    g_autofree char *pid_path = g_strdup_printf ("run/libvirt/qemu/%s.pid", c->pid_file);
    g_autoptr (VgateQemu) qemu = NULL;

    put_command_line (root, c->words);
    if (c->pid_file)
        put (root, pid_path, c->pid, strlen (c->pid));
    qemu = vgate_qemu_identify (root, PID, &error);
    g_assert_cmpstr (qemu ? qemu->name : NULL, ==, c->name);
    g_assert_cmpstr (qemu ? qemu->uuid : NULL, ==, c->name ? SAMPLE_DOMAIN_UUID : NULL);
    if (c->code != VGATE_CODE_NONE)
        sample_assert_error (error, c->code, "vm1", SAMPLE_DOMAIN_UUID, NULL);
    else
        g_assert_no_error (error);
    remove_all (root);
}

static void
test_no_process (void)
{
    g_autoptr (GError) error = NULL;

    g_assert_null (vgate_qemu_identify ("/nowhere", PID, &error));
    g_assert_no_error (error);
}

/* The name is the one in the file, not that of the file; a file that is cut or temporary is passed over. */
static void
test_name (void)
{
    static const char *const files[][2] = {
        {"other.xml",
         "<domstatus><domain type='kvm'><name>other</name><uuid>" OTHER "</uuid></domain></domstatus>"},
        {"cut.xml", "<domstatus><domain type='kvm'><name>cut</name><uuid>" SAMPLE_DOMAIN_UUID},
        {"vm1.xml.new", "<domstatus><domain type='kvm'><name>new</name><uuid>" SAMPLE_DOMAIN_UUID
                        "</uuid></domain></domstatus>"},
        {"vm1.xml", "<domstatus><domain type='kvm'><name>vm1</name><uuid>" SAMPLE_DOMAIN_UUID
                    "</uuid></domain></domstatus>"},
    };
    g_autofree char *root = g_dir_make_tmp ("vgate-qemu-XXXXXX", NULL),
                    *upper = g_ascii_strup (SAMPLE_DOMAIN_UUID, -1);
    g_autofree char *missing = vgate_qemu_find_name (root, SAMPLE_DOMAIN_UUID);

    g_assert_null (missing);
    for (gsize i = 0; i < G_N_ELEMENTS (files); i++) {
        g_autofree char *path = g_build_filename ("run/libvirt/qemu", files[i][0], NULL), *name = NULL;

        put (root, path, files[i][1], strlen (files[i][1]));
        name = vgate_qemu_find_name (root, i % 2 == 0 ? SAMPLE_DOMAIN_UUID : upper);
        g_assert_cmpstr (name, ==, i == 3 ? "vm1" : NULL);
    }
    remove_all (root);
}

/* The UUIDs are those of the processes of pid files, whatever the files' names are. */
static void
test_uuids (void)
{
    static const char line[] = "qemu\0-name\0guest=vm1\0-uuid\0" SAMPLE_DOMAIN_UUID;
    g_autofree char *root = g_dir_make_tmp ("vgate-qemu-XXXXXX", NULL);
    g_autoptr (GHashTable) none = vgate_qemu_list_uuids (root), found = NULL;

    g_assert_cmpuint (g_hash_table_size (none), ==, 0);
    put (root, "proc/4711/cmdline", line, sizeof line);
    put (root, "proc/4712/cmdline", "libvirtd", 9);
    put (root, "run/libvirt/qemu/renamed.pid", "4711\n", 5);
    put (root, "run/libvirt/qemu/driver.pid", "4712\n", 5);
    put (root, "run/libvirt/qemu/ended.pid", "4713\n", 5);
    put (root, "run/libvirt/qemu/bad.pid", "x", 1);
    put (root, "run/libvirt/qemu/vm1.xml", "<domstatus/>", 12);
    found = vgate_qemu_list_uuids (root);
    g_assert_cmpuint (g_hash_table_size (found), ==, 1);
    g_assert_true (g_hash_table_contains (found, SAMPLE_DOMAIN_UUID));
    remove_all (root);
}

int
main (int argc, char **argv)
{
    g_test_init (&argc, &argv, NULL);
    for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
        g_autofree char *path = g_strdup_printf ("/qemu-process/%zu", i);

        g_test_add_data_func (path, &cases[i], run_case);
    }
    g_test_add_func ("/qemu-process/no-process", test_no_process);
    g_test_add_func ("/qemu-process/name", test_name);
    g_test_add_func ("/qemu-process/uuids", test_uuids);
    return g_test_run ();
}
