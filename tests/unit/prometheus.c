/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "prometheus.h"

#include <string.h>

#define NAME  "vgpu_gate_[a-z0-9]+(?:_[a-z0-9]+)*"
#define LABEL "[a-z_]+=\"(?:[^\"\\\\]|\\\\[\"\\\\n])*\""

typedef struct {
    GHashTable *samples;
    GHashTable *metrics; /* set of the names whose samples have ended */
    char *metric;        /* the name whose samples are being read */
    gboolean has_type, is_counter;
} Parser;

/* Returns the groups of the whole line; NULL if it does not match. */
static char **
match (const char *pattern, const char *line)
{
    g_autoptr (GRegex) regex = g_regex_new (pattern, G_REGEX_ANCHORED | G_REGEX_DOLLAR_ENDONLY, 0, NULL);
    g_autoptr (GMatchInfo) info = NULL;

    g_assert_nonnull (regex);
    return g_regex_match (regex, line, 0, &info) ? g_match_info_fetch_all (info) : NULL;
}

static void
take_help (Parser *parser, const char *name)
{
    if (!g_hash_table_add (parser->metrics, g_strdup (name)))
        g_error ("%s comes twice", name);
    if (parser->metric && !parser->has_type)
        g_error ("%s has no TYPE", parser->metric);
    g_free (parser->metric);
    parser->metric = g_strdup (name);
    parser->has_type = FALSE;
}

static void
take_type (Parser *parser, const char *name, const char *type)
{
    if (g_strcmp0 (parser->metric, name) != 0 || parser->has_type)
        g_error ("TYPE of %s does not follow its HELP", name);
    parser->has_type = TRUE;
    parser->is_counter = strcmp (type, "counter") == 0;
    if (parser->is_counter != g_str_has_suffix (name, "_total"))
        g_error ("%s is a %s", name, type);
}

static void
take_sample (Parser *parser, const char *sample, const char *name, const char *value)
{
    if (g_strcmp0 (parser->metric, name) != 0 || !parser->has_type)
        g_error ("%s does not follow its TYPE", sample);
    if (!g_hash_table_insert (parser->samples, g_strdup (sample), g_strdup (value)))
        g_error ("%s occurs twice", sample);
    if (parser->is_counter && value[0] == '-')
        g_error ("%s is negative", sample);
}

static void
take_line (Parser *parser, const char *line)
{
    g_auto (GStrv) help = match ("# HELP (" NAME ") [A-Z0-9][^\\\\]*\\.$", line);
    g_auto (GStrv) type = match ("# TYPE (" NAME ") (counter|gauge)$", line);
    g_auto (GStrv) sample =
        match ("((" NAME ")(?:\\{" LABEL "(?:," LABEL ")*\\})?) (-?[0-9]+(?:\\.[0-9]+)?)$", line);

    if (help)
        take_help (parser, help[1]);
    else if (type)
        take_type (parser, type[1], type[2]);
    else if (sample)
        take_sample (parser, sample[1], sample[2], sample[3]);
    else
        g_error ("this is no line of Prometheus text: %s", line);
}

GHashTable *
prometheus_parse (const char *text)
{
    g_auto (GStrv) lines = g_strsplit (text, "\n", -1);
    const guint n = g_strv_length (lines);
    Parser parser = {
        .samples = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free),
        .metrics = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL),
    };

    g_assert_true (g_utf8_validate (text, -1, NULL));
    if (n < 2 || *lines[n - 1] != '\0')
        g_error ("the last line has no end");
    for (guint i = 0; i + 1 < n; i++)
        take_line (&parser, lines[i]);
    g_assert_true (parser.has_type);
    g_hash_table_unref (parser.metrics);
    g_free (parser.metric);
    return parser.samples;
}

double
prometheus_value (GHashTable *samples, const char *sample)
{
    const char *value = g_hash_table_lookup (samples, sample);

    if (!value)
        g_error ("there is no sample %s", sample);
    return g_ascii_strtod (value, NULL);
}
