/* population/scaled_inverse_chi2.h: x ~ ScaledInverseChi2(nu, tau2) seen at its logarithm theta:
 *   (1) that of population/inverse_gamma.h with alpha = nu / 2, beta = nu tau2 / 2;   mode log tau2
 * Twin: hierfast/likelihoods/inverse_gamma.py. Source: Gelman et al., BDA3, table A.1. */
#ifdef HF_BODY
static int HF_NAME(population_scaled_inverse_chi2)(int n, const double *theta, hf_col loc,
                                                   const hf_col *par, void *user, double *lp,
                                                   double *d1, double *d2) {
  double a[HF_TILE], b[HF_TILE];
  for (int i = 0; i < n; i++) {
    a[i] = 0.5 * par[0].p[i * par[0].stride];
    b[i] = a[i] * par[1].p[i * par[1].stride];
  }
  hf_col shape[] = {{a, 1}, {b, 1}};
  return HF_NAME(population_inverse_gamma)(n, theta, loc, shape, user, lp, d1, d2);
}

static void HF_NAME(middle_of_scaled_inverse_chi2)(int n, const hf_col *par, double *theta) {
  for (int i = 0; i < n; i++) theta[i] = hf_log(par[1].p[i * par[1].stride]);
}
#else
{"ScaledInverseChi2",
 2,
 HF_NAME(population_scaled_inverse_chi2),
 HF_NAME(middle_of_scaled_inverse_chi2),
 1,
 NULL},
#endif
