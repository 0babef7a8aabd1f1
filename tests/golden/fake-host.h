/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A host that is made of files: /sys, /proc, /run and /etc under a directory of its own, a configuration, and
 * the simulated driver with its host file. The programs see it by --root and --config.
 *
 * The probe starts its helper with a clean environment, as it must; so the configuration's helper= is a
 * script in that directory that sets $VGPU_SIM_HOST and becomes the real helper.
 */
#pragma once

#include <glib.h>

#define FAKE_HOST_UUID "8c1d3a52-6b40-4a7e-9d55-20c9f1b7e602"
/* The host that the elements of hook/ were captured on. */
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

/* Driver 580.95.05 with vGPU versions 18.1 to 26.1, without GPUs. Nothing is configured but how to reach it.
 */
FakeHost *fake_host_new (void);
/* Also fails the test when a helper left a sanitiser's report. */
void fake_host_free (FakeHost *host);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (FakeHost, fake_host_free)

const char *fake_host_root (const FakeHost *host);
const char *fake_host_config (const FakeHost *host);
/* A path in the host's directory. The caller frees it. */
char *fake_host_path (const FakeHost *host, const char *name);

/* A GPU that driver and sysfs know; with its SR-IOV on it has the virtual functions that are added. */
void fake_host_add_gpu (FakeHost *host, const char *address, FakeModel model);
/* It is in MIG mode: to be said before vgpu-sim runs. */
void fake_host_set_mig (FakeHost *host, const char *address);
/* One that sysfs knows only: another driver has it. */
void fake_host_add_unlisted_gpu (FakeHost *host, const char *address, FakeModel model);
/* A PCI device of another vendor. */
void fake_host_add_foreign_device (FakeHost *host, const char *address);
/* A virtual function of a GPU; type: what nvidia/current_vgpu_type says, -1: there is no such file. */
void fake_host_add_vf (FakeHost *host, const char *gpu, const char *address, int type);
/* A mediated device of this type on a GPU, a virtual function or a foreign device. */
void fake_host_add_mdev (FakeHost *host, const char *uuid, guint type, const char *parent);

/* So many mediated devices of the type can be made on a GPU or a virtual function. */
void fake_host_offer_mdev (FakeHost *host, const char *parent, guint type, guint available);
/* A virtual function, whose current_vgpu_type is 0, can be given these types, ended by 0. */
void fake_host_offer_vf (FakeHost *host, const char *address, const guint *types);
/*
 * From now on, until the host is freed, what is written to a "create" makes a mediated device, and what is
 * written to its "remove" takes it away, as a kernel would do.
 */
void fake_host_start_kernel (FakeHost *host);
gboolean fake_host_has_mdev (const FakeHost *host, const char *uuid);
/* libvirt's status file of a live domain that has a mediated device, or, with a ':' in it, a PCI device. */
void fake_host_add_live_domain (FakeHost *host, const char *name, const char *uuid, const char *device);

/* A device (a PCI address, or a mediated device's UUID) is in this IOMMU group; or VFIO has this node for it
 * alone, as with iommufd: "vfio3". */
void fake_host_set_iommu_group (FakeHost *host, const char *device, guint group);
void fake_host_set_vfio_node (FakeHost *host, const char *device, const char *node);
/* From now on the driver does not answer whoever reads or writes these files, which a pattern names: a
 * process that does waits for ever. */
void fake_host_hang (FakeHost *host, const char *pattern);
/* It answers this again. */
void fake_host_answer (FakeHost *host, const char *pattern, const char *text);
/* The host's device node is the same device as another one: "/dev/vfio/42" as "/dev/zero". */
void fake_host_add_node (FakeHost *host, const char *file, const char *device);
/* A process of this name runs, and has the file open: "/dev/vfio/42". Unless there is such a file, it is the
 * same device as /dev/null. */
void fake_host_open_file (FakeHost *host, guint pid, const char *name, const char *file);

/* QEMU of this domain runs: with -incoming it is to receive a guest. */
void fake_host_qemu_started (FakeHost *host, const char *domain, gboolean incoming);
/* Its pid file, or its command line, with these contents. */
void fake_host_qemu_pid_file (FakeHost *host, const char *domain, const char *contents);
void fake_host_qemu_command_line (FakeHost *host, const char *contents, gsize length);

/* Driver, GPUs and all are those of this vgpu-sim host file, a path in the source tree; sysfs has none of it.
 */
void fake_host_take_sim_file (FakeHost *host, const char *path);
/* vgpu-gated serves the gate at switch-over, for as long as the host lives. */
void fake_host_serve_switchover (FakeHost *host);

/* Runs vgpu-sim with these words, several commands separated by ';': "update --gpu 0000:41:00.0 --ecc off".
 */
void fake_host_sim (FakeHost *host, const char *commands);

/*
 * Lines of a key file: "[gate]\nmissing-metadata=allow\n". They replace or extend what is configured.
 * In them $ROOT is the host's directory.
 */
void fake_host_configure (FakeHost *host, const char *lines);
/* library= is this. */
void fake_host_set_library (FakeHost *host, const char *library);
/* The configuration has no uuid. */
void fake_host_forget_uuid (FakeHost *host);
/* The configuration, byte for byte; mode is its permissions. */
void fake_host_write_config (FakeHost *host, const char *text, guint mode);
/* A file in the host's directory. */
void fake_host_write_file (FakeHost *host, const char *name, const char *text, gsize length, guint mode);
/* helper= is a script of these shell lines, in which $HELPER is the real helper. */
void fake_host_set_helper (FakeHost *host, const char *lines);
/* The process id that the last helper had. */
int fake_host_helper_pid (const FakeHost *host);

/* Waits for its end, and fails the test when it goes on and on. */
void fake_host_assert_helper_ends (const FakeHost *host);

/* text with everything replaced that is another each time: the directory, this machine's name, times, ages.
 * The caller frees it. */
char *fake_host_normalise (const FakeHost *host, const char *text);
