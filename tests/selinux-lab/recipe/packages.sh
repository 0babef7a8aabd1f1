# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# What of Debian 13 the host of the SELinux lab is made from, besides what the hosts of the Debian lab have: the
# reference policy, and the programs that load a policy, label files and look into a policy.

# shellcheck disable=SC2034  # used by `build`
selinux_packages=(selinux-policy-default policycoreutils semodule-utils secilc setools)
