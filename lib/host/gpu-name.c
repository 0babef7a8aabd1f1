/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "host/gpu-name.h"

#include <string.h>

/* "GPU-" and a UUID in lower case, or NULL. */
static char *
read_uuid (const char *lower)
{
    static const char begin[] = "gpu-";

    if (!g_str_has_prefix (lower, begin) || !vgate_xml_text_has_form (lower + strlen (begin), VGATE_XML_UUID))
        return NULL;
    return g_strconcat ("GPU-", lower + strlen (begin), NULL);
}

/* A PCI address with a domain of at least four digits, as the host document has it; or NULL. nvidia-smi
 * prints eight digits, and people omit a domain of 0, as lspci does. */
static char *
read_address (const char *lower)
{
    const char *second = strchr (lower, ':'), *colon = second ? strchr (second + 1, ':') : NULL;
    const gsize n_digits = colon ? (gsize)(second - lower) : 0;
    g_autofree char *digits = g_strndup (lower, n_digits), *address = NULL;
    guint64 domain = 0;

    if (colon && (n_digits < 4 || n_digits > 8 ||
                  !g_ascii_string_to_unsigned (digits, 16, 0, G_MAXUINT32, &domain, NULL)))
        return NULL;
    address = g_strdup_printf ("%04x:%s", (guint)domain, colon ? second + 1 : lower);
    return vgate_xml_text_has_form (address, VGATE_XML_PCI) ? g_steal_pointer (&address) : NULL;
}

char *
vgate_gpu_name_read (const char *typed)
{
    g_autofree char *lower = g_ascii_strdown (typed, -1);
    guint64 index;
    char *gpu = read_uuid (lower);

    if (!gpu && g_ascii_string_to_unsigned (lower, 10, 0, 9999, &index, NULL))
        gpu = g_strdup_printf ("%u", (guint)index);
    return gpu ? gpu : read_address (lower);
}

const VgatePgpu *
vgate_host_find_gpu (const VgateHost *host, const char *name)
{
    guint64 index;
    const gboolean is_index = g_ascii_string_to_unsigned (name, 10, 0, G_MAXUINT32, &index, NULL);

    for (guint i = 0; i < host->pgpus->len; i++) {
        const VgatePgpu *pgpu = g_ptr_array_index (host->pgpus, i);

        if (is_index ? pgpu->index == index
                     : strcmp (name, pgpu->address) == 0 || g_ascii_strcasecmp (name, pgpu->uuid) == 0)
            return pgpu;
    }
    return NULL;
}

char *
vgate_host_list_gpus (const VgateHost *host)
{
    g_autoptr (GString) names = g_string_new (NULL);

    for (guint i = 0; i < host->pgpus->len; i++) {
        const VgatePgpu *pgpu = g_ptr_array_index (host->pgpus, i);

        g_string_append_printf (names, "%s%u (%s)", i > 0 ? ", " : "", pgpu->index, pgpu->address);
    }
    return g_strdup (names->len > 0 ? names->str : "none");
}
