/* phi/start.c: where to look for the mode.
 * The likelihood is profiled over lambda with mu = muhat and sigma^2 = (ssw + R) / N in (5) of
 * conjugate/normal.h; unknowns that no data touch are scanned one at a time over their whole range. */
#include "phi.h"

#include "hfmath.h"

enum { SCAN = 128 };

/* lambda where the profile is within `drop` of its top, between lo and hi; best is the largest lambda
 * within 1/2 of the top. Returns the profile's mean and variance there. */
int hf_lambda_scan(const hf_collapsed *c, double drop, const volatile int *stop, double *lo,
                   double *hi, double *best, double *mean, double *sigma2) {
  double lambda[SCAN], ll[SCAN], moment[4 * SCAN], top = -HF_INF, s2[SCAN];
  for (int i = 0; i < SCAN; i++) lambda[i] = hf_exp(0.25 * (i - SCAN / 2)) / c->moments.p_bar;
  int status = hf_moments_at(&c->moments, SCAN, lambda, stop, moment);
  if (status) return status;
  for (int i = 0; i < SCAN; i++) {
    double w = moment[SCAN + i], s1 = moment[2 * SCAN + i], r = moment[3 * SCAN + i] - s1 * s1 / w;
    double total = c->ssw + r;
    s2[i] = c->noise.node >= 0 ? total / c->n_row : c->noise.value * c->noise.value;
    s2[i] = s2[i] > 1e-300 ? s2[i] : 1e-300;
    ll[i] = -0.5 * (c->n_row * hf_log(s2[i]) + total / s2[i] + moment[i]);
    top = ll[i] > top ? ll[i] : top;
  }
  int first = SCAN - 1, last = 0, at = 0;
  for (int i = 0; i < SCAN; i++) {
    if (ll[i] > top - drop && i < first) first = i;
    if (ll[i] > top - drop) last = i;
    if (ll[i] > top - 0.5) at = i;
  }
  *lo = first > 0 ? lambda[first - 1] : 0.0;
  *hi = last < SCAN - 1 ? lambda[last + 1] : HF_INF;
  *best = lambda[at];
  *mean = c->moments.cells->centre + moment[2 * SCAN + at] / moment[SCAN + at];
  *sigma2 = s2[at];
  return HF_OK;
}

/* Candidates for coordinate values whose scale is unknown: both signs over twelve decades. */
static double candidate(const hf_node *node, int i) {
  if (node->support != HF_REAL || node->above) return 0.5 * (i - SCAN / 2);
  double size = hf_exp(0.45 * ((i >> 1) - 20));
  return i == 0 ? 0.0 : i & 1 ? size : -size;
}

/* Coordinate ascent by scanning; coordinates with fixed[k] set are left alone. */
static int scan(const hf_target *t, const hf_hyper *h, const int *fixed, double *z) {
  double points[HF_MAX_PHI * SCAN], lp[SCAN];
  for (int round = 0; round < 3; round++)
    for (int j = 0, k = 0; j < h->n_node; j++) {
      if (j == h->skip) continue;
      int coordinate = k++, best = -1;
      if (fixed[coordinate]) continue;
      for (int e = 0; e < t->d; e++)
        for (int i = 0; i < SCAN; i++) points[e * SCAN + i] = z[e];
      for (int i = 0; i < SCAN; i++) points[coordinate * SCAN + i] = candidate(&h->node[j], i);
      int status = t->eval(t, SCAN, points, lp);
      if (status) return status;
      for (int i = 0; i < SCAN; i++)
        if (lp[i] > (best < 0 ? -HF_INF : lp[best])) best = i;
      if (best >= 0) z[coordinate] = points[coordinate * SCAN + best];
    }
  return HF_OK;
}

int hf_start(const hf_target *t, const hf_hyper *h, int n, const hf_arg *data, const double *known,
             double *z) {
  double values[HF_MAX_PHI] = {0};
  int fixed[HF_MAX_PHI] = {0}, free_left = 0;
  for (int a = 0; a < n; a++)
    if (data[a].node >= 0) values[data[a].node] = hf_arg_inverse(&data[a], known[a]);
  for (int j = 0, k = 0; j < h->n_node; j++) {
    if (j == h->skip) continue;
    int touched = 0;
    for (int a = 0; a < n; a++) touched |= data[a].node == j;
    if (!touched)
      values[j] = h->node[j].support == HF_REAL ? 0.0 : h->node[j].support == HF_UNIT ? 0.5 : 1.0;
    if (!touched && h->node[j].above) values[j] += values[h->node[j].above - 1];
    z[k] = touched ? hf_hyper_coordinate(h, j, values, values[j]) : 0.0;
    free_left += !touched;
    fixed[k++] = touched;
  }
  return free_left ? scan(t, h, fixed, z) : HF_OK;
}
