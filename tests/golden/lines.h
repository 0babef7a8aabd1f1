/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The length of the lines that a program writes for a refusal or a finding. */
#pragma once

/*
 * Fails when a line of the text that begins with our name and a code is longer than the limit with names as
 * hosts and guests have them, or when something of it was cut or left out: no value of a golden case is
 * unusually long. where names the text.
 */
void lines_check (const char *where, const char *text);
