# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash disable=SC2154  # the words and names come from lib.sh
# vgpu-gate self-check on a host with a real libvirtd.

# result HOST CHECK: its word, and its text on standard error
result () {
    { on "$1" vgpu-gate self-check --output json || true; } | python3 -c "
import json, sys
check = {check['name']: check for check in json.load(sys.stdin)['check']}['$2']
print(check['text'], check.get('remedy'), file=sys.stderr)
print(check['result'])"
}

# expect_result HOST CHECK RESULT
expect_result () {
    local word
    word=$(result "$1" "$2")
    [ "$word" = "$3" ] || fail "$2 is '$word', not '$3'" "$(on "$1" vgpu-gate self-check)"
}

status_says () {
    on "$1" vgpu-gate agent status --output json | python3 -c "
import json, sys
report = json.load(sys.stdin)['status'].get('self-check', {'check': []})
results = {check['name']: check['result'] for check in report['check']}
sys.exit(0 if ($2) else 1)"
}

# libvirtd remembers whether there was a hook when it last looked for one. Without the lab's other hook, a link that is
# removed and made again under its feet is the only one.
test_a_link_that_libvirtd_does_not_know () {
    local link=/etc/libvirt/hooks/qemu.d/50-vgpu-gate target
    guest_run a unseen "$h100_20c"
    on b vgpu-gate self-check || fail 'the host is not gated'
    expect_result b hook-loaded pass
    expect_result b vgpu-gated pass
    expect_result b bus pass
    target=$(on b readlink "$link")
    on b mv /etc/libvirt/hooks/qemu.d/10-lab-hardware /run/lab/
    on b rm "$link"
    expect_result b hook-link fail
    host_service restart b libvirtd
    on b ln -s "$target" "$link"
    expect_result b hook-link pass
    expect_result b hook-loaded fail
    # It is true: a guest that would be refused moves.
    host_configure b rules <<<'no-such-rule=warn'
    expect_result b configuration fail
    migrate a unseen || fail 'the hook was asked'
    # the remedy
    host_service restart b libvirtd
    expect_result b hook-loaded pass
}

test_the_status_and_the_metrics_have_it () {
    within 10 status_says a 'results.get("hook-link") == "pass"' || fail "$(on a vgpu-gate agent status)"
    ! status_says a '"nvml" in results' || fail 'the daemon asks NVML for it'
    on a vgpu-gate agent metrics | grep -xF 'vgpu_gate_self_check{check="hook-link"} 0' >/dev/null || fail 'there is no metric'
    on a rm /etc/libvirt/hooks/qemu.d/50-vgpu-gate
    # shellcheck disable=SC2016  # to be expanded in there
    on a bash -c 'kill -HUP "$(cat /run/lab/vgpu-gated.pid)"'
    within 10 status_says a 'results["hook-link"] == "fail"' || fail "$(on a vgpu-gate agent status)"
    on a vgpu-gate agent metrics | grep -xF 'vgpu_gate_self_check{check="hook-link"} 2' >/dev/null || fail 'there is no metric'
}
