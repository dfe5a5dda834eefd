/* prior/log_normal.h: LogNormal(mu, sigma), x > 0.
 *   (1) log p(x) = -(log x - mu)^2 / (2 sigma^2) - log x - log sigma - log(2 pi) / 2
 * Twin: hierfast/distributions/log_normal.py. Source: Gelman et al., BDA3, table A.1. */
#ifdef HF_BODY
static int HF_NAME(prior_log_normal)(int n, const double *x, const hf_col *par, double *lp) {
  const double *mu = par[0].p, *sigma = par[1].p;
  int sm = par[0].stride, ss = par[1].stride;
  for (int i = 0; i < n; i++) {
    double s = sigma[i * ss], log_x = hf_log(x[i]), u = (log_x - mu[i * sm]) / s;
    double l = -0.5 * u * u - log_x - hf_log(s) - HF_HALF_LOG_2PI;
    lp[i] = x[i] > 0.0 ? l : HF_OUTSIDE;
  }
  return HF_OK;
}
#else
{"LogNormal", 2, HF_NAME(prior_log_normal)},
#endif
