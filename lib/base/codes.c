/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/codes.h"

#include <string.h>

/* clang-format would put blanks around the dashes, as if they were minus signs. */
/* clang-format off */
G_DEFINE_QUARK (vgate-error-quark, vgate_error)
/* clang-format on */

/* The largest numbers of characters in a message line. libvirt does not limit the length of a domain's name,
 * and a host document can contain a longer name than Linux allows (64). */
#define DOMAIN_NAME_MAX     128
#define HOST_NAME_SHOWN_MAX 64
#define LINE_MAX_CHARACTERS 2000

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
        {901, 901},
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
        {530, "The command 'vgpu-gate device'"},
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
        {900, "vgpu-gate itself"},
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

char *
vgate_message_line (VgateCode code, const char *domain, const char *text)
{
    char code_text[VGATE_CODE_TEXT_SIZE];
    g_autofree char *body = vgate_printable (text, LINE_MAX_CHARACTERS);
    g_autofree char *name = domain ? vgate_printable (domain, DOMAIN_NAME_MAX) : NULL;

    return g_strdup_printf ("vgpu-gate: %s: %s%s%s", vgate_code_format (code, code_text), name ? name : "",
                            name ? ": " : "", body);
}

char *
vgate_refusal_line (VgateCode code, const char *host, const char *domain, const char *text)
{
    char code_text[VGATE_CODE_TEXT_SIZE];
    g_autofree char *body = vgate_printable (text, LINE_MAX_CHARACTERS);
    g_autofree char *name = vgate_printable (domain, DOMAIN_NAME_MAX);
    g_autofree char *speaker = vgate_printable (host, HOST_NAME_SHOWN_MAX);

    return g_strdup_printf ("vgpu-gate: %s: %s refuses %s: %s", vgate_code_format (code, code_text), speaker,
                            name, body);
}
