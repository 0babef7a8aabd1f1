/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "driver/wire.h"

/* Answers a follower until it exits. Returns the program's exit status; closes out. */
int vgate_follow_serve (const VgateAsked *asked, int out);
