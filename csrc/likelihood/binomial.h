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
  for (int i = 0; i < n; i++) {
    double y = stat[0].p[i * stat[0].stride], rows = stat[1].p[i * stat[1].stride], f = rows - y;
    double e = hf_exp(-__builtin_fabs(eta[i])), big = 1.0 / (1.0 + e), small = e * big;
    int right = eta[i] > 0.0;
    double p = right ? big : small, q = right ? small : big;
    ll[i] = -(right ? f : y) * __builtin_fabs(eta[i]) - rows * hf_log1p(e);
    if (d1) d1[i] = y * q - f * p;
    if (d2) d2[i] = -rows * (p * q);
  }
  return HF_OK;
}
#else
{"Binomial", 2, 0, HF_NAME(likelihood_binomial)},
#endif
