/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The options of the commands that print virsh lines: 'vgpu-gate drain' and 'vgpu-gate plan-upgrade'. */
#pragma once

#include "command.h"
#include "policy/policy.h"
#include "virsh-lines.h"

typedef struct {
    gboolean virsh, transient;
    char *uri, *parallel, *link_speed, *output;
} VgateVirshOptions;

/* The entries of a GOptionEntry array. */
#define VGATE_VIRSH_ENTRIES(options)                                                                       \
    {"virsh", 0, 0, G_OPTION_ARG_NONE, &(options)->virsh, "print the commands instead of the plan", NULL}, \
        {"uri",                                                                                            \
         0,                                                                                                \
         0,                                                                                                \
         G_OPTION_ARG_STRING,                                                                              \
         &(options)->uri,                                                                                  \
         "URI of a host for virsh and ssh; %h is its name (default: " VGATE_VIRSH_URI_DEFAULT ")",         \
         "FORM"},                                                                                          \
        {"parallel",                                                                                       \
         0,                                                                                                \
         0,                                                                                                \
         G_OPTION_ARG_STRING,                                                                              \
         &(options)->parallel,                                                                             \
         "migrate over N connections, if QEMU on all hosts supports it for vGPUs",                         \
         "N"},                                                                                             \
        {"transient",                                                                                      \
         0,                                                                                                \
         0,                                                                                                \
         G_OPTION_ARG_NONE,                                                                                \
         &(options)->transient,                                                                            \
         "neither copy the guests' definitions nor remove them at the source",                             \
         NULL},                                                                                            \
        {"link-speed",                                                                                     \
         0,                                                                                                \
         0,                                                                                                \
         G_OPTION_ARG_STRING,                                                                              \
         &(options)->link_speed,                                                                           \
         "speed of the link between the hosts, in Mbit/s",                                                 \
         "N"},                                                                                             \
    {                                                                                                      \
        "output", 0, 0, G_OPTION_ARG_STRING, &(options)->output,                                           \
            "print in format FORM: text (the default) or json", "FORM"                                     \
    }

void vgate_virsh_options_clear (VgateVirshOptions *options);

/*
 * Checks the values. FALSE after an error was printed, with the exit status in *status; otherwise *hosts
 * (which borrows the options), *link_speed (Mbit/s; 0: not set) and *output are set.
 */
gboolean vgate_virsh_options_read (const VgateVirshOptions *options, VgateVirshHosts *hosts,
                                   guint64 *link_speed, VgateOutput *output, int *status);
