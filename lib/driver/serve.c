/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "driver/serve.h"

#include "base/descriptor.h"
#include "driver/control-serve.h"
#include "driver/follow-serve.h"
#include "driver/probe-serve.h"
#include "driver/serve-life.h"

#include <signal.h>
#include <unistd.h>

/* exec() preserves ignored and blocked signals. If the asker's parent had ignored or blocked SIGALRM, the
 * timer would never end this process; the same applies to SIGTERM. */
static void
restore_signals (void)
{
    static const int signals[] = {SIGALRM, SIGTERM};
    const struct sigaction by_default = {.sa_handler = SIG_DFL};
    sigset_t set;

    sigemptyset (&set);
    for (gsize i = 0; i < G_N_ELEMENTS (signals); i++) {
        sigaction (signals[i], &by_default, NULL);
        sigaddset (&set, signals[i]);
    }
    sigprocmask (SIG_UNBLOCK, &set, NULL);
}

int
vgate_serve (int in, int out)
{
    g_auto (VgateAsked) asked = {0};
    g_autoptr (GByteArray) read = g_byte_array_new ();
    g_autoptr (GBytes) question = NULL;

    restore_signals ();
    if (!vgate_read_all (in, G_MAXUINT32 / 2, read))
        return 2;
    question = g_byte_array_free_to_bytes (g_steal_pointer (&read));
    if (!vgate_asked_read (question, &asked))
        return 2;
    vgate_serve_limit_life (asked.deadline_ms);
    switch (asked.kind) {
    case VGATE_REQUEST_PROBE: return vgate_probe_serve (question, out);
    case VGATE_REQUEST_FOLLOW: return vgate_follow_serve (&asked, out);
    default: return vgate_control_serve (&asked, out);
    }
}
