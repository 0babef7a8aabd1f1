/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "plugin/capture/look.h"

#include "plugin/element/capture.h"
#include "gate/gate.h"
#include "plugin/base/log.h"

#include <libvirt/virterror.h>
#include <string.h>

VgateLook *
vgate_look_new (virConnectPtr libvirt, const char *uuid, VgateSnapshot *snapshot, GBytes *key,
                guint64 sequence_min)
{
    VgateLook *look = g_new0 (VgateLook, 1);

    virConnectRef (libvirt);
    look->libvirt = libvirt;
    look->uuid = g_strdup (uuid);
    look->snapshot = vgate_snapshot_ref (snapshot);
    look->key = key ? g_bytes_ref (key) : NULL;
    look->event = VGATE_TRIGGER_CHANGE;
    look->sequence_min = sequence_min;
    look->id = -1;
    return look;
}

void
vgate_look_free (VgateLook *look)
{
    if (!look)
        return;
    if (look->libvirt) /* it was not run */
        virConnectClose (look->libvirt);
    g_free (look->uuid);
    vgate_snapshot_unref (look->snapshot);
    g_clear_pointer (&look->key, g_bytes_unref);
    g_free (look->name);
    g_clear_error (&look->error);
    vgate_domain_free (look->domain);
    g_free (look);
}

/* The domain with its element left out: when that cannot be read, it is to be replaced, not to stop us. */
static VgateDomain *
read_leniently (VgateLook *look, virDomainPtr domain)
{
    g_autoptr (GError) local = NULL;
    VgateDomain *read = vgate_libvirt_read_domain (domain, &local);

    if (read)
        return read;
    if (!vgate_libvirt_is_element_error (local)) {
        look->error = g_steal_pointer (&local);
        return NULL;
    }
    if (vgate_libvirt_is_busy (domain)) {
        look->outcome = VGATE_LOOK_BUSY;
        return NULL;
    }
    return vgate_libvirt_set_element (domain, NULL, &look->error)
               ? vgate_libvirt_read_domain (domain, &look->error)
               : NULL;
}

/*
 * Why a domain is captured now. The event says it, but may come after the look that met its domain first (a
 * start is announced after the resume that ends it; libvirt 9.0, measured), so what the domain carries goes
 * before: nothing, and this is its start; another host's element, and it has arrived.
 */
static VgateTrigger
trigger_for (const VgateLook *look, const VgateDomain *domain)
{
    if (look->event == VGATE_TRIGGER_REQUEST)
        return VGATE_TRIGGER_REQUEST;
    if (!domain->element)
        return look->event == VGATE_TRIGGER_ARRIVE ? VGATE_TRIGGER_ARRIVE : VGATE_TRIGGER_START;
    if (strcmp (domain->element->host_uuid, look->snapshot->probe->host->uuid) != 0)
        return VGATE_TRIGGER_ARRIVE;
    return look->event == VGATE_TRIGGER_START ? VGATE_TRIGGER_CHANGE : look->event;
}

static gboolean
write_element (VgateLook *look, virDomainPtr domain, VgateElement *element)
{
    g_autofree char *xml = vgate_element_write (element, FALSE);

    if (vgate_libvirt_is_busy (domain)) {
        look->outcome = VGATE_LOOK_BUSY;
        return TRUE;
    }
    if (vgate_libvirt_set_element (domain, xml, &look->error)) {
        look->outcome = VGATE_LOOK_WRITTEN;
        return TRUE;
    }
    /* a job began after we had asked, and libvirt waited for its end for as long as it does */
    if (virGetLastErrorCode () != VIR_ERR_OPERATION_TIMEOUT)
        return FALSE;
    g_clear_error (&look->error);
    look->outcome = VGATE_LOOK_BUSY;
    return TRUE;
}

static gboolean
capture (VgateLook *look, virDomainPtr domain, const GPtrArray *instances)
{
    g_autoptr (VgateDomain) read = read_leniently (look, domain);
    g_autoptr (VgateElement) element = NULL;
    VgateCaptureInput input = {
        .host = look->snapshot->probe->host,
        .instances = instances,
        .devices = look->snapshot->probe->devices,
        .domain = read,
        .key = look->key,
        .sequence_min = look->sequence_min,
        .now = g_get_real_time () / G_USEC_PER_SEC,
    };

    if (!read)
        return look->outcome == VGATE_LOOK_BUSY;
    input.trigger = trigger_for (look, read);
    if (!vgate_libvirt_power (domain, &input.power, &look->error))
        return FALSE;
    input.max_downtime = vgate_libvirt_max_downtime (domain);
    if (!vgate_capture_build (&input, &element, &look->error))
        return FALSE;
    look->outcome = VGATE_LOOK_IN_ORDER;
    if (element && !write_element (look, domain, element))
        return FALSE;
    look->domain = g_steal_pointer (&read);
    if (look->outcome == VGATE_LOOK_WRITTEN) {
        vgate_element_free (look->domain->element);
        look->domain->element = g_steal_pointer (&element);
        look->written = look->domain->element;
    }
    return TRUE;
}

/*
 * A domain without a vGPU that carries our element: its vGPU was detached. It is taken away when two looks in
 * a row saw it so, since NVML may list a vGPU late; and never while it has an NVIDIA hostdev, whose capture
 * must then be missing rather than its need be forgotten, nor while its vGPU may be on a GPU that is lost.
 */
static gboolean
take_away (VgateLook *look, virDomainPtr domain)
{
    g_autoptr (VgateDomain) read = NULL;
    gboolean has_element;

    look->outcome = VGATE_LOOK_NOTHING;
    if (!vgate_libvirt_has_element (domain, &has_element, &look->error))
        return FALSE;
    if (!has_element)
        return TRUE;
    look->outcome = VGATE_LOOK_UNCLAIMED;
    read = vgate_libvirt_read_domain (domain, NULL);
    if (read && read->element &&
        !vgate_capture_check_gone (look->snapshot->probe->host, read->element, NULL, &look->error))
        return FALSE;
    if (!look->may_remove || !read || vgate_gate_has_vgpu (read, ""))
        return TRUE;
    if (vgate_libvirt_is_busy (domain)) {
        look->outcome = VGATE_LOOK_BUSY;
        return TRUE;
    }
    look->outcome = VGATE_LOOK_REMOVED;
    look->sequence_removed = read->element ? read->element->sequence : 0;
    return vgate_libvirt_set_element (domain, NULL, &look->error);
}

static void
look_at (VgateLook *look)
{
    const GPtrArray *instances = vgate_snapshot_find (look->snapshot, look->uuid);
    g_autoptr (virDomain) domain = vgate_libvirt_find_domain (look->libvirt, look->uuid, &look->error);

    if (!domain) {
        look->outcome = look->error ? VGATE_LOOK_FAILED : VGATE_LOOK_GONE;
        return;
    }
    look->name = g_strdup (virDomainGetName (domain));
    look->id = vgate_libvirt_id (domain);
    if (instances ? capture (look, domain, instances) : take_away (look, domain))
        return;
    /* a domain that ended meanwhile is no failure */
    look->outcome = virDomainIsActive (domain) == 0 ? VGATE_LOOK_GONE : VGATE_LOOK_FAILED;
}

void
vgate_look_run (VgateLook *look)
{
    look_at (look);
    /* here, and not when the look is freed: the last reference waits for libvirtd */
    g_clear_pointer (&look->libvirt, virConnectClose);
}

static void
report_written (const VgateLook *look)
{
    const VgateElement *written = look->written;
    const VgateLogSubject subject = {
        .code = VGATE_CODE_CAPTURED,
        .domain = look->name,
        .uuid = look->uuid,
        .trigger = vgate_trigger_name ((VgateTrigger)written->trigger),
        .element = written,
    };

    vgate_log_about (&subject, "captured %u vGPU%s (trigger %s, sequence %" G_GUINT64_FORMAT ")%s",
                     written->vgpus->len, written->vgpus->len == 1 ? "" : "s", subject.trigger,
                     written->sequence, written->simulated ? ", simulated driver" : "");
}

void
vgate_look_report (const VgateLook *look)
{
    VgateLogSubject subject = {.domain = look->name ? look->name : look->uuid, .uuid = look->uuid};

    switch (look->outcome) {
    case VGATE_LOOK_WRITTEN: report_written (look); break;
    case VGATE_LOOK_REMOVED:
        subject.code = VGATE_CODE_CAPTURE_REMOVED;
        vgate_log_about (&subject, "the metadata was removed: the guest has no vGPU any more");
        break;
    case VGATE_LOOK_FAILED:
        subject.code = (VgateCode)look->error->code;
        subject.trigger = vgate_trigger_name (look->event);
        vgate_log_about (&subject, "%s", look->error->message);
        break;
    default: break;
    }
}
