/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "nvml-sim/calls/answer.h"

#include <string.h>

#include "nvml/nvml-abi.h"

int
vgpu_sim_answer_text (const char *text, char *buffer, guint length)
{
    const gsize needed = strlen (text) + 1;

    if (!buffer)
        return NVML_ERROR_INVALID_ARGUMENT;
    if (needed > length)
        return NVML_ERROR_INSUFFICIENT_SIZE;
    memcpy (buffer, text, needed);
    return NVML_SUCCESS;
}

int
vgpu_sim_answer_check_size (const void *buffer, guint *size, guint needed)
{
    if (!size || (!buffer && *size != 0))
        return NVML_ERROR_INVALID_ARGUMENT;
    if (*size < needed) {
        *size = needed;
        return NVML_ERROR_INSUFFICIENT_SIZE;
    }
    return NVML_SUCCESS;
}

int
vgpu_sim_answer_sized_text (const char *text, char *buffer, guint *size)
{
    const guint needed = (guint)strlen (text) + 1;
    const int code = vgpu_sim_answer_check_size (buffer, size, needed);

    if (code != NVML_SUCCESS)
        return code;
    memcpy (buffer, text, needed);
    *size = needed;
    return NVML_SUCCESS;
}

int
vgpu_sim_answer_list (const GArray *numbers, guint *count, guint *list)
{
    const int code = vgpu_sim_answer_check_size (list, count, numbers->len);

    if (code != NVML_SUCCESS)
        return code;
    if (numbers->len > 0)
        memcpy (list, numbers->data, numbers->len * sizeof (guint));
    *count = numbers->len;
    return NVML_SUCCESS;
}
