/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A host's pGPUs as one record, and the host document: that record as XML, which another machine can judge
 * later. <host xmlns='urn:x-vgpu-gate:host:1'>, schemas/vgpu-gate-host.rng.
 */
#pragma once

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
    guint32 free_instances; /* that can be created now */
} VgateHostType;

/* Whether vGPUs with frame buffers of several sizes run on a GPU at once. */
typedef enum {
    VGATE_SIZES_UNKNOWN, /* MIG mode, where other rules hold, or the driver does not say */
    VGATE_SIZES_EQUAL,
    VGATE_SIZES_MIXED, /* the heterogeneous mode */
} VgateVgpuSizes;

typedef struct {
    char *address; /* PCI, of the physical function */
    char *name;
    char *uuid;    /* "GPU-..." as NVML writes it */
    guint32 index; /* NVML's; 0 in a host that was read from XML */
    VgateXmlBytes metadata;
    VgatePgpuMirror mirror;  /* as read; empty in a host that was not read from XML */
    VgatePgpuRecord record;  /* of the bytes */
    guint64 read_bandwidth;  /* MB/s at which vGPUs are read out of it; 0: not known */
    guint64 write_bandwidth; /* and written into it */
    int vgpu_sizes;          /* VgateVgpuSizes */
    gboolean has_scheduler;
    VgateScheduler scheduler;
    GPtrArray *types; /* of VgateHostType * */
} VgatePgpu;

/* A GPU that cannot be used: NVML fails at it, or gives an answer that cannot be. All else goes on. */
typedef struct {
    guint32 index; /* NVML's, which another start of the driver may give to another GPU */
    char *address; /* PCI; NULL: NVML does not even tell that */
    char *name;    /* or NULL */
    char *reason;  /* the NVML call, and what came of it */
    int nvml_code; /* of VGATE_NVML_ERROR; 0 when it was read from XML */
} VgateUnusableGpu;

typedef struct {
    gint64 time; /* seconds since 1970 */
    char *name;
    char *uuid;
    char *driver;              /* host driver version */
    gboolean simulated;        /* it is the simulated driver */
    VgateVersionRange preset;  /* what the driver supports */
    VgateVersionRange current; /* the administrator's range */
    GPtrArray *pgpus;          /* of VgatePgpu *, those in vGPU host mode that can be used */
    GPtrArray *unusable;       /* of VgateUnusableGpu * */
} VgateHost;

VgateHost *vgate_host_new (void);
VgatePgpu *vgate_pgpu_new (void);
VgateHostType *vgate_host_type_new (void);
/* address and name: NULL where they are not known. why: the error of an NVML call. */
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

/* Untrusted bytes as a host. Errors: VGATE_CODE_XML_*; VGATE_CODE_HOST_DOCUMENT where the form is not that of
 * schemas/vgpu-gate-host.rng; VGATE_CODE_HOST_DISAGREES where the form is right and the sense is not. */
VgateHost *vgate_host_read (const char *xml, gsize length, GError **error);

/* The host document, indented, ended by a line feed. The caller frees it. */
char *vgate_host_write (const VgateHost *host);

/* The pGPU with this PCI address; NULL. */
VgatePgpu *vgate_host_find_pgpu (const VgateHost *host, const char *address);

/*
 * The unusable GPU with this PCI address; or, where no GPU of the host has it, the first unusable one whose
 * address is not known, as it may be that. NULL: that GPU is usable, or none of the host's.
 */
const VgateUnusableGpu *vgate_host_find_unusable (const VgateHost *host, const char *address);
/* "GPU 0000:c2:00.0 (NVIDIA H100): nvmlDeviceGetVgpuMetadata: NVML error 15: GPU is lost". The caller frees
 * it. */
char *vgate_unusable_gpu_describe (const VgateUnusableGpu *gpu);

/*
 * A vGPU's type is known by its name: each driver and board numbers the types for itself (NVIDIA), so that an
 * id means a type only together with a host and its driver. These two are all that compares types.
 *
 * The first finds the type with this name, or where name is NULL (or what we write for an empty one,
 * "unknown") the one with this id; else one with this id that has no name itself. NULL: the pGPU does not
 * offer it.
 *
 * The second is TRUE when both are the same. A side without a name gets the one that the pGPU's list has for
 * its id; the ids themselves are compared only where a name is still missing then.
 */
const VgateHostType *vgate_pgpu_find_type (const VgatePgpu *pgpu, guint32 id, const char *name);
gboolean vgate_pgpu_is_same_type (const VgatePgpu *pgpu, guint32 id, const char *name, guint32 other_id,
                                  const char *other_name);
