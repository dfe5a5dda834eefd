/* likelihood/binomial.h: y successes of n in one group, logit p = eta. With f = n - y, up to a constant,
 *   (1) log p(y | eta) = -y log(1 + exp(-eta)) - f log(1 + exp(eta))
 *   (2) d1 = y q - f p,   d2 = -n p q,   q = 1 - p
 * Sums of rows that share eta are rows. Twin: hierfast/likelihoods/binomial.py.
 * Source: Gelman et al., BDA3, section 16.2. */
#ifdef HF_BODY
static int HF_NAME(likelihood_binomial)(int n, const double *eta, const hf_col *stat,
                                        const hf_col *par, void *user, double *ll, double *d1,
                                        double *d2) {
  (void)user;
  (void)par;
  double buf[2][HF_TILE], e[HF_TILE];
  const double *y = hf_spread(stat[0], n, buf[0]), *rows = hf_spread(stat[1], n, buf[1]);
  for (int i = 0; i < n; i++) e[i] = hf_exp(-__builtin_fabs(eta[i]));
  for (int i = 0; i < n; i++) {
    double lost = eta[i] > 0.0 ? rows[i] - y[i] : y[i];
    ll[i] = -lost * __builtin_fabs(eta[i]) - rows[i] * hf_log1p(e[i]);
  }
  for (int i = 0; d1 && i < n; i++) {
    double big = 1.0 / (1.0 + e[i]), small = e[i] * big;
    double p = eta[i] > 0.0 ? big : small, q = eta[i] > 0.0 ? small : big;
    d1[i] = y[i] * q - (rows[i] - y[i]) * p;
    d2[i] = -rows[i] * (p * q);
  }
  return HF_OK;
}
#else
{"Binomial", 2, 0, HF_NAME(likelihood_binomial), NULL, NULL, NULL, NULL, NULL, 1},
#endif
