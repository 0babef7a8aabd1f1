/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "plugin/capture/prober.h"

#include "plugin/base/workers.h"

typedef struct {
    const VgateProberMethods *methods;
    gpointer user_data;
} Asker;

struct VgateProber {
    const VgateBackend *backend;
    const VgateIdentity *identity;
    VgateTally *tally;
    VgateWorkers *workers;
    GArray *asked;    /* of Asker: those that wait for the question in progress; NULL while there is none */
    GArray *waiting;  /* of Asker: those that wait for the next question */
    GPtrArray *vgpus; /* of GBytes *: vGPU metadata for the next question */
};

typedef struct {
    VgateBackend backend; /* a copy, because the configuration may be read again in the meantime */
    const VgateIdentity *identity;
    GPtrArray *vgpus;
    gint64 duration_us;
    VgateSnapshot *snapshot;
    GError *error;
} Question;

static void
question_free (gpointer data)
{
    Question *question = data;

    vgate_backend_clear (&question->backend);
    g_ptr_array_unref (question->vgpus);
    vgate_snapshot_unref (question->snapshot);
    g_clear_error (&question->error);
    g_free (question);
}

static void
question_run (gpointer data)
{
    Question *question = data;
    const gint64 began = g_get_monotonic_time ();
    const VgateProbing probing = {
        .identity = question->identity,
        .vgpus = question->vgpus,
        .with_instances = TRUE,
        .devices = VGATE_PROBE_UNNAMED_DEVICES,
    };
    VgateProbe *probe = vgate_probe_ask (&question->backend, &probing, &question->error);

    question->duration_us = g_get_monotonic_time () - began;
    if (probe)
        question->snapshot = vgate_snapshot_new (probe, question->vgpus);
}

static void ask_next (VgateProber *prober);

static void
question_done (gpointer data, gpointer user_data)
{
    Question *question = data;
    VgateProber *prober = user_data;
    g_autoptr (GArray) asked = g_steal_pointer (&prober->asked);

    vgate_tally_note_question (prober->tally, question->duration_us, question->error);
    ask_next (prober);
    for (guint i = 0; i < asked->len; i++) {
        const Asker *asker = &g_array_index (asked, Asker, i);

        asker->methods->answered (question->snapshot, question->error, asker->user_data);
    }
}

static const VgateWorkKind question_kind = {question_run, question_done, question_free};

static void
begin_waiting (VgateProber *prober)
{
    prober->waiting = g_array_new (FALSE, FALSE, sizeof (Asker));
    prober->vgpus = g_ptr_array_new_with_free_func ((GDestroyNotify)g_bytes_unref);
}

static void
ask_next (VgateProber *prober)
{
    Question *question;

    if (prober->asked || prober->waiting->len == 0)
        return;
    question = g_new0 (Question, 1);
    question->backend = vgate_backend_copy (prober->backend);
    question->identity = prober->identity;
    question->vgpus = g_steal_pointer (&prober->vgpus);
    prober->asked = g_steal_pointer (&prober->waiting);
    begin_waiting (prober);
    vgate_workers_push (prober->workers, &question_kind, question, prober);
}

VgateProber *
vgate_prober_new (const VgateBackend *backend, const VgateIdentity *identity, VgateTally *tally)
{
    VgateProber *prober = g_new0 (VgateProber, 1);

    prober->backend = backend;
    prober->identity = identity;
    prober->tally = tally;
    /* the pool's deadline is of no use here: vgate_probe_ask () has its own */
    prober->workers = vgate_workers_new (1, backend->deadline_ms, NULL, NULL);
    begin_waiting (prober);
    return prober;
}

void
vgate_prober_free (VgateProber *prober)
{
    if (!prober)
        return;
    vgate_workers_free (prober->workers);
    g_clear_pointer (&prober->asked, g_array_unref);
    g_array_unref (prober->waiting);
    g_ptr_array_unref (prober->vgpus);
    g_free (prober);
}

void
vgate_prober_ask (VgateProber *prober, const GPtrArray *vgpus, const VgateProberMethods *methods,
                  gpointer user_data)
{
    const Asker asker = {.methods = methods, .user_data = user_data};

    g_array_append_val (prober->waiting, asker);
    for (guint i = 0; vgpus && i < vgpus->len; i++)
        g_ptr_array_add (prober->vgpus, g_bytes_ref (g_ptr_array_index (vgpus, i)));
    ask_next (prober);
}
