/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * libvgpu-gate tells whether an NVIDIA vGPU can migrate to a given physical GPU and, if it cannot, why not.
 *
 * It covers NVML's chapter on vGPU migration: the ten calls, typed and checked, and NVIDIA's compatibility
 * rule, which needs neither a GPU nor a driver. A scheduler that holds the metadata of its vGPUs and pGPUs
 * calls vgate_compat_answer () or vgate_compat_matrix () for the answer, and vgate_compat_judge () for the
 * reasons.
 *
 * Conventions for everything below:
 *   Units      Sizes are in bytes, times in ns, frequencies in Hz, unless a name or a comment says otherwise.
 *   Ownership  The caller frees a returned pointer, with g_free () unless the comment names another function.
 *              A pointer to const belongs to the library; one called "static" is valid for ever. Arguments
 *              are borrowed.
 *   Errors     A function that can fail returns FALSE or NULL and sets a GError. Its domain is VGATE_ERROR,
 *              with the NNN of the message VGATE-NNN as the code, or VGATE_NVML_ERROR, with the driver's
 *              answer as the code. The results are then unchanged. It is a programming error to pass NULL
 *              where the comment does not allow it.
 *   Threads    There is no global state. Several threads can use one VgateNvml at once, as NVML permits.
 *   Facts      "Measured" is what libnvidia-ml.so.580.159.04 answered; "documented" is what NVIDIA's NVML
 *              reference states. Where the two differ, this library follows the documentation.
 *   Growth     A structure whose first member is "size" can get further members at its end in a later
 *              version. The caller sets size to sizeof the structure, as VGATE_INIT does, and the library
 *              neither reads nor writes beyond that size. A member that an older program does not have counts
 *              as 0. A member that a newer program has and this library does not know is set to 0 where the
 *              library writes the structure. Structures that the library allocates can grow in the same way.
 *              All other structures keep their layout.
 *   Versions   "@since" names the version of the library that introduced the function. The function's symbol
 *              version has the same number.
 */
#pragma once

#include <glib.h>

#pragma GCC visibility push(default)

G_BEGIN_DECLS

/* Initialises a structure whose first member is "size": VgateDownTime estimate = VGATE_INIT (VgateDownTime).
 * All other members are 0. */
/* clang-format off */
#define VGATE_INIT(type) {.size = sizeof (type)}
/* clang-format on */

/* --- Messages: every refusal has a number that an operator can look up --- */

/* The code of an error of this domain is the number of a message: 303 for VGATE-303. @since 0.1.0 */
#define VGATE_ERROR (vgate_error_quark ())
GQuark vgate_error_quark (void);

/* The texts of one message code. The library owns them, and they are static. */
typedef struct {
    int code;
    const char *summary; /* one clause without a full stop, as in the message line */
    const char *cause;   /* sentences */
    const char *cure;    /* the way out, in sentences */
} VgateCodeInfo;

/* The entry for a number, or NULL for an unknown number. Static. @since 0.1.0 */
const VgateCodeInfo *vgate_code_info (int code);
/* All entries, in ascending order of their numbers: *n_infos pointers. Static. @since 0.1.0 */
const VgateCodeInfo *const *vgate_code_infos (gsize *n_infos);

/* Large enough for "VGATE-303" and its NUL. */
#define VGATE_CODE_TEXT_SIZE 16
/* Writes the number as "VGATE-303" into the caller's buffer, and returns the buffer. @since 0.1.0 */
const char *vgate_code_format (int code, char buffer[VGATE_CODE_TEXT_SIZE]);

/* --- vGPU versions: the protocol between guest driver and host driver --- */

/*
 * A version is one 32-bit number, major << 16 | minor (nvmlVgpuVersion_t): 0x1a0001 is 26.1. When the guest
 * driver loads, guest and host agree on the highest version in the overlap of their ranges. That version then
 * stays the same until the VM ends, also after migrations. The functions below only calculate.
 */
typedef struct {
    guint32 min; /* both ends are inclusive */
    guint32 max;
} VgateVersionRange;

/* Large enough for "65535.65535" and its NUL, and for two versions with a dash between them. */
#define VGATE_VERSION_TEXT_SIZE       12
#define VGATE_VERSION_RANGE_TEXT_SIZE 24

/* The number of a version: vgate_version (26, 1) is 26.1. @since 0.1.0 */
static inline guint32
vgate_version (guint16 major, guint16 minor)
{
    return (guint32)major << 16 | minor;
}

/* TRUE when the range includes the version. An inverted range includes no version. @since 0.1.0 */
static inline gboolean
vgate_version_in_range (guint32 version, VgateVersionRange range)
{
    return version >= range.min && version <= range.max;
}

/* FALSE when the ranges do not overlap or one of them is inverted; *overlap is then unchanged.
 * @since 0.1.0 */
gboolean vgate_version_range_intersect (VgateVersionRange a, VgateVersionRange b, VgateVersionRange *overlap);
/* TRUE when inner lies inside outer and is not inverted, which nvmlSetVgpuVersion requires (documented).
 * @since 0.1.0 */
gboolean vgate_version_range_contains (VgateVersionRange outer, VgateVersionRange inner);
/* The version on which a guest and a host agree. FALSE when there is none; the guest driver then does not
 * load. @since 0.1.0 */
gboolean vgate_version_negotiate (VgateVersionRange guest, VgateVersionRange host, guint32 *agreed);

/* Writes "26.1" or "18.1-26.1" into the caller's buffer, and returns the buffer. @since 0.1.0 */
const char *vgate_version_format (guint32 version, char buffer[VGATE_VERSION_TEXT_SIZE]);
const char *vgate_version_range_format (VgateVersionRange range, char buffer[VGATE_VERSION_RANGE_TEXT_SIZE]);

/* Strict: decimal digits and one dot, no sign, no blank, no leading zero, each part at most 65535. FALSE for
 * NULL. @since 0.1.0 */
gboolean vgate_version_parse (const char *text, guint32 *version);
/* MIN-MAX, as strict as a single version. An inverted range is accepted: the caller decides what it means.
 * @since 0.1.0 */
gboolean vgate_version_range_parse (const char *text, VgateVersionRange *range);

/* --- Metadata: the driver's description of a vGPU and of a pGPU, which the other host compares --- */

/* Bit 0 of both capability words: the vGPU or pGPU supports migration. */
#define VGATE_CAPABILITY_MIGRATION 0x1u

/* The sizes of the opaque sections of r580 (measured). The layout of sections of other sizes is unknown. */
#define VGATE_VGPU_OPAQUE_SIZE 260u /* one 32-bit word, then the metadata string of its pGPU */
#define VGATE_PGPU_OPAQUE_SIZE 256u /* the pGPU metadata string, padded with zeros */

/* Sizes with a NUL. In the driver's bytes, a text that fills its field has no NUL. */
#define VGATE_DRIVER_TEXT_SIZE 81
#define VGATE_GPU_STRING_SIZE  257

/* nvmlVgpuMetadata_t, which travels with a guest. */
typedef struct {
    gsize size;
    guint32 version; /* of the structure; versions below 3 are never compatible */
    guint32 revision;
    guint32 guest_info_state; /* 0: the guest driver is not running, 1: it is running */
    char guest_driver[VGATE_DRIVER_TEXT_SIZE];
    char host_driver[VGATE_DRIVER_TEXT_SIZE];
    guint32 capabilities;  /* VGATE_CAPABILITY_* */
    guint32 guest_version; /* the agreed vGPU version; 0: the guest driver is not running */
    guint32 opaque_size;   /* gpu_string is empty unless this is VGATE_VGPU_OPAQUE_SIZE */
    char gpu_string[VGATE_GPU_STRING_SIZE];
    char reserved[3]; /* 0 */
} VgateVgpuRecord;

/* nvmlVgpuPgpuMetadata_t, which describes the vGPUs that a physical GPU accepts. */
typedef struct {
    gsize size;
    guint32 version;
    guint32 revision;
    char host_driver[VGATE_DRIVER_TEXT_SIZE];
    guint32 capabilities;
    VgateVersionRange range; /* the versions that the host accepts now, as its administrator set them */
    guint32 opaque_size;     /* gpu_string is empty unless this is VGATE_PGPU_OPAQUE_SIZE */
    char gpu_string[VGATE_GPU_STRING_SIZE];
    char reserved[3]; /* 0 */
} VgatePgpuRecord;

/* TRUE when the opaque section has the layout of r580, and gpu_string contains its string. @since 0.1.0 */
static inline gboolean
vgate_vgpu_record_has_known_layout (const VgateVgpuRecord *record)
{
    return record->opaque_size == VGATE_VGPU_OPAQUE_SIZE;
}

/* TRUE when the opaque section has the layout of r580, and gpu_string contains its string. @since 0.1.0 */
static inline gboolean
vgate_pgpu_record_has_known_layout (const VgatePgpuRecord *record)
{
    return record->opaque_size == VGATE_PGPU_OPAQUE_SIZE;
}

/*
 * Reads the driver's bytes into a record. The bytes can come from another host, so their length is checked
 * before any field is read. Error 206 (VGATE_ERROR) when length is not the header and the opaque data whose
 * size the header states (208 + 260 bytes for a vGPU and 124 + 256 bytes for a pGPU on r580, measured), or
 * the header states more than 65536 bytes. @since 0.1.0
 */
gboolean vgate_vgpu_record_read (const guint8 *bytes, gsize length, VgateVgpuRecord *record, GError **error);
gboolean vgate_pgpu_record_read (const guint8 *bytes, gsize length, VgatePgpuRecord *record, GError **error);

/*
 * Writes a record as bytes that vgate_*_record_read () reads as the same record. Reserved bytes, and an
 * opaque section of unknown layout, are written as zeros: the driver's own bytes can hold more there.
 * g_bytes_unref () the result. @since 0.1.0
 */
GBytes *vgate_vgpu_record_write (const VgateVgpuRecord *record);
GBytes *vgate_pgpu_record_write (const VgatePgpuRecord *record);

/*
 * TRUE when every text of the record is printable ASCII, which XML and a terminal show unchanged. Error 216
 * otherwise; it names the field. @since 0.1.0
 */
gboolean vgate_vgpu_record_check_text (const VgateVgpuRecord *record, GError **error);
gboolean vgate_pgpu_record_check_text (const VgatePgpuRecord *record, GError **error);

/* --- The pGPU metadata string, explained --- */

/*
 * The driver only compares the whole string; its parts tell why two GPUs differ. The string of a GPU that
 * supports migration is upper-case hexadecimal (NVIDIA's open driver): the PCI device ID (4 characters), the
 * PCI subsystem device ID (4), on GPUs before Hopper a floor-sweeping part of variable length, and a
 * capability word (the last 8; bit 0: ECC is on, bit 1: SR-IOV is on). A GPU that does not support migration
 * has its UUID as the string, which is equal to no other.
 */
typedef enum {
    VGATE_GPU_SAME = 0,
    VGATE_GPU_UNREADABLE = 1 << 0,    /* a string has neither form, so that its parts are not known */
    VGATE_GPU_NOT_CAPABLE = 1 << 1,   /* a string is a GPU's UUID */
    VGATE_GPU_BOARD = 1 << 2,         /* the first 8 characters */
    VGATE_GPU_FLOORSWEEPING = 1 << 3, /* the middle */
    VGATE_GPU_ECC = 1 << 4,
    VGATE_GPU_SRIOV = 1 << 5,
    VGATE_GPU_CAPABILITY = 1 << 6, /* another bit of the capability word */
} VgateGpuDifference;

/* The parts in which the two strings differ, as bits. Pure. @since 0.1.0 */
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

/* The engines of a GPU that have a scheduler; NVML's numbers, which are crossed for the two video encoders. A
 * driver before r595 has one scheduler only, that of the graphics engine. @since 0.2.0 */
typedef enum {
    VGATE_ENGINE_GRAPHICS = 1,
    VGATE_ENGINE_NVENC1 = 2,
    VGATE_ENGINE_NVENC0 = 3,
} VgateEngine;

/* "graphics", "nvenc0", "nvenc1"; "unknown" for any other number. Static. @since 0.2.0 */
const char *vgate_engine_name (int engine);
/* The number for a name; FALSE for an unknown name. @since 0.2.0 */
gboolean vgate_engine_parse (const char *name, int *engine);

/* nvmlVgpuSchedulerGetState_t, or nvmlVgpuSchedulerStateInfo_v2_t, with which ARR is always on. With best
 * effort only the policy has a meaning (documented). */
typedef struct {
    gsize size;
    int policy;             /* VgateSchedulerPolicy */
    int arr;                /* VgateArrMode */
    guint32 average_factor; /* with ARR; 0 without */
    guint32 time_slice;     /* ns */
} VgateScheduler;

/* nvmlVgpuSchedulerCapabilities_t. Documented ranges: 1 to 30 ms, 63 to 960 Hz, 1 to 60. */
typedef struct {
    gsize size;
    guint32 policies;       /* bit 1 << p is set when the graphics engine supports VgateSchedulerPolicy p */
    gboolean has_arr;       /* when FALSE, the three ranges of ARR are 0 */
    guint32 time_slice_min; /* ns */
    guint32 time_slice_max;
    guint32 frequency_min; /* Hz */
    guint32 frequency_max;
    guint32 average_factor_min;
    guint32 average_factor_max;
    /* The driver sets schedulers as since r595: no time slice can be set, and ARR cannot be switched off.
     * @since 0.2.0 */
    gboolean is_always_adaptive;
    guint32 reserved;
} VgateSchedulerCapabilities;

/*
 * nvmlVgpuSchedulerSetState_t, the settings of a scheduler. 0 selects the driver's default (documented).
 * average_factor and frequency apply when ARR is enabled, time_slice when it is not; members that do not
 * apply must be 0.
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
/* The number for a name; FALSE for an unknown name. "unknown" is not accepted as a policy. @since 0.1.0 */
gboolean vgate_scheduler_policy_parse (const char *name, int *policy);
gboolean vgate_arr_mode_parse (const char *name, int *mode);

/* TRUE when both have the same policy and, unless it is best effort, the same ARR mode, averaging factor and
 * time slice. @since 0.1.0 */
gboolean vgate_scheduler_equal (const VgateScheduler *a, const VgateScheduler *b);

/* TRUE when a GPU with these capabilities accepts the settings. Error 515 names the member and its range.
 * Error 523: the driver is always adaptive; the message names the frequency to set instead of the time
 * slice. @since 0.1.0 */
gboolean vgate_scheduler_settings_check (const VgateSchedulerSettings *settings,
                                         const VgateSchedulerCapabilities *capabilities, GError **error);

/* nvmlVgpuSchedulerLogEntry_t: the engine stopped running a software runlist, which is the work of one vGPU.
 * The library allocates it. */
typedef struct {
    guint64 timestamp;        /* ns, of a clock of the driver */
    guint64 run_total;        /* ns that the runlist has run since the log began, including this time */
    guint64 run;              /* ns that the runlist ran this time */
    guint64 target;           /* ns that the scheduler had assigned to it, after deductions */
    guint64 preemption_total; /* ns that its preemptions have taken since the log began */
    guint32 runlist;
    guint32 weight; /* of the runlist; 0: the driver does not report it, as before r595. @since 0.2.0 */
} VgateSchedulerLogEntry;

/* The largest number of entries in one log (documented). NVIDIA advises to read the log 5 times a second, so
 * that no entry is missed. */
#define VGATE_SCHEDULER_LOG_MAX 200

/* nvmlVgpuSchedulerLog_t or nvmlVgpuSchedulerLogInfo_v2_t: the latest entries of an engine, the oldest
 * first, as vgate_nvml_device_scheduler_log () returns them. */
typedef struct VgateSchedulerLog VgateSchedulerLog;
/* NULL is allowed. @since 0.1.0 */
void vgate_scheduler_log_free (VgateSchedulerLog *log);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (VgateSchedulerLog, vgate_scheduler_log_free)

/* The scheduler that was set when the log was read. @since 0.1.0 */
void vgate_scheduler_log_get_scheduler (const VgateSchedulerLog *log, VgateScheduler *scheduler);
/* The number of entries, at most VGATE_SCHEDULER_LOG_MAX. @since 0.1.0 */
guint vgate_scheduler_log_get_n_entries (const VgateSchedulerLog *log);
/* The entry with this index, which must be below the number of entries. The log owns it. @since 0.1.0 */
const VgateSchedulerLogEntry *vgate_scheduler_log_get_entry (const VgateSchedulerLog *log, guint index);

/*
 * Joins logs that were read one after the other, and finds out whether entries between two of them were
 * missed. NVML gives no sequence number, but each entry states the total time of its runlist. When no entry
 * is missed, that is the total of the previous entry plus the time of this one. @since 0.1.0
 */
typedef struct VgateSchedulerLogReader VgateSchedulerLogReader;
VgateSchedulerLogReader *vgate_scheduler_log_reader_new (void);
/* NULL is allowed. @since 0.1.0 */
void vgate_scheduler_log_reader_free (VgateSchedulerLogReader *reader);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (VgateSchedulerLogReader, vgate_scheduler_log_reader_free)

typedef struct {
    gsize size;
    guint first_new;     /* the first entry that the previous log does not have; n_entries: none */
    gboolean missed;     /* some entries between the previous log and this one were not read */
    guint64 missed_time; /* ns that the missed entries ran, of those runlists that this log contains */
    gboolean restarted;  /* the log was started again: the scheduler was set or the driver loaded again */
    guint32 reserved;    /* 0 */
} VgateSchedulerLogNews;

/* Tells what is new in a log. It must be of the same GPU and engine as the previous log, and read after it.
 * @since 0.1.0 */
void vgate_scheduler_log_reader_feed (VgateSchedulerLogReader *reader, const VgateSchedulerLog *log,
                                      VgateSchedulerLogNews *news);

/* --- The engine --- */

/* Bits of nvmlVgpuVmCompatibility_t: the power states (ACPI S5, S4, S3, S0) in which the guest can
 * migrate. */
typedef enum {
    VGATE_STATE_NONE = 0,
    VGATE_STATE_COLD = 1 << 0,
    VGATE_STATE_HIBERNATE = 1 << 1,
    VGATE_STATE_SLEEP = 1 << 2,
    VGATE_STATE_LIVE = 1 << 3,
} VgateState;

/* Bits of nvmlVgpuPgpuCompatibilityLimitCode_t: what prevents the migration. The last one is bit 31, so they
 * must be unsigned. */
#define VGATE_LIMIT_NONE         0x0u
#define VGATE_LIMIT_HOST_DRIVER  0x1u
#define VGATE_LIMIT_GUEST_DRIVER 0x2u
#define VGATE_LIMIT_GPU          0x4u
#define VGATE_LIMIT_OTHER        0x80000000u

/* The answer of nvmlGetVgpuCompatibility. */
typedef struct {
    guint32 states; /* VGATE_STATE_* */
    guint32 limit;  /* VGATE_LIMIT_* */
} VgateAnswer;

/*
 * NVIDIA's rule. The answer is equal to the driver's in every bit (measured on r580: 210,000 random pairs,
 * and 6,000,000 since). Both records must have a known layout. Pure, allocates nothing, takes a few ns. A
 * state is only possible when the limit is VGATE_LIMIT_NONE. As with the driver, a guest whose driver is not
 * running (vGPU version 0) is accepted by every range. @since 0.1.0
 */
VgateAnswer vgate_compat_answer (const VgateVgpuRecord *vgpu, const VgatePgpuRecord *pgpu);

/* An answer in one byte: the states in bits 0 to 3, the limits HOST_DRIVER, GUEST_DRIVER and GPU in bits 4 to
 * 6, OTHER in bit 7. @since 0.1.0 */
typedef guint8 VgatePackedAnswer;
VgatePackedAnswer vgate_answer_pack (VgateAnswer answer);
VgateAnswer vgate_answer_unpack (VgatePackedAnswer packed);

/*
 * The answers for every vGPU on every pGPU, which a scheduler needs. The caller allocates answers:
 * n_vgpus * n_pgpus bytes, where those of vGPU v begin at answers[v * n_pgpus]. All records must have a known
 * layout, and all records of an array the same size. Allocates 16 bytes a pGPU and a hash table of the
 * distinct strings; 10,000 vGPUs and 1,000 pGPUs take about 10 ms. Never fails. @since 0.1.0
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

/* The rules beyond NVIDIA's call. Each has a severity and a code VGATE-NNN. */
typedef enum {
    VGATE_RULE_GPU_UNDECIDED,        /* 305: an opaque section of unknown size */
    VGATE_RULE_TYPE_NOT_OFFERED,     /* 401 */
    VGATE_RULE_NO_FREE_INSTANCE,     /* 402 */
    VGATE_RULE_GUEST_DRIVER_DOWN,    /* 403: the vGPU version is 0 */
    VGATE_RULE_HOST_DRIVER_OLDER,    /* 404: compares branches */
    VGATE_RULE_HOST_DRIVER_NEWER,    /* 405 */
    VGATE_RULE_HOST_DRIVER_NOT_SAME, /* 406: compares the whole texts, as RHEL 9.4 does */
    VGATE_RULE_GUEST_BRANCH,         /* 407: compares the releases of guest driver and host driver */
    VGATE_RULE_SCHEDULER_DIFFERS,    /* 408 */
    VGATE_RULE_METADATA_OLD,         /* 409 */
    VGATE_RULE_CAPTURED_ELSEWHERE,   /* 410 */
    VGATE_RULE_DOWN_TIME,            /* 413: compares the estimate with the limit */
    VGATE_RULE_TIME_IN_FUTURE,       /* 414: of the capture or of the host's description */
    VGATE_RULE_HOST_DOCUMENT_OLD,    /* 415 */
    VGATE_RULE_GUEST_BRANCH_UNKNOWN, /* 416: as 407, for a driver whose release is not known */
    VGATE_N_RULES,
} VgateRule;

/* More than VGATE_N_RULES, as later versions add rules. */
#define VGATE_RULES_MAX 32

/* The library owns it, and it is static. */
typedef struct {
    const char *name; /* the key in vgpu-gate.conf(5) */
    int code;
    VgateSeverity severity; /* the default */
} VgateRuleInfo;

/* Static; NULL for an unknown rule. @since 0.1.0 */
const VgateRuleInfo *vgate_rule_info (VgateRule rule);

/* What is known of the vGPU. All pointers are borrowed. */
typedef struct {
    gsize size;
    const VgateVgpuRecord *record;
    guint32 type_id; /* for messages only: drivers number the types differently, the name decides */
    const char *type_name;
    const VgateScheduler *scheduler; /* of its pGPU; NULL: not known */
    gint64 captured;                 /* seconds since 1970; 0: not known, so that its age is not checked */
    const char *captured_on;         /* host UUID; NULL: not known */
    guint64 framebuffer_used;        /* bytes; 0: not known, so that no down-time can be estimated */
    guint64 runtime_state;           /* bytes beside the frame buffer; 0: not known */
    guint64 read_bandwidth;          /* MB/s at which its pGPU can be read; 0: not known */
} VgateVgpuSide;

/* Whether a pGPU offers the vGPU's type. */
typedef enum {
    VGATE_OFFER_UNKNOWN, /* not known; the rules about types and instances do not apply */
    VGATE_OFFER_NO,
    VGATE_OFFER_YES,
    VGATE_OFFER_HELD, /* the device already exists on this pGPU, so that no free instance is needed */
} VgateOffer;

typedef struct {
    gsize size;
    const VgatePgpuRecord *record;
    VgateOffer offer;
    guint free_instances; /* of the vGPU's type */
    const VgateScheduler *scheduler;
    guint64 write_bandwidth; /* MB/s at which it can be written; 0: not known */
    gint64 described;        /* seconds since 1970, when its host was described; 0: now, or not known */
} VgatePgpuSide;

/* The clocks of two hosts may differ by this many seconds. A time that is further in the future breaks
 * VGATE_RULE_TIME_IN_FUTURE. It is the difference that Kerberos allows. */
#define VGATE_CLOCK_TOLERANCE 300

/* Further values that the rules use. All pointers are borrowed. */
typedef struct {
    gsize size;
    VgateSeverity severities[VGATE_RULES_MAX]; /* by VgateRule */
    gint64 now;                                /* seconds since 1970; 0: no time is checked */
    gint64 max_age;                            /* of the capture, in seconds; 0: no limit */
    const char *sent_by;                       /* UUID of the host that sends the guest; NULL: not known */
    const char *certainly_not_from; /* UUID of the receiving host, which cannot be the sender; or NULL */
    guint64 link_speed;             /* Mbit/s between the hosts; 0: not known */
    guint64 down_time_limit;        /* ms; 0: no limit, and the rule does not apply */
    gboolean is_limit_of_guest;     /* TRUE: the limit is the guest's; FALSE: the receiving host's */
    guint64 other_down_time;        /* us for the guest's other vGPUs */
    gint64 host_max_age;            /* of the host's description, in seconds; 0: no limit */
} VgateCircumstances;

/* Sets the default severity of every rule, and everything else to 0. The caller must have set size.
 * @since 0.1.0 */
void vgate_circumstances_init (VgateCircumstances *circumstances);

/* --- The down-time --- */

typedef enum {
    VGATE_PACE_OF_READING, /* reading the vGPU from the source's GPU */
    VGATE_PACE_OF_LINK,
    VGATE_PACE_OF_WRITING, /* writing the vGPU to the destination's GPU */
} VgatePaceOf;

/*
 * An estimate of how long a guest is paused for its vGPUs at the end of a live migration. It assumes that the
 * used part of the frame buffer and the runtime state of a vGPU are transferred while the guest is paused;
 * that they are read, sent and written at the same time, so that the slowest of the three determines the
 * speed; and that the guest's vGPUs are transferred one after the other. It does not include the guest's
 * memory that is still dirty, the set-up of devices, QEMU and libvirt, and the overhead of network protocols.
 * So the guest is paused for longer than the estimate, unless the driver copies a part in advance, or QEMU
 * transfers several vGPUs at once (multifd).
 */
typedef struct {
    gsize size;
    guint64 bytes;
    gboolean lacks_state; /* the runtime state is not known, so that bytes does not include it */
    guint64 rate;         /* Mbit/s, the slowest of the known speeds */
    VgatePaceOf pace_of;
    guint64 others; /* us for the guest's other vGPUs (vgate_down_time_estimate ()) */
    guint64 time;   /* us, including the guest's other vGPUs */
} VgateDownTime;

/* FALSE, and *estimate is unchanged, when the used frame buffer is not known or no speed is known. pgpu is
 * NULL when the destination is not known; its speed is then left out. Pure. The time is never 0, and is
 * G_MAXUINT64 where it would overflow. @since 0.1.0 */
gboolean vgate_down_time_estimate (const VgateVgpuSide *vgpu, const VgatePgpuSide *pgpu,
                                   const VgateCircumstances *circumstances, VgateDownTime *estimate);
/* TRUE when there is a limit and the time exceeds it. @since 0.1.0 */
gboolean vgate_down_time_exceeds (const VgateDownTime *estimate, const VgateCircumstances *circumstances);
/* "about 1905 ms for 2380 MiB of frame buffer and state at 10000 Mbit/s, the link's speed". @since 0.1.0 */
char *vgate_down_time_describe (const VgateDownTime *estimate);

/* The finding of one rule. The verdict owns it until it judges another pair or is freed. It borrows texts
 * from the records that were judged. */
typedef struct VgateFinding VgateFinding;
/* The NNN of VGATE-NNN. @since 0.1.0 */
int vgate_finding_get_code (const VgateFinding *finding);
VgateSeverity vgate_finding_get_severity (const VgateFinding *finding);
/* Of a rule that can fail on either side: TRUE when it failed on the destination. @since 0.1.0 */
gboolean vgate_finding_is_at_destination (const VgateFinding *finding);
/* The estimate of a finding of VGATE_RULE_DOWN_TIME. FALSE, and *estimate is unchanged, for any other
 * finding. @since 0.1.0 */
gboolean vgate_finding_get_down_time (const VgateFinding *finding, VgateDownTime *estimate);

/* NVIDIA's answer, which no severity changes, and the findings of all rules. One verdict can judge any number
 * of pairs, one after the other. */
typedef struct VgateVerdict VgateVerdict;
/* A verdict that has not judged anything; it allows no state. @since 0.1.0 */
VgateVerdict *vgate_verdict_new (void);
/* NULL is allowed. @since 0.1.0 */
void vgate_verdict_free (VgateVerdict *verdict);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (VgateVerdict, vgate_verdict_free)

/* Judges a pair by every rule, also after one has failed. Rules of severity "ignore" are skipped. Pure,
 * allocates nothing. @since 0.1.0 */
void vgate_compat_judge (const VgateVgpuSide *vgpu, const VgatePgpuSide *pgpu,
                         const VgateCircumstances *circumstances, VgateVerdict *verdict);

/* The states and the limit of NVIDIA's rule. @since 0.1.0 */
VgateAnswer vgate_verdict_get_answer (const VgateVerdict *verdict);
/* TRUE when the layout of a record is unknown, so that only the driver can compare the GPUs. @since 0.1.0 */
gboolean vgate_verdict_is_undecided (const VgateVerdict *verdict);
guint vgate_verdict_get_n_findings (const VgateVerdict *verdict);
/* The finding with this index, which must be below the number of findings. They are in the order of the
 * rules. @since 0.1.0 */
const VgateFinding *vgate_verdict_get_finding (const VgateVerdict *verdict, guint index);

/* Adds the answer of the host's driver (vgate_nvml_compatibility ()): the stricter answer is used, a
 * difference becomes a finding, and an undecided verdict takes the driver's answer. @since 0.1.0 */
void vgate_verdict_apply_driver (VgateVerdict *verdict, VgateAnswer driver);

/* TRUE when the guest can migrate in this state (one VGATE_STATE_* bit): its bit is set, the limit is
 * VGATE_LIMIT_NONE and no finding refuses. @since 0.1.0 */
gboolean vgate_verdict_allows (const VgateVerdict *verdict, guint32 state);
/* The first finding that refuses, or NULL. @since 0.1.0 */
const VgateFinding *vgate_verdict_first_refusal (const VgateVerdict *verdict);

/* One clause with the two values that were compared. @since 0.1.0 */
char *vgate_finding_describe (const VgateFinding *finding);
/* The way out for this finding, which can be more specific than its code's. Static. @since 0.1.0 */
const char *vgate_finding_way_out (const VgateFinding *finding);
/* "live", "cold|live", "none"; "host driver|GPU", "none". @since 0.1.0 */
char *vgate_states_describe (guint32 states);
char *vgate_limit_describe (guint32 limit);

/* --- The driver: NVIDIA's library, or one with the same interface --- */

/*
 * NVML calls can hang in the kernel, and a process that keeps NVML open blocks driver updates (measured,
 * documented). So open it late and close it soon; and where an answer is needed in time, call it in a process
 * that can be abandoned. A child of fork () must open NVML again (measured: every call returns UNINITIALIZED
 * there).
 */
typedef struct VgateNvml VgateNvml;

/* The code of an error of this domain is the driver's nvmlReturn_t, or one of the negative codes below.
 * @since 0.1.0 */
#define VGATE_NVML_ERROR (vgate_nvml_error_quark ())
GQuark vgate_nvml_error_quark (void);

enum {
    VGATE_NVML_ERROR_LIBRARY = -1, /* dlopen () failed; the message contains the reason */
    VGATE_NVML_ERROR_SYMBOL = -2,  /* the library lacks a call; the message names it */
    VGATE_NVML_ERROR_ANSWER = -3,  /* the answer is invalid: an unterminated text, or a wrong size */
};

/* Calls dlopen (library) and nvmlInit_v2 (). dlopen () searches for a plain file name ("libnvidia-ml.so.1"),
 * and takes a path as it is. A function that the library lacks is only an error when it is called; the error
 * names it. @since 0.1.0 */
VgateNvml *vgate_nvml_open (const char *library, GError **error);
/* Calls nvmlShutdown () and dlclose (). In a child of fork () that inherited nvml, it only frees memory. NULL
 * is allowed. @since 0.1.0 */
void vgate_nvml_close (VgateNvml *nvml);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (VgateNvml, vgate_nvml_close)

/* The simulated driver's description of itself; NULL for any other library. The driver owns it.
 * @since 0.1.0 */
const char *vgate_nvml_get_simulated (const VgateNvml *nvml);
/* nvmlSystemGetDriverVersion, as "580.95.05". @since 0.1.0 */
char *vgate_nvml_driver_version (VgateNvml *nvml, GError **error);

/* nvmlGetVgpuVersion: the range that the driver supports (preset), and the one that the administrator set,
 * which the driver advertises (current). @since 0.1.0 */
gboolean vgate_nvml_version_ranges (VgateNvml *nvml, VgateVersionRange *preset, VgateVersionRange *current,
                                    GError **error);
/*
 * nvmlSetVgpuVersion: sets the accepted range of the whole host, until the driver is loaded again. The
 * driver's errors (documented): 2, the range is inverted or not inside the preset; 19, a VM with a vGPU is
 * running; 4, the caller is not root. @since 0.1.0
 */
gboolean vgate_nvml_set_version_range (VgateNvml *nvml, VgateVersionRange range, GError **error);

/* nvmlGetVgpuCompatibility. vgate_*_record_read () must have accepted both byte strings, because the call
 * trusts the sizes in them. *rc is the driver's nvmlReturn_t, which can be an error; FALSE only when the
 * library lacks the function. @since 0.1.0 */
gboolean vgate_nvml_compatibility (VgateNvml *nvml, GBytes *vgpu, GBytes *pgpu, int *rc, VgateAnswer *answer,
                                   GError **error);

/* NVML's handle of a GPU, valid until vgate_nvml_close (). */
typedef struct nvmlDevice_st *VgateNvmlDevice;

/* nvmlDeviceGetCount_v2 and nvmlDeviceGetHandleByIndex_v2. Indices go from 0 to count - 1. @since 0.1.0 */
gboolean vgate_nvml_device_count (VgateNvml *nvml, guint *count, GError **error);
gboolean vgate_nvml_device (VgateNvml *nvml, guint index, VgateNvmlDevice *device, GError **error);
/* The GPU with this PCI address, written as "0000:41:00.0"; NVML error 6 when there is no such GPU.
 * @since 0.1.0 */
gboolean vgate_nvml_device_at (VgateNvml *nvml, const char *address, VgateNvmlDevice *device, GError **error);

/* The PCI address of nvmlDeviceGetPciInfo_v3, as sysfs and libvirt write it: "0000:41:00.0". @since 0.1.0 */
char *vgate_nvml_device_address (VgateNvml *nvml, VgateNvmlDevice device, GError **error);
char *vgate_nvml_device_name (VgateNvml *nvml, VgateNvmlDevice device, GError **error);
char *vgate_nvml_device_uuid (VgateNvml *nvml, VgateNvmlDevice device, GError **error);
/* TRUE when nvmlDeviceGetVirtualizationMode returns HOST_VGPU. The functions below only work in that mode.
 * FALSE also where the driver does not support the call. @since 0.1.0 */
gboolean vgate_nvml_device_is_vgpu_host (VgateNvml *nvml, VgateNvmlDevice device, gboolean *is_host,
                                         GError **error);
/* nvmlDeviceGetVgpuMetadata: the driver's bytes, which vgate_pgpu_record_read () reads. g_bytes_unref ()
 * them. @since 0.1.0 */
GBytes *vgate_nvml_device_metadata (VgateNvml *nvml, VgateNvmlDevice device, GError **error);
/* nvmlDeviceGetVgpuCapabilities: the expected speeds of reading vGPUs from the GPU and of writing them to it,
 * in MB/s (documented). NVML errors 3 and 13: the driver does not report them. @since 0.1.0 */
gboolean vgate_nvml_device_buffer_bandwidths (VgateNvml *nvml, VgateNvmlDevice device, guint *read,
                                              guint *write, GError **error);
/* nvmlDeviceGetVgpuHeterogeneousMode: whether vGPUs with frame buffers of different sizes can run on the GPU
 * at the same time. NVML errors 3 and 13: the driver does not report it, as in MIG mode (documented) or
 * before r550, which lacks the function. @since 0.1.0 */
gboolean vgate_nvml_device_is_heterogeneous (VgateNvml *nvml, VgateNvmlDevice device,
                                             gboolean *is_heterogeneous, GError **error);
/* nvmlDeviceGetPgpuMetadataString. @since 0.1.0 */
char *vgate_nvml_device_gpu_string (VgateNvml *nvml, VgateNvmlDevice device, GError **error);

/* Lists of guint, which can be empty: the running vGPU instances (nvmlDeviceGetActiveVgpus), the supported
 * vGPU types, and the vGPU types that can be created now. g_array_unref () them. @since 0.1.0 */
GArray *vgate_nvml_device_vgpus (VgateNvml *nvml, VgateNvmlDevice device, GError **error);
GArray *vgate_nvml_device_supported_types (VgateNvml *nvml, VgateNvmlDevice device, GError **error);
GArray *vgate_nvml_device_creatable_types (VgateNvml *nvml, VgateNvmlDevice device, GError **error);

/*
 * nvmlDeviceGetVgpuSchedulerCapabilities, nvmlDeviceGetVgpuSchedulerState and nvmlDeviceGetVgpuSchedulerLog,
 * the latter two for the graphics engine. Where the library has them, and the driver does not answer that it
 * lacks them (NVML errors 13 and 26), the calls of r595 (_v2) are used instead. NVML error 3: the GPU is in
 * MIG mode or is not a vGPU host (documented). VGATE_NVML_ERROR_ANSWER: the driver returned a policy or mode
 * that this library does not know, or answered for another engine. @since 0.1.0
 */
gboolean vgate_nvml_device_scheduler_capabilities (VgateNvml *nvml, VgateNvmlDevice device,
                                                   VgateSchedulerCapabilities *capabilities, GError **error);
gboolean vgate_nvml_device_scheduler (VgateNvml *nvml, VgateNvmlDevice device, VgateScheduler *scheduler,
                                      GError **error);
VgateSchedulerLog *vgate_nvml_device_scheduler_log (VgateNvml *nvml, VgateNvmlDevice device, GError **error);
/* nvmlDeviceSetVgpuSchedulerState; the settings are kept until the driver is loaded again. NVML errors
 * (documented): 3, also while a vGPU exists on the GPU; 16, the GPU must be reset first; 4, the caller is not
 * root. @since 0.1.0 */
gboolean vgate_nvml_device_set_scheduler (VgateNvml *nvml, VgateNvmlDevice device,
                                          const VgateSchedulerSettings *settings, GError **error);
/*
 * The same for one engine (VgateEngine). The schedulers of the video encoders need the calls of r595: the
 * error is VGATE_NVML_ERROR_SYMBOL, or NVML's 13 or 26, on a driver without them. With these calls, settings
 * with a time slice or with ARR disabled are not given to the driver, which would ignore them: error 523
 * (VGATE_ERROR).
 * @since 0.2.0
 */
gboolean vgate_nvml_device_engine_scheduler (VgateNvml *nvml, VgateNvmlDevice device, int engine,
                                             VgateScheduler *scheduler, GError **error);
VgateSchedulerLog *vgate_nvml_device_engine_scheduler_log (VgateNvml *nvml, VgateNvmlDevice device,
                                                           int engine, GError **error);
gboolean vgate_nvml_device_set_engine_scheduler (VgateNvml *nvml, VgateNvmlDevice device, int engine,
                                                 const VgateSchedulerSettings *settings, GError **error);

/* Of a vGPU type: nvmlVgpuTypeGetName ("NVIDIA H100XM-20C"), nvmlVgpuTypeGetClass ("Compute"),
 * nvmlVgpuTypeGetFramebufferSize (bytes), and the largest number of its instances on a GPU. @since 0.1.0 */
char *vgate_nvml_type_name (VgateNvml *nvml, guint32 type, GError **error);
char *vgate_nvml_type_class (VgateNvml *nvml, guint32 type, GError **error);
gboolean vgate_nvml_type_framebuffer (VgateNvml *nvml, guint32 type, guint64 *bytes, GError **error);
gboolean vgate_nvml_type_max_instances (VgateNvml *nvml, VgateNvmlDevice device, guint32 type, guint *count,
                                        GError **error);

/* Of a vGPU instance: the number of its type. NVML error 6 when the instance no longer exists, here and in
 * the functions below. @since 0.1.0 */
gboolean vgate_nvml_vgpu_type (VgateNvml *nvml, guint32 vgpu, guint32 *type, GError **error);
/* nvmlVgpuInstanceGetVmID: the VM's UUID. VGATE_NVML_ERROR_ANSWER where the hypervisor uses another kind of
 * ID. @since 0.1.0 */
char *vgate_nvml_vgpu_vm_uuid (VgateNvml *nvml, guint32 vgpu, GError **error);
char *vgate_nvml_vgpu_uuid (VgateNvml *nvml, guint32 vgpu, GError **error);
/* The UUID of the vGPU's mediated device. NVML has no function for the virtual function of a vGPU without a
 * mediated device: nvmlVgpuInstanceGetGpuPciId returns the address inside the guest. @since 0.1.0 */
char *vgate_nvml_vgpu_mdev_uuid (VgateNvml *nvml, guint32 vgpu, GError **error);
/* nvmlVgpuInstanceGetFbUsage: the used bytes of its frame buffer. @since 0.1.0 */
gboolean vgate_nvml_vgpu_framebuffer_used (VgateNvml *nvml, guint32 vgpu, guint64 *bytes, GError **error);
/* nvmlVgpuInstanceGetRuntimeStateSize: the bytes of its state outside the frame buffer. A driver before r570
 * lacks the function. @since 0.1.0 */
gboolean vgate_nvml_vgpu_runtime_state (VgateNvml *nvml, guint32 vgpu, guint64 *bytes, GError **error);
/* nvmlVgpuInstanceGetMetadata: the driver's bytes, which vgate_vgpu_record_read () reads. g_bytes_unref ()
 * them. @since 0.1.0 */
GBytes *vgate_nvml_vgpu_metadata (VgateNvml *nvml, guint32 vgpu, GError **error);

G_END_DECLS

#pragma GCC visibility pop
