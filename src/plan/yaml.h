/* yaml: one YAML document as a tree of nodes with line and column. */
#pragma once

#include "settings/faults.h"
#include "base/node.h"

enum { MAX_GRID_BYTES = 1 << 20, MAX_ANCHORS = 256 };

/* Read text into *root (NULL after a fault that ends the reading, and of a text that says nothing).
 * Every fault is added to
 * faults with its place; a tree that comes with faults must not be used for more than finding
 * further ones. Nodes live in the pool; an alias is the anchored node itself. Local, pure. */
void yaml_read(struct pool *pool, const char *text, size_t bytes, struct node **root,
               struct faults *faults);
