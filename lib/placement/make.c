/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "placement/make.h"

#include <errno.h>
#include <string.h>

/* The write returns when the kernel is done, but the driver can show the result a moment later, on a busy
 * host more than one. */
#define APPEAR_MS   2000
#define STEP_MIN_US 1000
#define STEP_MAX_US 50000

/* Finds the device in sysfs; with_type also reads its type. */
static void
look_up (const char *root, const VgateLease *lease, gboolean with_type, VgateServed *served,
         VgateDevice *device)
{
    const VgateHostdev hostdev = {.kind = (VgateHostdevKind)lease->kind, .source = lease->device};

    vgate_sysfs_identify (root, &hostdev, device);
    if (with_type)
        vgate_sysfs_read_type (root, &hostdev, served, device);
}

/* A virtual function always exists; it counts as a device when it has a type. For a mediated device, the
 * driver is not asked. */
gboolean
vgate_device_exists (const char *root, const VgateLease *lease, VgateServed *served)
{
    const gboolean is_mdev = lease->kind == VGATE_HOSTDEV_MDEV;
    g_auto (VgateDevice) device = {0};

    look_up (root, lease, !is_mdev, served, &device);
    return is_mdev ? device.kind != VGATE_DEVICE_ABSENT
                   : device.kind == VGATE_DEVICE_VGPU && device.type != 0;
}

/* Types are compared by name, because another driver can number them differently. A virtual function only has
 * an ID. */
static gboolean
is_as_leased (const char *root, const VgateLease *lease, VgateServed *served)
{
    g_auto (VgateDevice) device = {0};
    gboolean is_of_type;

    look_up (root, lease, TRUE, served, &device);
    is_of_type = device.type_name && lease->type_name ? strcmp (device.type_name, lease->type_name) == 0
                                                      : device.type == lease->type;
    return device.kind == VGATE_DEVICE_VGPU && is_of_type && strcmp (device.parent, lease->parent) == 0;
}

static gboolean
is_gone (const char *root, const VgateLease *lease, VgateServed *served)
{
    return !vgate_device_exists (root, lease, served) && !served->hangs;
}

/* Waits for the condition. FALSE when it is not met in time, or the driver hangs. */
static gboolean
wait_until (gboolean (*is_reached) (const char *root, const VgateLease *lease, VgateServed *served),
            const char *root, const VgateLease *lease, VgateServed *served)
{
    const gint64 end = g_get_monotonic_time () + APPEAR_MS * 1000;
    guint step_us = STEP_MIN_US;

    while (!is_reached (root, lease, served)) {
        if (served->hangs || g_get_monotonic_time () >= end)
            return FALSE;
        g_usleep (step_us);
        step_us = MIN (step_us * 2, STEP_MAX_US);
    }
    return TRUE;
}

static gboolean
fail (const VgateLease *lease, gboolean is_making, VgateServed *served, const char *why, GError **error)
{
    const VgateCode code = is_making ? VGATE_CODE_DEVICE_NOT_MADE : VGATE_CODE_DEVICE_NOT_UNMADE;

    g_set_error (error, VGATE_ERROR, (int)(served->hangs ? VGATE_CODE_DEVICE_HANGS : code),
                 "cannot %s %s of type %u on %s: %s", is_making ? "create" : "remove", lease->device,
                 lease->type, lease->parent, served->hangs ? "the driver does not answer" : why);
    return FALSE;
}

gboolean
vgate_device_make (const char *root, const VgateLease *lease, VgateServed *served, gboolean *may_come,
                   GError **error)
{
    const VgateHostdevKind kind = (VgateHostdevKind)lease->kind;
    g_autofree char *path = vgate_sysfs_maker_path (root, kind, lease->parent, lease->type);
    g_autofree char *text =
        kind == VGATE_HOSTDEV_MDEV ? g_strdup (lease->device) : g_strdup_printf ("%u", lease->type);
    int rc;

    *may_come = FALSE;
    /* when the driver hangs, fail () reports that instead of this reason */
    if (vgate_device_exists (root, lease, served))
        return is_as_leased (root, lease, served) ||
               fail (lease, TRUE, served, "the device exists, but is of another type or elsewhere", error);
    if (served->hangs)
        return fail (lease, TRUE, served, NULL, error);
    if (!path)
        return fail (lease, TRUE, served, "its GPU no longer offers the type", error);
    rc = vgate_served_write (served, path, text, VGATE_SERVED_WRITE_MS);
    if (rc == 0 && wait_until (is_as_leased, root, lease, served))
        return TRUE;
    *may_come = served->hangs;
    /* leaves no half-made device, unless the driver hangs: then nothing can be done */
    if (!served->hangs && (rc == 0 || (kind == VGATE_HOSTDEV_MDEV && rc != EEXIST)))
        vgate_device_unmake (root, lease, served, NULL);
    return fail (lease, TRUE, served,
                 rc == 0 ? "the driver accepted the request, but the device does not exist" : g_strerror (rc),
                 error);
}

/* FALSE also when the virtual function was given another type in the meantime. */
static gboolean
is_ours (const char *root, const VgateLease *lease, VgateServed *served)
{
    return lease->kind == VGATE_HOSTDEV_MDEV ? vgate_device_exists (root, lease, served)
                                             : is_as_leased (root, lease, served);
}

gboolean
vgate_device_unmake (const char *root, const VgateLease *lease, VgateServed *served, GError **error)
{
    const VgateHostdevKind kind = (VgateHostdevKind)lease->kind;
    g_autofree char *path = vgate_sysfs_unmaker_path (root, kind, lease->device);
    int rc;

    if (served->hangs)
        return fail (lease, FALSE, served, NULL, error);
    if (!path || !is_ours (root, lease, served))
        return !served->hangs || fail (lease, FALSE, served, NULL, error);
    rc = vgate_served_write (served, path, kind == VGATE_HOSTDEV_MDEV ? "1" : "0", VGATE_SERVED_WRITE_MS);
    if (rc == 0 && wait_until (is_gone, root, lease, served))
        return TRUE;
    return fail (lease, FALSE, served,
                 rc == 0 ? "the driver accepted the request, but the device still exists" : g_strerror (rc),
                 error);
}

gboolean
vgate_device_unmake_listed (const char *root, const VgateListedDevice *listed, VgateServed *served,
                            GError **error)
{
    const VgateLease shape = {
        .kind = (int)listed->kind,
        .device = listed->source,
        .parent = listed->device.parent,
        .pgpu = listed->device.pgpu,
        .type = listed->device.type,
        .type_name = listed->device.type_name,
    };

    return vgate_device_unmake (root, &shape, served, error);
}
