/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Judging allocates nothing. This program's own malloc () and its like count every call, including GLib's. */
#include "compat-pair.h"

#include <stddef.h>
#include <stdlib.h>

static guint n_allocations;

#if defined __SANITIZE_ADDRESS__
#    define HAS_ADDRESS_SANITIZER 1
#elif defined __has_feature
#    if __has_feature(address_sanitizer)
#        define HAS_ADDRESS_SANITIZER 1
#    endif
#endif

#ifdef HAS_ADDRESS_SANITIZER
/* the sanitizer's own malloc () must remain; it reports every call */
int __sanitizer_install_malloc_and_free_hooks (void (*on_malloc) (const volatile void *, size_t),
                                               void (*on_free) (const volatile void *));

static void
on_malloc (G_GNUC_UNUSED const volatile void *block, G_GNUC_UNUSED size_t size)
{
    n_allocations++;
}

static void
on_free (G_GNUC_UNUSED const volatile void *block)
{
}

static void
start_counting (void)
{
    g_assert_cmpint (__sanitizer_install_malloc_and_free_hooks (on_malloc, on_free), !=, 0);
}
#else
#    define EXPORT __attribute__ ((visibility ("default")))

/* glibc's, under their other names */
void *__libc_malloc (size_t size);
void *__libc_calloc (size_t n, size_t size);
void *__libc_realloc (void *block, size_t size);

EXPORT void *
malloc (size_t size)
{
    n_allocations++;
    return __libc_malloc (size);
}

EXPORT void *
calloc (size_t n, size_t size)
{
    n_allocations++;
    return __libc_calloc (n, size);
}

EXPORT void *
realloc (void *block, size_t size)
{
    n_allocations++;
    return __libc_realloc (block, size);
}

static void
start_counting (void)
{
}
#endif

/* Without this check the zero below would prove nothing. */
static void
test_counts (void)
{
    CompatPair pair;
    guint before;
    g_autofree char *text = NULL;

    compat_pair_init (&pair);
    pair.pgpu_record.gpu_string[0] = '9';
    compat_pair_judge (&pair);
    before = n_allocations;
    text = vgate_finding_describe (&pair.verdict.findings[0]);
    g_assert_cmpuint (n_allocations, >, before);
}

static guint
allocations_of (CompatPair *pair)
{
    const guint before = n_allocations;

    vgate_compat_answer (&pair->vgpu_record, &pair->pgpu_record);
    compat_pair_judge (pair);
    vgate_verdict_apply_driver (&pair->verdict, (VgateAnswer){COLD_LIVE, VGATE_LIMIT_NONE});
    vgate_verdict_allows (&pair->verdict, VGATE_STATE_LIVE);
    return n_allocations - before;
}

static void
test_none (void)
{
    CompatPair pair;

    compat_pair_init (&pair);
    g_assert_cmpuint (allocations_of (&pair), ==, 0);
    pair.pgpu_record.gpu_string[0] = '9';
    pair.vgpu_record.version = pair.pgpu_record.version = 0;
    pair.vgpu_record.capabilities = pair.pgpu_record.capabilities = 0;
    pair.vgpu_record.guest_version = 1;
    pair.pgpu.offer = VGATE_OFFER_NO;
    pair.pgpu_scheduler.policy = VGATE_SCHEDULER_FIXED_SHARE;
    pair.vgpu.captured_on = SAMPLE_DOMAIN_UUID;
    pair.circumstances.now += 3600;
    g_assert_cmpuint (allocations_of (&pair), ==, 0);
    g_assert_cmpuint (pair.verdict.n_findings, >, 8);
    pair.vgpu_record.opaque_size = 300;
    g_assert_cmpuint (allocations_of (&pair), ==, 0);
}

int
main (int argc, char **argv)
{
    g_test_init (&argc, &argv, NULL);
    start_counting ();
    g_test_add_func ("/compat-purity/counts", test_counts);
    g_test_add_func ("/compat-purity/none", test_none);
    return g_test_run ();
}
