/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Gives the hook every file in a list, as the guest of each event that is gated, and as the status file of
 * another running domain while a guest with a vGPU arrives. It does not judge the results: it prints one line
 * for each run, FILE ROOT-ELEMENT EVENT STATUS CODE separated by tabs, which tests/corpus/run counts.
 */
#include "hook-case.h"

#include <libxml/parser.h>
#include <string.h>

#define STATUS_FILE "run/libvirt/qemu/corpus.xml"

/* A file as XML: its root element, "-" if it is not XML, and a domain's name and UUID. */
typedef struct {
    char *text;
    gsize length;
    char *root;
    char *name;
    char *uuid;
    GPtrArray *mdevs; /* the UUIDs of all mediated devices */
} File;

static void
file_clear (File *file)
{
    g_clear_pointer (&file->text, g_free);
    g_clear_pointer (&file->root, g_free);
    g_clear_pointer (&file->name, g_free);
    g_clear_pointer (&file->uuid, g_free);
    g_clear_pointer (&file->mdevs, g_ptr_array_unref);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (File, file_clear)

static void
take_content (const xmlNode *node, const char *name, char **content)
{
    xmlChar *text;

    if (*content || node->type != XML_ELEMENT_NODE || strcmp ((const char *)node->name, name) != 0)
        return;
    text = xmlNodeGetContent (node);
    *content = g_strdup ((const char *)text);
    xmlFree (text);
}

/* "uuid" is an attribute only of a mediated device's source address. */
static void
find_mdevs (xmlNode *node, GPtrArray *mdevs)
{
    for (; node; node = node->next) {
        xmlChar *uuid = node->type == XML_ELEMENT_NODE && strcmp ((const char *)node->name, "address") == 0
                            ? xmlGetProp (node, (const xmlChar *)"uuid")
                            : NULL;

        if (uuid && g_uuid_string_is_valid ((const char *)uuid))
            g_ptr_array_add (mdevs, g_ascii_strdown ((const char *)uuid, -1));
        xmlFree (uuid);
        find_mdevs (node->type == XML_ELEMENT_NODE ? node->children : NULL, mdevs);
    }
}

static void
look_into (File *file)
{
    xmlDoc *document = xmlReadMemory (file->text, (int)file->length, NULL, NULL,
                                      XML_PARSE_NOERROR | XML_PARSE_NOWARNING | XML_PARSE_NONET);
    const xmlNode *node = document ? xmlDocGetRootElement (document) : NULL;

    file->root = g_strdup (node ? (const char *)node->name : "-");
    file->mdevs = g_ptr_array_new_with_free_func (g_free);
    find_mdevs (document ? xmlDocGetRootElement (document) : NULL, file->mdevs);
    for (node = node ? node->children : NULL; node; node = node->next) {
        take_content (node, "name", &file->name);
        take_content (node, "uuid", &file->uuid);
    }
    xmlFreeDoc (document);
}

/* libvirt gives every domain a UUID, and writes each in one form, so it is in every document that a hook or a
 * status file gets. */
static void
make_canonical (File *file)
{
    const char *domain = strstr (file->text, "<domain"), *end = domain ? strchr (domain, '>') : NULL;
    g_autoptr (GString) text = g_string_new (NULL);

    if (strcmp (file->root, "domain") != 0 || !end || (file->uuid && strchr (file->uuid, '-')))
        return;
    g_string_append_len (text, file->text, end + 1 - file->text);
    g_string_append (text, "<uuid>3b9f6ab5-0b0c-4e4c-8f57-1d2c3a4b5c6d</uuid>");
    if (!file->name)
        g_string_append (text, "<name>corpus</name>");
    g_string_append (text, end + 1);
    if (file->uuid) {
        g_autofree char *old = g_strdup_printf ("<uuid>%s</uuid>", file->uuid);

        g_assert_cmpuint (g_string_replace (text, old, "", 1), ==, 1);
    }
    g_free (file->text);
    file->length = text->len;
    file->text = g_string_free (g_steal_pointer (&text), FALSE);
}

/* Puts libvirt's status around a domain. */
static char *
as_status_file (const File *file)
{
    const char *domain = strcmp (file->root, "domain") == 0 ? strstr (file->text, "<domain") : NULL;

    return domain ? g_strdup_printf (
                        "<domstatus state='running' reason='booted' pid='4711'>\n%s</domstatus>\n", domain)
                  : g_strdup (file->text);
}

static void
print_run (const char *path, const File *file, const char *event, const ProgramRun *run)
{
    const char *code = strstr (run->err, "VGATE-");

    g_print ("%s\t%s\t%s\t%d\t%.9s\n", path, file->root, event, run->status, code ? code : "-");
}

static void
call (FakeHost *host, const char *path, const File *file, const char *name, const char *event,
      const char *shown)
{
    const HookCall what = {host, NULL, name, event, file->text, file->length};
    g_auto (ProgramRun) run = {0};

    case_call_hook (&what, &run);
    print_run (path, file, shown, &run);
}

static void
try_file (FakeHost *host, const char *path, const HookCall *arriving)
{
    g_auto (File) file = {0};
    g_autofree char *name = NULL, *status = NULL;
    g_autoptr (GError) error = NULL;
    g_auto (ProgramRun) run = {0};

    g_file_get_contents (path, &file.text, &file.length, &error);
    g_assert_no_error (error);
    look_into (&file);
    make_canonical (&file);
    name = g_strdup (file.name && *file.name != '\0' && *file.name != '-' ? file.name : "corpus");
    /* it becomes part of a path below */
    g_strdelimit (name, "/", '_');
    call (host, path, &file, name, "migrate", "migrate");
    call (host, path, &file, name, "restore", "restore");
    call (host, path, &file, name, "prepare", "prepare");
    /* QEMU runs: after a cold start, and as one that receives the guest. It has the devices of the XML, of
     * another vendor. */
    for (guint i = 0; i < file.mdevs->len; i++)
        if (!fake_host_has_mdev (host, g_ptr_array_index (file.mdevs, i)))
            fake_host_add_mdev (host, g_ptr_array_index (file.mdevs, i), 4, CASE_FOREIGN);
    fake_host_qemu_started (host, name, FALSE);
    call (host, path, &file, name, "started", "started");
    fake_host_qemu_started (host, name, TRUE);
    call (host, path, &file, name, "started", "started-incoming");
    call (host, path, &file, name, "release end", "release");
    fake_host_qemu_pid_file (host, name, "");
    status = as_status_file (&file);
    fake_host_write_file (host, STATUS_FILE, status, strlen (status), 0644);
    case_call_hook (arriving, &run);
    print_run (path, &file, "beside", &run);
}

int
main (int argc, char **argv)
{
    const HookCase guest = {.input = "mdev"};
    HookCall arriving = {.domain = CASE_DOMAIN, .operation = "migrate"};
    g_autofree char *list = NULL, *xml = NULL;
    g_auto (GStrv) files = NULL;
    g_autoptr (FakeHost) host = NULL;
    g_autoptr (GError) error = NULL;
    g_auto (ProgramRun) run = {0};

    program_test_init (&argc, &argv);
    host = fake_host_new ();
    case_standard_host (host);
    arriving.host = host;
    arriving.input = xml = case_input (&guest, &arriving.length);
    /* it must be allowed if no other guest runs; and with its lease, 'release end' of the others reads
     * them */
    case_call_hook (&arriving, &run);
    if (run.status != 0)
        g_error ("the guest with a vGPU cannot arrive: %s", run.err);
    g_file_get_contents (program_path ("list"), &list, NULL, &error);
    g_assert_no_error (error);
    files = g_strsplit (list, "\n", -1);
    for (guint i = 0; files[i]; i++)
        if (*files[i] != '\0')
            try_file (host, files[i], &arriving);
    return 0;
}
