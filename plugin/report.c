/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "report.h"

#include "log.h"

void
vgate_report_look (const VgateLook *look)
{
    const VgateElement *written = look->written;

    switch (look->outcome) {
    case VGATE_LOOK_WRITTEN:
        vgate_log (VGATE_CODE_CAPTURED, look->name,
                   "captured %u vGPU%s (trigger %s, sequence %" G_GUINT64_FORMAT ")%s", written->vgpus->len,
                   written->vgpus->len == 1 ? "" : "s", vgate_trigger_name ((VgateTrigger)written->trigger),
                   written->sequence, written->simulated ? ", simulated driver" : "");
        break;
    case VGATE_LOOK_REMOVED:
        vgate_log (VGATE_CODE_CAPTURE_REMOVED, look->name,
                   "the metadata was removed: the guest has no vGPU any more");
        break;
    case VGATE_LOOK_FAILED:
        vgate_log ((VgateCode)look->error->code, look->name ? look->name : look->uuid, "%s",
                   look->error->message);
        break;
    default: break;
    }
}
