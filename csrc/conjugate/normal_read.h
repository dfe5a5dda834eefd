/* conjugate/normal_read.h: posterior mean, sd and quantiles of many Normal groups at once.
 * By (6) of conjugate/normal.h a group's posterior is a mixture whose moments are polynomials in
 * d = ybar - centre with coefficients that depend on p alone:
 *   (1) mean = a + b d,   var = c0 + d (c1 + d c2)
 *   (2) quantile = mean + sd g(p, s),   s = u / sqrt(1 + (u / 8)^2),   u = d / spread
 * g, nearly constant, is tabulated (hierfast/groups.py) and interpolated by cubics: over uniform
 * nodes in s, and in log p where there are too many distinct p for a row each.
 * Source: algebra; four-point Lagrange interpolation, Abramowitz & Stegun 25.2.13. */
#ifdef HF_BODY

static inline void HF_NAME(read_cubic)(double f, double w[4]) {
  double a = f + 1.0, c = f - 1.0, e = f - 2.0;
  w[0] = -f * c * e * (1.0 / 6.0);
  w[1] = a * c * e * 0.5;
  w[2] = -a * f * e * 0.5;
  w[3] = a * f * c * (1.0 / 6.0);
}

/* First of the four nodes around x, and the weights of all four. */
static inline int32_t HF_NAME(read_locate)(double x, int32_t n, double w[4]) {
  double top = n - 4, at = x - 1.0;
  at = at > 0.0 ? at : 0.0;
  at = at < top ? at : top;
  int32_t i = (int32_t)at;
  HF_NAME(read_cubic)(x - 1.0 - i, w);
  return i;
}

/* (1) of a tile; `row` and `wr` are the rows and row weights found, n_w of them (1 or 4). */
static inline __attribute__((always_inline)) void HF_NAME(read_moments)(
    const hf_reader *r, int n, const int32_t *row, double (*wr)[HF_TILE], const int n_w,
    const double *d, double *mean, double *sd) {
  for (int k = 0; k < n; k++) {
    double c[5] = {0.0, 0.0, 0.0, 0.0, 0.0};
    for (int h = 0; h < n_w; h++) {
      const double *m = r->moment + 6 * (row[k] + h);
      for (int e = 0; e < 5; e++) c[e] += wr[h][k] * m[e];
    }
    double var = c[2] + d[k] * (c[3] + d[k] * c[4]);
    mean[k] = c[0] + c[1] * d[k];
    sd[k] = __builtin_sqrt(var > 0.0 ? var : 0.0);
  }
}

static inline __attribute__((always_inline)) void HF_NAME(read_quantiles)(
    const hf_reader *r, int n, const int32_t *row, double (*wr)[HF_TILE], const int n_w,
    const double *d, const double *mean, const double *sd, double *quantile) {
  int32_t node[HF_TILE];
  double wn[4][HF_TILE], g[HF_TILE];
  for (int k = 0; k < n; k++) {
    double u = d[k] / r->spread, w[4];
    double s = u / __builtin_sqrt(1.0 + (u * 0.125) * (u * 0.125));
    node[k] = HF_NAME(read_locate)((s - r->s0) * r->inv_ds, r->n_node, w);
    for (int h = 0; h < 4; h++) wn[h][k] = w[h];
  }
  for (int q = 0; q < r->n_quantile; q++) {
    for (int k = 0; k < n; k++) g[k] = 0.0;
    for (int h = 0; h < n_w; h++)
      for (int k = 0; k < n; k++) {
        const double *t =
            r->table + ((int64_t)(row[k] + h) * r->n_quantile + q) * r->n_node + node[k];
        g[k] += wr[h][k] * (wn[0][k] * t[0] + wn[1][k] * t[1] + wn[2][k] * t[2] + wn[3][k] * t[3]);
      }
    for (int k = 0; k < n; k++)
      quantile[k * r->n_quantile + q] = r->centre + mean[k] + sd[k] * g[k];
  }
}

/* mean, sd (n,) and quantile (n, n_quantile); either part is left out where its output is NULL. */
static void HF_NAME(normal_read)(const hf_reader *r, int64_t n, const double *p, const double *ybar,
                                 double *mean, double *sd, double *quantile) {
  int32_t row[HF_TILE];
  double wr[4][HF_TILE], d[HF_TILE], m[HF_TILE], s[HF_TILE];
  for (int64_t lo = 0; lo < n; lo += HF_TILE) {
    int w = n - lo < HF_TILE ? (int)(n - lo) : HF_TILE;
    double *q = quantile ? quantile + lo * r->n_quantile : NULL;
    for (int k = 0; k < w; k++) d[k] = ybar[lo + k] - r->centre;
    if (r->by_log) {
      for (int k = 0; k < w; k++) {
        double c[4];
        row[k] = HF_NAME(read_locate)((hf_log(p[lo + k]) - r->x0) * r->inv_dx, r->n_row, c);
        for (int h = 0; h < 4; h++) wr[h][k] = c[h];
      }
      HF_NAME(read_moments)(r, w, row, wr, 4, d, m, s);
      if (q) HF_NAME(read_quantiles)(r, w, row, wr, 4, d, m, s, q);
    } else {
      for (int k = 0; k < w; k++) row[k] = r->row[(int32_t)p[lo + k]];
      for (int k = 0; k < w; k++) wr[0][k] = 1.0;
      HF_NAME(read_moments)(r, w, row, wr, 1, d, m, s);
      if (q) HF_NAME(read_quantiles)(r, w, row, wr, 1, d, m, s, q);
    }
    if (mean)
      for (int k = 0; k < w; k++) {
        mean[lo + k] = r->centre + m[k];
        sd[lo + k] = s[k];
      }
  }
}
#endif
