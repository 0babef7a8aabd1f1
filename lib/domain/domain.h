/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A domain's XML, as far as the gate needs it: name, UUID, the hostdevs that can be vGPUs, our element, and
 * our object on QEMU's command line.
 * The document is read as a stream; no tree of it is built.
 */
#pragma once

#include "domain/element.h"
#include "domain/vmstate.h"

typedef enum {
    VGATE_HOSTDEV_MDEV,
    VGATE_HOSTDEV_PCI,
} VgateHostdevKind;

/*
 * <hostdev mode='subsystem' type='pci'>, or type='mdev' model='vfio-pci'; or the same on QEMU's command line
 * (command-line.h). Whether it is a vGPU, and whose, only sysfs can say.
 */
typedef struct {
    VgateHostdevKind kind;
    /* UUID of the mediated device, or PCI address on the host as sysfs names it: the domain has more than
     * four digits where it is above 0xffff. */
    char *source;
    /* PCI address in the guest; NULL when it has none, or libvirt has not given one yet. */
    char *guest_address;
    guint position; /* among all <hostdev> of <devices>, from 0 */
    /* It is no <hostdev>, so libvirt knows nothing of it: it has no guest address and no position. */
    gboolean is_on_command_line;
} VgateHostdev;

typedef struct {
    char *name;
    char *uuid;            /* lower case */
    GPtrArray *hostdevs;   /* of VgateHostdev *; what cannot be a vGPU (usb, scsi, vfio-ap) is left out */
    VgateElement *element; /* NULL: the domain has none. Read, not checked. */
    GError *element_error; /* why its element cannot be read; then element is NULL */
    VgateVmstate *vmstate; /* NULL: its QEMU does not ask at switch-over */
} VgateDomain;

/*
 * Reads untrusted bytes. Errors: VGATE_CODE_XML_*, VGATE_CODE_HOSTDEV_UNUSABLE, VGATE_CODE_ELEMENT_TWICE and
 * those of vgate_element_read (). name is set also then where it was read: *name (may be NULL) gets a copy to
 * show.
 */
VgateDomain *vgate_domain_read (const char *xml, gsize length, char **name, GError **error);

/*
 * The same, where an element that cannot be read (or that the domain has twice) is no error: *domain then has
 * element_error. A guest that is started cold must not be kept from that by what an old element left in its
 * definition.
 */
VgateDomain *vgate_domain_read_leniently (const char *xml, gsize length, char **name, GError **error);

/*
 * The same of a live domain's status, libvirt's /run/libvirt/qemu/NAME.xml: a <domain> in a <domstatus>.
 * Without the element, which is not looked at.
 */
VgateDomain *vgate_domain_read_status (const char *xml, gsize length, GError **error);
void vgate_domain_free (VgateDomain *domain);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (VgateDomain, vgate_domain_free)

/* The hostdev at a guest address; NULL: there is none, or guest_address is NULL. */
const VgateHostdev *vgate_domain_find_hostdev (const VgateDomain *domain, const char *guest_address);
/* The first hostdev of this kind and source; NULL. */
const VgateHostdev *vgate_domain_find_device (const VgateDomain *domain, VgateHostdevKind kind,
                                              const char *source);
