/* prior/beta.h: Beta(alpha, beta), 0 < x < 1.
 *   (1) log p(x) = (alpha - 1) log x + (beta - 1) log(1 - x) - log B(alpha, beta)
 * Twin: hierfast/distributions/beta.py. Source: Gelman et al., BDA3, table A.1. */
#ifdef HF_BODY
static int HF_NAME(prior_beta)(int n, const double *x, const hf_col *par, double *lp) {
  const double *alpha = par[0].p, *beta = par[1].p;
  int sa = par[0].stride, sb = par[1].stride;
  for (int i = 0; i < n; i++) {
    double a = alpha[i * sa], b = beta[i * sb];
    double l = (a - 1.0) * hf_log(x[i]) + (b - 1.0) * hf_log1p(-x[i]) - hf_lbeta(a, b);
    lp[i] = (x[i] > 0.0) & (x[i] < 1.0) ? l : HF_OUTSIDE;
  }
  return HF_OK;
}
#else
{"Beta", 2, HF_NAME(prior_beta)},
#endif
