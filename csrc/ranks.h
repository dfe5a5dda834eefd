/* ranks.h: ranks of the effects of one joint draw, and sums over batches of draws.
 *   (1) r_j = 1 + #{k : x_k > x_j} + #{k != j : x_k = x_j} / 2, twice which is whole
 *   (2) key = 2^32 (1 + d / (s + |d|)) / 2, rounded, d = x - m, m and s the median and the quarters'
 *       distance of some of x: a heavy tail is bent to an even density
 * Effects are sorted by two digits of their keys (rank_keys.h), and what shares these by itself.
 * Of a batch b of L draws f_jt of a function, about a value s_j near them, come the sums
 *   (3) sum_t (f_jt - s_j),  sum_t (f_jt - s_j)^2,  sum_b (mean of batch b - s_j)^2
 * of which hierfast/joint.py makes means, sds and Monte Carlo errors, its (1).
 * Sources: (1) midranks, Kendall and Gibbons, Rank Correlation Methods, 5th ed., chapter 3; radix sorts,
 * Knuth, TAOCP 3, 5.2.5. */
#ifndef HF_RANKS_H
#define HF_RANKS_H

#include "hf.h"

/* Twice (1) of x (n,) into twice (n,); n < 2^30. Scratch: key, other (n,). */
void hf_rank_twice(const hf_kernels_t *k, int64_t n, const double *x, uint64_t *key,
                   uint64_t *other, int32_t *twice);
/* Adds (3) of a batch (n_draw, n) to sum, rows `stride` apart: s, then the three; the first batch sets s. */
void hf_add_batch(int64_t n, int n_draw, const double *draw, int is_first, double *sum,
                  int64_t stride);

#endif
