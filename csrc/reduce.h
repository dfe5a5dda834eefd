/* reduce.h: sums whose value depends on the order of the data alone, never on who adds.
 * Leaves are pushed in order; equal-sized neighbours are added first (a binary counter), so the
 * tree over n leaves is fixed, rounding grows like log n, and any split of the leaves between
 * threads gives the same bits. */
#ifndef HF_REDUCE_H
#define HF_REDUCE_H

#include <stddef.h>
#include <stdint.h>

/* Sum of `leaf` (n_leaf, width), rows added as a fixed tree; destroys `leaf`, result in row 0. */
static inline void hf_tree(int64_t n_leaf, int width, double *leaf) {
  for (int64_t step = 1; step < n_leaf; step *= 2)
    for (int64_t i = 0; i + step < n_leaf; i += 2 * step) {
      double *a = leaf + i * width;
      const double *b = leaf + (i + step) * width;
      for (int k = 0; k < width; k++) a[k] += b[k];
    }
}

/* The same for eight lanes of one sum. */
static inline double hf_lanes(const double *acc) {
  return ((acc[0] + acc[1]) + (acc[2] + acc[3])) + ((acc[4] + acc[5]) + (acc[6] + acc[7]));
}

#endif
