/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "policy/bus.h"

#include <string.h>

#define PREFIX         "unix:path=/"
#define CHARACTERS_MAX 100

gboolean
vgate_bus_is_address (const char *address)
{
    if (!g_str_has_prefix (address, PREFIX) || strlen (address) > CHARACTERS_MAX)
        return FALSE;
    for (const char *at = address + strlen (PREFIX); *at != '\0'; at++)
        if (!g_ascii_isalnum (*at) && !strchr ("/._-", *at))
            return FALSE;
    return address[strlen (PREFIX)] != '\0';
}
