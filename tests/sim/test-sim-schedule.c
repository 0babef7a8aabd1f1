/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which vGPU runs at times that the test chooses: the policies, and which reader loses entries. */
#include <glib.h>
#include <string.h>

#include "nvml-sim/model/host-parse.h"
#include "nvml-sim/model/schedule.h"
#include "nvml/nvml-abi.h"

#define MS   G_GUINT64_CONSTANT (1000000)
#define MOST NVML_SCHEDULER_LOG_ENTRIES
/* With the shortest time slice. */
#define PERIOD (1 * MS + VGPU_SIM_PREEMPTION)

static const char host_text[] = "[driver]\nversion=580.159.04\nrange=18.1-26.1\n"
                                "[type 2]\nname=half\nclass=Compute\nframebuffer=512\n"
                                "[type 4]\nname=quarter\nclass=Compute\nframebuffer=256\n"
                                "[gpu 41:00.0]\nname=n\nuuid=u\ndevice-id=2330\nsubsystem-id=16C1\n"
                                "framebuffer=1024\nheterogeneous=true\nvgpu-types=2:2;4:4\n";

/* vGPU number 8 of type 4, number 9 of type 2, and 10 of type 4 whose guest driver is down. */
static const char three_vgpus[] =
    "[vgpu 33333333-3333-4333-8333-333333333338]\ninstance=8\nvm=33333333-3333-4333-8333-333333333333\n"
    "gpu=41:00.0\ntype=4\nplacement=0\nguest-driver-state=up\nguest-driver=1\nguest-version=20.1\n"
    "[vgpu 33333333-3333-4333-8333-333333333339]\ninstance=9\nvm=33333333-3333-4333-8333-333333333333\n"
    "gpu=41:00.0\ntype=2\nplacement=2\nguest-driver-state=up\nguest-driver=1\nguest-version=20.1\n"
    "[vgpu 33333333-3333-4333-8333-33333333333a]\ninstance=10\nvm=33333333-3333-4333-8333-333333333333\n"
    "gpu=41:00.0\ntype=4\nplacement=1\nguest-driver-state=down\n";

static VgpuSimSchedule *
schedule_of (const char *settings, const char *vgpus)
{
    g_autofree char *text = g_strconcat (host_text, settings, "\n", vgpus, NULL);
    g_autoptr (GKeyFile) file = g_key_file_new ();
    g_autoptr (VgpuSimHost) host = NULL;
    g_autoptr (GError) error = NULL;

    g_key_file_load_from_data (file, text, (gsize)-1, G_KEY_FILE_NONE, &error);
    g_assert_no_error (error);
    host = vgpu_sim_host_parse (file, &error);
    g_assert_no_error (error);
    return vgpu_sim_schedule_new (host, host->gpus->pdata[0], VGPU_SIM_GRAPHICS);
}

/* The slots of one round, "89--": each the last digit of its vGPU's number, or unused. */
static void
assert_round (const VgpuSimSchedule *schedule, guint64 first, const char *expected)
{
    const gsize length = strlen (expected);
    g_autofree char *slots = g_strnfill (length, '-');

    for (guint i = 0; i < schedule->used->len; i++) {
        const VgpuSimSlot *slot = &g_array_index (schedule->used, VgpuSimSlot, i);

        if (slot->slot >= first && slot->slot < first + length)
            slots[slot->slot - first] = (char)('0' + slot->vgpu % 10);
    }
    g_assert_cmpstr (slots, ==, expected);
}

static void
test_best_effort (void)
{
    g_autoptr (VgpuSimSchedule) schedule = schedule_of ("", three_vgpus);

    /* 8 pauses in round 0 and 9 in round 1, without making others wait; 10 has no work at all */
    assert_round (schedule, 0, "98898989898989");
    g_assert_cmpuint (schedule->length, ==, 14);
    g_assert_cmpuint (schedule->slice, ==, 2 * MS);
}

static void
test_equal_share (void)
{
    g_autoptr (VgpuSimSchedule) schedule = schedule_of ("scheduler=equal-share", three_vgpus);

    assert_round (schedule, 0, "-9-8--89-89-89-89-89-89-");
    g_assert_cmpuint (schedule->length, ==, 24);
}

/* Type 2 has two of four slots, type 4 one; this does not change when they are alone. */
static void
test_fixed_share (void)
{
    g_autoptr (VgpuSimSchedule) schedule = schedule_of ("scheduler=fixed-share", three_vgpus);
    g_autoptr (VgpuSimSchedule) alone = NULL;
    g_autofree char *one = g_strndup (three_vgpus, (gsize)(strstr (three_vgpus, "[vgpu 33333333-3333-4333-"
                                                                                "8333-333333333339]") -
                                                           three_vgpus));

    assert_round (schedule, 0, "-9-98---89-989-9");
    g_assert_cmpuint (schedule->length, ==, 32);
    alone = schedule_of ("scheduler=fixed-share", one);
    assert_round (alone, 0, "----8---8---8---");
    g_assert_cmpuint (alone->length, ==, 32);
}

static void
test_nobody (void)
{
    static const char *const policies[] = {"", "scheduler=equal-share", "scheduler=fixed-share"};
    VgpuSimRun runs[MOST];

    for (gsize i = 0; i < G_N_ELEMENTS (policies); i++) {
        g_autoptr (VgpuSimSchedule) schedule = schedule_of (policies[i], "");

        g_assert_cmpuint (vgpu_sim_schedule_last (schedule, 0, runs, MOST), ==, 0);
        g_assert_cmpuint (vgpu_sim_schedule_last (schedule, G_MAXINT64, runs, MOST), ==, 0);
    }
}

/* From the first slot on, and after the longest time. */
static void
test_beginning_and_end (void)
{
    g_autoptr (VgpuSimSchedule) schedule =
        schedule_of ("scheduler=equal-share\nscheduler-time-slice=1000000", three_vgpus);
    VgpuSimRun runs[MOST];

    g_assert_cmpuint (vgpu_sim_schedule_last (schedule, 0, runs, MOST), ==, 0);
    g_assert_cmpuint (vgpu_sim_schedule_last (schedule, 2 * PERIOD - 1, runs, MOST), ==, 0);
    g_assert_cmpuint (vgpu_sim_schedule_last (schedule, 2 * PERIOD, runs, MOST), ==, 1);
    g_assert_cmpuint (runs[0].vgpu, ==, 9);
    g_assert_cmpuint (runs[0].runs, ==, 1);
    g_assert_cmpuint (runs[0].end, ==, 2 * PERIOD);
    g_assert_cmpuint (vgpu_sim_schedule_last (schedule, 4 * PERIOD, runs, MOST), ==, 2);
    g_assert_cmpuint (runs[1].vgpu, ==, 8);
    g_assert_cmpuint (runs[1].runs, ==, 1);
    g_assert_cmpuint (vgpu_sim_schedule_last (schedule, G_MAXINT64, runs, MOST), ==, MOST);
    g_assert_cmpuint (runs[MOST - 1].end, <=, G_MAXINT64);
    g_assert_cmpuint (runs[MOST - 1].end, >, G_MAXINT64 - 3 * PERIOD);
}

/* Reads every interval ns, and counts the runs that this reader never saw. Each entry has the number of its
 * vGPU's runs since the epoch, so a number that is skipped is a loss. */
static guint64
lost_by_reader (const VgpuSimSchedule *schedule, guint64 interval)
{
    guint64 seen[2] = {0, 0}, until = 0, lost = 0;
    VgpuSimRun runs[MOST];

    for (guint64 at = 0; at < 60000 * MS; at += interval) {
        const guint count = vgpu_sim_schedule_last (schedule, at, runs, MOST);

        for (guint i = 0; i < count; i++) {
            guint64 *last = &seen[runs[i].vgpu % 2];

            g_assert_cmpuint (runs[i].end, <=, at);
            if (runs[i].end <= until)
                continue;
            lost += runs[i].runs - *last - 1;
            *last = runs[i].runs;
            until = runs[i].end;
        }
    }
    return lost;
}

static void
test_readers (void)
{
    static const char *const settings[] = {
        "scheduler=equal-share\nscheduler-time-slice=1000000",
        "scheduler=fixed-share\nscheduler-time-slice=1000000",
        "scheduler=equal-share\nscheduler-arr=on\nscheduler-frequency=960",
        "",
    };

    for (gsize i = 0; i < G_N_ELEMENTS (settings); i++) {
        g_autoptr (VgpuSimSchedule) schedule = schedule_of (settings[i], three_vgpus);

        g_assert_cmpuint (lost_by_reader (schedule, 50 * MS), ==, 0);
        g_assert_cmpuint (lost_by_reader (schedule, 200 * MS), ==, 0);
        g_assert_cmpuint (lost_by_reader (schedule, 1000 * MS), >, 0);
    }
}

/* If every slot is used and has the shortest time, reading five times a second just suffices. */
static void
test_five_times_a_second (void)
{
    g_autoptr (VgpuSimSchedule) schedule = schedule_of ("", three_vgpus);

    schedule->slice = VGPU_SIM_TIME_SLICE_MIN;
    g_assert_cmpuint (lost_by_reader (schedule, 200 * MS), ==, 0);
    g_assert_cmpuint (lost_by_reader (schedule, 206 * MS), >, 0);
}

static void
test_equality (void)
{
    g_autoptr (VgpuSimSchedule) equal = schedule_of ("scheduler=equal-share", three_vgpus);
    g_autoptr (VgpuSimSchedule) again = schedule_of ("scheduler=equal-share", three_vgpus);
    g_autoptr (VgpuSimSchedule) longer =
        schedule_of ("scheduler=equal-share\nscheduler-time-slice=3000000", three_vgpus);
    g_autoptr (VgpuSimSchedule) fixed = schedule_of ("scheduler=fixed-share", three_vgpus);
    g_autoptr (VgpuSimSchedule) empty = schedule_of ("scheduler=equal-share", "");
    g_autoptr (VgpuSimSchedule) also_empty = schedule_of ("scheduler=fixed-share", "");

    g_assert_true (vgpu_sim_schedule_equal (equal, again));
    g_assert_false (vgpu_sim_schedule_equal (equal, longer));
    g_assert_false (vgpu_sim_schedule_equal (equal, fixed));
    g_assert_false (vgpu_sim_schedule_equal (equal, empty));
    g_assert_true (vgpu_sim_schedule_equal (empty, also_empty));
}

int
main (int argc, char **argv)
{
    g_test_init (&argc, &argv, NULL);
    g_test_add_func ("/sim/schedule/best-effort", test_best_effort);
    g_test_add_func ("/sim/schedule/equal-share", test_equal_share);
    g_test_add_func ("/sim/schedule/fixed-share", test_fixed_share);
    g_test_add_func ("/sim/schedule/nobody", test_nobody);
    g_test_add_func ("/sim/schedule/beginning-and-end", test_beginning_and_end);
    g_test_add_func ("/sim/schedule/readers", test_readers);
    g_test_add_func ("/sim/schedule/five-times-a-second", test_five_times_a_second);
    g_test_add_func ("/sim/schedule/equality", test_equality);
    return g_test_run ();
}
