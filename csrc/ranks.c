/* ranks.c: equations in ranks.h. */
#include "ranks.h"

#include <string.h>

enum {
  SAMPLE = 255, /* effects that place the keys */
  SHORT = 24,   /* runs sorted by insertion */
  FEW = 512,    /* effects sorted without digits */
  DIGITS = 3,
  BITS = 11,
  BINS = 1 << BITS
};

/* Keys hold (2) above, and below the place of their effect. */
static double effect(const double *x, uint64_t key) { return x[key & 0xffffffffu]; }

static void insert(const double *x, uint64_t *key, int64_t n) {
  for (int64_t i = 1; i < n; i++) {
    uint64_t one = key[i];
    double value = effect(x, one);
    int64_t k = i;
    for (; k > 0 && effect(x, key[k - 1]) > value; k--) key[k] = key[k - 1];
    key[k] = one;
  }
}

static void swap(uint64_t *key, int64_t i, int64_t k) {
  uint64_t one = key[i];
  key[i] = key[k];
  key[k] = one;
}

/* Quicksort in three parts, those that equal the pivot left alone; the shorter side first. */
static void sort(const double *x, uint64_t *key, int64_t n) {
  while (n > SHORT) {
    double a = effect(x, key[0]), b = effect(x, key[n / 2]), c = effect(x, key[n - 1]);
    double low = a < b ? a : b, high = a < b ? b : a;
    double pivot = c < low ? low : c > high ? high : c;
    int64_t lt = 0, gt = n;
    for (int64_t i = 0; i < gt;) {
      double value = effect(x, key[i]);
      if (value < pivot)
        swap(key, lt++, i++);
      else if (value > pivot)
        swap(key, i, --gt);
      else
        i++;
    }
    if (lt < n - gt) {
      sort(x, key, lt);
      key += gt;
      n -= gt;
    } else {
      sort(x, key + gt, n - gt);
      n = lt;
    }
  }
  insert(x, key, n);
}

/* Median and quarters' distance of some of x, the latter positive. */
static void place_keys(int64_t n, const double *x, double *middle, double *spread) {
  uint64_t some[SAMPLE];
  int many = n < SAMPLE ? (int)n : SAMPLE;
  for (int i = 0; i < many; i++) some[i] = (uint64_t)(n / many * i);
  sort(x, some, many);
  double first = effect(x, some[0]), last = effect(x, some[many - 1]);
  *middle = effect(x, some[many / 2]);
  *spread = effect(x, some[many - 1 - many / 4]) - effect(x, some[many / 4]);
  if (!(*spread > 0.0)) *spread = last - first;
  if (!(*spread > 0.0)) *spread = 1.0;
}

/* Sorts by (2) from the lowest digit up; an odd number of digits ends in `other`. */
static void sort_digits(int64_t n, uint64_t *key, uint64_t *other) {
  uint32_t at[DIGITS][BINS];
  memset(at, 0, sizeof at);
  for (int64_t i = 0; i < n; i++)
    for (int d = 0; d < DIGITS; d++) at[d][(key[i] >> (32 + BITS * d)) % BINS]++;
  for (int d = 0; d < DIGITS; d++) {
    uint32_t sum = 0;
    for (int b = 0; b < BINS; b++) {
      uint32_t many = at[d][b];
      at[d][b] = sum;
      sum += many;
    }
    for (int64_t i = 0; i < n; i++) other[at[d][(key[i] >> (32 + BITS * d)) % BINS]++] = key[i];
    uint64_t *sorted = other;
    other = key;
    key = sorted;
  }
}

/* Writes (1) of effects that are sorted from place `from` to place `end`. */
static void number(int64_t n, const double *x, const uint64_t *sorted, int64_t from, int64_t end,
                   int32_t *twice) {
  for (int64_t to = from + 1; from < end; from = to++) {
    if (to < end) {
      double value = effect(x, sorted[from]);
      while (to < end && effect(x, sorted[to]) == value) to++;
    }
    for (int64_t i = from; i < to; i++)
      twice[sorted[i] & 0xffffffffu] = (int32_t)(2 * n + 1 - from - to);
  }
}

void hf_rank_twice(int64_t n, const double *x, uint64_t *key, uint64_t *other, int32_t *twice) {
  double middle, spread, half = 2147483648.0;
  place_keys(n, x, &middle, &spread);
  for (int64_t i = 0; i < n; i++) {
    double d = x[i] - middle, u = half + half * (d / (spread + (d < 0.0 ? -d : d)));
    uint64_t top = d < 0.0 ? 0 : 0xffffffffu; /* where d is not finite */
    if (u >= 0.0 && u < 2.0 * half) top = (uint64_t)u;
    key[i] = top << 32 | (uint64_t)i;
  }
  if (n > FEW) sort_digits(n, key, other);
  uint64_t *sorted = n > FEW ? other : key;
  for (int64_t from = 0, to; from < n; from = to) {
    uint64_t first = sorted[from] >> 32;
    for (to = from + 1; to < n && (n <= FEW || sorted[to] >> 32 == first);) to++;
    if (to - from > 1) sort(x, sorted + from, to - from);
    number(n, x, sorted, from, to, twice);
  }
}

static void keep(int32_t *held, int width, int taken, int32_t value) {
  int k = taken;
  if (k == width) {
    if (value >= held[width - 1]) return;
    k--;
  }
  for (; k > 0 && held[k - 1] > value; k--) held[k] = held[k - 1];
  held[k] = value;
}

void hf_keep_extremes(int64_t n, int n_draw, const int32_t *draw, int width, int seen,
                      int32_t *held) {
  for (int64_t j = 0; j < n; j++, draw += n_draw, held += 2 * width) {
    for (int t = 0; t < n_draw; t++) {
      int taken = seen + t < width ? seen + t : width;
      keep(held, width, taken, draw[t]);
      keep(held + width, width, taken, -draw[t]);
    }
  }
}
