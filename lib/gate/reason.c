/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "gate/reason.h"

#include <string.h>

static guint
count_refusals (const VgateVerdict *verdict)
{
    guint n = 0;

    for (guint i = 0; i < verdict->n_findings; i++)
        n += verdict->findings[i].severity == VGATE_SEVERITY_REFUSE ? 1 : 0;
    return n;
}

/* A host has fewer findings for a GPU than VGATE_FINDINGS_MAX. */
guint
vgate_reason_distance (const VgateCandidate *candidate, const VgateElementVgpu *vgpu, const VgateHost *host)
{
    const VgatePgpu *pgpu = g_ptr_array_index (host->pgpus, candidate->pgpu);
    const gboolean has_type = vgate_pgpu_find_type (pgpu, vgpu->type, vgpu->type_name) != NULL;
    /* a string that is empty or a UUID does not show the board */
    const gboolean has_board = (vgate_gpu_string_compare (vgpu->record.gpu_string, pgpu->record.gpu_string) &
                                (VGATE_GPU_BOARD | VGATE_GPU_NOT_CAPABLE | VGATE_GPU_UNREADABLE)) == 0;

    return (has_type ? 0 : 2 * VGATE_FINDINGS_MAX) + (has_board ? 0 : VGATE_FINDINGS_MAX) +
           count_refusals (&candidate->verdict);
}

const VgateCandidate *
vgate_reason_nearest (const VgatePlacement *placement, const VgateHost *host)
{
    const VgateCandidate *nearest = NULL;
    guint least = G_MAXUINT;

    for (guint i = 0; i < placement->candidates->len; i++) {
        const VgateCandidate *candidate = &g_array_index (placement->candidates, VgateCandidate, i);
        const guint distance = vgate_reason_distance (candidate, placement->vgpu, host);

        if (distance >= least)
            continue;
        nearest = candidate;
        least = distance;
    }
    return nearest;
}

/* "NVIDIA L40S" without NVIDIA, which all vGPUs here are of. */
static const char *
without_maker (const char *name)
{
    static const char maker[] = "NVIDIA ";

    return g_str_has_prefix (name, maker) ? name + strlen (maker) : name;
}

char *
vgate_reason_subject (const VgateSubject *subject)
{
    g_autofree char *number = subject->n_vgpus > 1
                                  ? g_strdup_printf ("%u of %u, ", subject->index + 1, subject->n_vgpus)
                                  : g_strdup ("");

    const char *name = subject->gpu_name ? without_maker (subject->gpu_name) : NULL;
    const char *simulated = subject->is_simulated ? "simulated" : NULL;
    const char *first = name ? name : simulated, *second = name ? simulated : NULL;

    return g_strdup_printf ("vGPU %s%s on GPU %s%s%s%s%s%s", number, without_maker (subject->type_name),
                            subject->address, first ? " (" : "", first ? first : "", second ? ", " : "",
                            second ? second : "", first ? ")" : "");
}

/* Skips backwards over digits. NULL when there are none. */
static const char *
before_digits (const char *begin, const char *at)
{
    const char *end = at;

    while (at > begin && g_ascii_isdigit (at[-1]))
        at--;
    return at < end ? at : NULL;
}

/* TRUE for a type that needs MIG mode. NVIDIA names it with the slices of its GPU instance ("NVIDIA
 * A100-1-5C"), and without them a type that shares the whole GPU ("NVIDIA A100-5C"; Virtual GPU Software User
 * Guide). */
static gboolean
is_mig_backed (const char *name)
{
    const char *at = name + strlen (name);

    while (at > name && g_ascii_isupper (at[-1]))
        at--;
    at = *at != '\0' ? before_digits (name, at) : NULL;
    at = at && at > name && at[-1] == '-' ? before_digits (name, at - 1) : NULL;
    return at && at > name && at[-1] == '-';
}

/* Why a GPU has no room for the type, as its MIG mode explains it. */
typedef enum {
    NO_ROOM_USED,     /* MIG mode does not explain it */
    NO_ROOM_MIG_ON,   /* a time-sliced type, and the GPU is in MIG mode */
    NO_ROOM_MIG_OFF,  /* a MIG-backed type, and the GPU is not */
    NO_ROOM_INSTANCE, /* a MIG-backed type without a free GPU instance */
} NoRoom;

static NoRoom
explain_no_room (const VgateFinding *finding, const VgatePgpu *pgpu)
{
    if ((finding->code != VGATE_CODE_NO_FREE_INSTANCE && finding->code != VGATE_CODE_TYPE_NOT_OFFERED) ||
        !finding->source_text || pgpu->mig == VGATE_MODE_UNKNOWN)
        return NO_ROOM_USED;
    if (!is_mig_backed (finding->source_text))
        return pgpu->mig == VGATE_MODE_ON ? NO_ROOM_MIG_ON : NO_ROOM_USED;
    if (pgpu->mig == VGATE_MODE_OFF)
        return NO_ROOM_MIG_OFF;
    return finding->code == VGATE_CODE_NO_FREE_INSTANCE ? NO_ROOM_INSTANCE : NO_ROOM_USED;
}

char *
vgate_reason_describe (const VgateFinding *finding, const VgatePgpu *pgpu)
{
    switch (explain_no_room (finding, pgpu)) {
    case NO_ROOM_MIG_ON: return g_strdup ("the vGPU type is time-sliced, but the GPU here is in MIG mode");
    case NO_ROOM_MIG_OFF:
        return g_strdup_printf ("vGPU type '%s' needs MIG mode, which is off on the GPU here",
                                finding->source_text);
    case NO_ROOM_INSTANCE:
        return g_strdup_printf ("no GPU instance for vGPU type '%s' is free here", finding->source_text);
    default: return vgate_finding_describe (finding);
    }
}

char *
vgate_reason_way_out (const VgateFinding *finding, const VgatePgpu *pgpu, VgateSituation situation)
{
    switch (explain_no_room (finding, pgpu)) {
    case NO_ROOM_MIG_ON:
        return g_strdup_printf ("Choose another host, or disable MIG mode when no vGPU runs on the GPU: "
                                "nvidia-smi -i %s -mig 0.",
                                pgpu->address);
    case NO_ROOM_MIG_OFF:
        return g_strdup_printf ("Choose another host, or enable MIG mode when no vGPU runs on the GPU: "
                                "nvidia-smi -i %s -mig 1.",
                                pgpu->address);
    case NO_ROOM_INSTANCE:
        return g_strdup_printf ("Free a GPU instance, or choose another host. If -lgip shows room, add one: "
                                "nvidia-smi mig -i %s -cgi PROFILE.",
                                pgpu->address);
    default: return vgate_way_out ((VgateCode)finding->code, situation, vgate_finding_way_out (finding));
    }
}
