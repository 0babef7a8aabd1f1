/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* vgpu-gate switchover enable and disable on the XML: exactly one object is added and removed. */
#include "sample.h"
#include "switchover-xml.h"

#include <string.h>

#define BUS       VGATE_BUS_DEFAULT
#define OTHER_BUS "unix:path=/run/other/bus"
#define XMLNS     "xmlns:qemu='" VGATE_VMSTATE_QEMU_NAMESPACE "' "

static char *
edit (const char *xml, const char *bus)
{
    g_autoptr (GError) error = NULL;
    char *edited;

    g_assert_true (vgate_switchover_edit (xml, bus, &edited, &error));
    g_assert_no_error (error);
    return edited;
}

/* Asserts the object in the domain, and that asking for it again changes nothing. */
static void
assert_enabled (const char *xml, const char *bus)
{
    g_autoptr (VgateDomain) domain = vgate_domain_read (xml, strlen (xml), NULL, NULL);

    g_assert_nonnull (domain);
    g_assert_cmpstr (domain->vmstate ? domain->vmstate->bus : NULL, ==, bus);
    if (bus)
        g_assert_cmpstr (domain->vmstate->uuid, ==, SAMPLE_DOMAIN_UUID);
    g_assert_null (edit (xml, bus));
}

static guint
count (const char *text, const char *what)
{
    guint n = 0;

    for (const char *at = strstr (text, what); at; at = strstr (at + 1, what))
        n++;
    return n;
}

static void
test_there_and_back (void)
{
    g_autofree char *plain = sample_domain ("<x:x xmlns:x='urn:x'>&lt;&#xe9; \"'</x:x>", NULL);
    g_autofree char *enabled = edit (plain, BUS), *moved = edit (enabled, OTHER_BUS),
                    *disabled = edit (moved, NULL);

    assert_enabled (plain, NULL);
    assert_enabled (enabled, BUS);
    assert_enabled (moved, OTHER_BUS);
    g_assert_cmpuint (count (moved, VGATE_VMSTATE_KIND), ==, 1);
    assert_enabled (disabled, NULL);
    g_assert_cmpuint (count (disabled, "commandline"), ==, 0);
    g_assert_nonnull (strstr (disabled, "urn:x"));
}

/* The object in a cloned domain is replaced. */
static void
test_clone (void)
{
    g_autofree char *plain = sample_domain (NULL, NULL), *enabled = edit (plain, BUS);
    g_autofree char *stale = sample_edit (enabled, "vgpu-gate-" SAMPLE_DOMAIN_UUID,
                                          "vgpu-gate-99999999-1111-4111-8111-111111111111");
    g_autofree char *again = edit (stale, BUS);

    assert_enabled (again, BUS);
    g_assert_cmpuint (count (again, VGATE_VMSTATE_KIND), ==, 1);
}

static void
test_other_arguments_stay (void)
{
    g_autofree char *plain = sample_domain (NULL, NULL);
    g_autofree char *with_end = sample_edit (plain, "</domain>",
                                             "  <qemu:commandline>\n    <qemu:arg value='-object'/>\n"
                                             "    <qemu:arg value='rng-random,id=r'/>\n"
                                             "    <qemu:env name='A' value='b'/>\n"
                                             "  </qemu:commandline>\n</domain>");
    g_autofree char *others = sample_edit (with_end, "<domain ", "<domain " XMLNS);
    g_autofree char *enabled = edit (others, BUS), *disabled = edit (enabled, NULL);

    assert_enabled (enabled, BUS);
    g_assert_nonnull (strstr (enabled, "rng-random,id=r"));
    g_assert_cmpuint (count (enabled, "<qemu:commandline>"), ==, 1);
    assert_enabled (disabled, NULL);
    g_assert_cmpuint (count (disabled, "qemu:arg"), ==, 2);
    g_assert_cmpuint (count (disabled, "qemu:env"), ==, 1);
}

/* QEMU accepts only one object of this kind: with a second one the guest would not start. */
static void
test_another_of_the_kind (void)
{
    static const char *const others[] = {
        "dbus-vmstate,id=mine,addr=unix:path=/x,id-list=y",
        "{&quot;qom-type&quot;:&quot;dbus-vmstate&quot;,&quot;id&quot;:&quot;mine&quot;}",
    };

    for (gsize i = 0; i < G_N_ELEMENTS (others); i++) {
        g_autofree char *plain = sample_domain (NULL, NULL);
        g_autofree char *end = g_strdup_printf ("<qemu:commandline><qemu:arg value='-object'/><qemu:arg "
                                                "value='%s'/></qemu:commandline></domain>",
                                                others[i]);
        g_autofree char *with_end = sample_edit (plain, "</domain>", end);
        g_autofree char *xml = sample_edit (with_end, "<domain ", "<domain " XMLNS);
        g_autoptr (GError) error = NULL;
        char *edited;

        g_assert_false (vgate_switchover_edit (xml, BUS, &edited, &error));
        sample_assert_error (error, VGATE_CODE_SWITCH_OVER_EDIT, "another dbus-vmstate", NULL);
        g_assert_null (edited);
        /* there is no object of ours to remove */
        g_assert_null (edit (xml, NULL));
    }
}

static void
test_no_domain (void)
{
    g_autoptr (GError) error = NULL;
    char *edited;

    g_assert_false (vgate_switchover_edit ("<network/>", BUS, &edited, &error));
    g_assert_error (error, VGATE_ERROR, VGATE_CODE_XML_NOT_DOMAIN);
}

int
main (int argc, char **argv)
{
    g_test_init (&argc, &argv, NULL);
    g_test_add_func ("/switchover-xml/there-and-back", test_there_and_back);
    g_test_add_func ("/switchover-xml/clone", test_clone);
    g_test_add_func ("/switchover-xml/other-arguments-stay", test_other_arguments_stay);
    g_test_add_func ("/switchover-xml/another-of-the-kind", test_another_of_the_kind);
    g_test_add_func ("/switchover-xml/no-domain", test_no_domain);
    return g_test_run ();
}
