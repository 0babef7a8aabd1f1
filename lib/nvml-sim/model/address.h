/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* PCI addresses: DOMAIN:BUS:DEVICE.FUNCTION, all hexadecimal. */
#pragma once

#include <glib.h>

typedef struct {
    guint32 domain;
    guint8 bus;
    guint8 device;   /* 0 to 31 */
    guint8 function; /* 0 to 7 */
} VgpuSimAddress;

/* Large enough for "00000000:41:00.0" and a NUL. */
#define VGPU_SIM_ADDRESS_TEXT_SIZE 17

/* Reads an address. The domain can have 4 to 8 digits, or be omitted with its colon; case does not matter.
 * FALSE for NULL. */
gboolean vgpu_sim_address_parse (const char *text, VgpuSimAddress *address);
gboolean vgpu_sim_address_equal (VgpuSimAddress a, VgpuSimAddress b);

/* Writes the address as Linux does: "0000:41:00.0". Returns the buffer. */
const char *vgpu_sim_address_format (VgpuSimAddress address, char buffer[static VGPU_SIM_ADDRESS_TEXT_SIZE]);
/* Writes the address as NVML does: "00000000:41:00.0". Returns the buffer. */
const char *vgpu_sim_address_format_nvml (VgpuSimAddress address,
                                          char buffer[static VGPU_SIM_ADDRESS_TEXT_SIZE]);
