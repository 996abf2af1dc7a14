/* tree: groups, datasets, dimension scales and attributes of a file being made. HDF5 writes its
 * structures to a file in memory (sparse: the bytes of datasets are never written there); they and
 * the bytes of the datasets are then written to the disk by us. So a full disk is met in a plain
 * write: HDF5 1.10, when it cannot flush a file, crashes at the end of the program.
 * Refuses to go on after the first error.
 * Source: RELIABILITY section 0, section 3 of the design; dimension scales as netCDF-4 has them. */
#include "internal.h"

#include "base/sheet.h"

#include <errno.h>
#include <fcntl.h>
#include <hdf5_hl.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

enum { FILL_BLOCK_BYTES = 1 << 20 };

static void fail(struct tree *tree, const char *doing, const char *name)
{
    if (tree->code) return;
    char text[256];
    snprintf(text, sizeof text, "create %s %s", doing, name);
    tree->code = library_fail(tree->st, STATUS_CANNOT_CREATE, tree->path, text);
}

hid_t element_type(enum schema_type type, int text_bytes)
{
    switch (type) {
    case TYPE_I1: return H5Tcopy(H5T_STD_I8LE);
    case TYPE_I2: return H5Tcopy(H5T_STD_I16LE);
    case TYPE_I4: return H5Tcopy(H5T_STD_I32LE);
    case TYPE_I8: return H5Tcopy(H5T_STD_I64LE);
    case TYPE_U8: return H5Tcopy(H5T_STD_U64LE);
    case TYPE_F4: return H5Tcopy(H5T_IEEE_F32LE);
    case TYPE_F8: return H5Tcopy(H5T_IEEE_F64LE);
    case TYPE_TEXT: break;
    }
    /* 0 bytes of text: one uint8 (raw bytes) */
    if (text_bytes == 0) return H5Tcopy(H5T_STD_U8LE);
    hid_t text = H5Tcopy(H5T_C_S1);
    if (text >= 0) {
        H5Tset_size(text, (size_t)text_bytes);
        H5Tset_strpad(text, H5T_STR_NULLPAD);
        H5Tset_cset(text, H5T_CSET_UTF8);
    }
    return text;
}

int tree_open(struct tree *tree, const char *path, uint64_t most_bytes, struct status *st)
{
    char memory[64];
    struct rlimit limit;
    *tree = (struct tree){.path = path, .st = st, .file = H5I_INVALID_HID, .memory = -1};
    if (getrlimit(RLIMIT_FSIZE, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY &&
        (uint64_t)limit.rlim_cur < most_bytes)
        return tree->code = file_fail(st, STATUS_CANNOT_CREATE, path, "create it", EFBIG);
    tree->memory = memfd_create("hmmgrid-layout", MFD_CLOEXEC);
    if (tree->memory < 0)
        return tree->code =
                   file_fail(st, STATUS_CANNOT_CREATE, path, "prepare its layout in memory", errno);
    snprintf(memory, sizeof memory, "/proc/self/fd/%d", tree->memory);
    library_init();
    hid_t how = library_serial_access();
    H5Pset_fapl_stdio(how); /* the default driver looks for the name of a file, this has none */
    errno = 0;
    tree->file = H5Fcreate(memory, H5F_ACC_TRUNC, H5P_DEFAULT, how);
    if (tree->file < 0 && access(memory, F_OK) != 0)
        tree->code = status_set(st, STATUS_CANNOT_CREATE,
                                "%s: cannot prepare its layout in memory: %s is not there; hmmgrid "
                                "needs /proc mounted",
                                path, memory);
    else if (tree->file < 0)
        tree->code = library_fail(st, STATUS_CANNOT_CREATE, path, "prepare its layout in memory");
    if (how >= 0) H5Pclose(how);
    return tree->code;
}

/* An attribute of num values, 0: one scalar. type: of the file and of value; closed here. */
static void put_attribute(struct tree *tree, const char *object, const char *name, hid_t type,
                          int num, const void *value)
{
    hsize_t size = (hsize_t)num;
    hid_t space = num ? H5Screate_simple(1, &size, NULL) : H5Screate(H5S_SCALAR);
    hid_t attribute = H5Acreate_by_name(tree->file, object, name, type, space, H5P_DEFAULT,
                                        H5P_DEFAULT, H5P_DEFAULT);
    if (attribute < 0 || H5Awrite(attribute, type, value) < 0) fail(tree, "attribute", name);
    if (attribute >= 0) H5Aclose(attribute);
    H5Sclose(space);
    H5Tclose(type);
}

static hid_t text_type(void)
{
    hid_t type = H5Tcopy(H5T_C_S1);
    H5Tset_size(type, H5T_VARIABLE);
    H5Tset_cset(type, H5T_CSET_UTF8);
    return type;
}

void tree_text(struct tree *tree, const char *object, const char *name, const char *text)
{
    if (!text) text = "";
    if (!tree->code) put_attribute(tree, object, name, text_type(), 0, &text);
}

void tree_words(struct tree *tree, const char *object, const char *name, const char *const *word,
                int num)
{
    if (!tree->code) put_attribute(tree, object, name, text_type(), num, word);
}

void tree_flags(struct tree *tree, const char *object, const char *const *name, int num)
{
    if (tree->code) return;
    int8_t value[64];
    char meanings[1024] = "";
    for (int i = 0; i < num && i < 64; i++) {
        value[i] = (int8_t)i;
        size_t used = strlen(meanings);
        snprintf(meanings + used, sizeof meanings - used, "%s%s", i ? " " : "", name[i]);
    }
    put_attribute(tree, object, "flag_values", H5Tcopy(H5T_STD_I8LE), num, value);
    tree_text(tree, object, "flag_meanings", meanings);
}

void tree_group(struct tree *tree, const char *name, const char *meaning)
{
    if (tree->code) return;
    hid_t group = H5Gcreate2(tree->file, name, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
    if (group < 0)
        fail(tree, "group", name);
    else
        H5Gclose(group);
    tree_text(tree, name, "description", meaning);
}

void tree_plot(struct tree *tree, const char *group, const char *signal, const char *const *axis,
               int num_axes, const char *beside)
{
    tree_text(tree, group, "NX_class", "NXdata");
    tree_text(tree, group, "signal", signal);
    tree_words(tree, group, "axes", axis, num_axes);
    if (beside) tree_words(tree, group, "auxiliary_signals", &beside, 1);
}

void tree_interpretation(struct tree *tree, const char *name, int num_dims)
{
    if (num_dims > 0) tree_text(tree, name, "interpretation", num_dims == 1 ? "spectrum" : "image");
}

/* Remember the dataset's place; own is taken over. */
static size_t remember(struct tree *tree, struct piece piece)
{
    if (tree->num_pieces == tree->room) {
        size_t room = tree->room ? 2 * tree->room : 256;
        struct piece *larger = realloc(tree->piece, room * sizeof *larger);
        if (!larger) {
            free(piece.own);
            free(piece.name);
            if (!tree->code) tree->code = status_no_memory(tree->st, "%s", tree->path);
            return 0;
        }
        tree->piece = larger;
        tree->room = room;
    }
    tree->piece[tree->num_pieces] = piece;
    return tree->num_pieces++;
}

static void attach_scales(struct tree *tree, hid_t dataset, int num_dims, const char *const *scale,
                          const char *name)
{
    for (int d = 0; scale && d < num_dims && !tree->code; d++) {
        if (!scale[d]) continue;
        hid_t coordinate = H5Dopen2(tree->file, scale[d], H5P_DEFAULT);
        if (coordinate < 0 || H5DSattach_scale(dataset, coordinate, (unsigned)d) < 0)
            fail(tree, "dimension scale of", name);
        if (coordinate >= 0) H5Dclose(coordinate);
    }
}

static hid_t create_dataset(struct tree *tree, const struct dataset_kind *kind)
{
    hid_t create = H5Pcreate(H5P_DATASET_CREATE);
    hid_t space = H5Screate_simple(kind->num_dims, kind->dim, NULL);
    hid_t type = element_type(kind->type, kind->text_bytes);
    H5Pset_layout(create, H5D_CONTIGUOUS);
    H5Pset_alloc_time(create, H5D_ALLOC_TIME_EARLY);
    H5Pset_fill_time(create, H5D_FILL_TIME_NEVER);
    H5Pset_obj_track_times(create, 0);
    hid_t dataset =
        H5Dcreate2(tree->file, kind->name, type, space, H5P_DEFAULT, create, H5P_DEFAULT);
    if (dataset < 0) fail(tree, "dataset", kind->name);
    if (type >= 0) H5Tclose(type);
    if (space >= 0) H5Sclose(space);
    if (create >= 0) H5Pclose(create);
    return dataset;
}

/* Attribute long_name: the name of the dataset at `path` in words. PyTorch's names have a dot and
 * stay as they are. */
static void name_in_words(struct tree *tree, const char *path)
{
    static const char *const word[][2] = {{"auc", "area under the ROC curve"},
                                          {"cpu", "processor"},
                                          {"cv", "coefficient of variation"},
                                          {"hmm", "HMM"},
                                          {"kl", "KL"},
                                          {"ks", "Kolmogorov-Smirnov distance"},
                                          {"mse", "mean squared error"},
                                          {"num", "number of"},
                                          {"prob", "probability"},
                                          {"rnn", "RNN"},
                                          {"rt", "residency time"},
                                          {"s", "time"},
                                          {"sd", "standard deviation"},
                                          {"se", "standard error"},
                                          {"sem", "standard error"},
                                          {"sq", "squared"},
                                          {"tv", "total variation"},
                                          {"val", "validation"}};
    const char *name = strrchr(path, '/') ? strrchr(path, '/') + 1 : path;
    size_t n;
    struct sheet sheet;
    FILE *out = sheet_open(&sheet);
    if (out && strchr(name, '.')) fputs(name, out);
    for (const char *at = strchr(name, '.') ? "" : name; out && *at; at += n + (at[n] == '_')) {
        size_t i = 0, num = sizeof word / sizeof *word;
        n = strcspn(at, "_");
        while (i < num && (strlen(word[i][0]) != n || strncmp(word[i][0], at, n) != 0)) i++;
        fprintf(out, "%s%.*s", at > name ? " " : "", i < num ? 999 : (int)n,
                i < num ? word[i][1] : at);
    }
    char *text = out ? sheet_close(&sheet, out, true, NULL) : NULL;
    if (text)
        tree_text(tree, path, "long_name", text);
    else if (!tree->code)
        tree->code = status_no_memory(tree->st, "%s", tree->path);
    free(text);
}

size_t tree_dataset(struct tree *tree, const struct dataset_kind *kind, const char *const *scale)
{
    struct piece piece = {
        .name = strdup(kind->name), .changes = kind->changes, .fill = kind->fill, .own = kind->own};
    if (!piece.name && !tree->code) tree->code = status_no_memory(tree->st, "%s", tree->path);
    if (tree->code) return remember(tree, piece);
    hid_t dataset = create_dataset(tree, kind);
    if (dataset < 0) return remember(tree, piece);
    haddr_t offset = H5Dget_offset(dataset);
    piece.where = (struct extent){offset, H5Dget_storage_size(dataset)};
    if (offset == HADDR_UNDEF) fail(tree, "space for", kind->name);
    size_t number = remember(tree, piece);
    attach_scales(tree, dataset, kind->num_dims, scale, kind->name);
    H5Dclose(dataset);
    name_in_words(tree, kind->name);
    tree_text(tree, kind->name, "description", kind->meaning);
    if (kind->unit && *kind->unit) tree_text(tree, kind->name, "units", kind->unit);
    if (kind->type == TYPE_TEXT && kind->text_bytes > 0)
        tree_text(tree, kind->name, "_Encoding", "utf-8");
    return number;
}

void tree_scale(struct tree *tree, const char *name, const struct schema_axis *axis)
{
    if (tree->code) return;
    bool real = axis->value != NULL;
    void *own = malloc((size_t)axis->size * (real ? sizeof(double) : sizeof(int32_t)));
    if (!own) {
        tree->code = status_no_memory(tree->st, "%s", tree->path);
        return;
    }
    if (real) memcpy(own, axis->value, (size_t)axis->size * sizeof(double));
    for (int i = 0; !real && i < axis->size; i++) ((int32_t *)own)[i] = axis->first + i;
    struct dataset_kind kind = {.name = name,
                                .type = real ? TYPE_F8 : TYPE_I4,
                                .num_dims = 1,
                                .dim = {(hsize_t)axis->size},
                                .unit = axis->unit,
                                .meaning = axis->meaning,
                                .fill = FILL_OWN,
                                .own = own};
    tree_dataset(tree, &kind, NULL);
    if (tree->code) return;
    const char *label = strrchr(name, '/');
    hid_t dataset = H5Dopen2(tree->file, name, H5P_DEFAULT);
    if (dataset < 0 || H5DSset_scale(dataset, label ? label + 1 : name) < 0)
        fail(tree, "dimension scale", name);
    if (dataset >= 0) H5Dclose(dataset);
}

/* --- the bytes ---------------------------------------------------------------------------- */

static int write_piece(int fd, const struct piece *piece, const unsigned char *zero,
                       const unsigned char *nan4, const unsigned char *nan8)
{
    if (piece->fill == FILL_OWN)
        return file_write_at(fd, piece->where.offset, piece->own, (size_t)piece->where.bytes);
    const unsigned char *block = piece->fill == FILL_NAN4   ? nan4
                                 : piece->fill == FILL_NAN8 ? nan8
                                                            : zero;
    if (piece->fill == FILL_ZERO && piece->where.bytes > 64 * (uint64_t)FILL_BLOCK_BYTES)
        return 0; /* reserved space reads as zero: no need to write gigabytes of it */
    int error = 0;
    for (uint64_t at = 0; at < piece->where.bytes && !error; at += FILL_BLOCK_BYTES) {
        uint64_t left = piece->where.bytes - at;
        error = file_write_at(fd, piece->where.offset + at, block,
                              left < FILL_BLOCK_BYTES ? (size_t)left : FILL_BLOCK_BYTES);
    }
    return error;
}

/* Reserve the whole size, so that a full disk is met here and not by a run. */
static int reserve(int fd, off_t bytes)
{
    int error;
    if (ftruncate(fd, bytes) != 0) return errno;
    do error = posix_fallocate(fd, 0, bytes);
    while (error == EINTR);
    return error == EINVAL || error == EOPNOTSUPP ? 0 : error; /* not offered here: go on without */
}

/* What HDF5 wrote, from..to, out of memory. */
static int copy_structures(int memory, int fd, uint64_t from, uint64_t to, unsigned char *block)
{
    int error = 0;
    while (from < to && !error) {
        size_t n = to - from < FILL_BLOCK_BYTES ? (size_t)(to - from) : FILL_BLOCK_BYTES;
        error = file_read_at(memory, from, block, n);
        if (!error) error = file_write_at(fd, from, block, n);
        from += n;
    }
    return error;
}

static int compare_pieces(const void *a, const void *b)
{
    const struct piece *const *x = a, *const *y = b;
    uint64_t at = (*x)->where.offset, other = (*y)->where.offset;
    return at < other ? -1 : at > other;
}

/* The whole file in the order of its bytes; an errno value. */
static int write_all(const struct tree *tree, int fd, const struct piece **sorted,
                     unsigned char *block, off_t bytes)
{
    float nan4 = NAN;
    double nan8 = NAN;
    unsigned char *at4 = block + FILL_BLOCK_BYTES, *at8 = at4 + FILL_BLOCK_BYTES;
    unsigned char *copy = at8 + FILL_BLOCK_BYTES;
    for (size_t i = 0; i < FILL_BLOCK_BYTES; i += sizeof nan4) memcpy(at4 + i, &nan4, sizeof nan4);
    for (size_t i = 0; i < FILL_BLOCK_BYTES; i += sizeof nan8) memcpy(at8 + i, &nan8, sizeof nan8);
    for (size_t i = 0; i < tree->num_pieces; i++) sorted[i] = &tree->piece[i];
    qsort(sorted, tree->num_pieces, sizeof *sorted, compare_pieces);
    uint64_t at = 0;
    int error = 0;
    for (size_t i = 0; i < tree->num_pieces && !error; i++) {
        const struct extent *where = &sorted[i]->where;
        error = copy_structures(tree->memory, fd, at, where->offset, copy);
        if (!error) error = write_piece(fd, sorted[i], block, at4, at8);
        at = where->offset + where->bytes;
    }
    return error ? error : copy_structures(tree->memory, fd, at, (uint64_t)bytes, copy);
}

int tree_finish(struct tree *tree, const char *tmp)
{
    struct stat info;
    if (tree->file >= 0 && H5Fclose(tree->file) < 0 && !tree->code)
        tree->code = library_fail(tree->st, STATUS_CANNOT_CREATE, tree->path, "write the layout");
    tree->file = H5I_INVALID_HID;
    if (tree->code) return tree->code;
    unsigned char *block = calloc(4, FILL_BLOCK_BYTES);
    const struct piece **sorted = calloc(tree->num_pieces + 1, sizeof *sorted);
    int fd = open(tmp, O_RDWR | O_NOFOLLOW | O_CLOEXEC);
    int error = fd < 0 || fstat(tree->memory, &info) != 0 ? errno : 0;
    if (!block || !sorted) {
        tree->code = status_no_memory(tree->st, "%s", tree->path);
    } else if (error || (error = reserve(fd, info.st_size)) != 0) {
        tree->code = file_fail(tree->st, STATUS_CANNOT_CREATE, tree->path,
                               "reserve the space for all results", error);
    } else if ((error = write_all(tree, fd, sorted, block, info.st_size)) != 0) {
        tree->code =
            file_fail(tree->st, STATUS_CANNOT_CREATE, tree->path, "write the empty results", error);
    }
    if (fd >= 0) close(fd);
    free(sorted);
    free(block);
    return tree->code;
}

void tree_free(struct tree *tree)
{
    if (!tree) return;
    if (tree->file > 0) H5Fclose(tree->file);
    if (tree->memory >= 0) close(tree->memory);
    for (size_t i = 0; i < tree->num_pieces; i++) {
        free(tree->piece[i].own);
        free(tree->piece[i].name);
    }
    free(tree->piece);
    *tree = (struct tree){.file = H5I_INVALID_HID, .memory = -1};
}
