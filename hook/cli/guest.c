/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* vgpu-gate guest: the guest document of a domain. */
#include "command.h"
#include "domain/guest-document.h"
#include "fleet-options.h"
#include "host/input.h"
#include "libvirt-access.h"

#include <string.h>

/* The XML of the running domain, or of its definition if it does not run. The caller frees it. */
static char *
read_from_libvirt (const char *uri, const char *name, GError **error)
{
    g_autoptr (virConnect) libvirt = vgate_libvirt_open (uri, TRUE, error);
    g_autoptr (virDomain) domain = libvirt ? vgate_libvirt_find (libvirt, name, error) : NULL;

    return domain ? vgate_libvirt_read_xml (domain, 0, error) : NULL;
}

int
vgate_command_guest (int argc, char *argv[], const char *config)
{
    g_auto (GStrv) words = NULL;
    g_autofree char *uri = NULL, *xml = NULL, *document = NULL;
    const GOptionEntry entries[] = {
        {"connect", 'c', 0, G_OPTION_ARG_STRING, &uri, "connect to libvirt at URI instead of qemu:///system",
         "URI"},
        {0},
    };
    g_autoptr (GError) error = NULL;
    gsize length = 0;

    if (!vgate_command_parse (
            argc, argv, "DOMAIN",
            "Print the guest document of a domain: its XML with only what vgpu-gate reads of it,\n"
            "without passwords. DOMAIN is the name or UUID of a domain of libvirt, or a domain's\n"
            "XML ('-' reads standard input).",
            entries, &words, &error))
        return vgate_command_usage (error->message);
    if (!words || g_strv_length (words) != 1)
        return vgate_command_usage ("'guest' requires one DOMAIN");
    if (uri && vgate_fleet_word_is_path (words[0]))
        return vgate_command_usage ("--connect requires the name or UUID of a domain");
    if (!vgate_command_check_config (config, &error))
        return vgate_command_fail (error);
    if (vgate_fleet_word_is_path (words[0]))
        xml = vgate_input_read (words[0], &length, &error);
    else
        xml = read_from_libvirt (uri, words[0], &error);
    if (xml && length == 0)
        length = strlen (xml);
    document = xml ? vgate_guest_document_write (xml, length, &error) : NULL;
    if (!document) {
        if (xml)
            g_prefix_error (&error, "%s: ", strcmp (words[0], "-") == 0 ? "standard input" : words[0]);
        return vgate_command_fail (error);
    }
    vgate_output_print (document);
    return VGATE_EXIT_ALLOWED;
}
