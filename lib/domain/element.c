/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "domain/element.h"

#include "base/fault.h"

#include <string.h>

static const VgateXmlDialect dialect = {
    .namespace_uri = VGATE_ELEMENT_NAMESPACE,
    .structure = VGATE_CODE_ELEMENT_STRUCTURE,
    .value = VGATE_CODE_ELEMENT_VALUE,
    .base64 = VGATE_CODE_ELEMENT_BASE64,
};

const char *const vgate_trigger_names[] = {"start", "resume", "arrive", "change", "request", "renew", NULL};
static const char *const powers[] = {"running", "suspended", NULL};
static const char *const algorithms[] = {"hmac-sha-256", NULL};

G_STATIC_ASSERT (G_N_ELEMENTS (vgate_trigger_names) == VGATE_N_TRIGGERS + 1);
G_STATIC_ASSERT (G_N_ELEMENTS (powers) == VGATE_POWER_SUSPENDED + 2);

static const VgateXmlAttribute element_attributes[] = {
    VGATE_XML_ATTRIBUTE (VgateElement, "domain", UUID, domain),
    VGATE_XML_ATTRIBUTE (VgateElement, "sequence", UINT64, sequence),
    {.name = NULL},
};

static const VgateXmlAttribute capture_attributes[] = {
    VGATE_XML_ATTRIBUTE (VgateElement, "time", TIME, time),
    VGATE_XML_ONE_OF (VgateElement, "trigger", vgate_trigger_names, trigger),
    VGATE_XML_ATTRIBUTE (VgateElement, "host", NAME, host),
    VGATE_XML_ATTRIBUTE (VgateElement, "host-uuid", UUID, host_uuid),
    VGATE_XML_ATTRIBUTE (VgateElement, "simulated", YES_NO, simulated),
    {.name = NULL},
};

static const VgateXmlAttribute guest_attributes[] = {
    VGATE_XML_ONE_OF (VgateElement, "power", powers, power),
    VGATE_XML_OPTIONAL (VgateElement, "max-downtime", COUNT, max_downtime),
    {.name = NULL},
};

static const VgateXmlAttribute vgpu_attributes[] = {
    VGATE_XML_ATTRIBUTE (VgateElementVgpu, "uuid", UUID, uuid),
    VGATE_XML_ATTRIBUTE (VgateElementVgpu, "type", UINT, type),
    VGATE_XML_ATTRIBUTE (VgateElementVgpu, "type-name", NAME, type_name),
    VGATE_XML_OPTIONAL (VgateElementVgpu, "mdev", UUID, mdev),
    VGATE_XML_OPTIONAL (VgateElementVgpu, "vf", PCI, vf),
    VGATE_XML_OPTIONAL (VgateElementVgpu, "guest-address", PCI, guest_address),
    VGATE_XML_OPTIONAL (VgateElementVgpu, "framebuffer-used", COUNT, framebuffer_used),
    VGATE_XML_OPTIONAL (VgateElementVgpu, "runtime-state", COUNT, runtime_state),
    {.name = NULL},
};

static const VgateXmlAttribute pgpu_attributes[] = {
    VGATE_XML_ATTRIBUTE (VgateSourcePgpu, "address", PCI, address),
    VGATE_XML_ATTRIBUTE (VgateSourcePgpu, "name", NAME, name),
    VGATE_XML_ATTRIBUTE (VgateSourcePgpu, "host-driver", ASCII, host_driver),
    VGATE_XML_ATTRIBUTE (VgateSourcePgpu, "range", RANGE, range),
    VGATE_XML_OPTIONAL (VgateSourcePgpu, "read-bandwidth", COUNT, read_bandwidth),
    {.name = NULL},
};

typedef struct {
    int algorithm;
    char *value;
} Seal;

static const VgateXmlAttribute seal_attributes[] = {
    VGATE_XML_ONE_OF (Seal, "algorithm", algorithms, algorithm),
    VGATE_XML_ATTRIBUTE (Seal, "value", SHA256, value),
    {.name = NULL},
};

const char *
vgate_trigger_name (VgateTrigger trigger)
{
    return (guint)trigger < VGATE_N_TRIGGERS ? vgate_trigger_names[trigger] : "unknown";
}

VgateElementVgpu *
vgate_element_vgpu_new (void)
{
    VgateElementVgpu *vgpu = g_new0 (VgateElementVgpu, 1);

    vgpu->record.size = sizeof vgpu->record;
    vgpu->pgpu.scheduler.size = sizeof vgpu->pgpu.scheduler;
    return vgpu;
}

void
vgate_element_vgpu_free (VgateElementVgpu *vgpu)
{
    if (!vgpu)
        return;
    vgate_xml_clear_attributes (vgpu_attributes, vgpu);
    vgate_xml_clear_attributes (pgpu_attributes, &vgpu->pgpu);
    vgate_xml_bytes_clear (&vgpu->metadata);
    vgate_vgpu_mirror_clear (&vgpu->mirror);
    g_free (vgpu);
}

VgateElement *
vgate_element_new (void)
{
    VgateElement *element = g_new0 (VgateElement, 1);

    element->vgpus = g_ptr_array_new_with_free_func ((GDestroyNotify)vgate_element_vgpu_free);
    return element;
}

void
vgate_element_free (VgateElement *element)
{
    if (!element)
        return;
    vgate_xml_clear_attributes (element_attributes, element);
    vgate_xml_clear_attributes (capture_attributes, element);
    g_ptr_array_unref (element->vgpus);
    g_free (element->seal);
    g_free (element);
}

static gboolean
read_pgpu (xmlNode *node, VgateSourcePgpu *pgpu, GError **error)
{
    xmlNode *cursor = vgate_xml_children (node), *scheduler;

    if (!vgate_xml_read_attributes (&dialect, node, pgpu_attributes, pgpu, error) ||
        !vgate_xml_take (&dialect, &cursor, "scheduler", &scheduler, error) ||
        !vgate_xml_end (&dialect, &cursor, error))
        return FALSE;
    pgpu->has_scheduler = scheduler != NULL;
    return !scheduler || vgate_scheduler_read (&dialect, scheduler, &pgpu->scheduler, error);
}

static gboolean
read_vgpu (xmlNode *node, VgateElementVgpu *vgpu, GError **error)
{
    xmlNode *cursor = vgate_xml_children (node), *metadata, *mirror, *pgpu;

    return vgate_xml_read_attributes (&dialect, node, vgpu_attributes, vgpu, error) &&
           vgate_xml_need (&dialect, node, &cursor, "metadata", &metadata, error) &&
           vgate_xml_read_bytes (&dialect, metadata, &vgpu->metadata, error) &&
           vgate_xml_need (&dialect, node, &cursor, "mirror", &mirror, error) &&
           vgate_vgpu_mirror_read (&dialect, mirror, &vgpu->mirror, error) &&
           vgate_xml_need (&dialect, node, &cursor, "pgpu", &pgpu, error) &&
           read_pgpu (pgpu, &vgpu->pgpu, error) && vgate_xml_end (&dialect, &cursor, error);
}

static gboolean
read_vgpus (xmlNode *parent, xmlNode **cursor, GPtrArray *vgpus, GError **error)
{
    xmlNode *node;

    if (!vgate_xml_need (&dialect, parent, cursor, "vgpu", &node, error))
        return FALSE;
    while (node) {
        VgateElementVgpu *vgpu = vgate_element_vgpu_new ();
        GError *fault = NULL;

        vgpu->line = vgate_xml_node_line (node);
        g_ptr_array_add (vgpus, vgpu);
        if (vgpus->len > VGATE_ELEMENT_VGPUS_MAX) {
            vgate_xml_set_error (error, dialect.structure, node, "more than %u such elements",
                                 VGATE_ELEMENT_VGPUS_MAX);
            return FALSE;
        }
        if (!read_vgpu (node, vgpu, &fault) && !vgate_xml_go_on (node, fault, error))
            return FALSE;
        if (!vgate_xml_take (&dialect, cursor, "vgpu", &node, error))
            return FALSE;
    }
    return TRUE;
}

static gboolean
read_seal (xmlNode *node, VgateElement *element, GError **error)
{
    Seal seal = {0};
    const gboolean good = vgate_xml_read_leaf (&dialect, node, seal_attributes, &seal, error);

    element->seal = g_steal_pointer (&seal.value);
    return good;
}

static gboolean
read_content (xmlNode *root, VgateElement *element, GError **error)
{
    xmlNode *cursor = vgate_xml_children (root), *capture, *guest, *seal;

    return vgate_xml_read_attributes (&dialect, root, element_attributes, element, error) &&
           vgate_xml_need (&dialect, root, &cursor, "capture", &capture, error) &&
           vgate_xml_read_leaf (&dialect, capture, capture_attributes, element, error) &&
           vgate_xml_need (&dialect, root, &cursor, "guest", &guest, error) &&
           vgate_xml_read_leaf (&dialect, guest, guest_attributes, element, error) &&
           read_vgpus (root, &cursor, element->vgpus, error) &&
           vgate_xml_take (&dialect, &cursor, "seal", &seal, error) &&
           vgate_xml_end (&dialect, &cursor, error) && (!seal || read_seal (seal, element, error));
}

VgateElement *
vgate_element_read (xmlNode *root, GError **error)
{
    g_autoptr (VgateElement) element = NULL;
    const char *uri = root->ns ? (const char *)root->ns->href : "";

    if (strcmp (uri, VGATE_ELEMENT_NAMESPACE) != 0) {
        g_autofree char *shown = vgate_printable (uri, 64);

        vgate_xml_set_error (error, VGATE_CODE_ELEMENT_VERSION, root,
                             "unsupported namespace '%s': expected "
                             "'%s'",
                             shown, VGATE_ELEMENT_NAMESPACE);
        return NULL;
    }
    if (strcmp ((const char *)root->name, VGATE_ELEMENT_NAME) != 0) {
        vgate_xml_set_error (error, dialect.structure, root, "unexpected element: expected <%s>",
                             VGATE_ELEMENT_NAME);
        return NULL;
    }
    element = vgate_element_new ();
    element->line = vgate_xml_node_line (root);
    if (!read_content (root, element, error))
        return NULL;
    return g_steal_pointer (&element);
}

static gboolean
check_range (const VgateElementVgpu *vgpu, GError **error)
{
    const VgateVersionRange range = vgpu->pgpu.range;
    char text[VGATE_VERSION_RANGE_TEXT_SIZE];

    if (range.min <= range.max)
        return TRUE;
    g_set_error (error, VGATE_ERROR, VGATE_CODE_ELEMENT_VALUE, "<pgpu>: the range %s is inverted",
                 vgate_version_range_format (range, text));
    return FALSE;
}

static gboolean
check_vgpu (VgateElementVgpu *vgpu, GError **error)
{
    gsize length;
    const guint8 *bytes;

    if (vgate_xml_bytes_check (&vgpu->metadata, VGATE_CODE_ELEMENT_LENGTH, error)) {
        bytes = g_bytes_get_data (vgpu->metadata.bytes, &length);
        if (vgate_vgpu_record_read (bytes, length, &vgpu->record, error) &&
            vgate_vgpu_record_check_text (&vgpu->record, error) &&
            vgate_vgpu_mirror_check (&vgpu->mirror, &vgpu->record, VGATE_CODE_ELEMENT_MIRROR, error) &&
            check_range (vgpu, error))
            return TRUE;
    }
    g_prefix_error (error, "vGPU %s: ", vgpu->uuid);
    return FALSE;
}

static const char *
first_duplicate (const VgateElementVgpu *a, const VgateElementVgpu *b)
{
    if (strcmp (a->uuid, b->uuid) == 0)
        return "uuid";
    if (a->mdev && g_strcmp0 (a->mdev, b->mdev) == 0)
        return "mdev";
    if (a->vf && g_strcmp0 (a->vf, b->vf) == 0)
        return "vf";
    if (a->guest_address && g_strcmp0 (a->guest_address, b->guest_address) == 0)
        return "guest-address";
    return NULL;
}

/* Compares the vGPU with those before it. */
static gboolean
check_duplicates (const GPtrArray *vgpus, guint index, GError **error)
{
    const VgateElementVgpu *vgpu = g_ptr_array_index (vgpus, index);

    for (guint i = 0; i < index; i++) {
        const char *what = first_duplicate (vgpu, g_ptr_array_index (vgpus, i));

        if (!what)
            continue;
        g_set_error (error, VGATE_ERROR, VGATE_CODE_ELEMENT_DUPLICATE,
                     "vGPU %u (%s) has the same %s as vGPU %u", index + 1, vgpu->uuid, what, i + 1);
        return FALSE;
    }
    return TRUE;
}

static char *
compute_seal (const VgateElement *element, GBytes *key)
{
    VgateElement unsealed = *element;
    g_autofree char *canonical = NULL;
    gsize key_length;
    const guchar *key_data = g_bytes_get_data (key, &key_length);

    unsealed.seal = NULL;
    canonical = vgate_element_write (&unsealed, TRUE);
    return g_compute_hmac_for_string (G_CHECKSUM_SHA256, key_data, key_length, canonical, -1);
}

/* Compares two seals of 64 digits in constant time, so that a seal cannot be guessed digit by digit. */
static gboolean
seals_are_equal (const char *a, const char *b)
{
    guint8 difference = 0;

    for (gsize i = 0; i < 64; i++)
        difference |= (guint8)(a[i] ^ b[i]);
    return difference == 0;
}

static gboolean
check_seal (const VgateElement *element, GBytes *key, GError **error)
{
    g_autofree char *expected = NULL;

    if (!element->seal) {
        g_set_error_literal (error, VGATE_ERROR, VGATE_CODE_SEAL_MISSING,
                             "the metadata is not sealed, but this host has a fleet key");
        return FALSE;
    }
    expected = compute_seal (element, key);
    if (!seals_are_equal (element->seal, expected)) {
        g_set_error_literal (error, VGATE_ERROR, VGATE_CODE_SEAL_WRONG,
                             "the seal of the element does not match this host's fleet key");
        return FALSE;
    }
    return TRUE;
}

static gboolean
check_domain (const VgateElement *element, const char *domain_uuid, GError **error)
{
    if (strcmp (element->domain, domain_uuid) == 0)
        return TRUE;
    g_set_error (error, VGATE_ERROR, VGATE_CODE_ELEMENT_DOMAIN,
                 "the metadata belongs to domain %s, but this domain is %s", element->domain, domain_uuid);
    return FALSE;
}

/* The fault is added to faults, and checking goes on; without faults it is the error, and FALSE is
 * returned. */
static gboolean
note (GPtrArray *faults, guint line, GError *fault, GError **error)
{
    if (faults)
        vgate_faults_take (faults, fault, line);
    else
        g_propagate_error (error, fault);
    return faults != NULL;
}

static gboolean
check (VgateElement *element, const char *domain_uuid, GBytes *key, GPtrArray *faults, GError **error)
{
    const guint n_before = faults ? faults->len : 0;
    GError *fault = NULL;

    if (!check_domain (element, domain_uuid, &fault) && !note (faults, element->line, fault, error))
        return FALSE;
    for (guint i = 0; i < element->vgpus->len; i++) {
        VgateElementVgpu *vgpu = g_ptr_array_index (element->vgpus, i);

        fault = NULL;
        if (!check_vgpu (vgpu, &fault) && !note (faults, vgpu->line, fault, error))
            return FALSE;
    }
    for (guint i = 0; i < element->vgpus->len; i++) {
        fault = NULL;
        if (!check_duplicates (element->vgpus, i, &fault) &&
            !note (faults, ((const VgateElementVgpu *)g_ptr_array_index (element->vgpus, i))->line, fault,
                   error))
            return FALSE;
    }
    /* a seal covers what was read of the bytes */
    fault = NULL;
    if (key && (!faults || faults->len == n_before) && !check_seal (element, key, &fault) &&
        !note (faults, element->line, fault, error))
        return FALSE;
    return !faults || faults->len == n_before;
}

gboolean
vgate_element_check (VgateElement *element, const char *domain_uuid, GBytes *key, GError **error)
{
    return check (element, domain_uuid, key, NULL, error);
}

gboolean
vgate_element_inspect (VgateElement *element, const char *domain_uuid, GBytes *key, GPtrArray *faults)
{
    return check (element, domain_uuid, key, faults, NULL);
}

static void
write_vgpu (GString *xml, const VgateElementVgpu *vgpu)
{
    g_string_append (xml, "<vgpu");
    vgate_xml_write_attributes (xml, vgpu_attributes, vgpu);
    g_string_append_c (xml, '>');
    vgate_xml_write_bytes (xml, "metadata", vgpu->metadata.bytes);
    vgate_vgpu_mirror_write (xml, "mirror", &vgpu->record);
    if (vgpu->pgpu.has_scheduler) {
        g_string_append (xml, "<pgpu");
        vgate_xml_write_attributes (xml, pgpu_attributes, &vgpu->pgpu);
        g_string_append_c (xml, '>');
        vgate_scheduler_write (xml, "scheduler", &vgpu->pgpu.scheduler);
        g_string_append (xml, "</pgpu>");
    } else {
        vgate_xml_write_leaf (xml, "pgpu", pgpu_attributes, &vgpu->pgpu);
    }
    g_string_append (xml, "</vgpu>");
}

static void
write_vgpus (GString *xml, const VgateElement *element)
{
    vgate_xml_write_leaf (xml, "guest", guest_attributes, element);
    for (guint i = 0; i < element->vgpus->len; i++)
        write_vgpu (xml, g_ptr_array_index (element->vgpus, i));
}

char *
vgate_element_write (const VgateElement *element, gboolean with_namespace)
{
    g_autoptr (GString) xml = g_string_new ("<" VGATE_ELEMENT_NAME);
    const Seal seal = {.value = element->seal};

    if (with_namespace)
        g_string_append (xml, " xmlns='" VGATE_ELEMENT_NAMESPACE "'");
    vgate_xml_write_attributes (xml, element_attributes, element);
    g_string_append_c (xml, '>');
    vgate_xml_write_leaf (xml, "capture", capture_attributes, element);
    write_vgpus (xml, element);
    if (element->seal)
        vgate_xml_write_leaf (xml, "seal", seal_attributes, &seal);
    g_string_append (xml, "</" VGATE_ELEMENT_NAME ">");
    return g_string_free (g_steal_pointer (&xml), FALSE);
}

char *
vgate_element_essence (const VgateElement *element)
{
    g_autoptr (GString) xml = g_string_new (NULL);

    g_string_append_printf (xml, "%s %s %s %d ", element->domain, element->host, element->host_uuid,
                            element->simulated);
    write_vgpus (xml, element);
    return g_string_free (g_steal_pointer (&xml), FALSE);
}

void
vgate_element_seal (VgateElement *element, GBytes *key)
{
    char *seal = compute_seal (element, key);

    g_free (element->seal);
    element->seal = seal;
}
