/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "gate/ways-out.h"

/* Cells that are not texts. Compared by address. */
static const char general_text[] = "", saved_or_boot[] = "";

#define NEVER   NULL
#define GENERAL general_text
#define BOOT    saved_or_boot

/* clang-format off */
#define UNMARK \
    "The start is judged by metadata of an earlier run. To remove the metadata: virsh metadata DOMAIN " \
    "urn:x-vgpu-gate:domain:1 --config --remove."
#define KEEP \
    "Shut the guest down instead: virsh shutdown DOMAIN. To save it for another host, set " \
    "unrestorable-save=ignore in [jobs] of the configuration, and run 'systemctl reload vgpu-gated'."
#define WITHOUT_METADATA \
    ", if this host made the image and its driver was not changed since, and restore with " \
    "missing-metadata=allow in [gate] of the configuration."
#define STRIP         "Remove the <vgpus> element (virsh save-image-edit FILE)" WITHOUT_METADATA
#define STRIP_MANAGED "Remove the <vgpus> element (virsh managedsave-edit DOMAIN)" WITHOUT_METADATA
/* clang-format on */

typedef struct {
    VgateCode code;
    const char *texts[VGATE_N_SITUATIONS];
} Ways;

#define VGATE_WAYS(symbol, arrives, saved, managed, starts, runs) \
    {VGATE_CODE_##symbol, {arrives, saved, managed, starts, runs}},
static const Ways table[] = {
#include "gate/ways-out.def"
};
#undef VGATE_WAYS

const char *
vgate_situation_describe (VgateSituation situation)
{
    static const char *const names[] = {
        [VGATE_SITUATION_ARRIVES] = "for a guest that is migrated",
        [VGATE_SITUATION_SAVED] = "for a guest that is restored",
        [VGATE_SITUATION_MANAGED] = "for a guest with a managed save",
        [VGATE_SITUATION_STARTS] = "at a cold start",
        [VGATE_SITUATION_RUNS] = "for a running guest whose save was stopped",
    };

    G_STATIC_ASSERT (G_N_ELEMENTS (names) == VGATE_N_SITUATIONS);
    return names[situation];
}

static const Ways *
find (VgateCode code)
{
    for (gsize i = 0; i < G_N_ELEMENTS (table); i++)
        if (table[i].code == code)
            return &table[i];
    return NULL;
}

char *
vgate_way_out (VgateCode code, VgateSituation situation, const char *general)
{
    const Ways *ways = find (code);
    const char *text = ways ? ways->texts[situation] : NEVER;
    const gboolean can_boot = text == BOOT;

    if (can_boot)
        text = ways->texts[VGATE_SITUATION_SAVED];
    if (text == NEVER || text == GENERAL)
        text = general ? general : vgate_code_info ((int)code)->cure;
    if (can_boot)
        return g_strdup_printf ("%s Or boot without the saved memory: virsh start --force-boot DOMAIN.",
                                text);
    return g_strdup (text);
}

gboolean
vgate_way_out_can_occur (VgateCode code, VgateSituation situation)
{
    const Ways *ways = find (code);

    return ways && ways->texts[situation] != NEVER;
}

gboolean
vgate_way_out_differs (VgateCode code, VgateSituation situation)
{
    const Ways *ways = find (code);

    return ways && ways->texts[situation] != NEVER && ways->texts[situation] != GENERAL;
}
