/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The guests and hosts that a command is about. GUEST and HOST are documents (a word with a slash or that
 * ends in ".xml", or "-" for standard input), or names or UUIDs in the fleet, which is read from directories
 * and from libvirt.
 */
#pragma once

#include "fleet/fleet.h"

typedef struct {
    char **directories; /* --fleet */
    char **uris;        /* --connect */
    char **hosts;       /* --host */
    /* Set by a command that is about this host unless another one is named: the hosts of libvirt's URIs are
     * then not read. */
    gboolean is_about_here;
} VgateFleetOptions;

void vgate_fleet_options_clear (VgateFleetOptions *options);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (VgateFleetOptions, vgate_fleet_options_clear)

/* The entries of the options for a table of GOptionEntry. */
/* clang-format off */
#define VGATE_FLEET_ENTRIES(options) \
    {"fleet", 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &(options)->directories, \
     "read the documents in DIR/hosts and DIR/guests (repeatable)", "DIR"}, \
    {"connect", 'c', 0, G_OPTION_ARG_STRING_ARRAY, &(options)->uris, \
     "ask libvirt at URI for the guests, and its host for the host document (repeatable)", "URI"}, \
    {"host", 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &(options)->hosts, \
     "only this host: a host document, or the name or UUID of a host in the fleet (repeatable)", "HOST"}
/* clang-format on */

/* TRUE for a word that is the path of a document. */
gboolean vgate_fleet_word_is_path (const char *word);

/* FALSE with G_OPTION_ERROR when the words cannot be found: a name without a fleet, or standard input twice.
 * guests can be NULL. Reads nothing. */
gboolean vgate_fleet_options_check (const VgateFleetOptions *options, char *const *guests, GError **error);

/* TRUE when the options name a fleet. */
gboolean vgate_fleet_options_have_fleet (const VgateFleetOptions *options);

/*
 * Reads the guests and the hosts that the words name; without words, all of the fleet. A document that is
 * named is used even if the fleet has a newer one. What cannot be read or found is a fault. If all hosts that
 * are named are documents, no host is asked for its own. config: --config, or NULL. NULL with
 * VGATE_CODE_FLEET_DIRECTORY.
 */
VgateFleet *vgate_fleet_options_collect (const VgateFleetOptions *options, char *const *guests,
                                         const char *config, GError **error);
/* The same, but prints the faults; also NULL with VGATE_CODE_FLEET_EMPTY if no guest or no host is left. */
VgateFleet *vgate_fleet_options_read (const VgateFleetOptions *options, char *const *guests,
                                      const char *config, GError **error);
/* The same for the hosts alone; a fleet's guests are not used. */
VgateFleet *vgate_fleet_options_read_hosts (const VgateFleetOptions *options, const char *config,
                                            GError **error);
/* Prints a fault, or all of them, on standard error. */
void vgate_fleet_print_fault (const VgateFleetFault *fault);
void vgate_fleet_print_faults (const VgateFleet *fleet);
