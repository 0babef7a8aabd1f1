/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "fleet/similar.h"

#include "compat/verdict.h"
#include "fleet/key.h"

#include <string.h>

/*
 * A placeholder is as long as a UUID: these characters, 'g' or 'h' for guest or host, and the number of the
 * name. No UUID contains them, so that a document cannot contain one by accident. A document that was made to
 * contain one only gets another name in its own texts.
 */
#define PLACEHOLDER        "vgpu-gate-name-of-similar-one-"
#define PLACEHOLDER_FORMAT PLACEHOLDER "%c-%04x"
#define PLACEHOLDER_SIZE   (strlen (PLACEHOLDER) + strlen ("g-0000"))
#define NAMES_MAX          0x1000u
/* A mark is its first byte and two bytes with the number. */
#define MARK_BASE 0x40u

static char *
placeholder (char kind, guint index)
{
    return g_strdup_printf (PLACEHOLDER_FORMAT, kind, index);
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

    if (vgate_key_is_old (time, now, max_age))
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
        names->texts->len > NAMES_MAX)
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
    text = placeholder ('g', index);
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

static gboolean
is_free_mdev (const VgateHostDevice *device)
{
    return device->listed.kind == VGATE_HOSTDEV_MDEV && !device->use;
}

VgateSimilarNames *
vgate_similar_host_names (const VgateFleetQuestion *question, const VgateHost *host)
{
    VgateSimilarNames *names = names_new ();

    g_ptr_array_add (names->texts, g_strdup (host->name));
    for (guint i = 0; host->devices && i < host->devices->devices->len; i++) {
        const VgateHostDevice *device = g_ptr_array_index (host->devices->devices, i);

        if (is_free_mdev (device))
            g_ptr_array_add (names->texts, g_strdup (device->listed.source));
        else if (device->listed.kind == VGATE_HOSTDEV_PCI && device->use)
            g_ptr_array_add (names->texts, g_strdup (device->use));
    }
    names->n_own = names->n_names = names->texts->len;
    add_age (names, VGATE_CODE_HOST_DOCUMENT_OLD, host->time, question->now, question->policy->host_max_age);
    return names;
}

VgateHost *
vgate_similar_host_new (const VgateHost *host)
{
    VgateHost *copy = g_new0 (VgateHost, 1);
    guint n = 0;

    *copy = *host;
    copy->name = placeholder ('h', n++);
    if (!host->devices)
        return copy;
    copy->devices = g_new0 (VgateHostDevices, 1);
    *copy->devices = *host->devices;
    copy->devices->devices = g_ptr_array_new ();
    for (guint i = 0; i < host->devices->devices->len; i++) {
        VgateHostDevice *device = g_new0 (VgateHostDevice, 1);

        *device = *(const VgateHostDevice *)g_ptr_array_index (host->devices->devices, i);
        if (is_free_mdev (device))
            device->listed.source = placeholder ('h', n++);
        else if (device->listed.kind == VGATE_HOSTDEV_PCI && device->use)
            device->use = placeholder ('h', n++);
        g_ptr_array_add (copy->devices->devices, device);
    }
    return copy;
}

void
vgate_similar_host_free (VgateHost *host)
{
    if (!host)
        return;
    for (guint i = 0; host->devices && i < host->devices->devices->len; i++) {
        VgateHostDevice *device = g_ptr_array_index (host->devices->devices, i);

        if (is_free_mdev (device))
            g_free (device->listed.source);
        else if (device->listed.kind == VGATE_HOSTDEV_PCI)
            g_free (device->use);
        g_free (device);
    }
    if (host->devices)
        g_ptr_array_unref (host->devices->devices);
    g_free (host->devices);
    g_free (host->name);
    g_free (host);
}

/* --- texts --- */

static void
append_mark (GString *text, char kind, guint index)
{
    g_string_append_c (text, kind);
    g_string_append_c (text, (char)(MARK_BASE + ((index >> 6) & 0x3f)));
    g_string_append_c (text, (char)(MARK_BASE + (index & 0x3f)));
}

static void
mask_clauses (GString *text, char kind, const VgateSimilarNames *names)
{
    for (guint i = names ? names->n_names : 0; names && i < names->texts->len; i++) {
        g_autoptr (GString) mark = g_string_new (NULL);

        append_mark (mark, kind, i);
        g_string_replace (text, g_ptr_array_index (names->texts, i), mark->str, 0);
    }
}

char *
vgate_similar_mask (const char *text, const VgateSimilarNames *guest, const VgateSimilarNames *host)
{
    g_autoptr (GString) masked = g_string_new (NULL);
    const char *found;

    while ((found = strstr (text, PLACEHOLDER)) && strlen (found) >= PLACEHOLDER_SIZE) {
        const char *kind = found + strlen (PLACEHOLDER);

        g_string_append_len (masked, text, found - text);
        append_mark (masked, *kind == 'g' ? VGATE_CELL_GUEST_NAME : VGATE_CELL_HOST_NAME,
                     (guint)g_ascii_strtoull (kind + 2, NULL, 16));
        text = found + PLACEHOLDER_SIZE;
    }
    g_string_append (masked, text);
    mask_clauses (masked, VGATE_CELL_GUEST_NAME, guest);
    mask_clauses (masked, VGATE_CELL_HOST_NAME, host);
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
        /* only a document that contains a placeholder leads to a number that is too large */
        g_string_append (full, index < names->len ? g_ptr_array_index (names, index) : "?");
    }
    return g_string_free (g_steal_pointer (&full), FALSE);
}
