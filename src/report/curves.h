/* curves: what a run has of every epoch, in long form for viewers of training (TensorBoard, Weights
 * & Biases): a line a number, with what tells the run apart. */
#pragma once

#include "store/store.h"
#include <stdio.h>

enum curves_format { CURVES_CSV, CURVES_JSONL };

/* Every column that has a number an epoch (train_loss) or a snapshot (evolution.switching), of
 * these runs (num), one after another; an epoch that was not reached has no line. CURVES_CSV    a
 * heading; study, run, key, settings that tell runs of the file apart, seed, epoch, name, value
 *   CURVES_JSONL  an object a line with the same names
 * STATUS_IO where the file cannot be read; the caller looks after the stream. */
int curves_write(struct store *store, const int *run, int num, enum curves_format format, FILE *out,
                 struct status *st);
