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

/* "00000000:41:00.0" and a NUL. */
#define VGPU_SIM_ADDRESS_TEXT_SIZE 17

/* The domain may have 4 to 8 digits or be left out with its colon; case does not matter. NULL is FALSE. */
gboolean vgpu_sim_address_parse (const char *text, VgpuSimAddress *address);
gboolean vgpu_sim_address_equal (VgpuSimAddress a, VgpuSimAddress b);

/* As Linux writes it: "0000:41:00.0". Returns the buffer. */
const char *vgpu_sim_address_format (VgpuSimAddress address, char buffer[static VGPU_SIM_ADDRESS_TEXT_SIZE]);
/* As NVML writes it: "00000000:41:00.0". Returns the buffer. */
const char *vgpu_sim_address_format_nvml (VgpuSimAddress address,
                                          char buffer[static VGPU_SIM_ADDRESS_TEXT_SIZE]);
