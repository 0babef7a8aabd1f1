/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Prometheus text, read as strictly as its specification (format 0.0.4) and promtool's lint ask. */
#pragma once

#include <glib.h>

/*
 * Samples by their text before the value: "vgpu_gate_captures_total{trigger=\"start\"}" -> "1". Aborts the
 * test when anything is wrong: a line that is none of the format; a metric without HELP, TYPE and a name
 * of ours; one that comes twice or whose samples do not follow its TYPE; a counter that is not named _total,
 * or another metric that is; a sample that stands twice.
 */
GHashTable *prometheus_parse (const char *text);

/* The sample's value; aborts the test when there is none. */
double prometheus_value (GHashTable *samples, const char *sample);
