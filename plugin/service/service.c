/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "plugin/service/service.h"

#include "plugin/service/agent.h"
#include "plugin/service/local-socket.h"
#include "plugin/base/log.h"
#include "plugin/service/metrics-file.h"
#include "plugin/service/notify.h"
#include "plugin/base/run-directory-lock.h"
#include "plugin/service/self-checker.h"
#include "plugin/service/status-document.h"
#include "status/address.h"

#include <glib-unix.h>
#include <string.h>

/* The interval at which systemd's status line and the metrics file are updated: Prometheus usually asks as
 * often. */
#define TICK_SEC 15u
/* The first update comes sooner, when there is something to report. */
#define FIRST_TICK_SEC 2u
/* Characters of the configuration's error in the status document. */
#define CONFIG_TEXT_MAX 255u

typedef struct {
    VgateAgent *agent;
    VgateLocalSocket *socket;
    VgateMetricsFile *metrics_file;
    VgateSelfChecker *self_checker;
    GMainLoop *loop;
    const char *config;     /* what --config names, or NULL */
    char *config_error;     /* the error of the file that was logged last; NULL: the file is good */
    char *reported_error;   /* of the hook's counters that was logged last; NULL: they can be read */
    char *exceptions_error; /* the same of what 'vgpu-gate allow-once' has allowed */
    char *notified;         /* the status line that systemd has */
} Service;

/* --- the configuration file as it is now --- */

static void
log_config_error (Service *service, const GError *config_error, const char *consequence)
{
    if (g_strcmp0 (service->config_error, config_error->message) == 0)
        return;
    g_free (service->config_error);
    service->config_error = g_strdup (config_error->message);
    vgate_log ((VgateCode)config_error->code, NULL, "%s: %s. %s", consequence, config_error->message,
               vgate_code_info (config_error->code)->cure);
}

static void
describe_mode (const VgatePolicy *policy, VgateStatus *status)
{
    status->is_report_only = policy->is_report_only;
    status->report_domains = policy->report_domains ? g_strv_length (policy->report_domains) : 0;
}

/* Logs an error once, until another one occurs. *last: the one that was logged; NULL: none. */
static void
log_changed_error (char **last, const GError *error, const char *what)
{
    if (g_strcmp0 (*last, error->message) == 0)
        return;
    g_free (*last);
    *last = g_strdup (error->message);
    vgate_log ((VgateCode)error->code, NULL, "%s: %s", what, error->message);
}

/* What the hook has counted. */
static void
describe_reported (Service *service, VgateStatus *status)
{
    g_autoptr (GError) error = NULL;
    GArray *reported = vgate_reported_read ("", &error);

    if (reported) {
        g_array_unref (status->reported);
        status->reported = reported;
        g_clear_pointer (&service->reported_error, g_free);
    } else {
        log_changed_error (&service->reported_error, error, "cannot read what the hook has counted");
    }
}

static void
describe_exceptions (Service *service, VgateStatus *status)
{
    g_autoptr (GError) error = NULL;
    GPtrArray *exceptions = vgate_exceptions_read ("", &error);

    if (exceptions) {
        g_ptr_array_unref (status->exceptions);
        status->exceptions = exceptions;
        g_clear_pointer (&service->exceptions_error, g_free);
    } else {
        log_changed_error (&service->exceptions_error, error, "cannot read which arrivals are allowed");
    }
}

/*
 * The hook reads the installed file at each event, so a bad one refuses guests long before anybody reloads
 * vgpu-gated. It does not read the file that --config names. The file is small, and is read again for each
 * report, which also notices a key file that has changed.
 */
static void
describe_config (Service *service, VgateStatus *status)
{
    g_autoptr (GError) error = NULL;
    g_autoptr (VgatePolicy) policy = vgate_policy_load (service->config, &error);
    char code[VGATE_CODE_TEXT_SIZE];

    describe_mode (policy ? policy : vgate_agent_policy (service->agent), status);
    if (policy) {
        g_clear_pointer (&service->config_error, g_free);
        return;
    }
    status->is_config_refused = TRUE;
    status->config_code = g_strdup (vgate_code_format (error->code, code));
    status->config_text = vgate_printable (error->message, CONFIG_TEXT_MAX);
    log_config_error (service, error,
                      service->config
                          ? "the configuration has an error"
                          : "the configuration has an error, and the hook refuses guests with a vGPU");
}

static VgateStatus *
describe (Service *service)
{
    VgateStatus *status = vgate_agent_describe (service->agent);

    describe_config (service, status);
    describe_reported (service, status);
    describe_exceptions (service, status);
    status->self_checks = vgate_self_checker_last (service->self_checker, &status->self_checked);
    return status;
}

/* --- requests --- */

static char *
answer (const char *request, gpointer user_data)
{
    g_autoptr (VgateStatus) status = describe (user_data);

    if (strcmp (request, VGATE_REQUEST_STATUS) == 0)
        return vgate_status_document (status);
    return strcmp (request, VGATE_REQUEST_METRICS) == 0 ? vgate_status_metrics (status) : NULL;
}

/* The daemon works without its socket, but does not answer requests then. */
static void
open_socket (Service *service)
{
    g_autoptr (GError) error = NULL;

    service->socket = vgate_local_socket_new (VGATE_AGENT_SOCKET, answer, service, &error);
    if (!service->socket)
        vgate_log (VGATE_CODE_AGENT_SOCKET, NULL, "%s", error->message);
}

/* --- status for systemd and the metrics file --- */

static void
notify_status (Service *service, const VgateStatus *status)
{
    g_autofree char *text = vgate_status_line (status);

    if (g_strcmp0 (text, service->notified) == 0)
        return;
    vgate_notify_status (text);
    g_free (service->notified);
    service->notified = g_steal_pointer (&text);
}

static void
tick (Service *service)
{
    g_autoptr (VgateStatus) status = describe (service);
    const char *path = vgate_agent_policy (service->agent)->metrics_file;

    notify_status (service, status);
    if (path && vgate_metrics_file_is_ready (service->metrics_file)) {
        g_autofree char *text = vgate_status_metrics (status);

        vgate_metrics_file_write (service->metrics_file, path, text);
    }
}

static gboolean
on_first_tick (gpointer service)
{
    tick (service);
    return G_SOURCE_REMOVE;
}

static gboolean
on_tick (gpointer service)
{
    tick (service);
    return G_SOURCE_CONTINUE;
}

/* --- signals --- */

static void
reload (Service *service)
{
    const VgatePolicy *was = vgate_agent_policy (service->agent);
    g_autoptr (GError) error = NULL;
    VgatePolicy *policy = vgate_policy_load (service->config, &error);

    vgate_tally_note_reload (vgate_agent_tally (service->agent), policy != NULL);
    if (!policy) {
        /* also where it was logged when it was noticed: this one answers SIGHUP */
        g_clear_pointer (&service->config_error, g_free);
        log_config_error (service, error, "the previous configuration stays in force");
        return;
    }
    /* the UUID of this host was read at the start, and is in every element that was captured since */
    if (g_strcmp0 (was->host_uuid, policy->host_uuid) != 0)
        vgate_log (VGATE_CODE_CONFIG_AT_START, NULL,
                   "uuid= in [host] has changed; the change takes effect at the next start of vgpu-gated");
    if (g_strcmp0 (was->switch_over_bus, policy->switch_over_bus) != 0)
        vgate_log (
            VGATE_CODE_CONFIG_AT_START, NULL,
            "bus= in [switch-over] has changed; the change takes effect at the next start of vgpu-gated");
    vgate_agent_set_policy (service->agent, policy);
    vgate_log (VGATE_CODE_CONFIG_TAKEN, NULL, "read the configuration '%s' again",
               service->config ? service->config : vgate_policy_default_path ());
}

static gboolean
on_reload (gpointer user_data)
{
    Service *service = user_data;

    vgate_notify_reloading ();
    reload (service);
    vgate_notify_reloaded ();
    vgate_self_checker_hurry (service->self_checker);
    tick (service);
    return G_SOURCE_CONTINUE;
}

static gboolean
on_terminate (gpointer user_data)
{
    g_main_loop_quit (((Service *)user_data)->loop);
    return G_SOURCE_CONTINUE;
}

gboolean
vgate_service_run (VgatePolicy *policy, const char *config, const char *uri, GError **error)
{
    /* its members are never freed: see the header */
    Service service = {.config = config};

    if (vgate_run_directory_lock (VGATE_RUN_DIRECTORY, error) < 0) {
        vgate_policy_free (policy);
        return FALSE;
    }
    service.loop = g_main_loop_new (NULL, FALSE);
    service.agent = vgate_agent_new (policy, uri);
    service.metrics_file = vgate_metrics_file_new ();
    g_unix_signal_add (SIGTERM, on_terminate, &service);
    g_unix_signal_add (SIGINT, on_terminate, &service);
    g_unix_signal_add (SIGHUP, on_reload, &service);
    if (!vgate_agent_start (service.agent, error))
        return FALSE;
    service.self_checker = vgate_self_checker_new ();
    open_socket (&service);
    g_timeout_add_seconds (FIRST_TICK_SEC, on_first_tick, &service);
    g_timeout_add_seconds (TICK_SEC, on_tick, &service);
    vgate_notify_start_watchdog ();
    vgate_notify_ready ();
    g_main_loop_run (service.loop);
    vgate_agent_stop (service.agent);
    vgate_notify_stopping ();
    vgate_local_socket_free (service.socket);
    return TRUE;
}
