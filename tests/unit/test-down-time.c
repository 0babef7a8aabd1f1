/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The estimate of the down-time: which speed counts, missing values, and the limits of its arithmetic. */
#include "vgpu-gate/vgpu-gate.h"

#define MIB ((guint64)1 << 20)

typedef struct {
    const char *name;
    guint64 used, state, read, link, write, others;
    gboolean is_known;
    guint64 time, rate;
    VgatePaceOf pace_of;
    gboolean lacks_state;
} Case;

static const Case cases[] = {
    {"link", 100 * MIB, 25 * MIB, 12000, 1000, 9000, 0, TRUE, 1048576, 1000, VGATE_PACE_OF_LINK, FALSE},
    {"read", 100 * MIB, 25 * MIB, 125, 10000, 9000, 0, TRUE, 1048576, 1000, VGATE_PACE_OF_READING, FALSE},
    {"write", 100 * MIB, 25 * MIB, 12000, 10000, 125, 0, TRUE, 1048576, 1000, VGATE_PACE_OF_WRITING, FALSE},
    {"no link", 100 * MIB, 25 * MIB, 12000, 0, 9000, 0, TRUE, 14564, 72000, VGATE_PACE_OF_WRITING, FALSE},
    {"link only", 100 * MIB, 25 * MIB, 0, 1000, 0, 0, TRUE, 1048576, 1000, VGATE_PACE_OF_LINK, FALSE},
    {"no state", 125 * MIB, 0, 0, 1000, 0, 0, TRUE, 1048576, 1000, VGATE_PACE_OF_LINK, TRUE},
    {"others", 100 * MIB, 25 * MIB, 0, 1000, 0, 7, TRUE, 1048583, 1000, VGATE_PACE_OF_LINK, FALSE},
    {"one byte", 1, 0, 0, 1000, 0, 0, TRUE, 1, 1000, VGATE_PACE_OF_LINK, TRUE},
    {"a bit a us", 1, 0, 0, 1, 0, 0, TRUE, 8, 1, VGATE_PACE_OF_LINK, TRUE},
    {"nothing known", 0, 0, 0, 0, 0, 0, FALSE, 0, 0, VGATE_PACE_OF_LINK, FALSE},
    {"no frame buffer", 0, 25 * MIB, 12000, 1000, 9000, 7, FALSE, 0, 0, VGATE_PACE_OF_LINK, FALSE},
    {"no speed", 100 * MIB, 25 * MIB, 0, 0, 0, 7, FALSE, 0, 0, VGATE_PACE_OF_LINK, FALSE},
    {"all bytes, slowly", G_MAXUINT64, 0, 0, 1, 0, 0, TRUE, G_MAXUINT64, 1, VGATE_PACE_OF_LINK, TRUE},
    {"all bytes twice", G_MAXUINT64, G_MAXUINT64, 0, 8, 0, 0, TRUE, G_MAXUINT64, 8, VGATE_PACE_OF_LINK,
     FALSE},
    {"all others", MIB, MIB, 0, 8, 0, G_MAXUINT64, TRUE, G_MAXUINT64, 8, VGATE_PACE_OF_LINK, FALSE},
    {"all speed", 100 * MIB, 25 * MIB, G_MAXUINT64, G_MAXUINT64, G_MAXUINT64, 0, TRUE, 1, (guint64)1 << 40,
     VGATE_PACE_OF_LINK, FALSE},
    {"all of all", G_MAXUINT64, G_MAXUINT64, G_MAXUINT64, 0, G_MAXUINT64, 0, TRUE, 16777216, (guint64)1 << 43,
     VGATE_PACE_OF_READING, FALSE},
};

static void
test_case (gconstpointer data)
{
    const Case *c = data;
    const VgateVgpuSide vgpu = {.size = sizeof (VgateVgpuSide),
                                .framebuffer_used = c->used,
                                .runtime_state = c->state,
                                .read_bandwidth = c->read};
    const VgatePgpuSide pgpu = {.size = sizeof (VgatePgpuSide), .write_bandwidth = c->write};
    const VgateCircumstances circumstances = {
        .size = sizeof (VgateCircumstances), .link_speed = c->link, .other_down_time = c->others};
    VgateDownTime estimate = {.size = sizeof (VgateDownTime), .time = 99};

    g_assert_cmpint (vgate_down_time_estimate (&vgpu, &pgpu, &circumstances, &estimate), ==, c->is_known);
    if (!c->is_known) {
        g_assert_cmpuint (estimate.time, ==, 99);
        return;
    }
    g_assert_cmpuint (estimate.time, ==, c->time);
    g_assert_cmpuint (estimate.rate, ==, c->rate);
    g_assert_cmpint (estimate.pace_of, ==, c->pace_of);
    g_assert_cmpint (estimate.lacks_state, ==, c->lacks_state);
    g_assert_cmpuint (estimate.others, ==, c->others);
}

/* The destination is not known, so its speed does not count. */
static void
test_without_destination (void)
{
    const VgateVgpuSide vgpu = {
        .size = sizeof (VgateVgpuSide), .framebuffer_used = 125 * MIB, .read_bandwidth = 12000};
    const VgateCircumstances circumstances = {.size = sizeof (VgateCircumstances), .link_speed = 0};
    VgateDownTime estimate = VGATE_INIT (VgateDownTime);

    g_assert_true (vgate_down_time_estimate (&vgpu, NULL, &circumstances, &estimate));
    g_assert_cmpint (estimate.pace_of, ==, VGATE_PACE_OF_READING);
}

static void
test_limit (void)
{
    static const struct {
        guint64 time, limit;
        gboolean exceeds;
    } limits[] = {
        {300000, 300, FALSE},    {300001, 300, TRUE},
        {299999, 300, FALSE},    {300001, 0, FALSE},
        {G_MAXUINT64, 1, TRUE},  {G_MAXUINT64, G_MAXUINT64, FALSE},
        {1, G_MAXUINT64, FALSE}, {G_MAXUINT64, G_MAXUINT64 / 1000, TRUE},
        {G_MAXUINT64, 0, FALSE},
    };

    for (gsize i = 0; i < G_N_ELEMENTS (limits); i++) {
        const VgateDownTime estimate = {.size = sizeof (VgateDownTime), .time = limits[i].time};
        const VgateCircumstances circumstances = {.size = sizeof (VgateCircumstances),
                                                  .down_time_limit = limits[i].limit};

        g_assert_cmpint (vgate_down_time_exceeds (&estimate, &circumstances), ==, limits[i].exceeds);
    }
}

static void
test_words (void)
{
    static const struct {
        VgateDownTime estimate;
        const char *words;
    } cases_of_words[] = {
        {{.size = sizeof (VgateDownTime),
          .bytes = 125 * MIB,
          .rate = 1000,
          .pace_of = VGATE_PACE_OF_LINK,
          .time = 1048576},
         "about 1049 ms for 125 MiB of frame buffer and state at 1000 Mbit/s, the link's speed"},
        {{.size = sizeof (VgateDownTime),
          .bytes = 1,
          .lacks_state = TRUE,
          .rate = 96000,
          .others = 1500,
          .time = 2000},
         "about 2 ms for 1 MiB of frame buffer (without its state, whose size is not known) at 96000 Mbit/s, "
         "the speed of reading the GPU at the source, 2 ms of it for the guest's other vGPUs"},
        {{.size = sizeof (VgateDownTime),
          .bytes = MIB,
          .rate = 8,
          .pace_of = VGATE_PACE_OF_WRITING,
          .time = 1},
         "about 1 ms for 1 MiB of frame buffer and state at 8 Mbit/s, the speed of writing the GPU here"},
    };

    for (gsize i = 0; i < G_N_ELEMENTS (cases_of_words); i++) {
        g_autofree char *described = vgate_down_time_describe (&cases_of_words[i].estimate);

        g_assert_cmpstr (described, ==, cases_of_words[i].words);
    }
}

int
main (int argc, char **argv)
{
    g_test_init (&argc, &argv, NULL);
    for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
        g_autofree char *path = g_strdup_printf ("/down-time/estimate/%s", cases[i].name);

        g_test_add_data_func (path, &cases[i], test_case);
    }
    g_test_add_func ("/down-time/without-destination", test_without_destination);
    g_test_add_func ("/down-time/limit", test_limit);
    g_test_add_func ("/down-time/words", test_words);
    return g_test_run ();
}
