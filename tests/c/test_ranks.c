/* test_ranks.c: ranks against comparing every pair, extremes against sorting all draws. */
#include "check.h"
#include "ranks.h"

#include <stdlib.h>

enum { N = 600, DRAWS = 40, WIDTH = 7 };

static double x[N];
static uint64_t key[N], other[N];
static int32_t twice[N], draw[3 * DRAWS], part[3 * DRAWS], held[3 * 2 * WIDTH];

static uint32_t next(uint32_t *seed) { return *seed = *seed * 1664525u + 1013904223u; }

/* Effects of kinds: even, heavy-tailed, with many alike, all alike, close together
 * beside one far away. */
static void make(int kind, int n, uint32_t seed) {
  for (int i = 0; i < n; i++) {
    double u = (next(&seed) >> 8) / 16777216.0 - 0.5;
    x[i] = kind == 0   ? u
           : kind == 1 ? 1e-3 / (u * u * u + 1e-30)
           : kind == 2 ? (int)(8 * u)
           : kind == 3 ? 3.0
           : i         ? 1e-13 * u
                       : 1e9;
  }
}

static void check_ranks(int n) {
  hf_rank_twice(n, x, key, other, twice);
  for (int i = 0; i < n; i++) {
    int want = 1;
    for (int k = 0; k < n; k++) want += 2 * (x[k] > x[i]) + (x[k] == x[i]);
    CHECK(twice[i] == want);
  }
}

static int compare(const void *a, const void *b) {
  int32_t p = *(const int32_t *)a, q = *(const int32_t *)b;
  return (p > q) - (p < q);
}

static void check_extremes(int piece) {
  uint32_t seed = 5;
  for (int i = 0; i < 3 * DRAWS; i++) draw[i] = (int32_t)(next(&seed) >> 26);
  for (int seen = 0; seen < DRAWS; seen += piece) {
    int many = seen + piece < DRAWS ? piece : DRAWS - seen;
    for (int j = 0; j < 3; j++)
      for (int t = 0; t < many; t++) part[3 * t + j] = draw[j * DRAWS + seen + t];
    hf_keep_extremes(3, many, part, 3, WIDTH, seen < WIDTH ? seen : WIDTH, held);
  }
  for (int j = 0; j < 3; j++) {
    qsort(draw + j * DRAWS, DRAWS, sizeof *draw, compare);
    for (int k = 0; k < WIDTH; k++) {
      CHECK(held[2 * j * WIDTH + k] == draw[j * DRAWS + k]);
      CHECK(held[(2 * j + 1) * WIDTH + k] == -draw[j * DRAWS + DRAWS - 1 - k]);
    }
  }
}

/* Sums of batches about a value near them against plain ones, far from 0 and of more groups than a tile. */
static void check_sums(int64_t n, int64_t stride) {
  enum { BATCH = 5, BATCHES = 3 };
  double *sum = calloc((size_t)(4 * stride), sizeof *sum);
  double *batch = malloc((size_t)(BATCH * n) * sizeof *batch);
  double plain[4][N] = {{0.0}};
  uint32_t seed = 9;
  for (int b = 0; b < BATCHES; b++) {
    for (int64_t i = 0; i < BATCH * n; i++) batch[i] = 1e6 + (next(&seed) >> 24);
    hf_add_batch(n, BATCH, batch, b == 0, sum, stride);
    for (int64_t j = 0; j < n; j++) {
      double mean = 0.0;
      for (int t = 0; t < BATCH; t++) {
        double d = batch[t * n + j] - sum[j];
        mean += d / BATCH;
        plain[1][j] += d;
        plain[2][j] += d * d;
      }
      plain[3][j] += mean * mean;
      if (b == 0) CHECK(mean < 1e-8 && mean > -1e-8);
    }
  }
  for (int k = 1; k < 4; k++)
    for (int64_t j = 0; j < n; j++) {
      double off = sum[k * stride + j] - plain[k][j];
      CHECK(off < 1e-6 && off > -1e-6);
    }
  free(batch);
  free(sum);
}

int main(void) {
  check_sums(3, 3);
  check_sums(N, N + 7);
  static const int size[] = {1, 2, 3, 25, 254, 256, 513, N};
  for (int kind = 0; kind < 5; kind++)
    for (int s = 0; s < 8; s++) {
      make(kind, size[s], (uint32_t)(kind + 7 * s));
      check_ranks(size[s]);
    }
  for (int piece = 1; piece <= DRAWS; piece += 6) check_extremes(piece);
  return report();
}
