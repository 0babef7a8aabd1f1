/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The metadata element: what travels in the domain XML, <vgpus xmlns='urn:x-vgpu-gate:domain:1'>.
 *
 * It is read in two steps. _read is about the form alone, and accepts exactly what
 * schemas/vgpu-gate-domain.rng accepts. _check is about the sense: lengths, mirror against bytes, duplicates,
 * the right domain, the seal.
 */
#pragma once

#include "metadata/mirror.h"
#include "scheduler/element.h"
#include "xml/xml.h"

#define VGATE_ELEMENT_NAMESPACE        "urn:x-vgpu-gate:domain:1"
#define VGATE_ELEMENT_NAMESPACE_FAMILY "urn:x-vgpu-gate:domain:"
#define VGATE_ELEMENT_PREFIX           "vgate"
#define VGATE_ELEMENT_NAME             "vgpus"
/* More than this no VM can have. */
#define VGATE_ELEMENT_VGPUS_MAX 64u

typedef enum {
    VGATE_TRIGGER_START,
    VGATE_TRIGGER_RESUME,
    VGATE_TRIGGER_ARRIVE,
    VGATE_TRIGGER_CHANGE,
    VGATE_TRIGGER_REQUEST,
    VGATE_N_TRIGGERS,
} VgateTrigger;
/* By VgateTrigger; NULL at the end. */
extern const char *const vgate_trigger_names[];
/* "unknown" for a number that is not in the enum. Static. */
const char *vgate_trigger_name (VgateTrigger trigger);

typedef enum {
    VGATE_POWER_RUNNING,
    VGATE_POWER_SUSPENDED, /* to RAM: S3 */
} VgatePower;

/* The pGPU that a vGPU ran on at capture. */
typedef struct {
    char *address; /* PCI */
    char *name;
    char *host_driver;
    VgateVersionRange range; /* the administrator's */
    guint64 read_bandwidth;  /* MB/s; 0: not known */
    gboolean has_scheduler;
    VgateScheduler scheduler;
} VgateSourcePgpu;

typedef struct {
    char *uuid;          /* the vGPU's, as NVML names it */
    char *mdev;          /* UUID of the mediated device, or NULL */
    char *vf;            /* PCI address of the virtual function on the source host, or NULL */
    char *guest_address; /* PCI address in the guest: the key to the hostdev; NULL without hostdev */
    guint32 type;
    char *type_name;
    guint64 framebuffer_used; /* bytes, about; 0: not known; likewise below */
    guint64 runtime_state;
    VgateXmlBytes metadata;
    VgateVgpuMirror mirror;
    VgateVgpuRecord record; /* of the bytes; valid after _check */
    VgateSourcePgpu pgpu;
} VgateElementVgpu;

typedef struct {
    char *domain; /* UUID */
    guint64 sequence;
    gint64 time; /* of the capture: seconds since 1970 */
    int trigger; /* VgateTrigger */
    char *host;
    char *host_uuid;
    gboolean simulated;   /* the driver was the simulated one */
    int power;            /* VgatePower */
    guint64 max_downtime; /* ms that libvirt lets the guest stand still in a migration; 0: not known */
    GPtrArray *vgpus;     /* of VgateElementVgpu *, at least one */
    char *seal;           /* HMAC-SHA-256, 64 lower-case hexadecimal digits; NULL: not sealed */
} VgateElement;

VgateElement *vgate_element_new (void);
VgateElementVgpu *vgate_element_vgpu_new (void);
void vgate_element_vgpu_free (VgateElementVgpu *vgpu);
void vgate_element_free (VgateElement *element);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (VgateElement, vgate_element_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (VgateElementVgpu, vgate_element_vgpu_free)

/* The form. Errors: VGATE_CODE_ELEMENT_VERSION, _STRUCTURE, _VALUE, _BASE64, naming line and element. */
VgateElement *vgate_element_read (xmlNode *root, GError **error);

/*
 * The sense; fills the records. domain_uuid is that of the domain that carries the element. key is the fleet
 * key or NULL: with a key, an element that is unsealed or sealed wrongly is refused; without one the seal is
 * not looked at. Errors: VGATE_CODE_ELEMENT_LENGTH, _MIRROR, _VALUE (an inverted range), _DOMAIN, _DUPLICATE,
 * METADATA_NOT_TEXT, SEAL_MISSING, SEAL_WRONG.
 */
gboolean vgate_element_check (VgateElement *element, const char *domain_uuid, GBytes *key, GError **error);

/*
 * As XML without a prefix: libvirt puts namespace and prefix to it (virDomainSetMetadata with
 * VGATE_ELEMENT_NAMESPACE and VGATE_ELEMENT_PREFIX). with_namespace: as a document of its own. The records
 * decide what the mirrors say. The caller frees it.
 */
char *vgate_element_write (const VgateElement *element, gboolean with_namespace);

/*
 * The text that changes exactly when something that matters changes: without sequence, time, trigger and
 * seal. The caller frees it.
 */
char *vgate_element_essence (const VgateElement *element);

/* Puts the seal of key on the element, over its canonical form: _write of it without seal. */
void vgate_element_seal (VgateElement *element, GBytes *key);
