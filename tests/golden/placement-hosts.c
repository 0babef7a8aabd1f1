/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "placement-hosts.h"

void
one_gpu (FakeHost *host)
{
    fake_host_add_gpu (host, CASE_GPU, FAKE_H100);
}

void
free_mdev (FakeHost *host)
{
    one_gpu (host);
    fake_host_add_mdev (host, FREE, TYPE, CASE_GPU);
}

void
room_for_mdevs (FakeHost *host)
{
    one_gpu (host);
    fake_host_add_vf (host, CASE_GPU, CASE_VF, -1);
    fake_host_add_vf (host, CASE_GPU, VF_2, -1);
    fake_host_offer_mdev (host, CASE_VF, TYPE, 1);
    fake_host_offer_mdev (host, VF_2, TYPE, 1);
}

static void
vfs (FakeHost *host, int type, int type_2)
{
    static const guint types[] = {FAKE_TYPE_H100_20C, FAKE_TYPE_H100_40C, 0};

    one_gpu (host);
    fake_host_add_vf (host, CASE_GPU, CASE_VF, type);
    fake_host_offer_vf (host, CASE_VF, types);
    fake_host_add_vf (host, CASE_GPU, VF_2, type_2);
    fake_host_offer_vf (host, VF_2, types);
}

void
vfs_without_type (FakeHost *host)
{
    vfs (host, 0, 0);
}

void
second_vf_has_type (FakeHost *host)
{
    vfs (host, 0, TYPE);
}

void
first_vf_has_other_type (FakeHost *host)
{
    vfs (host, FAKE_TYPE_H100_40C, 0);
    fake_host_sim (host, "update --gpu " CASE_GPU " --heterogeneous on");
}

void
named_and_free (FakeHost *host)
{
    free_mdev (host);
    fake_host_add_mdev (host, CASE_MDEV, TYPE, CASE_GPU);
}

void
busy_by_domain (FakeHost *host)
{
    named_and_free (host);
    fake_host_add_live_domain (host, "vm7", OTHER_VM, CASE_MDEV);
}

char *
lease_with_seconds_left (const char *vm, const char *device, const char *state, int seconds)
{
    const gint64 now = g_get_monotonic_time () / G_USEC_PER_SEC;

    return g_strdup_printf (LEASES_OF ("1", LEASE ("%s", "%s", "%s", "%" G_GINT64_FORMAT)), device, vm, state,
                            now + seconds);
}
