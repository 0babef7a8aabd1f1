/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "gate/decision.h"

#include "base/date-time.h"
#include "policy/exception.h"

static void
placement_free (VgatePlacement *placement)
{
    g_array_unref (placement->candidates);
    g_clear_error (&placement->fault);
    vgate_lease_free (placement->lease);
    g_free (placement);
}

static void
warning_free (VgateWarning *warning)
{
    g_free (warning->text);
    g_free (warning);
}

VgateDecision *
vgate_decision_new (void)
{
    VgateDecision *decision = g_new0 (VgateDecision, 1);

    decision->placements = g_ptr_array_new_with_free_func ((GDestroyNotify)placement_free);
    decision->warnings = g_ptr_array_new_with_free_func ((GDestroyNotify)warning_free);
    return decision;
}

void
vgate_decision_free (VgateDecision *decision)
{
    if (!decision)
        return;
    g_free (decision->text);
    g_free (decision->xml);
    vgate_host_free (decision->host);
    g_ptr_array_unref (decision->placements);
    g_ptr_array_unref (decision->warnings);
    g_free (decision);
}

void
vgate_decision_set (VgateDecision *decision, gboolean allowed, VgateCode code, const char *text)
{
    const VgateCodeInfo *info = vgate_code_info ((int)code);

    decision->allowed = allowed;
    decision->code = code;
    g_free (decision->text);
    decision->text = g_strdup (text ? text : info->summary);
    /* the XML of a guest that is refused is not changed */
    if (!allowed)
        g_clear_pointer (&decision->xml, g_free);
}

void
vgate_decision_refuse_because (VgateDecision *decision, VgateCode code, const char *what, const char *way_out)
{
    g_autofree char *text = g_strdup_printf ("%s. %s", what, way_out);

    vgate_decision_set (decision, FALSE, code, text);
}

void
vgate_decision_warn (VgateDecision *decision, const GError *error)
{
    VgateWarning *warning = g_new (VgateWarning, 1);

    warning->code = error->domain == VGATE_ERROR ? (VgateCode)error->code : VGATE_CODE_INTERNAL;
    warning->text = g_strdup (error->message);
    g_ptr_array_add (decision->warnings, warning);
}

void
vgate_decision_refuse (VgateDecision *decision, const GError *error)
{
    const VgateCode code = error->domain == VGATE_ERROR ? (VgateCode)error->code : VGATE_CODE_INTERNAL;
    g_autofree char *way_out = vgate_way_out (code, decision->situation, NULL);

    vgate_decision_refuse_because (decision, code, error->message, way_out);
}

VgateDecision *
vgate_decision_new_refusal (GError *error)
{
    g_autoptr (GError) owned = error;
    VgateDecision *decision = vgate_decision_new ();

    vgate_decision_refuse (decision, owned);
    return decision;
}

/* TRUE for the codes with which only a user's question is answered. No guest is refused with them. */
static gboolean
is_only_an_answer (VgateCode code)
{
    return code == VGATE_CODE_VGPU_UNKNOWN || code == VGATE_CODE_RUNS_THERE ||
           code == VGATE_CODE_PLACEMENT_UNKNOWN || code == VGATE_CODE_SWITCH_OVER_UNKNOWN;
}

void
vgate_decision_apply_mode (VgateDecision *decision, const VgatePolicy *policy, const char *domain,
                           const char *uuid)
{
    decision->is_reported = !decision->allowed && !is_only_an_answer (decision->code) &&
                            vgate_policy_only_reports (policy, domain, uuid);
}

static VgateExceptionStage
stage_of (VgateOperation operation)
{
    switch (operation) {
    case VGATE_OPERATION_PREPARE: return VGATE_EXCEPTION_PREPARE;
    case VGATE_OPERATION_STARTED: return VGATE_EXCEPTION_STARTED;
    case VGATE_OPERATION_SWITCH_OVER: return VGATE_EXCEPTION_SWITCH_OVER;
    default: return VGATE_EXCEPTION_ARRIVES;
    }
}

void
vgate_decision_apply_exception (VgateDecision *decision, const VgateDecisionStage *stage)
{
    const gboolean is_refused = !vgate_decision_lets_pass (decision);
    const VgateArrivalStage arrival = {
        .name = stage->domain,
        .uuid = stage->uuid,
        .stage = stage_of (stage->operation),
        .is_refused = is_refused,
        .is_last = stage->operation == VGATE_OPERATION_STARTED && !stage->asks_again,
        .wait_ms = stage->wait_ms,
    };
    g_autoptr (VgateException) exception = NULL;
    g_autofree char *by = NULL, *given = NULL;
    g_autoptr (GError) error = NULL, note = NULL;

    if (decision->code == VGATE_CODE_NOT_CONCERNED)
        return;
    exception = vgate_exception_use (stage->root, &arrival, &error);
    if (error && is_refused)
        vgate_decision_warn (decision, error);
    if (!exception)
        return;
    decision->is_reported = TRUE;
    decision->is_excepted = TRUE;
    by = vgate_exception_by (exception);
    given = vgate_time_format (exception->given);
    note = g_error_new (VGATE_ERROR, VGATE_CODE_EXCEPTION_USED,
                        "the guest passes: this arrival was allowed at %s by %s, because: %s", given, by,
                        exception->reason);
    vgate_decision_warn (decision, note);
}

gboolean
vgate_decision_lets_pass (const VgateDecision *decision)
{
    return decision->allowed || decision->is_reported;
}

char *
vgate_decision_line (const VgateDecision *decision, const VgateHost *host, const char *domain)
{
    if (decision->allowed || !domain || is_only_an_answer (decision->code))
        return vgate_message_line (decision->code, domain, decision->text);
    return (decision->is_reported ? vgate_reported_line : vgate_refusal_line) (
        decision->code, host ? host->name : g_get_host_name (), domain, decision->text);
}
