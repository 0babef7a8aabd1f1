/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* lib/domain/save-image: images that libvirt made, and headers that it never wrote. */
#include "domain/domain.h"
#include "domain/save-image.h"

#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define HEADER 92u

/* Returns a descriptor at the beginning of a file with this content. */
static int
file_of (const void *bytes, gsize length)
{
    const int fd = memfd_create ("image", MFD_CLOEXEC);

    g_assert_cmpint (fd, >=, 0);
    g_assert_cmpint (write (fd, bytes, length), ==, (gssize)length);
    g_assert_cmpint (lseek (fd, 0, SEEK_SET), ==, 0);
    return fd;
}

static VgateSaveImage *
read_image (const void *bytes, gsize length, GError **error)
{
    const int fd = file_of (bytes, length);
    VgateSaveImage *image = vgate_save_image_read (fd, error);

    close (fd);
    return image;
}

/* --- images of other people's making --- */

static GByteArray *
load (const char *name)
{
    g_autofree char *path =
        g_build_filename (g_getenv ("VGATE_SRCDIR"), "tests/data/save-images", name, NULL);
    g_autoptr (GError) error = NULL;
    char *text;
    gsize length;

    g_file_get_contents (path, &text, &length, &error);
    g_assert_no_error (error);
    return g_byte_array_new_take ((guint8 *)text, length);
}

static void
test_real (void)
{
    static const struct {
        const char *file;
        guint32 format;
    } images[] = {
        {"libvirt-9.0-raw.save", 0},     {"libvirt-9.0-gzip.save", 1},
        {"libvirt-9.0-bzip2.save", 2},   {"libvirt-9.0-xz.save", 3},
        {"libvirt-9.0-lzop.save", 4},    {"libvirt-9.0-snapshot.memory", 0},
        {"libvirt-11.3-raw.save", 0},    {"libvirt-11.3-gzip.save", 1},
        {"libvirt-11.3-bzip2.save", 2},  {"libvirt-11.3-xz.save", 3},
        {"libvirt-11.3-lzop.save", 4},   {"libvirt-11.3-zstd.save", 5},
        {"libvirt-11.3-sparse.save", 6}, {"libvirt-11.3-snapshot.memory", 0},
    };

    for (gsize i = 0; i < G_N_ELEMENTS (images); i++) {
        g_autoptr (GByteArray) bytes = load (images[i].file);
        const int fd = file_of (bytes->data, bytes->len);
        g_autoptr (GError) error = NULL;
        g_autoptr (VgateSaveImage) image = vgate_save_image_read (fd, &error);
        g_autoptr (VgateDomain) domain = NULL;

        g_assert_no_error (error);
        g_assert_true (vgate_save_image_is (bytes->data, bytes->len));
        g_assert_cmpuint (image->version, ==, 2);
        g_assert_true (image->was_running);
        g_assert_cmpuint (image->format, ==, images[i].format);
        g_assert_nonnull (strstr (images[i].file,
                                  images[i].format == 0 ? "" : vgate_save_image_format_name (image->format)));
        g_assert_cmpuint (strlen (image->xml), ==, image->xml_length);
        domain = vgate_domain_read (image->xml, image->xml_length, NULL, &error);
        g_assert_no_error (error);
        g_assert_nonnull (domain->element);
        /* nothing behind the XML is read: neither cookie nor memory */
        g_assert_cmpint (lseek (fd, 0, SEEK_CUR), ==, (off_t)(HEADER + image->xml_length + 1));
        close (fd);
    }
    g_assert_null (vgate_save_image_format_name (7));
    g_assert_null (vgate_save_image_format_name (G_MAXUINT32));
}

/* --- headers --- */

typedef struct {
    const char *what;
    const char *magic;
    guint32 version, data_length, was_running, format, cookie;
    const char *xml; /* without its zero byte */
    gsize xml_size;  /* bytes of it that are written, with the zero byte; 0: all */
    VgateCode code;  /* NONE: good */
    const char *says;
    gboolean is_swapped;
} Header;

#define SAVE       "LibvirtQemudSave"
#define PART       "LibvirtQemudPart"
#define XML_4      "<a/>"
#define BIG        (16u * 1024u * 1024u)
#define INVALID    VGATE_CODE_SAVE_IMAGE_INVALID
#define INCOMPLETE VGATE_CODE_SAVE_IMAGE_INCOMPLETE

/* clang-format off */
static const Header headers[] = {
    {"plain", SAVE, 2, 5, 1, 0, 0, XML_4, 0, VGATE_CODE_NONE, NULL, FALSE},
    {"version 1", SAVE, 1, 5, 0, 0, 0, XML_4, 0, VGATE_CODE_NONE, NULL, FALSE},
    {"swapped", SAVE, 2, 5, 1, 3, 5, XML_4, 0, VGATE_CODE_NONE, NULL, TRUE},
    {"swapped version 1", SAVE, 1, 5, 1, 0, 0, XML_4, 0, VGATE_CODE_NONE, NULL, TRUE},
    {"a format that is not known", SAVE, 2, 5, 1, G_MAXUINT32, 0, XML_4, 0, VGATE_CODE_NONE, NULL, FALSE},
    {"a cookie without content", SAVE, 2, 5, 1, 0, 5, XML_4, 0, VGATE_CODE_NONE, NULL, FALSE},
    {"no XML but its end", SAVE, 2, 1, 1, 0, 0, "", 0, VGATE_CODE_NONE, NULL, FALSE},
    {"partial", PART, 2, 5, 1, 0, 0, XML_4, 0, INCOMPLETE, "not complete", FALSE},
    {"partial, swapped", PART, 2, 5, 1, 0, 0, XML_4, 0, INCOMPLETE, "not complete", TRUE},
    {"magic in lower case", "libvirtqemudsave", 2, 5, 1, 0, 0, XML_4, 0, INVALID,
     "not a save image", FALSE},
    {"another magic", "LibvirtQemudSavf", 2, 5, 1, 0, 0, XML_4, 0, INVALID,
     "not a save image", FALSE},
    {"version 0", SAVE, 0, 5, 1, 0, 0, XML_4, 0, INVALID, "version 0", FALSE},
    {"version 3", SAVE, 3, 5, 1, 0, 0, XML_4, 0, INVALID, "version 3", FALSE},
    {"version of both orders", SAVE, 0x02000002, 5, 1, 0, 0, XML_4, 0, INVALID, "version",
     FALSE},
    {"no length", SAVE, 2, 0, 1, 0, 0, XML_4, 0, INVALID, "its length is 0", FALSE},
    {"longer than the file", SAVE, 2, 6, 1, 0, 0, XML_4, 0, INVALID,
     "it has 97 bytes, but its header and XML need 98", FALSE},
    {"much longer than the file", SAVE, 2, BIG, 1, 0, 0, XML_4, 0, INVALID, "truncated",
     FALSE},
    {"too long", SAVE, 2, BIG + 1, 1, 0, 0, XML_4, 0, INVALID,
     "has 16777217 bytes; at most 16777216 are read", FALSE},
    {"the greatest length", SAVE, 2, G_MAXUINT32, 1, 0, 0, XML_4, 0, INVALID,
     "at most 16777216", FALSE},
    {"the greatest length, swapped", SAVE, 2, G_MAXUINT32, 1, 0, 0, XML_4, 0, INVALID,
     "at most 16777216", TRUE},
    {"the greatest length with a cookie", SAVE, 2, G_MAXUINT32, 1, 0, 5, XML_4, 0, INVALID,
     "truncated", FALSE},
    {"cookie outside", SAVE, 2, 5, 1, 0, 6, XML_4, 0, INVALID, "cookie begins at 6", FALSE},
    {"cookie far outside", SAVE, 2, 5, 1, 0, G_MAXUINT32, XML_4, 0, INVALID, "cookie", FALSE},
    {"no end", SAVE, 2, 4, 1, 0, 0, XML_4, 4, INVALID, "no end within its 4 bytes", FALSE},
    {"no end before the cookie", SAVE, 2, 5, 1, 0, 4, XML_4, 0, INVALID, "no end", FALSE},
};
/* clang-format on */

static guint32
in_order (guint32 number, gboolean is_swapped)
{
    return is_swapped ? GUINT32_SWAP_LE_BE (number) : number;
}

static GByteArray *
build (const Header *h)
{
    const guint32 numbers[19] = {in_order (h->version, h->is_swapped),
                                 in_order (h->data_length, h->is_swapped),
                                 in_order (h->was_running, h->is_swapped),
                                 in_order (h->format, h->is_swapped), in_order (h->cookie, h->is_swapped)};
    GByteArray *bytes = g_byte_array_new ();

    g_byte_array_append (bytes, (const guint8 *)h->magic, 16);
    g_byte_array_append (bytes, (const guint8 *)numbers, sizeof numbers);
    g_assert_cmpuint (bytes->len, ==, HEADER);
    g_byte_array_append (bytes, (const guint8 *)h->xml,
                         (guint)(h->xml_size ? h->xml_size : strlen (h->xml) + 1));
    return bytes;
}

static void
test_headers (void)
{
    for (gsize i = 0; i < G_N_ELEMENTS (headers); i++) {
        const Header *h = &headers[i];
        g_autoptr (GByteArray) bytes = build (h);
        g_autoptr (GError) error = NULL;
        g_autoptr (VgateSaveImage) image = read_image (bytes->data, bytes->len, &error);

        if (h->code == VGATE_CODE_NONE) {
            g_assert_no_error (error);
            g_assert_cmpstr (image->xml, ==, h->xml);
            g_assert_cmpuint (image->version, ==, h->version);
            g_assert_cmpuint (image->format, ==, h->format);
            g_assert_cmpint (image->was_running, ==, h->was_running);
            continue;
        }
        g_assert_null (image);
        if (!vgate_error_is (error, h->code) || !strstr (error->message, h->says))
            g_error ("%s: %s", h->what, error->message);
    }
}

/* XML up to the first zero byte, whatever follows; it need not be text, which its own reader checks. */
static void
test_content (void)
{
    static const Header h = {"", SAVE, 2, 9, 1, 0, 0, "<a\0b\xff\xfe/>", 9, 0, NULL, FALSE};
    static const Header text = {"", SAVE, 2, 4, 1, 0, 0, "\xff\xfe\x80", 4, 0, NULL, FALSE};
    g_autoptr (GByteArray) bytes = build (&h), not_text = build (&text);
    g_autoptr (GError) error = NULL;
    g_autoptr (VgateSaveImage) image = read_image (bytes->data, bytes->len, &error);
    g_autoptr (VgateSaveImage) other = read_image (not_text->data, not_text->len, &error);

    g_assert_no_error (error);
    g_assert_cmpuint (image->xml_length, ==, 2);
    g_assert_null (vgate_domain_read (other->xml, other->xml_length, NULL, &error));
    g_assert_error (error, VGATE_ERROR, VGATE_CODE_XML_NOT_UTF8);
}

/* A file that ends at each byte of a header, and a pipe, whose size is not known beforehand. */
static void
test_truncated (void)
{
    g_autoptr (GByteArray) bytes = build (&headers[0]);

    for (guint length = 0; length < bytes->len; length++) {
        g_autoptr (GError) error = NULL;

        g_assert_null (read_image (bytes->data, length, &error));
        g_assert_error (error, VGATE_ERROR, VGATE_CODE_SAVE_IMAGE_INVALID);
    }
    for (guint length = HEADER; length <= bytes->len; length++) {
        g_autoptr (GError) error = NULL;
        g_autoptr (VgateSaveImage) image = NULL;
        int ends[2];

        g_assert_cmpint (pipe (ends), ==, 0);
        g_assert_cmpint (write (ends[1], bytes->data, length), ==, (gssize)length);
        close (ends[1]);
        image = vgate_save_image_read (ends[0], &error);
        close (ends[0]);
        g_assert_cmpint (image != NULL, ==, length == bytes->len);
        if (!image)
            g_assert_error (error, VGATE_ERROR, VGATE_CODE_SAVE_IMAGE_INVALID);
    }
}

/* Each byte of a header of libvirt's with other values: an error of ours or an image, and never more than the
 * greatest XML. */
static void
test_mutations (void)
{
    g_autoptr (GByteArray) bytes = load ("libvirt-11.3-zstd.save");

    for (guint at = 0; at < HEADER; at++) {
        static const guint8 values[] = {0, 1, 2, 7, 0x7f, 0x80, 0xff};
        const guint8 before = bytes->data[at];

        for (gsize v = 0; v < G_N_ELEMENTS (values); v++) {
            g_autoptr (GError) error = NULL;
            g_autoptr (VgateSaveImage) image = NULL;

            bytes->data[at] = values[v];
            image = read_image (bytes->data, bytes->len, &error);
            g_assert_true (image ? image->xml_length <= BIG
                                 : vgate_error_is (error, VGATE_CODE_SAVE_IMAGE_INVALID));
        }
        bytes->data[at] = before;
    }
}

static void
test_unreadable (void)
{
    const int directory = open ("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    g_autoptr (GError) error = NULL;

    g_assert_null (vgate_save_image_read (directory, &error));
    g_assert_error (error, VGATE_ERROR, VGATE_CODE_INPUT_UNREADABLE);
    close (directory);
}

int
main (int argc, char *argv[])
{
    g_test_init (&argc, &argv, NULL);
    g_test_add_func ("/save-image/real", test_real);
    g_test_add_func ("/save-image/headers", test_headers);
    g_test_add_func ("/save-image/content", test_content);
    g_test_add_func ("/save-image/truncated", test_truncated);
    g_test_add_func ("/save-image/mutations", test_mutations);
    g_test_add_func ("/save-image/unreadable", test_unreadable);
    return g_test_run ();
}
