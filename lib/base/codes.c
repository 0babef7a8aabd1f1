/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/codes.h"

#include <string.h>

/* clang-format would put blanks around the dashes, as if they were minus signs. */
/* clang-format off */
G_DEFINE_QUARK (vgate-error-quark, vgate_error)
/* clang-format on */

/* The largest number of characters of a name in a message line. libvirt does not limit the length of a
 * domain's name, and a host document can contain a longer name than Linux allows (64). */
#define NAME_SHOWN_MAX 64
/* The same if the line would be longer than its limit. virsh prints the hook's arguments, with the whole name
 * of the domain, before the line. */
#define NAME_SHORT_MAX 24

/* Each entry is a structure of its own, so that VgateCodeInfo can grow. */
#define VGATE_CODE(number, symbol, summary, cause, cure) \
    static const VgateCodeInfo info_##number = {VGATE_CODE_##symbol, summary, cause, cure};
#include "base/codes.def"
#undef VGATE_CODE

static const VgateCodeInfo *const infos[] = {
#define VGATE_CODE(number, symbol, summary, cause, cure) &info_##number,
#include "base/codes.def"
#undef VGATE_CODE
};

const VgateCodeInfo *const *
vgate_code_infos (gsize *n_infos)
{
    *n_infos = G_N_ELEMENTS (infos);
    return infos;
}

const VgateCodeInfo *
vgate_code_info (int code)
{
    for (gsize i = 0; i < G_N_ELEMENTS (infos); i++)
        if (infos[i]->code == code)
            return infos[i];
    return NULL;
}

VgateCode
vgate_code_parse (const char *text)
{
    guint64 number;
    const VgateCodeInfo *info;

    if (g_ascii_strncasecmp (text, "VGATE-", 6) == 0)
        text += 6;
    if (!g_ascii_string_to_unsigned (text, 10, 0, 999, &number, NULL))
        return VGATE_CODE_NONE;
    info = vgate_code_info ((int)number);
    return info ? (VgateCode)info->code : VGATE_CODE_NONE;
}

const char *
vgate_code_format (int code, char buffer[VGATE_CODE_TEXT_SIZE])
{
    g_snprintf (buffer, VGATE_CODE_TEXT_SIZE, "VGATE-%03d", code);
    return buffer;
}

gboolean
vgate_code_is_unanswered (VgateCode code)
{
    /* Every code in these ranges is a failure, and a new code within them must be one as well. 734 and 735
     * are left out: vgpu-gated logs them when it has read the configuration again. */
    static const struct {
        int first, last;
    } ranges[] = {
        {101, 199}, /* the domain XML cannot be read */
        {217, 218}, /* the owner of a device */
        {501, 505}, /* NVML */
        {509, 512}, /* the host document, QEMU, this host */
        {518, 518}, /* the output */
        {520, 522}, /* a host that was asked about in vain */
        {550, 557}, /* the documents of a fleet */
        {560, 563}, /* save images and snapshots */
        {570, 572}, /* the branches of the driver */
        {582, 582}, /* the guests of a host that is emptied */
        {601, 699}, /* the configuration */
        {704, 705}, /* libvirt */
        {731, 733}, /* vgpu-gated, its directory and its socket */
        {736, 738}, /* the metrics file, and vgpu-gated's answers */
        {803, 806}, /* the leases */
        {834, 834}, /* the devices of a domain */
        {843, 843}, /* what was allowed once */
        {901, 901}, /* vgpu-gate itself */
        {952, 952}, /* a schema */
    };

    for (gsize i = 0; i < G_N_ELEMENTS (ranges); i++)
        if ((int)code >= ranges[i].first && (int)code <= ranges[i].last)
            return TRUE;
    return FALSE;
}

const char *
vgate_code_group (int code)
{
    /* The first number of each group, in numerical order. A subject whose numbers were used up goes on at
     * another place. */
    static const struct {
        int first;
        const char *group;
    } groups[] = {
        {0, "Decisions"},
        {100, "The domain XML"},
        {200, "The metadata in the domain XML"},
        {300, "NVIDIA's own rule"},
        {400, "Further rules, whose severity the configuration sets"},
        {500, "This host, its driver, and host documents"},
        {530, "The commands 'vgpu-gate device' and 'vgpu-gate devices'"},
        {540, "Snapshots"},
        {550, "Fleets"},
        {560, "Save images and snapshots"},
        {570, "Driver updates"},
        {600, "The configuration"},
        {700, "Captures, and migrations and saves that begin"},
        {731, "vgpu-gated"},
        {801, "The vGPU devices of this host, and their placement"},
        {820, "The gate at switch-over"},
        {831, "Captures, and migrations and saves that begin"},
        {832, "The gate at switch-over"},
        {840, "A host that only reports"},
        {841, "One arrival that is allowed ('vgpu-gate allow-once')"},
        {900, "vgpu-gate itself"},
        {950, "The command 'vgpu-gate validate'"},
    };
    gsize i = G_N_ELEMENTS (groups) - 1;

    while (i > 0 && groups[i].first > code)
        i--;
    return groups[i].group;
}

gboolean
vgate_error_is (const GError *error, VgateCode code)
{
    return g_error_matches (error, VGATE_ERROR, (int)code);
}

/*
 * g_unichar_isprint () rejects direction marks, which could make a line look like another one, but accepts
 * the line and paragraph separators.
 */
static gboolean
is_harmless (gunichar c)
{
    const GUnicodeType type = g_unichar_type (c);

    return g_unichar_isprint (c) && type != G_UNICODE_LINE_SEPARATOR && type != G_UNICODE_PARAGRAPH_SEPARATOR;
}

char *
vgate_printable (const char *text, gsize max)
{
    g_autoptr (GString) printable = g_string_new (NULL);

    for (gsize n = 0; *text != '\0' && n < max; n++) {
        const gunichar c = g_utf8_get_char_validated (text, -1);

        if (c == (gunichar)-1 || c == (gunichar)-2) {
            g_string_append_c (printable, '?');
            text++;
            continue;
        }
        if (is_harmless (c))
            g_string_append_unichar (printable, c);
        else
            g_string_append_c (printable, '?');
        text = g_utf8_next_char (text);
    }
    return g_string_free (g_steal_pointer (&printable), FALSE);
}

/* A printable copy of at most max characters, which ends in "..." if something was cut. */
static char *
shorten (const char *text, gsize max)
{
    g_autofree char *whole = vgate_printable (text, max + 1), *cut = NULL;

    if ((gsize)g_utf8_strlen (whole, -1) <= max)
        return g_steal_pointer (&whole);
    cut = g_utf8_substring (whole, 0, (glong)max - 3);
    return g_strconcat (cut, "...", NULL);
}

/* The end of the sentence that text begins with: a full stop before a blank and a capital, or the end. */
static const char *
end_of_sentence (const char *text)
{
    const char *stop = strstr (text, ". ");

    while (stop && !g_ascii_isupper (stop[2]))
        stop = strstr (stop + 1, ". ");
    return stop ? stop + 1 : text + strlen (text);
}

/*
 * Fits a text into a line of which room characters are left. The first sentence is what is wrong, the others
 * are what to do, the most useful one first. Whole sentences are left out from the end, because a command
 * that is cut is a wrong command, and the line then names 'vgpu-gate explain', which has all of them, if
 * there is room for that. What is wrong is cut only if it does not fit even without something to do.
 */
static char *
fit (VgateCode code, const char *text, gsize room)
{
    g_autofree char *pointer = g_strdup_printf (" See 'vgpu-gate explain %03d'.", (int)code);
    const char *what_end = end_of_sentence (text), *kept_end = what_end, *next_end = what_end;
    g_autofree char *what = g_strndup (text, (gsize)(what_end - text)), *cut = NULL;

    if ((gsize)g_utf8_strlen (text, -1) <= room)
        return g_strdup (text);
    while (*next_end != '\0') {
        next_end = end_of_sentence (next_end + 1);
        if ((gsize)g_utf8_strlen (text, next_end - text) + strlen (pointer) > room)
            break;
        kept_end = next_end;
    }
    if (kept_end != what_end)
        return g_strdup_printf ("%.*s%s", (int)(kept_end - text), text, pointer);
    /* the first thing to do can be all that fits, without the name of the command */
    next_end = *what_end == '\0' ? what_end : end_of_sentence (what_end + 1);
    if (next_end != what_end && (gsize)g_utf8_strlen (text, next_end - text) <= room)
        return g_strndup (text, (gsize)(next_end - text));
    cut = shorten (what, room - strlen (pointer) - 1);
    return g_strconcat (cut, g_str_has_suffix (cut, ".") ? "" : ".", pointer, NULL);
}

/* The line that consists of "vgpu-gate: VGATE-303: ", the names, and as much of the text as fits. Each name
 * can be NULL. verb: what the host does. */
static char *
make_line (VgateCode code, const char *host, const char *verb, const char *domain, const char *text)
{
    /* what is longer cannot be a text of ours, and is not searched for sentences */
    g_autofree char *body = vgate_printable (text, 10 * VGATE_LINE_CHARACTERS_MAX);
    gsize name_max = NAME_SHOWN_MAX;
    char code_text[VGATE_CODE_TEXT_SIZE];

    for (;;) {
        g_autofree char *speaker = host ? shorten (host, name_max) : g_strdup ("");
        g_autofree char *name = domain ? shorten (domain, name_max) : g_strdup ("");
        g_autofree char *head =
            g_strdup_printf ("vgpu-gate: %s: %s%s%s%s", vgate_code_format (code, code_text), speaker,
                             host ? verb : "", name, domain ? ": " : "");
        const gsize room = VGATE_LINE_CHARACTERS_MAX - (gsize)g_utf8_strlen (head, -1);
        g_autofree char *fitting = NULL;

        if (name_max == NAME_SHOWN_MAX && (gsize)g_utf8_strlen (body, -1) > room) {
            name_max = NAME_SHORT_MAX;
            continue;
        }
        fitting = fit (code, body, room);
        return g_strconcat (head, fitting, NULL);
    }
}

char *
vgate_message_line (VgateCode code, const char *domain, const char *text)
{
    return make_line (code, NULL, NULL, domain, text);
}

char *
vgate_refusal_line (VgateCode code, const char *host, const char *domain, const char *text)
{
    return make_line (code, host, " refuses ", domain, text);
}

char *
vgate_reported_line (VgateCode code, const char *host, const char *domain, const char *text)
{
    return make_line (code, host, " would refuse ", domain, text);
}
