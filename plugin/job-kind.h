/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What holds a domain, as far as it concerns us. */
typedef enum {
    VGATE_JOB_NONE,      /* nothing, or libvirt does not say: an arrival is such a case */
    VGATE_JOB_MIGRATION, /* it leaves */
    VGATE_JOB_SAVE,      /* into a file, managed or not */
    VGATE_JOB_OTHER,     /* a dump, a snapshot, a backup; a restore */
} VgateJobKind;
