/* population/logistic.h: theta ~ Logistic(loc, s). With z = (theta - loc) / s and e = exp(-|z|),
 *   (1) log p(theta) = -|z| - 2 log(1 + e) - log s
 *   (2) d1 = -sign(z) (1 - e) / ((1 + e) s),   d2 = -2 e / ((1 + e) s)^2
 * Twin: hierfast/distributions/logistic.py. Source: Johnson, Kotz and Balakrishnan (1995), chapter 23. */
#ifdef HF_BODY
static int HF_NAME(population_logistic)(int n, const double *theta, hf_col loc, const hf_col *par,
                                        void *user, double *lp, double *d1, double *d2) {
  (void)user;
  double buf[2][HF_TILE], e[HF_TILE], z[HF_TILE];
  const double *mu = hf_spread(loc, n, buf[0]), *s = hf_spread(par[0], n, buf[1]);
  for (int i = 0; i < n; i++) z[i] = (theta[i] - mu[i]) / s[i];
  for (int i = 0; i < n; i++) e[i] = hf_exp(-__builtin_fabs(z[i]));
  for (int i = 0; i < n; i++) lp[i] = -__builtin_fabs(z[i]) - 2.0 * hf_log1p(e[i]) - hf_log(s[i]);
  for (int i = 0; d1 && i < n; i++) {
    double size = (1.0 - e[i]) / ((1.0 + e[i]) * s[i]), both = (1.0 + e[i]) * s[i];
    d1[i] = z[i] > 0.0 ? -size : size;
    d2[i] = -2.0 * e[i] / (both * both);
  }
  return HF_OK;
}
#else
{"Logistic", 1, HF_NAME(population_logistic), NULL, 1, NULL},
#endif
