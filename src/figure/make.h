/* make: THE table of figures: name, section, scope, function (figure_NAME). A new figure is a row
 * here and a file that has its function. Figures of a section stand in this order in a report.
 */
#pragma once

#include "figure.h"

#define FIGURES(ROW)                                                                               \
    ROW("timeline", THE_STUDY, OF_STUDY, timeline)                                                 \
    ROW("landed-by-cell", EMULATION, OF_STUDY, landed_by_cell)                                     \
    ROW("loss-by-cell", EMULATION, OF_STUDY, loss_by_cell)                                         \
    ROW("distance-by-cell", EMULATION, OF_STUDY, distance_by_cell)                                 \
    ROW("distance-by-shape", EMULATION, OF_STUDY, distance_by_shape)                               \
    ROW("volatility-by-cell", EMULATION, OF_STUDY, volatility_by_cell)                             \
    ROW("cross-entropy-by-cell", EMULATION, OF_STUDY, cross_entropy_by_cell)                       \
    ROW("impossible-by-cell", EMULATION, OF_STUDY, impossible_by_cell)                             \
    ROW("kl-by-cell", EMULATION, OF_STUDY, kl_by_cell)                                             \
    ROW("frequencies", EMULATION, OF_RUN, frequencies)                                             \
    ROW("transitions", EMULATION, OF_RUN, transitions)                                             \
    ROW("words", EMULATION, OF_RUN, words)                                                         \
    ROW("run-lengths", EMULATION, OF_RUN, run_lengths)                                             \
    ROW("autocorrelation", EMULATION, OF_RUN, autocorrelation)                                     \
    ROW("trajectories", DYNAMICS, OF_RUN, trajectories)                                            \
    ROW("contours", DYNAMICS, OF_RUN, contours)                                                    \
    ROW("pair-contours", DYNAMICS, OF_RUN, pair_contours)                                          \
    ROW("pair-states", DYNAMICS, OF_RUN, pair_states)                                              \
    ROW("orbit", DYNAMICS, OF_RUN, orbit)                                                          \
    ROW("residency", DYNAMICS, OF_RUN, residency)                                                  \
    ROW("noise-sensitivity", DYNAMICS, OF_RUN, noise_sensitivity)                                  \
    ROW("resonance", DYNAMICS, OF_RUN, resonance)                                                  \
    ROW("kick-sets", CIRCUIT, OF_STUDY, kick_sets)                                                 \
    ROW("weights", CIRCUIT, OF_RUN, weights)                                                       \
    ROW("kick-units", CIRCUIT, OF_RUN, kick_units)                                                 \
    ROW("kick-plane", CIRCUIT, OF_RUN, kick_plane)                                                 \
    ROW("kick-activity", CIRCUIT, OF_RUN, kick_activity)                                           \
    ROW("silencing", CIRCUIT, OF_RUN, silencing)                                                   \
    ROW("ablation", CIRCUIT, OF_RUN, ablation)                                                     \
    ROW("scaled-paths", CIRCUIT, OF_RUN, scaled_paths)                                             \
    ROW("critical-pairs", CIRCUIT, OF_RUN, critical_pairs)                                         \
    ROW("loss-curves", TRAINING, OF_RUN, loss_curves)                                              \
    ROW("evolution", TRAINING, OF_RUN, evolution)                                                  \
    ROW("second-order", TRAINING, OF_RUN, second_order)                                            \
    ROW("components-over-training", TRAINING, OF_RUN, components)                                  \
    ROW("differences", COMPARISONS, OF_STUDY, differences)                                         \
    ROW("profile", COMPARISONS, OF_STUDY, profile)

#define FIGURE_FUNCTION(name, section, scope, make) figure_function figure_##make;
FIGURES(FIGURE_FUNCTION)
