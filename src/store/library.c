/* library: HDF5's own settings, and its errors as sentences with advice. */
#include "internal.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void library_init(void)
{
#if !H5_VERSION_GE(1, 10, 7)
    setenv("HDF5_USE_FILE_LOCKING", "FALSE", 0);
#endif
    H5open();
    H5Eset_auto2(H5E_DEFAULT, NULL, NULL);
}

hid_t library_serial_access(void)
{
    hid_t access = H5Pcreate(H5P_FILE_ACCESS);
    if (access < 0) return access;
#if H5_VERSION_GE(1, 10, 7)
    H5Pset_file_locking(access, 0, 1);
#endif
    H5Pset_alignment(access, 4096, 4096);
    return access;
}

hid_t library_open(const char *path, int code, struct status *st)
{
    hid_t access = library_serial_access(), file = H5Fopen(path, H5F_ACC_RDONLY, access);
    if (file < 0) library_fail(st, code, path, "open it"); /* before a call clears the reason */
    if (access >= 0) H5Pclose(access);
    return file;
}

struct reasons {
    char inner[512], outer[256];
};

static herr_t collect(unsigned n, const H5E_error2_t *error, void *context)
{
    struct reasons *reasons = context;
    if (n == 0)
        snprintf(reasons->inner, sizeof reasons->inner, "%s (%s)", error->desc, error->func_name);
    else
        snprintf(reasons->outer, sizeof reasons->outer, "%s (%s)", error->desc, error->func_name);
    return 0;
}

int library_fail(struct status *st, int code, const char *path, const char *doing)
{
    struct reasons reasons = {"", ""};
    int error = errno;
    H5Ewalk2(H5E_DEFAULT, H5E_WALK_UPWARD, collect, &reasons);
    H5Eclear2(H5E_DEFAULT);
    if (!*reasons.inner)
        return status_set(st, code, "%s: HDF5 could not %s; the last error of the system: %s%s",
                          path, doing, strerror(error), file_advice(error));
    const char *number = strstr(reasons.inner, "errno = ");
    if (strstr(reasons.inner, "fopen failed")) /* it does not say why */
        return file_fail(st, code, path, doing, error);
    const char *help = number ? file_advice(atoi(number + strlen("errno = "))) : "";
    if (strstr(reasons.inner, "already open for write"))
        help = "; a program has it open for writing, or was killed: then `h5clear -s` helps";
    return status_set(st, code, "%s: cannot %s: HDF5 says: %s%s%s%s", path, doing, reasons.inner,
                      *reasons.outer ? "; from: " : "", reasons.outer, help);
}

char *library_attribute(hid_t object, const char *name)
{
    char *text = NULL, *own = NULL;
    if (H5Aexists(object, name) <= 0) return NULL;
    hid_t attribute = H5Aopen(object, name, H5P_DEFAULT);
    hid_t type = attribute < 0 ? attribute : H5Aget_type(attribute);
    hid_t space = attribute < 0 ? attribute : H5Aget_space(attribute);
    bool one = type >= 0 && space >= 0 && H5Tget_class(type) == H5T_STRING &&
               H5Sget_simple_extent_npoints(space) == 1;
    if (one && H5Tis_variable_str(type) > 0) {
        if (H5Aread(attribute, type, &text) >= 0) own = strdup(text ? text : "");
        if (text) H5free_memory(text);
    } else if (one) {
        own = calloc(1, H5Tget_size(type) + 1);
        if (own && H5Aread(attribute, type, own) < 0) own[0] = '\0';
    }
    if (space >= 0) H5Sclose(space);
    if (type >= 0) H5Tclose(type);
    if (attribute >= 0) H5Aclose(attribute);
    return own;
}
