/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Could the vGPUs of a GPU, once saved, be restored on that GPU? ./can-it-restore libnvidia-ml.so.1 0000:41:00.0
 * Build it: cc can-it-restore.c $(pkg-config --cflags --libs vgpu-gate) -o can-it-restore */
#include <stdio.h>
#include <vgpu-gate/vgpu-gate.h>

static gboolean
judge (VgateNvml *nvml, guint32 instance, const VgatePgpuRecord *pgpu, GError **error)
{
    g_autoptr (GBytes) bytes = vgate_nvml_vgpu_metadata (nvml, instance, error);
    g_autoptr (VgateVerdict) verdict = vgate_verdict_new ();
    VgateVgpuRecord vgpu = VGATE_INIT (VgateVgpuRecord);
    VgateVgpuSide vgpu_side = VGATE_INIT (VgateVgpuSide);
    VgatePgpuSide pgpu_side = VGATE_INIT (VgatePgpuSide);
    VgateCircumstances defaults = VGATE_INIT (VgateCircumstances);

    if (!bytes || !vgate_vgpu_record_read (g_bytes_get_data (bytes, NULL), g_bytes_get_size (bytes), &vgpu, error))
        return FALSE;
    vgate_circumstances_init (&defaults);
    vgpu_side.record = &vgpu;
    pgpu_side.record = pgpu;
    vgate_compat_judge (&vgpu_side, &pgpu_side, &defaults, verdict);
    printf ("vGPU %u: %s\n", instance, vgate_verdict_allows (verdict, VGATE_STATE_LIVE) ? "yes" : "no");
    for (guint i = 0; i < vgate_verdict_get_n_findings (verdict); i++) {
        const VgateFinding *finding = vgate_verdict_get_finding (verdict, i);
        g_autofree char *what = vgate_finding_describe (finding);

        printf ("  VGATE-%d: %s. %s\n", vgate_finding_get_code (finding), what, vgate_finding_way_out (finding));
    }
    return TRUE;
}

int
main (int argc, char *argv[])
{
    VgateNvmlDevice device;
    VgatePgpuRecord pgpu = VGATE_INIT (VgatePgpuRecord);
    g_autoptr (GError) error = NULL;
    g_autoptr (VgateNvml) nvml = argc == 3 ? vgate_nvml_open (argv[1], &error) : NULL;
    gboolean good = nvml && vgate_nvml_device_at (nvml, argv[2], &device, &error);
    g_autoptr (GBytes) bytes = good ? vgate_nvml_device_metadata (nvml, device, &error) : NULL;
    g_autoptr (GArray) vgpus = bytes ? vgate_nvml_device_vgpus (nvml, device, &error) : NULL;

    good = vgpus && vgate_pgpu_record_read (g_bytes_get_data (bytes, NULL), g_bytes_get_size (bytes), &pgpu, &error);
    for (guint i = 0; good && i < vgpus->len; i++)
        good = judge (nvml, g_array_index (vgpus, guint32, i), &pgpu, &error);
    return good ? 0 : (fprintf (stderr, "%s\n", error ? error->message : "usage: can-it-restore LIBRARY GPU"), 1);
}
