/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * libvgpu-gate: can this NVIDIA vGPU run on that physical GPU, and if not, why not?
 *
 * NVML's vGPU migration chapter as a library: the ten calls, typed and checked, and NVIDIA's compatibility
 * rule, which needs neither a GPU nor a driver. A scheduler that holds the metadata of its vGPUs and pGPUs
 * asks vgate_compat_answer () or vgate_compat_matrix (), and vgate_compat_judge () for the reasons.
 *
 * Conventions, for everything below:
 *   Units      sizes are in bytes, times in ns, frequencies in Hz, unless a name or a comment says otherwise.
 *   Ownership  what a function returns as a pointer is the caller's to free, with g_free () where nothing
 *              else is said; "const" is the library's, and "static" lives for ever. Arguments are borrowed.
 *   Errors     a function that can fail returns FALSE or NULL and sets a GError: of VGATE_ERROR, whose code
 *              is the NNN of a message VGATE-NNN, or of VGATE_NVML_ERROR, whose code is the driver's answer.
 *              Results are then untouched. A NULL argument where none is allowed is the caller's error.
 *   Threads    there is no global state; a VgateNvml can be used by several threads at once, as NVML can.
 *   Facts      "measured" is what libnvidia-ml.so.580.159.04 answered; "documented" is NVIDIA's NVML
 *              reference. Where both differ, this library keeps to what is documented.
 *   Growth     a structure whose first member is "size" can get further members at its end in a later
 *              version. Its user sets size to what sizeof says, as VGATE_INIT does, and the library neither
 *              reads nor writes beyond it: what an older program does not have counts as 0, and what a newer
 *              one has and this library does not know is set to 0 where the library writes. Structures that
 *              the library allocates can grow likewise. All others stay as they are.
 *   Versions   "@since" names the version that a function came with. It belongs to the symbol version of that
 *              name.
 */
#pragma once

#include <glib.h>

#pragma GCC visibility push(default)

G_BEGIN_DECLS

/* For a structure whose first member is "size": VgateDownTime estimate = VGATE_INIT (VgateDownTime); all else
 * is 0. */
/* clang-format off */
#define VGATE_INIT(type) {.size = sizeof (type)}
/* clang-format on */

/* --- Messages: every refusal has a number that an operator can look up --- */

/* GErrors of this domain carry the number of a message: VGATE-303 is 303. @since 0.1.0 */
#define VGATE_ERROR (vgate_error_quark ())
GQuark vgate_error_quark (void);

/* What stands behind a number. The library's, and static, as all texts are. */
typedef struct {
    int code;
    const char *summary; /* one clause, no full stop: what the message line says */
    const char *cause;   /* sentences */
    const char *cure;    /* sentences: the way out */
} VgateCodeInfo;

/* The entry of a number; NULL when there is none. Static. @since 0.1.0 */
const VgateCodeInfo *vgate_code_info (int code);
/* All of them in ascending order: *n_infos pointers. Static. @since 0.1.0 */
const VgateCodeInfo *const *vgate_code_infos (gsize *n_infos);

/* "VGATE-303" and its NUL. */
#define VGATE_CODE_TEXT_SIZE 16
/* The number as text in the caller's buffer, which is returned. @since 0.1.0 */
const char *vgate_code_format (int code, char buffer[VGATE_CODE_TEXT_SIZE]);

/* --- vGPU versions: what guest and host driver speak with each other --- */

/*
 * A version is one 32-bit number, major << 16 | minor (nvmlVgpuVersion_t): 0x1a0001 is 26.1. Guest and host
 * agree, when the guest driver loads, on the highest version in the overlap of their ranges; the agreed
 * version then stays for the life of the VM, over migrations too. All of this is pure arithmetic.
 */
typedef struct {
    guint32 min; /* inclusive on both ends */
    guint32 max;
} VgateVersionRange;

/* "65535.65535" and its NUL; two of those with a dash between. */
#define VGATE_VERSION_TEXT_SIZE       12
#define VGATE_VERSION_RANGE_TEXT_SIZE 24

/* 26.1 is vgate_version (26, 1). @since 0.1.0 */
static inline guint32
vgate_version (guint16 major, guint16 minor)
{
    return (guint32)major << 16 | minor;
}

/* TRUE when the range includes the version; an inverted one includes none. @since 0.1.0 */
static inline gboolean
vgate_version_in_range (guint32 version, VgateVersionRange range)
{
    return version >= range.min && version <= range.max;
}

/* FALSE when the ranges do not overlap, or one of them is inverted; *overlap is then untouched.
 * @since 0.1.0 */
gboolean vgate_version_range_intersect (VgateVersionRange a, VgateVersionRange b, VgateVersionRange *overlap);
/* TRUE when inner lies inside outer and is not inverted: nvmlSetVgpuVersion's condition (documented).
 * @since 0.1.0 */
gboolean vgate_version_range_contains (VgateVersionRange outer, VgateVersionRange inner);
/* The version that a guest and a host agree on. FALSE: there is none, and the guest driver does not load.
 * @since 0.1.0 */
gboolean vgate_version_negotiate (VgateVersionRange guest, VgateVersionRange host, guint32 *agreed);

/* "26.1" and "18.1-26.1" in the caller's buffer, which is returned. @since 0.1.0 */
const char *vgate_version_format (guint32 version, char buffer[VGATE_VERSION_TEXT_SIZE]);
const char *vgate_version_range_format (VgateVersionRange range, char buffer[VGATE_VERSION_RANGE_TEXT_SIZE]);

/* Strict: decimal digits, one dot, no sign, no blank, no leading zero, each part at most 65535. NULL is
 * FALSE. @since 0.1.0 */
gboolean vgate_version_parse (const char *text, guint32 *version);
/* Strict likewise, MIN-MAX. An inverted range can be read; whether it is any good is another question.
 * @since 0.1.0 */
gboolean vgate_version_range_parse (const char *text, VgateVersionRange *range);

/* --- Metadata: what the driver says of a vGPU and of a pGPU, for the other side to judge --- */

/* Bit 0 of both capability words: migration is possible. */
#define VGATE_CAPABILITY_MIGRATION 0x1u

/* The opaque sections of r580 (measured). Of other sizes the layout is unknown. */
#define VGATE_VGPU_OPAQUE_SIZE 260u /* one 32-bit word, then the metadata string of its pGPU */
#define VGATE_PGPU_OPAQUE_SIZE 256u /* the pGPU metadata string, padded with zeros */

/* A text that fills its field has no NUL in the driver's bytes; here it always has. */
#define VGATE_DRIVER_TEXT_SIZE 81
#define VGATE_GPU_STRING_SIZE  257

/* nvmlVgpuMetadata_t: what travels with a guest. */
typedef struct {
    gsize size;
    guint32 version; /* of the structure; below 3 nothing is compatible */
    guint32 revision;
    guint32 guest_info_state; /* 0: the guest driver is not up, 1: it is */
    char guest_driver[VGATE_DRIVER_TEXT_SIZE];
    char host_driver[VGATE_DRIVER_TEXT_SIZE];
    guint32 capabilities;  /* VGATE_CAPABILITY_* */
    guint32 guest_version; /* the agreed vGPU version; 0: the guest driver is not up */
    guint32 opaque_size;   /* when it is not VGATE_VGPU_OPAQUE_SIZE, gpu_string is empty */
    char gpu_string[VGATE_GPU_STRING_SIZE];
    char reserved[3]; /* 0 */
} VgateVgpuRecord;

/* nvmlVgpuPgpuMetadata_t: what a physical GPU accepts. */
typedef struct {
    gsize size;
    guint32 version;
    guint32 revision;
    char host_driver[VGATE_DRIVER_TEXT_SIZE];
    guint32 capabilities;
    VgateVersionRange range; /* the administrator's: what this host accepts now */
    guint32 opaque_size;     /* when it is not VGATE_PGPU_OPAQUE_SIZE, gpu_string is empty */
    char gpu_string[VGATE_GPU_STRING_SIZE];
    char reserved[3]; /* 0 */
} VgatePgpuRecord;

/* TRUE: the opaque section has the layout of r580, and gpu_string is what stands there. @since 0.1.0 */
static inline gboolean
vgate_vgpu_record_has_known_layout (const VgateVgpuRecord *record)
{
    return record->opaque_size == VGATE_VGPU_OPAQUE_SIZE;
}

/* Likewise. @since 0.1.0 */
static inline gboolean
vgate_pgpu_record_has_known_layout (const VgatePgpuRecord *record)
{
    return record->opaque_size == VGATE_PGPU_OPAQUE_SIZE;
}

/*
 * The driver's bytes as a record. They may come from another host: no field is read before the length was
 * checked. Error 206 (VGATE_ERROR) when there are not exactly as many bytes as the structure says, 208 or 124
 * for the header and the opaque data behind it (468 and 380 on r580, measured), or more than is believed.
 * @since 0.1.0
 */
gboolean vgate_vgpu_record_read (const guint8 *bytes, gsize length, VgateVgpuRecord *record, GError **error);
gboolean vgate_pgpu_record_read (const guint8 *bytes, gsize length, VgatePgpuRecord *record, GError **error);

/*
 * A record as bytes that read back to the same record. Reserved bytes are zero, and so is the opaque section
 * of an unknown layout: they are not the driver's own where its bytes held more. g_bytes_unref () it.
 * @since 0.1.0
 */
GBytes *vgate_vgpu_record_write (const VgateVgpuRecord *record);
GBytes *vgate_pgpu_record_write (const VgatePgpuRecord *record);

/*
 * TRUE when every text of the record is printable ASCII, so that it can stand in XML and on a terminal
 * unchanged. Otherwise error 216, which names the field.
 * @since 0.1.0
 */
gboolean vgate_vgpu_record_check_text (const VgateVgpuRecord *record, GError **error);
gboolean vgate_pgpu_record_check_text (const VgatePgpuRecord *record, GError **error);

/* --- The pGPU metadata string, explained --- */

/*
 * The driver only compares it; its parts say *why* two GPUs differ. A migration-capable GPU's string is
 * upper-case hexadecimal (NVIDIA's open driver): PCI device id (4 characters), PCI subsystem device id (4),
 * before Hopper a floor-sweeping part of variable length, and a capability word (the last 8: bit 0 ECC is on,
 * bit 1 SR-IOV is on). A GPU that is not capable has its UUID instead, which equals no other.
 */
typedef enum {
    VGATE_GPU_SAME = 0,
    VGATE_GPU_UNREADABLE = 1 << 0,    /* a string is of neither form: only that they differ can be said */
    VGATE_GPU_NOT_CAPABLE = 1 << 1,   /* a string is a GPU's UUID */
    VGATE_GPU_BOARD = 1 << 2,         /* the first 8 characters */
    VGATE_GPU_FLOORSWEEPING = 1 << 3, /* the middle */
    VGATE_GPU_ECC = 1 << 4,
    VGATE_GPU_SRIOV = 1 << 5,
    VGATE_GPU_CAPABILITY = 1 << 6, /* another bit of the capability word */
} VgateGpuDifference;

/* Every part in which the two strings differ. Pure. @since 0.1.0 */
VgateGpuDifference vgate_gpu_string_compare (const char *source, const char *destination);
/* The difference as one clause: "the board is 2330-16C1 at the source, 2331-1626 here; ECC is on at the
 * source, off here". @since 0.1.0 */
char *vgate_gpu_string_explain (const char *source, const char *destination);
/* One string in words: "board 2330-16C1, ECC on, SR-IOV on". @since 0.1.0 */
char *vgate_gpu_string_describe (const char *string);

/* --- The vGPU scheduler of a pGPU --- */

/* NVML's numbers. */
typedef enum {
    VGATE_SCHEDULER_UNKNOWN,
    VGATE_SCHEDULER_BEST_EFFORT,
    VGATE_SCHEDULER_EQUAL_SHARE,
    VGATE_SCHEDULER_FIXED_SHARE,
} VgateSchedulerPolicy;

/* Adaptive round robin; NVML's numbers. */
typedef enum {
    VGATE_ARR_DEFAULT,
    VGATE_ARR_DISABLED,
    VGATE_ARR_ENABLED,
} VgateArrMode;

/* nvmlVgpuSchedulerGetState_t. Under best effort all but the policy means nothing (documented). */
typedef struct {
    gsize size;
    int policy;             /* VgateSchedulerPolicy */
    int arr;                /* VgateArrMode */
    guint32 average_factor; /* with ARR; else 0 */
    guint32 time_slice;     /* ns */
} VgateScheduler;

/* nvmlVgpuSchedulerCapabilities_t. Documented ranges: 1 to 30 ms, 63 to 960 Hz, 1 to 60. */
typedef struct {
    gsize size;
    guint32 policies;       /* bit 1 << p is set: the GPU's graphics engine has VgateSchedulerPolicy p */
    gboolean has_arr;       /* the three ranges of ARR are 0 without it */
    guint32 time_slice_min; /* ns */
    guint32 time_slice_max;
    guint32 frequency_min; /* Hz */
    guint32 frequency_max;
    guint32 average_factor_min;
    guint32 average_factor_max;
} VgateSchedulerCapabilities;

/*
 * nvmlVgpuSchedulerSetState_t: what can be set. 0 takes the driver's default (documented). With ARR enabled
 * average_factor and frequency count, otherwise time_slice; the others must be 0.
 */
typedef struct {
    gsize size;
    int policy;
    int arr;
    guint32 time_slice; /* ns */
    guint32 frequency;  /* Hz */
    guint32 average_factor;
    guint32 reserved; /* 0 */
} VgateSchedulerSettings;

/* "best-effort", "equal-share", "fixed-share"; "unknown" for any other number. Static. @since 0.1.0 */
const char *vgate_scheduler_policy_name (int policy);
/* "default", "disabled", "enabled"; "unknown" for any other number. Static. @since 0.1.0 */
const char *vgate_arr_mode_name (int mode);
/* The number of such a name; FALSE when it is none. "unknown" is no policy that could be set. @since 0.1.0 */
gboolean vgate_scheduler_policy_parse (const char *name, int *policy);
gboolean vgate_arr_mode_parse (const char *name, int *mode);

/* TRUE when both give a guest its time by the same policy and, where that has a meaning, the same time slice.
 * @since 0.1.0
 */
gboolean vgate_scheduler_equal (const VgateScheduler *a, const VgateScheduler *b);

/* TRUE when a GPU of these capabilities can be set so. Error 515 names the member and its range.
 * @since 0.1.0 */
gboolean vgate_scheduler_settings_check (const VgateSchedulerSettings *settings,
                                         const VgateSchedulerCapabilities *capabilities, GError **error);

/* nvmlVgpuSchedulerLogEntry_t: a software runlist, that is a vGPU's work, was taken off the engine. The
 * library allocates it. */
typedef struct {
    guint64 timestamp;        /* when; ns of a clock of the driver's */
    guint64 run_total;        /* ns that the runlist ran since the log began, this time included */
    guint64 run;              /* ns that it ran this time */
    guint64 target;           /* ns that it was to run, after deduction */
    guint64 preemption_total; /* ns that taking it off has cost so far */
    guint32 runlist;
} VgateSchedulerLogEntry;

/* The most that NVML gives at once (documented); it also says to read 5 times a second, to miss none. */
#define VGATE_SCHEDULER_LOG_MAX 200

/* nvmlVgpuSchedulerLog_t: the latest entries of the graphics engine, the oldest first. Of
 * vgate_nvml_device_scheduler_log (). */
typedef struct VgateSchedulerLog VgateSchedulerLog;
/* NULL is allowed. @since 0.1.0 */
void vgate_scheduler_log_free (VgateSchedulerLog *log);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (VgateSchedulerLog, vgate_scheduler_log_free)

/* The scheduler that was in force. @since 0.1.0 */
void vgate_scheduler_log_get_scheduler (const VgateSchedulerLog *log, VgateScheduler *scheduler);
/* At most VGATE_SCHEDULER_LOG_MAX. @since 0.1.0 */
guint vgate_scheduler_log_get_n_entries (const VgateSchedulerLog *log);
/* One of them, of index below that number; the log's. @since 0.1.0 */
const VgateSchedulerLogEntry *vgate_scheduler_log_get_entry (const VgateSchedulerLog *log, guint index);

/*
 * Puts the logs that are read one after the other together, and finds out whether anything was missed between
 * two of them. NVML gives no sequence number; but each entry says how long its runlist has run in all, which
 * must be what the entry before said and the time of this one.
 * @since 0.1.0
 */
typedef struct VgateSchedulerLogReader VgateSchedulerLogReader;
VgateSchedulerLogReader *vgate_scheduler_log_reader_new (void);
/* NULL is allowed. @since 0.1.0 */
void vgate_scheduler_log_reader_free (VgateSchedulerLogReader *reader);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (VgateSchedulerLogReader, vgate_scheduler_log_reader_free)

typedef struct {
    gsize size;
    guint first_new;     /* index of the first entry that the log before did not have; n_entries: none */
    gboolean missed;     /* entries between the log before and this one were never seen */
    guint64 missed_time; /* ns that the missed entries ran, as far as their runlists appear in this log */
    gboolean restarted;  /* the log began anew: the scheduler was set, or the driver loaded again */
    guint32 reserved;    /* 0 */
} VgateSchedulerLogNews;

/* What is new in a log. It must be of the same GPU, and was read after the one before. @since 0.1.0 */
void vgate_scheduler_log_reader_feed (VgateSchedulerLogReader *reader, const VgateSchedulerLog *log,
                                      VgateSchedulerLogNews *news);

/* --- The engine --- */

/* Bits of nvmlVgpuVmCompatibility_t: the power states in which the guest can move (ACPI S5, S4, S3, S0). */
typedef enum {
    VGATE_STATE_NONE = 0,
    VGATE_STATE_COLD = 1 << 0,
    VGATE_STATE_HIBERNATE = 1 << 1,
    VGATE_STATE_SLEEP = 1 << 2,
    VGATE_STATE_LIVE = 1 << 3,
} VgateState;

/* Bits of nvmlVgpuPgpuCompatibilityLimitCode_t: what stands in the way. The last is bit 31: keep it unsigned.
 */
#define VGATE_LIMIT_NONE         0x0u
#define VGATE_LIMIT_HOST_DRIVER  0x1u
#define VGATE_LIMIT_GUEST_DRIVER 0x2u
#define VGATE_LIMIT_GPU          0x4u
#define VGATE_LIMIT_OTHER        0x80000000u

/* What nvmlGetVgpuCompatibility answers. */
typedef struct {
    guint32 states; /* VGATE_STATE_* */
    guint32 limit;  /* VGATE_LIMIT_* */
} VgateAnswer;

/*
 * NVIDIA's rule, exact to the bit (measured on r580: 210,000 random pairs, and 6,000,000 since). Both records
 * must have a known layout. Pure, allocates nothing, a few ns. A state counts as given only when the limit is
 * VGATE_LIMIT_NONE. A guest whose driver is not up (version 0) passes, as it does with the driver.
 * @since 0.1.0
 */
VgateAnswer vgate_compat_answer (const VgateVgpuRecord *vgpu, const VgatePgpuRecord *pgpu);

/* An answer in one byte: the states in bits 0 to 3, the limits HOST_DRIVER, GUEST_DRIVER and GPU in bits 4 to
 * 6, OTHER in bit 7. @since 0.1.0 */
typedef guint8 VgatePackedAnswer;
VgatePackedAnswer vgate_answer_pack (VgateAnswer answer);
VgateAnswer vgate_answer_unpack (VgatePackedAnswer packed);

/*
 * The rule for every vGPU on every pGPU: what a scheduler asks. answers is the caller's, n_vgpus * n_pgpus
 * bytes; those of vGPU v begin at answers[v * n_pgpus]. All records must have a known layout, and the records
 * of an array have the same size. Takes 16 bytes a pGPU and a hash table of the different strings; 10,000 by
 * 1,000 take about 10 ms. Never fails.
 * @since 0.1.0
 */
void vgate_compat_matrix (const VgateVgpuRecord *vgpus, gsize n_vgpus, const VgatePgpuRecord *pgpus,
                          gsize n_pgpus, VgatePackedAnswer *answers);

typedef enum {
    VGATE_SEVERITY_IGNORE,
    VGATE_SEVERITY_WARN,
    VGATE_SEVERITY_REFUSE,
} VgateSeverity;

/* "ignore", "warn", "refuse"; "unknown" for any other number. Static. @since 0.1.0 */
const char *vgate_severity_name (VgateSeverity severity);
gboolean vgate_severity_parse (const char *text, VgateSeverity *severity);

/* The further rules, of which NVIDIA's call says nothing. Each has a severity, and a code VGATE-NNN. */
typedef enum {
    VGATE_RULE_GPU_UNDECIDED,        /* 305: an opaque section of unknown size */
    VGATE_RULE_TYPE_NOT_OFFERED,     /* 401 */
    VGATE_RULE_NO_FREE_INSTANCE,     /* 402 */
    VGATE_RULE_GUEST_DRIVER_DOWN,    /* 403: the vGPU version is 0 */
    VGATE_RULE_HOST_DRIVER_OLDER,    /* 404: branch against branch */
    VGATE_RULE_HOST_DRIVER_NEWER,    /* 405 */
    VGATE_RULE_HOST_DRIVER_NOT_SAME, /* 406: text against text (RHEL 9.4) */
    VGATE_RULE_GUEST_BRANCH,         /* 407: release of the guest driver against the host's */
    VGATE_RULE_SCHEDULER_DIFFERS,    /* 408 */
    VGATE_RULE_METADATA_OLD,         /* 409 */
    VGATE_RULE_CAPTURED_ELSEWHERE,   /* 410 */
    VGATE_RULE_DOWN_TIME,            /* 413: the estimate against the limit */
    VGATE_N_RULES,
} VgateRule;

/* Room for rules to come. */
#define VGATE_RULES_MAX 32

/* The library's, and static. */
typedef struct {
    const char *name; /* the key in vgpu-gate.conf(5) */
    int code;
    VgateSeverity severity; /* the default */
} VgateRuleInfo;

/* Static; NULL when there is no such rule. @since 0.1.0 */
const VgateRuleInfo *vgate_rule_info (VgateRule rule);

/* What is known of the vGPU beside its record. Everything is borrowed. */
typedef struct {
    gsize size;
    const VgateVgpuRecord *record;
    guint32 type_id; /* for messages only: each driver numbers the types for itself, the name decides */
    const char *type_name;
    const VgateScheduler *scheduler; /* of its pGPU; NULL: not known */
    gint64 captured;                 /* seconds since 1970 */
    const char *captured_on;         /* host UUID; NULL: not known */
    guint64 framebuffer_used;        /* bytes; 0: not known, and then there is no estimate */
    guint64 runtime_state;           /* bytes beside the frame buffer; 0: not known */
    guint64 read_bandwidth;          /* MB/s at which its pGPU is read out; 0: not known */
} VgateVgpuSide;

/* How a pGPU stands to the vGPU's type. */
typedef enum {
    VGATE_OFFER_UNKNOWN, /* nothing is known: the rules about types and instances are silent */
    VGATE_OFFER_NO,
    VGATE_OFFER_YES,
    VGATE_OFFER_HELD, /* the device exists on this pGPU already: it needs no free instance */
} VgateOffer;

typedef struct {
    gsize size;
    const VgatePgpuRecord *record;
    VgateOffer offer;
    guint free_instances; /* of the vGPU's type, which is found by its name */
    const VgateScheduler *scheduler;
    guint64 write_bandwidth; /* MB/s at which vGPUs are written into it; 0: not known */
} VgatePgpuSide;

/* The question's circumstances. */
typedef struct {
    gsize size;
    VgateSeverity severities[VGATE_RULES_MAX]; /* by VgateRule */
    gint64 now;                                /* seconds since 1970; 0: the age is not looked at */
    gint64 max_age;                            /* seconds; 0: no limit */
    const char *sent_by;                       /* UUID of the host that sends the guest; NULL: not known */
    const char *certainly_not_from; /* UUID of a host that cannot be the sender: the receiving one; or NULL */
    guint64 link_speed;             /* Mbit/s between the hosts; 0: not known */
    guint64 down_time_limit;        /* ms; 0: none, and the rule is silent */
    gboolean is_limit_of_guest;     /* it is the guest's own; else the receiving host's */
    guint64 other_down_time;        /* us that the guest's other vGPUs take (vgate_down_time_estimate ()) */
} VgateCircumstances;

/* The default severity of every rule that this library has; all else is 0. The size must be set.
 * @since 0.1.0 */
void vgate_circumstances_init (VgateCircumstances *circumstances);

/* --- The down-time --- */

typedef enum {
    VGATE_PACE_OF_READING, /* the vGPU out of the source's GPU */
    VGATE_PACE_OF_LINK,
    VGATE_PACE_OF_WRITING, /* into the destination's */
} VgatePaceOf;

/*
 * How long a guest stands still for its vGPU at the end of a live migration, about. What the vGPU has in use
 * of its frame buffer, and its runtime state, are taken to go over while the guest is paused: read out, sent
 * and written in at the same time, so that the slowest of the three sets the pace; one vGPU of the guest
 * after the other. Not in it: the guest's memory that is dirty by then, the set-up of devices, QEMU and
 * libvirt, and what a link loses to protocols. So it is less than the guest will stand still, unless the
 * driver copies part of it beforehand, or QEMU several vGPUs at once (multifd).
 */
typedef struct {
    gsize size;
    guint64 bytes;
    gboolean lacks_state; /* the runtime state is not known, and not among the bytes */
    guint64 rate;         /* Mbit/s, of the slowest that is known */
    VgatePaceOf pace_of;
    guint64 others; /* us that the guest's other vGPUs take */
    guint64 time;   /* us, those included */
} VgateDownTime;

/* FALSE, and *estimate is untouched, when the frame buffer in use or every speed is not known. pgpu NULL:
 * the destination is not known, and the estimate the less. Pure; never 0, and saturates. @since 0.1.0 */
gboolean vgate_down_time_estimate (const VgateVgpuSide *vgpu, const VgatePgpuSide *pgpu,
                                   const VgateCircumstances *circumstances, VgateDownTime *estimate);
/* TRUE when there is a limit and the time is beyond it. @since 0.1.0 */
gboolean vgate_down_time_exceeds (const VgateDownTime *estimate, const VgateCircumstances *circumstances);
/* "about 1905 ms for 2380 MiB of frame buffer and state at 10000 Mbit/s, the link's pace". @since 0.1.0 */
char *vgate_down_time_describe (const VgateDownTime *estimate);

/* One rule's answer. It is the verdict's, until that is used again or freed, and borrows texts from the
 * records that were judged. */
typedef struct VgateFinding VgateFinding;
/* NNN of VGATE-NNN. @since 0.1.0 */
int vgate_finding_get_code (const VgateFinding *finding);
VgateSeverity vgate_finding_get_severity (const VgateFinding *finding);
/* The side that is to blame, where a rule can fail on either. @since 0.1.0 */
gboolean vgate_finding_is_at_destination (const VgateFinding *finding);
/* The estimate, of a finding of VGATE_RULE_DOWN_TIME. FALSE, and *estimate is untouched, of any other.
 * @since 0.1.0 */
gboolean vgate_finding_get_down_time (const VgateFinding *finding, VgateDownTime *estimate);

/* NVIDIA's answer, which no severity softens, and what every rule found. Made once, it can be used for one
 * pair after the other. */
typedef struct VgateVerdict VgateVerdict;
/* A verdict on nothing: no state is given. @since 0.1.0 */
VgateVerdict *vgate_verdict_new (void);
/* NULL is allowed. @since 0.1.0 */
void vgate_verdict_free (VgateVerdict *verdict);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (VgateVerdict, vgate_verdict_free)

/* Judges a pair, and goes on past the first rule that fails. Findings whose rule is to be ignored are left
 * out. Pure, allocates nothing. @since 0.1.0 */
void vgate_compat_judge (const VgateVgpuSide *vgpu, const VgatePgpuSide *pgpu,
                         const VgateCircumstances *circumstances, VgateVerdict *verdict);

/* The states and the limit. @since 0.1.0 */
VgateAnswer vgate_verdict_get_answer (const VgateVerdict *verdict);
/* TRUE: the layout of a record is not known here, and only the driver can tell. @since 0.1.0 */
gboolean vgate_verdict_is_undecided (const VgateVerdict *verdict);
guint vgate_verdict_get_n_findings (const VgateVerdict *verdict);
/* One of them, of index below that number, in the order of the rules. @since 0.1.0 */
const VgateFinding *vgate_verdict_get_finding (const VgateVerdict *verdict, guint index);

/* The host's own driver was asked as well (vgate_nvml_compatibility ()): the stricter answer holds, a
 * disagreement becomes a finding, and what was undecided is the driver's to decide. @since 0.1.0 */
void vgate_verdict_apply_driver (VgateVerdict *verdict, VgateAnswer driver);

/* TRUE when the state (one VGATE_STATE_* bit) is given: its bit is set, the limit is none and no finding
 * refuses. @since 0.1.0 */
gboolean vgate_verdict_allows (const VgateVerdict *verdict, guint32 state);
/* The first finding that refuses; NULL when none does. @since 0.1.0 */
const VgateFinding *vgate_verdict_first_refusal (const VgateVerdict *verdict);

/* The two values compared, as one clause. @since 0.1.0 */
char *vgate_finding_describe (const VgateFinding *finding);
/* The way out of this very case. Static. @since 0.1.0 */
const char *vgate_finding_way_out (const VgateFinding *finding);
/* "live", "cold|live", "none"; "host driver|GPU", "none". @since 0.1.0 */
char *vgate_states_describe (guint32 states);
char *vgate_limit_describe (guint32 limit);

/* --- The driver: NVIDIA's library, or one that stands in for it --- */

/*
 * NVML calls can hang in the kernel, and a process that keeps NVML open gets in the way of driver updates
 * (measured, documented): open late, close soon, and where an answer is needed in time, in a process that can
 * be abandoned. After fork () a child must open it anew (measured: every call answers UNINITIALIZED there).
 */
typedef struct VgateNvml VgateNvml;

/* GErrors of this domain carry the driver's own nvmlReturn_t, or one of the negative codes below.
 * @since 0.1.0 */
#define VGATE_NVML_ERROR (vgate_nvml_error_quark ())
GQuark vgate_nvml_error_quark (void);

enum {
    VGATE_NVML_ERROR_LIBRARY = -1, /* dlopen failed; the message says why */
    VGATE_NVML_ERROR_SYMBOL = -2,  /* the library lacks a call; the message names it */
    VGATE_NVML_ERROR_ANSWER = -3,  /* an answer that cannot be: an unterminated text, a size that lies */
};

/* dlopen (library) and nvmlInit_v2 (). A plain file name ("libnvidia-ml.so.1") is searched as dlopen does, a
 * path is taken as it is. A call that the library lacks fails when it is made, by name. @since 0.1.0 */
VgateNvml *vgate_nvml_open (const char *library, GError **error);
/* nvmlShutdown () and dlclose (), but in a child of fork () that inherited it, where only our memory is
 * freed. NULL is allowed. @since 0.1.0 */
void vgate_nvml_close (VgateNvml *nvml);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (VgateNvml, vgate_nvml_close)

/* What the simulated driver says of itself; NULL for any other library. The driver's. @since 0.1.0 */
const char *vgate_nvml_get_simulated (const VgateNvml *nvml);
/* nvmlSystemGetDriverVersion: "580.95.05". @since 0.1.0 */
char *vgate_nvml_driver_version (VgateNvml *nvml, GError **error);

/* nvmlGetVgpuVersion: what the driver supports (preset), and the administrator's range, which it advertises.
 * @since 0.1.0
 */
gboolean vgate_nvml_version_ranges (VgateNvml *nvml, VgateVersionRange *preset, VgateVersionRange *current,
                                    GError **error);
/*
 * nvmlSetVgpuVersion: the administrator's range, for the whole host, until the driver is loaded again. The
 * driver's errors (documented): 2 inverted or not inside the preset, 19 a VM with a vGPU runs, 4 not root.
 * @since 0.1.0
 */
gboolean vgate_nvml_set_version_range (VgateNvml *nvml, VgateVersionRange range, GError **error);

/* nvmlGetVgpuCompatibility, of blobs that vgate_*_record_read () has taken: the call trusts the sizes that
 * stand in them. The driver's answer goes to *rc (nvmlReturn_t), also when it is an error of its own; FALSE
 * only when the library lacks the call. @since 0.1.0 */
gboolean vgate_nvml_compatibility (VgateNvml *nvml, GBytes *vgpu, GBytes *pgpu, int *rc, VgateAnswer *answer,
                                   GError **error);

/* A GPU: NVML's handle, valid until vgate_nvml_close (). */
typedef struct nvmlDevice_st *VgateNvmlDevice;

/* nvmlDeviceGetCount_v2 and nvmlDeviceGetHandleByIndex_v2: the GPUs have the indices below the count.
 * @since 0.1.0 */
gboolean vgate_nvml_device_count (VgateNvml *nvml, guint *count, GError **error);
gboolean vgate_nvml_device (VgateNvml *nvml, guint index, VgateNvmlDevice *device, GError **error);
/* The GPU with this PCI address, as below; NVML error 6 when there is none. @since 0.1.0 */
gboolean vgate_nvml_device_at (VgateNvml *nvml, const char *address, VgateNvmlDevice *device, GError **error);

/* nvmlDeviceGetPciInfo_v3, as sysfs and libvirt write it: "0000:41:00.0". @since 0.1.0 */
char *vgate_nvml_device_address (VgateNvml *nvml, VgateNvmlDevice device, GError **error);
char *vgate_nvml_device_name (VgateNvml *nvml, VgateNvmlDevice device, GError **error);
char *vgate_nvml_device_uuid (VgateNvml *nvml, VgateNvmlDevice device, GError **error);
/* nvmlDeviceGetVirtualizationMode is HOST_VGPU: only then do the calls below answer. A driver that does not
 * support the question is not in that mode. @since 0.1.0 */
gboolean vgate_nvml_device_is_vgpu_host (VgateNvml *nvml, VgateNvmlDevice device, gboolean *is_host,
                                         GError **error);
/* nvmlDeviceGetVgpuMetadata: the driver's bytes, for vgate_pgpu_record_read (). g_bytes_unref () them.
 * @since 0.1.0 */
GBytes *vgate_nvml_device_metadata (VgateNvml *nvml, VgateNvmlDevice device, GError **error);
/* nvmlDeviceGetVgpuCapabilities: how fast the GPU is expected to read vGPUs out and to write them in, in MB/s
 * (documented). NVML errors 3 and 13: the driver does not say. @since 0.1.0 */
gboolean vgate_nvml_device_buffer_bandwidths (VgateNvml *nvml, VgateNvmlDevice device, guint *read,
                                              guint *write, GError **error);
/* nvmlDeviceGetVgpuHeterogeneousMode: whether vGPUs with frame buffers of several sizes run on the GPU at
 * once. NVML errors 3 and 13: the driver does not say, as in MIG mode (documented), or before r550, which
 * lacks the call. @since 0.1.0 */
gboolean vgate_nvml_device_is_heterogeneous (VgateNvml *nvml, VgateNvmlDevice device,
                                             gboolean *is_heterogeneous, GError **error);
/* nvmlDeviceGetPgpuMetadataString. @since 0.1.0 */
char *vgate_nvml_device_gpu_string (VgateNvml *nvml, VgateNvmlDevice device, GError **error);

/* Lists of guint, empty when there is none: vGPU instances that run (nvmlDeviceGetActiveVgpus), vGPU types
 * that are supported and that could be created now. g_array_unref () them. @since 0.1.0 */
GArray *vgate_nvml_device_vgpus (VgateNvml *nvml, VgateNvmlDevice device, GError **error);
GArray *vgate_nvml_device_supported_types (VgateNvml *nvml, VgateNvmlDevice device, GError **error);
GArray *vgate_nvml_device_creatable_types (VgateNvml *nvml, VgateNvmlDevice device, GError **error);

/* nvmlDeviceGetVgpuSchedulerCapabilities, -State and -Log. NVML error 3 (documented): MIG mode, or no vGPU
 * host. A policy or mode of a number that is not known here is VGATE_NVML_ERROR_ANSWER. @since 0.1.0 */
gboolean vgate_nvml_device_scheduler_capabilities (VgateNvml *nvml, VgateNvmlDevice device,
                                                   VgateSchedulerCapabilities *capabilities, GError **error);
gboolean vgate_nvml_device_scheduler (VgateNvml *nvml, VgateNvmlDevice device, VgateScheduler *scheduler,
                                      GError **error);
VgateSchedulerLog *vgate_nvml_device_scheduler_log (VgateNvml *nvml, VgateNvmlDevice device, GError **error);
/* nvmlDeviceSetVgpuSchedulerState, until the driver is loaded again. NVML error 3 also while a vGPU exists on
 * the GPU; 16: the GPU must be reset first; 4: not root (documented). @since 0.1.0 */
gboolean vgate_nvml_device_set_scheduler (VgateNvml *nvml, VgateNvmlDevice device,
                                          const VgateSchedulerSettings *settings, GError **error);

/* vGPU types: nvmlVgpuTypeGetName ("NVIDIA H100XM-20C"), -Class ("Compute"), -FramebufferSize (bytes), and
 * how many of one a GPU runs at most. @since 0.1.0 */
char *vgate_nvml_type_name (VgateNvml *nvml, guint32 type, GError **error);
char *vgate_nvml_type_class (VgateNvml *nvml, guint32 type, GError **error);
gboolean vgate_nvml_type_framebuffer (VgateNvml *nvml, guint32 type, guint64 *bytes, GError **error);
gboolean vgate_nvml_type_max_instances (VgateNvml *nvml, VgateNvmlDevice device, guint32 type, guint *count,
                                        GError **error);

/* vGPU instances. One that ends meanwhile is NVML error 6. @since 0.1.0 */
gboolean vgate_nvml_vgpu_type (VgateNvml *nvml, guint32 vgpu, guint32 *type, GError **error);
/* nvmlVgpuInstanceGetVmID: the VM's UUID; VGATE_NVML_ERROR_ANSWER where the hypervisor has another kind of
 * id. @since 0.1.0 */
char *vgate_nvml_vgpu_vm_uuid (VgateNvml *nvml, guint32 vgpu, GError **error);
char *vgate_nvml_vgpu_uuid (VgateNvml *nvml, guint32 vgpu, GError **error);
/* The mediated device's UUID. NVML has no call for the virtual function of a vGPU that has none: what
 * nvmlVgpuInstanceGetGpuPciId gives is the address inside the guest. @since 0.1.0 */
char *vgate_nvml_vgpu_mdev_uuid (VgateNvml *nvml, guint32 vgpu, GError **error);
/* nvmlVgpuInstanceGetFbUsage: bytes of its frame buffer that are in use. @since 0.1.0 */
gboolean vgate_nvml_vgpu_framebuffer_used (VgateNvml *nvml, guint32 vgpu, guint64 *bytes, GError **error);
/* nvmlVgpuInstanceGetRuntimeStateSize: bytes that it has beside the frame buffer. A driver before r570 lacks
 * the call. @since 0.1.0 */
gboolean vgate_nvml_vgpu_runtime_state (VgateNvml *nvml, guint32 vgpu, guint64 *bytes, GError **error);
/* nvmlVgpuInstanceGetMetadata: the driver's bytes, for vgate_vgpu_record_read (). g_bytes_unref () them.
 * @since 0.1.0 */
GBytes *vgate_nvml_vgpu_metadata (VgateNvml *nvml, guint32 vgpu, GError **error);

G_END_DECLS

#pragma GCC visibility pop
