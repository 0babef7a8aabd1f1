/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Changing the source addresses of hostdevs changes no other byte. */
#include "placement/rewrite.h"
#include "sample.h"

#include <string.h>

#define OLD   "bbbbbbbb-0000-4000-8000-000000000001"
#define OLD_2 "bbbbbbbb-0000-4000-8000-000000000002"
#define NEW   "cccccccc-0000-4000-8000-000000000001"
#define NEW_2 "cccccccc-0000-4000-8000-000000000002"

#define MDEV(address) \
    "<hostdev mode='subsystem' type='mdev' model='vfio-pci'><source>" address "</source></hostdev>"
#define PCI(address) "<hostdev mode='subsystem' type='pci'><source>" address "</source></hostdev>"
#define USB                                                                               \
    "<hostdev mode='subsystem' type='usb'><source><address bus='1' device='2'/></source>" \
    "</hostdev>"

/* Moves the hostdevs in their order; NULL: not moved. */
static char *
move (const char *xml, const char *first, const char *second, GError **error)
{
    const char *const sources[] = {first, second};
    g_autoptr (VgateDomain) domain = vgate_domain_read (xml, strlen (xml), NULL, error);
    g_autoptr (GPtrArray) moves = g_ptr_array_new_with_free_func (g_free);
    gsize length = 0;
    char *changed;

    g_assert_nonnull (domain);
    for (guint i = 0; i < G_N_ELEMENTS (sources); i++) {
        VgateMove *one;

        if (!sources[i])
            continue;
        one = g_new0 (VgateMove, 1);
        one->hostdev = g_ptr_array_index (domain->hostdevs, i);
        one->source = sources[i];
        g_ptr_array_add (moves, one);
    }
    changed = vgate_rewrite_sources (xml, strlen (xml), domain, moves, &length, error);
    if (changed)
        g_assert_cmpuint (length, ==, strlen (changed));
    return changed;
}

static const struct {
    const char *devices, *first, *second, *expected;
} good[] = {
    {MDEV ("<address uuid='" OLD "'/>"), NEW, NULL, MDEV ("<address uuid='" NEW "'/>")},
    {MDEV ("<address uuid='" OLD "'/>"), OLD, NULL, MDEV ("<address uuid='" OLD "'/>")},
    /* quotes, blanks and case remain, or are replaced with the value */
    {MDEV ("<address\n  uuid = \"BBBBBBBB-0000-4000-8000-000000000001\" />"), NEW, NULL,
     MDEV ("<address\n  uuid = \"" NEW "\" />")},
    {MDEV ("<address uuid='" OLD "'></address>"), NEW, NULL, MDEV ("<address uuid='" NEW "'></address>")},
    /* '>' in a value, similar text in comments, CDATA and instructions, and other attributes */
    {MDEV ("<!-- <address uuid='" OLD "'/> --><?x <address uuid='" OLD "'?><address x='>' uuid='" OLD
           "' y='uuid='/>"),
     NEW, NULL,
     MDEV ("<!-- <address uuid='" OLD "'/> --><?x <address uuid='" OLD "'?><address x='>' uuid='" NEW
           "' y='uuid='/>")},
    {MDEV ("<![CDATA[<address uuid='" OLD "'/>]]><address uuid='" OLD "'/>"), NEW, NULL,
     MDEV ("<![CDATA[<address uuid='" OLD "'/>]]><address uuid='" NEW "'/>")},
    /* one of two, the other, both; a hostdev that cannot be a vGPU counts as well */
    {MDEV ("<address uuid='" OLD "'/>") USB MDEV ("<address uuid='" OLD_2 "'/>"), NEW, NULL,
     MDEV ("<address uuid='" NEW "'/>") USB MDEV ("<address uuid='" OLD_2 "'/>")},
    {USB MDEV ("<address uuid='" OLD "'/>") MDEV ("<address uuid='" OLD_2 "'/>"), NULL, NEW,
     USB MDEV ("<address uuid='" OLD "'/>") MDEV ("<address uuid='" NEW "'/>")},
    {MDEV ("<address uuid='" OLD "'/>") MDEV ("<address uuid='" OLD "'/>"), NEW, NEW_2,
     MDEV ("<address uuid='" NEW "'/>") MDEV ("<address uuid='" NEW_2 "'/>")},
    {PCI ("<address domain='0x0000' bus='0x41' slot='0x00' function='0x4'/>"), "0001:c1:1f.7", NULL,
     PCI ("<address domain='0x0001' bus='0xc1' slot='0x1f' function='0x7'/>")},
    {PCI ("<address function='4' slot='0' bus='65'/>"), "0000:41:00.5", NULL,
     PCI ("<address function='0x5' slot='0x00' bus='0x41'/>")},
    {PCI ("<address domain='0' bus='65' slot='0' function='4'/>") MDEV ("<address uuid='" OLD "'/>"),
     "0000:41:00.5", NEW,
     PCI ("<address domain='0x0000' bus='0x41' slot='0x00' function='0x5'/>")
         MDEV ("<address uuid='" NEW "'/>")},
};

static void
test_good (void)
{
    for (gsize i = 0; i < G_N_ELEMENTS (good); i++) {
        g_autofree char *xml = sample_domain (NULL, good[i].devices);
        g_autofree char *expected = sample_domain (NULL, good[i].expected);
        g_autoptr (GError) error = NULL;
        g_autofree char *changed = move (xml, good[i].first, good[i].second, &error);

        g_assert_no_error (error);
        g_assert_cmpstr (changed, ==, expected);
    }
}

/* The UUID in other places is not changed. */
static void
test_elsewhere (void)
{
    static const char metadata[] =
        "<x:a xmlns:x='urn:x'><devices><hostdev type='mdev'><source><address uuid='" OLD
        "'/></source></hostdev></devices></x:a>";
    g_autofree char *xml = sample_domain (metadata, MDEV ("<address uuid='" OLD "'/>"));
    g_autofree char *expected = sample_domain (metadata, MDEV ("<address uuid='" NEW "'/>"));
    g_autoptr (GError) error = NULL;
    g_autofree char *changed = move (xml, NEW, NULL, &error);

    g_assert_no_error (error);
    g_assert_cmpstr (changed, ==, expected);
}

static void
test_bad (void)
{
    static const struct {
        const char *devices, *source;
    } bad[] = {
        /* there is no attribute for it */
        {PCI ("<address bus='0x41' slot='0' function='4'/>"), "0001:41:00.4"},
        /* libvirt's elements are in no namespace, so these are not hostdevs */
        {"<hostdev xmlns='urn:x'><source><address uuid='" OLD
         "'/></source></hostdev>" MDEV ("<address uuid='" OLD "'/>"),
         NEW},
        {MDEV ("<address xmlns='urn:x' uuid='" OLD "'/><address uuid='" OLD "'/>"), NEW},
    };

    for (gsize i = 0; i < G_N_ELEMENTS (bad); i++) {
        g_autofree char *xml = sample_domain (NULL, bad[i].devices);
        g_autoptr (GError) error = NULL;
        g_autofree char *changed = move (xml, bad[i].source, NULL, &error);

        g_assert_null (changed);
        g_assert_error (error, VGATE_ERROR, VGATE_CODE_NOT_REWRITTEN);
    }
}

/* XML as libvirt writes it: moved and moved back, no byte has changed. */
static void
test_there_and_back (void)
{
    static const struct {
        const char *file, *old, *other;
    } files[] = {
        {"domain-mdev.xml", OLD, NEW},
        {"domain-vf.xml", "0000:41:00.4", "0000:c1:1f.7"},
    };

    for (gsize i = 0; i < G_N_ELEMENTS (files); i++) {
        g_autofree char *path =
            g_build_filename (g_getenv ("VGATE_SRCDIR"), "tests/data", files[i].file, NULL);
        g_autofree char *xml = NULL, *there = NULL, *back = NULL;
        g_autoptr (GError) error = NULL;

        g_assert_true (g_file_get_contents (path, &xml, NULL, NULL));
        there = move (xml, files[i].other, NULL, &error);
        g_assert_no_error (error);
        g_assert_cmpstr (there, !=, xml);
        back = move (there, files[i].old, NULL, &error);
        g_assert_no_error (error);
        g_assert_cmpstr (back, ==, xml);
    }
}

int
main (int argc, char **argv)
{
    g_test_init (&argc, &argv, NULL);
    g_test_add_func ("/rewrite/good", test_good);
    g_test_add_func ("/rewrite/elsewhere", test_elsewhere);
    g_test_add_func ("/rewrite/bad", test_bad);
    g_test_add_func ("/rewrite/there-and-back", test_there_and_back);
    return g_test_run ();
}
