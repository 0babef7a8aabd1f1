/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Fuzz target: the messages of the process that reads NVML, in case a fault of the driver has overwritten its
 * memory. */
#include "driver/control-wire.h"
#include "driver/probe-wire.h"

int LLVMFuzzerTestOneInput (const guint8 *data, gsize size);

static void
fuzz_answer (GBytes *bytes)
{
    g_autoptr (GError) error = NULL;
    g_autoptr (GVariant) body = vgate_answer_read (bytes, VGATE_SCHEDULER_TYPE, &error);
    g_auto (VgateGpuScheduler) gpu = {0};

    g_assert_true ((body != NULL) != (error != NULL));
    if (body)
        vgate_scheduler_from_variant (body, &gpu);
}

int
LLVMFuzzerTestOneInput (const guint8 *data, gsize size)
{
    g_autoptr (GBytes) bytes = g_bytes_new (data, size);
    g_autoptr (GError) error = NULL;
    g_autoptr (VgateProbe) probe = vgate_wire_read_answer (bytes, &error);
    g_auto (VgateQuestion) question = {0};

    g_assert_true ((probe != NULL) != (error != NULL));
    vgate_wire_read_question (bytes, &question);
    fuzz_answer (bytes);
    return 0;
}
