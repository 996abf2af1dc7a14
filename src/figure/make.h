/* make: the functions of the figures, for their table: one line a figure. */
#pragma once

#include "figure.h"

figure_function figure_loss_by_cell;
