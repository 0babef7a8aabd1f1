/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * An exception to the policy: root allows one arrival of one guest on this host, whatever the gate decides
 * ('vgpu-gate allow-once'). The guest passes as on a host that only reports ([gate] mode=report), and the
 * journal says who allowed it, and why.
 *
 * libvirt and QEMU ask several times during one arrival. These are its stages, and each comes once. The first
 * refusal begins the exception's arrival, and refusals at later stages belong to it. A stage that has come
 * already belongs to another arrival: the exception is removed, and the guest is judged as usual. So it is
 * after the last stage, and when the exception expires.
 *
 * The exceptions are a key file in ROOT/run/vgpu-gate, which no reboot survives, with a group for each. It is
 * read and written under a lock, and is read strictly: if it cannot be read or written, there is no
 * exception.
 */
#pragma once

#include "base/codes.h"

/* How long an exception that is not used is valid: the default, and the longest time. */
#define VGATE_EXCEPTION_SECONDS     600u
#define VGATE_EXCEPTION_SECONDS_MAX 86400u
/* How long an arrival that has begun can take until its next stage: libvirt prepares it, starts QEMU, and
 * QEMU waits for the guest's memory. A guest that arrives within this time and enters at a later stage is
 * taken for it. */
#define VGATE_EXCEPTION_ARRIVES_SECONDS  60u
#define VGATE_EXCEPTION_BEGUN_SECONDS    600u
#define VGATE_EXCEPTION_TRANSFER_SECONDS 86400u
/* The number of exceptions that can be valid at the same time. */
#define VGATE_EXCEPTIONS_MAX 64u
/* Characters of the reason, and bytes of the domain's name. */
#define VGATE_EXCEPTION_REASON_MAX 200u
#define VGATE_EXCEPTION_DOMAIN_MAX 255u

/* In the order of an arrival. */
typedef enum {
    VGATE_EXCEPTION_UNUSED,
    VGATE_EXCEPTION_ARRIVES, /* 'migrate begin', 'restore begin' */
    VGATE_EXCEPTION_PREPARE, /* 'prepare begin' */
    VGATE_EXCEPTION_STARTED, /* 'started begin' */
    VGATE_EXCEPTION_SWITCH_OVER,
    VGATE_EXCEPTION_N_STAGES,
} VgateExceptionStage;

typedef struct {
    char *domain;    /* its UUID in small letters if a UUID was typed, otherwise its name */
    char *guest;     /* the UUID of the guest that has used it; NULL: unused, or not known */
    char *reason;    /* UTF-8, printable */
    guint32 uid;     /* who gave it: the process's real user */
    gint64 login;    /* the user who logged in (audit); -1: not known */
    char *sudo_user; /* the name of the user who called sudo, as sudo says; NULL: not known */
    gint64 given;    /* seconds since 1970 */
    guint64 expires; /* vgate_run_directory_clock () */
    int stage;       /* VgateExceptionStage: the last one that it covered */
} VgateException;

void vgate_exception_free (VgateException *exception);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (VgateException, vgate_exception_free)

/* The text as it is in VgateException.domain. The caller frees it. */
char *vgate_exception_domain (const char *text);
/* TRUE for a text that a domain's name or UUID can be, and for one that can be a reason. */
gboolean vgate_exception_is_domain (const char *text);
gboolean vgate_exception_is_reason (const char *text);

/* "unused" or "in-use". Static. */
const char *vgate_exception_state (const VgateException *exception);
/* "uid 0, login uid 1000, user 'anna' of sudo". The caller frees it. */
char *vgate_exception_by (const VgateException *exception);

/*
 * The exceptions that are valid now, unused or in use: an array of VgateException *, which the caller unrefs.
 * Takes no lock. NULL with VGATE_CODE_EXCEPTION_UNUSABLE.
 */
GPtrArray *vgate_exceptions_read (const char *root, GError **error);

/* Adds a copy of the exception; one of the same domain is replaced. FALSE with VGATE_CODE_EXCEPTION_UNUSABLE.
 * A file with invalid content is replaced, because its exceptions are not valid. */
gboolean vgate_exception_give (const char *root, const VgateException *exception, GError **error);

/* Removes the exception of the domain, as it was typed. FALSE with VGATE_CODE_EXCEPTION_MISSING or
 * _UNUSABLE. */
gboolean vgate_exception_withdraw (const char *root, const char *domain, GError **error);

typedef struct {
    const char *name, *uuid; /* of the domain; NULL: not known */
    VgateExceptionStage stage;
    gboolean is_refused; /* the guest does not pass without an exception */
    gboolean is_last;    /* no later stage of this arrival is judged */
    guint wait_ms;       /* for the lock */
} VgateArrivalStage;

/*
 * Notes a stage of a guest's arrival. Returns the exception by which a guest that is refused passes; the
 * caller frees it. NULL when the guest is not refused, or has no exception; and NULL with
 * VGATE_CODE_EXCEPTION_UNUSABLE when it may have one, but the file could not be read, or the use could not be
 * noted.
 */
VgateException *vgate_exception_use (const char *root, const VgateArrivalStage *arrival, GError **error);
