/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A guest's events in libvirt's order, on a host where devices are created. */
#pragma once

#include "hook-case.h"

/* VM_1 is the UUID of every domain in hook/. */
#define VM_1   "4d7c0a6e-9b1f-4f2e-8a35-b1f0c2d9e701"
#define VM_2   "4d7c0a6e-9b1f-4f2e-8a35-b1f0c2d9e702"
#define APPLY  "[placement]\nmode=apply\n"
#define LEASES "run/vgpu-gate/leases"

#define LEASES_OF(count, text) "[leases]\ncount=" count "\n" text
/* A lease of a mediated device of type 1120 on CASE_GPU. */
#define LEASE(vm, device, state, expires)                                                    \
    "\n[" device " " vm "]\nparent=" CASE_GPU "\npgpu=" CASE_GPU "\ntype=1120\nstate=" state \
    "\nexpires=" expires "\n"

typedef struct {
    FakeHost *host;
    char *xml;
    gsize length;
} Guest;

/* input: hook/INPUT.in.xml, with the UUID vm. */
void guest_init (Guest *guest, FakeHost *host, const char *input, const char *vm);
void guest_clear (Guest *guest);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Guest, guest_clear)

/* Runs an event as libvirt does: the hook's output replaces the guest's XML. Code 0: allowed. Returns the
 * output: the line of a refusal, or the XML. The caller frees it. */
char *event (Guest *guest, const char *operation, int code);
void allowed_unchanged (Guest *guest, const char *operation);
/* The event is allowed, and changes only this text, once. */
void allowed_changed (Guest *guest, const char *operation, const char *what, const char *by);
void refused (Guest *guest, const char *operation, int code);

/* A host with mode=apply, whose kernel creates and removes mediated devices. */
FakeHost *applying_host (void (*prepare) (FakeHost *host));

/* Writes the file of the leases. */
void put_leases (FakeHost *host, const char *text);
/* state: NULL for any. text: what is in the lease. */
gboolean has_lease (const FakeHost *host, const char *vm, const char *state);
gboolean has_lease_with (const FakeHost *host, const char *vm, const char *text);
void assert_no_leases (const FakeHost *host);

/* Checks the virtual function's current_vgpu_type. */
void assert_vf_type (const FakeHost *host, const char *address, const char *type);
