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
  for (int i = 0; i < n; i++) {
    double p = stat[0].p[i * stat[0].stride], d = stat[1].p[i * stat[1].stride] - eta[i];
    double rows = stat[2].p[i * stat[2].stride], m2 = stat[3].p[i * stat[3].stride];
    double s = par[0].p[i * par[0].stride], s2 = s * s;
    ll[i] = -rows * hf_log(s) - 0.5 * (m2 + p * d * d) / s2;
    if (d1) d1[i] = p * d / s2;
    if (d2) d2[i] = -p / s2;
  }
  return HF_OK;
}
#else
{"Normal", 4, 1, HF_NAME(likelihood_normal)},
#endif
