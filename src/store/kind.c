/* kind: what a file is that is not HDF5, told by its first bytes, and how it becomes one. Refuses
 * to read more of it. */
#include "internal.h"

#include "base/utf8.h"
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { HEAD_BYTES = 512 };

/* The first row that fits counts: magic at offset `at`, and `inside` somewhere in the head. */
static const struct kind {
    size_t at, num_magic;
    const char *magic, *inside; /* inside NULL: anything */
    const char *what;
    const char *import, *load, *value; /* Python that reads it; NULL: advice stands alone */
    const char *advice;
} kinds[] = {
    {0, 4, "PK\003\004", "data.pkl", "a file of torch.save (a zip)", "torch",
     "torch.load(\"IN.pt\", map_location=\"cpu\")", "v.float().numpy()", NULL},
    {0, 2, "\200\002", NULL, "a Python pickle, such as torch.save of old wrote", "torch",
     "torch.load(\"IN.pt\", map_location=\"cpu\")", "v.float().numpy()", NULL},
    {4, 6, "\0\0\0\0{\"", NULL, "a safetensors file", "safetensors.torch",
     "safetensors.torch.load_file(\"IN.safetensors\")", "v.float().numpy()", NULL},
    {0, 4, "PK\003\004", ".npy", "a file of numpy.savez (a zip)", "numpy", "numpy.load(\"IN.npz\")",
     "v", NULL},
    {0, 1, "\200", NULL, "a Python pickle", NULL, NULL, NULL, "load it in Python"},
    {0, 6, "\223NUMPY", NULL, "one array of numpy.save", NULL, NULL, NULL,
     "load the arrays with numpy.load"},
    {0, 19, "MATLAB 5.0 MAT-file", NULL, "a MATLAB file of version 7 or older", NULL, NULL, NULL,
     "load it in Python with scipy.io.loadmat"},
    {0, 4, "PK\003\004", NULL, "a zip archive", NULL, NULL, NULL, "unpack it"},
    {0, 2, "\037\213", NULL, "compressed by gzip", NULL, NULL, NULL, "unpack it with gunzip"},
    {0, 3, "BZh", NULL, "compressed by bzip2", NULL, NULL, NULL, "unpack it with bunzip2"},
    {0, 6, "\3757zXZ\0", NULL, "compressed by xz", NULL, NULL, NULL, "unpack it with unxz"},
    {0, 4, "\050\265\057\375", NULL, "compressed by zstd", NULL, NULL, NULL,
     "unpack it with unzstd"},
    {257, 5, "ustar", NULL, "a tar archive", NULL, NULL, NULL, "unpack it with tar -xf"},
    {0, 3, "CDF", NULL, "a netCDF file of the classic format", NULL, NULL, NULL,
     "make it netCDF-4, which is HDF5, with nccopy -k nc4"},
    {0, 4, "\016\003\023\001", NULL, "an HDF4 file", NULL, NULL, NULL, "make it HDF5 with h4toh5"},
    {0, 34, "version https://git-lfs.github.com", NULL,
     "a Git LFS pointer, which stands in for the file", NULL, NULL, NULL,
     "fetch the file itself with `git lfs pull`"},
};

static bool is_inside(const char *head, size_t num, const char *word)
{
    return memmem(head, num, word, strlen(word)) != NULL;
}

/* head has a NUL behind it; its last character may be cut. */
static bool is_text(const char *head, size_t num)
{
    uint32_t point;
    for (size_t at = 0; at + 4 < num; at += utf8_decode(head + at, &point))
        if (!head[at] || (utf8_decode(head + at, &point), point == UTF8_NONE) ||
            (point < ' ' && !strchr("\t\n\v\f\r", (int)point)))
            return false;
    return strlen(head) == num;
}

void kind_of(int fd, struct file_kind *out)
{
    char head[HEAD_BYTES + 1] = "";
    ssize_t got = pread(fd, head, HEAD_BYTES, 0);
    size_t num = got > 0 ? (size_t)got : 0;
    *out = (struct file_kind){"", ""};
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        const struct kind *k = &kinds[i];
        if (num < k->at + k->num_magic || memcmp(head + k->at, k->magic, k->num_magic) != 0 ||
            (k->inside && !is_inside(head, num, k->inside)))
            continue;
        out->what = k->what;
        if (k->advice)
            snprintf(out->advice, sizeof out->advice, "; %s", k->advice);
        else
            snprintf(out->advice, sizeof out->advice,
                     "; in Python:\n"
                     "import h5py, %s\n"
                     "state = %s\n"
                     "with h5py.File(\"OUT.h5\", \"w\") as f:\n"
                     "    for k, v in state.items(): f[k] = %s\n"
                     "    f.attrs[\"nonlinearity\"] = \"relu\"  # if its torch.nn.RNN says so",
                     k->import, k->load, k->value);
        return;
    }
    if (num == 0)
        out->what = "an empty one (0 bytes)";
    else if (is_text(head, num))
        out->what = "text";
}
