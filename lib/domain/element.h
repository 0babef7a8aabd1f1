/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The metadata element that migrates in the domain XML, <vgpus xmlns='urn:x-vgpu-gate:domain:1'>.
 *
 * It is read in two steps. vgate_element_read () checks only the form, and accepts exactly what
 * schemas/vgpu-gate-domain.rng accepts. vgate_element_check () checks the content: lengths, whether mirror
 * and bytes agree, duplicates, the domain's UUID, and the seal.
 */
#pragma once

#include "metadata/mirror.h"
#include "scheduler/element.h"
#include "xml/xml.h"

#define VGATE_ELEMENT_NAMESPACE        "urn:x-vgpu-gate:domain:1"
#define VGATE_ELEMENT_NAMESPACE_FAMILY "urn:x-vgpu-gate:domain:"
#define VGATE_ELEMENT_PREFIX           "vgate"
#define VGATE_ELEMENT_NAME             "vgpus"
/* No VM can have more vGPUs than this. */
#define VGATE_ELEMENT_VGPUS_MAX 64u

typedef enum {
    VGATE_TRIGGER_START,
    VGATE_TRIGGER_RESUME,
    VGATE_TRIGGER_ARRIVE,
    VGATE_TRIGGER_CHANGE,
    VGATE_TRIGGER_REQUEST,
    VGATE_TRIGGER_RENEW, /* nothing has changed, and the capture before was old */
    VGATE_N_TRIGGERS,
} VgateTrigger;
/* Indexed by VgateTrigger, and terminated by NULL. */
extern const char *const vgate_trigger_names[];
/* "unknown" for a number that is not in the enum. Static. */
const char *vgate_trigger_name (VgateTrigger trigger);

typedef enum {
    VGATE_POWER_RUNNING,
    VGATE_POWER_SUSPENDED, /* to RAM: S3 */
} VgatePower;

/* The pGPU on which a vGPU was running when it was captured. */
typedef struct {
    char *address; /* PCI */
    char *name;
    char *host_driver;
    VgateVersionRange range; /* the accepted versions, as the administrator set them */
    guint64 read_bandwidth;  /* MB/s; 0: not known */
    gboolean has_scheduler;
    VgateScheduler scheduler;
} VgateSourcePgpu;

typedef struct {
    guint line;          /* where it begins in the document that was read; 0: it was not read */
    char *uuid;          /* the vGPU's UUID in NVML */
    char *mdev;          /* UUID of the mediated device, or NULL */
    char *vf;            /* PCI address of the virtual function on the source host, or NULL */
    char *guest_address; /* PCI address in the guest, which identifies the hostdev; NULL without hostdev */
    guint32 type;
    char *type_name;
    guint64 framebuffer_used; /* bytes, rounded; 0: not known */
    guint64 runtime_state;
    VgateXmlBytes metadata;
    VgateVgpuMirror mirror;
    VgateVgpuRecord record; /* read from the bytes; valid after vgate_element_check () */
    VgateSourcePgpu pgpu;
} VgateElementVgpu;

typedef struct {
    guint line;   /* where it begins in the document that was read; 0: it was not read */
    char *domain; /* UUID */
    guint64 sequence;
    gint64 time; /* of the capture: seconds since 1970 */
    int trigger; /* VgateTrigger */
    char *host;
    char *host_uuid;
    gboolean simulated;   /* the driver was the simulated one */
    int power;            /* VgatePower */
    guint64 max_downtime; /* ms of down-time that libvirt allows in a migration; 0: not known */
    GPtrArray *vgpus;     /* of VgateElementVgpu *, at least one */
    char *seal;           /* HMAC-SHA-256, 64 lower-case hexadecimal digits; NULL: not sealed */
} VgateElement;

VgateElement *vgate_element_new (void);
VgateElementVgpu *vgate_element_vgpu_new (void);
void vgate_element_vgpu_free (VgateElementVgpu *vgpu);
void vgate_element_free (VgateElement *element);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (VgateElement, vgate_element_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (VgateElementVgpu, vgate_element_vgpu_free)

/* Reads an element and checks its form. Errors: VGATE_CODE_ELEMENT_VERSION, _STRUCTURE, _VALUE, _BASE64,
 * which name line and element. */
VgateElement *vgate_element_read (xmlNode *root, GError **error);

/*
 * Checks the content and fills the records. domain_uuid is the UUID of the domain that has the element. key
 * is the fleet key or NULL. With a key, an element that is not sealed or has a wrong seal is refused; without
 * a key, the seal is not checked. Errors: VGATE_CODE_ELEMENT_LENGTH, _MIRROR, _VALUE (an inverted range),
 * _DOMAIN, _DUPLICATE, METADATA_NOT_TEXT, SEAL_MISSING, SEAL_WRONG.
 */
gboolean vgate_element_check (VgateElement *element, const char *domain_uuid, GBytes *key, GError **error);
/* The same for a report: all that is wrong is added to faults (base/fault.h). */
gboolean vgate_element_inspect (VgateElement *element, const char *domain_uuid, GBytes *key,
                                GPtrArray *faults);

/*
 * The element as XML. Without with_namespace it has neither namespace nor prefix, which libvirt adds
 * (virDomainSetMetadata with VGATE_ELEMENT_NAMESPACE and VGATE_ELEMENT_PREFIX); with it, the XML is a
 * document. The mirrors are written from the records. The caller frees it.
 */
char *vgate_element_write (const VgateElement *element, gboolean with_namespace);

/*
 * A text that changes exactly when the content changes; it does not contain sequence, time, trigger and seal.
 * The caller frees it.
 */
char *vgate_element_essence (const VgateElement *element);

/* Seals the element with the key. The seal covers the canonical form, which is vgate_element_write () of the
 * element without a seal. */
void vgate_element_seal (VgateElement *element, GBytes *key);
