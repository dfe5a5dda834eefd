/* ranks.c: equations in ranks.h. */
#include "ranks.h"

#include "hfmath.h"

enum {
  SAMPLE = 255, /* effects that place the keys */
  SHORT = 24,   /* runs sorted by insertion */
  FEW = 512,    /* effects sorted without digits */
  MOST = 11,    /* bits of a first digit at most */
  DIGIT = 12,   /* bits of a second one */
  SLOTS = 1 << DIGIT
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

/* Sorts a run whose keys share their first digit by the second one, then the little that is left. */
static void sort_run(const double *x, int64_t n, int shift, const uint64_t *run, uint64_t *out) {
  uint32_t end[SLOTS + 1] = {0}, most = 0;
  for (int64_t i = 0; i < n; i++) end[(run[i] >> shift) % SLOTS + 1]++;
  for (int b = 1; b <= SLOTS; b++) most = end[b] > most ? end[b] : most;
  for (int b = 0; b < SLOTS; b++) end[b + 1] += end[b];
  for (int64_t i = 0; i < n; i++) out[end[(run[i] >> shift) % SLOTS]++] = run[i];
  if (most > SHORT) {
    for (int64_t b = 0, from = 0; b < SLOTS; from = end[b++]) sort(x, out + from, end[b] - from);
    return;
  }
  for (int64_t i = 1; i < n; i++) {
    uint64_t one = out[i];
    int64_t k = i;
    for (; k > 0 && out[k - 1] > one; k--) out[k] = out[k - 1];
    out[k] = one;
  }
}

/* Writes (1) of m effects that are sorted, `above` of all being no smaller. */
static void number(int64_t above, const double *x, const uint64_t *sorted, int64_t m,
                   int32_t *twice) {
  for (int64_t from = 0, to = 1; from < m; from = to++) {
    if (to < m) {
      double value = effect(x, sorted[from]);
      while (to < m && effect(x, sorted[to]) == value) to++;
    }
    for (int64_t i = from; i < to; i++)
      twice[sorted[i] & 0xffffffffu] = (int32_t)(2 * above + 1 - from - to);
  }
}

/* The same of m effects whose keys are sorted, all effects of one key among them. */
static void number_run(int64_t above, const double *x, uint64_t *key, int64_t m, int32_t *twice) {
  for (int64_t from = 0, to; from < m; from = to) {
    uint64_t first = key[from] >> 32;
    for (to = from + 1; to < m && key[to] >> 32 == first;) to++;
    if (to - from > 1)
      sort(x, key + from, to - from), number(above - from, x, key + from, to - from, twice);
    else
      twice[key[from] & 0xffffffffu] = (int32_t)(2 * (above - from));
  }
}

typedef struct {
  const hf_kernels_t *kernels;
  const double *x;
  double middle, spread;
} hf_keys;

/* Keys (2) of effects lo .. n, as many as a tile has; how many. */
static int make_keys(const hf_keys *of, int64_t n, int64_t lo, uint64_t *key) {
  int w = n - lo < HF_TILE ? (int)(n - lo) : HF_TILE;
  of->kernels->rank_keys(w, lo, of->x + lo, of->middle, of->spread, key);
  return w;
}

/* Sorts by (2): a first digit makes runs that stay in cache. Keys are made twice, which costs less than to hold them. */
static void rank_by_keys(int64_t n, const hf_keys *of, uint64_t *run, uint64_t *sorted,
                         int32_t *twice) {
  uint32_t end[(1 << MOST) + 1] = {0};
  uint64_t key[HF_TILE];
  int bits = 1;
  while (bits < MOST && n >> bits > SLOTS) bits++;
  for (int64_t lo = 0; lo < n; lo += HF_TILE)
    for (int i = 0, w = make_keys(of, n, lo, key); i < w; i++) end[(key[i] >> (64 - bits)) + 1]++;
  for (int b = 0; b < 1 << bits; b++) end[b + 1] += end[b];
  for (int64_t lo = 0; lo < n; lo += HF_TILE)
    for (int i = 0, w = make_keys(of, n, lo, key); i < w; i++)
      run[end[key[i] >> (64 - bits)]++] = key[i];
  for (int64_t b = 0, from = 0; b < 1 << bits; from = end[b++]) {
    sort_run(of->x, end[b] - from, 64 - bits - DIGIT, run + from, sorted);
    number_run(n - from, of->x, sorted, end[b] - from, twice);
  }
}

void hf_rank_twice(const hf_kernels_t *k, int64_t n, const double *x, uint64_t *key,
                   uint64_t *other, int32_t *twice) {
  hf_keys of = {k, x, 0.0, 1.0};
  place_keys(n, x, &of.middle, &of.spread);
  if (n > FEW) {
    rank_by_keys(n, &of, key, other, twice);
    return;
  }
  k->rank_keys(n, 0, x, of.middle, of.spread, key);
  sort(x, key, n);
  number(n, x, key, n, twice);
}

void hf_add_batch(int64_t n, int n_draw, const double *draw, int is_first, double *sum,
                  int64_t stride) {
  double *shift = sum, *first = sum + stride, *second = first + stride, *between = second + stride;
  for (int64_t lo = 0; lo < n; lo += HF_TILE) {
    int w = n - lo < HF_TILE ? (int)(n - lo) : HF_TILE;
    double off[HF_TILE] = {0.0}, squares[HF_TILE] = {0.0};
    if (is_first) {
      for (int t = 0; t < n_draw; t++)
        for (int i = 0; i < w; i++) off[i] += draw[t * n + lo + i];
      for (int i = 0; i < w; i++) shift[lo + i] = off[i] / n_draw;
      for (int i = 0; i < w; i++) off[i] = 0.0;
    }
    for (int t = 0; t < n_draw; t++)
      for (int i = 0; i < w; i++) {
        double d = draw[t * n + lo + i] - shift[lo + i];
        off[i] += d;
        squares[i] += d * d;
      }
    for (int i = 0; i < w; i++) {
      first[lo + i] += off[i];
      second[lo + i] += squares[i];
      between[lo + i] += (off[i] / n_draw) * (off[i] / n_draw);
    }
  }
}
