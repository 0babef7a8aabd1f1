/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The table of the ways out: it is complete, agrees with what the gate really does, and each of its texts is
 * walked by a test. golden-ways-out walks those that an event of the hook can give; a list here has what the
 * labs walk with real libvirts. */
#include "gate/ways-out.h"
#include "../test-glib.h"

#include <string.h>

/* Codes with which the gate refuses no guest. A new code is in this list or in the table. */
static const struct {
    int first, last;
    const char *why;
} not_refusals[] = {
    {1, 7, "decisions that allow, and what was created and removed"},
    {221, 221, "'vgpu-gate allow-restore'"},
    {223, 223, "a refusal that is given later"},
    {513, 516, "settings and the scheduler's log"},
    {518, 519, "the output, and a GPU that can be used again"},
    {523, 523, "settings of the scheduler"},
    {530, 589, "'vgpu-gate device', snapshots that are made, fleets, images, driver updates and plans"},
    {701, 704, "captures"},
    {707, 738, "jobs that go on, hang or have ended, definitions, and vgpu-gated itself"},
    {810, 810, "'release end'"},
    {813, 815, "persistent definitions"},
    {827, 834, "the bus, and vgpu-gated on the source"},
    {840, 840, "a host that only reports"},
    {841, 845, "'vgpu-gate allow-once'"},
    {902, 902, "usage"},
    {950, 979, "'vgpu-gate validate'"},
};

static gboolean
is_no_refusal (int code)
{
    for (gsize i = 0; i < G_N_ELEMENTS (not_refusals); i++)
        if (code >= not_refusals[i].first && code <= not_refusals[i].last)
            return TRUE;
    return FALSE;
}

static gboolean
can_occur_at_all (VgateCode code)
{
    for (VgateSituation s = 0; s < VGATE_N_SITUATIONS; s++)
        if (vgate_way_out_can_occur (code, s))
            return TRUE;
    return FALSE;
}

static void
test_complete (void)
{
    gsize n;
    const VgateCodeInfo *const *infos = vgate_code_infos (&n);

    for (gsize i = 0; i < n; i++)
        if (can_occur_at_all ((VgateCode)infos[i]->code) == is_no_refusal (infos[i]->code))
            g_error ("VGATE-%03d: add it to lib/gate/ways-out.def or, if no guest is refused with it, to "
                     "not_refusals here",
                     infos[i]->code);
}

/* Each text is sentences, speaks of what the guest does at that moment, and fits into a line with the
 * reason. */
static void
test_texts (void)
{
    static const char *const live_only[] = {"the source", "Wait until", "--xml"};
    gsize n;
    const VgateCodeInfo *const *infos = vgate_code_infos (&n);

    for (gsize i = 0; i < n; i++) {
        for (VgateSituation s = 0; s < VGATE_N_SITUATIONS; s++) {
            const VgateCode code = (VgateCode)infos[i]->code;
            g_autofree char *text = vgate_way_out (code, s, NULL);

            if (!vgate_way_out_can_occur (code, s))
                continue;
            g_assert_true (g_ascii_isupper (*text));
            g_assert_true (g_str_has_suffix (text, "."));
            g_assert_null (strstr (text, "  "));
            if (vgate_way_out_differs (code, s) && strlen (text) > 210)
                g_error ("VGATE-%03d %s: %zu characters: '%s'", infos[i]->code, vgate_situation_describe (s),
                         strlen (text), text);
            /* a snapshot is no file that can be restored elsewhere */
            if (s == VGATE_SITUATION_REVERTS && vgate_way_out_differs (code, s) && strstr (text, "image"))
                g_error ("VGATE-%03d %s: '%s'", infos[i]->code, vgate_situation_describe (s), text);
            for (gsize w = 0; s != VGATE_SITUATION_ARRIVES && w < G_N_ELEMENTS (live_only); w++)
                if (strstr (text, live_only[w]) && (s != VGATE_SITUATION_RUNS || w == 2))
                    g_error ("VGATE-%03d %s: '%s' helps only a guest that migrates: '%s'", infos[i]->code,
                             vgate_situation_describe (s), live_only[w], text);
        }
    }
}

/* A text that sends people to virsh migrate's --xml says how that file is made: what travels is the metadata
 * in the file, so an old file describes a guest that no longer exists. */
static void
test_files_for_xml (void)
{
    gsize n;
    const VgateCodeInfo *const *infos = vgate_code_infos (&n);
    guint n_texts = 0;

    for (gsize i = 0; i < n; i++) {
        g_autofree char *arrives = vgate_way_out ((VgateCode)infos[i]->code, VGATE_SITUATION_ARRIVES, NULL);
        const char *const texts[] = {infos[i]->cure, arrives};

        for (gsize t = 0; t < G_N_ELEMENTS (texts); t++) {
            if (!strstr (texts[t], "--xml"))
                continue;
            n_texts++;
            if (!strstr (texts[t], "virsh dumpxml --migratable DOMAIN"))
                g_error ("VGATE-%03d does not say how the file for --xml is made: '%s'", infos[i]->code,
                         texts[t]);
        }
    }
    g_assert_cmpuint (n_texts, >, 10);
}

/* --- the line --- */

static gboolean
has_command (const char *text)
{
    return g_regex_match_simple (
        "virsh [a-z]|vgpu-gate [a-z]|vgpu-gated -|nvidia-smi|scp |systemctl |[a-z]=[a-z]|[a-z]= of \\[", text,
        0, 0);
}

static const struct {
    int code;
    const char *text;
} reasons[] = {
#define VGATE_EXAMPLE(number, text) {number, text},
#include "../../hook/cli/examples.def"
#undef VGATE_EXAMPLE
};

/* A way out that has commands does not lose all of them where the line ends: with names of a usual length,
 * one fits behind the reason. */
static void
test_lines (void)
{
    guint n_lines = 0;

    for (gsize i = 0; i < G_N_ELEMENTS (reasons); i++) {
        const VgateCode code = (VgateCode)reasons[i].code;
        const char *what = strstr (reasons[i].text, ": ");

        for (VgateSituation s = 0; what && s < VGATE_N_SITUATIONS; s++) {
            g_autofree char *way_out = vgate_way_out (code, s, NULL);
            g_autofree char *text = g_strdup_printf ("%s. %s", what + strlen (": "), way_out), *line = NULL;
            g_autoptr (GString) filled = g_string_new (text);
            char *see;

            if (!vgate_way_out_can_occur (code, s) || !vgate_way_out_differs (code, s) ||
                !has_command (way_out))
                continue;
            n_lines++;
            /* as vgate_refusal_decide () does */
            g_string_replace (filled, " (H100 80GB HBM3, simulated)", "", 0);
            g_string_replace (filled, " (simulated)", "", 0);
            line = vgate_refusal_line (code, "gpu-host-017", "instance-0000a3f2", filled->str);
            see = strstr (line, " See 'vgpu-gate explain ");
            if (see)
                *see = '\0';
            if (!has_command (line))
                test_fail ("VGATE-%03d %s: no command is left in '%s' of '%s'", code,
                           vgate_situation_describe (s), line, way_out);
        }
    }
    g_assert_cmpuint (n_lines, >, 40);
}

/* --- the cases --- */

static void
assert_has (VgateCode code, VgateSituation situation, const char *what)
{
    g_autofree char *text = vgate_way_out (code, situation, NULL);

    if (!strstr (text, what))
        g_error ("VGATE-%03d %s: '%s' is missing in '%s'", code, vgate_situation_describe (situation), what,
                 text);
}

static void
assert_has_not (VgateCode code, VgateSituation situation, const char *what)
{
    g_autofree char *text = vgate_way_out (code, situation, NULL);

    if (strstr (text, what))
        g_error ("VGATE-%03d %s: '%s' is wrong in '%s'", code, vgate_situation_describe (situation), what,
                 text);
}

static void
test_cases (void)
{
    for (VgateSituation s = VGATE_SITUATION_SAVED; s <= VGATE_SITUATION_MANAGED; s++) {
        assert_has_not (VGATE_CODE_GUEST_DRIVER_DOWN, s, "Wait");
        assert_has (VGATE_CODE_GUEST_DRIVER_DOWN, s, "guest-driver-down=warn");
        assert_has_not (VGATE_CODE_METADATA_MISSING, s, "vgpu-gated");
        g_assert_false (vgate_way_out_can_occur (VGATE_CODE_METADATA_OLD, s));
        assert_has_not (VGATE_CODE_ELEMENT_DOMAIN, s, "--once");
    }
    for (VgateSituation s = 0; s < VGATE_SITUATION_RUNS; s++) {
        assert_has (VGATE_CODE_CONFIG_KEY, s, "scp");
        assert_has_not (VGATE_CODE_CONFIG_KEY, s, "urandom");
    }
    assert_has (VGATE_CODE_METADATA_MISSING, VGATE_SITUATION_MANAGED, "--force-boot");
    assert_has (VGATE_CODE_VERSION_OUTSIDE_RANGE, VGATE_SITUATION_MANAGED, "--force-boot");
    assert_has_not (VGATE_CODE_VERSION_OUTSIDE_RANGE, VGATE_SITUATION_SAVED, "--force-boot");
}

/* A text of the caller's is used where the table has none of its own. */
static void
test_general (void)
{
    g_autofree char *arrives =
        vgate_way_out (VGATE_CODE_GPU_DIFFERS, VGATE_SITUATION_ARRIVES, "Turn ECC on.");
    g_autofree char *managed =
        vgate_way_out (VGATE_CODE_GPU_DIFFERS, VGATE_SITUATION_MANAGED, "Turn ECC on.");
    g_autofree char *missing = vgate_way_out (VGATE_CODE_METADATA_MISSING, VGATE_SITUATION_SAVED, "x");

    g_assert_cmpstr (arrives, ==, "Turn ECC on.");
    g_assert_cmpstr (managed, ==, "Turn ECC on. Or give the image up: virsh start --force-boot DOMAIN.");
    g_assert_cmpstr (missing, !=, "x");
}

/* --- what the gate really does: the golden cases of the hook --- */

static const struct {
    const char *operation; /* the part of the case's name behind the last dot begins so */
    VgateSituation situation;
} operations[] = {
    {"migrate", VGATE_SITUATION_ARRIVES},
    {"restore", VGATE_SITUATION_SAVED},
    {"started", VGATE_SITUATION_ARRIVES},
    {"prepare", VGATE_SITUATION_STARTS},
};

static char *
source (const char *path)
{
    return g_build_filename (g_getenv ("VGATE_SRCDIR"), path, NULL);
}

static void
test_golden_cases (void)
{
    g_autofree char *path = source ("tests/golden/hook/refusals"), *text = NULL;
    g_auto (GStrv) lines = NULL;
    guint n_cases = 0;

    g_assert_true (g_file_get_contents (path, &text, NULL, NULL));
    lines = g_strsplit (g_strchomp (text), "\n", -1);
    for (gsize i = 0; lines[i]; i++) {
        g_auto (GStrv) words = g_strsplit (lines[i], " ", 4);
        const char *dot = strrchr (words[0], '.');
        const VgateCode code = vgate_code_parse (words[2]);

        for (gsize o = 0; dot && (int)code >= 100 && o < G_N_ELEMENTS (operations); o++) {
            if (!g_str_has_prefix (dot + 1, operations[o].operation))
                continue;
            n_cases++;
            if (!vgate_way_out_can_occur (code, operations[o].situation))
                g_error ("lib/gate/ways-out.def says NEVER, but the golden case '%s' refuses a guest with %s",
                         words[0], words[2]);
        }
    }
    g_assert_cmpuint (n_cases, >, 40);
}

/* --- the ways that a test walks: the refused operation succeeds afterwards --- */

static const struct {
    VgateCode code;
    VgateSituation situation;
    const char *file, *function;
} walked[] = {
#define LAB   "tests/lab/cases/"
#define INNER "tests/mdev-lab/inside/cases/"
    {VGATE_CODE_METADATA_MISSING, VGATE_SITUATION_MANAGED, "tests/debian-lab/cases/saves.sh",
     "test_an_image_without_metadata"},
    {VGATE_CODE_GUEST_DRIVER_DOWN, VGATE_SITUATION_SAVED, LAB "ways-out.sh",
     "test_a_save_without_the_guest_driver"},
    {VGATE_CODE_GUEST_DRIVER_DOWN, VGATE_SITUATION_ARRIVES, LAB "policy.sh",
     "test_a_guest_driver_that_is_down_may_be_warned_of"},
    {VGATE_CODE_VERSION_OUTSIDE_RANGE, VGATE_SITUATION_SAVED, LAB "ways-out.sh",
     "test_a_save_and_a_narrowed_range"},
    {VGATE_CODE_VERSION_OUTSIDE_RANGE, VGATE_SITUATION_MANAGED, LAB "save-restore.sh",
     "test_a_refused_image_can_be_given_up"},
    {VGATE_CODE_ELEMENT_MIRROR, VGATE_SITUATION_SAVED, LAB "ways-out.sh",
     "test_a_save_with_changed_metadata"},
    {VGATE_CODE_ELEMENT_DOMAIN, VGATE_SITUATION_MANAGED, LAB "ways-out.sh",
     "test_a_clone_with_a_managed_save"},
    {VGATE_CODE_SEAL_MISSING, VGATE_SITUATION_SAVED, LAB "ways-out.sh", "test_a_save_without_a_seal"},
    {VGATE_CODE_SEAL_WRONG, VGATE_SITUATION_SAVED, LAB "ways-out.sh",
     "test_a_save_with_the_seal_of_the_old_key"},
    {VGATE_CODE_METADATA_OLD, VGATE_SITUATION_ARRIVES, LAB "policy.sh",
     "test_metadata_may_not_be_older_than_a_limit"},
    {VGATE_CODE_CONFIG_KEY, VGATE_SITUATION_ARRIVES, LAB "ways-out.sh", "test_a_host_without_its_key"},
    {VGATE_CODE_GPU_DIFFERS, VGATE_SITUATION_STARTS, LAB "ways-out.sh",
     "test_a_cold_start_with_old_metadata"},
    {VGATE_CODE_GPU_DIFFERS, VGATE_SITUATION_SAVED, LAB "save-restore.sh", "test_an_image_on_another_host"},
    {VGATE_CODE_DEVICE_NOT_HERE, VGATE_SITUATION_ARRIVES, INNER "placement.sh",
     "test_what_is_suggested_works"},
    {VGATE_CODE_DEVICE_NOT_HERE, VGATE_SITUATION_MANAGED, INNER "save-restore.sh",
     "test_managed_save_and_the_command"},
    {VGATE_CODE_NO_FREE_INSTANCE, VGATE_SITUATION_ARRIVES, LAB "ways-out.sh", "test_a_gpu_in_mig_mode"},
    {VGATE_CODE_HOST_DRIVER_NOT_SAME, VGATE_SITUATION_SAVED, LAB "ways-out.sh",
     "test_a_save_of_another_driver"},
    {VGATE_CODE_HOST_DRIVER_NOT_SAME, VGATE_SITUATION_REVERTS, INNER "save-restore.sh",
     "test_a_revert_that_is_refused"},
    {VGATE_CODE_VERSION_OUTSIDE_RANGE, VGATE_SITUATION_RUNS, LAB "jobs.sh",
     "test_a_save_that_could_not_be_restored_here_is_refused"},
    {VGATE_CODE_GUEST_DRIVER_DOWN, VGATE_SITUATION_RUNS, LAB "jobs.sh",
     "test_the_status_says_who_stopped_a_save_and_why"},
    {VGATE_CODE_NOT_MIGRATABLE, VGATE_SITUATION_RUNS, LAB "ways-out-arrival.sh",
     "test_a_debugger_in_the_guest_is_switched_off"},
    {VGATE_CODE_STATE_NOT_GIVEN, VGATE_SITUATION_RUNS, LAB "ways-out-arrival.sh",
     "test_a_guest_that_sleeps_is_woken"},
};

/* A text is walked for all codes that have it. */
static gboolean
has_walked_text (VgateCode code, VgateSituation situation)
{
    g_autofree char *text = vgate_way_out (code, situation, NULL);

    for (gsize i = 0; i < G_N_ELEMENTS (walked); i++) {
        g_autofree char *other = vgate_way_out (walked[i].code, walked[i].situation, NULL);

        if (walked[i].situation == situation && g_str_equal (other, text))
            return TRUE;
    }
    return FALSE;
}

/* golden-ways-out has the same test for the other situations. */
static void
test_all_walked (void)
{
    gsize n;
    const VgateCodeInfo *const *infos = vgate_code_infos (&n);

    for (gsize i = 0; i < n; i++)
        if (vgate_way_out_differs ((VgateCode)infos[i]->code, VGATE_SITUATION_RUNS) &&
            !has_walked_text ((VgateCode)infos[i]->code, VGATE_SITUATION_RUNS))
            g_error ("VGATE-%03d %s: walk its way out in a test, and add the test to the list walked",
                     infos[i]->code, vgate_situation_describe (VGATE_SITUATION_RUNS));
}

static void
test_walked (void)
{
    for (gsize i = 0; i < G_N_ELEMENTS (walked); i++) {
        g_autofree char *path = source (walked[i].file), *text = NULL;
        g_autofree char *begin = g_strdup_printf ("\n%s () {", walked[i].function);

        g_assert_true (vgate_way_out_can_occur (walked[i].code, walked[i].situation));
        if (!g_file_get_contents (path, &text, NULL, NULL) || !strstr (text, begin))
            g_error ("VGATE-%03d %s: %s has no %s", walked[i].code,
                     vgate_situation_describe (walked[i].situation), walked[i].file, walked[i].function);
    }
}

int
main (int argc, char *argv[])
{
    g_test_init (&argc, &argv, NULL);
    g_test_add_func ("/ways-out/complete", test_complete);
    g_test_add_func ("/ways-out/texts", test_texts);
    g_test_add_func ("/ways-out/files-for-xml", test_files_for_xml);
    g_test_add_func ("/ways-out/lines", test_lines);
    g_test_add_func ("/ways-out/cases", test_cases);
    g_test_add_func ("/ways-out/general", test_general);
    g_test_add_func ("/ways-out/golden-cases", test_golden_cases);
    g_test_add_func ("/ways-out/walked", test_walked);
    g_test_add_func ("/ways-out/all-walked", test_all_walked);
    return g_test_run ();
}
