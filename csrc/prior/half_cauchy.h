/* prior/half_cauchy.h: HalfCauchy(beta), x > 0.
 *   (1) log p(x) = log(2 / pi) - log beta - log(1 + (x / beta)^2)
 * with the logarithm as (4) of prior/student.h at nu = 1.
 * Twin: hierfast/distributions/half_cauchy.py. Source: Gelman (2006), Bayesian Anal. 1(3), s. 3.2. */
#ifdef HF_BODY
static int HF_NAME(prior_half_cauchy)(int n, const double *x, const hf_col *par, double *lp) {
  const double *beta = par[0].p;
  int sb = par[0].stride;
  for (int i = 0; i < n; i++) {
    double b = beta[i * sb], log_b = hf_log(b);
    double l = HF_LOG_2_OVER_PI - log_b - HF_NAME(student_q)(x[i], b, log_b, 1.0);
    lp[i] = x[i] > 0.0 ? l : HF_OUTSIDE;
  }
  return HF_OK;
}
#else
{"HalfCauchy", 1, HF_NAME(prior_half_cauchy)},
#endif
