/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "gate/ways-out.h"

#include <string.h>

/* Cells that are not texts. Compared by address. */
static const char general_text[] = "", saved_or_boot[] = "";

#define NEVER   NULL
#define GENERAL general_text
#define BOOT    saved_or_boot

/* clang-format off */
#define UNMARK \
    "Remove the old metadata: virsh metadata DOMAIN urn:x-vgpu-gate:domain:1 --config --remove."
#define KEEP \
    "Shut the guest down instead: virsh shutdown DOMAIN. To save it for another host, set " \
    "unrestorable-save=ignore in [jobs] of the configuration, and run 'systemctl reload vgpu-gated'."
#define STRIP \
    "Remove the <vgpus> element: virsh save-image-edit FILE. If the guest was saved here under this " \
    "driver, then run: virsh save-image-dumpxml FILE | vgpu-gate allow-restore --yes -, and restore it again."
#define STRIP_MANAGED \
    "Remove the <vgpus> element: virsh managedsave-edit DOMAIN. If the guest was saved here under this " \
    "driver, then run: virsh managedsave-dumpxml DOMAIN | vgpu-gate allow-restore --yes -, and start it " \
    "again."
#define EDIT \
    "Remove the <vgpus> element: virsh snapshot-edit DOMAIN SNAPSHOT. If the driver is unchanged, set " \
    "missing-metadata=allow in [gate], and revert again. Or boot without its memory: virsh start DOMAIN."
/* clang-format on */

typedef struct {
    VgateCode code;
    const char *texts[VGATE_N_SITUATIONS];
} Ways;

/* The column of a revert is what is in the column 'saved', if the second table has no text. */
#define VGATE_WAYS(symbol, arrives, saved, managed, starts, runs) \
    {VGATE_CODE_##symbol, {arrives, saved, managed, starts, runs, saved}},
#define VGATE_REVERTS(symbol, text)
static const Ways table[] = {
#include "gate/ways-out.def"
};
#undef VGATE_WAYS
#undef VGATE_REVERTS

#define VGATE_WAYS(symbol, arrives, saved, managed, starts, runs)
#define VGATE_REVERTS(symbol, text) {VGATE_CODE_##symbol, text},
static const struct {
    VgateCode code;
    const char *text;
} reverts[] = {
#include "gate/ways-out.def"
};
#undef VGATE_WAYS
#undef VGATE_REVERTS

const char *
vgate_situation_describe (VgateSituation situation)
{
    static const char *const names[] = {
        [VGATE_SITUATION_ARRIVES] = "for a guest that is migrated",
        [VGATE_SITUATION_SAVED] = "for a guest that is restored",
        [VGATE_SITUATION_MANAGED] = "for a guest with a managed save",
        [VGATE_SITUATION_STARTS] = "at a cold start",
        [VGATE_SITUATION_RUNS] = "for a running guest whose save was stopped",
        [VGATE_SITUATION_REVERTS] = "for a revert to a snapshot",
    };

    G_STATIC_ASSERT (G_N_ELEMENTS (names) == VGATE_N_SITUATIONS);
    return names[situation];
}

/* The cell of the table; NEVER also for a code that is not in it. */
static const char *
find (VgateCode code, VgateSituation situation)
{
    for (gsize i = 0; situation == VGATE_SITUATION_REVERTS && i < G_N_ELEMENTS (reverts); i++)
        if (reverts[i].code == code)
            return reverts[i].text;
    for (gsize i = 0; i < G_N_ELEMENTS (table); i++)
        if (table[i].code == code)
            return table[i].texts[situation];
    return NEVER;
}

/* As the second sentence: a line that is too long loses its last ones. */
static char *
insert_second (const char *text, const char *sentence)
{
    const char *end = strstr (text, ". ");
    const gsize length = end ? (gsize)(end + 1 - text) : strlen (text);

    return g_strdup_printf ("%.*s %s%s", (int)length, text, sentence, text + length);
}

char *
vgate_way_out (VgateCode code, VgateSituation situation, const char *general)
{
    const char *text = find (code, situation);
    const gboolean can_boot = text == BOOT;

    if (can_boot)
        text = find (code, VGATE_SITUATION_SAVED);
    if (text == NEVER || text == GENERAL)
        text = general ? general : vgate_code_info ((int)code)->cure;
    if (can_boot)
        return insert_second (text, "Or give the image up: virsh start --force-boot DOMAIN.");
    if (situation == VGATE_SITUATION_REVERTS && !strstr (text, "virsh start DOMAIN"))
        return insert_second (text, "Or boot without its memory: virsh start DOMAIN.");
    return g_strdup (text);
}

const char *
vgate_place_of_device (VgateSituation situation)
{
    switch (situation) {
    case VGATE_SITUATION_SAVED: return "with 'virsh save-image-edit FILE'.";
    case VGATE_SITUATION_MANAGED: return "with 'virsh managedsave-edit DOMAIN'.";
    case VGATE_SITUATION_REVERTS: return "with 'virsh snapshot-edit DOMAIN SNAPSHOT'.";
    case VGATE_SITUATION_STARTS: return "with 'virsh edit DOMAIN'.";
    default: return "in --xml and --persistent-xml. Make --xml from: virsh dumpxml --migratable DOMAIN.";
    }
}

const char *
vgate_way_out_with_device (VgateCode code)
{
    switch (code) {
    /* of a GPU */
    case VGATE_CODE_STRUCTURE_TOO_OLD:
    case VGATE_CODE_NOT_MIGRATABLE:
    case VGATE_CODE_GPU_DIFFERS:
    case VGATE_CODE_GPU_UNDECIDED:
    case VGATE_CODE_DRIVER_DISAGREES:
    case VGATE_CODE_STATE_NOT_GIVEN:
    case VGATE_CODE_TYPE_NOT_OFFERED:
    case VGATE_CODE_NO_FREE_INSTANCE:
    case VGATE_CODE_SCHEDULER_DIFFERS:
    case VGATE_CODE_DOWN_TIME:
    case VGATE_CODE_GPU_UNUSABLE:
    /* of a device */
    case VGATE_CODE_DEVICE_TYPE_DIFFERS:
    case VGATE_CODE_DEVICE_NOT_HERE:
    case VGATE_CODE_DEVICE_WITHOUT_PGPU:
    case VGATE_CODE_DEVICE_UNUSABLE:
    case VGATE_CODE_DEVICE_BUSY:
        return "If another device of the host can be used, the line names it, or the command that creates "
               "it. Name that device in the files of virsh migrate's --xml (made with 'virsh dumpxml "
               "--migratable DOMAIN') and --persistent-xml (made with 'virsh dumpxml --inactive DOMAIN'). "
               "For a guest that does not migrate, name it with 'virsh save-image-edit FILE', 'virsh "
               "managedsave-edit DOMAIN' or 'virsh snapshot-edit DOMAIN SNAPSHOT'.";
    default: return NULL;
    }
}

gboolean
vgate_way_out_can_occur (VgateCode code, VgateSituation situation)
{
    return find (code, situation) != NEVER;
}

gboolean
vgate_way_out_differs (VgateCode code, VgateSituation situation)
{
    const char *text = find (code, situation);

    return text != NEVER && text != GENERAL;
}
