/* prior/scaled_inverse_chi2.h: ScaledInverseChi2(nu, tau2), x > 0; with h = nu / 2
 *   (1) log p(x) = h log(h tau2) - lgamma(h) - (h + 1) log x - h tau2 / x
 * Twin: hierfast/distributions/scaled_inverse_chi2.py. Source: Gelman et al., BDA3, table A.1. */
#ifdef HF_BODY
static int HF_NAME(prior_scaled_inverse_chi2)(int n, const double *x, const hf_col *par,
                                              double *lp) {
  const double *nu = par[0].p, *tau2 = par[1].p;
  int sn = par[0].stride, st = par[1].stride;
  for (int i = 0; i < n; i++) {
    double h = 0.5 * nu[i * sn], t = tau2[i * st], log_x = hf_log(x[i]);
    h = h < 1e300 ? h : 1e300; /* lgamma stays finite: no inf - inf */
    double l = h * (hf_log(h) + hf_log(t) - log_x) - hf_lgamma(h) - log_x - h * (t / x[i]);
    lp[i] = (x[i] > 0.0) & (x[i] <= HF_LARGEST) ? l : HF_OUTSIDE;
  }
  return HF_OK;
}
#else
{"ScaledInverseChi2", 2, HF_NAME(prior_scaled_inverse_chi2)},
#endif
