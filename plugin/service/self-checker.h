/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Checks from time to time whether this host is really gated, for the status of vgpu-gated and its metrics.
 * The checks read files of /proc and /etc and ask systemd, so they run in a thread.
 */
#pragma once

#include "self-check/self-check.h"

typedef struct VgateSelfChecker VgateSelfChecker;

/* The first checks begin in three seconds, and are repeated every minute, from the default main context. */
VgateSelfChecker *vgate_self_checker_new (void);
/* Checks now as well; after the configuration was read again. */
void vgate_self_checker_hurry (VgateSelfChecker *checker);
/* Returns what the last checks have found, an array of VgateSelfCheckItem * that the caller unrefs, and sets
 * *time to when that was, in seconds since 1970. NULL until the first checks have ended. */
GPtrArray *vgate_self_checker_last (const VgateSelfChecker *checker, gint64 *time);
/* Checks that still run end without effect. */
void vgate_self_checker_free (VgateSelfChecker *checker);
