/* prior/exponential.h: Exponential(lam), x > 0, lam a rate.
 *   (1) log p(x) = log lam - lam x
 * Twin: hierfast/distributions/exponential.py. Source: Gelman et al., BDA3, table A.1. */
#ifdef HF_BODY
static int HF_NAME(prior_exponential)(int n, const double *x, const hf_col *par, double *lp) {
  const double *lam = par[0].p;
  int sl = par[0].stride;
  for (int i = 0; i < n; i++) {
    double r = lam[i * sl], l = hf_log(r) - r * x[i];
    lp[i] = x[i] > 0.0 ? l : HF_OUTSIDE;
  }
  return HF_OK;
}
#else
{"Exponential", 1, HF_NAME(prior_exponential)},
#endif
