/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a user can do about a refusal. It depends on what the guest does at that moment: a command on the
 * source helps a guest that runs there, and not one in a save image. There is one table, ways-out.def;
 * codes.def has the text for the case that nothing more is known.
 */
#pragma once

#include "base/codes.h"

typedef enum {
    VGATE_SITUATION_ARRIVES, /* the guest is migrated; it runs on the source and continues to run there */
    VGATE_SITUATION_SAVED,   /* it is restored from a file */
    VGATE_SITUATION_MANAGED, /* it is started from its managed save ('virsh start') */
    VGATE_SITUATION_STARTS,  /* it is started cold */
    VGATE_SITUATION_RUNS,    /* it runs on this host, and its save or migration was stopped */
    VGATE_SITUATION_REVERTS, /* it is reverted to a snapshot with memory */
    VGATE_N_SITUATIONS,
} VgateSituation;

/* "a guest that is migrated"; for explain. Static. */
const char *vgate_situation_describe (VgateSituation situation);

/*
 * The way out in sentences. general is the text that is right in the situations without a text of their own:
 * a finding's, a message's own, or NULL for that of codes.def. The caller frees it.
 */
char *vgate_way_out (VgateCode code, VgateSituation situation, const char *general);

/* Where a user names a guest's device, as the end of "name device X ", with the full stop. Static. */
const char *vgate_place_of_device (VgateSituation situation);
/* How the guest gets the device that a refusal with this code may name, in sentences, for all situations; the
 * line may have no room for it. NULL when such a refusal depends on no device and no GPU, so that it names
 * none. Static. */
const char *vgate_way_out_with_device (VgateCode code);

/* FALSE when the gate never refuses a guest with this code in this situation. */
gboolean vgate_way_out_can_occur (VgateCode code, VgateSituation situation);
/* TRUE when the table has a text of its own for the situation, so that it differs from the general one. */
gboolean vgate_way_out_differs (VgateCode code, VgateSituation situation);
