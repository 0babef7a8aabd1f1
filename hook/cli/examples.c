/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "examples.h"

const char *
vgate_example (int code)
{
    static const struct {
        int code;
        const char *text;
    } examples[] = {
#define VGATE_EXAMPLE(number, text) {number, text},
#include "examples.def"
#undef VGATE_EXAMPLE
    };

    for (gsize i = 0; i < G_N_ELEMENTS (examples); i++)
        if (examples[i].code == code)
            return examples[i].text;
    return NULL;
}
