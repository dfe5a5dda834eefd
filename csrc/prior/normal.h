/* prior/normal.h: Normal(mu, sigma), x real.
 *   (1) log p(x) = -(x - mu)^2 / (2 sigma^2) - log sigma - log(2 pi) / 2
 * Twin: hierfast/distributions/normal.py. Source: Gelman et al., BDA3, table A.1. */
#ifdef HF_BODY
static int HF_NAME(prior_normal)(int n, const double *x, const hf_col *par, double *lp) {
  const double *mu = par[0].p, *sigma = par[1].p;
  int sm = par[0].stride, ss = par[1].stride;
  for (int i = 0; i < n; i++) {
    double s = sigma[i * ss], u = (x[i] - mu[i * sm]) / s;
    lp[i] = -0.5 * u * u - hf_log(s) - HF_HALF_LOG_2PI;
  }
  return HF_OK;
}
#else
{"Normal", 2, HF_NAME(prior_normal)},
#endif
