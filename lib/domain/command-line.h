/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * PCI devices that QEMU's command line assigns to the guest. libvirt passes <qemu:arg value='-device'/> and
 * its argument to QEMU without interpreting them. They are read here as QEMU 7.2 to 10 read them.
 */
#pragma once

#include "domain/domain.h"

/* TRUE for "-device" and "--device", which QEMU accepts as well. */
gboolean vgate_qemu_is_device_option (const char *word);

/*
 * Reads the argument of -device: "vfio-pci,sysfsdev=PATH" or "vfio-pci,host=41:00.4", with properties in any
 * order, or the same as JSON. Sets *kind and *source of the host's device; the caller frees *source. FALSE
 * when it is not a vfio-pci device, or when it names its device neither by host= nor by a path whose last
 * component is an mdev's UUID or a PCI address.
 */
gboolean vgate_qemu_device_parse (const char *argument, VgateHostdevKind *kind, char **source);
