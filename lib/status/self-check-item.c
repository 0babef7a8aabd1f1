/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "status/self-check-item.h"

#include "base/codes.h"

#define TEXT_MAX 2000u

const char *const vgate_self_check_result_names[] = {
    [VGATE_SELF_CHECK_PASS] = "pass",    [VGATE_SELF_CHECK_WARN] = "warn",
    [VGATE_SELF_CHECK_FAIL] = "fail",    [VGATE_SELF_CHECK_UNKNOWN] = "unknown",
    [VGATE_N_SELF_CHECK_RESULTS] = NULL,
};

static void
item_free (gpointer data)
{
    VgateSelfCheckItem *item = data;

    g_free (item->text);
    g_free (item->remedy);
    g_free (item);
}

GPtrArray *
vgate_self_check_items_new (void)
{
    return g_ptr_array_new_with_free_func (item_free);
}

void
vgate_self_check_items_take (GPtrArray *items, const char *name, VgateSelfCheckResult result, char *text,
                             char *remedy)
{
    VgateSelfCheckItem *item = g_new0 (VgateSelfCheckItem, 1);

    item->name = name;
    item->result = (int)result;
    item->text = vgate_printable (text, TEXT_MAX);
    item->remedy = remedy ? vgate_printable (remedy, TEXT_MAX) : NULL;
    g_ptr_array_add (items, item);
    g_free (text);
    g_free (remedy);
}

VgateSelfCheckResult
vgate_self_check_overall (const GPtrArray *items)
{
    static const guint weights[] = {
        [VGATE_SELF_CHECK_PASS] = 0,
        [VGATE_SELF_CHECK_WARN] = 1,
        [VGATE_SELF_CHECK_UNKNOWN] = 2,
        [VGATE_SELF_CHECK_FAIL] = 3,
    };
    VgateSelfCheckResult overall = VGATE_SELF_CHECK_PASS;

    for (guint i = 0; i < items->len; i++) {
        const VgateSelfCheckItem *item = g_ptr_array_index (items, i);

        if (weights[item->result] > weights[overall])
            overall = (VgateSelfCheckResult)item->result;
    }
    return overall;
}
