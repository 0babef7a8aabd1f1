/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "plugin/element/renewal.h"

#include "policy/policy.h"

/* A third of the limit that applies. */
static gint64
period (gint64 max_age)
{
    return (max_age > 0 ? MIN (max_age, VGATE_MAX_AGE_DEFAULT) : VGATE_MAX_AGE_DEFAULT) / 3;
}

gint64
vgate_renewal_age (gint64 max_age, const char *uuid)
{
    const gint64 longest = period (max_age);
    const guint spread = (guint)MAX (longest / 3, 1);

    return MAX (longest / 2 + (gint64)(g_str_hash (uuid) % spread), 1);
}

guint
vgate_renewal_interval (gint64 max_age)
{
    return (guint)MAX (period (max_age) / 6, 1);
}

gboolean
vgate_renewal_is_due (gint64 captured, gint64 now, gint64 age)
{
    return now < captured || now - captured >= age;
}
