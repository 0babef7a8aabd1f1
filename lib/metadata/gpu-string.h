/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The pGPU metadata string, explained. The driver only compares it; its parts say *why* two GPUs differ.
 *
 * A migration-capable GPU's string is upper-case hexadecimal (NVIDIA's open driver): PCI device id (4
 * characters), PCI subsystem device id (4), before Hopper a floor-sweeping part of variable length, and a
 * capability word (the last 8: bit 0 ECC enabled, bit 1 SR-IOV enabled). A GPU that is not capable has its
 * UUID instead.
 */
#pragma once

#include <glib.h>

typedef enum {
    VGATE_GPU_SAME = 0,
    VGATE_GPU_UNREADABLE = 1 << 0,    /* a string is of neither form: only that they differ can be said */
    VGATE_GPU_NOT_CAPABLE = 1 << 1,   /* a string is a GPU's UUID */
    VGATE_GPU_BOARD = 1 << 2,         /* the first 8 characters */
    VGATE_GPU_FLOORSWEEPING = 1 << 3, /* the middle */
    VGATE_GPU_ECC = 1 << 4,
    VGATE_GPU_SRIOV = 1 << 5,
    VGATE_GPU_CAPABILITY = 1 << 6, /* another bit of the capability word */
} VgateGpuDifference;

/* Pure: every part in which the two strings differ. */
VgateGpuDifference vgate_gpu_string_compare (const char *source, const char *destination);

/*
 * One clause for people: "the board is 2330-16C1 at the source, 2331-1626 here; ECC is on at the source, off
 * here". The caller frees it.
 */
char *vgate_gpu_string_explain (const char *source, const char *destination);
