/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The scheduler's state as XML, for the metadata element and the host document. */
#pragma once

#include "vgpu-gate/vgpu-gate.h"
#include "xml/xml.h"

/* Read or append <scheduler policy= arr= average-factor= time-slice=/>. */
gboolean vgate_scheduler_read (const VgateXmlDialect *dialect, xmlNode *node, VgateScheduler *scheduler,
                               GError **error);
void vgate_scheduler_write (GString *xml, const char *element, const VgateScheduler *scheduler);
