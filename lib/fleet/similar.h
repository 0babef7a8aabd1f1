/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Finds guests and hosts that differ only in their names, so that one decision answers for all pairs of
 * them: a fleet has thousands of guests, but few combinations of board, driver, guest driver and vGPU type,
 * and many hosts are equal. The decision is made about copies in which placeholders take the place of the
 * names.
 */
#pragma once

#include "fleet/question.h"

/* The first byte of a mark, which takes the place of a name, and the size of a mark. No text contains the
 * first byte, because XML cannot. */
#define VGATE_CELL_GUEST_NAME '\x01'
#define VGATE_CELL_HOST_NAME  '\x02'
#define VGATE_CELL_MARK_SIZE  3u

/* The most names of a guest or a host for which there are placeholders. */
#define VGATE_SIMILAR_NAMES_MAX 0x800u

/* The texts of a guest or a host that others do not have, although all else can be equal. */
typedef struct {
    GPtrArray *texts; /* of char * */
    guint n_own;      /* the first ones, which no other guest or host has */
    guint n_names;    /* of a guest: the first ones, which are names and no clauses */
    guint clause;     /* the index of the clause about an age that is too old; G_MAXUINT: no clause */
} VgateSimilarNames;

/*
 * The names of a guest: its UUID, and those of its mediated devices and vGPUs (n_own), then the PCI addresses
 * of its virtual functions, of which other hosts have the same. If the capture is too old, the clause about
 * its age follows.
 */
VgateSimilarNames *vgate_similar_guest_names (const VgateFleetQuestion *question,
                                              const VgateFleetGuest *guest);
/*
 * The texts in a host document that can be in a decision: the host's name; for each address of a virtual
 * function that guests of the fleet name (addresses: their numbers, from 0), the user of that function here,
 * or ""; the clause about the document's age if it is too old, or ""; and the devices that guests can get,
 * mediated devices first. All hosts of a class have the same number of each.
 */
VgateSimilarNames *vgate_similar_host_names (const VgateFleetQuestion *question, const VgateHost *host,
                                             GHashTable *addresses);
void vgate_similar_names_free (VgateSimilarNames *names);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (VgateSimilarNames, vgate_similar_names_free)

/*
 * A key: two guests with the same key get the same decision on each host whose document contains none of the
 * first n_names names, except for these names in its text. The caller must have checked the guest's element
 * (vgate_element_check ()). NULL for a guest that is not similar to any other. The caller frees it.
 */
GBytes *vgate_similar_guest_key (const VgateFleetQuestion *question, const VgateFleetGuest *guest,
                                 const VgateSimilarNames *names, guint n_names);

/* A copy of the guest with placeholders for the first n_names names. It borrows from the guest, and is freed
 * with vgate_similar_guest_free (). */
VgateFleetGuest *vgate_similar_guest_new (const VgateFleetGuest *guest, const VgateSimilarNames *names,
                                          guint n_names);
void vgate_similar_guest_free (VgateFleetGuest *guest);

/*
 * The same for hosts: on two hosts with the same key, each guest whose names neither document contains gets
 * the same decision. NULL for a host that is not similar to any other. with_addresses: also guests with
 * virtual functions, whose addresses the document can contain; otherwise only guests without one.
 */
GBytes *vgate_similar_host_key (const VgateFleetQuestion *question, const VgateHost *host,
                                gboolean with_addresses);
/*
 * A copy of the host with placeholders for its names; n_addresses: the number of those that guests of the
 * fleet name. guest: the names of a guest, whose placeholders take the place of the addresses of virtual
 * functions that it names, and of their users' names; or NULL.
 */
VgateHost *vgate_similar_host_new (const VgateHost *host, guint n_addresses, const VgateSimilarNames *guest);
void vgate_similar_host_free (VgateHost *host);

/* Replaces the placeholders and clauses in a text of a decision by marks (VGATE_CELL_GUEST_NAME,
 * VGATE_CELL_HOST_NAME), or the marks by the names. Each of both names can be NULL when mask () is called:
 * their clauses are then kept. The caller frees the result. */
char *vgate_similar_mask (const char *text, const VgateSimilarNames *guest, const VgateSimilarNames *host);
/* The text with the marks of the host's names in place of those that stand for the users of the guest's
 * devices, which only vgate_similar_mask () writes. NULL when the text has no such marks. The caller frees
 * it. */
char *vgate_similar_mark_users (const char *text, const VgateSimilarNames *guest, GHashTable *addresses);
/* TRUE when text begins with a mark: a guest's or a host's, and the index of the name. */
gboolean vgate_similar_read_mark (const char *text, gboolean *is_guest, guint *index);
char *vgate_similar_unmask (const char *text, const VgateSimilarNames *guest, const VgateSimilarNames *host);
