/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The beginning of a file that libvirt's QEMU driver writes for 'virsh save', for a managed save, and for the
 * memory of an external snapshot: a header of 92 bytes, the domain's XML, and sometimes a cookie. They are
 * never compressed; the memory of the guest, which follows them, is never read here.
 *
 * Source: src/qemu/qemu_saveimage.c of libvirt 11, and images that libvirt 9.0 and 11.3 have written
 * (tests/data/save-images).
 */
#pragma once

#include "base/codes.h"

/* Bytes at the beginning of a file that vgate_save_image_is () needs. */
#define VGATE_SAVE_IMAGE_MAGIC_SIZE 16u

typedef struct {
    guint32 version; /* of the header: 1 or 2 */
    gboolean was_running;
    guint32 format; /* how the memory is written; always 0 in version 1, which does not use it */
    char *xml;      /* untrusted bytes; a zero byte follows, which xml_length does not count */
    gsize xml_length;
} VgateSaveImage;

/* TRUE when a file of length bytes (only the first VGATE_SAVE_IMAGE_MAGIC_SIZE are read) begins as a save
 * image does, complete or not. */
gboolean vgate_save_image_is (const guint8 *begin, gsize length);

/*
 * Reads header and XML from a descriptor, whose position is at the beginning of the file, and at most
 * VGATE_XML_SIZE_MAX bytes after the header. The byte order can be that of another machine, as in libvirt.
 * Errors: VGATE_CODE_INPUT_UNREADABLE; VGATE_CODE_SAVE_IMAGE_INVALID when the file is no save image, or
 * libvirt would not use it because of its header; VGATE_CODE_SAVE_IMAGE_INCOMPLETE when the save is in
 * progress or was interrupted.
 */
VgateSaveImage *vgate_save_image_read (int fd, GError **error);
void vgate_save_image_free (VgateSaveImage *image);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (VgateSaveImage, vgate_save_image_free)

/* "raw", "gzip", "bzip2", "xz", "lzop", "zstd" (libvirt 11), "sparse" (libvirt 11); NULL for a number that is
 * not known. Static. */
const char *vgate_save_image_format_name (guint32 format);
