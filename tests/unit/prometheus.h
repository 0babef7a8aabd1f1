/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Reads Prometheus text as strictly as its specification (format 0.0.4) and promtool's lint. */
#pragma once

#include <glib.h>

/*
 * Returns the samples by their text before the value: "vgpu_gate_captures_total{trigger=\"start\"}" -> "1".
 * Aborts the test on any fault: a line that is not in the format; a metric without HELP, TYPE and one of our
 * names; one that occurs twice or whose samples do not follow its TYPE; a counter without the suffix _total,
 * or another metric with it; a repeated sample.
 */
GHashTable *prometheus_parse (const char *text);

/* Returns the sample's value; aborts the test if there is none. */
double prometheus_value (GHashTable *samples, const char *sample);
