/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The calls for the library and the whole system. */
#include "nvml-sim/calls/exports.h"

#include "nvml-sim/calls/answer.h"
#include "nvml-sim/calls/change.h"
#include "nvml-sim/model/host-file.h"
#include "nvml-sim/model/host-parse.h"
#include "nvml-sim/model/return-codes.h"
#include "nvml-sim/calls/state.h"

nvmlReturn_t
nvmlInit_v2 (void)
{
    return vgpu_sim_state_initialise (__func__);
}

nvmlReturn_t
nvmlInit (void)
{
    return nvmlInit_v2 ();
}

/* Documented flags: 1, a host without a GPU is not an error; 2, no GPU is to be attached. Neither makes a
 * difference here. Measured: unknown flags are accepted as well. */
nvmlReturn_t
nvmlInitWithFlags (G_GNUC_UNUSED unsigned int flags)
{
    return vgpu_sim_state_initialise (__func__);
}

/* Measured: NVIDIA's library crashes here in a child of fork() that has not initialised NVML. The simulated
 * one returns UNINITIALIZED, as in all other calls. */
nvmlReturn_t
nvmlShutdown (void)
{
    return vgpu_sim_state_shutdown (__func__);
}

const char *
nvmlErrorString (nvmlReturn_t result)
{
    return vgpu_sim_return_text (result);
}

nvmlReturn_t
nvmlSystemGetDriverVersion (char *version, unsigned int length)
{
    g_autoptr (VgpuSimHost) host = NULL;
    const nvmlReturn_t code = vgpu_sim_state_enter (__func__, &host);

    return code == NVML_SUCCESS ? vgpu_sim_answer_text (host->driver_version, version, length) : code;
}

/* The version of CUDA that a driver of the branch supports, then the driver's: 13.580.159.04. */
static char *
version_of_nvml (const char *driver)
{
    static const struct {
        guint64 branch;
        const char *cuda;
    } branches[] = {{580, "13"}, {525, "12"}, {450, "11"}, {0, "10"}};
    const guint64 branch = g_ascii_strtoull (driver, NULL, 10);
    gsize i = 0;

    while (branch < branches[i].branch)
        i++;
    return g_strdup_printf ("%s.%s", branches[i].cuda, driver);
}

nvmlReturn_t
nvmlSystemGetNVMLVersion (char *version, unsigned int length)
{
    g_autoptr (VgpuSimHost) host = NULL;
    const nvmlReturn_t code = vgpu_sim_state_enter (__func__, &host);
    g_autofree char *text = NULL;

    if (code != NVML_SUCCESS)
        return code;
    text = host->nvml_version ? g_strdup (host->nvml_version) : version_of_nvml (host->driver_version);
    return vgpu_sim_answer_text (text, version, length);
}

/* Documented: NULL is INVALID_ARGUMENT. Measured, and implemented here: NULL is accepted, and the other
 * argument is filled. */
nvmlReturn_t
nvmlGetVgpuVersion (nvmlVgpuVersion_t *supported, nvmlVgpuVersion_t *current)
{
    g_autoptr (VgpuSimHost) host = NULL;
    const nvmlReturn_t code = vgpu_sim_state_enter (__func__, &host);

    if (code != NVML_SUCCESS)
        return code;
    if (supported)
        *supported = (nvmlVgpuVersion_t){host->preset.min, host->preset.max};
    if (current)
        *current = (nvmlVgpuVersion_t){host->advertised.min, host->advertised.max};
    return NVML_SUCCESS;
}

static gboolean
has_vgpu_host (const VgpuSimHost *host)
{
    for (guint i = 0; i < host->gpus->len; i++) {
        const VgpuSimGpu *gpu = g_ptr_array_index (host->gpus, i);

        if (gpu->mode == NVML_VIRTUALIZATION_MODE_HOST_VGPU)
            return TRUE;
    }
    return FALSE;
}

/* Measured: UNKNOWN for any capability, also one that does not exist, where no GPU is in vGPU host mode.
 * Documented: INVALID_ARGUMENT for a capability that does not exist. NOT_SUPPORTED for one that is not in the
 * host file. */
nvmlReturn_t
nvmlGetVgpuDriverCapabilities (unsigned int capability, unsigned int *result)
{
    g_autoptr (VgpuSimHost) host = NULL;
    const nvmlReturn_t code = vgpu_sim_state_enter (__func__, &host);

    if (code != NVML_SUCCESS)
        return code;
    if (!result)
        return NVML_ERROR_INVALID_ARGUMENT;
    if (!has_vgpu_host (host))
        return NVML_ERROR_UNKNOWN;
    if (capability > NVML_VGPU_DRIVER_CAP_WARM_UPDATE)
        return NVML_ERROR_INVALID_ARGUMENT;
    if (capability == NVML_VGPU_DRIVER_CAP_WARM_UPDATE ? !host->says_warm_update : !host->says_multi_vgpu)
        return NVML_ERROR_NOT_SUPPORTED;
    *result = capability == NVML_VGPU_DRIVER_CAP_WARM_UPDATE ? host->warm_update : host->multi_vgpu;
    return NVML_SUCCESS;
}

/* Measured: a host without a GPU in vGPU host mode also accepts a range. The condition of the documented
 * NOT_SUPPORTED is not known. */
static nvmlReturn_t
check_advertisable (const VgpuSimHost *host, VgateVersionRange range)
{
    if (!vgate_version_range_contains (host->preset, range))
        return NVML_ERROR_INVALID_ARGUMENT;
    return host->vgpus->len > 0 ? NVML_ERROR_IN_USE : NVML_SUCCESS;
}

nvmlReturn_t
nvmlSetVgpuVersion (nvmlVgpuVersion_t *range)
{
    g_autoptr (VgpuSimHost) host = NULL;
    g_autoptr (VgpuSimEdit) edit = NULL;
    char text[VGATE_VERSION_RANGE_TEXT_SIZE];
    VgateVersionRange wanted;
    nvmlReturn_t code = vgpu_sim_state_enter (__func__, &host);

    if (code != NVML_SUCCESS)
        return code;
    if (!range)
        return NVML_ERROR_INVALID_ARGUMENT;
    wanted = (VgateVersionRange){range->minVersion, range->maxVersion};
    code = check_advertisable (host, wanted);
    if (code == NVML_SUCCESS)
        code = vgpu_sim_change_begin (&edit);
    if (code == NVML_SUCCESS)
        code = check_advertisable (edit->host, wanted);
    if (code != NVML_SUCCESS)
        return code;
    g_key_file_set_value (edit->file, VGPU_SIM_GROUP_DRIVER, "advertised-range",
                          vgate_version_range_format (wanted, text));
    return vgpu_sim_change_commit (edit);
}

const char *
vgpuSimDescription (void)
{
    g_autofree char *text = g_strdup_printf ("simulated driver, host file %s", vgpu_sim_host_path ());

    return g_intern_string (text);
}
