/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "domain/vmstate.h"

#include "policy/bus.h"
#include "xml/xml.h"

#include <string.h>

#define ID_PREFIX   "vgpu-gate-"
#define BEFORE_BUS  VGATE_VMSTATE_KIND ",id=" VGATE_VMSTATE_OBJECT_ID ",addr="
#define BEFORE_UUID ",id-list=" ID_PREFIX

void
vgate_vmstate_free (VgateVmstate *vmstate)
{
    if (!vmstate)
        return;
    g_free (vmstate->bus);
    g_free (vmstate->uuid);
    g_free (vmstate);
}

char *
vgate_vmstate_id (const char *uuid)
{
    return g_strconcat (ID_PREFIX, uuid, NULL);
}

char *
vgate_vmstate_format (const char *bus, const char *uuid)
{
    return g_strconcat (BEFORE_BUS, bus, BEFORE_UUID, uuid, NULL);
}

VgateVmstate *
vgate_vmstate_parse (const char *argument)
{
    g_autoptr (VgateVmstate) vmstate = NULL;
    const char *bus, *end;

    if (!g_str_has_prefix (argument, BEFORE_BUS))
        return NULL;
    bus = argument + strlen (BEFORE_BUS);
    end = strstr (bus, BEFORE_UUID);
    if (!end)
        return NULL;
    vmstate = g_new0 (VgateVmstate, 1);
    vmstate->bus = g_strndup (bus, (gsize)(end - bus));
    vmstate->uuid = g_strdup (end + strlen (BEFORE_UUID));
    if (!vgate_bus_is_address (vmstate->bus) || !vgate_xml_text_has_form (vmstate->uuid, VGATE_XML_UUID))
        return NULL;
    return g_steal_pointer (&vmstate);
}
