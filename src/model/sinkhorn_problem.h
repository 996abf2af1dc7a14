/* sinkhorn_problem: one transport problem of the divergence. Private to src/model. */
#pragma once

#include "hmmgrid/sinkhorn.h"

/* n rounded up to what the vector loops read at a time */
size_t sinkhorn_padded(size_t n);

/* Words of the code of n sequences, and the coding: codes (words, planes, padded n): bit t of plane
 * b of sequence i = bit b of its symbol t. */
size_t sinkhorn_code_count(size_t n, int T, int K);
void sinkhorn_encode(const uint8_t *symbols, size_t n, int T, int K, uint32_t *codes);

struct sinkhorn_cloud {
    const uint8_t *symbols; /* (n, T) */
    const uint32_t *codes;
    size_t n;
};

struct sinkhorn_problem {
    struct sinkhorn_work *work;
    const uint8_t *column_symbols;
    const uint32_t *row_codes, *column_codes;
    size_t rows, columns; /* self: only blocks right of the diagonal are stored */
    size_t stride;
    int T, K, wide, self;
    double *row_potential, *column_potential; /* self: the same array */
    double *row_sum, *column_sum;
};

/* Between two clouds, or of a cloud with itself (the same codes); results go to work's f, g,
 * row_sum and column_sum, or to its p and self_sum. */
struct sinkhorn_problem sinkhorn_problem_of(struct sinkhorn_work *work, struct sinkhorn_cloud row,
                                            struct sinkhorn_cloud column);

/* Hamming distances of all pairs into work->cost; and, as they are at hand, the sums of the first
 * sweep into row_sum, column_sum: that of eps, all potentials 0. */
void sinkhorn_problem_costs(const struct sinkhorn_problem *p, double eps);

/* After costs at eps[0], all levels; afterwards the potentials are the averaged ones, and row_sum,
 * column_sum hold the final extrapolation. */
void sinkhorn_problem_solve(const struct sinkhorn_problem *p, const double *eps, int levels);

/* After solve: grad_i += sign / rows * sum_j P_ij / row_total_i * onehot(column_j) at the last eps,
 * with the averaged potentials; grad (rows, T, K). Terms below 2^-30 of their row are dropped.
 * row_sum holds the extrapolated potentials F, so total_i = columns * exp((f_i - F_i) / eps) is
 * known. */
void sinkhorn_problem_gradient(const struct sinkhorn_problem *p, double eps, double sign,
                               float *grad);

/* --- storage of the costs, shared by sinkhorn_problem.c and sinkhorn_pairs.c ---------------- */

/* first column that row i stores: of a self problem, that of its diagonal block */
size_t sinkhorn_first_column(const struct sinkhorn_problem *p, size_t i);
/* cost of row i and column j, wherever it is stored; slow */
int sinkhorn_cost(const struct sinkhorn_problem *p, size_t i, size_t j);
/* Is a mean of the plan (its log2) good, when it lacks terms below 2^-left_out? */
int sinkhorn_trusted(double log_mean, double left_out);
