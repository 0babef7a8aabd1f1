/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The disagreements of a persistent definition with the devices that a guest was given, and which of them the
 * daemon changes. */
#include "plugin/definition/definition.h"

#include "placement/rewrite.h"

#include <string.h>

#define VM    "4d7c0a6e-9b1f-4f2e-8a35-b1f0c2d9e701"
#define VM_2  "4d7c0a6e-9b1f-4f2e-8a35-b1f0c2d9e702"
#define OLD   "bbbbbbbb-0000-4000-8000-000000000001"
#define OLD_2 "bbbbbbbb-0000-4000-8000-000000000002"
#define NEW   "cccccccc-0000-4000-8000-000000000001"
#define NEW_2 "cccccccc-0000-4000-8000-000000000002"
#define OTHER "dddddddd-0000-4000-8000-000000000001"

#define AT(slot) "<address type='pci' domain='0x0000' bus='0x06' slot='0x0" slot "' function='0x0'/>"
#define HOSTDEV(s, at) \
    "<hostdev mode='subsystem' type='mdev'><source><address uuid='" s "'/></source>" at "</hostdev>"
#define FIRST(source)  HOSTDEV (source, AT ("0"))
#define SECOND(source) HOSTDEV (source, AT ("1"))
#define VF(function)                                                                                \
    "<hostdev mode='subsystem' type='pci'><source><address domain='0x0000' bus='0x41' slot='0x00' " \
    "function='0x" function "'/></source>" AT ("0") "</hostdev>"

typedef struct {
    const char *device, *instead_of;
    VgateLeaseState state;
    const char *domain; /* NULL: VM */
} Given;

typedef struct {
    const char *name, *live, *definition;
    Given given[3];
    const char *moved; /* the definition's devices after the daemon's changes; NULL: no changes */
    const char *says;  /* description of all disagreements; "": none */
} Case;

static const Case cases[] = {
    {"agrees", FIRST (NEW), FIRST (NEW), {{NEW, OLD, VGATE_LEASE_GIVEN, NULL}}, NULL, ""},
    {"ours",
     FIRST (NEW),
     FIRST (OLD),
     {{NEW, OLD, VGATE_LEASE_GIVEN, NULL}},
     FIRST (NEW),
     OLD " at guest address 0000:06:00.0 instead of " NEW},
    {"made",
     FIRST (NEW),
     FIRST (OLD),
     {{NEW, OLD, VGATE_LEASE_MADE, NULL}},
     FIRST (NEW),
     OLD " at guest address 0000:06:00.0 instead of " NEW},
    {"virtual-function",
     VF ("5"),
     VF ("4"),
     {{"0000:41:00.5", "0000:41:00.4", VGATE_LEASE_GIVEN, NULL}},
     VF ("5"),
     "0000:41:00.4 at guest address 0000:06:00.0 instead of 0000:41:00.5"},
    /* a user's choice for the next start */
    {"chosen",
     FIRST (NEW),
     FIRST (OTHER),
     {{NEW, OLD, VGATE_LEASE_GIVEN, NULL}},
     NULL,
     OTHER " at guest address 0000:06:00.0 instead of " NEW},
    {"taken-away",
     FIRST (NEW),
     "",
     {{NEW, OLD, VGATE_LEASE_GIVEN, NULL}},
     NULL,
     "no hostdev at guest address 0000:06:00.0 instead of " NEW},
    {"of-another-kind",
     FIRST (NEW),
     VF ("4"),
     {{NEW, OLD, VGATE_LEASE_GIVEN, NULL}},
     NULL,
     "no hostdev at guest address 0000:06:00.0 instead of " NEW},
    /* devices are matched by guest address, not by order */
    {"other-order",
     FIRST (NEW) SECOND (NEW_2),
     SECOND (OLD_2) FIRST (OLD),
     {{NEW, OLD, VGATE_LEASE_GIVEN, NULL}, {NEW_2, OLD_2, VGATE_LEASE_MADE, NULL}},
     SECOND (NEW_2) FIRST (NEW),
     OLD " at guest address 0000:06:00.0 instead of " NEW "; " OLD_2
         " at guest address 0000:06:01.0 instead of " NEW_2},
    {"other-address",
     FIRST (NEW),
     SECOND (OLD),
     {{NEW, OLD, VGATE_LEASE_GIVEN, NULL}},
     NULL,
     "no hostdev at guest address 0000:06:00.0 instead of " NEW},
    {"one-of-two",
     FIRST (NEW) SECOND (OLD_2),
     FIRST (OLD) SECOND (OLD_2),
     {{NEW, OLD, VGATE_LEASE_GIVEN, NULL}},
     FIRST (NEW) SECOND (OLD_2),
     OLD " at guest address 0000:06:00.0 instead of " NEW},
    {"exchanged",
     FIRST (OLD_2) SECOND (OLD),
     FIRST (OLD) SECOND (OLD_2),
     {{OLD_2, OLD, VGATE_LEASE_GIVEN, NULL}, {OLD, OLD_2, VGATE_LEASE_GIVEN, NULL}},
     FIRST (OLD_2) SECOND (OLD),
     OLD " at guest address 0000:06:00.0 instead of " OLD_2 "; " OLD_2
         " at guest address 0000:06:01.0 instead of " OLD},
    /* one of them would be there twice; then also the device that the other one keeps */
    {"twice",
     FIRST (NEW),
     FIRST (OLD) SECOND (NEW),
     {{NEW, OLD, VGATE_LEASE_GIVEN, NULL}},
     NULL,
     OLD " at guest address 0000:06:00.0 instead of " NEW},
    {"twice-and-again",
     FIRST (NEW) SECOND (OLD),
     FIRST (OLD) SECOND (OLD_2) HOSTDEV (NEW, AT ("2")),
     {{NEW, OLD, VGATE_LEASE_GIVEN, NULL}, {OLD, OLD_2, VGATE_LEASE_GIVEN, NULL}},
     NULL,
     OLD " at guest address 0000:06:00.0 instead of " NEW "; " OLD_2
         " at guest address 0000:06:01.0 instead of " OLD},
    /* none of these leases matters */
    {"not-there-yet", FIRST (NEW), FIRST (OLD), {{NEW, OLD, VGATE_LEASE_TAKEN, NULL}}, NULL, ""},
    {"seen-to", FIRST (NEW), FIRST (OLD), {{NEW, NULL, VGATE_LEASE_MADE, NULL}}, NULL, ""},
    {"another-guest", FIRST (NEW), FIRST (OLD), {{NEW, OLD, VGATE_LEASE_GIVEN, VM_2}}, NULL, ""},
    {"detached", "", FIRST (OLD), {{NEW, OLD, VGATE_LEASE_GIVEN, NULL}}, NULL, ""},
    {"nothing", FIRST (NEW), FIRST (OLD), {{NULL, NULL, VGATE_LEASE_TAKEN, NULL}}, NULL, ""},
};

static char *
xml_of (const char *devices)
{
    return g_strdup_printf (
        "<domain type='kvm'><name>vm1</name><uuid>" VM "</uuid><devices>%s</devices></domain>", devices);
}

static VgateDomain *
domain_of (const char *xml)
{
    g_autoptr (GError) error = NULL;
    VgateDomain *domain = vgate_domain_read (xml, strlen (xml), NULL, &error);

    g_assert_no_error (error);
    return domain;
}

static void
give (GPtrArray *all, const Given *given)
{
    VgateLease *lease = g_new0 (VgateLease, 1);

    lease->domain = g_strdup (given->domain ? given->domain : VM);
    lease->kind = strchr (given->device, ':') ? VGATE_HOSTDEV_PCI : VGATE_HOSTDEV_MDEV;
    lease->device = g_strdup (given->device);
    lease->instead_of = g_strdup (given->instead_of);
    lease->state = given->state;
    g_ptr_array_add (all, lease);
}

static void
assert_moved (const char *xml, const VgateDomain *definition, const GPtrArray *disagreements,
              const char *devices)
{
    g_autoptr (GPtrArray) moves = vgate_definition_moves (disagreements);
    g_autofree char *expected = devices ? xml_of (devices) : NULL, *changed = NULL;
    g_autoptr (GError) error = NULL;
    gsize length;

    if (!devices) {
        g_assert_cmpuint (moves->len, ==, 0);
        return;
    }
    changed = vgate_rewrite_sources (xml, strlen (xml), definition, moves, &length, &error);
    g_assert_no_error (error);
    g_assert_cmpstr (changed, ==, expected);
}

static void
test_case (gconstpointer data)
{
    const Case *c = data;
    g_autofree char *live_xml = xml_of (c->live), *definition_xml = xml_of (c->definition), *says = NULL;
    g_autoptr (VgateDomain) live = domain_of (live_xml), definition = domain_of (definition_xml);
    g_autoptr (GPtrArray) all = g_ptr_array_new_with_free_func ((GDestroyNotify)vgate_lease_free);
    const VgateLeases leases = {.all = all, .directory = -1, .lock = -1};
    g_autoptr (GPtrArray) disagreements = NULL;

    for (gsize i = 0; i < G_N_ELEMENTS (c->given) && c->given[i].device; i++)
        give (all, &c->given[i]);
    disagreements = vgate_definition_compare (live, definition, &leases);
    says = vgate_definition_describe (disagreements, FALSE);
    g_assert_cmpstr (says, ==, c->says);
    assert_moved (definition_xml, definition, disagreements, c->moved);
}

static char *
report_of (const char *live_devices, const char *devices, const char *device)
{
    g_autofree char *live_xml = xml_of (live_devices), *xml = xml_of (devices);
    g_autoptr (VgateDomain) live = domain_of (live_xml), definition = domain_of (xml);
    g_autoptr (GPtrArray) all = g_ptr_array_new_with_free_func ((GDestroyNotify)vgate_lease_free);
    const VgateLeases leases = {.all = all, .directory = -1, .lock = -1};
    const Given given = {device, OTHER, VGATE_LEASE_GIVEN, NULL};
    g_autoptr (GPtrArray) disagreements = NULL;

    give (all, &given);
    disagreements = vgate_definition_compare (live, definition, &leases);
    return vgate_definition_report (disagreements, VM);
}

/* The way out is a command that an operator can type, so the line of the journal has all of it. */
static void
test_report (void)
{
    g_autofree char *mdev = report_of (FIRST (NEW), FIRST (OLD), NEW);
    g_autofree char *vf = report_of (VF ("5"), VF ("4"), "0000:41:00.5");
    g_autofree char *none = report_of (FIRST (NEW), "", NEW);
    const char *const texts[] = {mdev, vf, none};

    g_assert_true (g_str_has_suffix (mdev, ". To change it, run: virsh dumpxml --inactive --security-info " VM
                                           " | sed \"s/uuid='" OLD "'/uuid='" NEW
                                           "'/\" | virsh define /dev/stdin"));
    g_assert_cmpstr (vf, ==,
                     "the persistent definition names 0000:41:00.4 at guest address 0000:06:00.0 instead of "
                     "0000:41:00.5. To change it, run: virsh edit " VM);
    g_assert_true (g_str_has_suffix (none, ". To change it, run: virsh edit " VM));
    for (gsize i = 0; i < G_N_ELEMENTS (texts); i++) {
        g_autofree char *line =
            vgate_message_line (VGATE_CODE_DEFINITION_DIFFERS, "instance-0000a3f2", texts[i]);

        g_assert_true (g_str_has_suffix (line, texts[i]));
    }
}

/* The description contains only what was changed. */
static void
test_only_ours (void)
{
    g_autofree char *live_xml = xml_of (FIRST (NEW) SECOND (NEW_2)),
                    *xml = xml_of (FIRST (OLD) SECOND (OTHER));
    g_autoptr (VgateDomain) live = domain_of (live_xml), definition = domain_of (xml);
    g_autoptr (GPtrArray) all = g_ptr_array_new_with_free_func ((GDestroyNotify)vgate_lease_free);
    const VgateLeases leases = {.all = all, .directory = -1, .lock = -1};
    const Given given[] = {{NEW, OLD, VGATE_LEASE_GIVEN, NULL}, {NEW_2, OLD_2, VGATE_LEASE_GIVEN, NULL}};
    g_autoptr (GPtrArray) disagreements = NULL;
    g_autofree char *ours = NULL;

    give (all, &given[0]);
    give (all, &given[1]);
    disagreements = vgate_definition_compare (live, definition, &leases);
    ours = vgate_definition_describe (disagreements, TRUE);
    g_assert_cmpstr (ours, ==, OLD " at guest address 0000:06:00.0 instead of " NEW);
    assert_moved (xml, definition, disagreements, FIRST (NEW) SECOND (OTHER));
}

int
main (int argc, char **argv)
{
    g_test_init (&argc, &argv, NULL);
    for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
        g_autofree char *path = g_strdup_printf ("/definition/%s", cases[i].name);

        g_test_add_data_func (path, &cases[i], test_case);
    }
    g_test_add_func ("/definition/report", test_report);
    g_test_add_func ("/definition/only-ours", test_only_ours);
    return g_test_run ();
}
