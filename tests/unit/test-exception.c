/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Arrivals that root has allowed: one arrival of one guest, and a file that nobody else can have written. */
#include "policy/exception.h"

#include "base/run-directory.h"

#include "../test-glib.h"

#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

#define DIRECTORY  "/run/vgpu-gate"
#define FILE_NAME  DIRECTORY "/allowed-once"
#define UUID       "4d7c0a6e-9b1f-4f2e-8a35-b1f0c2d9e701"
#define OTHER_UUID "00000000-9b1f-4f2e-8a35-b1f0c2d9e701"
#define THREADS    4

typedef struct {
    char *root;
} Fixture;

static char *
path_of (const Fixture *f, const char *name)
{
    return g_strconcat (f->root, name, NULL);
}

static void
set_up (Fixture *f, G_GNUC_UNUSED gconstpointer data)
{
    g_autoptr (GError) error = NULL;
    g_autofree char *run = NULL;

    f->root = g_dir_make_tmp ("vgate-exception-XXXXXX", &error);
    g_assert_no_error (error);
    run = path_of (f, "/run");
    g_assert_cmpint (g_mkdir (run, 0755), ==, 0);
}

static void
tear_down (Fixture *f, G_GNUC_UNUSED gconstpointer data)
{
    static const char *const names[] = {
        FILE_NAME, DIRECTORY "/allowed-once-lock", DIRECTORY "/other", DIRECTORY, "/run", ""};

    for (gsize i = 0; i < G_N_ELEMENTS (names); i++) {
        g_autofree char *path = path_of (f, names[i]);

        g_remove (path);
    }
    g_assert_false (g_file_test (f->root, G_FILE_TEST_EXISTS));
    g_free (f->root);
}

static void
give_for (const Fixture *f, const char *domain, guint seconds)
{
    const VgateException exception = {.domain = (char *)domain,
                                      .reason = (char *)"the rack burns",
                                      .uid = 0,
                                      .login = 1000,
                                      .sudo_user = (char *)"anna",
                                      .given = 1795471200,
                                      .expires = vgate_run_directory_clock () + seconds};
    g_autoptr (GError) error = NULL;

    vgate_exception_give (f->root, &exception, &error);
    g_assert_no_error (error);
}

static void
give (const Fixture *f, const char *domain)
{
    give_for (f, domain, VGATE_EXCEPTION_SECONDS);
}

static gboolean
passes_as (const Fixture *f, const char *name, const char *uuid, VgateExceptionStage stage,
           gboolean is_refused)
{
    const VgateArrivalStage arrival = {
        .name = name, .uuid = uuid, .stage = stage, .is_refused = is_refused, .wait_ms = 5000};
    g_autoptr (GError) error = NULL;
    g_autoptr (VgateException) exception = vgate_exception_use (f->root, &arrival, &error);

    g_assert_no_error (error);
    return exception != NULL;
}

/* A stage of the arrival of vm1. */
static gboolean
passes (const Fixture *f, VgateExceptionStage stage, gboolean is_refused)
{
    return passes_as (f, "vm1", UUID, stage, is_refused);
}

static guint
n_valid (const Fixture *f)
{
    g_autoptr (GError) error = NULL;
    g_autoptr (GPtrArray) all = vgate_exceptions_read (f->root, &error);

    g_assert_no_error (error);
    return all->len;
}

static void
test_one_arrival (Fixture *f, G_GNUC_UNUSED gconstpointer data)
{
    g_assert_false (passes (f, VGATE_EXCEPTION_ARRIVES, TRUE));
    g_assert_cmpuint (n_valid (f), ==, 0);
    give (f, "vm1");
    for (VgateExceptionStage stage = VGATE_EXCEPTION_ARRIVES; stage < VGATE_EXCEPTION_N_STAGES; stage++)
        g_assert_true (passes (f, stage, TRUE));
    g_assert_cmpuint (n_valid (f), ==, 0);
    for (VgateExceptionStage stage = VGATE_EXCEPTION_ARRIVES; stage < VGATE_EXCEPTION_N_STAGES; stage++)
        g_assert_false (passes (f, stage, TRUE));
}

/* Each stage can be the first that refuses, and then comes only once. */
static void
test_any_stage (Fixture *f, G_GNUC_UNUSED gconstpointer data)
{
    for (VgateExceptionStage first = VGATE_EXCEPTION_ARRIVES; first < VGATE_EXCEPTION_N_STAGES; first++) {
        give (f, UUID);
        for (VgateExceptionStage stage = VGATE_EXCEPTION_ARRIVES; stage < first; stage++)
            g_assert_false (passes (f, stage, FALSE));
        g_assert_cmpuint (n_valid (f), ==, 1);
        g_assert_true (passes (f, first, TRUE));
        g_assert_false (passes (f, first, TRUE));
        g_assert_cmpuint (n_valid (f), ==, 0);
    }
}

/* A stage that is allowed belongs to an arrival as well. */
static void
test_second_arrival (Fixture *f, G_GNUC_UNUSED gconstpointer data)
{
    give (f, "vm1");
    g_assert_true (passes (f, VGATE_EXCEPTION_ARRIVES, TRUE));
    g_assert_false (passes (f, VGATE_EXCEPTION_PREPARE, FALSE));
    /* the migration failed, and another one begins, which is not refused at first */
    g_assert_false (passes (f, VGATE_EXCEPTION_ARRIVES, FALSE));
    g_assert_cmpuint (n_valid (f), ==, 0);
    g_assert_false (passes (f, VGATE_EXCEPTION_STARTED, TRUE));
}

/* Without the gate at switch-over, 'started begin' is the last stage. */
static void
test_last_stage (Fixture *f, G_GNUC_UNUSED gconstpointer data)
{
    VgateArrivalStage arrival = {
        .name = "vm1", .stage = VGATE_EXCEPTION_STARTED, .is_refused = TRUE, .is_last = TRUE};
    g_autoptr (VgateException) used = NULL;
    g_autofree char *by = NULL;

    give (f, "vm1");
    used = vgate_exception_use (f->root, &arrival, NULL);
    g_assert_nonnull (used);
    by = vgate_exception_by (used);
    g_assert_cmpstr (by, ==, "uid 0, login uid 1000, user 'anna' of sudo");
    g_assert_cmpstr (used->reason, ==, "the rack burns");
    g_assert_cmpuint (n_valid (f), ==, 0);
}

static void
test_others (Fixture *f, G_GNUC_UNUSED gconstpointer data)
{
    static const char *const others[] = {"vm2", "VM1", "vm11", "vm", "4d7c0a6e-9b1f-4f2e-8a35-b1f0c2d9e702"};

    for (gsize i = 0; i < G_N_ELEMENTS (others); i++)
        give (f, others[i]);
    g_assert_false (passes (f, VGATE_EXCEPTION_ARRIVES, TRUE));
    g_assert_cmpuint (n_valid (f), ==, G_N_ELEMENTS (others));
    give (f, "4D7C0A6E-9B1F-4F2E-8A35-B1F0C2D9E701");
    g_assert_true (passes (f, VGATE_EXCEPTION_ARRIVES, TRUE));
    g_assert_cmpuint (n_valid (f), ==, G_N_ELEMENTS (others) + 1);
}

/* A guest whose name is the UUID of another one, and one whose UUID is not known. */
static void
test_uuid_as_name (Fixture *f, G_GNUC_UNUSED gconstpointer data)
{
    give (f, UUID);
    g_assert_false (passes_as (f, UUID, OTHER_UUID, VGATE_EXCEPTION_ARRIVES, TRUE));
    g_assert_false (passes_as (f, UUID, NULL, VGATE_EXCEPTION_ARRIVES, TRUE));
    g_assert_cmpuint (n_valid (f), ==, 1);
    g_assert_true (passes_as (f, "vm1", UUID, VGATE_EXCEPTION_ARRIVES, TRUE));
}

/* However the UUID is spelt, it is one guest. */
static void
test_spellings (Fixture *f, G_GNUC_UNUSED gconstpointer data)
{
    g_autofree char *capitals = g_ascii_strup (UUID, -1);
    g_autoptr (GError) error = NULL;

    give (f, capitals);
    give (f, UUID);
    g_assert_cmpuint (n_valid (f), ==, 1);
    vgate_exception_withdraw (f->root, capitals, &error);
    g_assert_no_error (error);
    g_assert_cmpuint (n_valid (f), ==, 0);
}

/* While one has begun to arrive, another guest of its name does not pass, and does not end it. */
static void
test_name_of_another (Fixture *f, G_GNUC_UNUSED gconstpointer data)
{
    give (f, "vm1");
    g_assert_true (passes (f, VGATE_EXCEPTION_ARRIVES, TRUE));
    g_assert_false (passes_as (f, "vm1", OTHER_UUID, VGATE_EXCEPTION_ARRIVES, TRUE));
    g_assert_false (passes_as (f, "vm1", OTHER_UUID, VGATE_EXCEPTION_STARTED, TRUE));
    g_assert_true (passes (f, VGATE_EXCEPTION_PREPARE, TRUE));
}

/* Its next stage is near. */
static void
test_begun_expires (Fixture *f, G_GNUC_UNUSED gconstpointer data)
{
    static const guint longest[] = {VGATE_EXCEPTION_ARRIVES_SECONDS, VGATE_EXCEPTION_BEGUN_SECONDS,
                                    VGATE_EXCEPTION_TRANSFER_SECONDS};

    give (f, "vm1");
    for (guint i = 0; i < G_N_ELEMENTS (longest); i++) {
        g_autoptr (GPtrArray) all = NULL;
        const VgateException *begun;

        g_assert_true (passes (f, VGATE_EXCEPTION_ARRIVES + i, TRUE));
        all = vgate_exceptions_read (f->root, NULL);
        g_assert_cmpuint (all->len, ==, 1);
        begun = g_ptr_array_index (all, 0);
        g_assert_cmpuint (begun->expires, <=, vgate_run_directory_clock () + longest[i]);
        g_assert_cmpstr (begun->guest, ==, UUID);
    }
}

static void
test_expires (Fixture *f, G_GNUC_UNUSED gconstpointer data)
{
    give_for (f, "vm1", 0);
    g_usleep (1100000);
    g_assert_cmpuint (n_valid (f), ==, 0);
    g_assert_false (passes (f, VGATE_EXCEPTION_ARRIVES, TRUE));
    /* longer than it can be */
    give_for (f, "vm1", VGATE_EXCEPTION_SECONDS_MAX + 60);
    g_assert_false (passes (f, VGATE_EXCEPTION_ARRIVES, TRUE));
}

static void
test_withdraw (Fixture *f, G_GNUC_UNUSED gconstpointer data)
{
    g_autoptr (GError) error = NULL;

    give (f, "vm1");
    give (f, "vm2");
    give (f, "vm1");
    g_assert_cmpuint (n_valid (f), ==, 2);
    g_assert_true (vgate_exception_withdraw (f->root, "vm1", &error));
    g_assert_no_error (error);
    g_assert_false (passes (f, VGATE_EXCEPTION_ARRIVES, TRUE));
    g_assert_cmpuint (n_valid (f), ==, 1);
    g_assert_false (vgate_exception_withdraw (f->root, "vm1", &error));
    g_assert_error (error, VGATE_ERROR, VGATE_CODE_EXCEPTION_MISSING);
}

static void
test_limit (Fixture *f, G_GNUC_UNUSED gconstpointer data)
{
    const VgateException one = {.domain = (char *)"one more",
                                .reason = (char *)"r",
                                .login = -1,
                                .expires = vgate_run_directory_clock () + 60};
    g_autoptr (GError) error = NULL;

    for (guint i = 0; i < VGATE_EXCEPTIONS_MAX; i++) {
        g_autofree char *name = g_strdup_printf ("guest %u [=#;\\", i);

        give (f, name);
    }
    g_assert_cmpuint (n_valid (f), ==, VGATE_EXCEPTIONS_MAX);
    g_assert_false (vgate_exception_give (f->root, &one, &error));
    g_assert_error (error, VGATE_ERROR, VGATE_CODE_EXCEPTION_UNUSABLE);
}

/* The guest is judged as usual, and a new exception replaces what is invalid. */
static void
assert_unusable (const Fixture *f)
{
    const VgateArrivalStage arrival = {
        .name = "vm1", .uuid = UUID, .stage = VGATE_EXCEPTION_ARRIVES, .is_refused = TRUE, .wait_ms = 5000};
    g_autoptr (GError) error = NULL, used_error = NULL;
    g_autoptr (GPtrArray) all = vgate_exceptions_read (f->root, &error);
    g_autoptr (VgateException) used = vgate_exception_use (f->root, &arrival, &used_error);

    g_assert_error (error, VGATE_ERROR, VGATE_CODE_EXCEPTION_UNUSABLE);
    g_assert_error (used_error, VGATE_ERROR, VGATE_CODE_EXCEPTION_UNUSABLE);
    g_assert_null (all);
    g_assert_null (used);
}

#define WHOLE \
    "[exception-1]\ndomain=vm1\nreason=r\nuid=0\ngiven=1\nexpires=%" G_GUINT64_FORMAT "\nstage=unused\n"

/* What is not exactly as it is written. Each is the whole text with this instead of a part of it. */
static void
test_content (Fixture *f, G_GNUC_UNUSED gconstpointer data)
{
    static const struct {
        const char *what, *by;
    } cases[] = {
        {"domain=vm1", "domain="},
        {"domain=vm1", "domain=a/b"},
        {"domain=vm1", "domain=\xff"},
        {"domain=vm1", "other=vm1"},
        {"domain=vm1", "domain=vm1\nmore=1"},
        {"reason=r", "reason="},
        {"reason=r", "reason=\\n"},
        {"reason=r", "reason=a\\tb"},
        {"uid=0", "uid=-1"},
        {"uid=0", "uid=4294967296"},
        {"uid=0", "uid=root"},
        {"given=1", "given=1x"},
        {"given=1", "given=253402300800"},
        {"expires=", "expires=-"},
        {"expires=", "expires=x"},
        {"expires=", "expired="},
        {"stage=unused", "stage=none"},
        {"stage=unused", "stage=UNUSED"},
        {"stage=unused", "stage="},
        {"stage=unused", "stage=unused\nlogin-uid=-1"},
        {"stage=unused", "stage=unused\nsudo-user=\\t"},
        {"stage=unused", "stage=unused\nguest=vm1"},
        {"[exception-1]", "domain=vm1"},
        {"[exception-1]", "[exception-1"},
        {"[exception-1]",
         "[e]\ndomain=vm1\nreason=r\nuid=0\ngiven=1\nexpires=1\nstage=unused\n[exception-1]"},
    };
    g_autofree char *whole = g_strdup_printf (WHOLE, vgate_run_directory_clock () + 60);
    g_autofree char *path = path_of (f, FILE_NAME);

    give (f, "vm2"); /* makes the directory */
    g_assert_true (g_file_set_contents (path, whole, -1, NULL));
    g_assert_true (passes (f, VGATE_EXCEPTION_ARRIVES, TRUE));
    for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
        g_autoptr (GString) text = g_string_new (whole);

        g_assert_cmpuint (g_string_replace (text, cases[i].what, cases[i].by, 1), ==, 1);
        g_assert_true (g_file_set_contents (path, text->str, -1, NULL));
        if (i + 1 < G_N_ELEMENTS (cases))
            assert_unusable (f);
    }
    /* one that has expired does not make the other a second one of the same guest */
    g_assert_true (passes (f, VGATE_EXCEPTION_ARRIVES, TRUE));
    g_assert_true (g_file_set_contents (path, "[exception-1]\0", 14, NULL));
    assert_unusable (f);
    give (f, "vm1");
    g_assert_true (passes (f, VGATE_EXCEPTION_ARRIVES, TRUE));
}

static void
test_large (Fixture *f, G_GNUC_UNUSED gconstpointer data)
{
    g_autofree char *path = path_of (f, FILE_NAME), *text = g_strnfill (1u << 20, '\n');

    give (f, "vm1");
    g_assert_true (g_file_set_contents (path, text, -1, NULL));
    assert_unusable (f);
}

/* A file that others can write, a link, a directory, and a directory that others can write. */
static void
test_files (Fixture *f, G_GNUC_UNUSED gconstpointer data)
{
    g_autofree char *path = path_of (f, FILE_NAME), *other = path_of (f, DIRECTORY "/other");
    g_autofree char *directory = path_of (f, DIRECTORY);

    give (f, "vm1");
    g_assert_cmpint (g_chmod (path, 0620), ==, 0);
    assert_unusable (f);
    g_assert_cmpint (g_chmod (path, 0600), ==, 0);
    g_assert_cmpint (g_chmod (directory, 0777), ==, 0);
    assert_unusable (f);
    g_assert_cmpint (g_chmod (directory, 0755), ==, 0);
    g_assert_cmpint (g_rename (path, other), ==, 0);
    g_assert_cmpint (symlink (other, path), ==, 0);
    assert_unusable (f);
    g_assert_cmpint (g_remove (path), ==, 0);
    g_assert_cmpint (g_mkdir (path, 0755), ==, 0);
    assert_unusable (f);
    g_assert_cmpint (g_rmdir (path), ==, 0);
    if (geteuid () == 0) {
        g_assert_cmpint (g_rename (other, path), ==, 0);
        g_assert_cmpint (chown (path, 65534, 65534), ==, 0);
        assert_unusable (f);
    }
}

/* Its use cannot be noted, so that there is none. */
static void
test_unwritable (Fixture *f, G_GNUC_UNUSED gconstpointer data)
{
    g_autofree char *left = path_of (f, DIRECTORY "/.new-allowed-once");
    const VgateArrivalStage arrival = {.name = "vm1", .stage = VGATE_EXCEPTION_ARRIVES, .is_refused = TRUE};
    g_autoptr (VgateException) used = NULL;
    g_autoptr (GError) error = NULL;

    give (f, "vm1");
    /* a directory of that name, which is not removed as a file that was left is */
    g_assert_cmpint (g_mkdir (left, 0755), ==, 0);
    used = vgate_exception_use (f->root, &arrival, &error);
    g_assert_error (error, VGATE_ERROR, VGATE_CODE_EXCEPTION_UNUSABLE);
    g_assert_null (used);
    g_assert_cmpint (g_rmdir (left), ==, 0);
    g_assert_true (passes (f, VGATE_EXCEPTION_ARRIVES, TRUE));
}

static gpointer
arrive (gpointer f)
{
    return GINT_TO_POINTER (passes (f, VGATE_EXCEPTION_ARRIVES, TRUE));
}

/* Several guests of the same name, as several libvirts have them, arrive at the same time: one passes. */
static void
test_at_once (Fixture *f, G_GNUC_UNUSED gconstpointer data)
{
    GThread *threads[THREADS];
    guint n = 0;

    give (f, "vm1");
    for (guint i = 0; i < THREADS; i++)
        threads[i] = g_thread_new ("hook", arrive, f);
    for (guint i = 0; i < THREADS; i++)
        n += g_thread_join (threads[i]) ? 1 : 0;
    g_assert_cmpuint (n, ==, 1);
}

#define ADD(path, test) g_test_add ("/exception/" path, Fixture, NULL, set_up, test, tear_down)

int
main (int argc, char *argv[])
{
    g_test_init (&argc, &argv, NULL);
    ADD ("one-arrival", test_one_arrival);
    ADD ("any-stage", test_any_stage);
    ADD ("second-arrival", test_second_arrival);
    ADD ("last-stage", test_last_stage);
    ADD ("others", test_others);
    ADD ("uuid-as-name", test_uuid_as_name);
    ADD ("spellings", test_spellings);
    ADD ("name-of-another", test_name_of_another);
    ADD ("begun-expires", test_begun_expires);
    ADD ("expires", test_expires);
    ADD ("withdraw", test_withdraw);
    ADD ("limit", test_limit);
    ADD ("content", test_content);
    ADD ("large", test_large);
    ADD ("files", test_files);
    ADD ("unwritable", test_unwritable);
    ADD ("at-once", test_at_once);
    return g_test_run ();
}
