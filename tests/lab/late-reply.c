/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * For QEMU in the lab (LD_PRELOAD): holds back the reply to query-migrate that reports "pre-switchover", and
 * all that follows it on the same monitor, until QEMU reports "cancelled" there; and then sends the reply
 * last. So libvirt evaluates the reply after the event, as it can happen by chance on a busy machine when it
 * reads both at once. While a reply is held back, a file exists.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <pthread.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define WANTED_FILE "/run/lab/late-reply"
#define HELD_FILE   "/run/lab/reply-held"
#define SIZE        65536u

typedef ssize_t (*SendMessage) (int fd, const struct msghdr *message, int flags);

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static char held[SIZE + 1];
static size_t n_held, n_reply;
static int held_fd = -1;

ssize_t sendmsg (int fd, const struct msghdr *message, int flags);

/* Appends the message to what is held back. 0 when it does not fit. */
static int
keep (const struct msghdr *message, size_t *length)
{
    size_t n = 0;

    for (size_t i = 0; i < message->msg_iovlen; i++)
        n += message->msg_iov[i].iov_len;
    if (n > SIZE - n_held)
        return 0;
    *length = n;
    for (size_t i = 0; i < message->msg_iovlen; i++) {
        memcpy (held + n_held, message->msg_iov[i].iov_base, message->msg_iov[i].iov_len);
        n_held += message->msg_iov[i].iov_len;
    }
    held[n_held] = '\0';
    return 1;
}

static void
send_held (size_t from, size_t to)
{
    while (from < to) {
        const ssize_t n = send (held_fd, held + from, to - from, MSG_NOSIGNAL);

        if (n < 0)
            break;
        from += (size_t)n;
    }
}

static void
release (void)
{
    send_held (n_reply, n_held);
    send_held (0, n_reply);
    held_fd = -1;
    n_held = 0;
    unlink (HELD_FILE);
}

/* Returns the length of the message if it was held back; 0: the caller sends it. */
static size_t
hold (int fd, const struct msghdr *message)
{
    size_t length;

    if (held_fd == -1) {
        n_held = 0;
        if (!keep (message, &length) || !strstr (held, "\"id\": \"libvirt-") ||
            !strstr (held, "\"status\": \"pre-switchover\""))
            return 0;
        held_fd = fd;
        n_reply = n_held;
        close (open (HELD_FILE, O_CREAT | O_WRONLY | O_CLOEXEC, 0600));
        return length;
    }
    if (fd != held_fd || !keep (message, &length))
        return 0;
    if (strstr (held, "\"status\": \"cancelled\""))
        release ();
    return length;
}

__attribute__ ((visibility ("default"))) ssize_t
sendmsg (int fd, const struct msghdr *message, int flags)
{
    const SendMessage send_message = (SendMessage)dlsym (RTLD_NEXT, "sendmsg");
    size_t length;

    if (access (WANTED_FILE, F_OK) != 0 && held_fd == -1)
        return send_message (fd, message, flags);
    pthread_mutex_lock (&lock);
    length = hold (fd, message);
    pthread_mutex_unlock (&lock);
    return length > 0 ? (ssize_t)length : send_message (fd, message, flags);
}
