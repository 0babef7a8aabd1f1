/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "driver/wire.h"

/* Answers a question of vgate_control_*(). Returns the program's exit status; closes out. */
int vgate_control_serve (const VgateAsked *asked, int out);
