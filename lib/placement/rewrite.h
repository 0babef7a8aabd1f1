/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Replaces source addresses of hostdevs in a domain's XML. All bytes outside the values of those attributes
 * stay the same.
 */
#pragma once

#include "domain/domain.h"

/* The new source address of a hostdev: a UUID or a PCI address, depending on its kind. */
typedef struct {
    const VgateHostdev *hostdev; /* a hostdev of the domain */
    const char *source;
} VgateMove;

/*
 * xml is the text from which domain was read. moves: VgateMove *, at most one for each hostdev. The result is
 * parsed again, and must be the same domain with the requested sources; otherwise NULL with
 * VGATE_CODE_NOT_REWRITTEN. The caller frees it. It has a NUL at its end, which is not included in
 * *new_length.
 */
char *vgate_rewrite_sources (const char *xml, gsize length, const VgateDomain *domain, const GPtrArray *moves,
                             gsize *new_length, GError **error);

/* The <address> in a hostdev's <source>, as libvirt writes it. The caller frees it. */
char *vgate_source_element (VgateHostdevKind kind, const char *source);
