/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A kernel module of the mdev lab: two GPUs that are not there, one a host. Each is a PCI function of
 * NVIDIA's vendor ID on a root bus of its own, and parent of mediated devices, so sysfs shows what it shows
 * on a host with a vGPU manager: /sys/bus/pci/devices/0000:41:00.0/mdev_supported_types/nvidia-1128. The
 * mediated devices themselves are the kernel's sample, mtty: its source, unmodified, is included here, and
 * only its registration (one parent, types of serial ports) is left out.
 */
#include <linux/module.h>
#include <linux/pci.h>
#include <linux/unaligned.h>

#pragma push_macro("module_init")
#pragma push_macro("module_exit")
#undef module_init
#undef module_exit
#define module_init(function)
#define module_exit(function)
#include "mtty.c"
#pragma pop_macro("module_init")
#pragma pop_macro("module_exit")

#define NVIDIA      0x10de
#define H100        0x2330
#define CONTROLLER  0x0302 /* base class display, sub-class 3D */
#define CONFIG_SIZE 256

/* The types of examples/lab-host.conf. mtty tells by the number of ports whether a state is of its type. */
static const struct mtty_type gpu_types[] = {
    {.type = {.sysfs_name = "1128", .pretty_name = "NVIDIA H100XM-20C"}, .nr_ports = 2},
    {.type = {.sysfs_name = "1131", .pretty_name = "NVIDIA H100XM-80C"}, .nr_ports = 1},
};

struct gpu {
    u8 bus_number;
    struct pci_sysdata sysdata;
    struct pci_bus *bus;
    u8 config[CONFIG_SIZE];
    struct mdev_parent parent;
    struct mtty_type types[ARRAY_SIZE (gpu_types)];
    struct mdev_type *type_list[ARRAY_SIZE (gpu_types)];
};

static struct gpu gpus[] = {{.bus_number = 0x41}, {.bus_number = 0x42}};

static struct gpu *
gpu_of_bus (struct pci_bus *bus)
{
    return container_of ((struct pci_sysdata *)bus->sysdata, struct gpu, sysdata);
}

static int
read_config (struct pci_bus *bus, unsigned int devfn, int where, int size, u32 *value)
{
    *value = 0;
    if (devfn != 0)
        return PCIBIOS_DEVICE_NOT_FOUND;
    if (where + size > CONFIG_SIZE)
        return PCIBIOS_BAD_REGISTER_NUMBER;
    memcpy (value, gpu_of_bus (bus)->config + where, size);
    return PCIBIOS_SUCCESSFUL;
}

/* Nothing can be set: no BAR has a size, so the kernel gives it no room. */
static int
write_config (struct pci_bus *bus, unsigned int devfn, int where, int size, u32 value)
{
    return devfn == 0 ? PCIBIOS_SUCCESSFUL : PCIBIOS_DEVICE_NOT_FOUND;
}

static struct pci_ops config_ops = {.read = read_config, .write = write_config};

static int
gpu_probe (struct pci_dev *device, const struct pci_device_id *id)
{
    struct gpu *gpu = gpu_of_bus (device->bus);

    for (size_t i = 0; i < ARRAY_SIZE (gpu_types); i++) {
        gpu->types[i] = gpu_types[i];
        gpu->type_list[i] = &gpu->types[i].type;
    }
    return mdev_register_parent (&gpu->parent, &device->dev, &mtty_driver, gpu->type_list,
                                 ARRAY_SIZE (gpu_types));
}

static void
gpu_remove (struct pci_dev *device)
{
    mdev_unregister_parent (&gpu_of_bus (device->bus)->parent);
}

static const struct pci_device_id gpu_ids[] = {{PCI_DEVICE (NVIDIA, H100)}, {}};

/* By the driver's name the kernel names the types: nvidia-1128. */
static struct pci_driver gpu_driver = {
    .name = "nvidia",
    .id_table = gpu_ids,
    .probe = gpu_probe,
    .remove = gpu_remove,
};

static void
unplug_gpus (void)
{
    for (size_t i = 0; i < ARRAY_SIZE (gpus); i++) {
        if (!gpus[i].bus)
            continue;
        pci_lock_rescan_remove ();
        pci_stop_root_bus (gpus[i].bus);
        pci_remove_root_bus (gpus[i].bus);
        pci_unlock_rescan_remove ();
        gpus[i].bus = NULL;
    }
}

static int
plug_gpu (struct gpu *gpu)
{
    LIST_HEAD (no_resources);

    gpu->sysdata.node = NUMA_NO_NODE;
    put_unaligned_le16 (NVIDIA, gpu->config + PCI_VENDOR_ID);
    put_unaligned_le16 (H100, gpu->config + PCI_DEVICE_ID);
    put_unaligned_le16 (CONTROLLER, gpu->config + PCI_CLASS_DEVICE);
    put_unaligned_le16 (NVIDIA, gpu->config + PCI_SUBSYSTEM_VENDOR_ID);
    gpu->bus = pci_scan_root_bus (NULL, gpu->bus_number, &config_ops, &gpu->sysdata, &no_resources);
    if (!gpu->bus)
        return -ENODEV;
    pci_bus_add_devices (gpu->bus);
    return 0;
}

static int
plug_gpus (void)
{
    int error = pci_register_driver (&gpu_driver);

    if (error)
        return error;
    for (size_t i = 0; !error && i < ARRAY_SIZE (gpus); i++)
        error = plug_gpu (&gpus[i]);
    if (error) {
        unplug_gpus ();
        pci_unregister_driver (&gpu_driver);
    }
    return error;
}

static int __init
lab_gpu_init (void)
{
    int error = mdev_register_driver (&mtty_driver);

    /* what is left out of mtty.c */
    (void)mtty_dev_init, (void)mtty_dev_exit;
    if (error)
        return error;
    error = plug_gpus ();
    if (error)
        mdev_unregister_driver (&mtty_driver);
    return error;
}

static void __exit
lab_gpu_exit (void)
{
    unplug_gpus ();
    pci_unregister_driver (&gpu_driver);
    mdev_unregister_driver (&mtty_driver);
}

module_init (lab_gpu_init);
module_exit (lab_gpu_exit);
