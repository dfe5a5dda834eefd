/* population/inverse_gamma.h: x ~ InverseGamma(alpha, beta), beta a scale, seen at its logarithm theta, the
 * Jacobian x with it: 1 / x is the rate of population/gamma.h.
 *   (1) log p(theta) = -alpha theta - beta exp(-theta) + alpha log beta - lgamma(alpha)
 *   (2) d1 = beta exp(-theta) - alpha,   d2 = -beta exp(-theta);   mode log(beta / alpha)
 * Twin: hierfast/likelihoods/inverse_gamma.py. Source: Gelman et al., BDA3, table A.1. */
#ifdef HF_BODY
static int HF_NAME(population_inverse_gamma)(int n, const double *theta, hf_col loc,
                                             const hf_col *par, void *user, double *lp, double *d1,
                                             double *d2) {
  double minus[HF_TILE] = {0.0};
  for (int i = 0; i < n; i++) minus[i] = -theta[i];
  int status = HF_NAME(population_gamma)(n, minus, loc, par, user, lp, d1, d2);
  for (int i = 0; d1 && i < n; i++) d1[i] = -d1[i];
  return status;
}

static void HF_NAME(middle_of_inverse_gamma)(int n, const hf_col *par, double *theta) {
  HF_NAME(middle_of_gamma)(n, par, theta);
  for (int i = 0; i < n; i++) theta[i] = -theta[i];
}
#else
{"InverseGamma", 2, HF_NAME(population_inverse_gamma), HF_NAME(middle_of_inverse_gamma), 1, NULL},
#endif
