/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "walk.h"

#include "command-case.h"
#include "../test-glib.h"

#include <string.h>

void
walk_clear (Walk *w)
{
    guest_clear (&w->guest);
    g_clear_pointer (&w->host, fake_host_free);
}

/* What libvirt has of the guest before the operation. */
static void
prepare_situation (Walk *w)
{
    static const char status[] = "<domstatus state='paused' reason='migration' pid='4711'>\n"
                                 "  <job type='none' async='snapshot'/>\n</domstatus>\n";

    if (w->situation == VGATE_SITUATION_MANAGED)
        fake_host_write_file (w->host, WALK_SAVE, "", 0, 0600);
    if (w->situation == VGATE_SITUATION_STARTS)
        fake_host_configure (w->host, "[gate]\ncold-start=check\n");
    if (w->situation == VGATE_SITUATION_REVERTS) {
        fake_host_qemu_started (w->host, CASE_DOMAIN, TRUE);
        fake_host_write_file (w->host, WALK_STATUS, status, strlen (status), 0600);
    }
    w->guest.host = w->host;
}

void
walk_init (Walk *w, const Refused *by, VgateSituation situation)
{
    HookCase c = {.input = by->input};

    *w = (Walk){.by = by, .situation = situation, .host = fake_host_new ()};
    memcpy (c.edits, by->edits, sizeof c.edits);
    w->guest.xml = case_input (&c, &w->guest.length);
    (by->prepare ? by->prepare : case_standard_host) (w->host);
    if (by->sim)
        fake_host_sim (w->host, by->sim);
    if (by->config)
        fake_host_configure (w->host, by->config);
    if (by->has_kernel)
        fake_host_start_kernel (w->host);
    prepare_situation (w);
}

char *
walk_operate (Walk *w)
{
    static const char *const events[VGATE_N_SITUATIONS][3] = {
        [VGATE_SITUATION_ARRIVES] = {"migrate"},
        [VGATE_SITUATION_SAVED] = {"restore"},
        [VGATE_SITUATION_MANAGED] = {"restore", "prepare"},
        [VGATE_SITUATION_STARTS] = {"prepare"},
        [VGATE_SITUATION_REVERTS] = {"started"},
    };
    static const char *const boot[] = {"prepare", "started", NULL};
    const char *const *names = w->boots ? boot : events[w->situation];

    for (guint i = 0; names[i]; i++) {
        const HookCall call = {.host = w->host,
                               .domain = CASE_DOMAIN,
                               .operation = names[i],
                               .input = w->guest.xml,
                               .length = w->guest.length};
        g_auto (ProgramRun) run = {0};

        case_call_hook (&call, &run);
        if (run.status != 0)
            return g_steal_pointer (&run.err);
        if (*run.out != '\0') {
            g_free (w->guest.xml);
            w->guest.xml = g_strdup (run.out);
            w->guest.length = strlen (run.out);
        }
    }
    return NULL;
}

void
walk_edit (Walk *w, const char *pattern, const char *by)
{
    g_autoptr (GRegex) regex = g_regex_new (pattern, G_REGEX_DOTALL | G_REGEX_RAW, 0, NULL);
    char *edited = g_regex_replace_literal (regex, w->guest.xml, (gssize)w->guest.length, 0, by, 0, NULL);

    g_assert_cmpstr (edited, !=, w->guest.xml);
    g_free (w->guest.xml);
    w->guest.xml = edited;
    w->guest.length = strlen (edited);
}

void
walk_name_mdev (Walk *w, const char *uuid)
{
    g_autofree char *address = g_strdup_printf ("<address uuid='%s'/>", uuid);

    walk_edit (w, "<address uuid='" CASE_MDEV "'/>", address);
}

char *
walk_command (Walk *w, const char *line)
{
    g_auto (ProgramRun) run = {0};

    if (!command_can_run (&(CommandCall){.line = line}))
        return NULL;
    fake_host_write_file (w->host, "guest.xml", w->guest.xml, w->guest.length, 0600);
    command_run (w->host, line, &run);
    if (run.status != 0)
        test_fail ("'%s': exit status %d: %s%s", line, run.status, run.out, run.err);
    return g_steal_pointer (&run.out);
}

void
walk_elsewhere (Walk *w, G_GNUC_UNUSED const GMatchInfo *clause)
{
    fake_host_free (w->host);
    w->host = fake_host_new ();
    case_standard_host (w->host);
    if (w->by->config)
        fake_host_configure (w->host, w->by->config);
    prepare_situation (w);
}
