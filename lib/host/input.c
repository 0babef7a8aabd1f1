/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "host/input.h"

#include "base/codes.h"
#include "base/descriptor.h"
#include "xml/xml.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

char *
vgate_input_read_fd (int fd, gsize *length, GError **error)
{
    g_autoptr (GByteArray) input = g_byte_array_new ();

    /* an input that is too large is refused by its parser */
    if (!vgate_read_all (fd, VGATE_XML_SIZE_MAX, input) && errno != EFBIG) {
        g_set_error (error, VGATE_ERROR, VGATE_CODE_INPUT_UNREADABLE, "cannot read the input: %s",
                     g_strerror (errno));
        return NULL;
    }
    *length = input->len;
    /* the byte does not count, but makes the data a valid pointer if the input is empty */
    g_byte_array_append (input, (const guint8 *)"", 1);
    return (char *)g_byte_array_free (g_steal_pointer (&input), FALSE);
}

/* Takes the descriptor; -1: the file could not be opened. */
static char *
read_opened (const char *path, int fd, gsize *length, GError **error)
{
    char *input;

    if (fd < 0) {
        g_set_error (error, VGATE_ERROR, VGATE_CODE_INPUT_UNREADABLE, "cannot open '%s': %s", path,
                     errno == EINVAL ? "not a regular file" : g_strerror (errno));
        return NULL;
    }
    input = vgate_input_read_fd (fd, length, error);
    close (fd);
    if (!input)
        g_prefix_error (error, "%s: ", path);
    return input;
}

char *
vgate_input_read_regular (const char *path, gsize *length, GError **error)
{
    return read_opened (path, vgate_open_regular (path), length, error);
}

char *
vgate_input_read (const char *path, gsize *length, GError **error)
{
    if (strcmp (path, "-") == 0)
        return vgate_input_read_fd (STDIN_FILENO, length, error);
    return read_opened (path, open (path, O_RDONLY | O_CLOEXEC), length, error);
}

VgateHost *
vgate_input_read_host (const char *path, GError **error)
{
    gsize length;
    g_autofree char *xml = vgate_input_read (path, &length, error);
    VgateHost *host = xml ? vgate_host_read (xml, length, error) : NULL;

    if (xml && !host)
        g_prefix_error (error, "%s: ", path);
    return host;
}
