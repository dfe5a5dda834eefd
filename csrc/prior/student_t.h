/* prior/student_t.h: StudentT(nu, mu, sigma), x real.
 *   (1) log p(x) = lgamma((nu + 1) / 2) - lgamma(nu / 2) - log(nu pi) / 2 - log sigma
 *                  - (nu + 1) / 2 log(1 + ((x - mu) / sigma)^2 / nu)
 * computed with c(nu) and q of prior/student.h:
 *   (2) log p(x) = c(nu) - log(2 pi) / 2 - log sigma - (nu + 1) / 2 q
 * Twin: hierfast/distributions/student_t.py. Source: Gelman et al., BDA3, table A.1. */
#ifdef HF_BODY
static int HF_NAME(prior_student_t)(int n, const double *x, const hf_col *par, double *lp) {
  const double *nu = par[0].p, *mu = par[1].p, *sigma = par[2].p;
  int sn = par[0].stride, sm = par[1].stride, ss = par[2].stride;
  for (int i = 0; i < n; i++) {
    double v = nu[i * sn], s = sigma[i * ss], log_s = hf_log(s);
    double q = HF_NAME(student_q)(__builtin_fabs(x[i] - mu[i * sm]), s, log_s, v);
    lp[i] = HF_NAME(student_c)(v) - HF_HALF_LOG_2PI - log_s - 0.5 * (v + 1.0) * q;
  }
  return HF_OK;
}
#else
{"StudentT", 3, HF_NAME(prior_student_t)},
#endif
