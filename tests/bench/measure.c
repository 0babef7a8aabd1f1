/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * measure FILE PROGRAM [ARGUMENT...]: runs the program with its own standard streams, and writes its peak
 * memory in KiB into FILE. Exits as the program did.
 *
 * A process begins with the peak of the process that forked it, so this program must be small and uses no
 * library.
 */
#include <stdio.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#define EXIT_FAILED 127

static int
report (const char *path, long peak_kib)
{
    FILE *file = fopen (path, "w");

    return file && fprintf (file, "%ld\n", peak_kib) > 0 && fclose (file) == 0;
}

int
main (int argc, char *argv[])
{
    struct rusage usage;
    pid_t pid;
    int status;

    if (argc < 3)
        return EXIT_FAILED;
    pid = fork ();
    if (pid < 0)
        return EXIT_FAILED;
    if (pid == 0) {
        execv (argv[2], argv + 2);
        _exit (EXIT_FAILED);
    }
    if (wait4 (pid, &status, 0, &usage) != pid || !report (argv[1], usage.ru_maxrss))
        return EXIT_FAILED;
    return WIFEXITED (status) ? WEXITSTATUS (status) : EXIT_FAILED;
}
