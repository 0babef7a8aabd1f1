/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "agent-status.h"

#include "base/codes.h"

typedef struct Member Member;

struct Member {
    const char *name;
    GType type; /* G_TYPE_STRING, _INT64, _BOOLEAN; G_TYPE_NONE: an object or a list */
    gboolean optional;
    gboolean is_list;      /* of objects */
    const Member *members; /* of the object, or of each of the list */
};

/* clang-format off */
#define TEXT(n)     {.name = n, .type = G_TYPE_STRING}
#define NUMBER(n)   {.name = n, .type = G_TYPE_INT64}
#define FLAG(n)     {.name = n, .type = G_TYPE_BOOLEAN}
#define MAY_TEXT(n) {.name = n, .type = G_TYPE_STRING, .optional = TRUE}
#define OBJECT(n, of)     {.name = n, .type = G_TYPE_NONE, .members = of}
#define MAY_OBJECT(n, of) {.name = n, .type = G_TYPE_NONE, .members = of, .optional = TRUE}
#define LIST(n, of)       {.name = n, .type = G_TYPE_NONE, .members = of, .is_list = TRUE}
#define END               {.name = NULL}

static const Member config_error[] = {TEXT ("code"), TEXT ("text"), END};
static const Member libvirt[] = {TEXT ("uri"), FLAG ("connected"), NUMBER ("slow-calls"), END};
static const Member nvml[] = {TEXT ("asked"), NUMBER ("age"), NUMBER ("duration"), NUMBER ("total"),
                              NUMBER ("unusable-gpus"), MAY_TEXT ("failure"), END};
static const Member check[] = {TEXT ("name"), TEXT ("result"), TEXT ("text"), MAY_TEXT ("remedy"), END};
static const Member self_check[] = {TEXT ("time"), NUMBER ("age"), TEXT ("result"), LIST ("check", check),
                                    END};
static const Member allowed_once[] = {TEXT ("domain"), TEXT ("state"), NUMBER ("expires-in"), TEXT ("given"),
                                      TEXT ("by"), TEXT ("reason"), END};
static const Member reported[] = {TEXT ("operation"), TEXT ("code"), NUMBER ("value"), END};
static const Member counter[] = {TEXT ("name"), MAY_TEXT ("label"), NUMBER ("value"), END};
static const Member capture[] = {TEXT ("time"), NUMBER ("age"), TEXT ("trigger"), TEXT ("sequence"), END};
static const Member failure[] = {TEXT ("time"), TEXT ("code"), TEXT ("text"), FLAG ("over"), END};
static const Member hang[] = {TEXT ("time"), TEXT ("code"), FLAG ("over"), END};
static const Member stopped[] = {TEXT ("time"), TEXT ("job"), TEXT ("by"), TEXT ("code"), TEXT ("text"),
                                 TEXT ("way-out"), END};
static const Member vgpu[] = {TEXT ("uuid"), NUMBER ("type"), TEXT ("type-name"), MAY_TEXT ("guest-address"),
                              TEXT ("pgpu"), TEXT ("guest-driver"), TEXT ("guest-vgpu-version"), END};
static const Member guest[] = {MAY_TEXT ("name"), TEXT ("uuid"), MAY_TEXT ("switch-over"), FLAG ("captured"),
                               MAY_OBJECT ("capture", capture), MAY_OBJECT ("failure", failure),
                               MAY_OBJECT ("hang", hang), MAY_OBJECT ("stopped", stopped),
                               LIST ("vgpu", vgpu), END};
static const Member status[] = {TEXT ("version"), TEXT ("started"), TEXT ("time"), TEXT ("mode"),
                                NUMBER ("domains"), NUMBER ("report-domains"),
                                FLAG ("configuration-refused"),
                                MAY_OBJECT ("configuration-error", config_error), OBJECT ("libvirt", libvirt),
                                MAY_OBJECT ("nvml", nvml), MAY_OBJECT ("self-check", self_check),
                                LIST ("allowed-once", allowed_once), LIST ("reported", reported),
                                LIST ("counter", counter), LIST ("guest", guest), END};
static const Member document_members[] = {OBJECT ("status", status), END};
/* clang-format on */

static gboolean check_object (JsonNode *node, const Member *members, const char *name, GError **error);

static gboolean
fail (GError **error, const char *name, const char *what)
{
    g_set_error (error, VGATE_ERROR, VGATE_CODE_AGENT_ANSWER, "invalid answer from vgpu-gated: '%s' %s", name,
                 what);
    return FALSE;
}

static gboolean
check_value (JsonNode *node, const Member *member, GError **error)
{
    JsonArray *list;

    if (member->type != G_TYPE_NONE)
        return (JSON_NODE_HOLDS_VALUE (node) && json_node_get_value_type (node) == member->type) ||
               fail (error, member->name, "has an invalid value");
    if (!member->is_list)
        return check_object (node, member->members, member->name, error);
    if (!JSON_NODE_HOLDS_ARRAY (node))
        return fail (error, member->name, "is not a list");
    list = json_node_get_array (node);
    for (guint i = 0; i < json_array_get_length (list); i++)
        if (!check_object (json_array_get_element (list, i), member->members, member->name, error))
            return FALSE;
    return TRUE;
}

static gboolean
check_object (JsonNode *node, const Member *members, const char *name, GError **error)
{
    JsonObject *object;
    guint n_known = 0;

    if (!JSON_NODE_HOLDS_OBJECT (node))
        return fail (error, name, "is not an object");
    object = json_node_get_object (node);
    for (const Member *member = members; member->name; member++) {
        JsonNode *value = json_object_get_member (object, member->name);

        if (!value && !member->optional)
            return fail (error, member->name, "is missing");
        if (value && !check_value (value, member, error))
            return FALSE;
        n_known += value ? 1 : 0;
    }
    return n_known == json_object_get_size (object) || fail (error, name, "has an unknown member");
}

JsonObject *
vgate_agent_status_parse (const char *document, gsize length, GError **error)
{
    g_autoptr (JsonParser) parser = json_parser_new ();
    g_autoptr (GError) local = NULL;
    JsonNode *root;

    if (!json_parser_load_from_data (parser, document, (gssize)length, &local)) {
        g_set_error (error, VGATE_ERROR, VGATE_CODE_AGENT_ANSWER,
                     "invalid answer from vgpu-gated: not JSON: %s", local->message);
        return NULL;
    }
    root = json_parser_get_root (parser);
    if (!root)
        fail (error, "document", "is empty");
    else if (check_object (root, document_members, "document", error))
        return json_node_dup_object (root);
    return NULL;
}
