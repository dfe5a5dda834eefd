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
  for (int i = 0; i < n; i++) {
    double y = stat[0].p[i * stat[0].stride], t = stat[1].p[i * stat[1].stride];
    double mean = t * hf_exp(eta[i]);
    ll[i] = y * eta[i] - mean;
    if (d1) d1[i] = y - mean;
    if (d2) d2[i] = -mean;
  }
  return HF_OK;
}
#else
{"Poisson", 2, 0, HF_NAME(likelihood_poisson)},
#endif
