/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A host made of files: /sys, /proc, /run and /etc in its own directory, a configuration, and the simulated
 * driver with its host file. The programs use it with --root and --config.
 *
 * The probe starts its helper with an empty environment, as it must; so the configuration's helper= is a
 * script in that directory that sets $VGPU_SIM_HOST and then executes the real helper.
 */
#pragma once

#include <glib.h>

#define FAKE_HOST_UUID "8c1d3a52-6b40-4a7e-9d55-20c9f1b7e602"
/* The host on which the elements of hook/ were captured. */
#define FAKE_SOURCE_UUID "1f0e7b94-52ad-4c08-b1a3-7d64c2908e11"

/* The vGPU types of our boards; the ids are examples. */
enum {
    FAKE_TYPE_H100_20C = 1120,
    FAKE_TYPE_H100_40C = 1121,
    FAKE_TYPE_H100_80C = 1122,
    FAKE_TYPE_L40S_12C = 1140,
    FAKE_TYPE_L40S_48C = 1142,
};

typedef enum {
    FAKE_H100,
    FAKE_L40S,
} FakeModel;

typedef struct FakeHost FakeHost;

/* Driver 580.95.05 with vGPU versions 18.1 to 26.1, without GPUs. The way to the driver is configured,
 * and that no capture is too old or of the future. */
FakeHost *fake_host_new (void);
/* Also fails the test if a helper left a sanitiser's report. */
void fake_host_free (FakeHost *host);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (FakeHost, fake_host_free)

const char *fake_host_root (const FakeHost *host);
const char *fake_host_config (const FakeHost *host);
/* A path in the host's directory. The caller frees it. */
char *fake_host_path (const FakeHost *host, const char *name);
/* TRUE if there is anything of that name in the host's directory. */
gboolean fake_host_has (const FakeHost *host, const char *name);

/* Adds a GPU to driver and sysfs. With SR-IOV enabled it has the virtual functions that are added. */
void fake_host_add_gpu (FakeHost *host, const char *address, FakeModel model);
/* Puts the GPU into MIG mode. Call this before vgpu-sim is run. */
void fake_host_set_mig (FakeHost *host, const char *address);
/* Adds a GPU to sysfs only, which another driver has. */
void fake_host_add_unlisted_gpu (FakeHost *host, const char *address, FakeModel model);
/* A PCI device of another vendor. */
void fake_host_add_foreign_device (FakeHost *host, const char *address);
/* Adds a virtual function of a GPU; type: its nvidia/current_vgpu_type, or -1 for no such file. */
void fake_host_add_vf (FakeHost *host, const char *gpu, const char *address, int type);
/* Adds a mediated device of this type on a GPU, a virtual function or a foreign device. */
void fake_host_add_mdev (FakeHost *host, const char *uuid, guint type, const char *parent);

/* A GPU or a virtual function offers this many mediated devices of the type. */
void fake_host_offer_mdev (FakeHost *host, const char *parent, guint type, guint available);
/* A virtual function, whose current_vgpu_type is 0, offers these types, ended by 0. */
void fake_host_offer_vf (FakeHost *host, const char *address, const guint *types);
/* From now on, until the host is freed, writing to a "create" creates a mediated device, and writing to its
 * "remove" removes it, as in a kernel. */
void fake_host_start_kernel (FakeHost *host);
gboolean fake_host_has_mdev (const FakeHost *host, const char *uuid);
/* Writes libvirt's status file of a live domain that has a mediated device, or, with a ':' in it, a PCI
 * device. */
void fake_host_add_live_domain (FakeHost *host, const char *name, const char *uuid, const char *device);

/* Puts a device (a PCI address, or a mediated device's UUID) into this IOMMU group, or gives it a VFIO node
 * of its own, as with iommufd: "vfio3". */
void fake_host_set_iommu_group (FakeHost *host, const char *device, guint group);
void fake_host_set_vfio_node (FakeHost *host, const char *device, const char *node);
/* From now on the driver does not answer reads and writes of the files that the pattern matches: the process
 * waits for ever. */
void fake_host_hang (FakeHost *host, const char *pattern);
/* The driver answers again, with this text. */
void fake_host_answer (FakeHost *host, const char *pattern, const char *text);
/* Makes the host's device node the same device as another one: "/dev/vfio/42" as "/dev/zero". */
void fake_host_add_node (FakeHost *host, const char *file, const char *device);
/* A process of this name runs, and has the file open: "/dev/vfio/42". If there is no such file, it becomes
 * the same device as /dev/null. */
void fake_host_open_file (FakeHost *host, guint pid, const char *name, const char *file);

/* QEMU of this domain runs; with -incoming if it was started for an incoming migration. */
void fake_host_qemu_started (FakeHost *host, const char *domain, gboolean incoming);
/* Writes QEMU's pid file, or its command line. */
void fake_host_qemu_pid_file (FakeHost *host, const char *domain, const char *contents);
void fake_host_qemu_command_line (FakeHost *host, const char *contents, gsize length);

/* Takes driver, GPUs and vGPUs from this vgpu-sim host file, a path in the source tree; sysfs does not get
 * them. */
void fake_host_take_sim_file (FakeHost *host, const char *path);
/* vgpu-gated serves the gate at switch-over as long as the host exists. */
void fake_host_serve_switchover (FakeHost *host);

/* Runs vgpu-sim with these words, several commands separated by ';': "update --gpu 0000:41:00.0 --ecc
 * off". */
void fake_host_sim (FakeHost *host, const char *commands);

/* Adds lines of a key file to the configuration, or replaces its lines: "[gate]\nmissing-metadata=allow\n".
 * $ROOT in them is the host's directory. */
void fake_host_configure (FakeHost *host, const char *lines);
/* Sets library=. */
void fake_host_set_library (FakeHost *host, const char *library);
/* Removes uuid= from the configuration. */
void fake_host_forget_uuid (FakeHost *host);
/* Replaces the configuration, byte for byte; mode: its permissions. */
void fake_host_write_config (FakeHost *host, const char *text, guint mode);
/* Writes a file in the host's directory. */
void fake_host_write_file (FakeHost *host, const char *name, const char *text, gsize length, guint mode);
/* Makes helper= a script of these shell lines, in which $HELPER is the real helper. */
void fake_host_set_helper (FakeHost *host, const char *lines);
/* The process ID of the last helper. */
int fake_host_helper_pid (const FakeHost *host);

/* Waits for its end, and fails the test if it does not end. */
void fake_host_assert_helper_ends (const FakeHost *host);

/* Returns text with every value replaced that differs in each run: the directory, this machine's name, times,
 * ages. The caller frees it. */
char *fake_host_normalise (const FakeHost *host, const char *text);
