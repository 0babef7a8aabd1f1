/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How people name a physical GPU: as 'nvidia-smi' and 'nvidia-smi -L' print it. */
#pragma once

#include "host/host.h"

/* For messages. */
#define VGATE_GPU_NAME_FORM                                                                                  \
    "an index, a UUID or a PCI address as 'nvidia-smi -L' and 'nvidia-smi' print them, such as 0, GPU-UUID " \
    "or 0000:41:00.0"

/*
 * Reads an index ("0"), a UUID ("GPU-..."), or a PCI address with a domain of four to eight digits or without
 * one. Returns the name in one spelling, which vgate_host_find_gpu () and vgate_control_schedulers () find;
 * NULL for any other text. The caller frees it.
 */
char *vgate_gpu_name_read (const char *typed);

/* The usable GPU with this name, in the spelling of vgate_gpu_name_read (). NULL if the host has none. */
const VgatePgpu *vgate_host_find_gpu (const VgateHost *host, const char *name);

/* The usable GPUs for a message: "0 (0000:41:00.0), 1 (0000:61:00.0)", or "none". The caller frees it. */
char *vgate_host_list_gpus (const VgateHost *host);
