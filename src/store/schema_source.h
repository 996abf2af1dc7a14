/* schema_source: where the value of each column comes from; shared by schema.c (the table) and
 * encode.c (the values). Private to src/store. */
#ifndef HMMGRID_SCHEMA_SOURCE_H
#define HMMGRID_SCHEMA_SOURCE_H

#include "schema.h"

enum schema_source {
    SOURCE_FILE, /* read from a file: cannot be encoded */
    SOURCE_KEY,
    SOURCE_CELL,
    SOURCE_SEED,
    SOURCE_BLOCK,
    SOURCE_SETTING,
    SOURCE_STATUS,
    SOURCE_ATTEMPTS,
    SOURCE_CHECKSUM,
    SOURCE_ERROR,
    SOURCE_T_START,
    SOURCE_WALL,
    SOURCE_CPU,
    SOURCE_RANK,
    SOURCE_HOST,
    SOURCE_KERNEL,
    SOURCE_BLAS_CORE,
    SOURCE_EFFECTIVE_SEED,
    SOURCE_RESEEDS,
    SOURCE_ACCEPTED,
    SOURCE_BEST_EPOCH,
    SOURCE_BEST_VAL_LOSS,
    SOURCE_FINAL_VAL_LOSS,
    SOURCE_LOSS_FLOOR,
    SOURCE_LOSS_FLOOR_SD,
    SOURCE_LOSS_Z,
    SOURCE_HMM_START,
    SOURCE_HMM_TRANSITION,
    SOURCE_HMM_EMISSION,
    SOURCE_TRAIN_LOSS,
    SOURCE_VAL_LOSS,
    SOURCE_METRIC,
    SOURCE_METRIC_FLOOR,
    SOURCE_METRIC_FLOOR_SD,
    SOURCE_METRIC_Z,
    SOURCE_ANALYSES_CPU,
    SOURCE_ANALYSIS
};

enum { SETTING_TEXT_BYTES = 65 };

/* A setting as the text of a column: the name of an enum, "none", a list as JSON, and for a matrix
 * "matrix-" and a hash of its entries. Returns its length, at most SETTING_TEXT_BYTES - 1. */
size_t setting_text(const struct settings *s, const struct setting *row,
                    char text[SETTING_TEXT_BYTES]);

#endif
