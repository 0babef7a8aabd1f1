/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "compat/releases.h"

/* vgpu-branches.conf names the sources. */
static const VgateRelease built_in[] = {
#include "releases-table.h"
};

const VgateReleases *
vgate_releases_built_in (void)
{
    static const VgateReleases releases = {built_in, G_N_ELEMENTS (built_in)};

    return &releases;
}

guint
vgate_driver_branch (const char *driver)
{
    guint branch = 0;

    for (; g_ascii_isdigit (*driver) && branch < 100000; driver++)
        branch = branch * 10 + (guint)(*driver - '0');
    return branch;
}

/* The newest release whose branch is not greater than the number; NULL when all known releases are newer. */
static const VgateRelease *
release_up_to (const VgateReleases *releases, guint number)
{
    const VgateRelease *found = NULL;

    for (gsize i = 0; i < releases->n && releases->entries[i].branch <= number; i++)
        found = &releases->entries[i];
    return found;
}

static const VgateRelease *
long_term_before (const VgateReleases *releases, const VgateRelease *release)
{
    while (release > releases->entries)
        if ((--release)->is_long_term)
            return release;
    return NULL;
}

/*
 * The first numbers of Windows drivers grow within a release, but not into the next branch. A number between
 * two releases therefore belongs to a feature branch (545, 555, 560, 565, 575, 590), or to a Windows driver
 * of the older release that is newer than the table; which of them, is not known.
 */
VgateSupport
vgate_releases_judge (const VgateReleases *releases, const char *guest_driver, const char *host_driver,
                      guint *guest_release, guint *host_release)
{
    const guint guest_number = vgate_driver_branch (guest_driver),
                host_number = vgate_driver_branch (host_driver);
    const VgateRelease *not_before = release_up_to (releases, guest_number),
                       *host = release_up_to (releases, host_number);
    const VgateRelease *guest = not_before && guest_number <= not_before->last_guest ? not_before : NULL;
    const VgateRelease *long_term, *previous, *oldest;

    if (host && host->branch != host_number)
        host = NULL;
    *guest_release = guest ? guest->release : 0;
    *host_release = host ? host->release : 0;
    if (guest_number == 0 || host_number == 0)
        return VGATE_SUPPORT_UNKNOWN;
    /* the same branch, also one that is newer than the table */
    if (guest_number == host_number || (guest && guest == host))
        return VGATE_SUPPORT_YES;
    /* A guest driver is never supported on an older host. That is certain as soon as a known release lies
     * between the two, even when neither belongs to a known release. */
    if (not_before && not_before->branch > host_number)
        return VGATE_SUPPORT_NO;
    if (!host)
        return VGATE_SUPPORT_UNKNOWN;
    /* NVIDIA's release notes of 19.0, "Compatible NVIDIA vGPU Manager and Guest VM Driver Releases": the same
     * release or branch, the previous branch, and for a long-term branch the previous long-term branch. */
    long_term = host->is_long_term ? long_term_before (releases, host) : NULL;
    if (guest && (guest->release + 1 == host->release || guest == long_term))
        return VGATE_SUPPORT_YES;
    if (guest)
        return VGATE_SUPPORT_NO;
    /* A guest driver that is older than all that the host supports needs no release of its own. What the host
     * supports is not in the table for its first releases, and where the release before is missing. */
    previous = host > releases->entries && (host - 1)->release + 1 == host->release ? host - 1 : NULL;
    oldest = host->is_long_term ? long_term : previous;
    return oldest && guest_number < oldest->branch ? VGATE_SUPPORT_NO : VGATE_SUPPORT_UNKNOWN;
}
