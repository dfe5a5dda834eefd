/* conjugate/poisson_gamma.h: y_j ~ Poisson(r_j t_j), r_j ~ Gamma(alpha, rate beta). Up to a constant,
 *   (1) log p(y | alpha, beta) = sum_j log(Gamma(alpha + y_j) / Gamma(alpha))
 *                                - alpha log(1 + t_j / beta) - y_j log(beta + t_j),
 *       the first a sum of rising.h, the others sums over distinct exposures
 *   (2) r_j | y ~ Gamma(alpha + y_j, beta + t_j)
 * Twin: hierfast/likelihoods/gamma.py. Source: Gelman et al., BDA3, sections 2.6 and 5.3. */
#ifdef HF_BODY
enum { HF_NAME(FEW_SIZES) = 16 };

static void HF_NAME(poisson_gamma)(const hf_counts *c, int n, const double *a, const double *b,
                                   double *ll) {
  double term[HF_TILE], acc[8];
  for (int i = 0; i < n; i++) ll[i] = 0.0;
  HF_NAME(add_rising)(&c->up, 1.0, n, a, ll);
  if (c->n_size < HF_NAME(FEW_SIZES)) {
    for (int64_t k = 0; k < c->n_size; k++)
      for (int i = 0; i < n; i++)
        ll[i] -= a[i] * c->group[k] * hf_log1p(c->size[k] / b[i]) +
                 c->event[k] * hf_log(b[i] + c->size[k]);
    return;
  }
  for (int i = 0; i < n; i++) {
    for (int k = 0; k < 8; k++) acc[k] = 0.0;
    for (int64_t lo = 0; lo < c->n_size; lo += HF_TILE) {
      int w = c->n_size - lo < HF_TILE ? (int)(c->n_size - lo) : HF_TILE, full = (w + 7) & ~7;
      const double *t = c->size + lo, *group = c->group + lo, *event = c->event + lo;
      for (int k = 0; k < w; k++)
        term[k] = a[i] * group[k] * hf_log1p(t[k] / b[i]) + event[k] * hf_log(b[i] + t[k]);
      for (int k = w; k < full; k++) term[k] = 0.0;
      for (int k = 0; k < full; k += 8)
        for (int l = 0; l < 8; l++) acc[l] += term[k + l];
    }
    ll[i] -= hf_lanes(acc);
  }
}

static void HF_NAME(draw_poisson_gamma)(int n, uint64_t key, uint64_t base, const uint64_t *label,
                                        uint32_t sweep, double alpha, double beta, const double *y,
                                        const double *size, double *out) {
  double a[HF_TILE];
  for (int j = 0; j < n; j++) a[j] = alpha + y[j];
  HF_NAME(gammas)(n, key, base, label, sweep, a, out);
  for (int j = 0; j < n; j++) out[j] /= beta + size[j];
}
#else
{"Poisson", "Gamma", HF_NAME(poisson_gamma), HF_NAME(draw_poisson_gamma)},
#endif
