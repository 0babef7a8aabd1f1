/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What /proc and libvirt's pid files say of a domain's QEMU. */
#pragma once

#include <glib.h>

/*
 * TRUE when the domain's QEMU was started to receive a guest (-incoming). FALSE with VGATE_CODE_QEMU_UNKNOWN
 * set when that cannot be told. root is put before /run and /proc. is_session: the domain is one of a
 * session's libvirtd, which runs as this program's user.
 */
gboolean vgate_qemu_is_incoming (const char *root, gboolean is_session, const char *domain_name,
                                 GError **error);
