/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "driver/control-wire.h"

GVariant *
vgate_versions_to_variant (const VgateVersions *versions)
{
    return g_variant_new (VGATE_VERSIONS_TYPE, versions->driver, versions->simulated, versions->preset.min,
                          versions->preset.max, versions->current.min, versions->current.max);
}

void
vgate_versions_from_variant (GVariant *variant, VgateVersions *versions)
{
    g_variant_get (variant, VGATE_VERSIONS_TYPE, &versions->driver, &versions->simulated,
                   &versions->preset.min, &versions->preset.max, &versions->current.min,
                   &versions->current.max);
}

GVariant *
vgate_engine_to_variant (const char *address, int engine)
{
    return g_variant_new (VGATE_ENGINE_TYPE, address ? address : "", engine);
}

const char *
vgate_engine_from_variant (GVariant *variant, int *engine)
{
    const char *address;

    g_variant_get (variant, "(&si)", &address, engine);
    return *address != '\0' ? address : NULL;
}

GVariant *
vgate_scheduler_to_variant (const VgateGpuScheduler *gpu)
{
    const VgateSchedulerCapabilities *c = &gpu->capabilities;
    const VgateScheduler *s = &gpu->scheduler;

    return g_variant_new (VGATE_SCHEDULER_TYPE, gpu->address, gpu->name, gpu->is_available, c->policies,
                          c->has_arr, c->time_slice_min, c->time_slice_max, c->frequency_min,
                          c->frequency_max, c->average_factor_min, c->average_factor_max,
                          c->is_always_adaptive, s->policy, s->arr, s->average_factor, s->time_slice);
}

void
vgate_scheduler_from_variant (GVariant *variant, VgateGpuScheduler *gpu)
{
    VgateSchedulerCapabilities *c = &gpu->capabilities;
    VgateScheduler *s = &gpu->scheduler;

    c->size = sizeof *c;
    s->size = sizeof *s;
    g_variant_get (variant, VGATE_SCHEDULER_TYPE, &gpu->address, &gpu->name, &gpu->is_available, &c->policies,
                   &c->has_arr, &c->time_slice_min, &c->time_slice_max, &c->frequency_min, &c->frequency_max,
                   &c->average_factor_min, &c->average_factor_max, &c->is_always_adaptive, &s->policy,
                   &s->arr, &s->average_factor, &s->time_slice);
}

GVariant *
vgate_unusable_to_variant (const GPtrArray *unusable)
{
    GVariantBuilder builder;

    g_variant_builder_init (&builder, G_VARIANT_TYPE ("a" VGATE_UNUSABLE_TYPE));
    for (guint i = 0; i < unusable->len; i++) {
        const VgateUnusableGpu *gpu = g_ptr_array_index (unusable, i);

        g_variant_builder_add (&builder, VGATE_UNUSABLE_TYPE, gpu->index,
                               vgate_wire_write_text (gpu->address), vgate_wire_write_text (gpu->name),
                               gpu->reason);
    }
    return g_variant_builder_end (&builder);
}

void
vgate_unusable_from_variant (GVariant *variant, GPtrArray *unusable)
{
    for (gsize i = 0; i < g_variant_n_children (variant); i++) {
        VgateUnusableGpu *gpu = g_new0 (VgateUnusableGpu, 1);

        g_variant_get_child (variant, i, VGATE_UNUSABLE_TYPE, &gpu->index, &gpu->address, &gpu->name,
                             &gpu->reason);
        gpu->address = vgate_wire_read_text (gpu->address);
        gpu->name = vgate_wire_read_text (gpu->name);
        g_ptr_array_add (unusable, gpu);
    }
}

void
vgate_pair_from_variant (GVariant *variant, VgateFromVariant from_variant, gpointer was, gpointer is)
{
    const gpointer objects[] = {was, is};

    for (gsize i = 0; i < G_N_ELEMENTS (objects); i++) {
        g_autoptr (GVariant) child = g_variant_get_child_value (variant, i);

        from_variant (child, objects[i]);
    }
}
