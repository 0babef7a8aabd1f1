# SPDX-License-Identifier: LGPL-2.1-or-later
"""What a compiled SELinux policy with vgpu-gate's must allow, and what it must not: check(PATH, KIND) yields lines of
TAP without numbers. KIND is "fedora" or "reference"."""
import setools

BOOLEAN = "vgpu_gate_hook_create_devices"
OURS = ["vgpu_gate_hook_t", "vgpu_gate_nvml_t", "vgpu_gated_t", "vgpu_gate_devices_t", "vgpu_gate_bus_t"]
LIBVIRT = {"fedora": ["virtd_t", "virtqemud_t"], "reference": ["virtd_t"]}
VIRTQEMUD = "virtqemud_t"

# program, who runs it, what the process becomes
TRANSITIONS = [
    ("init_t", "vgpu_gated_exec_t", "vgpu_gated_t"),
    ("init_t", "vgpu_gate_exec_t", "vgpu_gate_devices_t"),
    ("vgpu_gate_hook_t", "vgpu_gate_nvml_exec_t", "vgpu_gate_nvml_t"),
    ("vgpu_gated_t", "vgpu_gate_nvml_exec_t", "vgpu_gate_nvml_t"),
    ("vgpu_gate_devices_t", "vgpu_gate_nvml_exec_t", "vgpu_gate_nvml_t"),
]

# who, what, class, permissions that are all there
NEEDED = [
    ("vgpu_gate_nvml_t", "xserver_misc_device_t", "chr_file", "open read write ioctl"),
    ("vgpu_gate_nvml_t", "vgpu_gate_nvml_t", "capability", "sys_admin"),
    ("vgpu_gate_hook_t", "vgpu_gate_key_t", "file", "open read"),
    ("vgpu_gate_hook_t", "sysfs_t", "file", "open read"),
    ("vgpu_gate_hook_t", "svirt_t", "file", "open read"),
    ("vgpu_gate_hook_t", "vgpu_gate_var_run_t", "file", "create write unlink"),
    ("vgpu_gate_devices_t", "sysfs_t", "file", "open write"),
    ("vgpu_gated_t", "virtd_t", "unix_stream_socket", "connectto"),
    ("vgpu_gated_t", "vgpu_gate_bus_t", "unix_stream_socket", "connectto"),
    ("vgpu_gated_t", "vgpu_gate_bus_t", "dbus", "acquire_svc send_msg"),
    ("init_t", "vgpu_gate_bus_t", "process", "transition"),
    ("vgpu_gate_bus_t", "dbusd_exec_t", "file", "entrypoint"),
    ("svirt_t", "vgpu_gate_bus_socket_t", "sock_file", "write"),
    ("svirt_t", "vgpu_gate_bus_t", "unix_stream_socket", "connectto"),
    ("svirt_t", "vgpu_gated_t", "dbus", "send_msg"),
    ("vgpu_gated_t", "svirt_t", "dbus", "send_msg"),
]

# who, what, class, permissions of which there is none
FORBIDDEN = [
    # only the one program opens NVIDIA's devices
    ("vgpu_gate_hook_t", "xserver_misc_device_t", "chr_file", "open read write ioctl"),
    ("vgpu_gated_t", "xserver_misc_device_t", "chr_file", "open read write ioctl"),
    ("vgpu_gate_bus_t", "xserver_misc_device_t", "chr_file", "open read write ioctl"),
    # it does not get the key, and neither do the bus and a guest
    ("vgpu_gate_nvml_t", "vgpu_gate_key_t", "file", "open read"),
    ("vgpu_gate_bus_t", "vgpu_gate_key_t", "file", "open read"),
    ("svirt_t", "vgpu_gate_key_t", "file", "open read"),
    # the bus reads what guests send; leases and permissions are beside its socket
    ("vgpu_gate_bus_t", "vgpu_gate_var_run_t", "file", "open read write append create unlink rename link setattr"),
    # nobody of ours changes the configuration
    *((who, "vgpu_gate_etc_t", "file", "write append create unlink") for who in OURS),
    *((who, "vgpu_gate_key_t", "file", "write append create unlink") for who in OURS),
    # a guest uses the bus, and nothing else of ours
    ("svirt_t", "vgpu_gate_var_run_t", "file", "open read write"),
    ("svirt_t", "vgpu_gate_var_run_t", "dir", "write add_name remove_name"),
    ("svirt_t", "vgpu_gated_t", "unix_stream_socket", "connectto"),
    ("svirt_t", "vgpu_gate_bus_t", "dbus", "acquire_svc"),
    # only 'devices apply' writes into sysfs without the boolean
    ("vgpu_gate_nvml_t", "sysfs_t", "file", "write append"),
    ("vgpu_gated_t", "sysfs_t", "file", "write append"),
    ("vgpu_gate_bus_t", "sysfs_t", "file", "write append"),
    # what is not needed
    ("vgpu_gate_hook_t", "vgpu_gate_hook_t", "capability", "sys_admin dac_override sys_module sys_rawio"),
    ("vgpu_gated_t", "vgpu_gated_t", "capability", "sys_admin sys_ptrace sys_module sys_rawio"),
    *((who, who, "tcp_socket", "create connect") for who in OURS),
    *((who, who, "udp_socket", "create connect") for who in OURS),
    *((who, who, "process", "execmem execheap setcurrent") for who in OURS),
]


class Allowed:
    """What the types named above are allowed. All rules are read once: a real policy has 300,000."""

    def __init__(self, policy, subjects, objects):
        self.found = {}
        subjects, objects = self.with_attributes(policy, subjects), self.with_attributes(policy, objects)
        for rule in policy.terules():
            if rule.ruletype != setools.TERuletype.allow:
                continue
            whos = subjects.get(str(rule.source))
            whats = objects.get(str(rule.target)) if whos else None
            for who in whats and whos or ():
                for what in whats:
                    self.add(rule, (who, what, str(rule.tclass)))

    @staticmethod
    def with_attributes(policy, names):
        """The types that each type and attribute stands for"""
        found = {}
        for name in names:
            kind = policy.lookup_type(name)
            for each in [kind, *kind.attributes()]:
                found.setdefault(str(each), set()).add(name)
        return found

    def add(self, rule, key):
        try:
            condition = str(rule.conditional)
        except setools.exception.RuleNotConditional:
            condition = None
        permissions = self.found.setdefault(key, {})
        for permission in rule.perms:
            if permissions.get(permission, "not yet") is not None:
                permissions[permission] = condition

    def __call__(self, *key):
        """The permissions, each with the boolean on which it depends, or None"""
        return self.found.get(key, {})


def line(is_right, text, detail=""):
    return f"{'ok' if is_right else 'not ok'} - {text}" + (f"\n# {detail}" if not is_right and detail else "")


def transitions_of(kind):
    return TRANSITIONS + [(who, "vgpu_gate_hook_exec_t", "vgpu_gate_hook_t") for who in LIBVIRT[kind]]


def transitions(policy, allowed, kind):
    for who, program, becomes in transitions_of(kind):
        query = setools.TERuleQuery(policy, ruletype=["type_transition"], source=who, target=program, tclass=["process"])
        found = {str(rule.default) for rule in query.results()}
        is_right = (found == {becomes} and "transition" in allowed(who, becomes, "process")
                    and "nnp_transition" in allowed(who, becomes, "process2")
                    and "entrypoint" in allowed(becomes, program, "file"))
        yield line(is_right, f"{who} runs {program} as {becomes}", f"found: {found}")


def check(path, kind):
    policy = setools.SELinuxPolicy(path)
    needed = NEEDED + ([("vgpu_gated_t", VIRTQEMUD, "unix_stream_socket", "connectto")] if kind == "fedora" else [])
    pairs = [each[:2] for each in needed + FORBIDDEN]
    pairs += [pair for who, program, becomes in transitions_of(kind) for pair in ((who, becomes), (becomes, program))]
    allowed = Allowed(policy, {who for who, _ in pairs}, {what for _, what in pairs})
    yield from transitions(policy, allowed, kind)
    for who, what, tclass, permissions in needed:
        missing = {p for p in permissions.split() if allowed(who, what, tclass).get(p, "missing") is not None}
        yield line(not missing, f"{who} may {permissions} {what}:{tclass}", f"missing: {missing}")
    for who, what, tclass, permissions in FORBIDDEN:
        found = set(permissions.split()) & set(allowed(who, what, tclass))
        yield line(not found, f"{who} may not {permissions} {what}:{tclass}", f"allowed: {found}")
    writes = allowed("vgpu_gate_hook_t", "sysfs_t", "file").get("write", "missing")
    default = {str(each): each.state for each in policy.bools()}.get(BOOLEAN)
    yield line(writes == BOOLEAN and default is False, f"the hook writes into sysfs with {BOOLEAN} only, which is off",
               f"found: {writes}, {default}")
