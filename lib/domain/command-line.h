/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * PCI devices that are assigned on QEMU's command line: what libvirt hands to QEMU unread, a
 * <qemu:arg value='-device'/> and its argument, as QEMU 7.2 to 10 read it.
 */
#pragma once

#include "domain/domain.h"

/* TRUE for "-device", which QEMU takes with two hyphens too. */
gboolean vgate_qemu_is_device_option (const char *word);

/*
 * The host's device that the argument of -device assigns to the guest: "vfio-pci,sysfsdev=PATH",
 * "vfio-pci,host=41:00.4", properties in any order, or the same as JSON. Sets *kind and *source, which the
 * caller frees. FALSE: it is no vfio-pci, or names its device otherwise than by the last component of a path
 * in sysfs (an mdev's UUID or a PCI address) or by host=.
 */
gboolean vgate_qemu_device_parse (const char *argument, VgateHostdevKind *kind, char **source);
