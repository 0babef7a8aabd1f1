/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "hook-case.h"

#include "base/codes.h"
#include "gate/ways-out.h"
#include "golden.h"
#include "refusal.h"
#include "../test-glib.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

#define IS_ALLOWED(code) ((code) < 100)

void
case_standard_host (FakeHost *host)
{
    fake_host_add_gpu (host, CASE_GPU, FAKE_H100);
    fake_host_add_vf (host, CASE_GPU, CASE_VF, FAKE_TYPE_H100_20C);
    fake_host_add_mdev (host, CASE_MDEV, FAKE_TYPE_H100_20C, CASE_VF);
    fake_host_add_mdev (host, CASE_MDEV_2, FAKE_TYPE_H100_20C, CASE_GPU);
    fake_host_add_unlisted_gpu (host, CASE_PASSTHROUGH, FAKE_H100);
    fake_host_add_foreign_device (host, CASE_FOREIGN);
    fake_host_add_mdev (host, CASE_FOREIGN_MDEV, 4, CASE_FOREIGN);
}

FakeHost *
case_configured_host (const char *config)
{
    FakeHost *host = fake_host_new ();

    case_standard_host (host);
    fake_host_configure (host, config);
    return host;
}

char *
case_input (const HookCase *c, gsize *length)
{
    g_autofree char *file = g_strdup_printf ("%s.in.xml", c->input);
    g_autofree char *path = c->input ? program_source ("hook", file) : NULL;
    g_autofree char *text = NULL;
    g_autoptr (GError) error = NULL;
    g_autoptr (GString) edited = NULL;

    if (!c->input) {
        *length = c->length > 0 || !c->text ? c->length : strlen (c->text);
        return g_memdup2 (c->text ? c->text : "", *length + 1);
    }
    g_file_get_contents (path, &text, NULL, &error);
    g_assert_no_error (error);
    edited = g_string_new (text);
    for (gsize i = 0; i < CASE_EDITS_MAX && c->edits[i].what; i++)
        g_assert_cmpuint (g_string_replace (edited, c->edits[i].what, c->edits[i].by, 0), >, 0);
    *length = edited->len;
    return g_string_free (g_steal_pointer (&edited), FALSE);
}

static void
add_extra (GStrvBuilder *argv, const HookCall *call)
{
    g_auto (GStrv) words = g_strsplit (call->extra ? call->extra : "", " ", -1);

    for (guint i = 0; words[i]; i++) {
        g_autoptr (GString) word = g_string_new (words[i]);

        g_string_replace (word, "$ROOT", fake_host_root (call->host), 0);
        g_strv_builder_add (argv, word->str);
    }
}

/* "migrate" is 'migrate begin -'. */
static void
add_words (GStrvBuilder *argv, const HookCall *call)
{
    g_auto (GStrv) words = g_strsplit (call->operation, " ", 2);

    test_add_words (argv, call->domain, words[0], words[1] ? words[1] : "begin", "-", NULL);
}

void
case_call_hook (const HookCall *call, ProgramRun *run)
{
    g_autoptr (GStrvBuilder) builder = g_strv_builder_new ();
    g_auto (GStrv) argv = NULL;

    test_add_words (builder, program_path ("hook"), "--config", fake_host_config (call->host), "--root",
                    fake_host_root (call->host), NULL);
    add_extra (builder, call);
    add_words (builder, call);
    argv = g_strv_builder_end (builder);
    program_run ((const char *const *)argv, call->input, call->length, run);
}

char *
case_line_begin (int code, const char *operation, const char *domain)
{
    if (IS_ALLOWED (code) || g_str_has_prefix (operation, "release"))
        return g_strdup_printf ("vgpu-gate: VGATE-%03d: %s: ", code, domain);
    return g_strdup_printf ("vgpu-gate: VGATE-%03d: %s refuses %s: ", code, g_get_host_name (), domain);
}

void
case_assert_answer (const ProgramRun *run, const char *domain, int code)
{
    g_autofree char *begin = case_line_begin (code, "migrate", domain);

    g_assert_cmpstr (run->out, ==, "");
    if (IS_ALLOWED (code)) {
        g_assert_cmpstr (run->err, ==, "");
        g_assert_cmpint (run->status, ==, 0);
        return;
    }
    if (!g_str_has_prefix (run->err, begin))
        test_fail ("expected a line that begins with '%s', not '%s'", begin, run->err);
    g_assert_cmpint (run->status, ==, 1);
    g_assert_true (g_str_has_suffix (run->err, "\n"));
    g_assert_true (strchr (run->err, '\n') == strrchr (run->err, '\n'));
}

/* The report ends with the line that libvirt would get, except for an age that has increased in the
 * meantime. */
static void
assert_report (const FakeHost *host, const ProgramRun *dry, const ProgramRun *wet, int code)
{
    g_autofree char *report = fake_host_normalise (host, dry->out);
    g_autofree char *line = fake_host_normalise (host, wet->err);
    const gboolean is_unanswered = vgate_code_is_unanswered ((VgateCode)code);
    const char *answer = IS_ALLOWED (code) ? "allowed" : is_unanswered ? "could not be judged" : "refused";
    g_autofree char *begin = case_line_begin (code, "migrate", CASE_DOMAIN);
    g_autofree char *decision = code == CASE_NOT_GATED
                                    ? g_strdup (" is not gated\n")
                                    : g_strdup_printf ("\ndecision: %s\n%s", answer, begin);

    g_assert_cmpstr (dry->err, ==, "");
    /* libvirt distinguishes two exit statuses, users three */
    g_assert_cmpint (dry->status, ==, is_unanswered ? 3 : wet->status);
    if (!strstr (dry->out, decision))
        test_fail ("expected a report with '%s', not '%s'", decision, dry->out);
    g_assert_true (g_str_has_suffix (report, line));
}

void
case_assert_refusal (const FakeHost *host, const ProgramRun *run, int code, const char *folder,
                     const char *name)
{
    g_autofree char *normal = fake_host_normalise (host, run->err);

    case_assert_answer (run, CASE_DOMAIN, code);
    if (!IS_ALLOWED (code))
        refusal_compare (folder, name, run->status, normal);
}

static FakeHost *
new_host (const HookCase *c)
{
    FakeHost *host = fake_host_new ();

    if (c->prepare)
        c->prepare (host);
    else
        case_standard_host (host);
    if (c->sim)
        fake_host_sim (host, c->sim);
    if (c->config)
        fake_host_configure (host, c->config);
    return host;
}

/* The lines "[GROUP]\nKEY=VALUE\n" of the configuration that the refusal names, or, if the line had no room
 * for all of its way out, those that 'vgpu-gate explain' names. NULL without such lines. The caller frees
 * them. */
static char *
find_setting (const char *refusal, VgateCode code, VgateSituation situation)
{
    g_autoptr (GRegex) regex = g_regex_new ("([a-z-]+=[a-z]+) in (?:the )?\\[([a-z-]+)\\]", 0, 0, NULL);
    g_autofree char *whole = vgate_way_out (code, situation, NULL), *line = NULL, *group = NULL;
    g_autoptr (GMatchInfo) match = NULL;

    if (!g_regex_match (regex, strstr (refusal, "vgpu-gate explain") ? whole : refusal, 0, &match))
        return NULL;
    line = g_match_info_fetch (match, 1);
    group = g_match_info_fetch (match, 2);
    return g_strdup_printf ("[%s]\n%s\n", group, line);
}

/*
 * A way out that names a line of the configuration is walked: with this line, the hook answers the same
 * call in another way. It need not allow the guest, because another rule may refuse it as well. The guest of
 * a migration is restored, too, because a saved guest has ways out of its own.
 */
static void
walk_way_out (const HookCase *c, const char *operation, VgateSituation situation, const char *input,
              gsize length)
{
    g_autofree char *setting = NULL;
    g_autofree char *same = case_line_begin (c->code, operation, CASE_DOMAIN);
    g_autoptr (FakeHost) host = NULL;
    HookCall call = {.domain = CASE_DOMAIN, .operation = operation, .input = input, .length = length};
    g_auto (ProgramRun) before = {0}, after = {0};

    host = new_host (c);
    call.host = host;
    case_call_hook (&call, &before);
    if (!g_str_has_prefix (before.err, same))
        return;
    setting = find_setting (before.err, (VgateCode)c->code, situation);
    if (!setting)
        return;
    fake_host_configure (host, setting);
    case_call_hook (&call, &after);
    g_test_message ("walked %03d %s: %s", c->code, vgate_situation_describe (situation), setting);
    if (g_str_has_prefix (after.err, same))
        test_fail ("with %s%s", setting, after.err);
}

void
case_run (const HookCase *c, const char *folder)
{
    g_autoptr (FakeHost) host = new_host (c);
    gsize length;
    g_autofree char *input = case_input (c, &length);
    g_autofree char *name = c->input ? g_strconcat (c->input, ".", c->name, NULL) : g_strdup (c->name);
    HookCall call = {
        .host = host, .domain = CASE_DOMAIN, .operation = c->operation, .input = input, .length = length};
    g_auto (ProgramRun) wet = {0}, dry = {0};

    case_call_hook (&call, &wet);
    call.extra = "--dry-run";
    case_call_hook (&call, &dry);
    case_assert_refusal (host, &wet, c->code, folder, name);
    assert_report (host, &dry, &wet, c->code);
    if (c->report) {
        g_autofree char *file = g_strconcat (name, ".report", NULL);
        g_autofree char *report = fake_host_normalise (host, dry.out);
        g_autofree char *shortened = refusal_shorten_report (report);
        const char *line = g_strrstr (report, "\nvgpu-gate: ");

        golden_compare (folder, file, shortened);
        /* what libvirt does not get */
        if (line && IS_ALLOWED (c->code))
            refusal_compare (folder, name, dry.status, line + 1);
    }
    if (IS_ALLOWED (c->code))
        return;
    if (!g_str_has_prefix (c->operation, "restore"))
        walk_way_out (c, c->operation, VGATE_SITUATION_ARRIVES, input, length);
    walk_way_out (c, "restore", VGATE_SITUATION_SAVED, input, length);
}

gboolean
case_machine_has_no_leases (void)
{
    if (g_access ("/run/vgpu-gate/leases", F_OK) != 0 && errno == ENOENT)
        return TRUE;
    g_test_skip ("this machine has leases in /run/vgpu-gate");
    return FALSE;
}
