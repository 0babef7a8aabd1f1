/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* vgpu-gated: keeps the metadata of every vGPU in its domain's live XML. */
#include "base/output.h"
#include "plugin/base/log.h"
#include "plugin/service/capture-once.h"
#include "plugin/service/remove-elements.h"
#include "plugin/service/service.h"

#include <libvirt-glib/libvirt-glib.h>
#include <libvirt/virterror.h>
#include <libxml/parser.h>
#include <locale.h>
#include <malloc.h>
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

typedef struct {
    gboolean once;
    gboolean remove;
    gboolean show_version;
    char *config;
    char *uri;
} Options;

static void
options_clear (Options *options)
{
    g_free (options->config);
    g_free (options->uri);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Options, options_clear)

static gboolean
parse_options (int *argc, char ***argv, Options *options, GError **error)
{
    const GOptionEntry entries[] = {
        {"once", 0, 0, G_OPTION_ARG_NONE, &options->once, "capture every running vGPU guest once and exit",
         NULL},
        {"remove", 0, 0, G_OPTION_ARG_NONE, &options->remove,
         "remove the metadata from all running guests and definitions, to uninstall, and exit", NULL},
        {"connect", 'c', 0, G_OPTION_ARG_STRING, &options->uri,
         "connect to libvirt at URI instead of qemu:///system", "URI"},
        {"config", 0, 0, G_OPTION_ARG_FILENAME, &options->config,
         "use FILE instead of the installed configuration", "FILE"},
        {"version", 0, 0, G_OPTION_ARG_NONE, &options->show_version, "print the version", NULL},
        {0},
    };
    g_autoptr (GOptionContext) context = g_option_context_new (NULL);

    g_option_context_set_summary (context, "Capture the metadata of NVIDIA vGPUs into the live domain XML.");
    g_option_context_add_main_entries (context, entries, NULL);
    return g_option_context_parse (context, argc, argv, error);
}

/* libvirt prints its errors to stderr by default; the daemon logs them itself, with a code. */
static void
swallow_libvirt_error (G_GNUC_UNUSED void *user_data, G_GNUC_UNUSED virErrorPtr error)
{
}

static int
fail (GError *error)
{
    vgate_log ((VgateCode)error->code, NULL, "%s. %s", error->message, vgate_code_info (error->code)->cure);
    return 1;
}

static int
remove_elements (const char *uri)
{
    g_autoptr (GError) error = NULL;
    guint n = 0;
    const gboolean good = vgate_remove_elements (uri, &n, &error);

    if (good || n > 0)
        g_print ("removed the vGPU metadata of %u domain%s\n", n, n == 1 ? "" : "s");
    return good ? 0 : fail (error);
}

int
main (int argc, char *argv[])
{
    g_auto (Options) options = {0};
    g_autoptr (GError) error = NULL;
    const char *uri;
    VgatePolicy *policy;
    sigset_t set;

    setlocale (LC_ALL, "");
    vgate_output_check_at_exit ();
    /* a worker frees memory that another worker allocated: with one arena per thread, each thread would keep
     * memory of a thousand guests */
    mallopt (M_ARENA_MAX, 1);
    g_set_prgname ("vgpu-gated");
    if (!parse_options (&argc, &argv, &options, &error) || argc > 1) {
        if (error)
            vgate_log (VGATE_CODE_USAGE, NULL, "%s; see 'vgpu-gated --help'", error->message);
        else
            vgate_log (VGATE_CODE_USAGE, NULL, "unexpected argument '%s'; see 'vgpu-gated --help'", argv[1]);
        return 2;
    }
    if (options.show_version) {
        puts ("vgpu-gated " VGATE_VERSION);
        return 0;
    }
    if (options.once && options.remove) {
        vgate_log (VGATE_CODE_USAGE, NULL, "--once and --remove exclude each other; see 'vgpu-gated --help'");
        return 2;
    }
    if (!options.once && !options.remove) {
        /*
         * exec () keeps blocked and ignored signals. The signals that end the daemon, or make it read its
         * configuration again, must reach it; and it must not die of SIGPIPE when the reader of its standard
         * error exits. This comes before any thread is started, because threads inherit the mask.
         */
        sigemptyset (&set);
        sigaddset (&set, SIGTERM);
        sigaddset (&set, SIGINT);
        sigaddset (&set, SIGHUP);
        sigprocmask (SIG_UNBLOCK, &set, NULL);
        signal (SIGPIPE, SIG_IGN);
    }
    xmlInitParser (); /* once, before there are threads */
    virSetErrorFunc (NULL, swallow_libvirt_error);
    uri = options.uri ? options.uri : "qemu:///system";
    if (options.remove && !options.config) /* an invalid configuration does not prevent the removal */
        return remove_elements (uri);
    policy = vgate_policy_load (options.config, &error);
    if (!policy)
        return fail (error);
    if (options.remove) {
        vgate_policy_free (policy);
        return remove_elements (uri);
    }
    gvir_event_register ();
    if (options.once) {
        const gboolean good = vgate_capture_once (policy, uri, &error);

        vgate_policy_free (policy);
        return good ? 0 : fail (error);
    }
    if (!vgate_service_run (policy, options.config, uri, &error))
        return fail (error);
    /* a call of libvirt or NVML may hang for ever, and exit () could wait for its thread */
    fflush (NULL);
    _exit (0);
}
