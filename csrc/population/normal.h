/* population/normal.h: theta ~ N(loc, tau^2).
 *   (1) log p(theta) = -(theta - loc)^2 / (2 tau^2) - log tau - log(2 pi) / 2
 *   (2) d1 = -(theta - loc) / tau^2,   d2 = -1 / tau^2
 * Twin: hierfast/likelihoods/normal.py. Source: Gelman et al., BDA3, table A.1. */
#ifdef HF_BODY
static int HF_NAME(population_normal)(int n, const double *theta, hf_col loc, const hf_col *par,
                                      void *user, double *lp, double *d1, double *d2) {
  (void)user;
  double buf[2][HF_TILE];
  const double *tau = hf_spread(par[0], n, buf[0]), *mu = hf_spread(loc, n, buf[1]);
  double same = hf_log(tau[0]), curve = -1.0 / (tau[0] * tau[0]);
  for (int i = 0; i < n; i++) {
    double u = (theta[i] - mu[i]) / tau[i];
    lp[i] = -0.5 * u * u;
    if (d1) d1[i] = -u / tau[i];
  }
  if (par[0].stride == 0) { /* one scale of all: its logarithm and square once */
    for (int i = 0; i < n; i++) lp[i] = lp[i] - same - HF_HALF_LOG_2PI;
    for (int i = 0; d1 && i < n; i++) d2[i] = curve;
    return HF_OK;
  }
  for (int i = 0; i < n; i++) lp[i] = lp[i] - hf_log(tau[i]) - HF_HALF_LOG_2PI;
  for (int i = 0; d1 && i < n; i++) d2[i] = -1.0 / (tau[i] * tau[i]);
  return HF_OK;
}
#else
{"Normal", 1, HF_NAME(population_normal), NULL, 0, NULL},
#endif
