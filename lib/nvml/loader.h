/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The internal interface of the NVML loader, for the files calls-*.c. The public interface is in vgpu-gate.h.
 *
 * NVML calls can hang in the kernel, a child of fork () cannot use NVML, and a process that keeps NVML open
 * blocks others (measured, and NVIDIA's documentation). So only the short-lived program vgpu-gate-nvml opens
 * it; the other programs of the project ask that program (driver/probe.h).
 */
#pragma once

#include <sys/types.h>

#include "nvml/nvml-abi.h"
#include "vgpu-gate/vgpu-gate.h"

struct VgateNvml {
    void *library;
    pid_t pid; /* the process that opened the library */
    const char *simulated;
    /* NULL for a function that the library lacks */
#define VGATE_NVML_SYMBOL(name) __typeof__ (name) *name;
#include "nvml/symbols.def"
#undef VGATE_NVML_SYMBOL
};

/* The largest accepted size of an answer, in bytes. Real answers are below 1 KiB. */
#define VGATE_NVML_SIZE_MAX (64u * 1024u)

/* They set the error and return FALSE; vgate_nvml_answer () returns TRUE for NVML_SUCCESS. name is the NVML
 * function. */
gboolean vgate_nvml_missing (const char *name, GError **error);
gboolean vgate_nvml_answer (const VgateNvml *nvml, const char *name, nvmlReturn_t rc, GError **error);
gboolean vgate_nvml_unbelievable (const char *name, const char *what, GError **error);

/* A copy of the text that the driver wrote into a buffer of this size. NULL with an error unless the text
 * ends within the buffer and is printable ASCII. The caller frees it. */
char *vgate_nvml_text (const char *name, const char *buffer, gsize size, GError **error);

/* Checks the answer to a call for a size. TRUE when the size is plausible; FALSE with an error otherwise. */
gboolean vgate_nvml_size_answer (const VgateNvml *nvml, const char *name, nvmlReturn_t rc, guint size,
                                 GError **error);

/* Takes ownership of the buffer. NULL with an error when size, which the driver returned, is larger than the
 * allocated size. */
GBytes *vgate_nvml_take_bytes (const char *name, gpointer buffer, guint allocated, guint size,
                               GError **error);

/* Calls nvml->NAME (...). TRUE on success; FALSE with an error that names the function, also when the library
 * lacks it. */
#define VGATE_NVML_CALL(nvml, error, name, ...)                                        \
    ((nvml)->name ? vgate_nvml_answer (nvml, #name, (nvml)->name (__VA_ARGS__), error) \
                  : vgate_nvml_missing (#name, error))
