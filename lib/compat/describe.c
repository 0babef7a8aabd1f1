/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Describes the engine's answers in words. It is not part of the engine because it allocates memory. */
#include "base/codes.h"
#include "base/date-time.h"
#include "compat/verdict.h"
#include "scheduler/duration.h"

#include <string.h>

static const char *const severities[] = {"ignore", "warn", "refuse"};

G_STATIC_ASSERT (G_N_ELEMENTS (severities) == VGATE_SEVERITY_REFUSE + 1);

const char *
vgate_severity_name (VgateSeverity severity)
{
    return (guint)severity < G_N_ELEMENTS (severities) ? severities[severity] : "unknown";
}

gboolean
vgate_severity_parse (const char *text, VgateSeverity *severity)
{
    for (guint i = 0; i < G_N_ELEMENTS (severities); i++) {
        if (strcmp (text, severities[i]) == 0) {
            *severity = (VgateSeverity)i;
            return TRUE;
        }
    }
    return FALSE;
}

typedef struct {
    guint32 bit;
    const char *name;
} BitName;

static const BitName state_names[] = {
    {VGATE_STATE_COLD, "cold"},
    {VGATE_STATE_HIBERNATE, "hibernate"},
    {VGATE_STATE_SLEEP, "sleep"},
    {VGATE_STATE_LIVE, "live"},
};

static const BitName limit_names[] = {
    {VGATE_LIMIT_HOST_DRIVER, "host driver"},
    {VGATE_LIMIT_GUEST_DRIVER, "guest driver"},
    {VGATE_LIMIT_GPU, "GPU"},
    {VGATE_LIMIT_OTHER, "other"},
};

static char *
describe_bits (guint32 bits, const BitName *names, gsize n_names)
{
    g_autoptr (GString) text = g_string_new (NULL);

    for (gsize i = 0; i < n_names; i++) {
        if (bits & names[i].bit)
            g_string_append_printf (text, "%s%s", text->len > 0 ? "|" : "", names[i].name);
        bits &= ~names[i].bit;
    }
    if (bits != 0) /* a newer driver can have more bits */
        g_string_append_printf (text, "%s0x%x", text->len > 0 ? "|" : "", bits);
    return text->len > 0 ? g_string_free (g_steal_pointer (&text), FALSE) : g_strdup ("none");
}

char *
vgate_states_describe (guint32 states)
{
    return describe_bits (states, state_names, G_N_ELEMENTS (state_names));
}

char *
vgate_limit_describe (guint32 limit)
{
    return describe_bits (limit, limit_names, G_N_ELEMENTS (limit_names));
}

static char *
describe_version (const VgateFinding *f)
{
    const VgateVersionRange range = {(guint32)f->destination, (guint32)f->destination_max};
    char version[VGATE_VERSION_TEXT_SIZE], text[VGATE_VERSION_RANGE_TEXT_SIZE];

    return g_strdup_printf (
        "vGPU version %s is %s this host's range %s", vgate_version_format ((guint32)f->source, version),
        f->source < f->destination ? "below" : "above", vgate_version_range_format (range, text));
}

static char *
describe_gpu (const VgateFinding *f)
{
    g_autofree char *why = NULL;

    if (!f->source_text) {
        why = vgate_limit_describe ((guint32)f->source);
        return g_strdup_printf ("the driver reports that the physical GPUs do not match (limit: %s)", why);
    }
    why = vgate_gpu_string_explain (f->source_text, f->destination_text);
    /* board, ECC and SR-IOV are the values themselves */
    if ((vgate_gpu_string_compare (f->source_text, f->destination_text) &
         ~(VgateGpuDifference)(VGATE_GPU_BOARD | VGATE_GPU_ECC | VGATE_GPU_SRIOV)) == 0)
        return g_strdup_printf ("the GPUs differ: %s", why);
    return g_strdup_printf ("the GPUs differ: %s (%s at the source, %s here)", why, f->source_text,
                            f->destination_text);
}

static char *
describe_answer (guint64 packed)
{
    g_autofree char *states = vgate_states_describe ((guint32)(packed >> 32));
    g_autofree char *limit = vgate_limit_describe ((guint32)packed);

    return g_strdup_printf ("states %s, limit %s", states, limit);
}

static char *
describe_disagreement (const VgateFinding *f)
{
    g_autofree char *ours = describe_answer (f->source), *driver = describe_answer (f->destination);

    return g_strdup_printf ("the rule gives %s; the driver here gives %s", ours, driver);
}

/* "equal-share with 2 ms", and with the mode of ARR where asked for. The time slice is 0 with best
 * effort, and is then omitted. */
static char *
describe_policy (const char *policy, guint64 packed, gboolean with_arr)
{
    g_autofree char *words = vgate_duration_describe (VGATE_SCHEDULER_SLICE (packed));
    const char *arr = vgate_arr_mode_name (VGATE_SCHEDULER_ARR (packed));
    const guint32 factor = VGATE_SCHEDULER_FACTOR (packed);

    if (VGATE_SCHEDULER_SLICE (packed) == 0)
        return g_strdup (policy);
    if (!with_arr)
        return g_strdup_printf ("%s with %s", policy, words);
    return factor > 0
               ? g_strdup_printf ("%s with %s (ARR %s, averaging factor %u)", policy, words, arr, factor)
               : g_strdup_printf ("%s with %s (ARR %s)", policy, words, arr);
}

/* TRUE when the policy is the same, but not the mode of ARR or the averaging factor. */
static gboolean
differs_in_arr (const VgateFinding *f)
{
    return strcmp (f->source_text, f->destination_text) == 0 && f->source >> 32 != f->destination >> 32;
}

static char *
describe_scheduler (const VgateFinding *f)
{
    const gboolean with_arr = differs_in_arr (f);
    g_autofree char *source = describe_policy (f->source_text, f->source, with_arr);
    g_autofree char *destination = describe_policy (f->destination_text, f->destination, with_arr);

    return g_strdup_printf ("the scheduler is %s at the source, %s here", source, destination);
}

/* Short, as the report has the whole estimate. */
static char *
describe_down_time (const VgateFinding *f)
{
    g_autofree char *estimate = vgate_down_time_summarise (&f->down_time);

    return g_strdup_printf ("%s; %s limit is %" G_GUINT64_FORMAT " ms", estimate,
                            f->at_destination ? "this host's" : "the guest's", f->destination);
}

/* "580.95.05 (vGPU software 19)". An unknown release is 0, and is omitted. */
static char *
describe_driver (const char *driver, guint64 release)
{
    return release > 0 ? g_strdup_printf ("%s (vGPU software %" G_GUINT64_FORMAT ")", driver, release)
                       : g_strdup (driver);
}

static char *
describe_guest_branch (const VgateFinding *f)
{
    g_autofree char *guest = describe_driver (f->source_text, f->source);
    g_autofree char *host = describe_driver (f->destination_text, f->destination);

    if (f->code == VGATE_CODE_GUEST_BRANCH_UNKNOWN)
        return g_strdup_printf ("it is not known whether guest driver %s is supported on host driver %s",
                                guest, host);
    return g_strdup_printf ("guest driver %s is not supported on host driver %s", guest, host);
}

/* As in the element and in the host document, so that people can compare them. */
static char *
format_time (guint64 seconds)
{
    char *time = vgate_time_format ((gint64)seconds);

    return time ? time : g_strdup ("an impossible time");
}

/* An age by the clock of the host that judges: the time that was read is by the clock of another host. */
static char *
describe_age (const char *what, const char *done, const VgateFinding *f)
{
    g_autofree char *time = format_time (f->source);

    return g_strdup_printf ("%s is %" G_GUINT64_FORMAT " s old by this host's clock (%s at %s); the limit is "
                            "%" G_GUINT64_FORMAT " s",
                            what, f->destination - f->source, done, time, f->destination_max);
}

static char *
describe_future (const VgateFinding *f)
{
    g_autofree char *time = format_time (f->source);

    return g_strdup_printf ("%s at %s, %" G_GUINT64_FORMAT " s in the future by the clock here",
                            f->at_destination ? "the host document was written" : "the metadata was captured",
                            time, f->source - f->destination);
}

/* By its name: the number is the source's driver's, and another driver can number the types differently. */
static char *
describe_type (const VgateFinding *f)
{
    return f->source_text ? g_strdup_printf ("'%s'", f->source_text)
                          : g_strdup_printf ("%" G_GUINT64_FORMAT " (the source's number)", f->source);
}

char *
vgate_finding_describe (const VgateFinding *f)
{
    const char *side = f->at_destination ? "this host's" : "the source's";
    g_autofree char *type = describe_type (f);

    switch (f->code) {
    case VGATE_CODE_STRUCTURE_TOO_OLD:
        return g_strdup_printf ("%s metadata structure has version %" G_GUINT64_FORMAT "; migration needs "
                                "version 3 or newer",
                                side, f->source);
    case VGATE_CODE_NOT_MIGRATABLE:
        return g_strdup_printf ("%s (capabilities 0x%" G_GINT64_MODIFIER "x)",
                                f->at_destination ? "vGPU migration is off on the GPU here"
                                                  : "the source's vGPU cannot migrate",
                                f->source);
    case VGATE_CODE_VERSION_OUTSIDE_RANGE: return describe_version (f);
    case VGATE_CODE_GPU_DIFFERS: return describe_gpu (f);
    case VGATE_CODE_DRIVER_DISAGREES: return describe_disagreement (f);
    case VGATE_CODE_GPU_UNDECIDED:
        return g_strdup_printf ("the opaque data has %" G_GUINT64_FORMAT
                                " bytes at the source and %" G_GUINT64_FORMAT
                                " here; the known sizes are %u and %u",
                                f->source, f->destination, VGATE_VGPU_OPAQUE_SIZE, VGATE_PGPU_OPAQUE_SIZE);
    case VGATE_CODE_TYPE_NOT_OFFERED:
        return g_strdup_printf ("the guest needs vGPU type %s; the GPU here does not offer it", type);
    case VGATE_CODE_NO_FREE_INSTANCE:
        return g_strdup_printf ("no instance of vGPU type %s is free here", type);
    case VGATE_CODE_GUEST_DRIVER_DOWN:
        return g_strdup ("the guest driver was not loaded at the capture, so its vGPU version is "
                         "not known");
    case VGATE_CODE_HOST_DRIVER_OLDER:
    case VGATE_CODE_HOST_DRIVER_NEWER:
    case VGATE_CODE_HOST_DRIVER_NOT_SAME:
        return g_strdup_printf ("the host driver is %s at the source, %s here", f->source_text,
                                f->destination_text);
    case VGATE_CODE_GUEST_BRANCH:
    case VGATE_CODE_GUEST_BRANCH_UNKNOWN: return describe_guest_branch (f);
    case VGATE_CODE_SCHEDULER_DIFFERS: return describe_scheduler (f);
    case VGATE_CODE_METADATA_OLD: return describe_age ("the metadata", "captured", f);
    case VGATE_CODE_HOST_DOCUMENT_OLD: return describe_age ("the host document", "written", f);
    case VGATE_CODE_TIME_IN_FUTURE: return describe_future (f);
    case VGATE_CODE_CAPTURED_ELSEWHERE:
        return f->destination_text
                   ? g_strdup_printf ("the metadata was captured on host %s, but host %s sends the guest",
                                      f->source_text, f->destination_text)
                   : g_strdup_printf ("the metadata was captured here (%s), not on the source",
                                      f->source_text);
    case VGATE_CODE_DOWN_TIME: return describe_down_time (f);
    default: {
        const VgateCodeInfo *info = vgate_code_info ((int)f->code);
        return g_strdup (info ? info->summary : "");
    }
    }
}

static const char *
gpu_way_out (const VgateFinding *f)
{
    const VgateGpuDifference settings = VGATE_GPU_ECC | VGATE_GPU_SRIOV;
    const VgateGpuDifference difference = f->source_text
                                              ? vgate_gpu_string_compare (f->source_text, f->destination_text)
                                              : VGATE_GPU_UNREADABLE;

    if (difference == VGATE_GPU_ECC)
        return "Set ECC as on the source (nvidia-smi --ecc-config) and reset the GPU, or choose another "
               "host.";
    if ((difference & ~settings) == 0)
        return "Set ECC and SR-IOV on this host as on the source, or choose another host.";
    if (difference & VGATE_GPU_NOT_CAPABLE)
        return "Use GPUs and host drivers that support vGPU migration.";
    return "Choose a host with the same board as the source.";
}

const char *
vgate_finding_way_out (const VgateFinding *f)
{
    const VgateCodeInfo *info = vgate_code_info ((int)f->code);

    if (f->code == VGATE_CODE_GPU_DIFFERS)
        return gpu_way_out (f);
    if (f->code == VGATE_CODE_VERSION_OUTSIDE_RANGE && f->source > f->destination_max)
        return "Choose another host, or update the host driver. Or widen a narrowed range (vgpu-gate version "
               "set).";
    /* a driver since r595 cannot switch it off */
    if (f->code == VGATE_CODE_SCHEDULER_DIFFERS && differs_in_arr (f))
        return "Set the same frequency, with ARR, on both hosts (vgpu-gate scheduler set).";
    if (f->code == VGATE_CODE_NOT_MIGRATABLE && f->at_destination)
        return "Choose a host whose GPU and host driver support vGPU migration.";
    if (f->code == VGATE_CODE_NOT_MIGRATABLE)
        return "Disable unified memory, debugger and profiler of the vGPU, and try again.";
    if (f->code == VGATE_CODE_DOWN_TIME && f->at_destination && f->down_time.pace_of != VGATE_PACE_OF_LINK)
        return "Have the guest free frame buffer, or raise limit-ms= in [down-time] of the configuration.";
    if (f->code == VGATE_CODE_DOWN_TIME && f->at_destination)
        return "Have the guest free frame buffer, or use a faster link. Or raise limit-ms= in [down-time] "
               "of the configuration.";
    return info ? info->cure : "";
}
