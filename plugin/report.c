/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "report.h"

#include "log.h"

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
vgate_report_look (const VgateLook *look)
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

void
vgate_report_leftover (const VgateLeftover *leftover)
{
    VgateLogSubject subject = {.domain = leftover->name ? leftover->name : leftover->uuid,
                               .uuid = leftover->uuid};

    switch (leftover->outcome) {
    case VGATE_LEFTOVER_REMOVED:
        subject.code = VGATE_CODE_LEFTOVER_REMOVED;
        vgate_log_about (&subject,
                         "the metadata of a guest that ran was removed from the persistent definition");
        break;
    case VGATE_LEFTOVER_FAILED:
        subject.code = (VgateCode)leftover->error->code;
        vgate_log_about (&subject, "%s", leftover->error->message);
        break;
    default: break;
    }
}
