/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "host/host.h"

#include "base/fault.h"

#include <string.h>

static const VgateXmlDialect dialect = {
    .namespace_uri = VGATE_HOST_NAMESPACE,
    .structure = VGATE_CODE_HOST_DOCUMENT,
    .value = VGATE_CODE_HOST_DOCUMENT,
    .base64 = VGATE_CODE_HOST_DOCUMENT,
};

static const VgateXmlAttribute host_attributes[] = {
    VGATE_XML_ATTRIBUTE (VgateHost, "time", TIME, time),
    VGATE_XML_ATTRIBUTE (VgateHost, "name", NAME, name),
    VGATE_XML_ATTRIBUTE (VgateHost, "uuid", UUID, uuid),
    {.name = NULL},
};

static const char *const modes[] = {"", "off", "on", NULL};

static const VgateXmlAttribute driver_attributes[] = {
    VGATE_XML_ATTRIBUTE (VgateHost, "version", ASCII, driver),
    VGATE_XML_ATTRIBUTE (VgateHost, "simulated", YES_NO, simulated),
    VGATE_XML_ATTRIBUTE (VgateHost, "preset", RANGE, preset),
    VGATE_XML_ATTRIBUTE (VgateHost, "range", RANGE, current),
    VGATE_XML_OPTIONAL_ONE_OF (VgateHost, "warm-update", modes, warm_update),
    {.name = NULL},
};

static const char *const vgpu_sizes[] = {"", "equal", "mixed", NULL};

static const VgateXmlAttribute pgpu_attributes[] = {
    VGATE_XML_ATTRIBUTE (VgatePgpu, "address", PCI, address),
    VGATE_XML_ATTRIBUTE (VgatePgpu, "name", NAME, name),
    VGATE_XML_ATTRIBUTE (VgatePgpu, "uuid", NAME, uuid),
    VGATE_XML_OPTIONAL (VgatePgpu, "read-bandwidth", COUNT, read_bandwidth),
    VGATE_XML_OPTIONAL (VgatePgpu, "write-bandwidth", COUNT, write_bandwidth),
    VGATE_XML_OPTIONAL_ONE_OF (VgatePgpu, "vgpu-sizes", vgpu_sizes, vgpu_sizes),
    VGATE_XML_OPTIONAL_ONE_OF (VgatePgpu, "mig", modes, mig),
    VGATE_XML_OPTIONAL_ONE_OF (VgatePgpu, "ecc", modes, ecc),
    VGATE_XML_OPTIONAL_ONE_OF (VgatePgpu, "sr-iov", modes, sriov),
    VGATE_XML_OPTIONAL_ONE_OF (VgatePgpu, "migration", modes, migration),
    VGATE_XML_OPTIONAL_ONE_OF (VgatePgpu, "warm-update", modes, warm_update),
    {.name = NULL},
};

static const VgateXmlAttribute type_attributes[] = {
    VGATE_XML_ATTRIBUTE (VgateHostType, "id", UINT, id),
    VGATE_XML_ATTRIBUTE (VgateHostType, "name", NAME, name),
    VGATE_XML_ATTRIBUTE (VgateHostType, "class", NAME, class_name),
    VGATE_XML_ATTRIBUTE (VgateHostType, "framebuffer", UINT64, framebuffer),
    VGATE_XML_ATTRIBUTE (VgateHostType, "max", UINT, max_instances),
    VGATE_XML_ATTRIBUTE (VgateHostType, "free", UINT, free_instances),
    {.name = NULL},
};

/* The address is of the form NAME, so that the PCI domain can have more than four digits. */
static const VgateXmlAttribute unusable_attributes[] = {
    VGATE_XML_ATTRIBUTE (VgateUnusableGpu, "index", UINT, index),
    VGATE_XML_OPTIONAL (VgateUnusableGpu, "address", NAME, address),
    VGATE_XML_OPTIONAL (VgateUnusableGpu, "name", NAME, name),
    VGATE_XML_ATTRIBUTE (VgateUnusableGpu, "reason", NAME, reason),
    {.name = NULL},
};

static const VgateXmlAttribute switch_over_attributes[] = {
    VGATE_XML_ATTRIBUTE (VgateHost, "served", YES_NO, switch_over_served),
    VGATE_XML_OPTIONAL (VgateHost, "bus", NAME, switch_over_bus),
    {.name = NULL},
};

/* The longest text that an attribute of the form NAME can have, in characters. */
#define REASON_MAX 255

VgateUnusableGpu *
vgate_unusable_gpu_new (guint32 index, const char *address, const char *name, const GError *why)
{
    VgateUnusableGpu *gpu = g_new0 (VgateUnusableGpu, 1);

    gpu->index = index;
    gpu->address = g_strdup (address);
    gpu->name = g_strdup (name);
    gpu->reason = vgate_printable (why->message, REASON_MAX);
    gpu->nvml_code = why->code;
    return gpu;
}

void
vgate_unusable_gpu_free (VgateUnusableGpu *gpu)
{
    if (!gpu)
        return;
    vgate_xml_clear_attributes (unusable_attributes, gpu);
    g_free (gpu);
}

char *
vgate_unusable_gpu_describe (const VgateUnusableGpu *gpu)
{
    g_autofree char *which = gpu->address ? g_strdup (gpu->address) : g_strdup_printf ("%u", gpu->index);

    return g_strdup_printf ("GPU %s%s%s%s: %s", which, gpu->name ? " (" : "", gpu->name ? gpu->name : "",
                            gpu->name ? ")" : "", gpu->reason);
}

VgateHostType *
vgate_host_type_new (void)
{
    return g_new0 (VgateHostType, 1);
}

void
vgate_host_type_free (VgateHostType *type)
{
    if (!type)
        return;
    vgate_xml_clear_attributes (type_attributes, type);
    g_free (type);
}

VgatePgpu *
vgate_pgpu_new (void)
{
    VgatePgpu *pgpu = g_new0 (VgatePgpu, 1);

    pgpu->record.size = sizeof pgpu->record;
    pgpu->scheduler.size = sizeof pgpu->scheduler;
    pgpu->types = g_ptr_array_new_with_free_func ((GDestroyNotify)vgate_host_type_free);
    return pgpu;
}

void
vgate_pgpu_free (VgatePgpu *pgpu)
{
    if (!pgpu)
        return;
    vgate_xml_clear_attributes (pgpu_attributes, pgpu);
    vgate_xml_bytes_clear (&pgpu->metadata);
    vgate_pgpu_mirror_clear (&pgpu->mirror);
    g_ptr_array_unref (pgpu->types);
    g_free (pgpu);
}

VgateHost *
vgate_host_new (void)
{
    VgateHost *host = g_new0 (VgateHost, 1);

    host->pgpus = g_ptr_array_new_with_free_func ((GDestroyNotify)vgate_pgpu_free);
    host->unusable = g_ptr_array_new_with_free_func ((GDestroyNotify)vgate_unusable_gpu_free);
    return host;
}

void
vgate_host_free (VgateHost *host)
{
    if (!host)
        return;
    vgate_xml_clear_attributes (host_attributes, host);
    vgate_xml_clear_attributes (driver_attributes, host);
    vgate_xml_clear_attributes (switch_over_attributes, host);
    g_ptr_array_unref (host->pgpus);
    g_ptr_array_unref (host->unusable);
    vgate_host_devices_free (host->devices);
    g_free (host);
}

static gboolean
read_type (xmlNode *node, GPtrArray *types, GError **error)
{
    VgateHostType *type = vgate_host_type_new ();

    g_ptr_array_add (types, type);
    return vgate_xml_read_leaf (&dialect, node, type_attributes, type, error);
}

static gboolean
read_pgpu (xmlNode *node, GPtrArray *pgpus, GError **error)
{
    xmlNode *cursor = vgate_xml_children (node), *metadata, *mirror, *scheduler;
    VgatePgpu *pgpu = vgate_pgpu_new ();

    g_ptr_array_add (pgpus, pgpu);
    if (!vgate_xml_read_attributes (&dialect, node, pgpu_attributes, pgpu, error) ||
        !vgate_xml_need (&dialect, node, &cursor, "metadata", &metadata, error) ||
        !vgate_xml_read_bytes (&dialect, metadata, &pgpu->metadata, error) ||
        !vgate_xml_need (&dialect, node, &cursor, "mirror", &mirror, error) ||
        !vgate_pgpu_mirror_read (&dialect, mirror, &pgpu->mirror, error) ||
        !vgate_xml_take (&dialect, &cursor, "scheduler", &scheduler, error))
        return FALSE;
    pgpu->has_scheduler = scheduler != NULL;
    return (!scheduler || vgate_scheduler_read (&dialect, scheduler, &pgpu->scheduler, error)) &&
           vgate_xml_take_all (&dialect, &cursor, "type", read_type, pgpu->types, error) &&
           vgate_xml_end (&dialect, &cursor, error);
}

static gboolean
read_unusable (xmlNode *node, GPtrArray *unusable, GError **error)
{
    VgateUnusableGpu *gpu = g_new0 (VgateUnusableGpu, 1);

    g_ptr_array_add (unusable, gpu);
    return vgate_xml_read_leaf (&dialect, node, unusable_attributes, gpu, error);
}

static gboolean
read_content (xmlNode *root, VgateHost *host, GError **error)
{
    xmlNode *cursor = vgate_xml_children (root), *driver, *switch_over, *devices;

    if (!vgate_xml_read_attributes (&dialect, root, host_attributes, host, error) ||
        !vgate_xml_need (&dialect, root, &cursor, "driver", &driver, error) ||
        !vgate_xml_read_leaf (&dialect, driver, driver_attributes, host, error) ||
        !vgate_xml_take_all (&dialect, &cursor, "pgpu", read_pgpu, host->pgpus, error) ||
        !vgate_xml_take_all (&dialect, &cursor, "unusable-gpu", read_unusable, host->unusable, error) ||
        !vgate_xml_take (&dialect, &cursor, "switch-over", &switch_over, error))
        return FALSE;
    host->has_switch_over = switch_over != NULL;
    if ((switch_over && !vgate_xml_read_leaf (&dialect, switch_over, switch_over_attributes, host, error)) ||
        !vgate_xml_take (&dialect, &cursor, "devices", &devices, error))
        return FALSE;
    host->devices = devices ? vgate_host_devices_read (&dialect, devices, error) : NULL;
    return (!devices || host->devices) && vgate_xml_end (&dialect, &cursor, error);
}

static gboolean
check_range (const char *what, VgateVersionRange range, GError **error)
{
    char text[VGATE_VERSION_RANGE_TEXT_SIZE];

    if (range.min <= range.max)
        return TRUE;
    g_set_error (error, VGATE_ERROR, VGATE_CODE_HOST_DISAGREES, "the %s range %s is inverted", what,
                 vgate_version_range_format (range, text));
    return FALSE;
}

static gboolean
check_migration (const VgatePgpu *pgpu, GError **error)
{
    const gboolean is_on = (pgpu->record.capabilities & VGATE_CAPABILITY_MIGRATION) != 0;

    if (pgpu->migration == VGATE_MODE_UNKNOWN || (pgpu->migration == VGATE_MODE_ON) == is_on)
        return TRUE;
    g_set_error (error, VGATE_ERROR, VGATE_CODE_HOST_DISAGREES,
                 "migration='%s' differs from the driver's bytes, which contain '%s'", modes[pgpu->migration],
                 is_on ? "on" : "off");
    return FALSE;
}

static gboolean
check_pgpu (VgatePgpu *pgpu, GError **error)
{
    gsize length;
    const guint8 *bytes;
    g_autoptr (GError) local = NULL;

    if (vgate_xml_bytes_check (&pgpu->metadata, VGATE_CODE_HOST_DISAGREES, &local)) {
        bytes = g_bytes_get_data (pgpu->metadata.bytes, &length);
        if (vgate_pgpu_record_read (bytes, length, &pgpu->record, &local) &&
            vgate_pgpu_record_check_text (&pgpu->record, &local) &&
            vgate_pgpu_mirror_check (&pgpu->mirror, &pgpu->record, VGATE_CODE_HOST_DISAGREES, &local) &&
            check_range ("accepted", pgpu->record.range, &local) && check_migration (pgpu, &local))
            return TRUE;
    }
    g_set_error (error, VGATE_ERROR, VGATE_CODE_HOST_DISAGREES, "pGPU %s: %s", pgpu->address, local->message);
    return FALSE;
}

static gboolean
check_listed_once (gboolean is_first, const char *what, const char *which, GError **error)
{
    if (is_first)
        return TRUE;
    g_set_error (error, VGATE_ERROR, VGATE_CODE_HOST_DISAGREES, "%s %s is listed twice", what, which);
    return FALSE;
}

static GHashTable *
new_set (void)
{
    return g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
}

static gboolean
check_pgpus (const VgateHost *host, const xmlNode *root, GError **error)
{
    g_autoptr (GHashTable) addresses = new_set ();
    const xmlNode *node = vgate_xml_find_element (root->children, "pgpu");

    for (guint i = 0; i < host->pgpus->len; i++, node = vgate_xml_find_element (node->next, "pgpu")) {
        VgatePgpu *pgpu = g_ptr_array_index (host->pgpus, i);
        const gboolean is_first = g_hash_table_add (addresses, g_strdup (pgpu->address));
        GError *fault = NULL;

        if ((!check_pgpu (pgpu, &fault) || !check_listed_once (is_first, "pGPU", pgpu->address, &fault)) &&
            !vgate_xml_go_on (node, fault, error))
            return FALSE;
    }
    return TRUE;
}

/* Checks that each device is listed once. The elements of the devices are the first ones. */
static gboolean
check_listed (const VgateHostDevices *devices, const xmlNode *parent, GError **error)
{
    g_autoptr (GHashTable) listed_ones = new_set ();
    const xmlNode *node = vgate_xml_find_element (parent->children, NULL);

    for (guint i = 0; i < devices->devices->len; i++, node = vgate_xml_find_element (node->next, NULL)) {
        const VgateListedDevice *listed = g_ptr_array_index (devices->devices, i);
        const gboolean is_first =
            g_hash_table_add (listed_ones, g_strdup_printf ("%d %s", (int)listed->kind, listed->source));
        GError *fault = NULL;

        if (!check_listed_once (is_first, "device", listed->source, &fault) &&
            !vgate_xml_go_on (node, fault, error))
            return FALSE;
    }
    return TRUE;
}

/* Checks that each vGPU runs on a GPU of the host. */
static gboolean
check_vgpus (const VgateHost *host, const xmlNode *parent, GError **error)
{
    const GPtrArray *vgpus = host->devices->vgpus;
    g_autoptr (GHashTable) addresses = new_set ();
    const xmlNode *node = vgate_xml_find_element (parent->children, "vgpu");

    for (guint i = 0; i < host->pgpus->len; i++)
        g_hash_table_add (addresses,
                          g_strdup (((const VgatePgpu *)g_ptr_array_index (host->pgpus, i))->address));
    for (guint i = 0; i < vgpus->len; i++, node = vgate_xml_find_element (node->next, "vgpu")) {
        const VgateHostVgpu *vgpu = g_ptr_array_index (vgpus, i);
        GError *fault = NULL;

        if (g_hash_table_contains (addresses, vgpu->pgpu))
            continue;
        g_set_error (&fault, VGATE_ERROR, VGATE_CODE_HOST_DISAGREES,
                     "vGPU %s runs on GPU %s, which is not listed", vgpu->uuid, vgpu->pgpu);
        if (!vgate_xml_go_on (node, fault, error))
            return FALSE;
    }
    return TRUE;
}

static gboolean
check_devices (const VgateHost *host, const xmlNode *node, GError **error)
{
    return check_listed (host->devices, node, error) && check_vgpus (host, node, error);
}

/* Of a host whose elements all have the right form. */
static gboolean
check_sense (const VgateHost *host, const xmlNode *root, GError **error)
{
    const xmlNode *driver = vgate_xml_find_element (root->children, "driver");
    GError *fault = NULL;

    if ((!check_range ("driver's", host->preset, &fault) && !vgate_xml_go_on (driver, fault, error)))
        return FALSE;
    fault = NULL;
    if (!check_range ("administrator's", host->current, &fault) && !vgate_xml_go_on (driver, fault, error))
        return FALSE;
    return check_pgpus (host, root, error) &&
           (!host->devices ||
            check_devices (host, vgate_xml_find_element (root->children, "devices"), error));
}

/* faults: NULL, or where all of them are collected. */
static VgateHost *
read_host (const char *xml, gsize length, GPtrArray *faults, GError **error)
{
    g_autoptr (VgateHost) host = vgate_host_new ();
    g_autoptr (xmlDoc) doc = vgate_xml_read_document (&dialect, "host", xml, length, error);
    const guint n_before = faults ? faults->len : 0;

    if (!doc)
        return NULL;
    vgate_xml_collect_faults (doc, faults);
    if (!read_content (xmlDocGetRootElement (doc), host, error) || (faults && faults->len > n_before) ||
        !check_sense (host, xmlDocGetRootElement (doc), error) || (faults && faults->len > n_before))
        return NULL;
    return g_steal_pointer (&host);
}

VgateHost *
vgate_host_read (const char *xml, gsize length, GError **error)
{
    return read_host (xml, length, NULL, error);
}

VgateHost *
vgate_host_inspect (const char *xml, gsize length, GPtrArray *faults)
{
    GError *error = NULL;
    VgateHost *host = read_host (xml, length, faults, &error);

    if (error)
        vgate_faults_take (faults, error, 0);
    return host;
}

static void
write_pgpu (GString *xml, const VgatePgpu *pgpu)
{
    g_string_append (xml, "  <pgpu");
    vgate_xml_write_attributes (xml, pgpu_attributes, pgpu);
    g_string_append (xml, ">\n    ");
    vgate_xml_write_bytes (xml, "metadata", pgpu->metadata.bytes);
    g_string_append (xml, "\n    ");
    vgate_pgpu_mirror_write (xml, "mirror", &pgpu->record);
    if (pgpu->has_scheduler) {
        g_string_append (xml, "\n    ");
        vgate_scheduler_write (xml, "scheduler", &pgpu->scheduler);
    }
    g_string_append_c (xml, '\n');
    for (guint i = 0; i < pgpu->types->len; i++)
        vgate_xml_write_line (xml, "    ", "type", type_attributes, g_ptr_array_index (pgpu->types, i));
    g_string_append (xml, "  </pgpu>\n");
}

char *
vgate_host_write (const VgateHost *host)
{
    g_autoptr (GString) xml = g_string_new ("<host xmlns='" VGATE_HOST_NAMESPACE "'");

    vgate_xml_write_attributes (xml, host_attributes, host);
    g_string_append (xml, ">\n");
    vgate_xml_write_line (xml, "  ", "driver", driver_attributes, host);
    for (guint i = 0; i < host->pgpus->len; i++)
        write_pgpu (xml, g_ptr_array_index (host->pgpus, i));
    for (guint i = 0; i < host->unusable->len; i++)
        vgate_xml_write_line (xml, "  ", "unusable-gpu", unusable_attributes,
                              g_ptr_array_index (host->unusable, i));
    if (host->has_switch_over)
        vgate_xml_write_line (xml, "  ", "switch-over", switch_over_attributes, host);
    if (host->devices)
        vgate_host_devices_write (xml, host->devices);
    g_string_append (xml, "</host>\n");
    return g_string_free (g_steal_pointer (&xml), FALSE);
}

gboolean
vgate_host_has_warm_update (const VgateHost *host)
{
    if (host->warm_update != VGATE_MODE_ON || host->pgpus->len == 0 || host->unusable->len > 0)
        return FALSE;
    for (guint i = 0; i < host->pgpus->len; i++)
        if (((const VgatePgpu *)g_ptr_array_index (host->pgpus, i))->warm_update != VGATE_MODE_ON)
            return FALSE;
    return TRUE;
}

VgatePgpu *
vgate_host_find_pgpu (const VgateHost *host, const char *address)
{
    for (guint i = 0; i < host->pgpus->len; i++) {
        VgatePgpu *pgpu = g_ptr_array_index (host->pgpus, i);

        if (strcmp (pgpu->address, address) == 0)
            return pgpu;
    }
    return NULL;
}

const VgateUnusableGpu *
vgate_host_find_unusable (const VgateHost *host, const char *address)
{
    const VgateUnusableGpu *nameless = NULL;

    for (guint i = 0; i < host->unusable->len; i++) {
        const VgateUnusableGpu *gpu = g_ptr_array_index (host->unusable, i);

        if (g_strcmp0 (gpu->address, address) == 0)
            return gpu;
        if (!gpu->address && !nameless)
            nameless = gpu;
    }
    return vgate_host_find_pgpu (host, address) ? NULL : nameless;
}

/* "unknown" is not a name: the inventory writes it where the driver's text is empty. */
static gboolean
is_name (const char *text)
{
    return text && *text != '\0' && strcmp (text, "unknown") != 0;
}

const VgateHostType *
vgate_pgpu_find_type (const VgatePgpu *pgpu, guint32 id, const char *name)
{
    for (guint i = 0; i < pgpu->types->len; i++) {
        const VgateHostType *type = g_ptr_array_index (pgpu->types, i);

        if (is_name (name) ? strcmp (type->name, name) == 0 : type->id == id)
            return type;
    }
    /* a type without a known name can only be found by its ID */
    for (guint i = 0; i < pgpu->types->len; i++) {
        const VgateHostType *type = g_ptr_array_index (pgpu->types, i);

        if (type->id == id && !is_name (type->name))
            return type;
    }
    return NULL;
}

gboolean
vgate_pgpu_is_same_type (const VgatePgpu *pgpu, guint32 id, const char *name, guint32 other_id,
                         const char *other_name)
{
    const VgateHostType *type = is_name (name) ? NULL : vgate_pgpu_find_type (pgpu, id, NULL);
    const VgateHostType *other = is_name (other_name) ? NULL : vgate_pgpu_find_type (pgpu, other_id, NULL);

    name = type ? type->name : name;
    other_name = other ? other->name : other_name;
    return is_name (name) && is_name (other_name) ? strcmp (name, other_name) == 0 : id == other_id;
}
