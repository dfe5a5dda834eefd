/* test_ranks.c: ranks against comparing every pair, extremes against sorting all draws. */
#include "check.h"
#include "ranks.h"

#include <stdlib.h>

enum { N = 600, DRAWS = 40, GROUPS = 70 };

static double x[N];
static uint64_t key[N], other[N];
static int32_t twice[N];

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

static void check_ranks(const hf_kernels_t *k, int n) {
  hf_rank_twice(k, n, x, key, other, twice);
  for (int i = 0; i < n; i++) {
    int want = 1;
    for (int j = 0; j < n; j++) want += 2 * (x[j] > x[i]) + (x[j] == x[i]);
    CHECK(twice[i] == want);
  }
}

static int compare(const void *a, const void *b) {
  double p = *(const double *)a, q = *(const double *)b;
  return (p > q) - (p < q);
}

/* Both kinds of extremes of more groups than stand abreast, draws in pieces, `width` of them. */
static void check_extremes(const hf_kernels_t *k, int width, int piece) {
  enum { BLOCKS = (GROUPS + HF_ABREAST - 1) / HF_ABREAST };
  static double draw[GROUPS][DRAWS], part[DRAWS][GROUPS], room[DRAWS * HF_ABREAST];
  static double held[BLOCKS][2][DRAWS][HF_ABREAST];
  static int32_t part_whole[DRAWS][GROUPS], room_whole[DRAWS * HF_ABREAST];
  static int32_t held_whole[BLOCKS][2][DRAWS][HF_ABREAST];
  double *real = &held[0][0][0][0];
  int32_t *whole = &held_whole[0][0][0][0];
  uint32_t seed = (uint32_t)(5 + piece);
  for (int j = 0; j < GROUPS; j++)
    for (int t = 0; t < DRAWS; t++) draw[j][t] = (double)(next(&seed) >> 26) - 20.0;
  for (int i = 0; i < BLOCKS * 2 * width * HF_ABREAST; i++) real[i] = 1e300, whole[i] = INT32_MAX;
  for (int seen = 0; seen < DRAWS; seen += piece) {
    int many = seen + piece < DRAWS ? piece : DRAWS - seen;
    for (int j = 0; j < GROUPS; j++)
      for (int t = 0; t < many; t++) part_whole[t][j] = (int32_t)(part[t][j] = draw[j][seen + t]);
    k->keep_float64(GROUPS, many, &part[0][0], GROUPS, width, real, room);
    k->keep_int32(GROUPS, many, &part_whole[0][0], GROUPS, width, whole, room_whole);
  }
  for (int j = 0; j < GROUPS; j++) {
    qsort(draw[j], DRAWS, sizeof draw[j][0], compare);
    for (int i = 0; i < width; i++) {
      int at = (j / HF_ABREAST * 2 * width + i) * HF_ABREAST + j % HF_ABREAST;
      int other = at + width * HF_ABREAST;
      CHECK(real[at] == draw[j][i] && real[other] == -draw[j][DRAWS - 1 - i]);
      CHECK(whole[at] == real[at] && whole[other] == real[other]);
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
      for (int level = 0; level < HF_LEVELS; level++)
        if (hf_kernels(level)) check_ranks(hf_kernels(level), size[s]);
    }
  for (int level = 0; level < HF_LEVELS; level++) {
    const hf_kernels_t *k = hf_kernels(level);
    for (int piece = 1; k && piece <= DRAWS; piece += 3)
      for (int width = 1; width <= DRAWS; width += 3) check_extremes(k, width, piece);
  }
  return report();
}
