/* conjugate/normal_marginal.h: Normal rows of a group, its effect from a Normal population integrated out. With the
 * statistics p, ybar, n and m2 of likelihood/normal.h, theta ~ N(loc, tau^2), up = 1 + p tau^2 / sigma^2,
 *   (1) log Z = -n log sigma - m2 / (2 sigma^2) - log(up) / 2 - p (ybar - loc)^2 / (2 sigma^2 up)
 *   (2) theta | y ~ N(loc + (1 - 1 / up) (ybar - loc), tau^2 / up)
 * (1) is up to the constant of likelihood/normal.h, as what theta/quadrature.h finds of the same group.
 * Twin: hierfast/likelihoods/normal.py. Source: Gelman et al., BDA3, section 5.4. */
#ifdef HF_BODY
static void HF_NAME(normal_marginal)(int n, const hf_col *stat, const hf_col *par, hf_col loc,
                                     const hf_col *ppar, double *logz, double *mean, double *sd) {
  double buf[7][HF_TILE];
  const double *p = hf_spread(stat[0], n, buf[0]), *ybar = hf_spread(stat[1], n, buf[1]);
  const double *rows = hf_spread(stat[2], n, buf[2]), *m2 = hf_spread(stat[3], n, buf[3]);
  const double *sigma = hf_spread(par[0], n, buf[4]), *mu = hf_spread(loc, n, buf[5]);
  const double *tau = hf_spread(ppar[0], n, buf[6]);
  if (par[0].stride)
    for (int i = 0; i < n; i++) logz[i] = -rows[i] * hf_log(sigma[i]);
  else {
    double once = hf_log(par[0].p[0]);
    for (int i = 0; i < n; i++) logz[i] = -rows[i] * once;
  }
  for (int i = 0; i < n; i++) {
    double one = 1.0 / sigma[i], ratio = tau[i] * one, up = 1.0 + p[i] * ratio * ratio;
    double d = (ybar[i] - mu[i]) * one, within = m2[i] * one * one;
    logz[i] -= 0.5 * (within + hf_log(up) + p[i] * d * d / up);
  }
  for (int i = 0; mean && i < n; i++) {
    double ratio = tau[i] / sigma[i], gain = p[i] * ratio * ratio, up = 1.0 + gain;
    mean[i] = mu[i] + gain / up * (ybar[i] - mu[i]);
    sd[i] = tau[i] / __builtin_sqrt(up);
  }
}
#endif
