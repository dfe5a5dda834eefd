/* prior/gamma.h: Gamma(alpha, beta), x > 0, beta a rate.
 *   (1) log p(x) = alpha log beta - lgamma(alpha) + (alpha - 1) log x - beta x
 * Twin: hierfast/distributions/gamma.py. Source: Gelman et al., BDA3, table A.1. */
#ifdef HF_BODY
static int HF_NAME(prior_gamma)(int n, const double *x, const hf_col *par, double *lp) {
  const double *alpha = par[0].p, *beta = par[1].p;
  int sa = par[0].stride, sb = par[1].stride;
  for (int i = 0; i < n; i++) {
    double a = alpha[i * sa], b = beta[i * sb], log_x = hf_log(x[i]);
    a = a < 1e300 ? a : 1e300; /* lgamma stays finite: no inf - inf */
    double l = a * (hf_log(b) + log_x) - hf_lgamma(a) - log_x - b * x[i];
    lp[i] = (x[i] > 0.0) & (x[i] <= HF_LARGEST) ? l : HF_OUTSIDE;
  }
  return HF_OK;
}
#else
{"Gamma", 2, HF_NAME(prior_gamma)},
#endif
