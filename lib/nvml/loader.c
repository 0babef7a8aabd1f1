/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "nvml/loader.h"

#include <dlfcn.h>
#include <stddef.h>
#include <string.h>
#include <unistd.h>

/* clang-format would put blanks around the dashes, as if they were minus signs. */
/* clang-format off */
G_DEFINE_QUARK (vgate-nvml-error-quark, vgate_nvml_error)
/* clang-format on */

static const struct {
    const char *name;
    gsize offset;
} symbols[] = {
#define VGATE_NVML_SYMBOL(name) {#name, offsetof (struct VgateNvml, name)},
#include "nvml/symbols.def"
#undef VGATE_NVML_SYMBOL
};

gboolean
vgate_nvml_missing (const char *name, GError **error)
{
    g_set_error (error, VGATE_NVML_ERROR, VGATE_NVML_ERROR_SYMBOL, "the library lacks %s", name);
    return FALSE;
}

gboolean
vgate_nvml_answer (const VgateNvml *nvml, const char *name, nvmlReturn_t rc, GError **error)
{
    const char *text;

    if (rc == NVML_SUCCESS)
        return TRUE;
    text = nvml->nvmlErrorString ? nvml->nvmlErrorString (rc) : NULL;
    g_set_error (error, VGATE_NVML_ERROR, rc, "%s: NVML error %d%s%s", name, rc, text ? ": " : "",
                 text ? text : "");
    return FALSE;
}

gboolean
vgate_nvml_unbelievable (const char *name, const char *what, GError **error)
{
    g_set_error (error, VGATE_NVML_ERROR, VGATE_NVML_ERROR_ANSWER, "%s: %s", name, what);
    return FALSE;
}

static void
resolve (VgateNvml *nvml)
{
    const char *(*description) (void) = NULL;
    void *found;

    for (gsize i = 0; i < G_N_ELEMENTS (symbols); i++) {
        found = dlsym (nvml->library, symbols[i].name);
        /* ISO C does not allow the cast of an object pointer to a function pointer; POSIX guarantees the same
         * representation. */
        memcpy ((char *)nvml + symbols[i].offset, &found, sizeof found);
    }
    found = dlsym (nvml->library, "vgpuSimDescription");
    memcpy (&description, &found, sizeof found);
    nvml->simulated = description ? description () : NULL;
}

VgateNvml *
vgate_nvml_open (const char *library, GError **error)
{
    VgateNvml *nvml;
    void *handle = dlopen (library, RTLD_NOW | RTLD_LOCAL);

    if (!handle) {
        const char *reason = dlerror ();
        g_set_error_literal (error, VGATE_NVML_ERROR, VGATE_NVML_ERROR_LIBRARY, reason ? reason : library);
        return NULL;
    }
    nvml = g_new0 (VgateNvml, 1);
    nvml->library = handle;
    nvml->pid = getpid ();
    resolve (nvml);
    if (!(nvml->nvmlInit_v2 ? vgate_nvml_answer (nvml, "nvmlInit_v2", nvml->nvmlInit_v2 (), error)
                            : vgate_nvml_missing ("nvmlInit_v2", error))) {
        dlclose (handle);
        g_free (nvml);
        return NULL;
    }
    return nvml;
}

void
vgate_nvml_close (VgateNvml *nvml)
{
    if (!nvml)
        return;
    /* measured: NVIDIA's nvmlShutdown crashes in a child of fork (), which has nothing to shut down */
    if (nvml->pid == getpid ()) {
        if (nvml->nvmlShutdown)
            nvml->nvmlShutdown ();
        dlclose (nvml->library);
    }
    g_free (nvml);
}

const char *
vgate_nvml_get_simulated (const VgateNvml *nvml)
{
    return nvml->simulated;
}

char *
vgate_nvml_text (const char *name, const char *buffer, gsize size, GError **error)
{
    const char *end = memchr (buffer, '\0', size);

    if (!end) {
        vgate_nvml_unbelievable (name, "the text is not terminated", error);
        return NULL;
    }
    for (const char *at = buffer; at < end; at++) {
        if (!g_ascii_isprint (*at)) {
            vgate_nvml_unbelievable (name, "the text is not printable ASCII", error);
            return NULL;
        }
    }
    return g_strndup (buffer, (gsize)(end - buffer));
}

/*
 * Metadata takes two calls, the first for the size. A second INSUFFICIENT_SIZE is treated like any other
 * error and not repeated, although the size can grow in between (during a driver update).
 */
gboolean
vgate_nvml_size_answer (const VgateNvml *nvml, const char *name, nvmlReturn_t rc, guint size, GError **error)
{
    if (rc == NVML_SUCCESS)
        return vgate_nvml_unbelievable (name, "success without a buffer", error);
    if (rc != NVML_ERROR_INSUFFICIENT_SIZE)
        return vgate_nvml_answer (nvml, name, rc, error);
    if (size == 0 || size > VGATE_NVML_SIZE_MAX)
        return vgate_nvml_unbelievable (name, "impossible size", error);
    return TRUE;
}

GBytes *
vgate_nvml_take_bytes (const char *name, gpointer buffer, guint allocated, guint size, GError **error)
{
    if (size > allocated) {
        g_free (buffer);
        vgate_nvml_unbelievable (name, "more bytes than the buffer can hold", error);
        return NULL;
    }
    return g_bytes_new_take (buffer, size);
}
