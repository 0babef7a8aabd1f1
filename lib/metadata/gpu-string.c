/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "vgpu-gate/vgpu-gate.h"

#include <string.h>

#define BOARD_LENGTH      8u
#define CAPABILITY_LENGTH 8u
#define CAPABILITY_ECC    0x1u
#define CAPABILITY_SRIOV  0x2u

typedef struct {
    const char *board;
    const char *floorsweeping;
    gsize floorsweeping_length;
    guint32 capability;
} Parts;

static gboolean
split (const char *string, Parts *parts)
{
    const gsize length = strlen (string);

    if (length < BOARD_LENGTH + CAPABILITY_LENGTH || strspn (string, "0123456789ABCDEF") != length)
        return FALSE;
    *parts = (Parts){
        .board = string,
        .floorsweeping = string + BOARD_LENGTH,
        .floorsweeping_length = length - BOARD_LENGTH - CAPABILITY_LENGTH,
        .capability = (guint32)g_ascii_strtoull (string + length - CAPABILITY_LENGTH, NULL, 16),
    };
    return TRUE;
}

static gboolean
is_uuid (const char *string)
{
    return g_str_has_prefix (string, "GPU-") || g_uuid_string_is_valid (string);
}

VgateGpuDifference
vgate_gpu_string_compare (const char *source, const char *destination)
{
    VgateGpuDifference difference = VGATE_GPU_SAME;
    Parts a, b;
    guint32 changed;

    if (strcmp (source, destination) == 0)
        return VGATE_GPU_SAME;
    if (is_uuid (source) || is_uuid (destination))
        return VGATE_GPU_NOT_CAPABLE;
    if (!split (source, &a) || !split (destination, &b))
        return VGATE_GPU_UNREADABLE;
    changed = a.capability ^ b.capability;
    if (memcmp (a.board, b.board, BOARD_LENGTH) != 0)
        difference |= VGATE_GPU_BOARD;
    if (a.floorsweeping_length != b.floorsweeping_length ||
        memcmp (a.floorsweeping, b.floorsweeping, a.floorsweeping_length) != 0)
        difference |= VGATE_GPU_FLOORSWEEPING;
    if (changed & CAPABILITY_ECC)
        difference |= VGATE_GPU_ECC;
    if (changed & CAPABILITY_SRIOV)
        difference |= VGATE_GPU_SRIOV;
    if (changed & ~(CAPABILITY_ECC | CAPABILITY_SRIOV))
        difference |= VGATE_GPU_CAPABILITY;
    return difference;
}

static void
append_switch (GString *text, const char *what, gboolean at_source)
{
    g_string_append_printf (text, "%s%s is %s at the source, %s here", text->len > 0 ? "; " : "", what,
                            at_source ? "on" : "off", at_source ? "off" : "on");
}

char *
vgate_gpu_string_explain (const char *source, const char *destination)
{
    const VgateGpuDifference difference = vgate_gpu_string_compare (source, destination);
    g_autoptr (GString) text = g_string_new (NULL);
    Parts a = {0}, b = {0};

    if (difference & VGATE_GPU_NOT_CAPABLE)
        return g_strdup ("a GPU that is not capable of migration matches no other GPU");
    if (difference & VGATE_GPU_UNREADABLE)
        return g_strdup ("at least one of the strings has an unknown form");
    if (difference == VGATE_GPU_SAME || !split (source, &a) || !split (destination, &b))
        return g_strdup ("they are equal");
    if (difference & VGATE_GPU_BOARD)
        g_string_append_printf (text, "the board is %.4s-%.4s at the source, %.4s-%.4s here", a.board,
                                a.board + 4, b.board, b.board + 4);
    if (difference & VGATE_GPU_FLOORSWEEPING)
        g_string_append_printf (text, "%sthe floor-sweeping differs (the middle of the string)",
                                text->len > 0 ? "; " : "");
    if (difference & VGATE_GPU_ECC)
        append_switch (text, "ECC", (a.capability & CAPABILITY_ECC) != 0);
    if (difference & VGATE_GPU_SRIOV)
        append_switch (text, "SR-IOV", (a.capability & CAPABILITY_SRIOV) != 0);
    if (difference & VGATE_GPU_CAPABILITY)
        g_string_append_printf (text, "%sthe capability word is %08x at the source, %08x here",
                                text->len > 0 ? "; " : "", a.capability, b.capability);
    return g_string_free (g_steal_pointer (&text), FALSE);
}

char *
vgate_gpu_string_describe (const char *string)
{
    g_autofree char *middle = NULL, *rest = NULL;
    Parts parts;

    if (is_uuid (string))
        return g_strdup ("a GPU that is not capable of migration");
    if (!split (string, &parts))
        return g_strdup ("unknown form");
    if (parts.floorsweeping_length > 0)
        middle =
            g_strdup_printf (", floor-sweeping %.*s", (int)parts.floorsweeping_length, parts.floorsweeping);
    if (parts.capability & ~(CAPABILITY_ECC | CAPABILITY_SRIOV))
        rest = g_strdup_printf (", capability word %08x", parts.capability);
    return g_strdup_printf ("board %.4s-%.4s%s, ECC %s, SR-IOV %s%s", parts.board, parts.board + 4,
                            middle ? middle : "", parts.capability & CAPABILITY_ECC ? "on" : "off",
                            parts.capability & CAPABILITY_SRIOV ? "on" : "off", rest ? rest : "");
}
