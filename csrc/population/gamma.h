/* population/gamma.h: r ~ Gamma(alpha, rate beta) seen at its logarithm theta, the Jacobian r with it.
 *   (1) log p(theta) = alpha theta - beta exp(theta) + alpha log beta - lgamma(alpha)
 *   (2) d1 = alpha - beta exp(theta),   d2 = -beta exp(theta);   mode log(alpha / beta)
 * Twin: hierfast/likelihoods/gamma.py. Source: Gelman et al., BDA3, table A.1. */
#ifdef HF_BODY
static int HF_NAME(population_gamma)(int n, const double *theta, hf_col loc, const hf_col *par,
                                     void *user, double *lp, double *d1, double *d2) {
  (void)user;
  (void)loc;
  double buf[2][HF_TILE], mean[HF_TILE];
  const double *a = hf_spread(par[0], n, buf[0]), *b = hf_spread(par[1], n, buf[1]);
  for (int i = 0; i < n; i++) mean[i] = b[i] * hf_exp(theta[i]);
  for (int i = 0; i < n; i++) lp[i] = a[i] * (theta[i] + hf_log(b[i])) - mean[i];
  double norm = 0.0; /* neighbours often share their shapes */
  for (int i = 0; i < n; i++) {
    if (!i || a[i] != a[i - 1]) norm = hf_lgamma(a[i]);
    lp[i] -= norm;
  }
  for (int i = 0; d1 && i < n; i++) {
    d1[i] = a[i] - mean[i];
    d2[i] = -mean[i];
  }
  return HF_OK;
}

static void HF_NAME(middle_of_gamma)(int n, const hf_col *par, double *theta) {
  for (int i = 0; i < n; i++)
    theta[i] = hf_log(par[0].p[i * par[0].stride]) - hf_log(par[1].p[i * par[1].stride]);
}
#else
{"Gamma", 2, HF_NAME(population_gamma), HF_NAME(middle_of_gamma), 1, NULL},
#endif
