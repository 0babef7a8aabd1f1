/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "fleet/similar.h"

#include "compat/verdict.h"
#include "fleet/key.h"

#include <string.h>

/*
 * A placeholder is the mark of the name and as much padding as makes it as long as the name, because the
 * length of a message decides what it contains. XML cannot contain its characters, so that no text of a
 * document contains one.
 */
#define PADDING '\x03'
/* A mark is its first byte and two bytes with the number. */
#define MARK_BASE 0x40u
/* The number of a host's name that is the user of the device at the guest's name with the rest of the
 * number. */
#define USER VGATE_SIMILAR_NAMES_MAX

/* mark: VGATE_CELL_MARK_SIZE bytes. */
static void
write_mark (char *mark, char kind, guint index)
{
    mark[0] = kind;
    mark[1] = (char)(MARK_BASE + ((index >> 6) & 0x3f));
    mark[2] = (char)(MARK_BASE + (index & 0x3f));
}

static char *
placeholder (char kind, guint index, const char *name)
{
    const gsize length = MAX ((gsize)g_utf8_strlen (name, -1), VGATE_CELL_MARK_SIZE);
    char *text = g_malloc (length + 1);

    memset (text, PADDING, length);
    text[length] = '\0';
    write_mark (text, kind, index);
    return text;
}

static gboolean
find_name (const GPtrArray *names, guint n_names, const char *name, guint *index)
{
    for (*index = 0; name && *index < n_names; (*index)++)
        if (strcmp (g_ptr_array_index (names, *index), name) == 0)
            return TRUE;
    return FALSE;
}

static void
add_name (GPtrArray *names, const char *name)
{
    guint index;

    if (name && !find_name (names, names->len, name, &index))
        g_ptr_array_add (names, g_strdup (name));
}

static VgateSimilarNames *
names_new (void)
{
    VgateSimilarNames *names = g_new0 (VgateSimilarNames, 1);

    names->texts = g_ptr_array_new_with_free_func (g_free);
    names->clause = G_MAXUINT;
    return names;
}

void
vgate_similar_names_free (VgateSimilarNames *names)
{
    if (!names)
        return;
    g_ptr_array_unref (names->texts);
    g_free (names);
}

/* Adds the engine's clause about a time that is too old. */
static void
add_age (VgateSimilarNames *names, VgateCode code, gint64 time, gint64 now, gint64 max_age)
{
    const VgateFinding finding = {
        .code = code,
        .source = (guint64)time,
        .destination = (guint64)now,
        .destination_max = (guint64)max_age,
    };

    if (!vgate_key_is_old (time, now, max_age))
        return;
    names->clause = names->texts->len;
    g_ptr_array_add (names->texts, vgate_finding_describe (&finding));
}

/* --- guests --- */

VgateSimilarNames *
vgate_similar_guest_names (const VgateFleetQuestion *question, const VgateFleetGuest *guest)
{
    const VgateDomain *domain = guest->domain;
    const VgateElement *element = domain->element;
    VgateSimilarNames *names = names_new ();

    add_name (names->texts, domain->uuid);
    for (int is_pci = 0; is_pci < 2; is_pci++) {
        for (guint i = 0; i < domain->hostdevs->len; i++) {
            const VgateHostdev *hostdev = g_ptr_array_index (domain->hostdevs, i);

            if ((hostdev->kind == VGATE_HOSTDEV_PCI) == (is_pci != 0))
                add_name (names->texts, hostdev->source);
        }
        for (guint i = 0; element && i < element->vgpus->len; i++) {
            const VgateElementVgpu *vgpu = g_ptr_array_index (element->vgpus, i);

            add_name (names->texts, is_pci ? vgpu->vf : vgpu->uuid);
            add_name (names->texts, is_pci ? NULL : vgpu->mdev);
        }
        if (!is_pci)
            names->n_own = names->texts->len;
    }
    names->n_names = names->texts->len;
    if (element)
        add_age (names, VGATE_CODE_METADATA_OLD, element->time, question->now, question->policy->max_age);
    return names;
}

/* The number of a name among those of the guest, so that equal names are equal in each of two guests. */
static void
append_name (GByteArray *key, const VgateSimilarNames *names, guint n_names, const char *name)
{
    guint index;

    if (find_name (names->texts, n_names, name, &index)) {
        vgate_key_number (key, index);
    } else {
        vgate_key_number (key, G_MAXUINT64);
        vgate_key_text (key, name);
    }
}

static void
append_vgpu (GByteArray *key, const VgateSimilarNames *names, guint n_names, const VgateElementVgpu *vgpu)
{
    append_name (key, names, n_names, vgpu->uuid);
    append_name (key, names, n_names, vgpu->mdev);
    append_name (key, names, n_names, vgpu->vf);
    vgate_key_text (key, vgpu->guest_address);
    vgate_key_number (key, vgpu->type);
    vgate_key_text (key, vgpu->type_name);
    vgate_key_number (key, vgpu->framebuffer_used);
    vgate_key_number (key, vgpu->runtime_state);
    vgate_key_bytes (key, vgpu->metadata.bytes);
    vgate_key_text (key, vgpu->pgpu.name);
    vgate_key_text (key, vgpu->pgpu.host_driver);
    vgate_key_number (key, vgpu->pgpu.read_bandwidth);
    vgate_key_scheduler (key, vgpu->pgpu.has_scheduler ? &vgpu->pgpu.scheduler : NULL);
}

GBytes *
vgate_similar_guest_key (const VgateFleetQuestion *question, const VgateFleetGuest *guest,
                         const VgateSimilarNames *names, guint n_names)
{
    const VgateDomain *domain = guest->domain;
    const VgateElement *element = domain->element;
    g_autoptr (GByteArray) key = NULL;

    if (guest->document != VGATE_DOMAIN_DOCUMENT_DOMAIN || domain->element_error ||
        names->texts->len > VGATE_SIMILAR_NAMES_MAX)
        return NULL;
    key = g_byte_array_sized_new (1024);
    vgate_key_number (key, domain->hostdevs->len);
    for (guint i = 0; i < domain->hostdevs->len; i++) {
        const VgateHostdev *hostdev = g_ptr_array_index (domain->hostdevs, i);

        vgate_key_number (key, hostdev->kind);
        append_name (key, names, n_names, hostdev->source);
        vgate_key_text (key, hostdev->guest_address);
        vgate_key_number (key, (guint64)hostdev->is_on_command_line);
    }
    vgate_key_text (key, domain->vmstate ? domain->vmstate->bus : NULL);
    append_name (key, names, n_names, domain->vmstate ? domain->vmstate->uuid : NULL);
    vgate_key_number (key, element != NULL);
    if (element) {
        vgate_key_time (key, element->time, question->now, question->policy->max_age);
        vgate_key_number (key, (guint64)element->power);
        vgate_key_number (key, (guint64)element->simulated);
        vgate_key_number (key, element->max_downtime);
        for (guint i = 0; i < element->vgpus->len; i++)
            append_vgpu (key, names, n_names, g_ptr_array_index (element->vgpus, i));
    }
    return g_byte_array_free_to_bytes (g_steal_pointer (&key));
}

/* The placeholder of a name, which is added to those that the copy owns; any other text as it is. */
static char *
replace_name (const VgateSimilarNames *names, guint n_names, char *name, GPtrArray *owned)
{
    guint index;
    char *text;

    if (!find_name (names->texts, n_names, name, &index))
        return name;
    text = placeholder (VGATE_CELL_GUEST_NAME, index, name);
    g_ptr_array_add (owned, text);
    return text;
}

/* A copy, and the texts that belong to it. */
typedef struct {
    VgateFleetGuest guest;
    GPtrArray *owned;
} GuestCopy;

static VgateElement *
copy_element (const VgateElement *element, const VgateSimilarNames *names, guint n_names, GPtrArray *owned)
{
    VgateElement *copy = g_new0 (VgateElement, 1);

    *copy = *element;
    copy->domain = replace_name (names, n_names, element->domain, owned);
    /* the host where it was captured is judged by the guest itself */
    copy->host_uuid = (char *)"";
    copy->vgpus = g_ptr_array_new_with_free_func (g_free);
    for (guint i = 0; i < element->vgpus->len; i++) {
        VgateElementVgpu *vgpu = g_new0 (VgateElementVgpu, 1);

        *vgpu = *(const VgateElementVgpu *)g_ptr_array_index (element->vgpus, i);
        vgpu->uuid = replace_name (names, n_names, vgpu->uuid, owned);
        vgpu->mdev = replace_name (names, n_names, vgpu->mdev, owned);
        vgpu->vf = replace_name (names, n_names, vgpu->vf, owned);
        g_ptr_array_add (copy->vgpus, vgpu);
    }
    return copy;
}

VgateFleetGuest *
vgate_similar_guest_new (const VgateFleetGuest *guest, const VgateSimilarNames *names, guint n_names)
{
    GuestCopy *copy = g_new0 (GuestCopy, 1);
    VgateDomain *domain = g_new0 (VgateDomain, 1);

    copy->guest = *guest;
    copy->owned = g_ptr_array_new_with_free_func (g_free);
    *domain = *guest->domain;
    copy->guest.domain = domain;
    domain->uuid = replace_name (names, n_names, domain->uuid, copy->owned);
    domain->hostdevs = g_ptr_array_new_with_free_func (g_free);
    for (guint i = 0; i < guest->domain->hostdevs->len; i++) {
        VgateHostdev *hostdev = g_new0 (VgateHostdev, 1);

        *hostdev = *(const VgateHostdev *)g_ptr_array_index (guest->domain->hostdevs, i);
        hostdev->source = replace_name (names, n_names, hostdev->source, copy->owned);
        g_ptr_array_add (domain->hostdevs, hostdev);
    }
    if (domain->vmstate) {
        VgateVmstate *vmstate = g_new0 (VgateVmstate, 1);

        *vmstate = *domain->vmstate;
        vmstate->uuid = replace_name (names, n_names, vmstate->uuid, copy->owned);
        domain->vmstate = vmstate;
    }
    if (domain->element)
        domain->element = copy_element (domain->element, names, n_names, copy->owned);
    return &copy->guest;
}

void
vgate_similar_guest_free (VgateFleetGuest *guest)
{
    /* its first member */
    GuestCopy *copy = (GuestCopy *)guest;

    if (!copy)
        return;
    g_ptr_array_unref (guest->domain->hostdevs);
    g_free (guest->domain->vmstate);
    if (guest->domain->element)
        g_ptr_array_unref (guest->domain->element->vgpus);
    g_free (guest->domain->element);
    g_free (guest->domain);
    g_ptr_array_unref (copy->owned);
    g_free (copy);
}

/* --- hosts --- */

/* A device that a guest can get, so that its name can be in a decision. Any virtual function can be one that
 * can be configured. */
static gboolean
is_free (const VgateHost *host, const VgateHostDevice *device)
{
    const VgateDevice *vgpu = &device->listed.device;

    if (device->use)
        return FALSE;
    if (device->listed.kind == VGATE_HOSTDEV_PCI)
        return TRUE;
    return device->listed.kind == VGATE_HOSTDEV_MDEV && vgpu->kind == VGATE_DEVICE_VGPU && vgpu->type != 0 &&
           vgate_host_find_pgpu (host, vgpu->pgpu) != NULL;
}

/*
 * Adds the free devices of the kind to those with numbers, in their order. The key of a class
 * (vgate_similar_host_key ()) determines which of its mediated devices are free, but not which virtual
 * functions are: guests that do not name any cannot get them. So virtual functions have the last numbers.
 */
static void
add_free (GPtrArray *texts, const VgateHost *host, VgateHostdevKind kind)
{
    for (guint i = 0; host->devices && i < host->devices->devices->len; i++) {
        const VgateHostDevice *device = g_ptr_array_index (host->devices->devices, i);

        if (device->listed.kind == kind && is_free (host, device))
            g_ptr_array_add (texts, g_strdup (device->listed.source));
    }
}

static guint
count_free_mdevs (const VgateHost *host)
{
    guint n = 0;

    for (guint i = 0; i < host->devices->devices->len; i++) {
        const VgateHostDevice *device = g_ptr_array_index (host->devices->devices, i);

        n += device->listed.kind == VGATE_HOSTDEV_MDEV && is_free (host, device) ? 1 : 0;
    }
    return n;
}

VgateSimilarNames *
vgate_similar_host_names (const VgateFleetQuestion *question, const VgateHost *host, GHashTable *addresses)
{
    VgateSimilarNames *names = names_new ();
    gpointer number;

    g_ptr_array_add (names->texts, g_strdup (host->name));
    while (names->texts->len < 1 + g_hash_table_size (addresses))
        g_ptr_array_add (names->texts, g_strdup (""));
    for (guint i = 0; host->devices && i < host->devices->devices->len; i++) {
        const VgateHostDevice *device = g_ptr_array_index (host->devices->devices, i);

        if (device->use && device->listed.kind == VGATE_HOSTDEV_PCI &&
            g_hash_table_lookup_extended (addresses, device->listed.source, NULL, &number)) {
            char **user = (char **)&g_ptr_array_index (names->texts, 1 + GPOINTER_TO_UINT (number));

            g_free (*user);
            *user = g_strdup (device->use);
        }
    }
    add_age (names, VGATE_CODE_HOST_DOCUMENT_OLD, host->time, question->now, question->policy->host_max_age);
    if (names->clause == G_MAXUINT)
        g_ptr_array_add (names->texts, g_strdup (""));
    add_free (names->texts, host, VGATE_HOSTDEV_MDEV);
    add_free (names->texts, host, VGATE_HOSTDEV_PCI);
    return names;
}

/* A copy, and the texts that belong to it. */
typedef struct {
    VgateHost host;
    GPtrArray *owned;
} HostCopy;

static char *
own (HostCopy *copy, char *text)
{
    g_ptr_array_add (copy->owned, text);
    return text;
}

/* index: of the device's name; 0: it is not free. */
static VgateHostDevice *
copy_device (HostCopy *copy, const VgateHostDevice *device, const VgateSimilarNames *guest, guint index)
{
    const gboolean is_vf = device->listed.kind == VGATE_HOSTDEV_PCI;
    VgateHostDevice *result = g_memdup2 (device, sizeof *device);
    const char *name = device->listed.source;
    guint of_guest;

    if (is_vf && guest && find_name (guest->texts, guest->n_names, name, &of_guest)) {
        result->listed.source = own (copy, placeholder (VGATE_CELL_GUEST_NAME, of_guest, name));
        if (device->use)
            result->use = own (copy, placeholder (VGATE_CELL_HOST_NAME, USER + of_guest, device->use));
    } else if (index != 0) {
        result->listed.source = own (copy, placeholder (VGATE_CELL_HOST_NAME, index, name));
    }
    /* a virtual function is its own parent */
    if (is_vf && g_strcmp0 (device->listed.device.parent, name) == 0)
        result->listed.device.parent = result->listed.source;
    return result;
}

/* A virtual function that can be configured has the name of the device. renamed: address -> that name. */
static VgateMakeable *
copy_makeable (HostCopy *copy, const VgateMakeable *makeable, const VgateSimilarNames *guest,
               GHashTable *renamed)
{
    VgateMakeable *result = g_memdup2 (makeable, sizeof *makeable);
    char *name;
    guint of_guest;

    if (makeable->kind != VGATE_HOSTDEV_PCI)
        return result;
    name = g_hash_table_lookup (renamed, makeable->parent);
    if (name)
        result->parent = name;
    else if (guest && find_name (guest->texts, guest->n_names, makeable->parent, &of_guest))
        result->parent = own (copy, placeholder (VGATE_CELL_GUEST_NAME, of_guest, makeable->parent));
    return result;
}

VgateHost *
vgate_similar_host_new (const VgateHost *host, guint n_addresses, const VgateSimilarNames *guest)
{
    HostCopy *copy = g_new0 (HostCopy, 1);
    g_autoptr (GHashTable) renamed = g_hash_table_new (g_str_hash, g_str_equal);
    VgateHostDevices *devices;
    /* the next number of a mediated device and of a virtual function: after the host's name, those of users,
     * and the clause */
    guint next_mdev = 2 + n_addresses, next_vf;

    copy->host = *host;
    copy->owned = g_ptr_array_new_with_free_func (g_free);
    copy->host.name = own (copy, placeholder (VGATE_CELL_HOST_NAME, 0, host->name));
    if (!host->devices)
        return &copy->host;
    next_vf = next_mdev + count_free_mdevs (host);
    devices = copy->host.devices = g_memdup2 (host->devices, sizeof *host->devices);
    devices->devices = g_ptr_array_new_with_free_func (g_free);
    devices->makeable = g_ptr_array_new_with_free_func (g_free);
    for (guint i = 0; i < host->devices->devices->len; i++) {
        const VgateHostDevice *device = g_ptr_array_index (host->devices->devices, i);
        guint *next = device->listed.kind == VGATE_HOSTDEV_PCI ? &next_vf : &next_mdev;
        VgateHostDevice *renaming = copy_device (copy, device, guest, is_free (host, device) ? (*next)++ : 0);

        g_ptr_array_add (devices->devices, renaming);
        if (device->listed.kind == VGATE_HOSTDEV_PCI)
            g_hash_table_insert (renamed, device->listed.source, renaming->listed.source);
    }
    for (guint i = 0; i < host->devices->makeable->len; i++)
        g_ptr_array_add (
            devices->makeable,
            copy_makeable (copy, g_ptr_array_index (host->devices->makeable, i), guest, renamed));
    return &copy->host;
}

void
vgate_similar_host_free (VgateHost *host)
{
    /* its first member */
    HostCopy *copy = (HostCopy *)host;

    if (!copy)
        return;
    if (host->devices) {
        g_ptr_array_unref (host->devices->devices);
        g_ptr_array_unref (host->devices->makeable);
    }
    g_free (host->devices);
    g_ptr_array_unref (copy->owned);
    g_free (copy);
}

/* --- texts --- */

static void
mask_clause (GString *text, char kind, const VgateSimilarNames *names)
{
    char mark[VGATE_CELL_MARK_SIZE + 1] = "";

    if (!names || names->clause == G_MAXUINT)
        return;
    write_mark (mark, kind, names->clause);
    g_string_replace (text, g_ptr_array_index (names->texts, names->clause), mark, 0);
}

char *
vgate_similar_mask (const char *text, const VgateSimilarNames *guest, const VgateSimilarNames *host)
{
    g_autoptr (GString) masked = g_string_sized_new (strlen (text) + 1);

    while (*text != '\0') {
        const gsize length = strcspn (text, (char[]){PADDING, '\0'});

        g_string_append_len (masked, text, (gssize)length);
        text += length + strspn (text + length, (char[]){PADDING, '\0'});
    }
    mask_clause (masked, VGATE_CELL_GUEST_NAME, guest);
    mask_clause (masked, VGATE_CELL_HOST_NAME, host);
    return g_string_free (g_steal_pointer (&masked), FALSE);
}

gboolean
vgate_similar_read_mark (const char *text, gboolean *is_guest, guint *index)
{
    if ((*text != VGATE_CELL_GUEST_NAME && *text != VGATE_CELL_HOST_NAME) ||
        strlen (text) < VGATE_CELL_MARK_SIZE)
        return FALSE;
    *is_guest = *text == VGATE_CELL_GUEST_NAME;
    *index = ((guint)(guchar)text[1] - MARK_BASE) << 6 | ((guint)(guchar)text[2] - MARK_BASE);
    return TRUE;
}

char *
vgate_similar_mark_users (const char *text, const VgateSimilarNames *guest, GHashTable *addresses)
{
    g_autoptr (GString) marked = g_string_new (text);
    gboolean is_guest, any = FALSE;
    guint index;

    for (gsize i = 0; i < marked->len; i++) {
        const char *address;

        if (!vgate_similar_read_mark (marked->str + i, &is_guest, &index) || is_guest || index < USER)
            continue;
        any = TRUE;
        address = g_ptr_array_index (guest->texts, index - USER);
        index = 1 + GPOINTER_TO_UINT (g_hash_table_lookup (addresses, address));
        marked->str[i + 1] = (char)(MARK_BASE + ((index >> 6) & 0x3f));
        marked->str[i + 2] = (char)(MARK_BASE + (index & 0x3f));
    }
    return any ? g_string_free (g_steal_pointer (&marked), FALSE) : NULL;
}

char *
vgate_similar_unmask (const char *text, const VgateSimilarNames *guest, const VgateSimilarNames *host)
{
    g_autoptr (GString) full = g_string_new (NULL);

    for (; *text != '\0'; text++) {
        const GPtrArray *names;
        gboolean is_guest;
        guint index;

        if (!vgate_similar_read_mark (text, &is_guest, &index)) {
            g_string_append_c (full, *text);
            continue;
        }
        names = is_guest ? guest->texts : host->texts;
        text += VGATE_CELL_MARK_SIZE - 1;
        /* no mark that a decision led to has a number that is too large */
        g_string_append (full, index < names->len ? g_ptr_array_index (names, index) : "?");
    }
    return g_string_free (g_steal_pointer (&full), FALSE);
}
