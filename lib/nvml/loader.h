/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The NVML loader from the inside: what the files of calls-*.c share. Its interface is in vgpu-gate.h.
 *
 * NVML calls can hang in the kernel, a fork child may not use them, and a process that keeps NVML open gets
 * in the way of others (measured, and NVIDIA's documentation). So only the short-lived program vgpu-gate-nvml
 * opens it; everything else of ours asks that program (driver/probe.h).
 */
#pragma once

#include <sys/types.h>

#include "nvml/nvml-abi.h"
#include "vgpu-gate/vgpu-gate.h"

struct VgateNvml {
    void *library;
    pid_t pid; /* of the process that opened it */
    const char *simulated;
    /* NULL where the library lacks it */
#define VGATE_NVML_SYMBOL(name) __typeof__ (name) *name;
#include "nvml/symbols.def"
#undef VGATE_NVML_SYMBOL
};

/* A driver that asks for more than this is not believed: real answers are below 1 KiB. */
#define VGATE_NVML_SIZE_MAX (64u * 1024u)

/* All three set the error and are FALSE, but that an answer of success is TRUE. name: the call's. */
gboolean vgate_nvml_missing (const char *name, GError **error);
gboolean vgate_nvml_answer (const VgateNvml *nvml, const char *name, nvmlReturn_t rc, GError **error);
gboolean vgate_nvml_unbelievable (const char *name, const char *what, GError **error);

/* A text that the driver filled into a buffer of this size: it must end in there, and be printable ASCII. The
 * caller frees it. */
char *vgate_nvml_text (const char *name, const char *buffer, gsize size, GError **error);

/* The answer to a sizing call: TRUE with a size that can be. */
gboolean vgate_nvml_size_answer (const VgateNvml *nvml, const char *name, nvmlReturn_t rc, guint size,
                                 GError **error);

/* Takes the buffer. NULL when the driver says that it wrote more than there was room for. */
GBytes *vgate_nvml_take_bytes (const char *name, gpointer buffer, guint allocated, guint size,
                               GError **error);

/* Calls nvml->NAME (...) where the library has it; TRUE on success, else the error names the call. */
#define VGATE_NVML_CALL(nvml, error, name, ...)                                        \
    ((nvml)->name ? vgate_nvml_answer (nvml, #name, (nvml)->name (__VA_ARGS__), error) \
                  : vgate_nvml_missing (#name, error))
