/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "fleet/audit.h"

#include "base/descriptor.h"
#include "domain/save-image.h"
#include "host/qemu-process.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define SAVES       "/var/lib/libvirt/qemu/save"
#define SNAPSHOTS   "/var/lib/libvirt/qemu/snapshot"
#define DEFINITIONS "/etc/libvirt/qemu"
/* The first byte that is no white space must be within this number of bytes in XML. */
#define BEGIN_SIZE 4096u

/* What a file must be. */
typedef enum {
    NEED_ANY,        /* of a directory: it is ignored if it is something else */
    NEED_ONE,        /* a save image or XML */
    NEED_DEFINITION, /* of this host */
    NEED_SNAPSHOT,   /* of this host, whose memory exists here */
} Need;

VgateAudit *
vgate_audit_new (const char *root, gboolean judges_starts)
{
    VgateAudit *audit = g_new0 (VgateAudit, 1);

    audit->root = g_strdup (root);
    audit->judges_starts = judges_starts;
    audit->files = vgate_fleet_new ();
    audit->ignored = g_ptr_array_new_with_free_func (g_free);
    return audit;
}

void
vgate_audit_free (VgateAudit *audit)
{
    if (!audit)
        return;
    g_free (audit->root);
    vgate_fleet_free (audit->files);
    g_ptr_array_unref (audit->ignored);
    g_clear_pointer (&audit->running, g_hash_table_unref);
    g_free (audit);
}

const char *
vgate_audit_kind (const VgateFleetGuest *guest)
{
    switch (guest->document) {
    case VGATE_DOMAIN_DOCUMENT_IMAGE: return "save-image";
    case VGATE_DOMAIN_DOCUMENT_MANAGED: return "managed-save";
    case VGATE_DOMAIN_DOCUMENT_MEMORY:
    case VGATE_DOMAIN_DOCUMENT_COLD: return "snapshot";
    default: return "definition";
    }
}

/* --- the judgement --- */

VgateFleetHost *
vgate_audit_plan_host (const VgateFleetHost *host, const char *driver, const VgateBranch *branch)
{
    VgateFleetHost *planned = vgate_fleet_host_with_driver (host, driver, branch, NULL);

    /* no guest runs while the driver is updated, and which devices exist afterwards is not known */
    g_clear_pointer (&planned->host->devices, vgate_host_devices_free);
    for (guint i = 0; i < planned->host->pgpus->len; i++) {
        const VgatePgpu *pgpu = g_ptr_array_index (planned->host->pgpus, i);

        for (guint t = 0; t < pgpu->types->len; t++) {
            VgateHostType *type = g_ptr_array_index (pgpu->types, t);

            type->free_instances = type->max_instances;
        }
    }
    return planned;
}

VgateDecision *
vgate_audit_decide (const VgateFleetQuestion *question, const VgateFleetGuest *guest,
                    const VgateFleetHost *host, const VgateFleetHost *planned)
{
    const VgateOperation operation = vgate_fleet_operation (guest);
    VgateDecision *decision;

    /* the driver matters only to a guest whose metadata is known */
    if (!planned || !guest->domain->element)
        return vgate_fleet_decide (question, guest, host, operation);
    decision = vgate_fleet_decide (question, guest, planned, operation);
    if (decision->code == VGATE_CODE_PLACEMENT_UNKNOWN)
        vgate_decision_set (decision, TRUE, VGATE_CODE_ALLOWED, NULL);
    return decision;
}

VgateAuditAnswer
vgate_audit_answer (const VgateDecision *decision)
{
    if (decision->code == VGATE_CODE_NOT_CONCERNED)
        return VGATE_AUDIT_NOT_CONCERNED;
    if (decision->allowed)
        return VGATE_AUDIT_YES;
    return vgate_code_is_unanswered (decision->code) ? VGATE_AUDIT_UNKNOWN : VGATE_AUDIT_NO;
}

const char *
vgate_audit_answer_name (VgateAuditAnswer answer)
{
    static const char *const names[] = {"no", "unknown", "yes", "none"};

    G_STATIC_ASSERT (G_N_ELEMENTS (names) == VGATE_N_AUDIT_ANSWERS);
    return names[answer];
}

/* --- one file --- */

/*
 * Opens a regular file, through a descriptor that opens nothing: a FIFO would wait for a writer, and opening
 * a device can have effects. -1 with an error; *is_other: it is something else.
 */
static int
open_regular (const char *path, gboolean *is_other, GError **error)
{
    const int fd = vgate_open_regular (path);

    *is_other = fd < 0 && errno == EINVAL;
    if (*is_other)
        g_set_error (error, VGATE_ERROR, VGATE_CODE_AUDIT_FOREIGN, "'%s' is not a regular file", path);
    else if (fd < 0)
        g_set_error (error, VGATE_ERROR, VGATE_CODE_INPUT_UNREADABLE, "cannot open '%s': %s", path,
                     g_strerror (errno));
    return fd;
}

static gboolean
begins_as_xml (const GByteArray *begin)
{
    static const guint8 mark[] = {0xef, 0xbb, 0xbf};
    guint i = begin->len >= sizeof mark && memcmp (begin->data, mark, sizeof mark) == 0 ? sizeof mark : 0;

    while (i < begin->len && g_ascii_isspace (begin->data[i]))
        i++;
    return i < begin->len && begin->data[i] == '<';
}

/* What a file contains. */
typedef struct {
    char *xml;
    gsize length;
    gboolean is_image;
    const char *format; /* of a save image's memory; static */
} Content;

static void
content_clear (Content *content)
{
    g_free (content->xml);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Content, content_clear)

/* Reads a save image, of which the beginning was read. */
static gboolean
read_image (int fd, Content *content, GError **error)
{
    g_autoptr (VgateSaveImage) image = NULL;
    const char *format;

    if (lseek (fd, 0, SEEK_SET) != 0) {
        g_set_error_literal (error, VGATE_ERROR, VGATE_CODE_INPUT_UNREADABLE,
                             "a save image is not read from a pipe; name the file");
        return FALSE;
    }
    image = vgate_save_image_read (fd, error);
    if (!image)
        return FALSE;
    format = vgate_save_image_format_name (image->format);
    content->format = format ? format : "unknown";
    content->length = image->xml_length;
    content->xml = g_steal_pointer (&image->xml);
    return TRUE;
}

/* FALSE with an error; is_image is then set all the same. */
static gboolean
read_content (int fd, Content *content, GError **error)
{
    g_autoptr (GByteArray) bytes = g_byte_array_new ();
    gssize n;

    do
        n = vgate_read_some (fd, bytes);
    while (n > 0 && bytes->len < BEGIN_SIZE);
    content->is_image = vgate_save_image_is (bytes->data, bytes->len);
    if (n >= 0 && content->is_image)
        return read_image (fd, content, error);
    if (n >= 0 && bytes->len > 0 && !begins_as_xml (bytes)) {
        g_set_error_literal (error, VGATE_ERROR, VGATE_CODE_AUDIT_FOREIGN,
                             "the file is neither a save image nor XML");
        return FALSE;
    }
    /* what is too large is refused by the parser */
    if (n < 0 || (!vgate_read_all (fd, VGATE_XML_SIZE_MAX, bytes) && errno != EFBIG)) {
        g_set_error (error, VGATE_ERROR, VGATE_CODE_INPUT_UNREADABLE, "cannot read the file: %s",
                     g_strerror (errno));
        return FALSE;
    }
    content->length = bytes->len;
    g_byte_array_append (bytes, (const guint8 *)"", 1);
    content->xml = (char *)g_byte_array_free (g_steal_pointer (&bytes), FALSE);
    return TRUE;
}

/* FALSE with an error when the external memory of the snapshot cannot be used. */
static gboolean
check_memory (const VgateAudit *audit, const VgateDomain *domain, GError **error)
{
    g_autofree char *path = g_strconcat (audit->root, domain->memory_file, NULL);
    g_autoptr (GError) local = NULL;
    g_autoptr (VgateSaveImage) image = NULL;
    gboolean is_other;
    int fd;

    if (!domain->memory_file)
        return TRUE;
    fd = open_regular (path, &is_other, &local);
    if (fd >= 0) {
        image = vgate_save_image_read (fd, &local);
        close (fd);
    }
    if (image)
        return TRUE;
    g_set_error (error, VGATE_ERROR, VGATE_CODE_SNAPSHOT_MEMORY,
                 "the memory of the snapshot, '%s', cannot be used: %s", domain->memory_file, local->message);
    return FALSE;
}

static gboolean
is_managed_save (const VgateAudit *audit, const char *path)
{
    g_autofree char *full = g_canonicalize_filename (path, NULL), *directory = g_path_get_dirname (full);
    g_autofree char *saves = g_strconcat (audit->root, SAVES, NULL),
                    *known = g_canonicalize_filename (saves, NULL);

    return strcmp (directory, known) == 0 && g_str_has_suffix (full, ".save");
}

static gboolean
runs (VgateAudit *audit, const VgateDomain *domain)
{
    if (!audit->running)
        audit->running = vgate_qemu_list_uuids (audit->root);
    return g_hash_table_contains (audit->running, domain->uuid);
}

/* Adds what was read from path as a guest. FALSE with an error. */
static gboolean
add_document (VgateAudit *audit, const char *path, const Content *content, Need need, char **name,
              GError **error)
{
    VgateDomainDocument document;
    g_autoptr (VgateDomain) domain =
        content->is_image
            ? vgate_domain_read_leniently (content->xml, content->length, name, error)
            : vgate_domain_read_document_leniently (content->xml, content->length, &document, name, error);
    VgateFleetGuest *guest;

    if (!domain)
        return FALSE;
    if (content->is_image)
        document =
            is_managed_save (audit, path) ? VGATE_DOMAIN_DOCUMENT_MANAGED : VGATE_DOMAIN_DOCUMENT_IMAGE;
    else if (document == VGATE_DOMAIN_DOCUMENT_DOMAIN)
        document = VGATE_DOMAIN_DOCUMENT_DEFINITION;
    if (need == NEED_SNAPSHOT && !check_memory (audit, domain, error))
        return FALSE;
    if (need == NEED_DEFINITION && runs (audit, domain)) {
        audit->n_running++;
        return TRUE;
    }
    if (!audit->judges_starts &&
        (document == VGATE_DOMAIN_DOCUMENT_DEFINITION || document == VGATE_DOMAIN_DOCUMENT_COLD)) {
        g_clear_pointer (&domain->element, vgate_element_free);
        g_clear_error (&domain->element_error);
    }
    guest = g_new0 (VgateFleetGuest, 1);
    guest->origin = g_strdup (path);
    guest->name = g_strdup (domain->name);
    guest->domain = g_steal_pointer (&domain);
    guest->document = document;
    guest->memory_format = content->format;
    g_ptr_array_add (audit->files->guests, guest);
    return TRUE;
}

static void
add_open_file (VgateAudit *audit, const char *path, int fd, Need need)
{
    GError *error = NULL;
    g_autofree char *name = NULL;
    g_auto (Content) content = {0};

    if (read_content (fd, &content, &error) && add_document (audit, path, &content, need, &name, &error))
        return;
    /* neither a save image nor the XML of a domain, of which the name would be known */
    if (need == NEED_ANY && !content.is_image && !name &&
        !vgate_error_is (error, VGATE_CODE_INPUT_UNREADABLE)) {
        g_ptr_array_add (audit->ignored, g_strdup (path));
        g_error_free (error);
        return;
    }
    vgate_fleet_add_fault (audit->files, FALSE, path, name, error);
}

static void
add_file (VgateAudit *audit, const char *path, Need need)
{
    gboolean is_other;
    GError *error = NULL;
    const int fd = open_regular (path, &is_other, &error);

    if (fd < 0 && need == NEED_ANY && is_other) {
        g_ptr_array_add (audit->ignored, g_strdup (path));
        g_error_free (error);
        return;
    }
    if (fd < 0) {
        vgate_fleet_add_fault (audit->files, FALSE, path, NULL, error);
        return;
    }
    add_open_file (audit, path, fd, need);
    close (fd);
}

/* --- directories --- */

/* As vgate_fleet_list_files (). A directory that cannot be read is a fault, unless it may be missing. */
static GPtrArray *
list (VgateAudit *audit, const char *directory, const char *suffix, gboolean may_be_missing)
{
    GPtrArray *paths = vgate_fleet_list_files (directory, suffix);

    if (!paths && !(may_be_missing && errno == ENOENT))
        vgate_fleet_add_fault (audit->files, FALSE, directory, NULL,
                               g_error_new (VGATE_ERROR, VGATE_CODE_INPUT_UNREADABLE,
                                            "cannot read the directory '%s': %s", directory,
                                            g_strerror (errno)));
    return paths;
}

static void
add_directory (VgateAudit *audit, const char *directory)
{
    g_autoptr (GPtrArray) paths = list (audit, directory, "", FALSE);

    for (guint i = 0; paths && i < paths->len; i++) {
        const char *path = g_ptr_array_index (paths, i);
        const gboolean is_expected = g_str_has_suffix (path, ".save") || g_str_has_suffix (path, ".xml");

        if (!g_file_test (path, G_FILE_TEST_IS_DIR))
            add_file (audit, path, is_expected ? NEED_ONE : NEED_ANY);
    }
}

void
vgate_audit_add (VgateAudit *audit, const char *path)
{
    if (strcmp (path, "-") == 0)
        add_open_file (audit, path, STDIN_FILENO, NEED_ONE);
    else if (g_file_test (path, G_FILE_TEST_IS_DIR))
        add_directory (audit, path);
    else
        add_file (audit, path, NEED_ONE);
}

static void
add_all (VgateAudit *audit, const char *directory, const char *suffix, Need need)
{
    g_autoptr (GPtrArray) paths = list (audit, directory, suffix, TRUE);

    for (guint i = 0; paths && i < paths->len; i++)
        add_file (audit, g_ptr_array_index (paths, i), need);
}

void
vgate_audit_add_host (VgateAudit *audit)
{
    g_autofree char *saves = g_strconcat (audit->root, SAVES, NULL);
    g_autofree char *definitions = g_strconcat (audit->root, DEFINITIONS, NULL);
    g_autofree char *snapshots = g_strconcat (audit->root, SNAPSHOTS, NULL);
    g_autoptr (GPtrArray) domains = NULL;

    add_all (audit, saves, ".save", NEED_ONE);
    add_all (audit, definitions, ".xml", NEED_DEFINITION);
    domains = list (audit, snapshots, "", TRUE);
    for (guint i = 0; domains && i < domains->len; i++)
        if (g_file_test (g_ptr_array_index (domains, i), G_FILE_TEST_IS_DIR))
            add_all (audit, g_ptr_array_index (domains, i), ".xml", NEED_SNAPSHOT);
}
