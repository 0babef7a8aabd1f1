/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The ways out that the gate composes, because they depend on the GPU, the device or the modes of the host:
 * each clause is done as an operator would do it, and then the same operation must succeed. The texts of the
 * tables are walked in test-golden-ways-out.c. The functions that compose texts are read: a sentence in them
 * that no refusal here has fails the test, so that no text is added that nobody has walked.
 */
#include "command-case.h"
#include "golden.h"
#include "placement-hosts.h"
#include "walk.h"
#include "../test-glib.h"

#include <string.h>

#define UPDATE   "update --gpu " CASE_GPU " "
#define PLUG_MIG "plug --vm " OTHER_VM " --type 1123 --gpu " CASE_GPU ";"
#define FREE_2   "c0ffee00-0000-4000-8000-000000000002"
#define DOWN_TIME                                             \
    "[rules]\ndown-time=refuse\n[down-time]\nlimit-ms=1000\n" \
    "link-speed=10000\n"

/* --- hosts --- */

static void
defined (FakeHost *host)
{
    static const char text[] = "{\"mdev_type\": \"nvidia-1120\", \"start\": \"auto\"}\n";

    room_for_mdevs (host);
    fake_host_write_file (host, "etc/mdevctl.d/" CASE_GPU "/" CASE_MDEV, text, strlen (text), 0644);
}

static void
vfs_have_types (FakeHost *host)
{
    one_gpu (host);
    fake_host_add_vf (host, CASE_GPU, CASE_VF, FAKE_TYPE_H100_40C);
    fake_host_add_vf (host, CASE_GPU, VF_2, TYPE);
    fake_host_sim (host, UPDATE "--heterogeneous on");
}

static void
two_gpus (FakeHost *host)
{
    room_for_mdevs (host);
    fake_host_add_gpu (host, GPU_2, FAKE_H100);
}

static void
wrong_gpu_is_free (FakeHost *host)
{
    one_gpu (host);
    fake_host_add_gpu (host, GPU_2, FAKE_H100);
    fake_host_add_mdev (host, CASE_MDEV, TYPE, CASE_GPU);
    fake_host_add_mdev (host, FREE, TYPE, GPU_2);
    fake_host_sim (host, UPDATE "--ecc off");
}

/* The GPU that can run it offers nothing. */
static void
two_full (FakeHost *host)
{
    one_gpu (host);
    fake_host_add_gpu (host, GPU_2, FAKE_H100);
    fake_host_add_mdev (host, CASE_MDEV, TYPE, CASE_GPU);
    fake_host_sim (host, UPDATE "--ecc off");
}

static void
sliced (FakeHost *host)
{
    one_gpu (host);
    fake_host_sim (host, "init --force --gpu h100-mig;update --driver 580.95.05 --range 18.1-26.1");
}

static void
reads_slowly (FakeHost *host)
{
    case_standard_host (host);
    fake_host_sim (host, UPDATE "--read-bandwidth 1000 --write-bandwidth 1000");
}

static void
reads_and_writes (FakeHost *host)
{
    case_standard_host (host);
    fake_host_sim (host, UPDATE "--read-bandwidth 100000 --write-bandwidth 100000");
}

/* --- what an operator does --- */

static void
sim (Walk *w, const char *commands)
{
    fake_host_sim (w->host, commands);
}

static void
set_ecc (Walk *w, G_GNUC_UNUSED const GMatchInfo *clause)
{
    sim (w, UPDATE "--ecc on");
}

static void
set_ecc_and_sriov (Walk *w, G_GNUC_UNUSED const GMatchInfo *clause)
{
    sim (w, UPDATE "--ecc on --sriov on");
}

static void
update_driver (Walk *w, G_GNUC_UNUSED const GMatchInfo *clause)
{
    sim (w, "update --driver 580.95.05 --range 18.1-26.1");
}

static void
widen (Walk *w, G_GNUC_UNUSED const GMatchInfo *clause)
{
    g_free (walk_command (w, "version set 18.1-26.1 --yes"));
}

static void
set_mig (Walk *w, const GMatchInfo *clause)
{
    g_autofree char *mode = g_match_info_fetch_named (clause, "mode");

    sim (w, strcmp (mode, "1") == 0 ? UPDATE "--mig on" : UPDATE "--mig off");
}

static void
free_vgpus (Walk *w, G_GNUC_UNUSED const GMatchInfo *clause)
{
    sim (w, "unplug --vm " OTHER_VM);
}

/* The guest of the same host with little in its frame buffer. */
static void
free_frame_buffer (Walk *w, G_GNUC_UNUSED const GMatchInfo *clause)
{
    walk_edit (w, "framebuffer-used=\"[0-9]+\"", "framebuffer-used=\"1048576\"");
}

static void
use_faster_link (Walk *w, G_GNUC_UNUSED const GMatchInfo *clause)
{
    fake_host_configure (w->host, "[down-time]\nlink-speed=10000000\n");
}

static void
raise_limit (Walk *w, G_GNUC_UNUSED const GMatchInfo *clause)
{
    fake_host_configure (w->host, "[down-time]\nlimit-ms=100000\n");
}

static void
name_device (Walk *w, const char *device)
{
    if (strcmp (device, VF_2) == 0)
        walk_edit (w, "(?<=bus='0x41' slot='0x00' function=')0x4(?='/>)", "0x5");
    else
        walk_edit (w, "(?<=<address uuid=')" CASE_MDEV "|(?<=mdev/devices/)" CASE_MDEV, device);
}

static void
name_free (Walk *w, G_GNUC_UNUSED const GMatchInfo *clause)
{
    name_device (w, FREE);
}

static void
name_suggested (Walk *w, const GMatchInfo *clause)
{
    g_autofree char *device = g_match_info_fetch_named (clause, "device");

    name_device (w, device);
}

/* The command of the text is run, and the device that it creates is named if the guest names another one. */
static void
make_suggested (Walk *w, const GMatchInfo *clause)
{
    g_autofree char *words = g_match_info_fetch_named (clause, "words");
    g_autofree char *device = g_match_info_fetch_named (clause, "device");
    g_autofree char *place = g_match_info_fetch_named (clause, "place");
    g_autofree char *line = g_strconcat (words, " --root $ROOT", NULL);
    g_autofree char *out = walk_command (w, line), *made = NULL;
    g_autoptr (GRegex) regex = g_regex_new ("[0-9a-f]{8}-[0-9a-f-]{27}", 0, 0, NULL);
    g_autoptr (GMatchInfo) match = NULL;

    if (*place == '\0')
        return;
    if (strcmp (device, "new") == 0) {
        g_assert_true (g_regex_match (regex, out, 0, &match));
        made = g_match_info_fetch (match, 0);
    }
    name_device (w, made ? made : device);
}

static void
start_by_mdevctl (Walk *w, const GMatchInfo *clause)
{
    g_autofree char *device = g_match_info_fetch_named (clause, "device");

    fake_host_add_mdev (w->host, device, TYPE, CASE_GPU);
}

/* The devices of a guest that ended are free again. */
static void
free_device (Walk *w, G_GNUC_UNUSED const GMatchInfo *clause)
{
    fake_host_add_mdev (w->host, FREE, TYPE, CASE_GPU);
    fake_host_add_mdev (w->host, FREE_2, TYPE, CASE_GPU);
}

/* Another host is as walk_elsewhere () has it, or has the slices that the guest needs. */
static void
choose_host (Walk *w, const GMatchInfo *clause)
{
    if (w->by->prepare != sliced) {
        walk_elsewhere (w, clause);
        return;
    }
    fake_host_free (w->host);
    w->host = fake_host_new ();
    w->guest.host = w->host;
    sliced (w->host);
}

/* --- the clauses --- */

#define PLACE                                                                                           \
    "(in --xml and --persistent-xml\\. Make --xml from: virsh dumpxml --migratable DOMAIN|with 'virsh " \
    "(save-image-edit FILE|managedsave-edit DOMAIN|snapshot-edit DOMAIN SNAPSHOT|edit DOMAIN)')"

static const struct {
    const char *pattern;
    void (*act) (Walk *w, const GMatchInfo *clause);
} clauses[] = {
    {"Set ECC as on the source \\(nvidia-smi --ecc-config\\) and reset the GPU", set_ecc},
    {"Set ECC and SR-IOV on this host as on the source", set_ecc_and_sriov},
    {"update the host driver", update_driver},
    {"Or widen a narrowed range \\(vgpu-gate version set\\)", widen},
    {"(dis|en)able MIG mode when no vGPU runs on the GPU: nvidia-smi -i " CASE_GPU " -mig (?<mode>[01])",
     set_mig},
    {"Free a GPU instance", free_vgpus},
    {"Have the guest free frame buffer", free_frame_buffer},
    {"use a faster link", use_faster_link},
    {"([Oo]r )?raise limit-ms= in \\[down-time\\] of the configuration", raise_limit},
    {"name a free device " PLACE, name_free},
    {"free an instance of the type", free_device},
    {"Name device (?<device>\\S+) " PLACE, name_suggested},
    {"Run 'vgpu-gate (?<words>device make (?<device>\\S+) --type [^']+)' here"
     "(?<place>, and name that device " PLACE ")?",
     make_suggested},
    {"Run 'mdevctl start --uuid (?<device>\\S+)' here", start_by_mdevctl},
    {"[Cc]hoose (another host|a host with the same board as the source|a host whose GPU and host driver "
     "support vGPU migration)",
     choose_host},
};

/* --- the refusals --- */

typedef struct {
    const char *name;
    VgateSituation situation;
    Refused by;
    const char *advice; /* which the line has; it consists of clauses and of what promises nothing */
} Row;

#define ARRIVES VGATE_SITUATION_ARRIVES
#define MIG_TYPE                                                                                           \
    {                                                                                                      \
        "type=\"1120\" type-name=\"NVIDIA H100XM-20C\"", "type=\"1123\" type-name=\"NVIDIA H100XM-1-10C\"" \
    }
#define FILES "in --xml and --persistent-xml. Make --xml from: virsh dumpxml --migratable DOMAIN."
#define NEW   "Run 'vgpu-gate device make new --type H100XM-20C' here, and name that device "

static const Row rows[] = {
    {"ecc",
     ARRIVES,
     {.code = VGATE_CODE_GPU_DIFFERS, .input = "mdev", .sim = UPDATE "--ecc off"},
     "Set ECC as on the source (nvidia-smi --ecc-config) and reset the GPU, or choose another host."},
    {"ecc-and-sriov",
     ARRIVES,
     {.code = VGATE_CODE_GPU_DIFFERS, .input = "element", .sim = UPDATE "--ecc off --sriov off"},
     "Set ECC and SR-IOV on this host as on the source, or choose another host."},
    {"board",
     ARRIVES,
     {.code = VGATE_CODE_GPU_DIFFERS, .input = "element", .sim = UPDATE "--subsystem-id 16C2"},
     "Choose a host with the same board as the source."},
    {"above",
     ARRIVES,
     {.code = VGATE_CODE_VERSION_OUTSIDE_RANGE,
      .input = "element",
      .sim = "update --driver 550.54.10 --range 7.1-18.1"},
     "Choose another host, or update the host driver."},
    {"narrowed",
     ARRIVES,
     {.code = VGATE_CODE_VERSION_OUTSIDE_RANGE,
      .input = "element",
      .sim = "update --advertised-range 24.1-25.1"},
     "Or widen a narrowed range (vgpu-gate version set)."},
    {"no-migration",
     ARRIVES,
     {.code = VGATE_CODE_NOT_MIGRATABLE, .input = "element", .sim = UPDATE "--migration off"},
     "Choose a host whose GPU and host driver support vGPU migration."},
    {"down-time",
     ARRIVES,
     {.code = VGATE_CODE_DOWN_TIME, .input = "large", .prepare = reads_and_writes, .config = DOWN_TIME},
     "Have the guest free frame buffer, or use a faster link. Or raise limit-ms= in [down-time] of the "
     "configuration."},
    {"down-time-of-gpu",
     ARRIVES,
     {.code = VGATE_CODE_DOWN_TIME, .input = "large", .prepare = reads_slowly, .config = DOWN_TIME},
     "Have the guest free frame buffer, or raise limit-ms= in [down-time] of the configuration."},
    {"mig-on",
     ARRIVES,
     {.code = VGATE_CODE_NO_FREE_INSTANCE, .input = "element", .sim = UPDATE "--mig on"},
     "Choose another host, or disable MIG mode when no vGPU runs on the GPU: nvidia-smi -i " CASE_GPU
     " -mig 0."},
    {"mig-off",
     ARRIVES,
     {.code = VGATE_CODE_NO_FREE_INSTANCE,
      .input = "element",
      .prepare = sliced,
      .sim = UPDATE "--mig off",
      .edits = {MIG_TYPE}},
     "Choose another host, or enable MIG mode when no vGPU runs on the GPU: nvidia-smi -i " CASE_GPU
     " -mig 1."},
    {"instance",
     ARRIVES,
     {.code = VGATE_CODE_NO_FREE_INSTANCE,
      .input = "element",
      .prepare = sliced,
      .sim = PLUG_MIG PLUG_MIG PLUG_MIG PLUG_MIG PLUG_MIG PLUG_MIG "plug --vm " OTHER_VM
                                                                   " --type 1123 --gpu " CASE_GPU,
      .edits = {MIG_TYPE}},
     "Free a GPU instance, or choose another host. If -lgip shows room, add one: nvidia-smi mig -i " CASE_GPU
     " -cgi PROFILE."},

    {"busy",
     ARRIVES,
     {.code = VGATE_CODE_DEVICE_BUSY, .input = "argument", .prepare = busy_by_domain, .config = APPLY},
     "Choose another host, or name a free device " FILES},
    {"busy-restore",
     VGATE_SITUATION_SAVED,
     {.code = VGATE_CODE_DEVICE_BUSY, .input = "argument", .prepare = busy_by_domain},
     "Choose another host, or name a free device with 'virsh save-image-edit FILE'."},
    {"no-gpu",
     ARRIVES,
     {.code = VGATE_CODE_GPU_DIFFERS,
      .input = "mdev",
      .prepare = room_for_mdevs,
      .config = APPLY,
      .sim = UPDATE "--ecc off"},
     "Set ECC as on the source (nvidia-smi --ecc-config) and reset the GPU, or choose another host."},
    {"no-device",
     ARRIVES,
     {.code = VGATE_CODE_DEVICE_NOT_HERE, .input = "mdev", .prepare = one_gpu, .config = APPLY},
     "Choose another host, or free an instance of the type. No other device can be used here."},
    {"no-devices",
     ARRIVES,
     {.code = VGATE_CODE_DEVICE_NOT_HERE, .input = "two-mdevs", .prepare = one_gpu, .config = APPLY},
     "Choose another host, or free an instance of the type. No other devices can be used here."},
    {"no-device-elsewhere",
     ARRIVES,
     {.code = VGATE_CODE_GPU_DIFFERS, .input = "mdev", .prepare = two_full},
     "or choose another host. No other device can be used here."},

    {"existing",
     ARRIVES,
     {.code = VGATE_CODE_DEVICE_NOT_HERE, .input = "mdev", .prepare = free_mdev},
     "Name device " FREE " " FILES},
    {"existing-restore",
     VGATE_SITUATION_SAVED,
     {.code = VGATE_CODE_DEVICE_NOT_HERE, .input = "mdev", .prepare = free_mdev},
     "Name device " FREE " with 'virsh save-image-edit FILE'."},
    {"existing-managed",
     VGATE_SITUATION_MANAGED,
     {.code = VGATE_CODE_DEVICE_NOT_HERE, .input = "mdev", .prepare = free_mdev},
     "Name device " FREE " with 'virsh managedsave-edit DOMAIN'."},
    {"on-other-gpu",
     ARRIVES,
     {.code = VGATE_CODE_GPU_DIFFERS, .input = "mdev", .prepare = wrong_gpu_is_free},
     "Name device " FREE " " FILES},
    {"vf",
     ARRIVES,
     {.code = VGATE_CODE_DEVICE_TYPE_DIFFERS, .input = "vf", .prepare = vfs_have_types},
     "Name device " VF_2 " " FILES},
    {"make-vf",
     ARRIVES,
     {.code = VGATE_CODE_DEVICE_TYPE_DIFFERS, .input = "vf", .prepare = vfs_without_type},
     "Run 'vgpu-gate device make " CASE_VF " --type H100XM-20C' here, then try again."},
    {"make-other-vf",
     ARRIVES,
     {.code = VGATE_CODE_DEVICE_TYPE_DIFFERS, .input = "vf", .prepare = first_vf_has_other_type},
     "Run 'vgpu-gate device make " VF_2 " --type H100XM-20C' here, and name that device " FILES},
    {"make",
     ARRIVES,
     {.code = VGATE_CODE_DEVICE_NOT_HERE, .input = "mdev", .prepare = room_for_mdevs, .has_kernel = TRUE},
     "Run 'vgpu-gate device make " CASE_MDEV " --type H100XM-20C' here, then try again."},
    {"make-on",
     ARRIVES,
     {.code = VGATE_CODE_DEVICE_NOT_HERE, .input = "mdev", .prepare = two_gpus, .has_kernel = TRUE},
     "Run 'vgpu-gate device make " CASE_MDEV " --type H100XM-20C --gpu " CASE_GPU "' here, then try again."},
    {"mdevctl",
     ARRIVES,
     {.code = VGATE_CODE_DEVICE_NOT_HERE, .input = "mdev", .prepare = defined, .has_kernel = TRUE},
     "Run 'mdevctl start --uuid " CASE_MDEV "' here, then try again."},
};

/* What is in the texts and no clause above, and why. */
static const struct {
    const char *text, *why;
} not_walked[] = {
    {"No other device can be used here", "a reason"},
    {"No other devices can be used here", "a reason"},
    {", then try again", "is done after each clause"},
    {"If -lgip shows room, add one: nvidia-smi mig -i " CASE_GPU " -cgi PROFILE",
     "is only right if there is room; the simulated driver creates the instance together with the vGPU"},
    {" there", "in a dry run with a host document: the command is the same"},
    {"new", "a word of a command"},
    {"with 'virsh edit DOMAIN'", "test-golden-ways-out walks it"},
    {"with 'virsh snapshot-edit DOMAIN SNAPSHOT'", "test-golden-ways-out walks it"},
    {"Or give the image up: virsh start --force-boot DOMAIN", "test-golden-ways-out walks it"},
    {"Or boot without its memory: virsh start DOMAIN", "test-golden-ways-out walks it"},
    {"Use GPUs and host drivers that support vGPU migration", "VGATE-302 comes first"},
    {"Disable unified memory, debugger and profiler of the vGPU, and try again",
     "test-golden-ways-out names the case of the lab"},
    {"Set the same frequency, with ARR, on both hosts (vgpu-gate scheduler set)",
     "is done on the source as well: the case of the lab with an older and a newer driver has it so"},
    {"If another device of the host can be used, the line names it, or the command that creates it",
     "for 'explain', which has no host"},
    {"Name that device in the files of virsh migrate's --xml (made with 'virsh dumpxml --migratable DOMAIN') "
     "and --persistent-xml (made with 'virsh dumpxml --inactive DOMAIN')",
     "for 'explain', which has no host"},
    {"For a guest that does not migrate, name it with 'virsh save-image-edit FILE', 'virsh managedsave-edit "
     "DOMAIN' or 'virsh snapshot-edit DOMAIN SNAPSHOT'",
     "for 'explain', which has no host"},
};

static gboolean
is_clause (const Row *row, gsize n, GMatchInfo **clause)
{
    g_autoptr (GRegex) regex = g_regex_new (clauses[n].pattern, 0, 0, NULL);

    return g_regex_match (regex, row->advice, 0, clause);
}

static void
walk_clause (const Row *row, gsize n, const GMatchInfo *clause)
{
    g_auto (Walk) w = {0};
    g_autofree char *begin = case_line_begin ((int)row->by.code, "restore", CASE_DOMAIN);
    g_autofree char *words = g_match_info_fetch (clause, 0), *before = NULL, *after = NULL;

    walk_init (&w, &row->by, row->situation);
    before = walk_operate (&w);
    if (!before || !g_str_has_prefix (before, begin) || !strstr (before, row->advice)) {
        test_fail ("expected '%s' with '%s', not '%s'", begin, row->advice, before ? before : "yes");
        return;
    }
    clauses[n].act (&w, clause);
    if (golden_case_is_skipped ())
        return;
    after = walk_operate (&w);
    g_test_message ("%s", words);
    if (after)
        test_fail ("after '%s': %s", words, after);
}

static void
test_row (gconstpointer data)
{
    const Row *row = data;
    g_autoptr (GString) rest = g_string_new (row->advice);

    for (gsize i = 0; i < G_N_ELEMENTS (clauses); i++) {
        g_autoptr (GMatchInfo) clause = NULL;
        g_autofree char *words = NULL;

        if (!is_clause (row, i, &clause))
            continue;
        words = g_match_info_fetch (clause, 0);
        g_string_replace (rest, words, "", 0);
        walk_clause (row, i, clause);
    }
    for (gsize i = 0; i < G_N_ELEMENTS (not_walked); i++)
        g_string_replace (rest, not_walked[i].text, "", 0);
    if (!g_regex_match_simple ("^([ .,]|\\bor\\b)*$", rest->str, 0, 0))
        test_fail ("'%s' is neither walked nor listed", rest->str);
}

/* --- the texts of the source --- */

/* A part of a text, with .* for what is written into it. The caller frees it. */
static char *
pattern_of (const char *words)
{
    g_autofree char *escaped = g_regex_escape_string (words, -1);
    g_autoptr (GRegex) conversion = g_regex_new ("%[su]", 0, 0, NULL);

    return g_regex_replace_literal (conversion, escaped, -1, 0, ".*", 0, NULL);
}

static gboolean
is_known (const char *words)
{
    g_autofree char *pattern = pattern_of (words);

    for (gsize i = 0; i < G_N_ELEMENTS (rows); i++)
        if (g_regex_match_simple (pattern, rows[i].advice, 0, 0))
            return TRUE;
    for (gsize i = 0; i < G_N_ELEMENTS (not_walked); i++)
        if (g_regex_match_simple (pattern, not_walked[i].text, 0, 0))
            return TRUE;
    return FALSE;
}

/* Checks the sentences of one string literal. Returns their number. */
static guint
check_literal (const char *path, const char *literal)
{
    g_autoptr (GRegex) joint = g_regex_new ("\"\\s*\"", 0, 0, NULL);
    g_autofree char *inner = g_strndup (literal + 1, strlen (literal) - 2);
    g_autofree char *joined = g_regex_replace_literal (joint, inner, -1, 0, "", 0, NULL);
    g_auto (GStrv) sentences = g_regex_split_simple ("\\.(?: |$)", joined, 0, 0);
    guint n = 0;

    for (guint i = 0; sentences[i]; i++) {
        if (!g_regex_match_simple ("[a-z]{3}", sentences[i], 0, 0))
            continue;
        n++;
        if (!is_known (sentences[i]))
            test_fail ("%s: no refusal here has '%s': add one, and walk it", path, sentences[i]);
    }
    return n;
}

static guint
check_code (const char *path, const char *code)
{
    g_autoptr (GRegex) literals =
        g_regex_new ("\"(?:\\\\.|[^\"\\\\])*\"(?:\\s*\"(?:\\\\.|[^\"\\\\])*\")*", 0, 0, NULL);
    g_autoptr (GMatchInfo) literal = NULL;
    guint n = 0;

    g_regex_match (literals, code, 0, &literal);
    while (g_match_info_matches (literal)) {
        g_autofree char *text = g_match_info_fetch (literal, 0);

        n += check_literal (path, text);
        g_match_info_next (literal, NULL);
    }
    return n;
}

/* Functions whose name says that they compose a way out, and what is assigned to a way out elsewhere. */
static guint
check_file (const char *path)
{
    g_autoptr (GRegex) composers = g_regex_new (
        "^\\w*(?:way_out|suggest_device|append_making|place_of_device)\\w* \\([^;{]*\\)\n\\{\n.*?^\\}|"
        "\\b(?:way_out|cure) = [^;]*;",
        G_REGEX_MULTILINE | G_REGEX_DOTALL, 0, NULL);
    g_autoptr (GRegex) comments = g_regex_new ("/\\*.*?\\*/", G_REGEX_DOTALL, 0, NULL);
    g_autoptr (GMatchInfo) composer = NULL;
    g_autofree char *text = NULL, *code = NULL;
    guint n = 0;

    g_assert_true (g_file_get_contents (path, &text, NULL, NULL));
    code = g_regex_replace_literal (comments, text, -1, 0, "", 0, NULL);
    g_regex_match (composers, code, 0, &composer);
    while (g_match_info_matches (composer)) {
        g_autofree char *function = g_match_info_fetch (composer, 0);

        n += check_code (path, function);
        g_match_info_next (composer, NULL);
    }
    return n;
}

static guint
check_directory (const char *path)
{
    g_autoptr (GDir) dir = g_dir_open (path, 0, NULL);
    const char *name;
    guint n = 0;

    g_assert_nonnull (dir);
    while ((name = g_dir_read_name (dir))) {
        g_autofree char *entry = g_build_filename (path, name, NULL);

        if (g_file_test (entry, G_FILE_TEST_IS_DIR))
            n += check_directory (entry);
        else if (g_str_has_suffix (name, ".c"))
            n += check_file (entry);
    }
    return n;
}

static void
test_complete (G_GNUC_UNUSED gconstpointer data)
{
    static const char *const parts[] = {"lib/gate", "lib/compat", "lib/placement", "hook", "plugin"};
    guint n = 0;

    for (gsize i = 0; i < G_N_ELEMENTS (parts); i++) {
        g_autofree char *path = g_build_filename (g_getenv ("VGATE_SRCDIR"), parts[i], NULL);

        n += check_directory (path);
    }
    /* the functions are found */
    g_assert_cmpuint (n, >, 30);
}

int
main (int argc, char *argv[])
{
    program_test_init (&argc, &argv);
    program_add_test ("/advice/complete", NULL, test_complete);
    for (gsize i = 0; i < G_N_ELEMENTS (rows); i++) {
        g_autofree char *path = g_strdup_printf ("/advice/%s", rows[i].name);

        program_add_test (path, &rows[i], test_row);
    }
    return g_test_run ();
}
