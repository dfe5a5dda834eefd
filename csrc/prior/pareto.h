/* prior/pareto.h: Pareto(alpha, m), x >= m > 0.
 *   (1) log p(x) = log alpha - alpha (log x - log m) - log x
 * Twin: hierfast/distributions/pareto.py. Source: Johnson, Kotz and Balakrishnan (1994), chapter 20. */
#ifdef HF_BODY
static int HF_NAME(prior_pareto)(int n, const double *x, const hf_col *par, double *lp) {
  const double *alpha = par[0].p, *least = par[1].p;
  int sa = par[0].stride, sm = par[1].stride;
  for (int i = 0; i < n; i++) {
    double a = alpha[i * sa], m = least[i * sm], log_x = hf_log(x[i]);
    double l = hf_log(a) - a * (log_x - hf_log(m)) - log_x;
    lp[i] = (x[i] >= m) & (x[i] <= HF_LARGEST) ? l : HF_OUTSIDE;
  }
  return HF_OK;
}
#else
{"Pareto", 2, HF_NAME(prior_pareto)},
#endif
