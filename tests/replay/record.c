/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * record LIBRARY [DEVICES]: asks about the first DEVICES devices, by default 1. See record.h.
 *
 * Each section runs in a separate process. A library that crashes or hangs in one call thus loses only that
 * answer: it is recorded as such, and a new process continues with the next question.
 */
#include "record.h"

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

typedef struct {
    const char *title;
    void (*run) (Record *record);
    bool initialised;
} Section;

static const Section sections[] = {
    {"Texts of return codes, which need no initialisation", record_error_strings, false},
    {"Before nvmlInit", record_before_init, false},
    {"References", record_references, false},
    {"Flags", record_flags, false},
    {"After the last nvmlShutdown", record_after_shutdown, false},
    {"A fork child of an initialised process", record_fork, false},
    {"The system", record_system, true},
    {"vGPU versions", record_versions, true},
    {"Compatibility", record_compatibility, true},
    {"Handles", record_handles, true},
    {"Devices", record_devices, true},
    {"vGPU instances", record_instances, true},
    {"vGPU types", record_types, true},
};

static bool
load (Record *record, const char *path)
{
    void *library = dlopen (path, RTLD_NOW | RTLD_LOCAL);

    if (!library) {
        fprintf (stderr, "record: %s\n", dlerror ());
        return false;
    }
#define LOOK_UP(name) *(void **)&record->nvml.name = dlsym (library, #name);
    RECORD_CALLS (LOOK_UP)
#undef LOOK_UP
    /* the recorder cannot do without these */
    if (!record->nvml.nvmlInit_v2 || !record->nvml.nvmlShutdown || !record->nvml.nvmlDeviceGetCount_v2 ||
        !record->nvml.nvmlDeviceGetHandleByIndex_v2) {
        fprintf (stderr, "record: %s is no NVML library\n", path);
        return false;
    }
    return true;
}

nvmlDevice_t
record_first_device (Record *record)
{
    nvmlDevice_t device = NULL;

    return record->nvml.nvmlDeviceGetHandleByIndex_v2 (0, &device) == NVML_SUCCESS ? device : NULL;
}

static void
run_section (Record *record, const Section *section)
{
    const nvmlReturn_t code = section->initialised ? record->nvml.nvmlInit_v2 () : NVML_SUCCESS;

    if (code == NVML_SUCCESS)
        section->run (record);
    else
        printf ("nvmlInit_v2 () = %d\n", code);
    fflush (stdout);
    _exit (EXIT_SUCCESS);
}

/* False if the process did not finish; its last question is then on a line that is not ended. */
static bool
run_in_process (Record *record, const Section *section)
{
    pid_t child;
    int status;

    /* otherwise both processes would write what is buffered */
    fflush (stdout);
    child = fork ();
    if (child == 0)
        run_section (record, section);
    if (child < 0 || waitpid (child, &status, 0) != child) {
        perror ("record");
        exit (2);
    }
    if (WIFSIGNALED (status))
        printf (" ended the process: %s\n", strsignal (WTERMSIG (status)));
    else if (WEXITSTATUS (status) != EXIT_SUCCESS)
        printf (" ended the process: status %d\n", WEXITSTATUS (status));
    else
        return true;
    return false;
}

static bool
record_section (Record *record, const Section *section)
{
    bool survived = true;

    printf ("\n# %s\n", section->title);
    *record->progress = record->resume = 0;
    while (!run_in_process (record, section)) {
        survived = false;
        /* it ended before the question where it should have continued, so it cannot get any further */
        if (*record->progress == record->resume)
            break;
        record->resume = *record->progress;
    }
    return survived;
}

int
main (int argc, char **argv)
{
    Record record = {.devices_max = 1};
    bool survived = true;

    if (argc == 3)
        record.devices_max = (unsigned int)strtoul (argv[2], NULL, 10);
    if (argc < 2 || argc > 3 || record.devices_max == 0) {
        fprintf (stderr, "usage: record LIBRARY [DEVICES]\n");
        return 2;
    }
    if (!load (&record, argv[1]))
        return 2;
    record.progress =
        mmap (NULL, sizeof *record.progress, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (record.progress == MAP_FAILED) {
        perror ("record");
        return 2;
    }
    printf ("# The answers of an NVML library; tests/replay/record.h says how to read and to make this.\n");
    for (size_t i = 0; i < sizeof sections / sizeof sections[0]; i++)
        survived &= record_section (&record, &sections[i]);
    return survived ? EXIT_SUCCESS : EXIT_FAILURE;
}
