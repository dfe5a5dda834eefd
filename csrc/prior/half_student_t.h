/* prior/half_student_t.h: HalfStudentT(nu, sigma), x > 0.
 *   (1) log p(x) = log 2 + lgamma((nu + 1) / 2) - lgamma(nu / 2) - log(nu pi) / 2 - log sigma
 *                  - (nu + 1) / 2 log(1 + (x / sigma)^2 / nu)
 * computed with c(nu) and q of prior/student.h:
 *   (2) log p(x) = c(nu) + log(2 / pi) / 2 - log sigma - (nu + 1) / 2 q
 * Twin: hierfast/distributions/half_student_t.py. Source: Gelman (2006), Bayesian Anal. 1(3). */
#ifdef HF_BODY
static int HF_NAME(prior_half_student_t)(int n, const double *x, const hf_col *par, double *lp) {
  const double *nu = par[0].p, *sigma = par[1].p;
  int sn = par[0].stride, ss = par[1].stride;
  for (int i = 0; i < n; i++) {
    double v = nu[i * sn], s = sigma[i * ss], log_s = hf_log(s);
    double q = HF_NAME(student_q)(x[i], s, log_s, v);
    double l = HF_NAME(student_c)(v) + HF_HALF_LOG_2_OVER_PI - log_s - 0.5 * (v + 1.0) * q;
    lp[i] = x[i] > 0.0 ? l : HF_OUTSIDE;
  }
  return HF_OK;
}
#else
{"HalfStudentT", 2, HF_NAME(prior_half_student_t)},
#endif
