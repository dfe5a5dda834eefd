/* prior/half_normal.h: HalfNormal(sigma), x > 0.
 *   (1) log p(x) = log(2 / pi) / 2 - log sigma - x^2 / (2 sigma^2)
 * Twin: hierfast/distributions/half_normal.py. Source: BDA3, table A.1 (normal), folded at 0. */
#ifdef HF_BODY
static int HF_NAME(prior_half_normal)(int n, const double *x, const hf_col *par, double *lp) {
  const double *sigma = par[0].p;
  int ss = par[0].stride;
  for (int i = 0; i < n; i++) {
    double s = sigma[i * ss], u = x[i] / s;
    double l = HF_HALF_LOG_2_OVER_PI - hf_log(s) - 0.5 * u * u;
    lp[i] = x[i] > 0.0 ? l : HF_OUTSIDE;
  }
  return HF_OK;
}
#else
{"HalfNormal", 1, HF_NAME(prior_half_normal)},
#endif
