/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* QEMU's object for the gate at switch-over: written, read, and found in a domain's XML. */
#include "sample.h"

#include <string.h>

#define BUS  VGATE_BUS_DEFAULT
#define GOOD "dbus-vmstate,id=vgpu-gate,addr=" BUS ",id-list=vgpu-gate-" SAMPLE_DOMAIN_UUID

static void
test_form (void)
{
    g_autofree char *argument = vgate_vmstate_format (BUS, SAMPLE_DOMAIN_UUID);
    g_autofree char *id = vgate_vmstate_id (SAMPLE_DOMAIN_UUID);
    g_autoptr (VgateVmstate) vmstate = vgate_vmstate_parse (argument);

    g_assert_cmpstr (argument, ==, GOOD);
    g_assert_cmpstr (id, ==, "vgpu-gate-" SAMPLE_DOMAIN_UUID);
    g_assert_nonnull (vmstate);
    g_assert_cmpstr (vmstate->bus, ==, BUS);
    g_assert_cmpstr (vmstate->uuid, ==, SAMPLE_DOMAIN_UUID);
}

/* Only exactly our form counts; any other object is the operator's. */
static void
test_other_objects (void)
{
    static const char *const others[] = {
        "",
        "dbus-vmstate",
        "dbus-vmstate,id=slirp,addr=" BUS ",id-list=slirp-1",
        "dbus-vmstate,id=vgpu-gate,addr=" BUS,
        "dbus-vmstate,id=vgpu-gate,addr=" BUS ",id-list=vgpu-gate-",
        GOOD ",other",
        " " GOOD,
        "dbus-vmstate,id=vgpu-gate,addr=tcp:host=x,id-list=vgpu-gate-" SAMPLE_DOMAIN_UUID,
        "dbus-vmstate,id=vgpu-gate,addr=" BUS ",,x,id-list=vgpu-gate-" SAMPLE_DOMAIN_UUID,
        "dbus-vmstate,id=vgpu-gate,addr=" BUS ",id-list=vgpu-gate-11111111-1111-4111-8111-11111111111A",
    };

    for (gsize i = 0; i < G_N_ELEMENTS (others); i++) {
        g_autoptr (VgateVmstate) vmstate = vgate_vmstate_parse (others[i]);

        if (vmstate)
            g_error ("taken for ours: '%s'", others[i]);
    }
}

static void
test_bus (void)
{
    static const char *const good[] = {BUS, "unix:path=/a", "unix:path=/run/a.b_c-d/E9"};
    g_autofree char *name = g_strnfill (90, 'x'), *too_long = g_strconcat ("unix:path=/", name, NULL);
    const char *const bad[] = {
        "",
        "unix:path=",
        "unix:path=/",
        "unix:path=relative",
        "unix:abstract=/a",
        "tcp:host=localhost,port=1",
        "unix:path=/a,guid=0",
        "unix:path=/a;unix:path=/b",
        "unix:path=/a b",
        "unix:path=/\xc3\xa9",
        too_long,
    };

    for (gsize i = 0; i < G_N_ELEMENTS (good); i++)
        g_assert_true (vgate_bus_is_address (good[i]));
    for (gsize i = 0; i < G_N_ELEMENTS (bad); i++)
        if (vgate_bus_is_address (bad[i]))
            g_error ("taken for a bus: '%s'", bad[i]);
}

/* command_line is inserted after the last child of the domain. */
static VgateDomain *
read_domain (const char *command_line)
{
    g_autofree char *plain = sample_domain (NULL, NULL);
    g_autofree char *end = g_strconcat (command_line, "</domain>", NULL);
    g_autofree char *xml = sample_edit (plain, "</domain>", end);
    g_autofree char *with_namespace =
        sample_edit (xml, "<domain ", "<domain xmlns:q='" VGATE_VMSTATE_QEMU_NAMESPACE "' ");
    g_autoptr (GError) error = NULL;
    VgateDomain *domain = vgate_domain_read (with_namespace, strlen (with_namespace), NULL, &error);

    g_assert_no_error (error);
    return domain;
}

#define LINE(content)  "<q:commandline>" content "</q:commandline>"
#define ARGUMENT(text) "<q:arg value='" text "'/>"

static void
test_domain (void)
{
    static const struct {
        const char *command_line;
        gboolean has;
    } cases[] = {
        {"", FALSE},
        {LINE (""), FALSE},
        {LINE (ARGUMENT ("-object") ARGUMENT (GOOD)), TRUE},
        {LINE (ARGUMENT ("-S") "\n  <!-- x -->" ARGUMENT ("-object") "\n" ARGUMENT (GOOD) ARGUMENT ("-x")),
         TRUE},
        {LINE (ARGUMENT ("-object") ARGUMENT ("other") ARGUMENT ("-object") ARGUMENT (GOOD)), TRUE},
        {LINE (ARGUMENT (GOOD)), FALSE},
        {LINE (ARGUMENT ("-device") ARGUMENT (GOOD)), FALSE},
        {LINE (ARGUMENT ("-object") "<q:env name='x'/>"), FALSE},
        {LINE ("<arg value='-object'/><arg value='" GOOD "'/>"), FALSE},
        {LINE (ARGUMENT ("-object") "<q:arg/>"), FALSE},
        /* not in libvirt's place */
        {"<commandline>" ARGUMENT ("-object") ARGUMENT (GOOD) "</commandline>", FALSE},
        {"<x>" LINE (ARGUMENT ("-object") ARGUMENT (GOOD)) "</x>", FALSE},
    };

    for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
        g_autoptr (VgateDomain) domain = read_domain (cases[i].command_line);

        if ((domain->vmstate != NULL) != cases[i].has)
            g_error ("case %zu: %s", i, cases[i].command_line);
    }
}

int
main (int argc, char **argv)
{
    g_test_init (&argc, &argv, NULL);
    g_test_add_func ("/vmstate/form", test_form);
    g_test_add_func ("/vmstate/other-objects", test_other_objects);
    g_test_add_func ("/vmstate/bus", test_bus);
    g_test_add_func ("/vmstate/domain", test_domain);
    return g_test_run ();
}
