/* golden: see golden.h. */
#include "golden.h"

#include <hdf5.h>
#include <stdio.h>
#include <stdlib.h>

static void need(int ok, const char *file, const char *name)
{
    if (ok) return;
    fprintf(stderr, "golden: cannot read %s of %s\n", name, file);
    exit(1);
}

static void *read_dataset(const char *file, const char *name, hid_t type, size_t bytes,
                          size_t *count, size_t dims[3])
{
    hid_t f = H5Fopen(file, H5F_ACC_RDONLY, H5P_DEFAULT);
    need(f >= 0, file, name);
    hid_t d = H5Dopen2(f, name, H5P_DEFAULT);
    need(d >= 0, file, name);
    hid_t space = H5Dget_space(d);
    hsize_t extent[H5S_MAX_RANK] = {0};
    int rank = H5Sget_simple_extent_dims(space, extent, NULL);
    size_t n = (size_t)H5Sget_simple_extent_npoints(space);
    for (int i = 0; dims && i < 3; i++) dims[i] = i < rank ? (size_t)extent[i] : 1;
    void *data = calloc(n ? n : 1, bytes);
    need(data && H5Dread(d, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, data) >= 0, file, name);
    H5Sclose(space);
    H5Dclose(d);
    H5Fclose(f);
    if (count) *count = n;
    return data;
}

double *golden_doubles(const char *file, const char *name, size_t *count, size_t dims[3])
{
    return read_dataset(file, name, H5T_NATIVE_DOUBLE, sizeof(double), count, dims);
}

uint8_t *golden_bytes(const char *file, const char *name, size_t *count, size_t dims[3])
{
    return read_dataset(file, name, H5T_NATIVE_UINT8, 1, count, dims);
}

double golden_attribute(const char *file, const char *group, const char *name)
{
    hid_t f = H5Fopen(file, H5F_ACC_RDONLY, H5P_DEFAULT);
    need(f >= 0, file, name);
    hid_t a = H5Aopen_by_name(f, group, name, H5P_DEFAULT, H5P_DEFAULT);
    double value;
    need(a >= 0 && H5Aread(a, H5T_NATIVE_DOUBLE, &value) >= 0, file, name);
    H5Aclose(a);
    H5Fclose(f);
    return value;
}

int golden_has(const char *file, const char *name)
{
    hid_t f = H5Fopen(file, H5F_ACC_RDONLY, H5P_DEFAULT);
    need(f >= 0, file, name);
    htri_t exists = H5Lexists(f, name, H5P_DEFAULT);
    H5Fclose(f);
    return exists > 0;
}

struct visitor {
    void (*visit)(void *context, const char *name);
    void *context;
};

static herr_t each(hid_t group, const char *name, const H5L_info_t *info, void *data)
{
    (void)group, (void)info;
    struct visitor *v = data;
    v->visit(v->context, name);
    return 0;
}

void golden_groups(const char *file, void (*visit)(void *context, const char *name), void *context)
{
    struct visitor v = {visit, context};
    hid_t f = H5Fopen(file, H5F_ACC_RDONLY, H5P_DEFAULT);
    need(f >= 0, file, "/");
    need(H5Literate(f, H5_INDEX_NAME, H5_ITER_INC, NULL, each, &v) >= 0, file, "/");
    H5Fclose(f);
}
