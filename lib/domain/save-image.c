/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "domain/save-image.h"

#include "xml/xml.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define MAGIC       "LibvirtQemudSave"
#define PARTIAL     "LibvirtQemudPart"
#define VERSION_MAX 2u
/* The magic, five numbers of 32 bits, and fourteen that are not used. */
#define HEADER_SIZE 92u

G_STATIC_ASSERT (sizeof MAGIC - 1 == VGATE_SAVE_IMAGE_MAGIC_SIZE);
G_STATIC_ASSERT (sizeof PARTIAL - 1 == VGATE_SAVE_IMAGE_MAGIC_SIZE);

/* The numbers after the magic, in the byte order of the machine that wrote the file. */
typedef struct {
    guint32 version;
    guint32 data_length; /* of XML, cookie and zero bytes that allow the XML to grow */
    guint32 was_running;
    guint32 format;
    guint32 cookie; /* where the cookie begins, counted from the XML; 0: the image has no cookie */
} Numbers;

void
vgate_save_image_free (VgateSaveImage *image)
{
    if (!image)
        return;
    g_free (image->xml);
    g_free (image);
}

const char *
vgate_save_image_format_name (guint32 format)
{
    static const char *const names[] = {"raw", "gzip", "bzip2", "xz", "lzop", "zstd", "sparse"};

    return format < G_N_ELEMENTS (names) ? names[format] : NULL;
}

gboolean
vgate_save_image_is (const guint8 *begin, gsize length)
{
    return length >= VGATE_SAVE_IMAGE_MAGIC_SIZE &&
           (memcmp (begin, MAGIC, VGATE_SAVE_IMAGE_MAGIC_SIZE) == 0 ||
            memcmp (begin, PARTIAL, VGATE_SAVE_IMAGE_MAGIC_SIZE) == 0);
}

/* Reads up to length bytes; fewer only at the end of the file. -1 with an error. */
static gssize
read_up_to (int fd, guint8 *bytes, gsize length, GError **error)
{
    gsize done = 0;

    while (done < length) {
        const gssize n = read (fd, bytes + done, length - done);

        if (n == 0)
            break;
        if (n < 0 && errno != EINTR) {
            g_set_error (error, VGATE_ERROR, VGATE_CODE_INPUT_UNREADABLE, "cannot read the save image: %s",
                         g_strerror (errno));
            return -1;
        }
        done += n > 0 ? (gsize)n : 0;
    }
    return (gssize)done;
}

/* FALSE with an error when libvirt would not use the image because of its header. */
static gboolean
check_header (const guint8 *header, Numbers *numbers, GError **error)
{
    guint32 written;

    memcpy (numbers, header + VGATE_SAVE_IMAGE_MAGIC_SIZE, sizeof *numbers);
    written = numbers->version;
    if (numbers->version > VERSION_MAX) {
        numbers->version = GUINT32_SWAP_LE_BE (numbers->version);
        numbers->data_length = GUINT32_SWAP_LE_BE (numbers->data_length);
        numbers->was_running = GUINT32_SWAP_LE_BE (numbers->was_running);
        numbers->format = GUINT32_SWAP_LE_BE (numbers->format);
        numbers->cookie = GUINT32_SWAP_LE_BE (numbers->cookie);
    }
    if (numbers->version < 1 || numbers->version > VERSION_MAX)
        g_set_error (error, VGATE_ERROR, VGATE_CODE_SAVE_IMAGE_INVALID,
                     "the save image has version %u; only versions 1 and 2 are supported", written);
    else if (numbers->data_length == 0)
        g_set_error_literal (error, VGATE_ERROR, VGATE_CODE_SAVE_IMAGE_INVALID,
                             "the save image contains no domain XML: its length is 0");
    else if (numbers->cookie > numbers->data_length)
        g_set_error (error, VGATE_ERROR, VGATE_CODE_SAVE_IMAGE_INVALID,
                     "the save image contradicts itself: its cookie begins at %u, but XML and cookie have "
                     "only %u bytes",
                     numbers->cookie, numbers->data_length);
    else if ((numbers->cookie > 0 ? numbers->cookie : numbers->data_length) > VGATE_XML_SIZE_MAX)
        g_set_error (error, VGATE_ERROR, VGATE_CODE_SAVE_IMAGE_INVALID,
                     "the domain XML of the save image has %u bytes; at most %u are read",
                     numbers->cookie > 0 ? numbers->cookie : numbers->data_length, VGATE_XML_SIZE_MAX);
    else
        return TRUE;
    return FALSE;
}

/* A regular file whose size contradicts the header is refused before memory for its XML is allocated. */
static gboolean
check_size (int fd, const Numbers *numbers, GError **error)
{
    struct stat status;

    if (fstat (fd, &status) != 0 || !S_ISREG (status.st_mode) ||
        (guint64)status.st_size >= HEADER_SIZE + (guint64)numbers->data_length)
        return TRUE;
    g_set_error (error, VGATE_ERROR, VGATE_CODE_SAVE_IMAGE_INVALID,
                 "the save image is truncated: it has %" G_GUINT64_FORMAT " bytes, but its header and XML "
                 "need %" G_GUINT64_FORMAT,
                 (guint64)status.st_size, HEADER_SIZE + (guint64)numbers->data_length);
    return FALSE;
}

VgateSaveImage *
vgate_save_image_read (int fd, GError **error)
{
    g_autoptr (VgateSaveImage) image = NULL;
    g_autofree guint8 *bytes = NULL;
    guint8 header[HEADER_SIZE];
    Numbers numbers;
    const guint8 *end;
    gsize length;
    gssize n = read_up_to (fd, header, sizeof header, error);

    if (n < 0)
        return NULL;
    if (!vgate_save_image_is (header, (gsize)n)) {
        g_set_error_literal (error, VGATE_ERROR, VGATE_CODE_SAVE_IMAGE_INVALID,
                             "the file is not a save image of libvirt");
        return NULL;
    }
    if ((gsize)n < sizeof header) {
        g_set_error (error, VGATE_ERROR, VGATE_CODE_SAVE_IMAGE_INVALID,
                     "the save image is truncated: it has %zu bytes, but its header needs %u", (gsize)n,
                     HEADER_SIZE);
        return NULL;
    }
    if (memcmp (header, PARTIAL, VGATE_SAVE_IMAGE_MAGIC_SIZE) == 0) {
        g_set_error_literal (
            error, VGATE_ERROR, VGATE_CODE_SAVE_IMAGE_INCOMPLETE,
            "the save image is not complete: the save is in progress, or it was interrupted");
        return NULL;
    }
    if (!check_header (header, &numbers, error) || !check_size (fd, &numbers, error))
        return NULL;
    length = numbers.cookie > 0 ? numbers.cookie : numbers.data_length;
    bytes = g_malloc (length);
    n = read_up_to (fd, bytes, length, error);
    if (n < 0)
        return NULL;
    /* libvirt takes the XML up to the first zero byte, and always writes one */
    end = memchr (bytes, '\0', (gsize)n);
    if (!end) {
        g_set_error (error, VGATE_ERROR, VGATE_CODE_SAVE_IMAGE_INVALID,
                     "the domain XML of the save image has no end within its %u bytes",
                     numbers.cookie > 0 ? numbers.cookie : numbers.data_length);
        return NULL;
    }
    image = g_new0 (VgateSaveImage, 1);
    image->version = numbers.version;
    image->was_running = numbers.was_running != 0;
    image->format = numbers.version == 1 ? 0 : numbers.format;
    image->xml_length = (gsize)(end - bytes);
    image->xml = (char *)g_steal_pointer (&bytes);
    return g_steal_pointer (&image);
}
