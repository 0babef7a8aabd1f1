/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The guest document: it is read as the domain's XML is, and contains nothing else of it. */
#include "domain/guest-document.h"
#include "sample.h"

#include <string.h>

#define NAMESPACES "xmlns:qemu='" VGATE_VMSTATE_QEMU_NAMESPACE "'"
#define SECRET     "hunter2"

static char *
read_data (const char *name)
{
    g_autofree char *path = g_build_filename (g_getenv ("VGATE_SRCDIR"), "tests/data", name, NULL);
    g_autoptr (GError) error = NULL;
    char *xml = NULL;

    g_file_get_contents (path, &xml, NULL, &error);
    g_assert_no_error (error);
    return xml;
}

static char *
must_write (const char *xml)
{
    g_autoptr (GError) error = NULL;
    char *document = vgate_guest_document_write (xml, strlen (xml), &error);

    g_assert_no_error (error);
    return document;
}

static void
assert_equal (const VgateDomain *a, const VgateDomain *b)
{
    g_assert_cmpstr (a->name, ==, b->name);
    g_assert_cmpstr (a->uuid, ==, b->uuid);
    g_assert_cmpuint (a->hostdevs->len, ==, b->hostdevs->len);
    for (guint i = 0; i < a->hostdevs->len; i++) {
        const VgateHostdev *left = g_ptr_array_index (a->hostdevs, i);
        const VgateHostdev *right = g_ptr_array_index (b->hostdevs, i);

        g_assert_cmpint (left->kind, ==, right->kind);
        g_assert_cmpstr (left->source, ==, right->source);
        g_assert_cmpstr (left->guest_address, ==, right->guest_address);
        g_assert_cmpint (left->is_on_command_line, ==, right->is_on_command_line);
    }
    g_assert_cmpint (a->vmstate != NULL, ==, b->vmstate != NULL);
    if (a->vmstate) {
        g_assert_cmpstr (a->vmstate->bus, ==, b->vmstate->bus);
        g_assert_cmpstr (a->vmstate->uuid, ==, b->vmstate->uuid);
    }
    g_assert_cmpint (a->element != NULL, ==, b->element != NULL);
    g_assert_cmpint (a->element_error ? a->element_error->code : 0, ==,
                     b->element_error ? b->element_error->code : 0);
    if (a->element) {
        g_autofree char *left = NULL, *right = NULL;

        g_assert_cmpint (vgate_element_check (a->element, a->uuid, NULL, NULL), ==,
                         vgate_element_check (b->element, b->uuid, NULL, NULL));
        left = vgate_element_write (a->element, TRUE);
        right = vgate_element_write (b->element, TRUE);
        g_assert_cmpstr (left, ==, right);
    }
}

/* Writes the document, compares both domains, and that the document of the document is the same. */
static void
assert_round (const char *xml)
{
    g_autofree char *document = must_write (xml), *again = must_write (document);
    g_autoptr (GError) error = NULL;
    g_autoptr (VgateDomain) from = vgate_domain_read_leniently (xml, strlen (xml), NULL, &error);
    g_autoptr (VgateDomain) to = vgate_domain_read_leniently (document, strlen (document), NULL, &error);

    g_assert_no_error (error);
    assert_equal (from, to);
    g_assert_cmpstr (document, ==, again);
    g_assert_true (g_str_has_prefix (document, "<domain>\n  <name>"));
    g_assert_true (g_str_has_suffix (document, "</domain>\n"));
}

static const char *const documents[] = {"domain-mdev.xml", "domain-vf.xml"};

static void
test_libvirt (gconstpointer data)
{
    g_autofree char *xml = read_data (data);

    assert_round (xml);
}

/* An element in the domain, with all lines indented differently. */
static char *
domain_with (const char *metadata)
{
    return g_strdup_printf ("<domain type='kvm' id='7' " NAMESPACES "><name>a &lt;b&gt; &amp; c</name>\n"
                            "<uuid>" SAMPLE_DOMAIN_UUID "</uuid>\n<metadata>%s</metadata>"
                            "<devices><hostdev mode='subsystem' type='mdev' model='vfio-pci'><source>"
                            "<address uuid='bbbbbbbb-0000-4000-8000-000000000001'/></source>"
                            "<address type='pci' domain='0' bus='7' slot='0' function='0'/></hostdev>"
                            "</devices></domain>",
                            metadata);
}

/* What is wrong with an element is still wrong in the document, with the same error. */
static void
test_bad_elements (void)
{
    g_autofree char *good = read_data ("domain-mdev.xml");
    const char *begin = strstr (good, "<vgate:vgpus"), *end = strstr (good, "</vgate:vgpus>");
    g_autofree char *element = g_strndup (begin, (gsize)(end - begin) + strlen ("</vgate:vgpus>"));
    g_autofree char *twice = g_strconcat (element, element, NULL);
    const char *const metadata[] = {
        "",
        element,
        twice,
        "<vgate:vgpus xmlns:vgate='urn:x-vgpu-gate:domain:1'/>",
        "<vgate:vgpus xmlns:vgate='urn:x-vgpu-gate:domain:2'/>",
        "<vgpus xmlns='urn:x-vgpu-gate:domain:1' sequence='x'>text</vgpus>",
    };

    for (gsize i = 0; i < G_N_ELEMENTS (metadata); i++) {
        g_autofree char *xml = domain_with (metadata[i]);

        assert_round (xml);
    }
}

static void
test_command_line (void)
{
    g_autofree char *object = vgate_vmstate_format ("unix:path=/run/vgpu-gate/bus", SAMPLE_DOMAIN_UUID);
    g_autofree char *xml = g_strdup_printf (
        "<domain " NAMESPACES "><name>a</name><uuid>" SAMPLE_DOMAIN_UUID "</uuid><devices/>"
        "<qemu:commandline><qemu:arg value='-device'/>"
        "<qemu:arg value='vfio-pci,sysfsdev=/sys/bus/mdev/devices/bbbbbbbb-0000-4000-8000-000000000001'/>"
        "<qemu:arg value='-device'/><qemu:arg value='vfio-pci,host=0000:41:00.4'/>"
        "<qemu:arg value='-object'/><qemu:arg value='secret,id=s,data=" SECRET "'/>"
        "<qemu:arg value='-object'/><qemu:arg value='%s'/></qemu:commandline></domain>",
        object);
    g_autofree char *document = must_write (xml);

    assert_round (xml);
    g_assert_nonnull (strstr (document, "host=0000:41:00.4"));
    g_assert_null (strstr (document, SECRET));
}

static void
test_secrets (void)
{
    static const char xml[] =
        "<domain " NAMESPACES " xmlns:other='urn:other'><name>a</name><title>" SECRET "</title>"
        "<uuid>" SAMPLE_DOMAIN_UUID "</uuid><description>" SECRET "</description>"
        "<metadata><other:nova>" SECRET "</other:nova></metadata><devices>"
        "<graphics type='vnc' passwd='" SECRET "'/><disk><auth username='" SECRET "'/></disk>"
        "<hostdev mode='subsystem' type='scsi'><source protocol='iscsi' name='" SECRET "'/></hostdev>"
        "<hostdev mode='subsystem' type='pci' managed='yes' note='" SECRET "'><driver name='" SECRET "'/>"
        "<source x='" SECRET "'><address domain='0x0000' bus='0x41' slot='0x00' function='0x4' y='" SECRET
        "'/></source><alias name='" SECRET "'/></hostdev>"
        "</devices><!-- " SECRET " --></domain>";
    g_autofree char *document = must_write (xml);

    assert_round (xml);
    g_assert_null (strstr (document, SECRET));
    g_assert_nonnull (strstr (document, "bus=\"0x41\""));
}

static void
test_errors (void)
{
    static const char *const inputs[] = {"", "<domain>", "<host/>", "<domain><name>a</name></domain>",
                                         "<domainsnapshot><domain/></domainsnapshot>"};

    for (gsize i = 0; i < G_N_ELEMENTS (inputs); i++) {
        g_autoptr (GError) error = NULL, expected = NULL;

        g_assert_null (vgate_guest_document_write (inputs[i], strlen (inputs[i]), &error));
        g_assert_null (vgate_domain_read_leniently (inputs[i], strlen (inputs[i]), NULL, &expected));
        g_assert_error (error, VGATE_ERROR, expected->code);
    }
}

int
main (int argc, char *argv[])
{
    g_test_init (&argc, &argv, NULL);
    for (gsize i = 0; i < G_N_ELEMENTS (documents); i++) {
        g_autofree char *path = g_strconcat ("/guest-document/libvirt/", documents[i], NULL);

        g_test_add_data_func (path, documents[i], test_libvirt);
    }
    g_test_add_func ("/guest-document/bad-elements", test_bad_elements);
    g_test_add_func ("/guest-document/command-line", test_command_line);
    g_test_add_func ("/guest-document/secrets", test_secrets);
    g_test_add_func ("/guest-document/errors", test_errors);
    return g_test_run ();
}
