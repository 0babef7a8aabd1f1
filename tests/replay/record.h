/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A recorder: it makes a fixed list of calls against an NVML library and prints one line a call, so that the
 * answers of a real driver can be kept, and replayed through the simulated one.
 *
 *     CALL (ARGUMENTS) = CODE [VALUES]
 *
 * Values stand there on success; a size or count that goes in and out always does. Texts are quoted, bytes
 * are hexadecimal. What differs from one machine or moment to the next is masked: in every text, the digits
 * of UUIDs and PCI addresses are x; of memory in use, only that free and used make up the total. A call that
 * the library lacks is "absent".
 *
 * It needs no GLib, so that it can be built where there is a driver and little else:
 *     cc -std=c11 -D_GNU_SOURCE -Ilib tests/replay/record*.c -ldl -o record
 *
 * It passes no NULL and no invented device handle, which crash NVIDIA's library, and sets nothing: what it
 * asks the driver to set must be refused.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "nvml-sim/calls/exports.h"

/* All calls that the simulated driver has of NVML, under each of their names. */
#define RECORD_CALLS(CALL)                          \
    CALL (nvmlDeviceGetActiveVgpus)                 \
    CALL (nvmlDeviceGetCount)                       \
    CALL (nvmlDeviceGetCount_v2)                    \
    CALL (nvmlDeviceGetCreatableVgpus)              \
    CALL (nvmlDeviceGetEccMode)                     \
    CALL (nvmlDeviceGetHandleByIndex)               \
    CALL (nvmlDeviceGetHandleByIndex_v2)            \
    CALL (nvmlDeviceGetHandleByPciBusId)            \
    CALL (nvmlDeviceGetHandleByPciBusId_v2)         \
    CALL (nvmlDeviceGetHostVgpuMode)                \
    CALL (nvmlDeviceGetMemoryInfo)                  \
    CALL (nvmlDeviceGetMigMode)                     \
    CALL (nvmlDeviceGetName)                        \
    CALL (nvmlDeviceGetPciInfo)                     \
    CALL (nvmlDeviceGetPciInfo_v2)                  \
    CALL (nvmlDeviceGetPciInfo_v3)                  \
    CALL (nvmlDeviceGetPgpuMetadataString)          \
    CALL (nvmlDeviceGetSupportedVgpus)              \
    CALL (nvmlDeviceGetUUID)                        \
    CALL (nvmlDeviceGetVgpuCapabilities)            \
    CALL (nvmlDeviceGetVgpuHeterogeneousMode)       \
    CALL (nvmlDeviceGetVgpuMetadata)                \
    CALL (nvmlDeviceGetVgpuSchedulerCapabilities)   \
    CALL (nvmlDeviceGetVgpuSchedulerLog)            \
    CALL (nvmlDeviceGetVgpuSchedulerState)          \
    CALL (nvmlDeviceGetVgpuTypeCreatablePlacements) \
    CALL (nvmlDeviceGetVgpuTypeSupportedPlacements) \
    CALL (nvmlDeviceGetVirtualizationMode)          \
    CALL (nvmlDeviceSetVgpuHeterogeneousMode)       \
    CALL (nvmlDeviceSetVgpuSchedulerState)          \
    CALL (nvmlErrorString)                          \
    CALL (nvmlGetVgpuCompatibility)                 \
    CALL (nvmlGetVgpuDriverCapabilities)            \
    CALL (nvmlGetVgpuVersion)                       \
    CALL (nvmlInit)                                 \
    CALL (nvmlInitWithFlags)                        \
    CALL (nvmlInit_v2)                              \
    CALL (nvmlSetVgpuVersion)                       \
    CALL (nvmlShutdown)                             \
    CALL (nvmlSystemGetDriverVersion)               \
    CALL (nvmlVgpuInstanceGetEccMode)               \
    CALL (nvmlVgpuInstanceGetFbUsage)               \
    CALL (nvmlVgpuInstanceGetGpuInstanceId)         \
    CALL (nvmlVgpuInstanceGetGpuPciId)              \
    CALL (nvmlVgpuInstanceGetMdevUUID)              \
    CALL (nvmlVgpuInstanceGetMetadata)              \
    CALL (nvmlVgpuInstanceGetPlacementId)           \
    CALL (nvmlVgpuInstanceGetRuntimeStateSize)      \
    CALL (nvmlVgpuInstanceGetType)                  \
    CALL (nvmlVgpuInstanceGetUUID)                  \
    CALL (nvmlVgpuInstanceGetVmDriverVersion)       \
    CALL (nvmlVgpuInstanceGetVmID)                  \
    CALL (nvmlVgpuTypeGetClass)                     \
    CALL (nvmlVgpuTypeGetFramebufferSize)           \
    CALL (nvmlVgpuTypeGetGpuInstanceProfileId)      \
    CALL (nvmlVgpuTypeGetMaxInstances)              \
    CALL (nvmlVgpuTypeGetName)

#define RECORD_MEMBER(name) __typeof__ (name) *name;

typedef enum { RECORD_TEXT, RECORD_BYTES, RECORD_NUMBERS } RecordKind;

typedef struct {
    RECORD_CALLS (RECORD_MEMBER) /* NULL: the library has no such call */
} RecordNvml;

typedef struct {
    RecordNvml nvml;
    unsigned int devices_max;

    /* Questions in this section, and how many of them a process asked that did not survive the last one. */
    unsigned int n_asked;
    unsigned int resume;
    unsigned int *progress; /* n_asked, for the process that waits for this one */

    unsigned char *arena; /* room for answers between two guards */
    size_t room;

    /* The walk through the ways to ask one call; length, size and buffer are what is passed to it. */
    unsigned int step;
    unsigned int full;
    unsigned int exact; /* the least length for a text; 0 while not known */
    RecordKind kind;
    void *buffer;
    unsigned int length;
    unsigned int *size;
    unsigned int passed;
} Record;

/* An instance or type that no driver gives away, beside 0 and 1. */
#define RECORD_UNKNOWN 4294967295u

/* Room of exactly this many bytes, filled with a pattern; writes beyond it are printed with the answer. */
void *record_room (Record *record, size_t size);

/* Prints the question. FALSE: it must not be asked, because there is no such call or it ended a process. */
bool record_ask (Record *record, const char *call, bool exists, const char *format, ...)
    __attribute__ ((format (printf, 4, 5)));
#define RECORD_ASK(record, name, ...) record_ask (record, #name, (record)->nvml.name != NULL, __VA_ARGS__)

/* The end of a line that was answered. */
void record_end (Record *record);
/* The answer: the code, and on success the values, if any. */
void record_code (Record *record, nvmlReturn_t code);
void record_values (Record *record, nvmlReturn_t code, const char *format, ...)
    __attribute__ ((format (printf, 3, 4)));
/* A text of at most size bytes, quoted and masked. */
const char *record_quote (const char *text, size_t size, char *quoted, size_t quoted_size);
#define RECORD_QUOTED_SIZE 1100

/* Question and code alone; the arguments are printed as they are written. */
#define RECORD_CODE(record, name, ...)                               \
    do {                                                             \
        if (RECORD_ASK (record, name, "%s", #__VA_ARGS__))           \
            record_code (record, (record)->nvml.name (__VA_ARGS__)); \
    } while (0)

/*
 * One call in every way that its protocol of sizes has. The arguments after `full`, the largest size of all,
 * are those before the buffer.
 */
#define RECORD_WALK(record, name, next, answer, subject, call)         \
    while (next (record, #name, (record)->nvml.name != NULL, subject)) \
    answer (record, (record)->nvml.name call)

/* (..., char *text, unsigned length) */
#define RECORD_FIXED_TEXT(record, name, subject, full_length, ...)         \
    do {                                                                   \
        record_walk (record, RECORD_TEXT, full_length);                    \
        RECORD_WALK (record, name, record_next_text, record_text, subject, \
                     (__VA_ARGS__, (record)->buffer, (record)->length));   \
    } while (0)

/* (..., buffer, unsigned *size) */
#define RECORD_SIZED(record, name, subject, what, full_size, ...)            \
    do {                                                                     \
        record_walk (record, what, full_size);                               \
        RECORD_WALK (record, name, record_next_sized, record_sized, subject, \
                     (__VA_ARGS__, (record)->buffer, (record)->size));       \
    } while (0)

/* (..., unsigned *count, unsigned *list) */
#define RECORD_LIST(record, name, subject, full_count, ...)                  \
    do {                                                                     \
        record_walk (record, RECORD_NUMBERS, full_count);                    \
        RECORD_WALK (record, name, record_next_sized, record_sized, subject, \
                     (__VA_ARGS__, (record)->size, (record)->buffer));       \
    } while (0)

/* (..., number *): into NULL, and into a number of this size */
#define RECORD_NUMBER(record, name, subject, number_size, ...)                 \
    do {                                                                       \
        record_walk (record, RECORD_NUMBERS, number_size);                     \
        RECORD_WALK (record, name, record_next_number, record_number, subject, \
                     (__VA_ARGS__, (record)->buffer));                         \
    } while (0)

/* (..., structure *): into NULL, and into one; shown as words of 32 bits, so many bytes of it */
#define RECORD_STRUCTURE(record, name, subject, structure_size, shown, ...)                    \
    do {                                                                                       \
        record_walk (record, RECORD_NUMBERS, structure_size);                                  \
        while (record_next_number (record, #name, (record)->nvml.name != NULL, subject))       \
            record_words (record, (record)->nvml.name (__VA_ARGS__, (record)->buffer), shown); \
    } while (0)

void record_walk (Record *record, RecordKind kind, unsigned int full);
bool record_next_text (Record *record, const char *call, bool exists, const char *subject);
void record_text (Record *record, nvmlReturn_t code);
bool record_next_sized (Record *record, const char *call, bool exists, const char *subject);
void record_sized (Record *record, nvmlReturn_t code);
bool record_next_number (Record *record, const char *call, bool exists, const char *subject);
void record_number (Record *record, nvmlReturn_t code);
void record_words (Record *record, nvmlReturn_t code, size_t shown);

/* The handle of the first device, asked for silently; NULL when there is none. */
nvmlDevice_t record_first_device (Record *record);

/* The sections. Those of the life begin without an initialised library, all others with one. */
void record_error_strings (Record *record);
void record_before_init (Record *record);
void record_references (Record *record);
void record_flags (Record *record);
void record_after_shutdown (Record *record);
void record_fork (Record *record);
void record_system (Record *record);
void record_versions (Record *record);
void record_compatibility (Record *record);
void record_handles (Record *record);
void record_devices (Record *record);
void record_instances (Record *record);
void record_types (Record *record);
