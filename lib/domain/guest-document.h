/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The guest document: a domain's XML with only what the gate reads of it, which are name, UUID, the metadata
 * element, the hostdevs that can be vGPUs, and vfio-pci devices and vgpu-gate's object on QEMU's command
 * line. It contains no passwords, so that it can be copied between hosts. Every reader of domain XML reads
 * it.
 */
#pragma once

#include "domain/domain.h"

/*
 * Returns the guest document of the domain whose XML is given, indented, with a line feed at its end. xml is
 * untrusted. vgate_domain_read () of the result gives an equal domain or the same error, except for the
 * positions of the hostdevs: an element that cannot be read is copied as it is. NULL with an error of
 * vgate_domain_read_leniently (). The caller frees it.
 */
char *vgate_guest_document_write (const char *xml, gsize length, GError **error);
