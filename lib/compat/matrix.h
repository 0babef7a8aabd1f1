/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * NVIDIA's rule for many vGPUs on many pGPUs at once: what a scheduler asks. The answers are those of
 * vgate_compat_answer (), pair by pair; equal metadata strings are made into numbers once, so that a pair
 * costs a few comparisons of numbers.
 */
#pragma once

#include "compat/compat.h"

/*
 * An answer in one byte: the states in the low four bits (NVML_VM_COMPATIBILITY_*, all of which are below
 * 16), the limits HOST_DRIVER, GUEST_DRIVER and GPU in bits 4 to 6, OTHER in bit 7.
 */
typedef guint8 VgatePackedAnswer;

VgatePackedAnswer vgate_answer_pack (VgateAnswer answer);
VgateAnswer vgate_answer_unpack (VgatePackedAnswer packed);

/*
 * Judges every vGPU on every pGPU. vgpus: n_vgpus records; pgpus: n_pgpus records; answers: the caller's,
 * n_vgpus * n_pgpus bytes, the answers of vGPU v from answers[v * n_pgpus] on. All records must have a known
 * layout (vgate_*_record_has_known_layout ()), as for vgate_compat_answer (). Takes memory for the numbers:
 * 16 bytes a pGPU and a hash table of the different strings. Never fails.
 */
void vgate_compat_matrix (const VgateVgpuRecord *vgpus, gsize n_vgpus, const VgatePgpuRecord *pgpus,
                          gsize n_pgpus, VgatePackedAnswer *answers);
