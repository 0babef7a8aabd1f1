/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* vgpu-gate scheduler log. */
#include "base/output.h"
#include "command.h"
#include "driver/follow.h"
#include "scheduler/duration.h"
#include "stream.h"
#include "tree-scheduler.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

static void
fill_gpu (JsonObject *tree, const VgateLogNews *news, int engine)
{
    json_object_set_string_member (tree, "address", news->address);
    json_object_set_string_member (tree, "name", news->name);
    vgate_tree_add_engine (tree, engine);
    json_object_set_boolean_member (tree, "available", news->is_available);
    if (news->is_available)
        vgate_tree_add_scheduler (tree, &news->scheduler);
}

static void
fill_entry (JsonObject *tree, const VgateLogNews *news, const VgateSchedulerLogEntry *entry)
{
    json_object_set_string_member (tree, "gpu", news->address);
    vgate_tree_set_number (tree, "timestamp", entry->timestamp);
    vgate_tree_set_number (tree, "runlist", entry->runlist);
    vgate_tree_set_number (tree, "run", entry->run);
    vgate_tree_set_number (tree, "run-total", entry->run_total);
    vgate_tree_set_number (tree, "target", entry->target);
    vgate_tree_set_number (tree, "preemption-total", entry->preemption_total);
    if (entry->weight > 0)
        vgate_tree_set_number (tree, "weight", entry->weight);
}

static int
print_once (const VgateBackend *backend, const char *address, int engine, VgateOutput output)
{
    g_autoptr (GError) error = NULL;
    g_autoptr (GPtrArray) unusable = g_ptr_array_new_with_free_func ((GDestroyNotify)vgate_unusable_gpu_free);
    g_autoptr (GPtrArray) round = vgate_follow_once (backend, address, engine, unusable, &error);
    g_autoptr (JsonObject) report = json_object_new ();
    JsonObject *tree = vgate_tree_add_child (report, "scheduler-log");
    JsonArray *gpus = vgate_tree_add_list (tree, "gpu"), *entries = vgate_tree_add_list (tree, "entry");

    if (!round)
        return vgate_command_fail (error);
    for (guint i = 0; i < round->len; i++) {
        const VgateLogNews *news = g_ptr_array_index (round, i);

        fill_gpu (vgate_tree_add_item (gpus), news, engine);
        for (guint j = 0; j < news->entries->len; j++)
            fill_entry (vgate_tree_add_item (entries), news,
                        &g_array_index (news->entries, VgateSchedulerLogEntry, j));
    }
    return vgate_command_tell_unusable (unusable, vgate_command_print (report, output));
}

/* --- follow --- */

typedef struct {
    VgateStream stream;
    int engine;
    gboolean is_first; /* no round has been printed */
    gboolean has_missed;
    int status; /* VGATE_EXIT_UNANSWERED once a GPU is left out */
} Following;

static void
tell_missed (Following *following, const VgateLogNews *news)
{
    g_autoptr (JsonObject) report = json_object_new ();
    JsonObject *tree = vgate_tree_add_child (report, "missed");
    g_autofree char *time = vgate_duration_describe (news->missed_time);
    g_autofree char *text =
        g_strdup_printf ("GPU %s: log entries were missed, in which its vGPUs ran for %s. %s", news->address,
                         time, vgate_code_info (VGATE_CODE_LOG_MISSED)->cure);
    g_autofree char *line = vgate_message_line (VGATE_CODE_LOG_MISSED, NULL, text);

    following->has_missed = TRUE;
    json_object_set_string_member (tree, "gpu", news->address);
    vgate_tree_set_number (tree, "run", news->missed_time);
    vgate_stream_print (&following->stream, report);
    fprintf (stderr, "%s\n", line);
}

/* Prints the GPU before its first entries, and again whenever its log has begun again, as it does when the
 * scheduler is set. */
static void
print_news (Following *following, const VgateLogNews *news)
{
    if (following->is_first || news->restarted) {
        g_autoptr (JsonObject) report = json_object_new ();

        fill_gpu (vgate_tree_add_child (report, "gpu"), news, following->engine);
        vgate_stream_print (&following->stream, report);
    }
    if (news->missed)
        tell_missed (following, news);
    for (guint i = 0; i < news->entries->len; i++) {
        g_autoptr (JsonObject) report = json_object_new ();

        fill_entry (vgate_tree_add_child (report, "entry"), news,
                    &g_array_index (news->entries, VgateSchedulerLogEntry, i));
        vgate_stream_print (&following->stream, report);
    }
}

static gboolean
has_any_log (const GPtrArray *round)
{
    for (guint i = 0; i < round->len; i++)
        if (((const VgateLogNews *)g_ptr_array_index (round, i))->is_available)
            return TRUE;
    return FALSE;
}

static gboolean
print_round (Following *following, const GPtrArray *round, GError **error)
{
    if (following->is_first && !has_any_log (round)) {
        g_set_error_literal (
            error, VGATE_ERROR, VGATE_CODE_NVML_ERROR,
            following->engine == VGATE_ENGINE_GRAPHICS
                ? "no GPU has a vGPU scheduler log to follow; a GPU in MIG mode has none"
                : "no GPU has a vGPU scheduler log of this engine; drivers have it since r595");
        return FALSE;
    }
    for (guint i = 0; i < round->len; i++)
        print_news (following, g_ptr_array_index (round, i));
    following->is_first = FALSE;
    return vgate_output_flush (error);
}

/* Call this when signals_fd can be read. SIGCONT continues the process after a stop and does not end it; the
 * deadline then counts again from the start. */
static gboolean
must_end (int signals_fd)
{
    struct signalfd_siginfo info;

    return read (signals_fd, &info, sizeof info) != (gssize)sizeof info || info.ssi_signo != SIGCONT;
}

static gboolean
follow (VgateFollower *follower, int signals_fd, Following *following, GError **error)
{
    for (;;) {
        g_autoptr (GError) local = NULL;
        g_autoptr (GPtrArray) unusable =
            g_ptr_array_new_with_free_func ((GDestroyNotify)vgate_unusable_gpu_free);
        g_autoptr (GPtrArray) round = vgate_follower_next (follower, signals_fd, unusable, &local);

        following->status = vgate_command_tell_unusable (unusable, following->status);
        if (round && print_round (following, round, error))
            continue;
        if (local)
            g_propagate_error (error, g_steal_pointer (&local));
        if (round || (error && *error) || must_end (signals_fd))
            return !(error && *error);
    }
}

/* A signal that is already ignored at the start stays ignored: nohup ignores SIGHUP, and a script that goes
 * on after an interrupt ignores SIGINT. */
static gboolean
is_ignored (int signal_number)
{
    struct sigaction action;

    return sigaction (signal_number, NULL, &action) == 0 && action.sa_handler == SIG_IGN;
}

/* The signals that end the command, and SIGCONT. They are blocked and read from the descriptor, so that no
 * line is cut off. */
static int
open_signals (void)
{
    sigset_t set;

    sigemptyset (&set);
    if (!is_ignored (SIGINT))
        sigaddset (&set, SIGINT);
    if (!is_ignored (SIGHUP))
        sigaddset (&set, SIGHUP);
    sigaddset (&set, SIGTERM);
    sigaddset (&set, SIGCONT);
    sigprocmask (SIG_BLOCK, &set, NULL);
    return signalfd (-1, &set, SFD_CLOEXEC);
}

static int
print_for_ever (const VgateBackend *backend, const char *address, int engine, VgateOutput output)
{
    const int signals_fd = open_signals ();
    g_autoptr (GError) error = NULL;
    g_autoptr (VgateFollower) follower = vgate_follower_new (backend, address, engine, &error);
    Following following = {.stream = {.output = output}, .engine = engine, .is_first = TRUE};
    gboolean is_good;

    if (!follower)
        return vgate_command_fail (error);
    is_good = follow (follower, signals_fd, &following, &error);
    vgate_stream_clear (&following.stream);
    close (signals_fd);
    if (!is_good)
        return vgate_command_fail (error);
    return following.has_missed ? VGATE_EXIT_REFUSED : following.status;
}

int
vgate_command_scheduler_log (int argc, char *argv[], const char *config)
{
    g_auto (VgateCommandLine) line = {.output = VGATE_OUTPUT_TEXT};
    gboolean follows = FALSE;
    g_autofree char *engine_name = NULL;
    int engine;
    const GOptionEntry entries[] = {
        VGATE_SCHEDULER_ENGINE (&engine_name),
        {"follow", 'f', 0, G_OPTION_ARG_NONE, &follows, "print new entries as they appear, until interrupted",
         NULL},
        {0},
    };
    g_autoptr (VgatePolicy) policy = NULL;
    g_autofree char *gpu_name = NULL;
    g_autoptr (GError) error = NULL;

    if (!vgate_command_line_parse (
            &line, argc, argv, "[GPU]",
            "Print the last entries of the vGPU scheduler log of a GPU, or of every GPU.", entries, &error) ||
        !vgate_command_take_gpu (&line, &gpu_name, &error) ||
        !vgate_scheduler_engine_parse (engine_name, &engine, &error))
        return vgate_command_usage (error->message);
    policy = vgate_command_policy (config, &error);
    if (!policy)
        return vgate_command_fail (error);
    return (follows ? print_for_ever : print_once) (&policy->backend, gpu_name, engine, line.output);
}
