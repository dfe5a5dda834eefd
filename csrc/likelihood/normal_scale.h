/* likelihood/normal_scale.h: n rows y_i ~ N(theta, sigma^2) of one group whose effect theta ~ N(mu, tau^2) is
 * integrated out, seen as a function of eta, log sigma = c eta: c is 1 where eta is the logarithm of sigma
 * itself, 1/2 of the variance, -1/2 of the precision. ybar their mean, m2 the squares about it, d = ybar - mu,
 * L = 2 c eta, w = sigma^2 / (sigma^2 + n tau^2), q = n d^2 / (sigma^2 + n tau^2); up to a constant
 *   (1) log p(y | eta, mu, tau) = -((n - 1) L + m2 / sigma^2 + log(sigma^2 + n tau^2) + q) / 2
 *   (2) d1 = c (m2 / sigma^2 - (n - 1) + w (q - 1)),
 *       d2 = -2 c^2 (m2 / sigma^2 + w (1 - w) - q w (1 - 2 w))
 *   (3) theta | eta, y ~ N(mu + (1 - w) d, w tau^2), for hierfast/scales.py
 *   (4) peaks no farther out than sigma^2 = m2 / (n - 1), where tau explains d, and m2 / n + d^2, where sigma does
 *   (5) exp(1) = exp(-((n - 1) L + m2 / sigma^2) / 2), which stays while mu and tau move, times
 *       exp(-q / 2) / sqrt(sigma^2 + n tau^2), for theta/moving.h
 * (1) is not concave: w (q - 1) rises where sigma^2 < n tau^2 and d is large. It falls where n = 0: then (1) is 0.
 * Columns n, ybar, m2; parameters mu, tau, c. Twin: hierfast/likelihoods/normal_scale.py.
 * Source: Gelman et al., BDA3, equations (5.17), (11.9); exercise 11.4. */
#ifdef HF_BODY
#define HF_TOP 700.0 /* of -L, beyond which the density is 0 whatever it is */
static int HF_NAME(likelihood_normal_scale)(int n, const double *eta, const hf_col *stat,
                                            const hf_col *par, void *user, double *ll, double *d1,
                                            double *d2) {
  (void)user;
  double buf[6][HF_TILE], m[HF_TILE], w[HF_TILE], q[HF_TILE];
  const double *rows = hf_spread(stat[0], n, buf[0]), *ybar = hf_spread(stat[1], n, buf[1]);
  const double *m2 = hf_spread(stat[2], n, buf[2]), *mu = hf_spread(par[0], n, buf[3]);
  const double *tau = hf_spread(par[1], n, buf[4]), *c = hf_spread(par[2], n, buf[5]);
  for (int i = 0; i < n; i++) {
    double l = 2.0 * c[i] * eta[i], t = rows[i] * tau[i] * tau[i], a = hf_log(t);
    double p = hf_exp(-l < HF_TOP ? -l : HF_TOP), d = ybar[i] - mu[i];
    double e = hf_exp(-__builtin_fabs(l - a)), big = 1.0 / (1.0 + e);
    double both = (l > a ? l : a) + hf_log1p(e);
    m[i] = m2[i] * p;
    w[i] = l > a ? big : e * big;
    q[i] = rows[i] * d * d * (l > a ? p * big : big / t);
    ll[i] = -0.5 * ((rows[i] - 1.0) * l + m[i] + both + q[i]);
  }
  for (int i = 0; d1 && i < n; i++) {
    d1[i] = c[i] * (m[i] - (rows[i] - 1.0) + w[i] * (q[i] - 1.0));
    d2[i] = -2.0 * c[i] * c[i] * (m[i] + w[i] * (1.0 - w[i]) - q[i] * w[i] * (1.0 - 2.0 * w[i]));
  }
  return HF_OK;
}

/* (4) */
static void HF_NAME(ends_of_normal_scale)(int n, const hf_col *stat, const hf_col *par, double *low,
                                          double *high) {
  for (int i = 0; i < n; i++) {
    double rows = stat[0].p[i * stat[0].stride], m2 = stat[2].p[i * stat[2].stride];
    double d = stat[1].p[i * stat[1].stride] - par[0].p[i * par[0].stride];
    double c = par[2].p[i * par[2].stride];
    double end[] = {rows > 1.0 ? m2 / (rows - 1.0) : 0.0, rows > 0.0 ? m2 / rows + d * d : 0.0};
    for (int k = 0; k < 2; k++) {
      double eta = end[k] > 0.0 ? hf_log(end[k]) / (2.0 * c) : low[i];
      low[i] = eta < low[i] ? eta : low[i];
      high[i] = eta > high[i] ? eta : high[i];
    }
  }
}

/* (5) */
static void HF_NAME(still_normal_scale)(int n, const double *eta, const hf_col *stat,
                                        const hf_col *par, double *ll) {
  double buf[3][HF_TILE];
  const double *rows = hf_spread(stat[0], n, buf[0]), *m2 = hf_spread(stat[2], n, buf[1]);
  const double *c = hf_spread(par[2], n, buf[2]);
  for (int i = 0; i < n; i++) {
    double l = 2.0 * c[i] * eta[i], p = hf_exp(-l < HF_TOP ? -l : HF_TOP);
    ll[i] = -0.5 * ((rows[i] - 1.0) * l + m2[i] * p);
  }
}

static void HF_NAME(base_of_normal_scale)(int n, const double *eta, const double *par,
                                          double *variance) {
  for (int i = 0; i < n; i++) variance[i] = hf_exp(2.0 * par[2] * eta[i]);
}

static void HF_NAME(common_normal_scale)(int n, const double *variance, double rows,
                                         const double *par, double *rate, double *weight) {
  double t = rows * par[1] * par[1];
  for (int i = 0; i < n; i++) {
    rate[i] = 1.0 / (variance[i] + t);
    weight[i] = __builtin_sqrt(rate[i]);
  }
}

static double HF_NAME(slope_normal_scale)(const double *stat, const double *par) {
  double d = stat[1] - par[0];
  return -0.5 * stat[0] * d * d;
}
#undef HF_TOP

static const hf_split HF_NAME(split_of_normal_scale) = {
    HF_NAME(still_normal_scale), HF_NAME(base_of_normal_scale), HF_NAME(common_normal_scale),
    HF_NAME(slope_normal_scale)};
#else
{"NormalScale",
 3,
 3,
 HF_NAME(likelihood_normal_scale),
 NULL,
 HF_NAME(ends_of_normal_scale),
 &HF_NAME(split_of_normal_scale),
 NULL,
 NULL,
 0},
#endif
