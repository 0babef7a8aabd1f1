/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Fuzz target: libvirt's status file of a live domain. It is read, or gives an error that contains no words
 * of the file, because they may be secret. */
#include "placement/use.h"
#include "scratch.h"

#define FILE_NAME "run/libvirt/qemu/vm.xml"
#define OTHER_VM  "4d7c0a6e-9b1f-4f2e-8a35-b1f0c2d9e701"

int LLVMFuzzerTestOneInput (const guint8 *data, gsize size);

static void
assert_read (VgateUse *use)
{
    GHashTableIter iter;
    gpointer device, who;

    g_hash_table_iter_init (&iter, use);
    while (g_hash_table_iter_next (&iter, &device, &who)) {
        g_assert_cmpstr (vgate_use_find (use, device), ==, who);
        /* Intel's VMD makes PCI domains of more than four digits. */
        g_assert_true (
            vgate_xml_text_has_form (device, VGATE_XML_UUID) ||
            vgate_xml_text_has_form (device, VGATE_XML_PCI) ||
            g_regex_match_simple ("^[0-9a-f]{5,8}:[0-9a-f]{2}:[01][0-9a-f]\\.[0-7]$", device, 0, 0));
    }
}

int
LLVMFuzzerTestOneInput (const guint8 *data, gsize size)
{
    g_autoptr (GPtrArray) instances = g_ptr_array_new (), all = g_ptr_array_new ();
    const VgateLeases leases = {.all = all, .directory = -1, .lock = -1};
    const VgateUseInput input = {
        .root = fuzz_scratch_put (FILE_NAME, data, size),
        .instances = instances,
        .leases = &leases,
        .domain = OTHER_VM,
    };
    g_autoptr (GError) error = NULL;
    g_autoptr (GHashTable) use = vgate_use_read (&input, &error);

    g_assert_true ((use != NULL) != (error != NULL));
    if (use) {
        assert_read (use);
    } else {
        g_assert_error (error, VGATE_ERROR, VGATE_CODE_DEVICES_UNKNOWN);
        g_assert_cmpstr (error->message, ==,
                         "/run/libvirt/qemu/vm.xml: the file is truncated, or not what libvirt writes");
    }
    return 0;
}
