/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A domain that runs here, as far as the daemon knows it: what happened to it since it was looked at, and
 * what the last look found. Nothing here calls libvirt or NVML.
 */
#pragma once

#include "look.h"

typedef struct {
    char *uuid;
    char *name;            /* NULL until it was looked at */
    gboolean is_due;       /* it is to be looked at */
    VgateTrigger trigger;  /* why; valid while it is due */
    gboolean is_looked_at; /* by a worker, just now */
    guint n_busy;          /* looks in a row that met a job */
    char *fingerprint;     /* of what NVML said when it was last found in order; NULL: it had no vGPU */
    gboolean has_element;
    gboolean is_unclaimed; /* the last look found an element but no vGPU */
    int n_unexplained;     /* metadata events, less those that our own writes make */
    guint64 sequence;      /* the highest that was written */
    char *failure;         /* what the last look failed with: logged when it changes */
} VgateGuest;

VgateGuest *vgate_guest_new (const char *uuid);
void vgate_guest_free (VgateGuest *guest);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (VgateGuest, vgate_guest_free)

/* Something happened after which it is to be looked at. */
void vgate_guest_set_due (VgateGuest *guest, VgateTrigger trigger);

/* libvirt says that its element was written or removed. TRUE when that was somebody else, so that it is due.
 */
gboolean vgate_guest_note_metadata (VgateGuest *guest);

/* Events may have been missed: of those that are outstanding none may be waited for. */
void vgate_guest_forget_events (VgateGuest *guest);

/* What NVML says of it now; fingerprint may be NULL. TRUE when that is news, so that it is due. */
gboolean vgate_guest_note_nvml (VgateGuest *guest, const char *fingerprint);

/* A look begins: what is due now is being done. */
void vgate_guest_begin_look (VgateGuest *guest, VgateLook *look);

/*
 * A look is over. TRUE when it is due again at once, because something happened meanwhile. After BUSY,
 * UNCLAIMED and FAILED it is due, too, but not at once.
 */
gboolean vgate_guest_end_look (VgateGuest *guest, const VgateLook *look);

/* Remembers the failure (NULL: none). TRUE when it is another one than before. */
gboolean vgate_guest_note_failure (VgateGuest *guest, const char *failure);
