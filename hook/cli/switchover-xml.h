/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Puts our object on QEMU's command line into a domain's XML, and takes it out. No libvirt in here. */
#pragma once

#include "domain/domain.h"

/*
 * xml is libvirt's. With a bus, the domain gets exactly our -object for it, and loses one that was made for
 * another bus or domain; with NULL it loses ours. Nothing else changes but how the XML is written, which
 * libvirt does its own way. *edited is NULL when the XML is so already; the caller frees it. FALSE with
 * VGATE_CODE_SWITCH_OVER_EDIT or an error of vgate_domain_read ().
 */
gboolean vgate_switchover_edit (const char *xml, const char *bus, char **edited, GError **error);
