/* likelihood/poisson.h: y events in exposure t of one group, at the rate exp(eta). Up to a constant,
 *   (1) log p(y | eta) = y eta - t exp(eta)
 *   (2) d1 = y - t exp(eta),   d2 = -t exp(eta)
 * Sums of rows that share eta are rows. Twin: hierfast/likelihoods/poisson.py.
 * Source: Gelman et al., BDA3, section 16.2. */
#ifdef HF_BODY
static int HF_NAME(likelihood_poisson)(int n, const double *eta, const hf_col *stat,
                                       const hf_col *par, void *user, double *ll, double *d1,
                                       double *d2) {
  (void)user;
  (void)par;
  double buf[2][HF_TILE], mean[HF_TILE];
  const double *y = hf_spread(stat[0], n, buf[0]), *t = hf_spread(stat[1], n, buf[1]);
  for (int i = 0; i < n; i++) {
    double rate = hf_exp(eta[i]);
    mean[i] = t[i] > 0.0 ? t[i] * rate : 0.0; /* no exposure, far out where the rate is infinite */
  }
  for (int i = 0; i < n; i++) ll[i] = y[i] * eta[i] - mean[i];
  for (int i = 0; d1 && i < n; i++) {
    d1[i] = y[i] - mean[i];
    d2[i] = -mean[i];
  }
  return HF_OK;
}
#else
{"Poisson", 2, 0, HF_NAME(likelihood_poisson), NULL, NULL, NULL, NULL, NULL, 1},
#endif
