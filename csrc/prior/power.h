/* prior/power.h: Power(alpha), x > 0; improper, so without a constant.
 *   (1) log p(x) = alpha log x
 * Twin: hierfast/distributions/power.py. Source: Gelman et al., BDA3, section 5.4 and 2.8. */
#ifdef HF_BODY
static int HF_NAME(prior_power)(int n, const double *x, const hf_col *par, double *lp) {
  const double *alpha = par[0].p;
  int sa = par[0].stride;
  for (int i = 0; i < n; i++) {
    double l = alpha[i * sa] * hf_log(x[i]);
    lp[i] = (x[i] > 0.0) & (x[i] <= HF_LARGEST) ? l : HF_OUTSIDE;
  }
  return HF_OK;
}
#else
{"Power", 1, HF_NAME(prior_power)},
#endif
