/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Messages as the tests have seen them, one for each code that a test comes to. */
#pragma once

#include <glib.h>

/* The message without its code and its way out: "host-b refuses vm1: ...". Static; NULL when there is no
 * example. */
const char *vgate_example (int code);
