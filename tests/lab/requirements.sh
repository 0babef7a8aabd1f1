# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# What the labs and the quick start need on a machine besides packages. This must be checked before anything is
# installed or built, so it uses only bash and the packages that Debian calls essential.

# Runs in new namespaces, and prints what is not possible in them.
# shellcheck disable=SC2016  # to be expanded in there
lab_attempt='
    try () {
        local text
        text=$("${@:2}" 2>&1) || { printf "%s (%s)\n" "$1" "${text##*: }"; exit 1; }
    }
    # What is mounted on a mount that is private to these namespaces is seen nowhere else, also where the root
    # directory is no mount point and cannot be made private.
    try "make a mount private" mount --make-private /proc
    try "mount a tmpfs" mount -t tmpfs lab /proc
    mkdir /proc/lower /proc/upper /proc/work /proc/merged /proc/proc /proc/sys /proc/pts
    try "mount a directory in another place" mount --bind /etc /proc/lower
    try "mount an overlay" mount -t overlay -o lowerdir=/proc/lower,upperdir=/proc/upper,workdir=/proc/work \
        lab /proc/merged
    try "mount a /proc" mount -t proc proc /proc/proc
    try "mount a /sys" mount -t sysfs sysfs /proc/sys
    try "mount a /dev/pts" mount -t devpts -o newinstance lab /proc/pts
    try "set a host name" hostname lab-attempt
    # an example of the settings there; "ip" may not be installed yet
    try "configure a network" bash -c "echo 1 >/proc/proc/sys/net/ipv4/ip_forward"'

# Prints why hosts in namespaces cannot run here and the remedy, or nothing.
lab_obstacle () {
    local kind text device
    [ "$(id -u)" -eq 0 ] || {
        echo 'root is needed, for namespaces, mounts and a network of their own: use sudo'
        return
    }
    [ -r /proc/self/stat ] || {
        echo '/proc is not mounted: mount -t proc proc /proc'
        return
    }
    for device in null zero full random urandom tty; do
        [ -c "/dev/$device" ] || {
            echo "/dev/$device is no device: in a chroot, mount --bind /dev DIRECTORY/dev before you enter it"
            return
        }
    done
    for kind in mount uts ipc net pid; do
        text=$(LC_ALL=C unshare "--$kind" --propagation unchanged --fork true 2>&1) || {
            lab_denied "make a new $kind namespace (${text##*: })"
            return
        }
    done
    text=$(LC_ALL=C unshare --mount --propagation unchanged --uts --ipc --net --pid --fork bash -c "$lab_attempt" 2>&1) ||
        lab_denied "$text"
}

lab_denied () {
    echo "root cannot $1 here. Use a virtual machine or, where this is a container, start it with --privileged"
}
