/* prior/logistic.h: Logistic(mu, s), x real. With z = (x - mu) / s,
 *   (1) log p(x) = -|z| - 2 log(1 + exp(-|z|)) - log s
 * Twin: hierfast/distributions/logistic.py. Source: Johnson, Kotz and Balakrishnan (1995), chapter 23. */
#ifdef HF_BODY
static int HF_NAME(prior_logistic)(int n, const double *x, const hf_col *par, double *lp) {
  const double *mu = par[0].p, *scale = par[1].p;
  int sm = par[0].stride, ss = par[1].stride;
  for (int i = 0; i < n; i++) {
    double s = scale[i * ss], z = __builtin_fabs(x[i] - mu[i * sm]) / s;
    lp[i] = -z - 2.0 * hf_log1p(hf_exp(-z)) - hf_log(s);
  }
  return HF_OK;
}
#else
{"Logistic", 2, HF_NAME(prior_logistic)},
#endif
