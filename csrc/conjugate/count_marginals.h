/* conjugate/count_marginals.h: a group of counts, its effect from a conjugate population integrated out. With (a)_k a
 * rising factorial, y of n successes, or y events in an exposure t,
 *   (1) Beta(a, b):   log Z = log (a)_y + log (b)_{n - y} - log (a + b)_n
 *   (2) Gamma(a, b):  log Z = log (a)_y - a log(1 + t / b) - y log(b + t)
 * each up to the constant of likelihood/binomial.h and poisson.h, as what theta/quadrature.h finds of the same group.
 * Twin: hierfast/likelihoods/beta.py, gamma.py. Source: Gelman et al., BDA3, sections 2.4, 2.6 and 5.3. */
#ifdef HF_BODY
static void HF_NAME(beta_marginal)(int n, const hf_col *stat, const hf_col *par, double *logz) {
  double buf[4][HF_TILE];
  const double *y = hf_spread(stat[0], n, buf[0]), *size = hf_spread(stat[1], n, buf[1]);
  const double *a = hf_spread(par[0], n, buf[2]), *b = hf_spread(par[1], n, buf[3]);
  for (int i = 0; i < n; i++) {
    logz[i] = hf_log_rising_any(a[i], y[i]) + hf_log_rising_any(b[i], size[i] - y[i]);
    logz[i] -= hf_log_rising_any(a[i] + b[i], size[i]);
  }
}

static void HF_NAME(gamma_marginal)(int n, const hf_col *stat, const hf_col *par, double *logz) {
  double buf[4][HF_TILE];
  const double *y = hf_spread(stat[0], n, buf[0]), *t = hf_spread(stat[1], n, buf[1]);
  const double *a = hf_spread(par[0], n, buf[2]), *b = hf_spread(par[1], n, buf[3]);
  for (int i = 0; i < n; i++)
    logz[i] =
        hf_log_rising_any(a[i], y[i]) - a[i] * hf_log1p(t[i] / b[i]) - y[i] * hf_log(b[i] + t[i]);
}
#endif
