/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "driver/follow.h"

#include "base/codes.h"
#include "driver/control-wire.h"
#include "driver/follow-wire.h"

#include <string.h>
#include <unistd.h>

struct VgateFollower {
    VgateBackend backend; /* a copy */
    int fd;
    GByteArray *pending; /* the received part of the next answers */
};

VgateFollower *
vgate_follower_new (const VgateBackend *backend, const char *name, int engine, GError **error)
{
    g_autoptr (GBytes) asked = vgate_asked_write (
        VGATE_REQUEST_FOLLOW, backend->library, backend->deadline_ms, vgate_engine_to_variant (name, engine));
    const int fd = vgate_helper_start (backend, asked, error);
    VgateFollower *follower;

    if (fd < 0)
        return NULL;
    follower = g_new0 (VgateFollower, 1);
    follower->backend = vgate_backend_copy (backend);
    follower->fd = fd;
    follower->pending = g_byte_array_new ();
    return follower;
}

void
vgate_follower_free (VgateFollower *follower)
{
    if (!follower)
        return;
    close (follower->fd);
    g_byte_array_unref (follower->pending);
    vgate_backend_clear (&follower->backend);
    g_free (follower);
}

static gboolean
crashed (const char *why, GError **error)
{
    g_set_error (error, VGATE_ERROR, VGATE_CODE_NVML_CRASHED,
                 "the process that reads NVML gave no usable answer: %s", why);
    return FALSE;
}

/* Takes the next answer from the received bytes. FALSE without an error when it is not complete. */
static gboolean
take_answer (VgateFollower *follower, GBytes **answer, GError **error)
{
    guint32 length;

    if (follower->pending->len < sizeof length)
        return FALSE;
    memcpy (&length, follower->pending->data, sizeof length);
    if (length > VGATE_ROUND_SIZE_MAX)
        return crashed ("the answer contains an invalid length", error);
    if (follower->pending->len - sizeof length < length)
        return FALSE;
    *answer = g_bytes_new (follower->pending->data + sizeof length, length);
    g_byte_array_remove_range (follower->pending, 0, (guint)sizeof length + length);
    return TRUE;
}

static GPtrArray *
read_answer (VgateFollower *follower, GBytes *answer, GPtrArray *unusable, GError **error)
{
    g_autoptr (GError) local = NULL;
    g_autoptr (GVariant) body = vgate_answer_read (answer, VGATE_ROUND_TYPE, &local);

    if (body)
        return vgate_round_from_variant (body, unusable);
    vgate_helper_translate_error (g_steal_pointer (&local), &follower->backend, error);
    return NULL;
}

GPtrArray *
vgate_follower_next (VgateFollower *follower, int cancel_fd, GPtrArray *unusable, GError **error)
{
    const VgateWait wait = vgate_wait_begin (follower->fd, cancel_fd, follower->backend.deadline_ms);
    g_autoptr (GError) local = NULL;

    for (;;) {
        g_autoptr (GBytes) answer = NULL;

        if (take_answer (follower, &answer, &local))
            return read_answer (follower, answer, unusable, error);
        if (local || vgate_wait_read (&wait, follower->pending, &local) != VGATE_READ_DONE)
            break;
    }
    if (local)
        g_propagate_error (error, g_steal_pointer (&local));
    return NULL;
}

GPtrArray *
vgate_follow_once (const VgateBackend *backend, const char *name, int engine, GPtrArray *unusable,
                   GError **error)
{
    g_autoptr (VgateFollower) follower = vgate_follower_new (backend, name, engine, error);

    return follower ? vgate_follower_next (follower, -1, unusable, error) : NULL;
}
