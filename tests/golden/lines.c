/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lines.h"

#include "base/codes.h"
#include "gate/ways-out.h"
#include "../test-glib.h"

#include <string.h>

#define BEGIN   "vgpu-gate: VGATE-"
#define REFUSES ": HOST refuses vm1: "
#define NAMES   ": vm1: "
#define SEE     " See 'vgpu-gate explain "
/* So much longer than the values that they replace are placeholders such as HOST and TIME together. */
#define PLACEHOLDERS_MAX 16

/* The placeholders of a golden text, as they are on a real host. */
static const struct {
    const char *from, *to;
} values[] = {
    {", simulated)", ")"},
    {" (simulated)", ""},
    {"AGE s", "7261 s"},
    {"at TIME", "at 2026-11-24T16:00:00Z"},
    {"LIBRARY", "libnvidia-ml.so.1"},
    {"ROOT/", "/"},
    {"vm1.pid", "instance-0000a3f2.pid"},
};

/* Where the text begins, behind the names. */
static const char *
text_of (const char *line, gboolean *is_refusal)
{
    const char *colon = strchr (line + strlen (BEGIN), ':');

    *is_refusal = colon && g_str_has_prefix (colon, REFUSES);
    if (*is_refusal)
        return colon + strlen (REFUSES);
    if (colon && g_str_has_prefix (colon, NAMES))
        return colon + strlen (NAMES);
    return colon && colon[1] == ' ' ? colon + 2 : line;
}

static VgateCode
code_of (const char *line)
{
    g_autofree char *number = g_strndup (line + strlen (BEGIN), 3);

    return vgate_code_parse (number);
}

/* The names of a host and a guest, and of a GPU, as they usually are, and as long as they get. */
static const struct {
    const char *host, *domain, *gpu;
} usual = {"gpu-host-017", "instance-0000a3f2", "H100 80GB HBM3"},
  longest = {"compute-node-0123.rack-45.row-6.datacenter-eu-central-1.example.org",
             "customer-0123456789-project-abcdef-virtual-workstation-00042-blue",
             "RTX PRO 6000 Blackwell Max-Q Workstation Edition"};

/* The text of a line with the values of a real host. */
static char *
fill_in (const char *text, const char *end, const char *gpu)
{
    g_autoptr (GString) filled = g_string_new_len (text, end - text);

    for (gsize i = 0; i < G_N_ELEMENTS (values); i++)
        g_string_replace (filled, values[i].from, values[i].to, 1);
    g_string_replace (filled, usual.gpu, gpu, 0);
    return g_string_free (g_steal_pointer (&filled), FALSE);
}

/* With names as long as they get, a line keeps the limit, and no command in it is cut. */
static void
check_longest (const char *where, const char *line)
{
    gboolean is_refusal;
    const char *begin = text_of (line, &is_refusal), *see = strstr (begin, SEE), *way_out;
    g_autofree char *text = fill_in (begin, see ? see : begin + strlen (begin), longest.gpu);
    const VgateCode code = code_of (line);
    g_autofree char *real = is_refusal ? vgate_refusal_line (code, longest.host, longest.domain, text)
                                       : vgate_message_line (code, longest.domain, text);
    g_autofree char *sentences = NULL;

    if (g_utf8_strlen (real, -1) > VGATE_LINE_CHARACTERS_MAX)
        test_fail ("%s: %ld characters: %s", where, g_utf8_strlen (real, -1), real);
    way_out = strstr (strstr (real, "...: "), ". ");
    see = strstr (real, SEE);
    if (!way_out || (see && way_out >= see))
        return;
    sentences = g_strndup (way_out + 1, see ? (gsize)(see - way_out - 1) : strlen (way_out + 1));
    if (!strstr (text, sentences))
        test_fail ("%s: a part of a sentence is left out: %s", where, real);
}

/* The line again as a host writes it whose names are of a usual length. */
static char *
write_again (const char *line)
{
    gboolean is_refusal;
    const char *begin = text_of (line, &is_refusal), *see = strstr (begin, SEE);
    g_autofree char *text = fill_in (begin, see ? see : begin + strlen (begin), usual.gpu);
    const VgateCode code = code_of (line);

    return is_refusal ? vgate_refusal_line (code, usual.host, usual.domain, text)
                      : vgate_message_line (code, usual.domain, text);
}

/* TRUE when a part of a text was cut: the parser's words, which differ between its versions, are "..." in a
 * golden text. */
static gboolean
is_cut (const char *line)
{
    const char *dots = strstr (line, "...");

    return dots && dots > line && dots[-1] != ' ';
}

static void
check_line (const char *where, const char *line)
{
    g_autofree char *real = write_again (line);
    gboolean is_refusal;
    const char *text = text_of (line, &is_refusal);

    if (g_utf8_strlen (line, -1) > VGATE_LINE_CHARACTERS_MAX + PLACEHOLDERS_MAX)
        test_fail ("%s: %ld characters: %s", where, g_utf8_strlen (line, -1), line);
    if (is_cut (line) || is_cut (real))
        test_fail ("%s: something was cut: %s", where, real);
    if (strstr (text, "--xml") && !strstr (text, "virsh dumpxml --migratable DOMAIN") &&
        !strstr (line, SEE) && !strstr (real, SEE))
        test_fail ("%s: it does not say how the file for --xml is made: %s", where, line);
    if ((strstr (text, "Name device ") || strstr (text, "name that device ")) &&
        !vgate_way_out_with_device (code_of (line)))
        test_fail ("%s: 'vgpu-gate explain' does not say how the guest gets the device: %s", where, line);
    text = strstr (real, SEE);
    /* a guest with several vGPUs that cannot run here may need all of the line */
    if (text && !g_strstr_len (real, text - real, ". ") && !strstr (real, " more vGPU"))
        test_fail ("%s: no way out is left: %s", where, real);
}

void
lines_check (const char *where, const char *text)
{
    g_auto (GStrv) lines = g_strsplit (text, "\n", -1);

    for (gsize i = 0; lines[i]; i++)
        if (g_str_has_prefix (lines[i], BEGIN)) {
            check_line (where, lines[i]);
            check_longest (where, lines[i]);
        }
}
