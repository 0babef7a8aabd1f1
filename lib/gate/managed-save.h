/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The managed save of a domain, and a refusal that is kept until libvirt can report it.
 *
 * A domain that has a managed save is restored from it when it is started: by 'virsh start', by autostart
 * and by libvirt-guests. If the hook fails at 'restore begin' of such a start, libvirt 11.3 reports
 * success, does not start the domain, and deletes the image (measured; its qemuDomainObjRestore () then
 * returns the 0 of an earlier call). libvirt 9.0 keeps the image, and so do both in 'virsh restore'. If
 * the hook fails at 'prepare begin', the next event of the same start, both report the error and keep the
 * image (measured).
 *
 * A refusal at 'restore begin' is therefore written into the run-time directory, and given at 'prepare
 * begin'.
 */
#pragma once

#include "base/codes.h"

/* How long after 'restore begin' a start can be refused at 'prepare begin' because of it. libvirt comes to
 * 'prepare begin' within milliseconds; other hooks can run in between. */
#define VGATE_REFUSAL_SECONDS 60

/* TRUE when the system's libvirt has a managed save of the domain (measured; libvirt 9.0 and 11.3). */
gboolean vgate_managed_save_exists (const char *root, const char *domain_name);

/* Keeps the line of a refusal; an earlier one for the domain is replaced. FALSE with
 * VGATE_CODE_REFUSAL_NOT_KEPT. */
gboolean vgate_managed_save_keep_refusal (const char *root, const char *domain_name, const char *line,
                                          GError **error);

/*
 * Removes the refusal that is kept for the domain, if there is one. Returns its line if it is that of the
 * start that is in progress: it is not older than VGATE_REFUSAL_SECONDS, and the managed save still
 * exists, which 'virsh start --force-boot' deletes first. Otherwise NULL, also if the file cannot be read:
 * the guest is judged again at 'started begin', before its memory is loaded. The caller frees the line.
 */
char *vgate_managed_save_take_refusal (const char *root, const char *domain_name);
