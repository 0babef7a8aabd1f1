/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "device-command.h"

#include "command.h"
#include "xml/xml.h"

gboolean
vgate_device_need_root (const char *root, const char *what, const char *as_root, GError **error)
{
    return root || vgate_command_need_root (what, as_root, error);
}

int
vgate_device_fail (const GError *error)
{
    const int status = vgate_command_fail (error);

    return vgate_error_is (error, VGATE_CODE_DEVICE_HANGS) ? VGATE_EXIT_UNANSWERED : status;
}

gboolean
vgate_device_parse_name (const char *text, VgateHostdevKind *kind)
{
    *kind = vgate_xml_text_has_form (text, VGATE_XML_UUID) ? VGATE_HOSTDEV_MDEV : VGATE_HOSTDEV_PCI;
    return *kind == VGATE_HOSTDEV_MDEV || vgate_xml_text_has_form (text, VGATE_XML_PCI);
}
