/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The ways in which NVML hands out text, blocks of bytes and lists. All return an nvmlReturn_t. */
#pragma once

#include <glib.h>

/* Text into a buffer of a fixed length. NULL: INVALID_ARGUMENT; too short: INSUFFICIENT_SIZE. */
int vgpu_sim_answer_text (const char *text, char *buffer, guint length);

/*
 * The sizing protocol. *size says what the buffer holds, and is set to what is needed when that is more.
 * *size == 0, with a buffer or without, asks for the size. Measured: when the call fails for another reason,
 * *size stays as it was; so whoever fills the buffer sets it, to no more than it was.
 *
 * size NULL, or buffer NULL with a size: INVALID_ARGUMENT. Too small: INSUFFICIENT_SIZE.
 */
int vgpu_sim_answer_check_size (const void *buffer, guint *size, guint needed);
int vgpu_sim_answer_sized_text (const char *text, char *buffer, guint *size);

/* The same for a list of numbers, counted in elements; an empty list is a success for every buffer. */
int vgpu_sim_answer_list (const GArray *numbers, guint *count, guint *list);
