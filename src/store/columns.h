/* columns: THE table of the columns of a new results file, each row with the function that puts its
 * value. The fixed columns of /runs stand in columns.c; columns_made.c makes the settings' from
 * settings_table (settings.h), the metrics' from metrics_table (metrics.h), the analyses' from
 * analysis_table (analyse.h). Beside src/store only help reads it.
 */
#pragma once

#include "schema.h"

#include "experiment/run_record.h"
#include "plan/plan.h"

/* A longer reason why a run failed is cut, and ends with "...". */
enum { ERROR_BYTES = 1024 };

/* The columns of a plan's file: the fixed ones, the settings (architecture, states, hidden and
 * noise_dim always, others when they vary; "rnn.hidden" is column rnn_hidden), every metric with
 * NAME_floor, NAME_floor_sd and NAME_z or NAME_p, then the outputs of the analyses. STATUS_INTERNAL
 * when two columns share a name, STATUS_NO_MEMORY. Free with schema_free. */
int columns_init(struct schema *schema, const struct plan *plan, struct status *st);

/* Put the value of a column into buf (schema_row_bytes), NaN / 0 padded to the study's sizes.
 *   attempt  its run chooses the row; a LAYOUT column needs nothing else of it
 *   out      what the run made. NULL: floats NaN, integers 0, text "". Of a run that is not
 *            RUN_DONE only the losses so far, the HMM, best_epoch and best_val_loss, the reseeds
 *            and the kernels are taken; measures are NaN and weights are not kept.
 * False: memory is out. */
bool columns_put(const struct schema *schema, const struct schema_row *row, const struct plan *plan,
                 const struct run_attempt *attempt, const struct run_output *out, void *buf);

enum { METRIC_COLUMNS = 4 }; /* of a metric, at most: value, floor, its sd, z or p */

/* Parts of columns_init, to a schema with room: columns_made.c. */
void columns_add_settings(struct schema *schema, const struct plan *plan);
void columns_add_metrics(struct schema *schema);
void columns_add_analyses(struct schema *schema, const struct plan *plan);
