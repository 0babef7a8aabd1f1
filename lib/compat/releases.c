/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "compat/releases.h"

typedef struct {
    guint release;    /* of NVIDIA vGPU software */
    guint branch;     /* the first number of its host drivers, and of its guest drivers for Linux */
    guint last_guest; /* the first number of guest drivers for Windows is in branch to last_guest */
    gboolean is_long_term;
} Release;

/*
 * In ascending order. The table is vgpu-branches.conf, which names its sources. The first numbers of Windows
 * drivers grow within a release: each last_guest is that of the highest driver that is known. A number
 * between two entries belongs to no known release: it is a feature branch (545, 555, 560, 565, 575, 590), or
 * a future Windows driver of a long-term release.
 */
static const Release releases[] = {
#include "releases-table.h"
};

guint
vgate_driver_branch (const char *driver)
{
    guint branch = 0;

    for (; g_ascii_isdigit (*driver) && branch < 100000; driver++)
        branch = branch * 10 + (guint)(*driver - '0');
    return branch;
}

/* The newest release whose branch is not greater than the number; NULL when all known releases are newer. */
static const Release *
release_up_to (guint number)
{
    const Release *found = NULL;

    for (gsize i = 0; i < G_N_ELEMENTS (releases) && releases[i].branch <= number; i++)
        found = &releases[i];
    return found;
}

static const Release *
long_term_before (const Release *release)
{
    while (release > releases)
        if ((--release)->is_long_term)
            return release;
    return NULL;
}

gboolean
vgate_release_supports (const char *guest_driver, const char *host_driver, guint *guest_release,
                        guint *host_release)
{
    const guint guest_number = vgate_driver_branch (guest_driver),
                host_number = vgate_driver_branch (host_driver);
    const Release *not_before = release_up_to (guest_number), *host = release_up_to (host_number);
    const Release *guest = not_before && guest_number <= not_before->last_guest ? not_before : NULL;

    if (host && host->branch != host_number)
        host = NULL;
    *guest_release = guest ? guest->release : 0;
    *host_release = host ? host->release : 0;
    if (guest_number == 0 || host_number == 0)
        return TRUE;
    /* A guest driver is never supported on an older host. That is certain as soon as a known release lies
     * between the two, even when neither belongs to a known release. */
    if (not_before && not_before->branch > host_number)
        return FALSE;
    if (!guest || !host)
        return TRUE;
    /* NVIDIA's release notes of 19.0, "Compatible NVIDIA vGPU Manager and Guest VM Driver Releases": the same
     * release branch, the previous one, and for a long-term branch the previous long-term branch. */
    return guest == host || guest == host - 1 || (host->is_long_term && guest == long_term_before (host));
}
