/* likelihood/binomial_probit.h: y successes of n in one group, p = Phi(eta). With f = n - y, up to a constant,
 *   (1) log p(y | eta) = y log Phi(eta) + f log Phi(-eta)
 *   (2) d1 = y r(eta) - f r(-eta),   d2 = -y r(eta) (r(eta) + eta) - f r(-eta) (r(-eta) - eta),
 *       r(x) = phi(x) / Phi(x)
 *   (3) far below 0, r(-a) - a = 1/a - 2/a^3 + 10/a^5 - ...
 * Sums of rows that share eta are rows. Twin: hierfast/likelihoods/binomial_probit.py.
 * Source: McCullagh and Nelder (1989), section 4.3; (3) from the asymptotic series of Mills' ratio. */
#ifdef HF_BODY
#define HF_FAR 100.0
#define HF_END 1e150 /* its square is a number */
static int HF_NAME(likelihood_binomial_probit)(int n, const double *eta, const hf_col *stat,
                                               const hf_col *par, void *user, double *ll,
                                               double *d1, double *d2) {
  (void)user;
  (void)par;
  double buf[2][HF_TILE];
  const double *y = hf_spread(stat[0], n, buf[0]), *rows = hf_spread(stat[1], n, buf[1]);
  for (int i = 0; i < n; i++) {
    double a = __builtin_fabs(eta[i]);
    a = a > HF_END ? HF_END : a;
    double scaled = hf_ndtr_scaled(a), bell = hf_exp(-0.5 * a * a), small = bell * scaled;
    double less = eta[i] < 0.0 ? y[i] : rows[i] - y[i], more = rows[i] - less;
    ll[i] = less * (hf_log(scaled) - 0.5 * a * a) + more * hf_log1p(-small);
    if (!d1) continue;
    double low = 0.39894228040143267794 / scaled, b = 1.0 / a, b2 = b * b;
    double high = 0.39894228040143267794 * bell / (1.0 - small);
    double over = a < HF_FAR ? low - a : b * (1.0 - b2 * (2.0 - 10.0 * b2));
    double slope = less * low - more * high;
    d1[i] = eta[i] < 0.0 ? slope : -slope;
    d2[i] = -less * low * over - more * high * (high + a);
  }
  return HF_OK;
}
#undef HF_FAR
#undef HF_END
#else
{"BinomialProbit", 2, 0, HF_NAME(likelihood_binomial_probit), NULL, NULL, NULL, NULL, NULL, 1},
#endif
