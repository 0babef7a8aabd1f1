/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A domain's XML with other source addresses in its hostdevs, and nothing else changed: every byte outside
 * the values of those attributes stays what it was.
 */
#pragma once

#include "domain/domain.h"

/* What a hostdev's source address becomes: a UUID or a PCI address, as its kind asks for. */
typedef struct {
    const VgateHostdev *hostdev; /* of the domain */
    const char *source;
} VgateMove;

/*
 * xml is what domain was read from. moves: VgateMove *, at most one a hostdev. The result is read again, and
 * must be the same domain with the sources that were asked for. NULL with VGATE_CODE_NOT_REWRITTEN. The
 * caller frees it; it ends with a NUL that *new_length does not count.
 */
char *vgate_rewrite_sources (const char *xml, gsize length, const VgateDomain *domain, const GPtrArray *moves,
                             gsize *new_length, GError **error);

/* The source's <address> of a hostdev, as libvirt writes it. The caller frees it. */
char *vgate_source_element (VgateHostdevKind kind, const char *source);
