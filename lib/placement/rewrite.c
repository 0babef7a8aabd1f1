/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * libxml2 does not tell the position of an attribute's value in the text, and would write the document
 * differently. So this code reads the tags. It can be simple, because the document is known to be well-formed
 * and to have no DOCTYPE, and because the result is parsed again.
 */
#include "placement/rewrite.h"

#include <string.h>

typedef struct {
    const char *at;
    const char *end;
    const char *copied; /* the text before this was copied to out */
    GString *out;
    const GPtrArray *moves;
    guint n_moved;
    int depth; /* the depth of the next element; <domain> has 0 */
    gboolean in_devices;
    gboolean in_source; /* in the first <source> of the hostdev, before its first <address> */
    guint n_hostdevs;
    const VgateMove *move; /* for the current hostdev; NULL: none */
} Scan;

/* A start tag: the text between '<' and '>'. */
typedef struct {
    const char *begin;
    const char *end;
    gsize name_length;
    gboolean is_empty; /* the tag ends with "/>" */
} Tag;

static gboolean
tag_is (const Tag *tag, const char *name)
{
    return tag->name_length == strlen (name) && strncmp (tag->begin, name, tag->name_length) == 0;
}

static const VgateMove *
move_of (const Scan *scan, guint position)
{
    for (guint i = 0; i < scan->moves->len; i++) {
        const VgateMove *move = g_ptr_array_index (scan->moves, i);

        if (move->hostdev->position == position)
            return move;
    }
    return NULL;
}

/* The new value of an attribute of the source address; NULL when it does not change. The caller frees it. */
static char *
new_value (const VgateMove *move, const char *name, gsize name_length)
{
    static const struct {
        const char *name;
        gsize offset, length; /* in dddd:bb:ss.f */
    } parts[] = {{"domain", 0, 4}, {"bus", 5, 2}, {"slot", 8, 2}, {"function", 11, 1}};

    if (move->hostdev->kind == VGATE_HOSTDEV_MDEV)
        return name_length == strlen ("uuid") && strncmp (name, "uuid", name_length) == 0
                   ? g_strdup (move->source)
                   : NULL;
    for (gsize i = 0; i < G_N_ELEMENTS (parts); i++)
        if (name_length == strlen (parts[i].name) && strncmp (name, parts[i].name, name_length) == 0)
            return g_strdup_printf ("0x%.*s", (int)parts[i].length, move->source + parts[i].offset);
    return NULL;
}

static void
replace (Scan *scan, const char *begin, const char *end, const char *by)
{
    g_string_append_len (scan->out, scan->copied, begin - scan->copied);
    g_string_append (scan->out, by);
    scan->copied = end;
}

/* Replaces the values of NAME='VALUE' pairs. Each step checks the end of the tag, although the document is
 * well-formed. */
static void
rewrite_address (Scan *scan, const Tag *tag)
{
    const char *at = tag->begin + tag->name_length;

    while (at < tag->end) {
        const char *name, *quote, *close;
        gsize name_length;
        g_autofree char *value = NULL;

        at += strspn (at, " \t\r\n/");
        name = at;
        name_length = strcspn (at, "= \t\r\n");
        quote = name + strcspn (name, "'\"");
        close = quote < tag->end ? memchr (quote + 1, *quote, (gsize)(tag->end - quote - 1)) : NULL;
        if (!close)
            break;
        value = new_value (scan->move, name, name_length);
        if (value)
            replace (scan, quote + 1, close, value);
        at = close + 1;
    }
    scan->n_moved++;
}

/* Follows domain / devices / hostdev / source / address, with the first source and address in each
 * hostdev. */
static void
enter (Scan *scan, const Tag *tag)
{
    switch (scan->depth) {
    case 1: scan->in_devices = tag_is (tag, "devices"); break;
    case 2:
        scan->move = NULL;
        if (scan->in_devices && tag_is (tag, "hostdev"))
            scan->move = move_of (scan, scan->n_hostdevs++);
        scan->in_source = FALSE;
        break;
    case 3: scan->in_source = scan->move && tag_is (tag, "source"); break;
    case 4:
        if (scan->in_source && tag_is (tag, "address")) {
            rewrite_address (scan, tag);
            scan->move = NULL;
            scan->in_source = FALSE;
        }
        break;
    default: break;
    }
}

/* Finds the '>' that ends a tag, which is not inside a value. */
static const char *
find_tag_end (const Scan *scan)
{
    char quote = '\0';

    for (const char *at = scan->at; at < scan->end; at++) {
        if (quote != '\0')
            quote = *at == quote ? '\0' : quote;
        else if (*at == '\'' || *at == '"')
            quote = *at;
        else if (*at == '>')
            return at;
    }
    return NULL;
}

static void
skip_past (Scan *scan, const char *text)
{
    const char *found = memmem (scan->at, (gsize)(scan->end - scan->at), text, strlen (text));

    scan->at = found ? found + strlen (text) : scan->end;
}

static gboolean
begins_with (const Scan *scan, const char *text)
{
    return (gsize)(scan->end - scan->at) >= strlen (text) && strncmp (scan->at, text, strlen (text)) == 0;
}

static void
scan_tag (Scan *scan)
{
    const char *end = find_tag_end (scan);
    Tag tag;

    if (!end) {
        scan->at = scan->end;
        return;
    }
    tag = (Tag){.begin = scan->at + 1, .end = end, .is_empty = end[-1] == '/'};
    tag.name_length = strcspn (tag.begin, " \t\r\n/>");
    enter (scan, &tag);
    if (!tag.is_empty)
        scan->depth++;
    scan->at = end + 1;
}

static void
scan_document (Scan *scan)
{
    while ((scan->at = memchr (scan->at, '<', (gsize)(scan->end - scan->at)))) {
        if (begins_with (scan, "<!--"))
            skip_past (scan, "-->");
        else if (begins_with (scan, "<![CDATA["))
            skip_past (scan, "]]>");
        else if (begins_with (scan, "<?"))
            skip_past (scan, "?>");
        else if (begins_with (scan, "</")) {
            scan->depth--;
            skip_past (scan, ">");
        } else
            scan_tag (scan);
    }
    g_string_append_len (scan->out, scan->copied, scan->end - scan->copied);
}

static const char *
expected_source (const GPtrArray *moves, const VgateHostdev *hostdev)
{
    for (guint i = 0; i < moves->len; i++) {
        const VgateMove *move = g_ptr_array_index (moves, i);

        if (move->hostdev == hostdev)
            return move->source;
    }
    return hostdev->source;
}

static gboolean
is_same_but_moved (const VgateDomain *before, const VgateDomain *after, const GPtrArray *moves)
{
    if (strcmp (before->name, after->name) != 0 || strcmp (before->uuid, after->uuid) != 0 ||
        before->hostdevs->len != after->hostdevs->len)
        return FALSE;
    for (guint i = 0; i < before->hostdevs->len; i++) {
        const VgateHostdev *a = g_ptr_array_index (before->hostdevs, i);
        const VgateHostdev *b = g_ptr_array_index (after->hostdevs, i);

        if (a->kind != b->kind || a->position != b->position ||
            g_strcmp0 (a->guest_address, b->guest_address) != 0 ||
            strcmp (expected_source (moves, a), b->source) != 0)
            return FALSE;
    }
    return TRUE;
}

char *
vgate_rewrite_sources (const char *xml, gsize length, const VgateDomain *domain, const GPtrArray *moves,
                       gsize *new_length, GError **error)
{
    /* a copy with a NUL at its end, which strspn () and similar functions need */
    g_autofree char *text = g_strndup (xml, length);
    g_autoptr (GString) out = g_string_sized_new (length);
    g_autoptr (VgateDomain) after = NULL;
    Scan scan = {.at = text, .end = text + length, .copied = text, .out = out, .moves = moves};

    scan_document (&scan);
    if (scan.n_moved == moves->len)
        after = vgate_domain_read (out->str, out->len, NULL, NULL);
    if (!after || !is_same_but_moved (domain, after, moves)) {
        g_set_error_literal (error, VGATE_ERROR, VGATE_CODE_NOT_REWRITTEN,
                             "the hostdevs in the XML are not written as libvirt writes them");
        return NULL;
    }
    *new_length = out->len;
    return g_string_free (g_steal_pointer (&out), FALSE);
}

char *
vgate_source_element (VgateHostdevKind kind, const char *source)
{
    const char *bus;

    if (kind == VGATE_HOSTDEV_MDEV)
        return g_strdup_printf ("<address uuid='%s'/>", source);
    /* "0000:41:00.4"; the domain can have more than four digits */
    bus = source + strlen (source) - strlen ("41:00.4");
    return g_strdup_printf ("<address domain='0x%.*s' bus='0x%.2s' slot='0x%.2s' function='0x%.1s'/>",
                            (int)(bus - 1 - source), source, bus, bus + 3, bus + 6);
}
