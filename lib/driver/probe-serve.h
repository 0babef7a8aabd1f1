/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

/* Answers a question of vgate_probe_ask (). Returns the program's exit status; closes out. */
int vgate_probe_serve (GBytes *question, int out);
