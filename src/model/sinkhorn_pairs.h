/* sinkhorn_pairs: the few pairs of a problem whose plan entry is not nothing, at small eps. Private
 * to src/model. Potentials of the exponent form (work's row_whole, row_shift, column_...) are
 * given. */
#pragma once

#include "sinkhorn_problem.h"

/* No pairs are known: at the start of a problem. */
void sinkhorn_pairs_forget(struct sinkhorn_work *w);
/* The sum of a row and a column potential has risen by at most this. */
void sinkhorn_pairs_moved(struct sinkhorn_work *w, double rise);
/* Do the known pairs suffice? */
int sinkhorn_pairs_known(const struct sinkhorn_work *w, double s);

/* Pairs that are not listed have P < 2^-this. */
double sinkhorn_pairs_left_out(const struct sinkhorn_work *w, double s);

/* Forgets the known pairs and prepares for others: first thing when the known do not suffice. */
void sinkhorn_pairs_bound(const struct sinkhorn_problem *p, double s);
/* After bound: pairs of a row on average, from a sample of the rows. */
double sinkhorn_pairs_density(const struct sinkhorn_problem *p, double s);
/* After bound, or when known: adds the sums of the plan to p->row_sum and p->column_sum. */
void sinkhorn_pairs_sums(const struct sinkhorn_problem *p, double s);
/* After bound, or when known: see sinkhorn_problem_gradient. */
void sinkhorn_pairs_gradient(const struct sinkhorn_problem *p, double s, double sign, float *grad);
