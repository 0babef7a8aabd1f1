/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "driver/wire.h"

#include "base/codes.h"
#include "vgpu-gate/vgpu-gate.h"

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

const char *
vgate_wire_write_text (const char *text)
{
    return text ? text : "";
}

char *
vgate_wire_read_text (char *text)
{
    if (*text != '\0')
        return text;
    g_free (text);
    return NULL;
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

/* the kind of error (0: none), its code and text, the body */
#define ANSWER_TYPE "(yisv)"

enum {
    NO_ERROR,
    OUR_ERROR,
    NVML_S_ERROR,
};

GBytes *
vgate_answer_write (GVariant *body, const GError *error)
{
    const guchar whose = !error ? NO_ERROR : error->domain == VGATE_NVML_ERROR ? NVML_S_ERROR : OUR_ERROR;

    return vgate_wire_pack (g_variant_new (ANSWER_TYPE, whose, error ? error->code : 0,
                                           error ? error->message : "", error ? g_variant_new ("()") : body));
}

gpointer
vgate_answer_refuse (const char *why, GError **error)
{
    g_set_error (error, VGATE_ERROR, VGATE_CODE_NVML_CRASHED,
                 "the process that reads NVML gave no usable answer: %s", why);
    return NULL;
}

GVariant *
vgate_answer_read (GBytes *bytes, const char *type, GError **error)
{
    g_autoptr (GVariant) variant = NULL, body = NULL;
    const char *text;
    guchar whose;
    gint32 code;

    if (g_bytes_get_size (bytes) == 0)
        return vgate_answer_refuse ("it exited without an answer", error);
    variant = vgate_wire_unpack (ANSWER_TYPE, bytes);
    if (!variant)
        return vgate_answer_refuse ("the answer is not complete", error);
    g_variant_get (variant, "(yi&sv)", &whose, &code, &text, &body);
    /* an unknown message code is not accepted, as it has no entry in the table */
    if (whose == NVML_S_ERROR || (whose == OUR_ERROR && vgate_code_info (code))) {
        g_set_error_literal (error, whose == OUR_ERROR ? VGATE_ERROR : VGATE_NVML_ERROR, code, text);
        return NULL;
    }
    if (whose != NO_ERROR || !g_variant_is_of_type (body, G_VARIANT_TYPE (type)))
        return vgate_answer_refuse ("the answer is not of the expected form", error);
    return g_steal_pointer (&body);
}
