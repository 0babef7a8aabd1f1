/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A record of a host's pGPUs, and the same record as XML: the host document, which another machine can judge
 * later, <host xmlns='urn:x-vgpu-gate:host:1'>, schemas/vgpu-gate-host.rng.
 */
#pragma once

#include "host/devices.h"
#include "metadata/mirror.h"
#include "scheduler/element.h"
#include "xml/xml.h"

#define VGATE_HOST_NAMESPACE "urn:x-vgpu-gate:host:1"

/* A vGPU type that a pGPU offers. */
typedef struct {
    guint32 id;
    char *name;
    char *class_name;
    guint64 framebuffer; /* bytes */
    guint32 max_instances;
    guint32 free_instances; /* the number that can be created now */
} VgateHostType;

/* Whether vGPUs with different frame buffer sizes can run on a GPU at the same time. */
typedef enum {
    VGATE_SIZES_UNKNOWN, /* MIG mode, which has other rules, or the driver does not report it */
    VGATE_SIZES_EQUAL,
    VGATE_SIZES_MIXED, /* heterogeneous mode */
} VgateVgpuSizes;

/* A mode of a GPU, which the documents show to people; the gate decides nothing by it. */
typedef enum {
    VGATE_MODE_UNKNOWN, /* the driver does not report it, or the board does not have it */
    VGATE_MODE_OFF,
    VGATE_MODE_ON,
} VgateMode;

typedef struct {
    char *address; /* PCI, of the physical function */
    char *name;
    char *uuid;    /* "GPU-..." as NVML writes it */
    guint32 index; /* NVML's index, which can change when the driver is loaded again; 0 in a document */
    VgateXmlBytes metadata;
    VgatePgpuMirror mirror;  /* as it was read; empty in a host that was not read from XML */
    VgatePgpuRecord record;  /* read from the bytes */
    guint64 read_bandwidth;  /* MB/s at which vGPUs are read from it; 0: not known */
    guint64 write_bandwidth; /* MB/s at which vGPUs are written to it; 0: not known */
    int vgpu_sizes;          /* VgateVgpuSizes */
    int mig;                 /* VgateMode, as are the following ones */
    int ecc;
    int sriov;
    int migration;   /* TRUE in the record's capabilities */
    int warm_update; /* as in VgateHost */
    gboolean has_scheduler;
    VgateScheduler scheduler;
    GPtrArray *types; /* of VgateHostType * */
} VgatePgpu;

/* A GPU that cannot be used, because an NVML call for it failed or returned an invalid answer. The host's
 * other GPUs can still be used. */
typedef struct {
    guint32 index; /* NVML's index, which can change when the driver is loaded again */
    char *address; /* PCI; NULL: NVML does not return it */
    char *name;    /* or NULL */
    char *reason;  /* the NVML call and its error */
    int nvml_code; /* a code of VGATE_NVML_ERROR; 0 when it was read from XML */
} VgateUnusableGpu;

typedef struct {
    gint64 time; /* seconds since 1970 */
    char *name;
    char *uuid;
    char *driver;              /* host driver version */
    gboolean simulated;        /* the driver is the simulated one */
    VgateVersionRange preset;  /* the versions that the driver supports */
    VgateVersionRange current; /* the versions that the administrator accepts */
    int warm_update;           /* VgateMode: the driver can be replaced while guests run */
    GPtrArray *pgpus;          /* of VgatePgpu *: the usable GPUs in vGPU host mode */
    GPtrArray *unusable;       /* of VgateUnusableGpu * */
    /* The gate at switch-over: whether vgpu-gated serves it, and its bus. */
    gboolean has_switch_over; /* FALSE: not known; served and bus are then not set */
    gboolean switch_over_served;
    char *switch_over_bus;     /* NULL: the configuration of that host sets none */
    VgateHostDevices *devices; /* NULL: not known; then placement cannot be judged */
} VgateHost;

VgateHost *vgate_host_new (void);
VgatePgpu *vgate_pgpu_new (void);
VgateHostType *vgate_host_type_new (void);
/* address and name are NULL when they are not known. why is the error of an NVML call. */
VgateUnusableGpu *vgate_unusable_gpu_new (guint32 index, const char *address, const char *name,
                                          const GError *why);
void vgate_unusable_gpu_free (VgateUnusableGpu *gpu);
void vgate_host_type_free (VgateHostType *type);
void vgate_pgpu_free (VgatePgpu *pgpu);
void vgate_host_free (VgateHost *host);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (VgateUnusableGpu, vgate_unusable_gpu_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (VgateHostType, vgate_host_type_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (VgatePgpu, vgate_pgpu_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (VgateHost, vgate_host_free)

/* Reads untrusted bytes. Errors: VGATE_CODE_XML_*; VGATE_CODE_HOST_DOCUMENT when the form is not that of
 * schemas/vgpu-gate-host.rng; VGATE_CODE_HOST_DISAGREES when the form is right and the content contradicts
 * itself. */
VgateHost *vgate_host_read (const char *xml, gsize length, GError **error);
/* The same for a report: all that is wrong is added to faults (base/fault.h), which is empty before, and NULL
 * is returned if there is anything. */
VgateHost *vgate_host_inspect (const char *xml, gsize length, GPtrArray *faults);

/* Writes the host document, indented and with a line feed at its end. The caller frees it. */
char *vgate_host_write (const VgateHost *host);

/* TRUE when the driver and all GPUs support the replacement of the driver while guests run. NVIDIA's release
 * notes name the drivers between which it is possible. */
gboolean vgate_host_has_warm_update (const VgateHost *host);

/* The pGPU with this PCI address, or NULL. */
VgatePgpu *vgate_host_find_pgpu (const VgateHost *host, const char *address);

/*
 * The unusable GPU with this PCI address. When no GPU of the host has the address, the first unusable GPU
 * whose address is not known, as that can be the GPU. NULL when the GPU is usable or does not belong to the
 * host.
 */
const VgateUnusableGpu *vgate_host_find_unusable (const VgateHost *host, const char *address);
/* "GPU 0000:c2:00.0 (NVIDIA H100): nvmlDeviceGetVgpuMetadata: NVML error 15: GPU is lost". The caller frees
 * it. */
char *vgate_unusable_gpu_describe (const VgateUnusableGpu *gpu);

/*
 * Types are identified by their names: each driver and board numbers the types differently (NVIDIA), so that
 * an ID identifies a type only together with a host and its driver. All comparisons of types use these two
 * functions.
 *
 * vgate_pgpu_find_type () finds the type with this name or, when name is NULL or "unknown" (which is written
 * for an empty name), the type with this ID; otherwise a type with this ID that has no name. NULL when the
 * pGPU does not offer the type.
 *
 * vgate_pgpu_is_same_type () is TRUE when both types are the same. The pGPU's list supplies a missing name by
 * the ID. The IDs are only compared when a name is still missing then.
 */
const VgateHostType *vgate_pgpu_find_type (const VgatePgpu *pgpu, guint32 id, const char *name);
gboolean vgate_pgpu_is_same_type (const VgatePgpu *pgpu, guint32 id, const char *name, guint32 other_id,
                                  const char *other_name);
