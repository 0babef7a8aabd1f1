/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * vgpu-gate-hook: libvirt's qemu hook.
 *
 * libvirt runs it for every event of every guest on the host, and most guests have no vGPU. This program is
 * therefore plain C without libraries: it allows at once what cannot concern vgpu-gate, and runs
 * vgpu-gate-judge, which can read XML, NVML and the policy, for the rest. The test is narrow: an event does
 * not concern us only if its document looks exactly as libvirt writes it and contains neither our metadata
 * nor a hostdev, nor the driver vfio-pci on QEMU's command line. Everything that looks unusual goes to the
 * judge. 'release end' and the cold start of a hostdev concern us only while there are leases of devices.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

/* As VGATE_XML_SIZE_MAX. One byte more is read, so that the judge sees that the document is too large. */
#define INPUT_MAX  (16u * 1024u * 1024u)
#define INPUT_STEP (64u * 1024u)

typedef struct {
    char *data;
    size_t length;
} Input;

/* The operations with which libvirt calls a qemu hook (libvirt's hooks documentation). */
static const char *const operations[] = {"prepare", "start",   "started",   "stopped", "release",
                                         "migrate", "restore", "reconnect", "attach"};

static int
is_operation (const char *word)
{
    for (size_t i = 0; i < sizeof operations / sizeof operations[0]; i++)
        if (strcmp (word, operations[i]) == 0)
            return 1;
    return 0;
}

/* libvirt always passes four arguments. A domain may have the name of one of our options, so the second
 * argument counts as well. */
static int
is_libvirt_call (int argc, char *const argv[])
{
    return argc == 5 && (strncmp (argv[1], "--", 2) != 0 || is_operation (argv[2]));
}

/* The same file as in lib/placement/lease.c. If it cannot be looked up, there may be leases. Leases belong to
 * the system's guests: the libvirtd of a session runs as an ordinary user, has none and cannot see them. */
static int
has_leases (void)
{
    if (geteuid () != 0)
        return 0;
    return access ("/run/vgpu-gate/leases", F_OK) == 0 || errno != ENOENT;
}

/* TRUE if there is a file whose path contains the domain's name. As with the leases, those of a session are
 * not searched. */
static int
has_file (const char *before, const char *name, const char *after)
{
    char path[512];

    return geteuid () == 0 &&
           snprintf (path, sizeof path, "%s%s%s", before, name, after) < (int)sizeof path &&
           access (path, F_OK) == 0;
}

/* The file of lib/gate/managed-save.c: a refusal that is given at 'prepare begin'. */
static int
has_refusal (const char *name)
{
    return has_file ("/run/vgpu-gate/refused-", name, "");
}

/* As in lib/gate/managed-save.c. */
static int
has_managed_save (const char *name)
{
    return has_file ("/var/lib/libvirt/qemu/save/", name, ".save");
}

static int
is_gated (const char *operation, const char *sub_operation)
{
    if (strcmp (operation, "release") == 0 && strcmp (sub_operation, "end") == 0)
        return has_leases ();
    return strcmp (sub_operation, "begin") == 0 &&
           (strcmp (operation, "migrate") == 0 || strcmp (operation, "restore") == 0 ||
            strcmp (operation, "started") == 0 || strcmp (operation, "prepare") == 0);
}

/* Copies a text that a user chose; characters that are not printable ASCII are replaced. */
static void
copy_printable (char *shown, size_t size, const char *text)
{
    size_t i;

    for (i = 0; text[i] != '\0' && i < size - 1; i++)
        shown[i] = text[i] >= ' ' && text[i] <= '~' ? text[i] : '?';
    shown[i] = '\0';
}

/* Fails with one line on stderr, because of errno. At an event that is gated the line names this host, which
 * refuses the guest, as those of vgpu-gate-judge do; 'release end' refuses nothing, and a user's call
 * (operation NULL) concerns no guest. */
static int
fail (const char *name, const char *operation, const char *what)
{
    const char *why = strerror (errno);
    char shown[129], host[65] = "", shown_host[65];

    copy_printable (shown, sizeof shown, name);
    if (gethostname (host, sizeof host - 1) != 0 || *host == '\0')
        memcpy (host, "localhost", sizeof "localhost");
    copy_printable (shown_host, sizeof shown_host, host);
    if (!operation)
        fprintf (stderr, "vgpu-gate: VGATE-901: %s: %s. Check the installation.\n", what, why);
    else if (strcmp (operation, "release") == 0)
        fprintf (stderr, "vgpu-gate: VGATE-901: %s: %s: %s. Check the installation.\n", shown, what, why);
    else
        fprintf (stderr, "vgpu-gate: VGATE-901: %s refuses %s: %s: %s. Check the installation.\n", shown_host,
                 shown, what, why);
    return 1;
}

static int
read_input (Input *input)
{
    size_t allocated = 0;

    for (;;) {
        ssize_t n;

        if (input->length == allocated) {
            char *grown;

            allocated = allocated == 0 ? INPUT_STEP : allocated * 2;
            grown = realloc (input->data, allocated);
            if (!grown)
                return 0;
            input->data = grown;
        }
        n = read (STDIN_FILENO, input->data + input->length, allocated - input->length);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return 0;
        if (n == 0 || input->length > INPUT_MAX)
            return 1;
        input->length += (size_t)n;
    }
}

static int
contains (const Input *input, const char *text)
{
    return memmem (input->data, input->length, text, strlen (text)) != NULL;
}

/* TRUE if the text has no control characters, and only sequences that can be UTF-8, as libvirt writes it. */
static int
is_text (const Input *input)
{
    const unsigned char *at = (const unsigned char *)input->data, *end = at + input->length;

    while (at < end) {
        const unsigned char c = *at++;
        int more = c >= 0xf0 ? 3 : c >= 0xe0 ? 2 : 1;

        if (c < 0x80) {
            if (c < ' ' && c != '\n' && c != '\t' && c != '\r')
                return 0;
            continue;
        }
        if (c < 0xc2 || c > 0xf4)
            return 0;
        for (; more > 0; more--)
            if (at == end || (*at++ & 0xc0) != 0x80)
                return 0;
    }
    return 1;
}

static int
is_domain_as_libvirt_writes_it (const Input *input)
{
    static const char begin[] = "<domain", end[] = "</domain>";
    size_t length = input->length;

    while (length > 0 && (input->data[length - 1] == '\n' || input->data[length - 1] == ' '))
        length--;
    return length >= sizeof begin + sizeof end && length <= INPUT_MAX &&
           memcmp (input->data, begin, sizeof begin - 1) == 0 &&
           memcmp (input->data + length - (sizeof end - 1), end, sizeof end - 1) == 0;
}

/*
 * "<!" begins a DOCTYPE, a comment or CDATA, and "&#" a character that is not written literally: with either
 * of them a search for words proves nothing. A cold start ("prepare") is judged only by the metadata, so that
 * a guest with a hostdev but without metadata starts even if our installation is broken. The exception are
 * leases: while there are any, its device may have to be created again.
 */
static int
is_not_concerned (const Input *input, const char *operation)
{
    const int can_be_vgpu =
        contains (input, "vgpu-gate") || ((contains (input, "<hostdev") || contains (input, "vfio")) &&
                                          (strcmp (operation, "prepare") != 0 || has_leases ()));

    return !can_be_vgpu && is_domain_as_libvirt_writes_it (input) && !contains (input, "<!") &&
           !contains (input, "&#") && is_text (input);
}

/*
 * In a build tree the judge is in the same directory as this program. Installed, this program is in sbin,
 * where Debian's AppArmor profile allows libvirtd to run it, and the judge is in libexecdir with the other
 * programs that users do not run themselves.
 */
static void
judge_path (char *path, size_t size)
{
    static const char name[] = "/vgpu-gate-judge", installed[] = VGATE_LIBEXECDIR "/vgpu-gate-judge";
    const ssize_t length = readlink ("/proc/self/exe", path, size);
    char *slash = NULL;

    if (length > 0 && (size_t)length + sizeof name <= size) {
        path[length] = '\0';
        slash = strrchr (path, '/');
    }
    if (slash)
        memcpy (slash, name, sizeof name);
    if (!slash || access (path, X_OK) != 0)
        snprintf (path, size, "%s", installed);
}

/* Makes the document that was read the judge's standard input. */
static int
hand_over_input (const Input *input)
{
    const int fd = memfd_create ("domain-xml", 0);
    size_t done = 0;

    if (fd < 0)
        return 0;
    while (done < input->length) {
        const ssize_t n = write (fd, input->data + done, input->length - done);

        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return 0;
        done += (size_t)n;
    }
    return lseek (fd, 0, SEEK_SET) == 0 && dup2 (fd, STDIN_FILENO) == STDIN_FILENO &&
           (fd == STDIN_FILENO || close (fd) == 0);
}

static int
run_judge (const char *name, const char *operation, char *argv[])
{
    char path[4096];

    judge_path (path, sizeof path);
    argv[0] = path;
    execv (path, argv);
    return fail (name, operation, "cannot run vgpu-gate-judge");
}

/* Runs the judge in another process, so that this one survives its end, however it ends. */
static void
run_judge_and_wait (const char *name, const char *operation, char *argv[])
{
    const pid_t pid = fork ();

    if (pid == 0)
        _exit (run_judge (name, operation, argv));
    while (pid > 0 && waitpid (pid, NULL, 0) < 0 && errno == EINTR)
        ;
}

/*
 * Handles an event that is gated: allows it at once, or runs the judge.
 *
 * libvirt 11.3 deletes a managed save if the hook fails at its 'restore begin' (lib/gate/managed-save.h).
 * The judge keeps a refusal for 'prepare begin'. If the judge cannot be run or crashes, the event is
 * allowed too: at 'prepare begin' or 'started begin' of the same start it fails again, or judges the
 * guest, and QEMU loads the memory only after both.
 */
static int
gate (char *argv[], Input *input)
{
    /* after "--", none of libvirt's arguments is taken for an option */
    char *judge_argv[] = {NULL, (char *)"--", argv[1], argv[2], argv[3], argv[4], NULL};
    const int may_not_fail = strcmp (argv[2], "restore") == 0 && has_managed_save (argv[1]);
    const char *what = NULL;

    if (!read_input (input))
        what = "cannot read the domain XML";
    else if (is_not_concerned (input, argv[2]) &&
             !(strcmp (argv[2], "prepare") == 0 && has_refusal (argv[1])))
        return 0;
    else if (!hand_over_input (input))
        what = "cannot pass the domain XML to vgpu-gate-judge";
    if (may_not_fail) {
        if (!what)
            run_judge_and_wait (argv[1], argv[2], judge_argv);
        return 0;
    }
    return what ? fail (argv[1], argv[2], what) : run_judge (argv[1], argv[2], judge_argv);
}

int
main (int argc, char *argv[])
{
    Input input = {NULL, 0};
    int status;

    if (!is_libvirt_call (argc, argv))
        return run_judge ("", NULL, argv);
    if (!is_gated (argv[2], argv[3]))
        return 0;
    status = gate (argv, &input);
    free (input.data);
    return status;
}
