/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Where vgpu-gated is asked: a Unix socket that only root, or the user that the daemon runs as, can use (mode
 * 0600, and the kernel's word on who is at the other end).
 *
 * A client sends one line of at most 63 bytes and its line feed, gets "ok LENGTH\n" and so many bytes, or
 * "error\n" when there is no such request, and the end of file. It has five seconds for all of it. Sixteen
 * clients are served at a time; with one more, the one that has been there longest is dropped. They are
 * served when the main loop has nothing else to do: no client holds up the daemon, nor another client.
 */
#pragma once

#include <glib.h>

#define VGATE_LOCAL_SOCKET_REQUEST_MAX 64u /* with the line feed */
#define VGATE_LOCAL_SOCKET_CLIENTS_MAX 16u
#define VGATE_LOCAL_SOCKET_DEADLINE_MS 5000u

typedef struct VgateLocalSocket VgateLocalSocket;

/* The answer to a request, which the caller frees; NULL: there is no such request. */
typedef char *(*VgateLocalSocketAnswer) (const char *request, gpointer user_data);

/*
 * Serves from the default main context until freed. Whatever is at path is removed: the caller holds a lock
 * which proves that no other process serves there (run-directory.h). VGATE_CODE_AGENT_SOCKET.
 */
VgateLocalSocket *vgate_local_socket_new (const char *path, VgateLocalSocketAnswer answer, gpointer user_data,
                                          GError **error);
/* Drops the clients, and removes the path. */
void vgate_local_socket_free (VgateLocalSocket *socket);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (VgateLocalSocket, vgate_local_socket_free)
