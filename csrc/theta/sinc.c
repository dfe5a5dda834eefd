/* theta/sinc.c: equations in theta/sinc.h. */
#include "theta/sinc.h"

#include "hfmath.h"

typedef struct {
  int64_t count;
  const double *q, *table;
} masses;

/* (1) at x = h (first + m/8), the density times h/8. */
static void at_eighth(const masses *c, int64_t m, double *cdf, double *density) {
  const double *si = c->table, *sinc = c->table + HF_EIGHTH * HF_TILE;
  int64_t below = m / HF_EIGHTH, k = m % HF_EIGHTH, other = (HF_EIGHTH - k) % HF_EIGHTH;
  double left = 0.0, up = 0.0, down = 0.0, d = 0.0;
  const double *s = si + k * HF_TILE, *v = sinc + k * HF_TILE;
  for (int64_t g = 0; g <= below && g < c->count; g++) {
    left += c->q[g];
    up += c->q[g] * s[below - g];
    d += c->q[g] * v[below - g];
  }
  s = si + other * HF_TILE + (k == 0), v = sinc + other * HF_TILE + (k == 0);
  for (int64_t g = below + 1; g < c->count; g++) {
    left += c->q[g];
    down += c->q[g] * s[g - below - 1];
    d += c->q[g] * v[g - below - 1];
  }
  *cdf = 0.5 * left + (up - down);
  *density = d / HF_EIGHTH;
}

/* Where the cubic through a, b with slopes u, v at 0 and 1 is p; halves where steps leave the bracket. */
static double cross(double a, double b, double u, double v, double p) {
  double lo = 0.0, hi = 1.0, t = b > a ? (p - a) / (b - a) : 0.5;
  double c3 = 2.0 * (a - b) + u + v, c2 = 3.0 * (b - a) - 2.0 * u - v;
  for (int it = 0; it < 60; it++) {
    double f = a - p + t * (u + t * (c2 + t * c3)), slope = u + t * (2.0 * c2 + 3.0 * t * c3);
    *(f < 0.0 ? &lo : &hi) = t;
    double next = slope > 0.0 ? t - f / slope : -1.0;
    next = next > lo && next < hi ? next : 0.5 * (lo + hi);
    if (next == t) break;
    t = next;
  }
  return t;
}

/* The eighth below which F passes p, from a bracket around where the plain sums of masses do. */
static int64_t find_eighth(const masses *c, double p) {
  int64_t g = 0, most = HF_EIGHTH * (c->count - 1);
  double sum = 0.5 * c->q[0], cdf, density;
  while (g + 1 < c->count && sum < p) sum += 0.5 * (c->q[g] + c->q[g + 1]), g++;
  int64_t lo = HF_EIGHTH * (g - 1), hi = lo + HF_EIGHTH + HF_EIGHTH;
  for (; lo > 0; lo -= HF_EIGHTH) {
    at_eighth(c, lo, &cdf, &density);
    if (cdf <= p) break;
  }
  for (; hi < most; hi += HF_EIGHTH) {
    at_eighth(c, hi, &cdf, &density);
    if (cdf > p) break;
  }
  lo = lo > 0 ? lo : 0, hi = hi < most ? hi : most;
  while (hi - lo > 1) {
    int64_t m = (lo + hi) / 2;
    at_eighth(c, m, &cdf, &density);
    *(cdf <= p ? &lo : &hi) = m;
  }
  return lo;
}

static double slack_of(const masses *c) {
  double even = 0.0, odd = 0.0;
  for (int64_t g = 0; g + 1 < c->count; g += 2) even += c->q[g], odd += c->q[g + 1];
  return (even > odd ? even - odd : odd - even) / 3.14159265358979323846;
}

void hf_sinc_quantiles(const hf_fixed *f, int64_t lo, int64_t hi, const double *mass,
                       const double *table, int n, const double *prob, double *out, double *slack) {
  for (int64_t i = lo; i < hi; i++) {
    masses c = {f->count[i], mass + f->at[i], table};
    double h = hf_two_to((int)f->level[i]), e = slack_of(&c);
    for (int k = 0; k < n; k++) {
      int64_t m = find_eighth(&c, prob[k]);
      double a, b, u, v, t;
      at_eighth(&c, m, &a, &u);
      at_eighth(&c, m + 1, &b, &v);
      t = cross(a, b, u, v, prob[k]);
      *out++ = h * ((double)f->first[i] + ((double)m + t) / HF_EIGHTH);
      u = (1.0 - t) * u + t * v;
      *slack++ = e * h / HF_EIGHTH / (u > 1e-300 ? u : 1e-300);
    }
  }
}
