/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Every verdict, with the simulated driver on the destination. */
#include "golden.h"
#include "guests.h"
#include "hook-case.h"
#include "refusal.h"

#include <string.h>

#define FOLDER          "verdicts"
#define GPU_2           "0000:61:00.0"
#define OTHER_VM        "9c2f4d1e-8b7a-4c65-b3d0-1e2f3a4b5c6d"
#define UPDATE          "update --gpu " CASE_GPU " "
#define PLUG(type, gpu) "plug --vm " OTHER_VM " --type " #type " --gpu " gpu

/* --- hosts --- */

static void
no_gpu (G_GNUC_UNUSED FakeHost *host)
{
}

static void
two_gpus (FakeHost *host)
{
    case_standard_host (host);
    fake_host_add_gpu (host, GPU_2, FAKE_H100);
}

static void
two_models (FakeHost *host)
{
    case_standard_host (host);
    fake_host_add_gpu (host, "0000:a1:00.0", FAKE_L40S);
}

static void
mig_on (FakeHost *host)
{
    case_standard_host (host);
    fake_host_set_mig (host, CASE_GPU);
}

static void
with_library (FakeHost *host, const char *name)
{
    case_standard_host (host);
    fake_host_set_library (host, program_path (name));
}

static void
stricter_driver (FakeHost *host)
{
    with_library (host, "stub-stricter");
}

static void
limiting_driver (FakeHost *host)
{
    with_library (host, "stub-limiting");
}

static void
laxer_driver (FakeHost *host)
{
    with_library (host, "stub-laxer");
}

static void
driver_without_call (FakeHost *host)
{
    with_library (host, "stub-without");
}

static void
driver_with_scheduler (FakeHost *host)
{
    with_library (host, "stub-scheduler");
}

static void
add_key (FakeHost *host, const char *key)
{
    case_standard_host (host);
    fake_host_write_file (host, "fleet.key", key, strlen (key), 0600);
    fake_host_configure (host, "[seal]\nkey-file=$ROOT/fleet.key\n");
}

static void
fleet_key (FakeHost *host)
{
    add_key (host, GUEST_FLEET_KEY);
}

static void
other_key (FakeHost *host)
{
    add_key (host, "another key of at least 32 bytes length");
}

/* --- cases --- */

/* A link that is faster than this host's GPU can be written. */
#define FAST_LINK "[down-time]\nlink-speed=400000\n"
#define REFUSE    "[rules]\ndown-time=refuse\n"
#define AGED      "[gate]\nmax-age=60\n[rules]\n"

/* clang-format off */
static const HookCase cases[] = {
    /* the down-time */
    {.name = "down-time", .input = "large", .code = 1, .report = TRUE},
    {.name = "down-time-link", .input = "large", .code = 1, .config = "[down-time]\nlink-speed=10000\n",
     .report = TRUE},
    {.name = "down-time-here", .input = "large", .code = 413, .config = FAST_LINK REFUSE,
     .sim = UPDATE "--read-bandwidth 12000 --write-bandwidth 9000", .report = TRUE},
    {.name = "down-time-limit", .input = "large", .code = 413,
     .config = "[down-time]\nlink-speed=10000\nlimit-ms=4456\n" REFUSE},
    {.name = "down-time-within", .input = "large", .code = 1,
     .config = "[down-time]\nlink-speed=10000\nlimit-ms=4457\n" REFUSE},
    {.name = "down-time", .input = "two-large", .code = 413, .config = FAST_LINK REFUSE, .report = TRUE},
    {.name = "down-time-ignored", .input = "large", .code = 1, .report = TRUE,
     .config = "[down-time]\nlimit-ms=1\n[rules]\ndown-time=ignore\n"},
    {.name = "down-time-unknown", .input = "element", .code = 1, .config = "[down-time]\nlimit-ms=1\n" REFUSE,
     .report = TRUE},
    /* the guest is paused during a restore anyway */
    {.name = "down-time-restore", .input = "large", .operation = "restore", .code = 1, .config = REFUSE},
    {.name = "down-time-suspended", .input = "large-suspended", .code = 307, .config = REFUSE},

    /* NVIDIA's rule */
    {.name = "source", .input = "old-structure", .code = 301},
    {.name = "structure-here", .input = "element", .code = 301, .sim = "update --structure-version 2"},
    {.name = "source", .input = "not-migratable", .code = 302},
    {.name = "not-migratable-here", .input = "element", .code = 302, .sim = UPDATE "--migration off"},
    {.name = "older-driver", .input = "element", .code = 303,
     .sim = "update --driver 535.261.03 --range 7.1-18.1"},
    {.name = "newer-driver", .input = "element", .code = 303,
     .sim = "update --driver 610.10.01 --range 27.1-30.1"},
    {.name = "administrator", .input = "element", .code = 303, .sim = "update --advertised-range 24.1-25.1"},
    {.name = "other-board", .input = "element", .code = 304,
     .sim = UPDATE "--device-id 2331 --subsystem-id 1626"},
    {.name = "ecc-off", .input = "element", .code = 304, .sim = UPDATE "--ecc off"},
    {.name = "sriov-off", .input = "element", .code = 304, .sim = UPDATE "--sriov off"},
    {.name = "everything", .input = "old-structure", .code = 301,
     .sim = "update --driver 535.261.03 --range 7.1-18.1; " UPDATE "--ecc off --type 1120 --count 0"},
    {.name = "decided-by-driver", .input = "unknown-layout", .code = 304},
    {.name = "call-missing", .input = "unknown-layout", .code = 305, .prepare = driver_without_call},
    {.name = "call-missing-warn", .input = "unknown-layout", .code = 1, .prepare = driver_without_call,
     .config = "[rules]\ngpu-undecided=warn\n"},
    {.name = "call-missing", .input = "element", .code = 1, .prepare = driver_without_call},
    {.name = "driver-stricter", .input = "element", .code = 306, .prepare = stricter_driver},
    {.name = "driver-limits", .input = "element", .code = 306, .prepare = limiting_driver},
    {.name = "driver-laxer", .input = "element", .code = 304, .prepare = laxer_driver,
     .sim = UPDATE "--ecc off"},
    {.name = "driver-agrees", .input = "element", .code = 1, .prepare = laxer_driver},
    {.name = "sleep-given", .input = "suspended", .code = 307, .prepare = laxer_driver},

    /* the other rules, with their default and with each other severity */
    {.name = "type-gone", .input = "element", .code = 401, .sim = UPDATE "--type 1120 --count 0"},
    {.name = "type-gone-warn", .input = "element", .code = 1, .sim = UPDATE "--type 1120 --count 0",
     .config = "[rules]\ntype-not-offered=warn\n"},
    {.name = "full", .input = "element", .code = 402, .sim = PLUG (1122, CASE_GPU)},
    {.name = "mig", .input = "element", .code = 402, .prepare = mig_on},
    /* the H100 has three findings and the L40S two, but the guest needs a type of the H100 */
    {.name = "nearest", .input = "element", .code = 302, .prepare = two_models,
     .sim = PLUG (1122, CASE_GPU) "; " UPDATE "--migration off"},
    {.name = "full-warn", .input = "element", .code = 1, .sim = PLUG (1122, CASE_GPU),
     .config = "[rules]\nno-free-instance=warn\n"},
    {.name = "default", .input = "driver-down", .code = 403},
    {.name = "warn", .input = "driver-down", .code = 1, .config = "[rules]\nguest-driver-down=warn\n"},
    {.name = "ignore", .input = "driver-down", .code = 1, .config = "[rules]\nguest-driver-down=ignore\n"},
    {.name = "older-branch", .input = "element", .code = 1,
     .sim = "update --driver 575.57.08 --range 18.1-26.1"},
    {.name = "older-branch-refuse", .input = "element", .code = 404,
     .sim = "update --driver 575.57.08 --range 18.1-26.1", .config = "[rules]\nhost-driver-older=refuse\n"},
    {.name = "newer-branch", .input = "element", .code = 1,
     .sim = "update --driver 595.58.03 --range 24.1-28.1"},
    {.name = "newer-branch-refuse", .input = "element", .code = 405,
     .sim = "update --driver 595.58.03 --range 24.1-28.1", .config = "[rules]\nhost-driver-newer=refuse\n"},
    {.name = "other-release", .input = "element", .code = 1, .sim = "update --driver 580.105.08"},
    {.name = "other-release-refuse", .input = "element", .code = 406, .sim = "update --driver 580.105.08",
     .config = "[rules]\nhost-driver-not-same=refuse\n"},
    {.name = "next-long-term", .input = "old-guest-driver", .code = 1},
    {.name = "too-new", .input = "old-guest-driver", .code = 1,
     .sim = "update --driver 595.58.03 --range 18.1-28.1"},
    {.name = "too-new-refuse", .input = "old-guest-driver", .code = 407,
     .sim = "update --driver 595.58.03 --range 18.1-28.1", .config = "[rules]\nguest-branch=refuse\n"},
    {.name = "same-release", .input = "windows", .code = 1,
     .sim = "update --driver 535.261.03 --range 7.1-18.1", .config = "[rules]\nguest-branch=refuse\n"},
    {.name = "too-old-refuse", .input = "guest-driver-550", .code = 407,
     .config = "[rules]\nguest-branch=refuse\n"},
    {.name = "unknown-release", .input = "element", .code = 1, .sim = "update --driver 590.44.01"},
    {.name = "unknown-release-refuse", .input = "element", .code = 416,
     .sim = "update --driver 590.44.01", .config = "[rules]\nguest-branch-unknown=refuse\n"},
    {.name = "differs", .input = "scheduler", .code = 1, .prepare = driver_with_scheduler},
    {.name = "differs-refuse", .input = "scheduler", .code = 408, .prepare = driver_with_scheduler,
     .config = "[rules]\nscheduler-differs=refuse\n"},
    {.name = "not-told", .input = "scheduler", .code = 1,
     .sim = "fail nvmlDeviceGetVgpuSchedulerState NOT_SUPPORTED"},
    {.name = "too-old", .input = "element", .code = 409, .config = AGED "metadata-old=refuse\n"},
    {.name = "too-old-warn", .input = "element", .code = 1, .config = AGED},
    /* the age of an image is not the guest's */
    {.name = "too-old-restore", .input = "element", .operation = "restore", .code = 1,
     .config = AGED "metadata-old=refuse\n"},
    {.name = "future", .input = "element", .code = 414, .config = "[rules]\ntime-in-future=refuse\n",
     .edits = {{"time=\"2025", "time=\"9999"}}},
    {.name = "future-warn", .input = "element", .code = 1, .config = "[rules]\ntime-in-future=warn\n",
     .edits = {{"time=\"2025", "time=\"9999"}}},
    {.name = "future-restore", .input = "element", .operation = "restore", .code = 1,
     .config = "[rules]\ntime-in-future=refuse\n", .edits = {{"time=\"2025", "time=\"9999"}}},
    /* the first second of 1970 is a time, too */
    {.name = "epoch", .input = "element", .code = 409, .config = AGED "metadata-old=refuse\n",
     .edits = {{"time=\"2025-11-24T16", "time=\"1970-01-01T00"}}},
    {.name = "young-enough", .input = "element", .code = 1, .config = "[gate]\nmax-age=2147483647\n"},
    {.name = "migrate", .input = "captured-at-destination", .code = 410},
    {.name = "migrate-warn", .input = "captured-at-destination", .code = 1,
     .config = "[rules]\ncaptured-elsewhere=warn\n"},
    {.name = "restore", .input = "captured-at-destination", .operation = "restore", .code = 1},

    /* the host */
    {.name = "no-gpu", .input = "element", .code = 506, .prepare = no_gpu},
    {.name = "second-gpu", .input = "element", .code = 1, .prepare = two_gpus, .sim = UPDATE "--ecc off"},
    {.name = "nearest-gpu", .input = "element", .code = 304, .prepare = two_gpus,
     .sim = UPDATE "--ecc off --type 1120 --count 0; update --gpu " GPU_2 " --ecc off"},

    /* several vGPUs */
    {.name = "one-instance", .input = "two", .code = 412, .sim = UPDATE "--type 1120 --count 1"},
    {.name = "one-instance-warn", .input = "two", .code = 1, .sim = UPDATE "--type 1120 --count 1",
     .config = "[rules]\nno-free-instance=warn\n"},
    {.name = "one-each", .input = "two", .code = 1, .prepare = two_gpus,
     .sim = UPDATE "--type 1120 --count 1; update --gpu " GPU_2 " --type 1120 --count 1"},
    {.name = "both-refused", .input = "two", .code = 304, .sim = UPDATE "--ecc off"},
    {.name = "framebuffer", .input = "small-and-large", .code = 412, .sim = UPDATE "--heterogeneous on"},
    /* giving the first suitable GPU to the small vGPU leaves none for the large one */
    {.name = "greedy-fails", .input = "small-and-large", .code = 1, .prepare = two_gpus,
     .sim = PLUG (1120, GPU_2)},
    {.name = "boards-of-two-kinds", .input = "three", .code = 1, .prepare = two_models,
     .sim = UPDATE "--heterogeneous on"},
    {.name = "board-missing", .input = "three", .code = 304, .sim = UPDATE "--heterogeneous on"},
    /* two of them would have to share a GPU that runs vGPUs of only one size */
    {.name = "equal-sizes", .input = "three", .code = 412, .prepare = two_models},

    /* the seal */
    {.name = "right-key", .input = "sealed", .code = 1, .prepare = fleet_key},
    {.name = "no-key", .input = "sealed", .code = 1},
    {.name = "wrong-key", .input = "sealed", .code = 211, .prepare = other_key},
    {.name = "changed", .input = "sealed", .code = 211, .prepare = fleet_key,
     .edits = {{"host=\"gpu-host-a\"", "host=\"gpu-host-b\""}}},
    {.name = "not-sealed", .input = "element", .code = 210, .prepare = fleet_key},
};
/* clang-format on */

static void
test_case (gconstpointer data)
{
    HookCase c = *(const HookCase *)data;

    c.operation = c.operation ? c.operation : "migrate";
    c.report = TRUE;
    case_run (&c, FOLDER);
}

static void
test_none_left (G_GNUC_UNUSED gconstpointer data)
{
    refusal_assert_none_left (FOLDER);
    golden_assert_none_left (FOLDER, ".report");
}

int
main (int argc, char *argv[])
{
    program_test_init (&argc, &argv);
    for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
        g_autofree char *path = g_strdup_printf ("/verdicts/%s/%s", cases[i].input, cases[i].name);

        program_add_test (path, &cases[i], test_case);
    }
    program_add_test ("/none-left/verdicts", NULL, test_none_left);
    return g_test_run ();
}
