/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The part of a domain's XML that the gate needs: name, UUID, the hostdevs that can be vGPUs, vgpu-gate's
 * metadata element, and vgpu-gate's object on QEMU's command line. The document is read as a stream, without
 * building a tree of it.
 */
#pragma once

#include "domain/element.h"
#include "domain/vmstate.h"

typedef enum {
    VGATE_HOSTDEV_MDEV,
    VGATE_HOSTDEV_PCI,
} VgateHostdevKind;

/*
 * <hostdev mode='subsystem' type='pci'>, or type='mdev' model='vfio-pci'; or such a device on QEMU's command
 * line (command-line.h). Only sysfs tells whether it is a vGPU, and of which vendor.
 */
typedef struct {
    VgateHostdevKind kind;
    /* UUID of the mediated device, or PCI address on the host as sysfs writes it, with more than four digits
     * for a PCI domain above 0xffff. */
    char *source;
    /* PCI address in the guest; NULL when it has none, or when libvirt has not assigned one yet. */
    char *guest_address;
    guint position; /* among all <hostdev> of <devices>, from 0 */
    /* The device is on QEMU's command line: libvirt does not manage it, and it has no guest address and no
     * position. */
    gboolean is_on_command_line;
} VgateHostdev;

typedef struct {
    char *name;
    char *uuid;            /* lower case */
    GPtrArray *hostdevs;   /* of VgateHostdev *, without devices that cannot be vGPUs (usb, scsi, vfio-ap) */
    VgateElement *element; /* NULL: the domain has none. It was read, but not checked. */
    GError *element_error; /* why the element cannot be read; element is then NULL */
    VgateVmstate *vmstate; /* NULL: its QEMU does not ask vgpu-gated at switch-over */
    char *memory_file;     /* of a snapshot with external memory: the path of that file; otherwise NULL */
} VgateDomain;

/*
 * Reads untrusted bytes. Errors: VGATE_CODE_XML_*, VGATE_CODE_HOSTDEV_UNUSABLE, VGATE_CODE_ELEMENT_TWICE and
 * those of vgate_element_read (). If the name could be read, *name gets a copy of it for messages, also when
 * there is an error; name can be NULL.
 */
VgateDomain *vgate_domain_read (const char *xml, gsize length, char **name, GError **error);

/*
 * Like vgate_domain_read (), but an element that cannot be read, or a second element, is not an error: the
 * domain then has element_error. An old element in its definition must not prevent a guest from being started
 * cold.
 */
VgateDomain *vgate_domain_read_leniently (const char *xml, gsize length, char **name, GError **error);

/* What a document that vgate_domain_read_document () has read is. */
typedef enum {
    VGATE_DOMAIN_DOCUMENT_DOMAIN,
    VGATE_DOMAIN_DOCUMENT_MEMORY, /* a snapshot with the guest's memory: a revert resumes the guest */
    VGATE_DOMAIN_DOCUMENT_COLD,   /* a snapshot without it: the guest is started cold after a revert */
    /* vgate_domain_read_document () does not return the following ones: its caller knows the file. */
    VGATE_DOMAIN_DOCUMENT_IMAGE,   /* the XML of a save image */
    VGATE_DOMAIN_DOCUMENT_MANAGED, /* that of a managed save, from which the guest is restored at its start */
    VGATE_DOMAIN_DOCUMENT_DEFINITION, /* of a guest that does not run */
} VgateDomainDocument;

/*
 * Like vgate_domain_read (), but also reads a snapshot, as "virsh snapshot-dumpxml" prints it. The result is
 * then the domain that a revert starts: <domain> for a snapshot with memory, and otherwise <inactiveDomain>,
 * or <domain> if that does not exist.
 */
VgateDomain *vgate_domain_read_document (const char *xml, gsize length, VgateDomainDocument *document,
                                         char **name, GError **error);
/* Both at once. */
VgateDomain *vgate_domain_read_document_leniently (const char *xml, gsize length,
                                                   VgateDomainDocument *document, char **name,
                                                   GError **error);

/*
 * vgate_domain_read_document () for a report: all that is wrong in the form of the element, or the first
 * thing that is wrong elsewhere, is added to faults (base/fault.h), which is empty before. NULL is returned
 * if there is anything. *element is the element itself; NULL when the domain does not have one, or it cannot
 * be read at all. The caller frees it.
 */
VgateDomain *vgate_domain_inspect (const char *xml, gsize length, VgateDomainDocument *document,
                                   GPtrArray *faults, xmlDoc **element);

/*
 * Reads the status file of a running domain, libvirt's /run/libvirt/qemu/NAME.xml, in which a <domain> is in
 * a <domstatus>. The metadata element is not read.
 */
VgateDomain *vgate_domain_read_status (const char *xml, gsize length, GError **error);
/* A domain without a name, a UUID and hostdevs. It owns the hostdevs that are added. */
VgateDomain *vgate_domain_new (void);
void vgate_domain_free (VgateDomain *domain);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (VgateDomain, vgate_domain_free)

/* The hostdev at a guest address; NULL when there is none or guest_address is NULL. */
const VgateHostdev *vgate_domain_find_hostdev (const VgateDomain *domain, const char *guest_address);
/* The first hostdev of this kind and source, or NULL. */
const VgateHostdev *vgate_domain_find_device (const VgateDomain *domain, VgateHostdevKind kind,
                                              const char *source);
