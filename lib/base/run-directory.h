/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The directory /run/vgpu-gate, which holds the leases and their lock, and vgpu-gated's socket and locks. */
#pragma once

#include "base/codes.h"

#define VGATE_RUN_DIRECTORY "/run/vgpu-gate"

/*
 * Opens the directory. With may_make, a missing one is created, with mode 0755 because it can hold QEMU's
 * bus, which other users must reach. Only root and this program's user may be its owner, and nobody else may
 * have write permission, as others could then replace files in it. Returns a descriptor, which the caller
 * closes, or -1 with an error of this code. Without may_make, -1 without an error means that the directory
 * does not exist.
 */
int vgate_run_directory_open (const char *path, gboolean may_make, VgateCode code, GError **error);
/* The same for VGATE_RUN_DIRECTORY, with root before it. */
int vgate_run_directory_open_in (const char *root, gboolean may_make, VgateCode code, GError **error);

/*
 * Replaces a file of one domain in the directory, with mode 0600, as vgate_replace_file () does. libvirt runs
 * one operation of a domain at a time, so .new-NAME can only be left by a process that was killed, and is
 * removed. FALSE with errno.
 */
gboolean vgate_run_directory_replace (int directory, const char *name, const char *text);

/*
 * Opens a lock file in the directory, makes it with mode 0600 if it is missing, and takes the lock: no other
 * descriptor has it until this one is closed, which the caller does. Returns the descriptor, or -1 with the
 * errno of openat () or, after wait_ms, of vgate_lock_within ().
 */
int vgate_run_directory_take_lock (int directory, const char *name, guint wait_ms);

/* The clock of what expires in the directory: seconds since the boot, which the directory does not survive
 * either. */
guint64 vgate_run_directory_clock (void);
