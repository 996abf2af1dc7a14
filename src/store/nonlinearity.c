/* nonlinearity: what a file of weights says of its units, in attributes of the file, of the groups
 * that the recurrent layer is in, or of its datasets. Refuses whatever does not say ReLU. */
#include "internal.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static const char *const words[] = {"nonlinearity", "activation"};

/* Of one attribute: its text in small letters and without blanks is "relu". owner: "" of the file.
 */
static int check_text(const struct tensors *in, hid_t object, const char *owner, const char *name)
{
    const char *of = *owner ? " of " : "";
    char *said = library_attribute(object, name), word[33] = "";
    if (!said)
        return tensors_refuse(in,
                              "its attribute %s%s%.200s is not one text; write \"relu\", if the "
                              "units are ReLU",
                              name, of, owner);
    size_t n = 0;
    for (const char *c = said; *c && n < sizeof word - 1; c++)
        if (!isspace((unsigned char)*c)) word[n++] = (char)tolower((unsigned char)*c);
    free(said);
    return strcmp(word, "relu") == 0
               ? STATUS_OK
               : tensors_refuse(in,
                                "its attribute %s%s%.200s says %s: only ReLU networks can be "
                                "analysed, torch.nn.RNN(..., nonlinearity=\"relu\")",
                                name, of, owner, word);
}

struct search {
    const struct tensors *in;
    const char *owner;
    bool any;
};

static herr_t visit(hid_t object, const char *name, const H5A_info_t *info, void *context)
{
    struct search *search = context;
    (void)info;
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        if (strcasecmp(name, words[i]) != 0) continue;
        search->any = true;
        return check_text(search->in, object, search->owner, name);
    }
    return 0;
}

/* The attributes of one object, path from the root; a link that leads nowhere has none. */
static int check_object(struct search *search, const char *path)
{
    hid_t object = H5Oopen(search->in->file, path, H5P_DEFAULT);
    if (object < 0) return STATUS_OK;
    search->owner = strcmp(path, "/") == 0 ? "" : path;
    herr_t code = H5Aiterate2(object, H5_INDEX_NAME, H5_ITER_INC, NULL, visit, search);
    H5Oclose(object);
    return code >= 0 ? code
                     : library_fail(search->in->st, STATUS_NO_INPUT, search->in->path,
                                    "list its attributes");
}

/* A dataset and the groups on the way to it. */
static int check_way(struct search *search, const char *name)
{
    char *path = strdup(name);
    if (!path) return status_no_memory(search->in->st, "%s", search->in->path);
    int code = STATUS_OK;
    for (char *slash = strchr(path, '/'); slash && !code; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        code = check_object(search, path);
        *slash = '/';
    }
    if (!code) code = check_object(search, path);
    free(path);
    return code;
}

int nonlinearity_check(const struct tensors *in, const char *prefix, bool *says_relu)
{
    static const char layer[] = "rnn.";
    struct search search = {.in = in};
    size_t n = strlen(prefix);
    int code = check_object(&search, "/");
    for (int i = 0; i < in->num && !code; i++) {
        const char *name = in->tensor[i].dotted;
        if (strncmp(name, prefix, n) == 0 && strncmp(name + n, layer, strlen(layer)) == 0)
            code = check_way(&search, in->tensor[i].name);
    }
    *says_relu = search.any;
    return code;
}
