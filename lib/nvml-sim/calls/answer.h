/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Functions that return texts, blocks of bytes and lists as NVML does. All return an nvmlReturn_t. */
#pragma once

#include <glib.h>

/* Writes a text to a buffer of a fixed length. INVALID_ARGUMENT for NULL; INSUFFICIENT_SIZE when it is too
 * short. */
int vgpu_sim_answer_text (const char *text, char *buffer, guint length);

/*
 * NVML's protocol for sizes. *size is the size of the buffer, and is set to the needed size when that is
 * larger. *size == 0, with or without a buffer, asks for the size. When the call fails for another reason,
 * *size is unchanged (measured). So the function that fills the buffer sets *size, to no more than it was.
 *
 * INVALID_ARGUMENT when size is NULL, or buffer is NULL with a size; INSUFFICIENT_SIZE when the buffer is too
 * small.
 */
int vgpu_sim_answer_check_size (const void *buffer, guint *size, guint needed);
int vgpu_sim_answer_sized_text (const char *text, char *buffer, guint *size);

/* The same for a list of numbers, with the size in elements. An empty list succeeds with every buffer. */
int vgpu_sim_answer_list (const GArray *numbers, guint *count, guint *list);
