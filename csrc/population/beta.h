/* population/beta.h: p ~ Beta(alpha, beta) seen at its logit theta, the Jacobian p q with it, q = 1 - p.
 *   (1) log p(theta) = alpha log p + beta log q - log B(alpha, beta)
 *   (2) d1 = alpha q - beta p,   d2 = -(alpha + beta) p q;   mode log(alpha / beta)
 * Twin: hierfast/likelihoods/beta.py. Source: Gelman et al., BDA3, table A.1. */
#ifdef HF_BODY
static int HF_NAME(population_beta)(int n, const double *theta, hf_col loc, const hf_col *par,
                                    void *user, double *lp, double *d1, double *d2) {
  (void)user;
  (void)loc;
  double buf[2][HF_TILE], e[HF_TILE];
  const double *a = hf_spread(par[0], n, buf[0]), *b = hf_spread(par[1], n, buf[1]);
  for (int i = 0; i < n; i++) e[i] = hf_exp(-__builtin_fabs(theta[i]));
  for (int i = 0; i < n; i++) {
    double lost = theta[i] > 0.0 ? b[i] : a[i];
    lp[i] = -lost * __builtin_fabs(theta[i]) - (a[i] + b[i]) * hf_log1p(e[i]);
  }
  double norm = 0.0; /* neighbours often share their shapes */
  for (int i = 0; i < n; i++) {
    if (!i || a[i] != a[i - 1] || b[i] != b[i - 1]) norm = hf_lbeta(a[i], b[i]);
    lp[i] -= norm;
  }
  for (int i = 0; d1 && i < n; i++) {
    double big = 1.0 / (1.0 + e[i]), small = e[i] * big;
    double p = theta[i] > 0.0 ? big : small, q = theta[i] > 0.0 ? small : big;
    d1[i] = a[i] * q - b[i] * p;
    d2[i] = -(a[i] + b[i]) * (p * q);
  }
  return HF_OK;
}

static void HF_NAME(middle_of_beta)(int n, const hf_col *par, double *theta) {
  for (int i = 0; i < n; i++)
    theta[i] = hf_log(par[0].p[i * par[0].stride]) - hf_log(par[1].p[i * par[1].stride]);
}
#else
{"Beta", 2, HF_NAME(population_beta), HF_NAME(middle_of_beta), 1, NULL},
#endif
