/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/codes.h"
#include "base/journal.h"

#include <string.h>

static void
test_table (void)
{
    gsize n;
    const VgateCodeInfo *const *infos = vgate_code_infos (&n);

    g_assert_cmpuint (n, >, 50);
    for (gsize i = 0; i < n; i++) {
        g_assert_cmpint (infos[i]->code, >=, 1);
        g_assert_cmpint (infos[i]->code, <=, 999);
        if (i > 0)
            g_assert_cmpint (infos[i]->code, >, infos[i - 1]->code);
        g_assert_true (vgate_code_info ((int)infos[i]->code) == infos[i]);
    }
    g_assert_null (vgate_code_info (VGATE_CODE_NONE));
    g_assert_null (vgate_code_info (-1));
    g_assert_null (vgate_code_info (999));
}

static gboolean
is_one_line (const char *text)
{
    return *text != '\0' && !strpbrk (text, "\n\r\t") && g_utf8_validate (text, -1, NULL);
}

/* The summary is a clause, cause and cure are sentences; no double, leading or trailing blanks. */
static void
test_texts (void)
{
    gsize n;
    const VgateCodeInfo *const *infos = vgate_code_infos (&n);

    for (gsize i = 0; i < n; i++) {
        const char *const texts[] = {infos[i]->summary, infos[i]->cause, infos[i]->cure};

        for (gsize j = 0; j < G_N_ELEMENTS (texts); j++) {
            if (!is_one_line (texts[j]) || strstr (texts[j], "  ") || g_str_has_prefix (texts[j], " ") ||
                g_str_has_suffix (texts[j], " "))
                g_error ("VGATE-%03d: '%s' is no clean text", infos[i]->code, texts[j]);
        }
        if (g_str_has_suffix (infos[i]->summary, "."))
            g_error ("VGATE-%03d: the summary ends with a full stop", infos[i]->code);
        for (gsize j = 1; j < G_N_ELEMENTS (texts); j++)
            if (!g_str_has_suffix (texts[j], "."))
                g_error ("VGATE-%03d: '%s' does not end with a full stop", infos[i]->code, texts[j]);
        for (gsize j = 0; j < i; j++)
            if (strcmp (infos[i]->summary, infos[j]->summary) == 0)
                g_error ("VGATE-%03d and VGATE-%03d say the same", infos[i]->code, infos[j]->code);
    }
}

static void
test_parse_and_format (void)
{
    static const char *const bad[] = {
        "",     "VGATE-", "VGATE-000", "VGATE-999",       "999",        "0",
        "-1",   "1000",   "VGATE-3x3", "VGATE 303",       "VGATE--303", " 303",
        "303 ", "+303",   "GATE-303",  "VGATE-VGATE-303", "0x12f",      "VGATE-303\n"};
    char text[VGATE_CODE_TEXT_SIZE];
    gsize n;
    const VgateCodeInfo *const *infos = vgate_code_infos (&n);

    for (gsize i = 0; i < n; i++) {
        g_autofree char *lower = g_ascii_strdown (vgate_code_format (infos[i]->code, text), -1);

        g_assert_cmpuint (strlen (text), ==, strlen ("VGATE-303"));
        g_assert_cmpint (vgate_code_parse (text), ==, infos[i]->code);
        g_assert_cmpint (vgate_code_parse (lower), ==, infos[i]->code);
        g_assert_cmpint (vgate_code_parse (text + strlen ("VGATE-")), ==, infos[i]->code);
    }
    for (gsize i = 0; i < G_N_ELEMENTS (bad); i++)
        if (vgate_code_parse (bad[i]) != VGATE_CODE_NONE)
            g_error ("'%s' is taken for a code", bad[i]);
}

/* Catalogues, filters and scripts of others contain the IDs. */
static void
test_message_id (void)
{
    char id[VGATE_MESSAGE_ID_SIZE];

    g_assert_cmpstr (vgate_message_id (VGATE_CODE_ALLOWED, id), ==, "d728cc8b66154e22b635a23bb80a0001");
    g_assert_cmpstr (vgate_message_id (VGATE_CODE_GPU_DIFFERS, id), ==, "d728cc8b66154e22b635a23bb80a0304");
}

static void
test_error_is (void)
{
    g_autoptr (GError) ours = g_error_new_literal (VGATE_ERROR, VGATE_CODE_GPU_DIFFERS, "x");
    g_autoptr (GError) other = g_error_new_literal (G_FILE_ERROR, VGATE_CODE_GPU_DIFFERS, "x");

    g_assert_true (vgate_error_is (ours, VGATE_CODE_GPU_DIFFERS));
    g_assert_false (vgate_error_is (ours, VGATE_CODE_NOT_MIGRATABLE));
    g_assert_false (vgate_error_is (other, VGATE_CODE_GPU_DIFFERS));
    g_assert_false (vgate_error_is (NULL, VGATE_CODE_GPU_DIFFERS));
}

static void
test_line (void)
{
    g_autofree char *with = vgate_message_line (VGATE_CODE_GPU_DIFFERS, "guest", "the GPUs differ");
    g_autofree char *without = vgate_message_line (VGATE_CODE_XML_EMPTY, NULL, "no XML came in");

    g_assert_cmpstr (with, ==, "vgpu-gate: VGATE-304: guest: the GPUs differ");
    g_assert_cmpstr (without, ==, "vgpu-gate: VGATE-101: no XML came in");
}

/* Both names come from others: a host document can contain any. */
static void
test_refusal_line (void)
{
    g_autofree char *line = vgate_refusal_line (VGATE_CODE_GPU_DIFFERS, "host-b", "guest", "the GPUs differ");
    g_autofree char *hostile = vgate_refusal_line (VGATE_CODE_GPU_DIFFERS, "b\nc", "one\ntwo", "x\ny");
    g_autofree char *name = g_strnfill (10000, 'h');
    g_autofree char *long_names = vgate_refusal_line (VGATE_CODE_GPU_DIFFERS, name, name, "x");

    g_assert_cmpstr (line, ==, "vgpu-gate: VGATE-304: host-b refuses guest: the GPUs differ");
    g_assert_cmpstr (hostile, ==, "vgpu-gate: VGATE-304: b?c refuses one?two: x?y");
    g_assert_cmpuint (strlen (long_names), ==, strlen ("vgpu-gate: VGATE-304:  refuses : x") + 2 * 64);
    g_assert_nonnull (strstr (long_names, "hhh... refuses hhh"));
}

/* A line is never longer than its limit, and no command in it is cut. */
static void
test_long_line (void)
{
    static const char see[] = " See 'vgpu-gate explain 304'.";
    g_autofree char *long_what = g_strnfill (400, 'w'), *long_cure = g_strnfill (250, 'c');
    g_autofree char *cut = g_strdup_printf ("%s. Run 'virsh start --force-boot DOMAIN'.", long_what);
    g_autofree char *pointed = g_strdup_printf ("the GPUs differ. C%s", long_cure);
    g_autofree char *left_out = g_strdup_printf ("the GPUs differ. Run 'a'. Or run 'b'. O%s.", long_cure);
    g_autofree char *lines[] = {
        vgate_refusal_line (VGATE_CODE_GPU_DIFFERS, "b", "vm", cut),
        vgate_refusal_line (VGATE_CODE_GPU_DIFFERS, "b", "vm", pointed),
        vgate_message_line (VGATE_CODE_GPU_DIFFERS, "vm", left_out),
        vgate_message_line (VGATE_CODE_GPU_DIFFERS, NULL, long_what),
        NULL,
    };

    for (gsize i = 0; lines[i]; i++) {
        g_assert_cmpint (g_utf8_strlen (lines[i], -1), <=, VGATE_LINE_CHARACTERS_MAX);
        g_assert_true (g_str_has_suffix (lines[i], see));
    }
    g_assert_nonnull (strstr (lines[0], "www... See"));
    g_assert_cmpint (g_utf8_strlen (lines[0], -1), >=, VGATE_LINE_CHARACTERS_MAX - 1);
    g_assert_cmpstr (lines[1], ==,
                     "vgpu-gate: VGATE-304: b refuses vm: the GPUs differ. See 'vgpu-gate explain 304'.");
    g_assert_cmpstr (
        lines[2], ==,
        "vgpu-gate: VGATE-304: vm: the GPUs differ. Run 'a'. Or run 'b'. See 'vgpu-gate explain 304'.");
    for (gsize i = 0; i < 4; i++)
        g_free (g_steal_pointer (&lines[i]));
}

/* Hostile domain names or messages, and what remains of them. */
static const struct {
    const char *text;
    const char *printed;
} hostile[] = {
    {"one\ntwo", "one?two"},
    {"one\r\ntwo", "one??two"},
    {"tab\there", "tab?here"},
    {"\x1b[31mred\x1b[0m", "?[31mred?[0m"},
    {"\x1b]0;title\x07", "?]0;title?"},
    {"bell\a back\b del\x7f", "bell? back? del?"},
    {"\xc2\x9b"
     "31m",
     "?31m"}, /* CSI in one character */
    {"\xe2\x80\xae"
     "olleh",
     "?olleh"}, /* right-to-left override */
    {"\xe2\x81\xa6"
     "x\xe2\x81\xa9",
     "?x?"},                            /* isolates */
    {"\xe2\x80\x8f\xe2\x80\x8e", "??"}, /* direction marks */
    {"line\xe2\x80\xa8"
     "paragraph\xe2\x80\xa9",
     "line?paragraph?"},
    {"\xef\xbb\xbf"
     "bom",
     "?bom"},
    {"zero\xe2\x80\x8bwidth", "zero?width"},
    {"broken \xff\xfe", "broken ??"},
    {"cut \xc3", "cut ?"},
    {"overlong \xc0\x8a", "overlong ??"},
    {"surrogate \xed\xa0\x80", "surrogate ???"},
    {"gr\xc3\xbcn \xe6\x97\xa5\xe6\x9c\xac", "gr\xc3\xbcn \xe6\x97\xa5\xe6\x9c\xac"},
    {"", ""},
};

static void
test_printable (void)
{
    for (gsize i = 0; i < G_N_ELEMENTS (hostile); i++) {
        g_autofree char *printed = vgate_printable (hostile[i].text, 100);

        g_assert_cmpstr (printed, ==, hostile[i].printed);
    }
}

static void
test_printable_is_cut (void)
{
    g_autofree char *four = vgate_printable ("gr\xc3\xbcne", 4);
    g_autofree char *none = vgate_printable ("text", 0);
    g_autofree char *broken = vgate_printable ("\xff\xff\xff\xff", 3);

    g_assert_cmpstr (four, ==, "gr\xc3\xbcn");
    g_assert_cmpstr (none, ==, "");
    g_assert_cmpstr (broken, ==, "???");
}

static void
assert_one_line (const char *name, const char *text)
{
    g_autofree char *line = vgate_message_line (VGATE_CODE_ELEMENT_VALUE, name, text);

    g_assert_true (g_str_has_prefix (line, "vgpu-gate: VGATE-204: "));
    g_assert_true (g_utf8_validate (line, -1, NULL));
    g_assert_cmpint (g_utf8_strlen (line, -1), <=, VGATE_LINE_CHARACTERS_MAX);
    for (const char *at = line; *at != '\0'; at = g_utf8_next_char (at)) {
        g_assert_true (g_unichar_isprint (g_utf8_get_char (at)));
        g_assert_cmpint (g_unichar_break_type (g_utf8_get_char (at)), !=, G_UNICODE_BREAK_MANDATORY);
    }
}

static void
test_always_one_line (void)
{
    g_autofree char *long_text = g_strnfill (1000000, 'x');
    g_autofree char *long_newlines = g_strnfill (1000000, '\n');

    for (gsize i = 0; i < G_N_ELEMENTS (hostile); i++)
        for (gsize j = 0; j < G_N_ELEMENTS (hostile); j++)
            assert_one_line (hostile[i].text, hostile[j].text);
    assert_one_line (long_text, long_text);
    assert_one_line (long_newlines, long_newlines);
    for (guint i = 0; i < 2000; i++) {
        char name[16], text[64];

        for (gsize j = 0; j < sizeof name; j++)
            name[j] = (char)g_random_int ();
        for (gsize j = 0; j < sizeof text; j++)
            text[j] = (char)g_random_int ();
        name[sizeof name - 1] = text[sizeof text - 1] = '\0';
        assert_one_line (name, text);
    }
}

/* A script that reads only the exit status can distinguish "no" from "it could not be found out". */
static void
test_unanswered (void)
{
    static const VgateCode answers[] = {
        VGATE_CODE_ALLOWED,         VGATE_CODE_ELEMENT_TWICE,    VGATE_CODE_METADATA_MISSING,
        VGATE_CODE_SEAL_WRONG,      VGATE_CODE_STATE_NOT_GIVEN,  VGATE_CODE_NO_FREE_INSTANCE,
        VGATE_CODE_NO_PGPU,         VGATE_CODE_DEVICE_NOT_HERE,  VGATE_CODE_NVML_REFUSED,
        VGATE_CODE_NOT_ROOT,        VGATE_CODE_DEVICE_BUSY,      VGATE_CODE_SWITCH_OVER_UNSERVED,
        VGATE_CODE_DEVICE_UNUSABLE, VGATE_CODE_SWITCH_OVER_EDIT, VGATE_CODE_CONFIG_TAKEN,
        VGATE_CODE_CONFIG_AT_START,
    };
    static const VgateCode failures[] = {
        VGATE_CODE_XML_EMPTY,        VGATE_CODE_INPUT_UNREADABLE, VGATE_CODE_NVML_LIBRARY,
        VGATE_CODE_NVML_CRASHED,     VGATE_CODE_QEMU_UNKNOWN,     VGATE_CODE_HOST_DISAGREES,
        VGATE_CODE_CONFIG_KEY,       VGATE_CODE_LIBVIRT_ERROR,    VGATE_CODE_AGENT_SILENT,
        VGATE_CODE_LEASE_UNREADABLE, VGATE_CODE_INTERNAL,         VGATE_CODE_OUTPUT_UNWRITABLE,
        VGATE_CODE_AGENT_RUNS,       VGATE_CODE_METRICS_FILE,
    };

    for (gsize i = 0; i < G_N_ELEMENTS (answers); i++)
        g_assert_false (vgate_code_is_unanswered (answers[i]));
    for (gsize i = 0; i < G_N_ELEMENTS (failures); i++)
        g_assert_true (vgate_code_is_unanswered (failures[i]));
}

int
main (int argc, char **argv)
{
    g_test_init (&argc, &argv, NULL);
    g_test_add_func ("/codes/table", test_table);
    g_test_add_func ("/codes/texts", test_texts);
    g_test_add_func ("/codes/parse-and-format", test_parse_and_format);
    g_test_add_func ("/codes/message-id", test_message_id);
    g_test_add_func ("/codes/error-is", test_error_is);
    g_test_add_func ("/codes/unanswered", test_unanswered);
    g_test_add_func ("/codes/line", test_line);
    g_test_add_func ("/codes/refusal-line", test_refusal_line);
    g_test_add_func ("/codes/long-line", test_long_line);
    g_test_add_func ("/codes/printable", test_printable);
    g_test_add_func ("/codes/printable-is-cut", test_printable_is_cut);
    g_test_add_func ("/codes/always-one-line", test_always_one_line);
    return g_test_run ();
}
