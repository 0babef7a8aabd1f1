# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# What the tests of both kinds of packages share, which run in a fresh root. Who reads it defines:
#   put DIRECTORY    installs the packages there, or upgrades or downgrades to them
#   take_away        removes vgpu-gate
#   is_installed     is it?

link=/etc/libvirt/hooks/qemu.d/50-vgpu-gate
hook=/usr/sbin/vgpu-gate-hook
calls=/run/calls
number=0

# verdict CASE COMMAND...
verdict () {
    local name=$1 status
    shift
    number=$((number + 1))
    # In a shell of its own, which ends at the first failure; as a condition of "if" it would not.
    (set -ex; "$@") 2>&1
    status=$?
    if [ "$status" -eq 0 ]; then
        echo "ok $name"
    else
        echo "not ok $name"
    fi
}

# In place of a systemd that runs, with libvirtd and without virtqemud: writes down what it is asked.
play_systemd () {
    mkdir -p /run/systemd/system
    cat >/usr/bin/systemctl <<'SYSTEMCTL'
#!/bin/sh
echo "$*" >>/run/calls
case "$*" in
    *is-active*virtqemud*) exit 3 ;;
    *is-active*) exit 0 ;;
    *is-enabled*) echo enabled ;;
    *CanReload*) echo CanReload=yes ;;
    *LoadState*) echo LoadState=loaded ;;
    *ActiveState* | *UnitFileState*) exit 0 ;;
esac
SYSTEMCTL
    touch /sbin/init
    chmod +x /usr/bin/systemctl /sbin/init
}

# install_from DIRECTORY
install_from () {
    : >"$calls"
    put "$1"
    cat "$calls"
}

called () {
    grep -E "$1" "$calls"
}

not_called () {
    ! grep -E "$1" "$calls"
}

hook_is_linked () {
    [ "$(readlink "$link")" = "$hook" ]
    [ -x "$link" ]
}

hook_is_not_linked () {
    [ ! -L "$link" ]
    [ ! -e "$link" ]
}

# The gate is installed, and says that it is not linked.
installs_unlinked () {
    install_from packages 2>&1 | tee /tmp/said
    grep 'vgpu-gate: warning: The gate is not linked' /tmp/said
    is_installed
    not_called 'reload libvirtd'
}

keeps_a_removed_link_removed () {
    install_from previous
    hook_is_linked
    rm "$link"
    install_from packages
    hook_is_not_linked
    not_called 'reload libvirtd'
}

# A removal and an installation are the way back.
links_again_after_removal () {
    take_away
    install_from packages
    hook_is_linked
    called 'reload libvirtd'
}

keeps_what_is_in_the_place_of_the_link () {
    take_away
    mkdir -p "${link%/*}"
    echo mine >"$link"
    installs_unlinked
    take_away
    [ "$(cat "$link")" = mine ]
    ln -sf /usr/local/sbin/mine "$link"
    installs_unlinked
    take_away
    [ "$(readlink "$link")" = /usr/local/sbin/mine ]
    rm "$link"
}

# The directories of the administrator are there from the case before.
keeps_directories_that_it_did_not_make () {
    rmdir "${link%/*}"
    install_from packages
    hook_is_linked
    take_away
    [ ! -e "${link%/*}" ]
    [ -d /etc/libvirt/hooks ]
    rmdir /etc/libvirt/hooks
}

is_installed_despite_a_dangling_directory () {
    local directory
    mkdir -p /etc/libvirt
    for directory in "${link%/*}" /etc/libvirt/hooks; do
        mkdir -p "${directory%/*}"
        ln -s /nowhere "$directory"
        installs_unlinked
        take_away
        [ "$(readlink "$directory")" = /nowhere ]
        rm "$directory"
        [ ! -d /etc/libvirt/hooks ] || rmdir /etc/libvirt/hooks
    done
    install_from packages
    hook_is_linked
}

# As after an upgrade of Fedora, which has made a link of a directory.
removes_a_link_by_another_path () {
    ln -s sbin /usr/older
    ln -sf "/usr/older/${hook##*/}" "$link"
    take_away
    hook_is_not_linked
    rm /usr/older
    install_from packages
    hook_is_linked
}

# Nothing is left in this root but what was there before.
nothing_is_left () {
    [ -z "$(find / -xdev \( -path /srv -o -path /tmp -o -path /var/lib/apt -o -path /var/log -o -path /var/cache \) \
        -prune -o -name '*vgpu*' -print)" ]
}
