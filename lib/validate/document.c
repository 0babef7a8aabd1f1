/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "validate/document.h"

#include "base/date-time.h"
#include "base/descriptor.h"
#include "base/fault.h"
#include "base/key-lines.h"
#include "declared/declaration.h"
#include "domain/domain.h"
#include "domain/save-image.h"
#include "fleet/branches.h"
#include "host/host.h"
#include "policy/keys.h"
#include "policy/reader.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define DOMAIN_SCHEMA "vgpu-gate-domain.rng"
#define HOST_SCHEMA   "vgpu-gate-host.rng"

#define HOST_NAMESPACE_FAMILY "urn:x-vgpu-gate:host:"

const char *
vgate_kind_name (VgateKind kind)
{
    static const char *const names[VGATE_N_KINDS] = {
        "unknown",    "host",     "domain",        "snapshot", "element",
        "save-image", "branches", "configuration", "devices",
    };

    return names[kind];
}

const char *
vgate_kind_describe (VgateKind kind)
{
    static const char *const texts[VGATE_N_KINDS] = {
        "unknown document", "host document",   "domain XML",    "snapshot XML",     "metadata element",
        "save image",       "driver branches", "configuration", "declared devices",
    };

    return texts[kind];
}

static VgateDocument *
document_new (VgateKind kind)
{
    VgateDocument *document = g_new0 (VgateDocument, 1);

    document->kind = kind;
    document->faults = vgate_faults_new ();
    return document;
}

void
vgate_document_free (VgateDocument *document)
{
    if (!document)
        return;
    g_ptr_array_unref (document->faults);
    g_free (document);
}

/* The schema must be readable, even if the reader refuses the document before. */
static gboolean
load_schema (const VgateValidation *validation, const char *name, GError **error)
{
    return vgate_schemas_load (validation->schemas, name, error);
}

/* As the rule time-in-future: its severity decides whether the document is valid. */
static void
check_time (const VgateValidation *validation, VgateDocument *document, const char *what, gint64 time,
            guint line)
{
    const VgateSeverity severity = validation->policy->severities[VGATE_RULE_TIME_IN_FUTURE];
    g_autofree char *time_text = NULL, *now_text = NULL, *text = NULL;

    if (severity == VGATE_SEVERITY_IGNORE || time <= validation->now ||
        time - validation->now <= VGATE_CLOCK_TOLERANCE)
        return;
    time_text = vgate_time_format (time);
    now_text = vgate_time_format (validation->now);
    text = g_strdup_printf ("%s at %s, which is in the future: it is %s by the clock of this host", what,
                            time_text, now_text);
    (severity == VGATE_SEVERITY_REFUSE ? vgate_faults_add : vgate_faults_add_warning) (
        document->faults, VGATE_CODE_TIME_IN_FUTURE, line, text);
}

/* --- XML --- */

static VgateDocument *
check_host (const VgateValidation *validation, const char *text, gsize length, GError **error)
{
    g_autoptr (VgateDocument) document = document_new (VGATE_KIND_HOST);
    g_autoptr (VgateHost) host = NULL;
    g_autoptr (xmlDoc) doc = NULL;

    if (!load_schema (validation, HOST_SCHEMA, error))
        return NULL;
    host = vgate_host_inspect (text, length, document->faults);
    if (!host)
        return g_steal_pointer (&document);
    doc = vgate_xml_read_tree (text, length, NULL);
    vgate_schemas_check (validation->schemas, HOST_SCHEMA, doc, document->faults);
    check_time (validation, document, "the host document was written", host->time,
                vgate_xml_node_line (xmlDocGetRootElement (doc)));
    return g_steal_pointer (&document);
}

/* Without the key that the configuration names, nothing can be said of a seal; but what is wrong already is
 * wrong with each key. */
static gboolean
check_element (const VgateValidation *validation, VgateDocument *document, VgateElement *element, xmlDoc *doc,
               const char *domain_uuid, GError **error)
{
    if (validation->key_error && vgate_faults_refuse (document->faults))
        return TRUE;
    if (validation->key_error) {
        g_propagate_error (error, g_error_copy (validation->key_error));
        return FALSE;
    }
    vgate_schemas_check (validation->schemas, DOMAIN_SCHEMA, doc, document->faults);
    vgate_element_inspect (element, domain_uuid, validation->policy->seal_key, document->faults);
    check_time (validation, document, "the metadata was captured", element->time, element->line);
    return TRUE;
}

/* What the gate compares of a domain that has metadata, and that does not depend on a host. */
static void
check_devices (VgateDocument *document, const VgateDomain *domain)
{
    const GPtrArray *vgpus = domain->element->vgpus;

    for (guint i = 0; i < vgpus->len; i++) {
        const VgateElementVgpu *vgpu = g_ptr_array_index (vgpus, i);
        g_autofree char *text = NULL;

        if (!vgpu->guest_address || vgate_domain_find_hostdev (domain, vgpu->guest_address))
            continue;
        text = g_strdup_printf (
            "the metadata names a vGPU at guest address %s, but the domain has no hostdev there",
            vgpu->guest_address);
        vgate_faults_add (document->faults, VGATE_CODE_HOSTDEV_GONE, vgpu->line, text);
    }
}

static VgateDocument *
check_domain (const VgateValidation *validation, VgateKind kind, const char *text, gsize length,
              GError **error)
{
    g_autoptr (VgateDocument) document = document_new (kind);
    VgateDomainDocument domain_document;
    g_autoptr (VgateDomain) domain = NULL;
    g_autoptr (xmlDoc) element = NULL;

    if (!load_schema (validation, DOMAIN_SCHEMA, error))
        return NULL;
    domain = vgate_domain_inspect (text, length, &domain_document, document->faults, &element);
    document->can_have_metadata = domain || element;
    document->has_metadata = element != NULL;
    if (domain && domain->element) {
        if (!check_element (validation, document, domain->element, element, domain->uuid, error))
            return NULL;
        check_devices (document, domain);
    }
    if (domain && domain->vmstate && strcmp (domain->vmstate->uuid, domain->uuid) != 0) {
        g_autofree char *fault =
            g_strdup_printf ("the dbus-vmstate object on QEMU's command line belongs to domain %s, but this "
                             "domain is %s",
                             domain->vmstate->uuid, domain->uuid);

        vgate_faults_add (document->faults, VGATE_CODE_SWITCH_OVER_OBJECT, 0, fault);
    }
    return g_steal_pointer (&document);
}

static VgateDocument *
check_lone_element (const VgateValidation *validation, const char *text, gsize length, GError **error)
{
    g_autoptr (VgateDocument) document = document_new (VGATE_KIND_ELEMENT);
    g_autoptr (VgateElement) element = NULL;
    g_autoptr (xmlDoc) doc = NULL;
    GError *fault = NULL;

    if (!load_schema (validation, DOMAIN_SCHEMA, error))
        return NULL;
    doc = vgate_xml_read_tree (text, length, &fault);
    if (doc) {
        vgate_xml_collect_faults (doc, document->faults);
        element = vgate_element_read (xmlDocGetRootElement (doc), &fault);
    }
    if (fault)
        vgate_faults_take (document->faults, fault, 0);
    if (element && document->faults->len == 0 &&
        !check_element (validation, document, element, doc, element->domain, error))
        return NULL;
    return g_steal_pointer (&document);
}

/* The kind of an XML document, by its root element. */
static VgateKind
kind_of_root (xmlTextReader *reader)
{
    const char *uri = (const char *)xmlTextReaderConstNamespaceUri (reader);
    const char *name = (const char *)xmlTextReaderConstLocalName (reader);

    if (uri && g_str_has_prefix (uri, HOST_NAMESPACE_FAMILY) && strcmp (name, "host") == 0)
        return VGATE_KIND_HOST;
    if (uri && g_str_has_prefix (uri, VGATE_ELEMENT_NAMESPACE_FAMILY))
        return VGATE_KIND_ELEMENT;
    if (!uri && strcmp (name, "domain") == 0)
        return VGATE_KIND_DOMAIN;
    if (!uri && strcmp (name, "domainsnapshot") == 0)
        return VGATE_KIND_SNAPSHOT;
    return VGATE_KIND_UNKNOWN;
}

static void
add_unknown_root (VgateDocument *document, VgateXmlReader *reader)
{
    const char *uri = (const char *)xmlTextReaderConstNamespaceUri (vgate_xml_reader_get (reader));
    g_autofree char *text = g_strdup_printf (
        "the root element is <%s%s%s%s>: expected <host xmlns='%s'>, <domain> or <domainsnapshot>",
        (const char *)xmlTextReaderConstLocalName (vgate_xml_reader_get (reader)), uri ? " xmlns='" : "",
        uri ? uri : "", uri ? "'" : "", VGATE_HOST_NAMESPACE);

    vgate_faults_add (document->faults, VGATE_CODE_DOCUMENT_UNKNOWN, (guint)vgate_xml_line (reader), text);
}

static VgateDocument *
check_xml (const VgateValidation *validation, const char *text, gsize length, GError **error)
{
    GError *fault = NULL;
    g_autoptr (VgateXmlReader) reader = vgate_xml_reader_new (text, length, &fault);
    g_autoptr (VgateDocument) document = NULL;
    VgateKind kind = VGATE_KIND_UNKNOWN;

    while (reader && vgate_xml_next (reader, &fault)) {
        if (xmlTextReaderNodeType (vgate_xml_reader_get (reader)) != XML_READER_TYPE_ELEMENT)
            continue;
        kind = kind_of_root (vgate_xml_reader_get (reader));
        break;
    }
    if (!fault) {
        switch (kind) {
        case VGATE_KIND_HOST: return check_host (validation, text, length, error);
        case VGATE_KIND_ELEMENT: return check_lone_element (validation, text, length, error);
        case VGATE_KIND_DOMAIN:
        case VGATE_KIND_SNAPSHOT: return check_domain (validation, kind, text, length, error);
        default: break;
        }
    }
    document = document_new (VGATE_KIND_UNKNOWN);
    if (fault)
        vgate_faults_take (document->faults, fault, 0);
    else
        add_unknown_root (document, reader);
    return g_steal_pointer (&document);
}

/* --- key files --- */

/* The kind of a key file, by the first of its groups that belongs to one. Two kinds have a group [host],
 * whose keys tell. */
static VgateKind
kind_of_groups (const char *text)
{
    g_autoptr (VgateKeyLines) lines = vgate_key_lines_read (text);
    VgateKind kind = VGATE_KIND_UNKNOWN;

    for (guint i = 0; i < lines->lines->len; i++) {
        const VgateKeyLine *line = g_ptr_array_index (lines->lines, i);
        const gboolean is_host = g_strcmp0 (line->group, "host") == 0;

        if (line->fault || !line->group)
            continue;
        if (vgate_declaration_is_group (line->group) ||
            (is_host && line->key && vgate_declaration_is_host_key (line->key)))
            return VGATE_KIND_DECLARATION;
        if (is_host && (!line->key || !vgate_policy_find_key ("host", line->key)))
            kind = VGATE_KIND_CONFIGURATION;
        else if (vgate_policy_has_group (line->group) || strcmp (line->group, "rules") == 0)
            return VGATE_KIND_CONFIGURATION;
        else if (g_ascii_isdigit (line->group[0]))
            return VGATE_KIND_BRANCHES;
    }
    return kind;
}

/* All XML is reported as VGATE_KIND_HOST, and so is what must not be taken for anything else. */
static VgateKind
kind_of_text (const char *text, gsize length)
{
    /* what libxml2 skips as well */
    const char *begin = g_str_has_prefix (text, "\xef\xbb\xbf") ? text + strlen ("\xef\xbb\xbf") : text;

    begin += strspn (begin, " \t\r\n");
    /* the fault of an empty input is that of empty XML */
    if (*begin == '<' || begin == text + length || length > VGATE_XML_SIZE_MAX)
        return VGATE_KIND_HOST;
    return kind_of_groups (text);
}

static VgateDocument *
check_text (const VgateValidation *validation, const char *text, gsize length, GError **error)
{
    const VgateKind kind = kind_of_text (text, length);
    g_autoptr (VgateDocument) document = NULL;

    if (kind == VGATE_KIND_HOST)
        return check_xml (validation, text, length, error);
    document = document_new (kind);
    if (kind == VGATE_KIND_BRANCHES)
        vgate_branches_inspect (text, length, document->faults);
    else if (kind == VGATE_KIND_DECLARATION)
        vgate_declaration_inspect_text (text, length, document->faults);
    else if (kind == VGATE_KIND_CONFIGURATION &&
             !vgate_policy_inspect_text (text, length, document->faults, error))
        return NULL;
    else if (kind == VGATE_KIND_UNKNOWN)
        vgate_faults_add (document->faults, VGATE_CODE_DOCUMENT_UNKNOWN, 1,
                          "the file is neither XML, nor a save image, nor a key file with a group of "
                          "vgpu-gate");
    return g_steal_pointer (&document);
}

/* --- files --- */

/*
 * Opens any file without waiting: a FIFO that no program writes is at its end at once. Reading then waits for
 * its writer, as for "<(virsh dumpxml DOMAIN)" of a shell. -1 with an error.
 */
static int
open_file (const char *path, gboolean *is_fifo, GError **error)
{
    const int fd = open (path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    struct stat status;

    if (fd < 0)
        g_set_error (error, VGATE_ERROR, VGATE_CODE_INPUT_UNREADABLE, "cannot open '%s': %s", path,
                     g_strerror (errno));
    *is_fifo = fd >= 0 && fstat (fd, &status) == 0 && S_ISFIFO (status.st_mode);
    return fd;
}

/* Reads the beginning. -1 with errno, 0 when there is nothing. */
static gssize
read_begin (int fd, GByteArray *bytes)
{
    gssize n = vgate_read_some (fd, bytes);

    if (n < 0 && errno != EAGAIN)
        return -1;
    if (fcntl (fd, F_SETFL, fcntl (fd, F_GETFL) & ~O_NONBLOCK) != 0)
        return -1;
    while (n != 0 && bytes->len < VGATE_SAVE_IMAGE_MAGIC_SIZE)
        if ((n = vgate_read_some (fd, bytes)) < 0)
            return -1;
    return bytes->len;
}

/* What is wrong in the XML of a save image has its line in that XML. */
static VgateDocument *
check_image (const VgateValidation *validation, int fd, GError **error)
{
    g_autoptr (VgateSaveImage) image = NULL;
    GError *fault = NULL;
    VgateDocument *document;

    if (lseek (fd, 0, SEEK_SET) != 0) {
        g_set_error_literal (error, VGATE_ERROR, VGATE_CODE_INPUT_UNREADABLE,
                             "a save image is not read from a pipe; name the file");
        return NULL;
    }
    image = vgate_save_image_read (fd, &fault);
    if (image)
        return check_domain (validation, VGATE_KIND_SAVE_IMAGE, image->xml, image->xml_length, error);
    if (vgate_error_is (fault, VGATE_CODE_INPUT_UNREADABLE)) {
        g_propagate_error (error, fault);
        return NULL;
    }
    document = document_new (VGATE_KIND_SAVE_IMAGE);
    vgate_faults_take (document->faults, fault, 0);
    return document;
}

static VgateDocument *
unreadable (const char *path, const char *why, GError **error)
{
    const gboolean is_input = strcmp (path, "-") == 0;

    g_set_error (error, VGATE_ERROR, VGATE_CODE_INPUT_UNREADABLE, "cannot read %s%s%s: %s",
                 is_input ? "" : "'", is_input ? "standard input" : path, is_input ? "" : "'", why);
    return NULL;
}

/* Puts the faults into the order of their lines. */
static VgateDocument *
in_order (VgateDocument *document)
{
    if (document)
        vgate_faults_sort (document->faults);
    return document;
}

VgateDocument *
vgate_validate_configuration_input (GError **error)
{
    g_autoptr (GByteArray) bytes = g_byte_array_new ();
    g_autoptr (VgateDocument) document = NULL;

    if (!vgate_read_all (STDIN_FILENO, VGATE_POLICY_SIZE_MAX, bytes))
        return unreadable ("-", g_strerror (errno), error);
    g_byte_array_append (bytes, (const guint8 *)"", 1);
    document = document_new (VGATE_KIND_CONFIGURATION);
    if (!vgate_policy_inspect_text ((const char *)bytes->data, bytes->len - 1, document->faults, error))
        return NULL;
    return in_order (g_steal_pointer (&document));
}

/* A file with an owner or permissions that make it unsafe is invalid, and not unreadable. */
static VgateDocument *
finish_owned (VgateDocument *taken, gboolean is_read, GError *fault, GError **error)
{
    g_autoptr (VgateDocument) document = taken;

    if (!is_read && !vgate_error_is (fault, VGATE_CODE_CONFIG_OWNER)) {
        g_propagate_error (error, fault);
        return NULL;
    }
    if (!is_read)
        vgate_faults_take (document->faults, fault, 0);
    return in_order (g_steal_pointer (&document));
}

VgateDocument *
vgate_validate_configuration (const char *path, GError **error)
{
    VgateDocument *document = document_new (VGATE_KIND_CONFIGURATION);
    GError *fault = NULL;
    gboolean is_read;

    document->is_missing = !path && access (vgate_policy_default_path (), F_OK) != 0;
    is_read = vgate_policy_inspect (path, document->faults, &fault);
    return finish_owned (document, is_read, fault, error);
}

VgateDocument *
vgate_validate_declaration (const char *path, GError **error)
{
    g_autofree char *installed = vgate_declaration_default_path ("");
    VgateDocument *document;
    GError *fault = NULL;
    gboolean is_read;

    if (!path && access (installed, F_OK) != 0)
        return NULL;
    document = document_new (VGATE_KIND_DECLARATION);
    is_read = vgate_declaration_inspect (path ? path : installed, document->faults, &fault);
    return finish_owned (document, is_read, fault, error);
}

static VgateDocument *
check_open_file (const VgateValidation *validation, const char *path, int fd, gboolean is_fifo,
                 GError **error)
{
    g_autoptr (GByteArray) bytes = g_byte_array_new ();
    const gssize n = read_begin (fd, bytes);
    const char *text;
    gsize length;
    VgateKind kind;

    if (n < 0)
        return unreadable (path, g_strerror (errno), error);
    if (n == 0 && is_fifo)
        return unreadable (path, "it is a FIFO that no program writes", error);
    if (vgate_save_image_is (bytes->data, bytes->len))
        return check_image (validation, fd, error);
    /* what is too large is refused by its reader */
    if (!vgate_read_all (fd, VGATE_XML_SIZE_MAX, bytes) && errno != EFBIG)
        return unreadable (path, g_strerror (errno), error);
    length = bytes->len;
    g_byte_array_append (bytes, (const guint8 *)"", 1);
    text = (const char *)bytes->data;
    kind = strcmp (path, "-") != 0 && !is_fifo ? kind_of_text (text, length) : VGATE_KIND_UNKNOWN;
    /* the owner of these files is checked as well */
    if (kind == VGATE_KIND_CONFIGURATION)
        return vgate_validate_configuration (path, error);
    if (kind == VGATE_KIND_DECLARATION)
        return vgate_validate_declaration (path, error);
    return check_text (validation, text, length, error);
}

VgateDocument *
vgate_validate_text (const VgateValidation *validation, const char *text, gsize length, GError **error)
{
    return in_order (check_text (validation, text, length, error));
}

VgateDocument *
vgate_validate_file (const VgateValidation *validation, const char *path, GError **error)
{
    gboolean is_fifo = FALSE;
    const int fd = strcmp (path, "-") == 0 ? STDIN_FILENO : open_file (path, &is_fifo, error);
    VgateDocument *document;

    if (fd < 0)
        return NULL;
    document = check_open_file (validation, path, fd, is_fifo, error);
    if (fd != STDIN_FILENO)
        close (fd);
    return in_order (document);
}
