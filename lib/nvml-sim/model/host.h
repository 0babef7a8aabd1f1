/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A simulated host as its keyfile describes it: driver, GPUs, vGPU types, running vGPUs, faults.
 *
 * A VgpuSimHost is a snapshot: it is filled once from the file, never changed afterwards, and shared by
 * reference between threads. Every pointer that a lookup returns is valid as long as the snapshot.
 */
#pragma once

#include "nvml-sim/model/address.h"
#include "nvml-sim/model/scheduler.h"
#include "nvml-sim/model/work.h"
#include "vgpu-gate/vgpu-gate.h"

typedef struct {
    guint32 id;
    char *name;
    char *class_name;
    guint64 framebuffer_mib;
    guint32 profile; /* profile of its GPU instance; VGPU_SIM_TIME_SLICED when it is not MIG-backed */
    guint32 slices;  /* slices of the GPU that its GPU instance takes; 0 when it is not MIG-backed */
    char *license;
    guint32 most_per_vm;
    guint32 frame_rate_limit; /* frames per second; 0: no limit */
    guint32 display_heads;
    guint32 width, height; /* of each head, in pixels */
    guint32 capabilities;  /* 1 << NVML_VGPU_CAP_* */
    guint64 reservation_mib;
    guint64 gsp_heap_mib;
    guint64 bar1_mib;
    gboolean says_device; /* the file has the PCI IDs that the guest sees; otherwise they are the GPU's */
    guint16 device_id;
    guint16 subsystem_id;
} VgpuSimType;

/* NVML's GPU instance profile ID of types, and GPU instance ID of vGPUs, that are not MIG-backed. */
#define VGPU_SIM_TIME_SLICED     G_MAXUINT32
#define VGPU_SIM_NO_GPU_INSTANCE G_MAXUINT32

/* A type that a GPU offers, and how many instances of it the GPU can run at once. */
typedef struct {
    const VgpuSimType *type;
    guint32 count;
    GArray *placements; /* guint32, ascending: the slots where one can begin in heterogeneous mode */
} VgpuSimOffer;

typedef struct {
    VgpuSimAddress address; /* function 0 */
    char *group;            /* the keyfile's group, as it is written there */
    char *name;
    char *uuid;
    guint16 device_id;
    guint16 subsystem_id;
    char *floor_sweeping; /* "" from Hopper on */
    gboolean ecc;
    gboolean sriov;
    gboolean migration;
    gboolean says_mig;      /* the file sets whether MIG is on, so the board has MIG */
    gboolean mig;           /* in MIG mode, the GPU runs only MIG-backed vGPUs; otherwise none of them */
    guint32 slices;         /* slices for GPU instances in MIG mode */
    gboolean heterogeneous; /* vGPUs of different sizes can run at once */
    guint mode;             /* NVML_VIRTUALIZATION_MODE_* */
    VgpuSimScheduler schedulers[VGPU_SIM_N_ENGINES];
    guint64 framebuffer_mib;
    guint64 read_bandwidth; /* MB/s; 0: not in the file, so not supported; likewise below */
    guint64 write_bandwidth;
    gboolean says_warm_update; /* the file sets whether the driver can be replaced under guests of the GPU */
    gboolean warm_update;
    GArray *offers;    /* of VgpuSimOffer, in the order of the file */
    char *mdev_parent; /* name in sysfs of the device whose mediated devices are its vGPUs; NULL: none */
} VgpuSimGpu;

typedef struct {
    char *uuid;
    char *group;
    guint32 instance; /* never 0 */
    char *vm;
    const VgpuSimGpu *gpu;
    const VgpuSimType *type;
    char *mdev;          /* NULL: on a virtual function, or not in the file; never NULL without SR-IOV */
    char *vf;            /* NULL: a mediated device, or not in the file; always NULL without SR-IOV */
    char *guest_address; /* the vGPU's PCI address inside the guest; NULL: not in the file */
    gboolean guest_up;
    char *guest_driver;    /* NULL while the guest driver is not running */
    guint32 guest_version; /* agreed with the host; 0 while the guest driver is not running */
    gboolean migration;
    guint64 framebuffer_used_mib;
    gboolean says_runtime_state;
    guint64 runtime_state_mib;
    guint32 placement;        /* in slots; VGPU_SIM_NO_PLACEMENT unless its GPU is in heterogeneous mode */
    guint32 gpu_instance;     /* unique on its GPU; VGPU_SIM_NO_GPU_INSTANCE unless that is in MIG mode */
    guint32 frame_rate_limit; /* as in its type */
    guint32 encoder_capacity; /* percent */
    VgpuSimWork work;
} VgpuSimVgpu;

typedef struct {
    gboolean hang;
    int code; /* an nvmlReturn_t, unless the call hangs */
} VgpuSimFault;

typedef struct {
    char *driver_version;
    char *nvml_version; /* NULL: it follows from the driver's version */
    VgateVersionRange preset;
    gboolean says_warm_update; /* the file sets warm_update */
    gboolean warm_update;
    gboolean says_multi_vgpu; /* the file sets multi_vgpu */
    gboolean multi_vgpu;      /* a VM can have vGPUs of different types */
    VgpuSimSchedulerCalls scheduler_calls;
    VgateVersionRange advertised; /* the administrator's range; the preset when none was set */
    guint32 structure_version;
    guint32 last_instance; /* the highest instance number that was ever used */
    GPtrArray *types;      /* VgpuSimType */
    GPtrArray *gpus;       /* VgpuSimGpu: the order of the file is the order of NVML's indices */
    GPtrArray *vgpus;      /* VgpuSimVgpu */
    GHashTable *faults;    /* call without suffix, or CALL@ADDRESS -> VgpuSimFault */
} VgpuSimHost;

/* The first instance number of a new host; real drivers begin with a high number, too. */
#define VGPU_SIM_FIRST_INSTANCE 3251634178u

VgpuSimHost *vgpu_sim_host_ref (VgpuSimHost *host);
void vgpu_sim_host_unref (VgpuSimHost *host);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (VgpuSimHost, vgpu_sim_host_unref)

/* An empty host, which only the parser fills. */
VgpuSimHost *vgpu_sim_host_new (void);
VgpuSimGpu *vgpu_sim_gpu_new (void);
void vgpu_sim_gpu_free (VgpuSimGpu *gpu);
void vgpu_sim_type_free (VgpuSimType *type);
void vgpu_sim_vgpu_free (VgpuSimVgpu *vgpu);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (VgpuSimGpu, vgpu_sim_gpu_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (VgpuSimType, vgpu_sim_type_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (VgpuSimVgpu, vgpu_sim_vgpu_free)

/* Lookups return NULL when there is none. UUIDs are compared without regard to case. */
const VgpuSimGpu *vgpu_sim_host_gpu (const VgpuSimHost *host, VgpuSimAddress address);
/* The GPU with this mdev-parent. */
const VgpuSimGpu *vgpu_sim_host_gpu_of_parent (const VgpuSimHost *host, const char *parent);
const VgpuSimType *vgpu_sim_host_type (const VgpuSimHost *host, guint32 id);
const VgpuSimVgpu *vgpu_sim_host_vgpu (const VgpuSimHost *host, guint32 instance);
const VgpuSimVgpu *vgpu_sim_host_vgpu_by_uuid (const VgpuSimHost *host, const char *uuid);
/* The fault of a call, whose name can have its _vN. */
const VgpuSimFault *vgpu_sim_host_fault (const VgpuSimHost *host, const char *call);
/* The code of a scheduler call that the host's driver does not have: FUNCTION_NOT_FOUND or, where it was
 * removed, DEPRECATED. SUCCESS for all other calls. */
int vgpu_sim_host_lacks_call (const VgpuSimHost *host, const char *call);
/* The fault of a call only on this GPU. */
const VgpuSimFault *vgpu_sim_host_gpu_fault (const VgpuSimHost *host, const char *call,
                                             const VgpuSimGpu *gpu);

/*
 * TRUE when the address is that of a virtual function for a vGPU of this GPU. Only a GPU with SR-IOV has
 * virtual functions. They are on its own bus, and the address of a GPU of the host is not one.
 */
gboolean vgpu_sim_host_has_function (const VgpuSimHost *host, const VgpuSimGpu *gpu, VgpuSimAddress address);

/* What a GPU offers, and what is left of it. */
gboolean vgpu_sim_type_is_mig_backed (const VgpuSimType *type);
const VgpuSimOffer *vgpu_sim_gpu_offer (const VgpuSimGpu *gpu, guint32 type);
guint64 vgpu_sim_host_framebuffer_taken_mib (const VgpuSimHost *host, const VgpuSimGpu *gpu);
/* TRUE when a vGPU runs on the GPU. */
gboolean vgpu_sim_host_gpu_runs (const VgpuSimHost *host, const VgpuSimGpu *gpu);
