/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A fleet: guests and hosts, as documents that were read beforehand. Everything in lib/fleet answers by them
 * alone; no GPU and no libvirt is asked. What cannot be read is kept by its name with the reason, and the
 * rest is answered.
 */
#pragma once

#include "domain/domain.h"
#include "host/host.h"

typedef struct {
    char *origin; /* where it was read: a file's path, or a URI and a domain's name */
    char *name;   /* that of the domain */
    VgateDomain *domain;
    VgateDomainDocument document;
    const char *memory_format; /* of a save image: "raw", "gzip" ..., or "unknown"; otherwise NULL */
} VgateFleetGuest;

typedef struct {
    char *origin;
    VgateHost *host;
} VgateFleetHost;

/* Frees a host that belongs to no fleet. */
void vgate_fleet_host_free (VgateFleetHost *host);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (VgateFleetHost, vgate_fleet_host_free)

/* A guest or a host that cannot be judged. */
typedef struct {
    char *origin;
    char *name; /* that of the domain, or NULL */
    gboolean is_host;
    GError *error; /* of VGATE_ERROR; its text does not repeat the origin */
} VgateFleetFault;

typedef struct {
    GPtrArray *guests; /* of VgateFleetGuest *, in the order in which they were added */
    GPtrArray *hosts;  /* of VgateFleetHost * */
    GPtrArray *faults; /* of VgateFleetFault * */
} VgateFleet;

VgateFleet *vgate_fleet_new (void);
void vgate_fleet_free (VgateFleet *fleet);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (VgateFleet, vgate_fleet_free)

/*
 * Add a document, which was read from origin (copied). xml is untrusted. A guest is a domain's XML or a
 * snapshot's (vgate_domain_read_document ()). A document that cannot be read becomes a fault: an error of
 * vgate_domain_read_document () or vgate_host_read (). They return what was added, or NULL.
 */
VgateFleetGuest *vgate_fleet_add_guest (VgateFleet *fleet, const char *origin, const char *xml, gsize length);
VgateFleetHost *vgate_fleet_add_host (VgateFleet *fleet, const char *origin, const char *xml, gsize length);
/* The same with a file, "-" for standard input; also VGATE_CODE_INPUT_UNREADABLE. */
void vgate_fleet_add_guest_file (VgateFleet *fleet, const char *path);
void vgate_fleet_add_host_file (VgateFleet *fleet, const char *path);
/* The same with a file that was found in a directory and can be anything: only a regular file is opened. */
void vgate_fleet_add_listed_file (VgateFleet *fleet, gboolean is_host, const char *path);
/* Takes the error. name is copied, and can be NULL. */
void vgate_fleet_add_fault (VgateFleet *fleet, gboolean is_host, const char *origin, const char *name,
                            GError *error);

/* Moves all that the other fleet contains to the end of this one. */
void vgate_fleet_take (VgateFleet *fleet, VgateFleet *other);

/*
 * Removes all but the newest of several documents of one host (by its UUID), and of several guests with the
 * same UUID (by the time of the capture): each that is removed becomes a fault (VGATE_CODE_FLEET_TWICE). The
 * definition of a guest that runs elsewhere is removed without one, because hosts keep such definitions.
 * Snapshots are not compared, because a guest can have many. Call it once after everything was added.
 */
void vgate_fleet_drop_duplicates (VgateFleet *fleet);

/*
 * Adds the files in the subdirectories "hosts" and "guests" of a directory whose names end in ".xml", sorted
 * by name. Several threads read them. A file that cannot be read is a fault. FALSE with
 * VGATE_CODE_FLEET_DIRECTORY when the directory cannot be read, or has neither of both subdirectories.
 */
gboolean vgate_fleet_add_directory (VgateFleet *fleet, const char *path, GError **error);
/* The same without the files in "guests", which are not read. */
gboolean vgate_fleet_add_hosts_of_directory (VgateFleet *fleet, const char *path, GError **error);
/* The paths of what is in the directory, if its name ends with suffix and does not begin with a dot,
 * sorted. NULL with errno. The caller unrefs it. */
GPtrArray *vgate_fleet_list_files (const char *directory, const char *suffix);

/* The guest or the host that text names: by name or UUID. NULL if no document has this name or UUID; also if
 * several have this name, with *is_ambiguous. */
const VgateFleetGuest *vgate_fleet_find_guest (const VgateFleet *fleet, const char *text,
                                               gboolean *is_ambiguous);
const VgateFleetHost *vgate_fleet_find_host (const VgateFleet *fleet, const char *text,
                                             gboolean *is_ambiguous);
