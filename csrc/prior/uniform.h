/* prior/uniform.h: Uniform(lower, upper), lower <= x <= upper; nowhere if lower >= upper.
 *   (1) log p(x) = -log(upper - lower)
 * Twin: hierfast/distributions/uniform.py. Source: Gelman et al., BDA3, table A.1. */
#ifdef HF_BODY
static int HF_NAME(prior_uniform)(int n, const double *x, const hf_col *par, double *lp) {
  const double *lower = par[0].p, *upper = par[1].p;
  int sl = par[0].stride, su = par[1].stride;
  for (int i = 0; i < n; i++) {
    double a = lower[i * sl], b = upper[i * su], l = -hf_log(b - a);
    lp[i] = (a <= x[i]) & (x[i] <= b) & (a < b) ? l : HF_OUTSIDE;
  }
  return HF_OK;
}
#else
{"Uniform", 2, HF_NAME(prior_uniform)},
#endif
