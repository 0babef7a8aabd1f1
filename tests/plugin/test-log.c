/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The priorities by which an operator filters. */
#include "plugin/base/log.h"

#include <syslog.h>

static const struct {
    VgateCode code;
    VgateLogWeight weight;
    int priority;
} cases[] = {
    {VGATE_CODE_CAPTURED, VGATE_LOG_BY_CODE, LOG_INFO},
    {VGATE_CODE_GPU_UNUSABLE, VGATE_LOG_BY_CODE, LOG_ERR},
    {VGATE_CODE_GPU_USABLE, VGATE_LOG_BY_CODE, LOG_INFO},
    {VGATE_CODE_LIBVIRT_LOST, VGATE_LOG_BY_CODE, LOG_WARNING},
    {VGATE_CODE_DEFINITION_DIFFERS, VGATE_LOG_BY_CODE, LOG_WARNING},
    {VGATE_CODE_DEFINITION_NOT_UPDATED, VGATE_LOG_BY_CODE, LOG_ERR},
    /* a refusal, and the same rule when the policy allows it */
    {VGATE_CODE_HOST_DRIVER_OLDER, VGATE_LOG_BY_CODE, LOG_ERR},
    {VGATE_CODE_HOST_DRIVER_OLDER, VGATE_LOG_WARNING, LOG_WARNING},
    {VGATE_CODE_ALLOWED_BY_POLICY, VGATE_LOG_INFORMATION, LOG_INFO},
    {VGATE_CODE_NOT_CONCERNED, VGATE_LOG_INFORMATION, LOG_INFO},
};

static void
test_priorities (void)
{
    for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
        const VgateLogSubject subject = {.code = cases[i].code, .weight = cases[i].weight};

        g_assert_cmpint (vgate_log_priority (&subject), ==, cases[i].priority);
    }
}

int
main (int argc, char **argv)
{
    g_test_init (&argc, &argv, NULL);
    g_test_add_func ("/log/priorities", test_priorities);
    return g_test_run ();
}
