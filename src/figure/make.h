/* make: the functions of the figures, for their table: one line a figure. */
#pragma once

#include "figure.h"

figure_function figure_timeline;
figure_function figure_loss_by_cell;
figure_function figure_distance_by_cell;
figure_function figure_volatility_by_cell;
figure_function figure_cross_entropy_by_cell;
figure_function figure_impossible_by_cell;
figure_function figure_transitions;
figure_function figure_kl_by_cell;
figure_function figure_frequencies;
figure_function figure_words;
figure_function figure_run_lengths;
figure_function figure_autocorrelation;
figure_function figure_trajectories;
figure_function figure_contours;
figure_function figure_pair_contours;
figure_function figure_pair_states;
figure_function figure_orbit;
figure_function figure_residency;
figure_function figure_noise_sensitivity;
figure_function figure_resonance;
figure_function figure_kick_sets;
figure_function figure_weights;
figure_function figure_kick_units;
figure_function figure_kick_plane;
figure_function figure_kick_activity;
figure_function figure_silencing;
figure_function figure_ablation;
figure_function figure_scaled_paths;
figure_function figure_critical_pairs;
figure_function figure_loss_curves;
figure_function figure_evolution;
figure_function figure_second_order;
figure_function figure_components;
