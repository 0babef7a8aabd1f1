/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The socket at which vgpu-gated answers requests: a Unix socket that only root, or the user that the daemon
 * runs as, can use (mode 0600, and the kernel's credentials of the client).
 *
 * A client sends one line of at most 63 bytes and a line feed. It gets "ok LENGTH\n" and LENGTH bytes, or
 * "error\n" for an unknown request, and the end of file. It has five seconds for all of this. Sixteen clients
 * are served at a time; for one more, the oldest one is dropped. Clients are served when the main loop has
 * nothing else to do, so that no client delays the daemon or another client.
 */
#pragma once

#include <glib.h>

#define VGATE_LOCAL_SOCKET_REQUEST_MAX 64u /* with the line feed */
#define VGATE_LOCAL_SOCKET_CLIENTS_MAX 16u
#define VGATE_LOCAL_SOCKET_DEADLINE_MS 5000u

typedef struct VgateLocalSocket VgateLocalSocket;

/* Returns the answer to a request, which the caller frees; NULL for an unknown request. */
typedef char *(*VgateLocalSocketAnswer) (const char *request, gpointer user_data);

/*
 * Serves from the default main context until freed. Whatever is at path is removed, because the caller must
 * hold a lock which proves that no other process serves there (run-directory-lock.h). Error:
 * VGATE_CODE_AGENT_SOCKET.
 */
VgateLocalSocket *vgate_local_socket_new (const char *path, VgateLocalSocketAnswer answer, gpointer user_data,
                                          GError **error);
/* Drops the clients and removes the path. */
void vgate_local_socket_free (VgateLocalSocket *socket);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (VgateLocalSocket, vgate_local_socket_free)
