/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The recorded answers of NVIDIA's own library: tests/data/nvml-compat-r580.csv.gz. */
#pragma once

#include "base/codes.h"

#define ORACLE_ROWS 4000u

typedef struct {
    VgateVgpuRecord vgpu;
    VgatePgpuRecord pgpu;
    gint32 rc; /* what the call returned */
    VgateAnswer answer;
} OracleRow;

/* An array of OracleRow, read through the record reader, so that the driver's bytes are judged. */
GArray *oracle_read (void);
