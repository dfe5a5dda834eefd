/* statistics.c: equations in statistics.h. */
#include "statistics.h"

#include "hfmath.h"

/* Rows between asking for a group's sums and using them: enough to hide the latency of the last
   cache. The rows themselves are read once, so they are asked for as not worth keeping. */
enum { AHEAD = 128, STREAM = 256 };

int hf_scan_rows(const double *y, const double *se, int64_t lo, int64_t hi) {
  int bad = 0, fraction = 0;
  for (int64_t i = lo; i < hi; i++) {
    double v = y[i], r = (v + HF_SHIFT) - HF_SHIFT;
    bad |= !(__builtin_fabs(v) <= HF_LARGEST);
    fraction |= !(r == v) | !(__builtin_fabs(v) < 2e15);
  }
  if (se)
    for (int64_t i = lo; i < hi; i++) bad |= !(se[i] >= 1.0 / HF_LARGEST) | !(se[i] <= HF_LARGEST);
  return (bad ? HF_BAD : 0) | (fraction ? HF_FRACTION : 0);
}

void hf_scan_codes(const int64_t *code, int64_t lo, int64_t hi, int64_t *least, int64_t *most) {
  int64_t a = code[lo], b = a;
  for (int64_t i = lo; i < hi; i++) {
    a = code[i] < a ? code[i] : a;
    b = code[i] > b ? code[i] : b;
  }
  *least = a;
  *most = b;
}

/* One loop for every kind of rows: which columns there are is known where it is inlined. */
static inline __attribute__((always_inline)) void add_rows(const hf_rows *r, const int has_se,
                                                           const int has_weight, int64_t lo,
                                                           int64_t hi, uint32_t *count, double *s) {
  const int64_t *code = r->code;
  const double *y = r->y, *near = r->near;
  for (int64_t i = lo; i < hi; i++) {
    int64_t ahead = i + AHEAD < hi ? i + AHEAD : hi - 1;
    int64_t stream = i + STREAM < hi ? i + STREAM : hi - 1;
    int64_t j = code ? code[i] - r->base : i, next = code ? code[ahead] - r->base : ahead;
    if (code) __builtin_prefetch(code + stream, 0, 0);
    __builtin_prefetch(y + stream, 0, 0);
    double d = y[i] - (near ? near[j] : r->centre), w = has_weight ? r->weight[i] : 1.0;
    __builtin_prefetch(count + next, 1);
    count[j] += has_weight ? (uint32_t)w : 1u;
    __builtin_prefetch(s + (has_se ? 3 : 2) * next, 1);
    if (has_se) {
      w = w / (r->se[i] * r->se[i]);
      s[3 * j] += w;
      s[3 * j + 1] += w * d;
      s[3 * j + 2] += w * (d * d);
    } else {
      s[2 * j] += has_weight ? w * d : d;
      s[2 * j + 1] += has_weight ? w * (d * d) : d * d;
    }
  }
}

void hf_add_rows(const hf_rows *r, int64_t lo, int64_t hi, uint32_t *count, double *s) {
  if (r->se && r->weight)
    add_rows(r, 1, 1, lo, hi, count, s);
  else if (r->se)
    add_rows(r, 1, 0, lo, hi, count, s);
  else if (r->weight)
    add_rows(r, 0, 1, lo, hi, count, s);
  else
    add_rows(r, 0, 0, lo, hi, count, s);
}

/* n s2 - s1^2 to double precision even where the products exceed 2^53 (Dekker's exact products). */
static double exact_squares(double n, double s1, double s2) {
  double a = n * s2, b = s1 * s1;
  if (a < 9007199254740992.0) return a - b;
  double big = 134217729.0, c = big * n, nh = c - (c - n), nl = n - nh;
  c = big * s2;
  double sh = c - (c - s2), sl = s2 - sh;
  c = big * s1;
  double th = c - (c - s1), tl = s1 - th;
  double ea = ((nh * sh - a) + nh * sl + nl * sh) + nl * sl;
  double eb = ((th * th - b) + 2.0 * th * tl) + tl * tl;
  double d = a - b, v = d - a, ed = (a - (d - v)) - (b + v);
  return d + (ed + (ea - eb));
}

static void finish(double n, double p, double s1, double s2, double centre, int integer,
                   double *mean, double *m2) {
  integer = integer && s2 < 9007199254740992.0;
  double squares = integer ? exact_squares(n, s1, s2) / n : s2 - s1 * (s1 / p);
  *mean = integer ? (n * centre + s1) / n : centre + s1 / p;
  *m2 = n > 1.0 && squares > 0.0 ? squares : 0.0;
}

int64_t hf_finish_groups(int64_t n_group, int n_slab, int width, const uint32_t *count,
                         const double *s, double centre, const double *near, int integer,
                         int64_t base, int64_t lo, int64_t hi, int64_t at, hf_groups *out) {
  int64_t found = 0;
  double within = 0.0, between = 0.0;
  double ends[4] = {HF_INF, -HF_INF, HF_INF, -HF_INF};
  for (int64_t j = lo; j < hi; j++) {
    uint64_t n = 0;
    double sum[3] = {0};
    for (int k = 0; k < n_slab; k++) n += count[k * n_group + j];
    if (n == 0) continue;
    found++;
    if (!out) continue;
    for (int k = 0; k < n_slab; k++)
      for (int e = 0; e < width; e++) sum[e] += s[(k * n_group + j) * width + e];
    double rows = (double)n, p = width == 3 ? sum[0] : rows;
    out->label[at] = base + j;
    out->p[at] = p;
    if (out->n) out->n[at] = rows;
    finish(rows, p, sum[width - 2], sum[width - 1], near ? near[j] : centre, integer,
           &out->mean[at], &out->m2[at]);
    double m = out->mean[at], d = m - centre;
    within += out->m2[at++];
    between += p * d * d;
    ends[0] = p < ends[0] ? p : ends[0];
    ends[1] = p > ends[1] ? p : ends[1];
    ends[2] = m < ends[2] ? m : ends[2];
    ends[3] = m > ends[3] ? m : ends[3];
  }
  if (out) {
    out->within = within;
    out->between = between;
    out->p_min = ends[0];
    out->p_max = ends[1];
    out->mean_min = ends[2];
    out->mean_max = ends[3];
  }
  return found;
}

static double nearest(double x) { return (x + HF_SHIFT) - HF_SHIFT; }

void hf_merge_groups(int64_t n, int integer, double *a_n, double *a_p, double *a_mean, double *a_m2,
                     const double *b_n, const double *b_p, const double *b_mean,
                     const double *b_m2) {
  for (int64_t i = 0; i < n; i++) {
    double p = a_p[i], q = b_p[i];
    if (q == 0.0) continue;
    if (p == 0.0) {
      a_mean[i] = b_mean[i];
      a_m2[i] = b_m2[i];
    } else if (integer) {
      double c = nearest(a_mean[i]), ta = nearest(p * a_mean[i]) - p * c;
      double tb = nearest(q * b_mean[i]) - q * c;
      double sa = nearest((nearest(p * a_m2[i]) + ta * ta) / p);
      double sb = nearest((nearest(q * b_m2[i]) + tb * tb) / q);
      finish(p + q, p + q, ta + tb, sa + sb, c, 1, &a_mean[i], &a_m2[i]);
    } else {
      double d = b_mean[i] - a_mean[i], share = q / (p + q);
      a_mean[i] += d * share;
      a_m2[i] += b_m2[i] + d * d * p * share;
    }
    a_p[i] = p + q;
    if (a_n) a_n[i] += b_n[i];
  }
}

void hf_add_cells(const double *p, const double *mean, const double *m2, double centre, int64_t lo,
                  int64_t hi, double *cell, double *ssw) {
  double sum[4] = {0};
  for (int64_t j = lo; j < hi; j++) {
    double d = mean[j] - centre;
    sum[j & 3] += m2[j];
    if (cell) {
      double *c = cell + 3 * (int64_t)p[j];
      c[0] += 1.0;
      c[1] += d;
      c[2] += d * d;
    }
  }
  *ssw = (sum[0] + sum[1]) + (sum[2] + sum[3]);
}
