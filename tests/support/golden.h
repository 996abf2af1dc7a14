/* golden: read the known answers of tests/golden/FILE.h5 (float64 or uint8 datasets, attributes).
 * Every call ends the test program with a message when the item is missing. */
#ifndef HMMGRID_TEST_GOLDEN_H
#define HMMGRID_TEST_GOLDEN_H

#include <stddef.h>
#include <stdint.h>

/* name: "group/dataset"; malloc'd; *count elements, dims (up to 3) filled unless NULL */
double *golden_doubles(const char *file, const char *name, size_t *count, size_t dims[3]);
uint8_t *golden_bytes(const char *file, const char *name, size_t *count, size_t dims[3]);
double golden_attribute(const char *file, const char *group, const char *name);
int golden_has(const char *file, const char *name);

/* Calls visit(name) for each group at the root, in order of name. */
void golden_groups(const char *file, void (*visit)(void *context, const char *name), void *context);

#endif
