/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "fleet/similar.h"

#include "host/qemu-process.h"

#include <string.h>

/* One letter, from 'A', for each name. */
#define NAMES_MAX 60u

static void
add_name (GPtrArray *names, const char *name)
{
    if (name && !g_ptr_array_find_with_equal_func (names, name, g_str_equal, NULL))
        g_ptr_array_add (names, (gpointer)name);
}

GPtrArray *
vgate_similar_names (const VgateFleetGuest *guest)
{
    const VgateDomain *domain = guest->domain;
    GPtrArray *names = g_ptr_array_new ();

    add_name (names, domain->uuid);
    for (guint i = 0; i < domain->hostdevs->len; i++) {
        const VgateHostdev *hostdev = g_ptr_array_index (domain->hostdevs, i);

        /* the PCI address of a virtual function is that of one on many hosts */
        if (hostdev->kind == VGATE_HOSTDEV_MDEV)
            add_name (names, hostdev->source);
    }
    for (guint i = 0; domain->element && i < domain->element->vgpus->len; i++) {
        const VgateElementVgpu *vgpu = g_ptr_array_index (domain->element->vgpus, i);

        add_name (names, vgpu->uuid);
        add_name (names, vgpu->mdev);
    }
    return names;
}

/* Appends a text so that no two lists of texts give the same key. */
static void
append_text (GByteArray *key, const char *text)
{
    /* a byte that no text has */
    static const guint8 none = 0xff;

    if (text)
        g_byte_array_append (key, (const guint8 *)text, (guint)strlen (text) + 1);
    else
        g_byte_array_append (key, &none, 1);
}

static void
append_number (GByteArray *key, guint64 number)
{
    g_byte_array_append (key, (const guint8 *)&number, sizeof number);
}

static void
append_bytes (GByteArray *key, GBytes *bytes)
{
    gsize length;
    const guint8 *data = g_bytes_get_data (bytes, &length);

    append_number (key, length);
    g_byte_array_append (key, data, (guint)length);
}

/* The number of a name among those of the guest, so that equal names are equal in each of two guests. */
static void
append_name (GByteArray *key, const GPtrArray *names, const char *name)
{
    guint index;

    if (name && g_ptr_array_find_with_equal_func ((GPtrArray *)names, name, g_str_equal, &index)) {
        append_number (key, index);
    } else {
        append_number (key, G_MAXUINT64);
        append_text (key, name);
    }
}

static void
append_scheduler (GByteArray *key, const VgateSourcePgpu *pgpu)
{
    g_autoptr (GString) text = g_string_new (NULL);

    if (pgpu->has_scheduler)
        vgate_scheduler_write (text, "scheduler", &pgpu->scheduler);
    append_text (key, text->str);
}

static void
append_vgpu (GByteArray *key, const GPtrArray *names, const VgateElementVgpu *vgpu)
{
    append_name (key, names, vgpu->uuid);
    append_name (key, names, vgpu->mdev);
    append_text (key, vgpu->vf);
    append_text (key, vgpu->guest_address);
    append_number (key, vgpu->type);
    append_text (key, vgpu->type_name);
    append_number (key, vgpu->framebuffer_used);
    append_number (key, vgpu->runtime_state);
    append_bytes (key, vgpu->metadata.bytes);
    append_text (key, vgpu->pgpu.name);
    append_text (key, vgpu->pgpu.host_driver);
    append_number (key, vgpu->pgpu.read_bandwidth);
    append_scheduler (key, &vgpu->pgpu);
}

static void
append_hostdev (GByteArray *key, const GPtrArray *names, const VgateHostdev *hostdev)
{
    append_number (key, hostdev->kind);
    append_name (key, names, hostdev->source);
    append_text (key, hostdev->guest_address);
    append_number (key, (guint64)hostdev->is_on_command_line);
}

/* The time of the capture if a rule about it has something to say, otherwise 0. */
static gint64
notable_time (const VgateFleetQuestion *question, gint64 time)
{
    const gint64 max_age = question->policy->max_age;
    const gboolean is_old = time == 0 || (max_age > 0 && time < question->now - max_age);

    return is_old || time > question->now ? time : 0;
}

/* TRUE when something on this host, and not only the document of another one, decides about the guest
 * (vgate_observation_new_for_document ()). */
static gboolean
is_known_here (const VgateFleetQuestion *question, const VgateDomain *domain)
{
    g_autoptr (VgateObservation) observation = vgate_observation_new (domain, question->root, FALSE);

    for (guint i = 0; i < domain->hostdevs->len; i++) {
        const VgateHostdev *hostdev = g_ptr_array_index (domain->hostdevs, i);

        if (hostdev->kind == VGATE_HOSTDEV_MDEV &&
            vgate_observation_device (observation, hostdev)->kind != VGATE_DEVICE_ABSENT)
            return TRUE;
    }
    return domain->hostdevs->len > 0 && vgate_qemu_runs (question->root, domain->name, domain->uuid);
}

GBytes *
vgate_similar_key (const VgateFleetQuestion *question, const VgateFleetGuest *guest, const GPtrArray *names)
{
    const VgateDomain *domain = guest->domain;
    VgateElement *element = domain->element;
    g_autoptr (GByteArray) key = g_byte_array_new ();

    if (guest->document != VGATE_DOMAIN_DOCUMENT_DOMAIN || domain->element_error || names->len > NAMES_MAX ||
        (element && !vgate_element_check (element, domain->uuid, question->policy->seal_key, NULL)) ||
        is_known_here (question, domain))
        return NULL;
    append_number (key, domain->hostdevs->len);
    for (guint i = 0; i < domain->hostdevs->len; i++)
        append_hostdev (key, names, g_ptr_array_index (domain->hostdevs, i));
    append_text (key, domain->vmstate ? domain->vmstate->bus : NULL);
    append_name (key, names, domain->vmstate ? domain->vmstate->uuid : NULL);
    append_number (key, element != NULL);
    if (element) {
        append_number (key, (guint64)notable_time (question, element->time));
        append_number (key, (guint64)element->power);
        append_number (key, (guint64)element->simulated);
        append_number (key, element->max_downtime);
        for (guint i = 0; i < element->vgpus->len; i++)
            append_vgpu (key, names, g_ptr_array_index (element->vgpus, i));
    }
    return g_byte_array_free_to_bytes (g_steal_pointer (&key));
}

char *
vgate_similar_mask (const char *text, const GPtrArray *names)
{
    g_autoptr (GString) masked = g_string_new (text);

    for (guint i = 0; i < names->len; i++) {
        const char letter[] = {VGATE_CELL_NAME, (char)('A' + i), '\0'};

        g_string_replace (masked, g_ptr_array_index (names, i), letter, 0);
    }
    return g_string_free (g_steal_pointer (&masked), FALSE);
}

char *
vgate_similar_unmask (const char *text, const GPtrArray *names)
{
    g_autoptr (GString) full = g_string_new (NULL);

    for (; *text != '\0'; text++) {
        if (*text == VGATE_CELL_NAME)
            g_string_append (full, g_ptr_array_index (names, (guint)(*++text - 'A')));
        else
            g_string_append_c (full, *text);
    }
    return g_string_free (g_steal_pointer (&full), FALSE);
}
