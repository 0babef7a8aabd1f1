/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "virsh-lines.h"

#include "placement/plan.h"
#include "placement/rewrite.h"

#include <string.h>

VgateVirshDevice *
vgate_virsh_device_new (VgateHostdevKind kind, const char *named, const char *device, const char *type,
                        const char *gpu)
{
    VgateVirshDevice *created = g_new0 (VgateVirshDevice, 1);

    created->kind = kind;
    created->named = g_strdup (named);
    created->device = g_strdup (device);
    created->type = g_strdup (type);
    created->gpu = g_strdup (gpu);
    return created;
}

void
vgate_virsh_device_free (VgateVirshDevice *device)
{
    g_free (device->named);
    g_free (device->device);
    g_free (device->type);
    g_free (device->gpu);
    g_free (device);
}

GPtrArray *
vgate_virsh_devices_of (const VgateDecision *decision, const VgateHost *host)
{
    GPtrArray *devices = g_ptr_array_new_with_free_func ((GDestroyNotify)vgate_virsh_device_free);

    for (guint i = 0; i < decision->placements->len; i++) {
        const VgatePlacement *placement = g_ptr_array_index (decision->placements, i);
        const VgateLease *lease = placement->lease;
        const gboolean is_made = lease && lease->state == VGATE_LEASE_PLANNED;
        g_autofree char *type = is_made ? vgate_plan_write_type (lease->type, lease->type_name) : NULL;

        if (!lease || !placement->hostdev || placement->hostdev->is_on_command_line)
            continue;
        g_ptr_array_add (devices,
                         vgate_virsh_device_new ((VgateHostdevKind)lease->kind, placement->hostdev->source,
                                                 lease->device, type,
                                                 is_made && host->pgpus->len > 1 ? lease->pgpu : NULL));
    }
    return devices;
}

/* --- words of the shell --- */

static gboolean
is_plain (const char *word)
{
    return *word != '\0' && word[strspn (word, G_CSET_a_2_z G_CSET_A_2_Z G_CSET_DIGITS "-_.:/@+%")] == '\0';
}

static char *
quote (const char *word)
{
    return is_plain (word) ? g_strdup (word) : g_shell_quote (word);
}

/* virsh takes a number for a domain's ID and a word that begins with a dash for an option, and a name can
 * look like the UUID of another domain. */
static const char *
domain_word (const VgateVirshMove *move)
{
    return is_plain (move->name) && g_ascii_isalpha (*move->name) && !g_uuid_string_is_valid (move->name)
               ? move->name
               : move->uuid;
}

static char *
uri_of (const char *host, const VgateVirshHosts *hosts)
{
    g_autofree char *escaped = g_uri_escape_string (host, ":[]", FALSE);
    GString *uri = g_string_new (hosts->uri ? hosts->uri : VGATE_VIRSH_URI_DEFAULT);

    g_string_replace (uri, "%h", escaped, 0);
    return g_string_free (uri, FALSE);
}

/* "ssh -n root@host-b": the user, host and port are those of the URI. Without -n, ssh reads the rest of a
 * plan that a shell reads from standard input. */
static char *
ssh_to (const char *host, const VgateVirshHosts *hosts)
{
    g_autofree char *text = uri_of (host, hosts);
    g_autoptr (GUri) uri = g_uri_parse (text, G_URI_FLAGS_NONE, NULL);
    const char *user = uri ? g_uri_get_userinfo (uri) : NULL;
    const char *name = uri && g_uri_get_host (uri) ? g_uri_get_host (uri) : host;
    /* the port of another transport is not that of ssh */
    const gboolean has_port =
        uri && g_uri_get_port (uri) > 0 && g_str_has_suffix (g_uri_get_scheme (uri), "+ssh");
    g_autofree char *port = has_port ? g_strdup_printf ("-p %d ", g_uri_get_port (uri)) : g_strdup ("");
    g_autofree char *at = g_strconcat (user ? user : "", user ? "@" : "", name, NULL);
    g_autofree char *quoted = quote (at);

    return g_strdup_printf ("ssh -n %s%s%s", port, *at == '-' ? "-- " : "", quoted);
}

static char *
virsh_at (const char *host, const VgateVirshHosts *hosts)
{
    g_autofree char *uri = host ? uri_of (host, hosts) : NULL;
    g_autofree char *quoted = uri ? quote (uri) : NULL;

    return quoted ? g_strdup_printf ("virsh -c %s", quoted) : g_strdup ("virsh");
}

/* --- the guest's XML with other devices --- */

static gboolean
has_other_device (const VgateVirshMove *move)
{
    for (guint i = 0; move->devices && i < move->devices->len; i++) {
        const VgateVirshDevice *device = g_ptr_array_index (move->devices, i);

        if (strcmp (device->named, device->device) != 0)
            return TRUE;
    }
    return FALSE;
}

/* The script of sed that replaces the source addresses. libvirt writes each on a line of its own; "t" ends
 * the script after a replacement, so that an address is not replaced twice. The address in the guest has a
 * type, and the metadata have other elements, so that neither matches. */
static char *
sed_script (const VgateVirshMove *move)
{
    GString *script = g_string_new (NULL);

    for (guint i = 0; i < move->devices->len; i++) {
        const VgateVirshDevice *device = g_ptr_array_index (move->devices, i);
        g_autofree char *before = vgate_source_element (device->kind, device->named);
        g_autofree char *after = vgate_source_element (device->kind, device->device);

        if (strcmp (device->named, device->device) != 0)
            g_string_append_printf (script, "%ss,%s,%s,;t", script->len > 0 ? ";" : "", before, after);
    }
    return g_string_free (script, FALSE);
}

static char *
dump_line (const VgateVirshMove *move, const char *virsh, const char *option, const char *file)
{
    g_autofree char *script = sed_script (move);

    /* the XML can contain passwords, so that nobody else may read the file */
    return g_strdup_printf ("(umask 077; %s dumpxml %s --security-info %s | sed \"%s\" >%s)", virsh, option,
                            domain_word (move), script, file);
}

/* --- the commands --- */

guint64
vgate_virsh_allowed_down_time (guint64 estimate)
{
    const guint64 ms = estimate / 1000 + (estimate % 1000 != 0 ? 1 : 0);
    const guint64 allowed = ms > VGATE_VIRSH_DOWN_TIME_MAX ? ms : (ms + ms / 4 + 99) / 100 * 100;

    return MIN (allowed, VGATE_VIRSH_DOWN_TIME_MAX);
}

static void
add_down_time (const VgateVirshMove *move, const char *virsh, const VgateVirshHosts *hosts, GPtrArray *lines)
{
    const guint64 limit = move->max_down_time > 0 ? move->max_down_time : VGATE_VIRSH_DOWN_TIME_DEFAULT;
    g_autofree char *ssh = move->source ? ssh_to (move->source, hosts) : NULL;

    if (move->down_time / 1000 < limit || move->down_time <= limit * 1000)
        return;
    g_ptr_array_add (lines,
                     g_strdup_printf ("%s migrate-setmaxdowntime %s %" G_GUINT64_FORMAT, virsh,
                                      domain_word (move), vgate_virsh_allowed_down_time (move->down_time)));
    /* the destination compares its estimate with the limit in the metadata */
    g_ptr_array_add (lines, g_strdup_printf ("%s%svgpu-gated --once", ssh ? ssh : "", ssh ? " " : ""));
}

static void
add_devices (const VgateVirshMove *move, const VgateVirshHosts *hosts, GPtrArray *lines)
{
    g_autofree char *ssh = ssh_to (move->destination, hosts);

    for (guint i = 0; move->devices && i < move->devices->len; i++) {
        const VgateVirshDevice *device = g_ptr_array_index (move->devices, i);
        /* a virtual function is on only one GPU */
        const gboolean has_gpu = device->gpu && device->kind == VGATE_HOSTDEV_MDEV;
        /* the shell at the destination reads the words that ssh passes on again */
        g_autofree char *there = device->type ? quote (device->type) : NULL;
        g_autofree char *type = there ? quote (there) : NULL;

        if (type)
            g_ptr_array_add (lines, g_strdup_printf ("%s vgpu-gate device make %s --type %s%s%s", ssh,
                                                     device->device, type, has_gpu ? " --gpu " : "",
                                                     has_gpu ? device->gpu : ""));
    }
}

GPtrArray *
vgate_virsh_migrate (const VgateVirshMove *move, const VgateVirshHosts *hosts)
{
    GPtrArray *lines = g_ptr_array_new_with_free_func (g_free);
    g_autofree char *virsh = virsh_at (move->source, hosts), *uri = uri_of (move->destination, hosts);
    g_autofree char *to = quote (uri), *file = g_strdup_printf ("vgpu-gate-%s.xml", move->uuid);
    g_autofree char *inactive = g_strdup_printf ("vgpu-gate-%s-inactive.xml", move->uuid);
    const gboolean is_other = has_other_device (move);
    g_autoptr (GString) line = g_string_new (NULL);

    add_down_time (move, virsh, hosts, lines);
    add_devices (move, hosts, lines);
    if (is_other)
        g_ptr_array_add (lines, dump_line (move, virsh, "--migratable", file));
    if (is_other && !hosts->is_transient)
        g_ptr_array_add (lines, dump_line (move, virsh, "--inactive", inactive));
    g_string_append_printf (line, "%s migrate --live", virsh);
    if (!hosts->is_transient)
        g_string_append (line, " --persistent --undefinesource");
    if (hosts->n_connections > 0)
        g_string_append_printf (line, " --parallel --parallel-connections %u", hosts->n_connections);
    if (is_other)
        g_string_append_printf (line, " --xml %s", file);
    if (is_other && !hosts->is_transient)
        g_string_append_printf (line, " --persistent-xml %s", inactive);
    g_string_append_printf (line, " %s %s", domain_word (move), to);
    g_ptr_array_add (lines, g_string_free (g_steal_pointer (&line), FALSE));
    if (is_other)
        g_ptr_array_add (lines, g_strdup_printf ("rm %s%s%s", file, hosts->is_transient ? "" : " ",
                                                 hosts->is_transient ? "" : inactive));
    return lines;
}

char *
vgate_virsh_remove (const char *host, const char *device, const VgateVirshHosts *hosts)
{
    g_autofree char *ssh = ssh_to (host, hosts);

    return g_strdup_printf ("%s vgpu-gate device remove --yes %s", ssh, device);
}

gboolean
vgate_virsh_check_uri (const char *uri, GError **error)
{
    g_autoptr (GString) example = g_string_new (uri);
    g_autoptr (GUri) parsed = NULL;

    if (g_string_replace (example, "%h", "host", 0) > 0)
        parsed = g_uri_parse (example->str, G_URI_FLAGS_NONE, NULL);
    if (!parsed)
        g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
                     "invalid value '%s' for --uri: expected a URI of libvirt in which %%h is the host's "
                     "name, such as %s",
                     uri, VGATE_VIRSH_URI_DEFAULT);
    return parsed != NULL;
}
