/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* libvirt for the operator's commands. The hook must never call it. */
#pragma once

#include "base/codes.h"

#include <libvirt/libvirt.h>
#include <libvirt/virterror.h>

G_DEFINE_AUTOPTR_CLEANUP_FUNC (virConnect, virConnectClose)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (virDomain, virDomainFree)

#define VGATE_LIBVIRT_URI "qemu:///system"

/* Sets VGATE_CODE_LIBVIRT_ERROR with the call and libvirt's last error. Returns FALSE. */
gboolean vgate_libvirt_fail (GError **error, const char *call);
/* Connects to uri; NULL: VGATE_LIBVIRT_URI. libvirt prints no errors itself
 * then, and SIGPIPE is ignored. A thread needs a connection
 * of its own. */
virConnectPtr vgate_libvirt_open (const char *uri, gboolean is_read_only, GError **error);
/* Finds a domain by its name or UUID. */
virDomainPtr vgate_libvirt_find (virConnectPtr libvirt, const char *name, GError **error);
/* Returns virDomainGetXMLDesc (), which the caller frees with g_free (). */
char *vgate_libvirt_read_xml (virDomainPtr domain, unsigned int flags, GError **error);
/* Sets *domains to the domains, sorted by name; the caller frees each and the array (free ()). Returns their
 * number, or -1. flags: VIR_CONNECT_LIST_DOMAINS_*, 0 for all. */
int vgate_libvirt_list (virConnectPtr libvirt, unsigned int flags, virDomainPtr **domains, GError **error);
