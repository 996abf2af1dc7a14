/* effects: what of a grid did nothing when it was expanded. */
#pragma once

#include "grid.h"

/* Warn of excludes and overrides that match no cell, or whose values no matching cell has, of
 * overrides that change nothing or nothing that lasts, of a reseed.max without an accept, and of
 * blocks and includes that add no cell. To be called when all is expanded. with_options: --set made
 * cells alike, which is nobody's mistake. */
void effects_warn(const struct grid *grid, bool with_options, struct faults *warnings);
