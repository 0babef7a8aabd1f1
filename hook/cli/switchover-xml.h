/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Adds our object to QEMU's command line in a domain's XML, and removes it. libvirt is not called here. */
#pragma once

#include "domain/domain.h"

/*
 * xml is as libvirt wrote it. With a bus, the domain gets exactly one -object of ours, for this bus, and
 * loses any that was made for another bus or domain; with bus NULL it loses ours. Nothing else changes except
 * the formatting of the XML, and libvirt formats it again itself. *edited is NULL if the XML needs no change;
 * otherwise the caller frees it. Returns FALSE with VGATE_CODE_SWITCH_OVER_EDIT or an error of
 * vgate_domain_read ().
 */
gboolean vgate_switchover_edit (const char *xml, const char *bus, char **edited, GError **error);
