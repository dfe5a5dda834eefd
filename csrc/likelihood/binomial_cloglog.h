/* likelihood/binomial_cloglog.h: y successes of n in one group, p = 1 - exp(-m), m = exp(eta): of a Poisson
 * count of rate m, that it is not 0. With f = n - y, up to a constant,
 *   (1) log p(y | eta) = y log(1 - exp(-m)) - f m
 *   (2) d1 = y g - f m,   d2 = -y g (m + g - 1) - f m,   g = m / (exp(m) - 1)
 *   (3) near 0: log(1 - exp(-m)) = eta - m/2 + m^2/24 - m^4/2880 + ...,  m + g - 1 = m/2 + m^2/12 - m^4/720 + ...
 * Sums of rows that share eta are rows. Twin: hierfast/likelihoods/binomial_cloglog.py.
 * Source: McCullagh and Nelder (1989), section 4.3; (3): Bernoulli numbers. */
#ifdef HF_BODY
#define HF_NEAR 0.1
#define HF_TOP 700.0
static int HF_NAME(likelihood_binomial_cloglog)(int n, const double *eta, const hf_col *stat,
                                                const hf_col *par, void *user, double *ll,
                                                double *d1, double *d2) {
  (void)user;
  (void)par;
  double buf[2][HF_TILE];
  const double *y = hf_spread(stat[0], n, buf[0]), *rows = hf_spread(stat[1], n, buf[1]);
  for (int i = 0; i < n; i++) {
    double m = hf_exp(eta[i] > HF_TOP ? HF_TOP : eta[i]), f = rows[i] - y[i], m2 = m * m;
    double none = hf_exp(-m), some = 1.0 - none, near = m < HF_NEAR;
    double low = eta[i] + hf_log_some_near(m);
    ll[i] = y[i] * (near ? low : hf_log1p(-none)) - f * m;
    if (!d1) continue;
    double drop = 0.5 * m + m2 * (1.0 / 12.0 - m2 * (1.0 / 720.0 - m2 * (1.0 / 30240.0)));
    double g = near ? 1.0 - m + drop : m * none / some;
    d1[i] = y[i] * g - f * m;
    d2[i] = -y[i] * g * (near ? drop : m + g - 1.0) - f * m;
  }
  return HF_OK;
}
#undef HF_NEAR
#undef HF_TOP
#else
{"BinomialCloglog", 2, 0, HF_NAME(likelihood_binomial_cloglog), NULL, NULL, NULL, NULL, NULL, 1},
#endif
