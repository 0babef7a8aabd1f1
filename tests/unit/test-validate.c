/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* 'vgpu-gate validate' accepts exactly what the readers of the gate accept, and its first fault is their
 * error. */
#include "validate/document.h"

#include "base/fault.h"
#include "domain/domain.h"
#include "fleet/branches.h"
#include "mutate.h"
#include "sample.h"
#include "schema-values.h"

#include <glib/gstdio.h>
#include <string.h>

#define NOW (SAMPLE_TIME + 60)

typedef struct {
    VgateSchemas *schemas;
    VgatePolicy *policy;
    VgateValidation validation;
    guint accepted, rejected, several;
} Fixture;

static void
set_up (Fixture *f, G_GNUC_UNUSED gconstpointer data)
{
    g_autofree char *directory = g_build_filename (g_getenv ("VGATE_SRCDIR"), "schemas", NULL);

    f->schemas = vgate_schemas_new (directory);
    f->policy = vgate_policy_new_default ();
    f->validation = (VgateValidation){.schemas = f->schemas, .policy = f->policy, .now = NOW};
}

static void
tear_down (Fixture *f, G_GNUC_UNUSED gconstpointer data)
{
    vgate_schemas_free (f->schemas);
    vgate_policy_free (f->policy);
}

/* --- the readers, as the commands use them --- */

static gboolean
reads_host (const char *text, gsize length, GError **error)
{
    g_autoptr (VgateHost) host = vgate_host_read (text, length, error);

    return host != NULL;
}

/* The gate's order: the domain, its element, and whether both belong together. */
static gboolean
reads_domain (const char *text, gsize length, GError **error)
{
    VgateDomainDocument document;
    g_autoptr (VgateDomain) domain = vgate_domain_read_document (text, length, &document, NULL, error);

    if (!domain || (domain->element && !vgate_element_check (domain->element, domain->uuid, NULL, error)))
        return FALSE;
    for (guint i = 0; domain->element && i < domain->element->vgpus->len; i++) {
        const VgateElementVgpu *vgpu = g_ptr_array_index (domain->element->vgpus, i);

        if (vgpu->guest_address && !vgate_domain_find_hostdev (domain, vgpu->guest_address)) {
            g_set_error_literal (error, VGATE_ERROR, VGATE_CODE_HOSTDEV_GONE, "");
            return FALSE;
        }
    }
    if (!domain->vmstate || strcmp (domain->vmstate->uuid, domain->uuid) == 0)
        return TRUE;
    g_set_error_literal (error, VGATE_ERROR, VGATE_CODE_SWITCH_OVER_OBJECT, "");
    return FALSE;
}

typedef gboolean (*Reads) (const char *text, gsize length, GError **error);

/* --- mutations --- */

typedef struct {
    Fixture *f;
    Reads reads;
    char *(*wrap) (const char *xml); /* or NULL */
} Comparison;

static void
compare (const char *what, const char *xml, gpointer data)
{
    const Comparison *c = data;
    g_autofree char *text = c->wrap ? c->wrap (xml) : g_strdup (xml);
    g_autoptr (GError) error = NULL, failed = NULL;
    const gboolean reads = c->reads (text, strlen (text), &error);
    g_autoptr (VgateDocument) document =
        vgate_validate_text (&c->f->validation, text, strlen (text), &failed);
    gboolean has_error = FALSE;

    g_assert_no_error (failed);
    if (reads != !vgate_faults_refuse (document->faults))
        g_error ("%s: the reader %s what 'validate' %s: %.4000s", what, reads ? "accepts" : "refuses",
                 reads ? "refuses" : "accepts", text);
    for (guint i = 0; error && i < document->faults->len; i++)
        has_error =
            has_error ||
            vgate_error_is (error, ((const VgateFault *)g_ptr_array_index (document->faults, i))->code);
    /* a root element that is not recognised has its own code */
    if (error && !has_error && document->kind != VGATE_KIND_UNKNOWN)
        g_error ("%s: VGATE-%03d of the reader is not among the faults: %s", what, error->code,
                 error->message);
    if (reads)
        c->f->accepted++;
    else
        c->f->rejected++;
    c->f->several += document->faults->len > 1 ? 1 : 0;
}

static void
compare_all (Fixture *f, const char *whole, const char *small, Reads reads, char *(*wrap) (const char *))
{
    Comparison c = {f, reads, wrap};

    mutate_structure (whole, compare, &c);
    mutate_values (small, schema_values, compare, &c);
    mutate_texts (small, schema_texts, compare, &c);
    g_test_message ("%u accepted, %u rejected, of which %u have several faults", f->accepted, f->rejected,
                    f->several);
}

static void
test_host (Fixture *f, G_GNUC_UNUSED gconstpointer data)
{
    g_autoptr (VgateHost) host = sample_host ();
    g_autofree char *whole = NULL, *small = NULL;

    sample_add_unusable (host, "0000:c2:00.0");
    sample_add_devices (host);
    whole = vgate_host_write (host);
    /* test-schemas.c tries more */
    g_ptr_array_set_size (host->pgpus, 1);
    g_ptr_array_set_size (((VgatePgpu *)g_ptr_array_index (host->pgpus, 0))->types, 1);
    g_ptr_array_set_size (host->devices->devices, 1);
    g_ptr_array_set_size (host->devices->makeable, 1);
    g_ptr_array_set_size (host->devices->vgpus, 1);
    g_ptr_array_set_size (host->devices->leases, 1);
    small = vgate_host_write (host);
    compare_all (f, whole, small, reads_host, NULL);
    g_assert_cmpuint (f->accepted, >, 500);
    g_assert_cmpuint (f->rejected, >, 5000);
    g_assert_cmpuint (f->several, >, 20);
}

/* A mutated document has a declaration. */
static char *
domain_around (const char *document)
{
    const char *element = g_str_has_prefix (document, "<?xml") ? strstr (document, "?>") + 2 : document;

    return sample_domain (element,
                          "<hostdev mode='subsystem' type='mdev' model='vfio-pci'><source>"
                          "<address uuid='bbbbbbbb-0000-4000-8000-000000000001'/></source>"
                          "<address type='pci' domain='0x0000' bus='0x01' slot='0x00' function='0x0'/>"
                          "</hostdev>"
                          "<hostdev mode='subsystem' type='pci'><source>"
                          "<address domain='0x0000' bus='0x41' slot='0x00' function='0x4'/></source>"
                          "<address type='pci' domain='0x0000' bus='0x02' slot='0x00' function='0x0'/>"
                          "</hostdev>");
}

static void
test_domain (Fixture *f, G_GNUC_UNUSED gconstpointer data)
{
    g_autofree char *whole = sample_element_xml (2), *small = sample_element_xml (1);

    compare_all (f, whole, small, reads_domain, domain_around);
    g_assert_cmpuint (f->accepted, >, 500);
    g_assert_cmpuint (f->rejected, >, 2000);
    g_assert_cmpuint (f->several, >, 20);
}

/* --- files --- */

static void
find_files (const char *directory, GPtrArray *files)
{
    g_autoptr (GDir) dir = g_dir_open (directory, 0, NULL);
    const char *name;

    while (dir && (name = g_dir_read_name (dir))) {
        g_autofree char *path = g_build_filename (directory, name, NULL);

        if (g_file_test (path, G_FILE_TEST_IS_SYMLINK))
            continue;
        if (g_file_test (path, G_FILE_TEST_IS_DIR))
            find_files (path, files);
        else if (g_str_has_suffix (name, ".xml") || g_str_has_suffix (name, ".conf"))
            g_ptr_array_add (files, g_steal_pointer (&path));
    }
}

static gboolean
reads_branches (const char *text, gsize length, GError **error)
{
    g_autoptr (VgateBranches) branches = vgate_branches_parse ("file", text, length, error);

    return branches != NULL;
}

static gboolean
reads_element (const char *text, gsize length, GError **error)
{
    g_autoptr (xmlDoc) doc = vgate_xml_read_tree (text, length, error);
    g_autoptr (VgateElement) element = doc ? vgate_element_read (xmlDocGetRootElement (doc), error) : NULL;

    return element && vgate_element_check (element, element->domain, NULL, error);
}

/* Also what no reader accepts must be refused, such as the XML of another program. */
static void
test_files (Fixture *f, G_GNUC_UNUSED gconstpointer data)
{
    static const Reads readers[] = {reads_host, reads_domain, reads_element, reads_branches};
    static const char *const folders[] = {"examples", "tests", "lib"};
    g_autoptr (GPtrArray) files = g_ptr_array_new_with_free_func (g_free);

    /* so that no golden file is of the future */
    f->validation.now = G_MAXINT32;
    for (gsize i = 0; i < G_N_ELEMENTS (folders); i++) {
        g_autofree char *folder = g_build_filename (g_getenv ("VGATE_SRCDIR"), folders[i], NULL);

        find_files (folder, files);
    }
    for (guint i = 0; i < files->len; i++) {
        const char *path = g_ptr_array_index (files, i);
        g_autoptr (GError) error = NULL;
        g_autofree char *text = NULL;
        g_autoptr (VgateDocument) document = NULL;
        gboolean reads = FALSE;
        gsize length;

        g_assert_true (g_file_get_contents (path, &text, &length, &error));
        document = vgate_validate_text (&f->validation, text, length, &error);
        g_assert_no_error (error);
        /* their readers want a file with an owner; test-faults.c and test-declaration.c compare them */
        if (document->kind == VGATE_KIND_CONFIGURATION || document->kind == VGATE_KIND_DECLARATION)
            continue;
        for (gsize r = 0; r < G_N_ELEMENTS (readers); r++)
            reads = reads || readers[r](text, length, NULL);
        if (reads == vgate_faults_refuse (document->faults))
            g_error ("%s: %s by its reader, not so by 'validate'", path, reads ? "accepted" : "refused");
        if (reads)
            f->accepted++;
        else
            f->rejected++;
    }
    g_test_message ("%u accepted, %u refused", f->accepted, f->rejected);
    g_assert_cmpuint (f->accepted, >, 30);
    g_assert_cmpuint (f->rejected, >, 5);
}

/* --- schemas --- */

static void
test_schemas (Fixture *f, G_GNUC_UNUSED gconstpointer data)
{
    static const char *const bad[] = {"", "<grammar", "<html/>", NULL};
    g_autoptr (VgateHost) host = sample_host ();
    g_autofree char *xml = vgate_host_write (host),
                    *directory = g_dir_make_tmp ("vgate-schemas-XXXXXX", NULL);
    g_autofree char *path = g_build_filename (directory, "vgpu-gate-host.rng", NULL);
    g_autoptr (VgateDocument) other = NULL;
    g_autoptr (GError) missing = NULL, none = NULL;

    vgate_schemas_free (f->schemas);
    f->validation.schemas = f->schemas = vgate_schemas_new (directory);
    g_assert_null (vgate_validate_text (&f->validation, xml, strlen (xml), &missing));
    g_assert_error (missing, VGATE_ERROR, VGATE_CODE_SCHEMA_UNREADABLE);
    for (gsize i = 0; bad[i]; i++) {
        g_autoptr (GError) error = NULL;

        g_assert_true (g_file_set_contents (path, bad[i], -1, NULL));
        g_assert_null (vgate_validate_text (&f->validation, xml, strlen (xml), &error));
        g_assert_error (error, VGATE_ERROR, VGATE_CODE_SCHEMA_UNREADABLE);
        g_assert_nonnull (strstr (error->message, "vgpu-gate-host.rng"));
    }
    /* a schema of another document: the reader accepts what it does not */
    g_assert_true (g_file_set_contents (path,
                                        "<element name='other' xmlns='http://relaxng.org/ns/structure/1.0'>"
                                        "<empty/></element>",
                                        -1, NULL));
    other = vgate_validate_text (&f->validation, xml, strlen (xml), &none);
    g_assert_no_error (none);
    g_assert_true (vgate_faults_refuse (other->faults));
    g_assert_cmpint (((const VgateFault *)g_ptr_array_index (other->faults, 0))->code, ==,
                     VGATE_CODE_SCHEMA_DISAGREES);
    g_assert_cmpint (g_unlink (path), ==, 0);
    g_assert_cmpint (g_rmdir (directory), ==, 0);
}

/* --- the time and the seal, which the configuration decides about --- */

static gboolean
is_valid (Fixture *f, const char *text, int code)
{
    g_autoptr (GError) error = NULL;
    g_autoptr (VgateDocument) document = vgate_validate_text (&f->validation, text, strlen (text), &error);
    gboolean found = code == 0 && document->faults->len == 0;

    g_assert_no_error (error);
    for (guint i = 0; i < document->faults->len; i++)
        found = found || (int)((const VgateFault *)g_ptr_array_index (document->faults, i))->code == code;
    g_assert_true (found);
    return !vgate_faults_refuse (document->faults);
}

static void
test_future (Fixture *f, G_GNUC_UNUSED gconstpointer data)
{
    g_autoptr (VgateHost) host = sample_host ();
    g_autofree char *xml = vgate_host_write (host), *element = sample_element_xml (1);
    g_autofree char *domain = domain_around (element);
    const char *const texts[] = {xml, domain};

    for (gsize i = 0; i < G_N_ELEMENTS (texts); i++) {
        f->validation.now = SAMPLE_TIME - VGATE_CLOCK_TOLERANCE;
        g_assert_true (is_valid (f, texts[i], 0));
        f->validation.now--;
        f->policy->severities[VGATE_RULE_TIME_IN_FUTURE] = VGATE_SEVERITY_WARN;
        g_assert_true (is_valid (f, texts[i], VGATE_CODE_TIME_IN_FUTURE));
        f->policy->severities[VGATE_RULE_TIME_IN_FUTURE] = VGATE_SEVERITY_IGNORE;
        g_assert_true (is_valid (f, texts[i], 0));
        f->policy->severities[VGATE_RULE_TIME_IN_FUTURE] = VGATE_SEVERITY_REFUSE;
        g_assert_false (is_valid (f, texts[i], VGATE_CODE_TIME_IN_FUTURE));
    }
}

static void
test_seal (Fixture *f, G_GNUC_UNUSED gconstpointer data)
{
    g_autoptr (GBytes) key = g_bytes_new_static ("0123456789abcdef0123456789abcdef", 32);
    g_autoptr (VgateElement) element = sample_element (1);
    g_autofree char *unsealed = vgate_element_write (element, TRUE), *sealed = NULL, *wrong = NULL;
    g_autofree char *first = domain_around (unsealed), *second = NULL, *third = NULL;

    vgate_element_seal (element, key);
    sealed = vgate_element_write (element, TRUE);
    second = domain_around (sealed);
    wrong = sample_edit (sealed, "sequence='", "sequence='1");
    third = domain_around (wrong);
    g_assert_true (is_valid (f, first, 0));
    f->policy->seal_key = g_bytes_ref (key);
    g_assert_false (is_valid (f, first, VGATE_CODE_SEAL_MISSING));
    g_assert_true (is_valid (f, second, 0));
    g_assert_false (is_valid (f, third, VGATE_CODE_SEAL_WRONG));
}

#define ADD(path, function) g_test_add (path, Fixture, NULL, set_up, function, tear_down)

int
main (int argc, char *argv[])
{
    g_test_init (&argc, &argv, NULL);
    ADD ("/validate/mutations/host", test_host);
    ADD ("/validate/mutations/domain", test_domain);
    ADD ("/validate/files", test_files);
    ADD ("/validate/schemas", test_schemas);
    ADD ("/validate/future", test_future);
    ADD ("/validate/seal", test_seal);
    return g_test_run ();
}
