/* likelihood/normal.h: rows y_i ~ N(eta, sigma^2 / w_i) of one group, seen through their statistics
 * p = sum w, ybar the weighted mean, n rows, m2 the weighted squares about ybar. Up to a constant
 *   (1) log p(y | eta, sigma) = -n log sigma - (m2 + p (ybar - eta)^2) / (2 sigma^2)
 *   (2) d1 = p (ybar - eta) / sigma^2,   d2 = -p / sigma^2
 * Twin: hierfast/likelihoods/normal.py. Source: Gelman et al., BDA3, equation (2.11). */
#ifdef HF_BODY
static int HF_NAME(likelihood_normal)(int n, const double *eta, const hf_col *stat,
                                      const hf_col *par, void *user, double *ll, double *d1,
                                      double *d2) {
  (void)user;
  double buf[5][HF_TILE];
  const double *p = hf_spread(stat[0], n, buf[0]), *ybar = hf_spread(stat[1], n, buf[1]);
  const double *rows = hf_spread(stat[2], n, buf[2]), *m2 = hf_spread(stat[3], n, buf[3]);
  const double *s = hf_spread(par[0], n, buf[4]);
  for (int i = 0; i < n; i++) {
    double d = ybar[i] - eta[i];
    ll[i] = -rows[i] * hf_log(s[i]) - 0.5 * (m2[i] + p[i] * d * d) / (s[i] * s[i]);
  }
  for (int i = 0; d1 && i < n; i++) {
    d1[i] = p[i] * (ybar[i] - eta[i]) / (s[i] * s[i]);
    d2[i] = -p[i] / (s[i] * s[i]);
  }
  return HF_OK;
}
#else
{"Normal", 4, 1, HF_NAME(likelihood_normal), NULL, NULL, NULL, NULL, NULL, 1},
#endif
