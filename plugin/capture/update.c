/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "plugin/capture/update.h"

#include "plugin/element/capture.h"
#include "domain/change.h"
#include "gate/gate.h"
#include "plugin/base/log.h"

#include <libvirt/virterror.h>
#include <string.h>

VgateUpdate *
vgate_update_new (virConnectPtr libvirt, const char *uuid, VgateSnapshot *snapshot, GBytes *key,
                  guint64 sequence_min)
{
    VgateUpdate *update = g_new0 (VgateUpdate, 1);

    virConnectRef (libvirt);
    update->libvirt = libvirt;
    update->uuid = g_strdup (uuid);
    update->snapshot = vgate_snapshot_ref (snapshot);
    update->key = key ? g_bytes_ref (key) : NULL;
    update->event = VGATE_TRIGGER_CHANGE;
    update->sequence_min = sequence_min;
    update->id = -1;
    update->known_id = -1;
    return update;
}

void
vgate_update_free (VgateUpdate *update)
{
    if (!update)
        return;
    if (update->libvirt) /* it was not run */
        virConnectClose (update->libvirt);
    g_free (update->uuid);
    vgate_snapshot_unref (update->snapshot);
    g_clear_pointer (&update->key, g_bytes_unref);
    g_free (update->name);
    g_clear_error (&update->error);
    g_free (update->loss);
    g_free (update->difference);
    vgate_domain_free (update->domain);
    g_free (update);
}

/* Reads the domain. If its element cannot be read, the element is left out, because it will be replaced. */
static VgateDomain *
read_leniently (VgateUpdate *update, virDomainPtr domain)
{
    g_autoptr (GError) local = NULL;
    VgateDomain *read = vgate_libvirt_read_domain (domain, &local);

    if (read)
        return read;
    if (!vgate_libvirt_is_element_error (local)) {
        update->error = g_steal_pointer (&local);
        return NULL;
    }
    if (vgate_libvirt_is_busy (domain)) {
        update->outcome = VGATE_UPDATE_BUSY;
        return NULL;
    }
    if (!vgate_libvirt_set_element (domain, NULL, &update->error))
        return NULL;
    g_free (update->loss);
    update->loss = g_strdup_printf ("the metadata in the XML of the running guest could not be read, and was "
                                    "replaced: %s",
                                    local->message);
    return vgate_libvirt_read_domain (domain, &update->error);
}

/* TRUE if an earlier update found or wrote the element in this run of the domain, and it is missing now. */
static gboolean
is_lost (const VgateUpdate *update, const VgateDomain *domain)
{
    return !domain->element && update->was_captured && update->known_id == update->id;
}

/*
 * Returns why a domain is captured now. The event alone is not enough: it may come after the update that
 * first saw the domain (a start is announced after the resume that ends it; libvirt 9.0, measured). So the
 * domain's element counts first: without an element this is the start, unless this run had an element before;
 * with another host's element the guest has arrived.
 */
static VgateTrigger
trigger_for (const VgateUpdate *update, const VgateDomain *domain)
{
    if (update->event == VGATE_TRIGGER_REQUEST)
        return VGATE_TRIGGER_REQUEST;
    if (is_lost (update, domain))
        return VGATE_TRIGGER_CHANGE;
    if (!domain->element)
        return update->event == VGATE_TRIGGER_ARRIVE ? VGATE_TRIGGER_ARRIVE : VGATE_TRIGGER_START;
    if (strcmp (domain->element->host_uuid, update->snapshot->probe->host->uuid) != 0)
        return VGATE_TRIGGER_ARRIVE;
    return update->event == VGATE_TRIGGER_START ? VGATE_TRIGGER_CHANGE : update->event;
}

/* The element that a guest brought from another host was judged there or here. */
static void
compare_arrival (VgateUpdate *update, VgateElement *brought, const VgateElement *now)
{
    if (brought && strcmp (brought->host_uuid, now->host_uuid) != 0 &&
        vgate_element_check (brought, update->uuid, update->key, NULL))
        update->difference = vgate_change_find_in_guest (brought, now);
}

static gboolean
write_element (VgateUpdate *update, virDomainPtr domain, VgateElement *element)
{
    g_autofree char *xml = vgate_element_write (element, FALSE);

    if (vgate_libvirt_is_busy (domain)) {
        update->outcome = VGATE_UPDATE_BUSY;
        return TRUE;
    }
    if (vgate_libvirt_set_element (domain, xml, &update->error)) {
        update->outcome = VGATE_UPDATE_WRITTEN;
        return TRUE;
    }
    /* a job began after the check for one, and libvirt waited for the job as long as it waits */
    if (virGetLastErrorCode () != VIR_ERR_OPERATION_TIMEOUT)
        return FALSE;
    g_clear_error (&update->error);
    update->outcome = VGATE_UPDATE_BUSY;
    return TRUE;
}

static gboolean
capture (VgateUpdate *update, virDomainPtr domain, const GPtrArray *instances)
{
    g_autoptr (VgateDomain) read = read_leniently (update, domain);
    g_autoptr (VgateElement) element = NULL;
    VgateCaptureInput input = {
        .host = update->snapshot->probe->host,
        .instances = instances,
        .devices = update->snapshot->probe->devices,
        .domain = read,
        .key = update->key,
        .sequence_min = update->sequence_min,
        .now = g_get_real_time () / G_USEC_PER_SEC,
        .renewal_age = update->renewal_age,
    };

    if (!read)
        return update->outcome == VGATE_UPDATE_BUSY;
    input.trigger = trigger_for (update, read);
    if (is_lost (update, read) && !update->loss)
        update->loss = g_strdup ("the metadata was missing in the XML of the running guest, because another "
                                 "program had removed it, and was written again");
    if (!vgate_libvirt_power (domain, &input.power, &update->error))
        return FALSE;
    input.max_downtime = vgate_libvirt_max_downtime (domain);
    if (!vgate_capture_build (&input, &element, &update->error))
        return FALSE;
    if (element)
        compare_arrival (update, read->element, element);
    update->outcome = VGATE_UPDATE_IN_ORDER;
    if (element && !write_element (update, domain, element))
        return FALSE;
    update->domain = g_steal_pointer (&read);
    if (update->outcome == VGATE_UPDATE_WRITTEN) {
        vgate_element_free (update->domain->element);
        update->domain->element = g_steal_pointer (&element);
        update->written = update->domain->element;
    }
    return TRUE;
}

/*
 * Handles a domain without a vGPU that has our element: its vGPU was detached. The element is removed only if
 * two updates in a row saw this, because NVML may list a vGPU late. It is never removed while the domain has
 * an NVIDIA hostdev, because then a missing capture must be noticed, nor while its vGPU may be on a GPU that
 * is lost.
 */
static gboolean
take_away (VgateUpdate *update, virDomainPtr domain)
{
    g_autoptr (VgateDomain) read = NULL;
    gboolean has_element;

    update->outcome = VGATE_UPDATE_NOTHING;
    if (!vgate_libvirt_has_element (domain, &has_element, &update->error))
        return FALSE;
    if (!has_element)
        return TRUE;
    update->outcome = VGATE_UPDATE_UNCLAIMED;
    read = vgate_libvirt_read_domain (domain, NULL);
    if (read && read->element &&
        !vgate_capture_check_gone (update->snapshot->probe->host, read->element, NULL, &update->error))
        return FALSE;
    if (!update->may_remove || !read || vgate_gate_has_vgpu (read, ""))
        return TRUE;
    if (vgate_libvirt_is_busy (domain)) {
        update->outcome = VGATE_UPDATE_BUSY;
        return TRUE;
    }
    update->outcome = VGATE_UPDATE_REMOVED;
    update->sequence_removed = read->element ? read->element->sequence : 0;
    return vgate_libvirt_set_element (domain, NULL, &update->error);
}

static void
look_at (VgateUpdate *update)
{
    const GPtrArray *instances = vgate_snapshot_find (update->snapshot, update->uuid);
    g_autoptr (virDomain) domain = vgate_libvirt_find_domain (update->libvirt, update->uuid, &update->error);

    if (!domain) {
        update->outcome = update->error ? VGATE_UPDATE_FAILED : VGATE_UPDATE_GONE;
        return;
    }
    update->name = g_strdup (virDomainGetName (domain));
    update->id = vgate_libvirt_id (domain);
    if (update->known_id != update->id)
        g_clear_pointer (&update->loss, g_free); /* of an earlier run */
    if (instances ? capture (update, domain, instances) : take_away (update, domain))
        return;
    /* it is not a failure if the domain ended in the meantime */
    update->outcome = virDomainIsActive (domain) == 0 ? VGATE_UPDATE_GONE : VGATE_UPDATE_FAILED;
}

void
vgate_update_run (VgateUpdate *update)
{
    look_at (update);
    /* released here and not when the update is freed, because releasing the last reference waits for
     * libvirtd */
    g_clear_pointer (&update->libvirt, virConnectClose);
}

static void
report_written (const VgateUpdate *update)
{
    const VgateElement *written = update->written;
    const VgateLogSubject subject = {
        .code = VGATE_CODE_CAPTURED,
        .domain = update->name,
        .uuid = update->uuid,
        .trigger = vgate_trigger_name ((VgateTrigger)written->trigger),
        .element = written,
    };

    vgate_log_about (&subject, "captured %u vGPU%s (trigger %s, sequence %" G_GUINT64_FORMAT ")%s",
                     written->vgpus->len, written->vgpus->len == 1 ? "" : "s", subject.trigger,
                     written->sequence, written->simulated ? ", simulated driver" : "");
}

void
vgate_update_report (const VgateUpdate *update)
{
    VgateLogSubject subject = {.domain = update->name ? update->name : update->uuid, .uuid = update->uuid};

    if (update->loss &&
        (update->outcome == VGATE_UPDATE_WRITTEN || update->outcome == VGATE_UPDATE_IN_ORDER)) {
        subject.code = VGATE_CODE_ELEMENT_LOST;
        vgate_log_about (&subject, "%s", update->loss);
    }
    if (update->difference && update->outcome == VGATE_UPDATE_WRITTEN) {
        subject.code = VGATE_CODE_ARRIVED_CHANGED;
        vgate_log_about (&subject, "the guest arrived with metadata that did not describe it: %s",
                         update->difference);
    }
    switch (update->outcome) {
    case VGATE_UPDATE_WRITTEN:
        /* three lines an hour for each guest would hide the others; the counter and the status have it */
        if (update->written->trigger != VGATE_TRIGGER_RENEW)
            report_written (update);
        break;
    case VGATE_UPDATE_REMOVED:
        subject.code = VGATE_CODE_CAPTURE_REMOVED;
        vgate_log_about (&subject, "removed the metadata: the guest no longer has a vGPU");
        break;
    case VGATE_UPDATE_FAILED:
        subject.code = (VgateCode)update->error->code;
        subject.trigger = vgate_trigger_name (update->event);
        vgate_log_about (&subject, "%s", update->error->message);
        break;
    default: break;
    }
}
