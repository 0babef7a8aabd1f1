/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "driver/wire.h"

/* kind, library, deadline, body */
#define ASKED_TYPE "(ysuv)"

GBytes *
vgate_wire_pack (GVariant *floating)
{
    g_autoptr (GVariant) variant = g_variant_ref_sink (floating);

    return g_variant_get_data_as_bytes (variant);
}

GVariant *
vgate_wire_unpack (const char *type, GBytes *bytes)
{
    g_autoptr (GVariant) variant =
        g_variant_ref_sink (g_variant_new_from_bytes (G_VARIANT_TYPE (type), bytes, FALSE));

    return g_variant_is_normal_form (variant) ? g_steal_pointer (&variant) : NULL;
}

void
vgate_asked_clear (VgateAsked *asked)
{
    g_clear_pointer (&asked->library, g_free);
    g_clear_pointer (&asked->body, g_variant_unref);
}

GBytes *
vgate_asked_write (VgateRequestKind kind, const char *library, guint deadline_ms, GVariant *body)
{
    return vgate_wire_pack (g_variant_new (ASKED_TYPE, (guchar)kind, library, deadline_ms, body));
}

gboolean
vgate_asked_read (GBytes *bytes, VgateAsked *asked)
{
    g_autoptr (GVariant) variant = vgate_wire_unpack (ASKED_TYPE, bytes);
    guchar kind;

    if (!variant)
        return FALSE;
    g_variant_get (variant, ASKED_TYPE, &kind, &asked->library, &asked->deadline_ms, &asked->body);
    asked->kind = (VgateRequestKind)kind;
    return kind < VGATE_N_REQUESTS;
}
