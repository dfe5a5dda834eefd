/* population/student_t.h: theta ~ StudentT(nu, loc, sigma), par (sigma, nu). With r = theta - loc and
 * v = nu sigma^2, c(nu) and q of prior/student.h,
 *   (1) log p(theta) = c(nu) - log(2 pi) / 2 - log sigma - (nu + 1) / 2 q
 *   (2) d1 = -(nu + 1) r / (v + r^2),   d2 = -(nu + 1) (v - r^2) / (v + r^2)^2
 * Twin: hierfast/distributions/student_t.py. Source: Gelman et al., BDA3, section 17.2. */
#ifdef HF_BODY
static int HF_NAME(population_student_t)(int n, const double *theta, hf_col loc, const hf_col *par,
                                         void *user, double *lp, double *d1, double *d2) {
  (void)user;
  double buf[3][HF_TILE], c[HF_TILE], log_s[HF_TILE];
  const double *mu = hf_spread(loc, n, buf[0]), *s = hf_spread(par[0], n, buf[1]);
  const double *nu = hf_spread(par[1], n, buf[2]);
  for (int i = 0; i < n; i++) { /* neighbours often share their shapes */
    c[i] = i && nu[i] == nu[i - 1] ? c[i - 1] : HF_NAME(student_c)(nu[i]);
    log_s[i] = i && s[i] == s[i - 1] ? log_s[i - 1] : hf_log(s[i]);
  }
  for (int i = 0; i < n; i++) {
    double q = HF_NAME(student_q)(__builtin_fabs(theta[i] - mu[i]), s[i], log_s[i], nu[i]);
    lp[i] = c[i] - HF_HALF_LOG_2PI - log_s[i] - 0.5 * (nu[i] + 1.0) * q;
  }
  for (int i = 0; d1 && i < n; i++) {
    double u = (theta[i] - mu[i]) / s[i], w = (nu[i] + 1.0) / (nu[i] + u * u);
    d1[i] = -w * u / s[i];
    d2[i] = -w * ((nu[i] - u * u) / (nu[i] + u * u)) / (s[i] * s[i]);
  }
  return HF_OK;
}
#else
{"StudentT", 2, HF_NAME(population_student_t), NULL, 2, NULL},
#endif
