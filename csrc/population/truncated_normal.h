/* population/truncated_normal.h: theta ~ Normal(mu, sigma) between l and u, which may be infinite; par (mu, sigma, l, u).
 * With z = (theta - mu) / sigma, a = (l - mu) / sigma, b = (u - mu) / sigma, and c the one of a, b that is nearer 0
 * where both lie on one side of it, else 0,
 *   (1) log p(theta) = -(z - c) (z + c) / 2 - log sigma - log(2 pi) / 2 - k,  k = c^2 / 2 + log(Phi(b) - Phi(a)),
 *       -inf outside
 *   (2) d1 = -z / sigma,   d2 = -1 / sigma^2
 *   (3) k where c = 0:  log(1 - Phi(a) - Phi(-b))
 *   (4) k beyond, at |c| = near, the other bound at far:  log(S(near) - exp(-(far - near) (far + near) / 2) S(far)),
 *       S(x) = Phi(-x) exp(x^2 / 2)
 *   (5) k of a narrow interval, w = b - a, m its middle:  log w - log(2 pi) / 2 - (m - c) (m + c) / 2
 *       + log(1 + (m^2 - 1) w^2 / 24 + (m^4 - 6 m^2 + 3) w^4 / 1920), where w max(1, |m|) < 0.02
 * Nothing cancels, however far the interval is from mu or however narrow.
 * Twin: hierfast/distributions/truncated_normal.py. Source: Johnson, Kotz and Balakrishnan (1994), Continuous
 * Univariate Distributions 1, section 13.10.1; (5) by Taylor's series. */
#ifdef HF_BODY
#define HF_NARROW 0.02
#define HF_AWAY 1e150 /* its square is a number */
static double HF_NAME(truncated_mass)(double a, double b, double w, double *c) {
  double m = 0.5 * (a + b), size = __builtin_fabs(m) > 1.0 ? __builtin_fabs(m) : 1.0;
  double near = a > 0.0 ? a : -b, far = a > 0.0 ? b : -a;
  *c = a > 0.0 ? a : b < 0.0 ? b : 0.0;
  if (w * size < HF_NARROW) {
    double m2 = m * m, w2 = w * w;
    double more = (m2 - 1.0) / 24.0 + (m2 * m2 - 6.0 * m2 + 3.0) * w2 / 1920.0;
    double off = *c > 0.0 ? 0.5 * w : *c < 0.0 ? -0.5 * w : m;
    return hf_log(w) - HF_HALF_LOG_2PI - 0.5 * off * (m + *c) + hf_log1p(w2 * more);
  }
  if (*c == 0.0) {
    double p = a > -HF_AWAY ? -a : HF_AWAY, q = b < HF_AWAY ? b : HF_AWAY;
    return hf_log1p(
        -(hf_ndtr_scaled(p) * hf_exp(-0.5 * p * p) + hf_ndtr_scaled(q) * hf_exp(-0.5 * q * q)));
  }
  double end = far < HF_AWAY ? far : HF_AWAY;
  double s = hf_ndtr_scaled(near < HF_AWAY ? near : HF_AWAY);
  return hf_log(s - hf_exp(-0.5 * w * (end + near)) * hf_ndtr_scaled(end));
}

static int HF_NAME(population_truncated_normal)(int n, const double *theta, hf_col loc,
                                                const hf_col *par, void *user, double *lp,
                                                double *d1, double *d2) {
  (void)user;
  (void)loc;
  double buf[4][HF_TILE], k[HF_TILE], c[HF_TILE];
  const double *mu = hf_spread(par[0], n, buf[0]), *s = hf_spread(par[1], n, buf[1]);
  const double *l = hf_spread(par[2], n, buf[2]), *u = hf_spread(par[3], n, buf[3]);
  for (int i = 0; i < n; i++) { /* neighbours often share their parameters */
    int same = i && mu[i] == mu[i - 1] && s[i] == s[i - 1] && l[i] == l[i - 1] && u[i] == u[i - 1];
    k[i] = same ? k[i - 1]
                : HF_NAME(truncated_mass)((l[i] - mu[i]) / s[i], (u[i] - mu[i]) / s[i],
                                          (u[i] - l[i]) / s[i], c + i) +
                      hf_log(s[i]) + HF_HALF_LOG_2PI;
    c[i] = same ? c[i - 1] : c[i];
  }
  for (int i = 0; i < n; i++) {
    double z = (theta[i] - mu[i]) / s[i];
    double off = c[i] > 0.0 ? (theta[i] - l[i]) / s[i] : c[i] < 0.0 ? (theta[i] - u[i]) / s[i] : z;
    double inside = -0.5 * off * (z + c[i]) - k[i];
    lp[i] = theta[i] < l[i] || theta[i] > u[i] ? -HF_INF : inside;
  }
  for (int i = 0; d1 && i < n; i++) {
    d1[i] = -((theta[i] - mu[i]) / s[i]) / s[i];
    d2[i] = -1.0 / s[i] / s[i];
  }
  return HF_OK;
}

static void HF_NAME(middle_of_truncated_normal)(int n, const hf_col *par, double *theta) {
  for (int i = 0; i < n; i++) {
    double mu = par[0].p[i * par[0].stride], l = par[2].p[i * par[2].stride];
    double u = par[3].p[i * par[3].stride];
    theta[i] = mu < l ? l : mu > u ? u : mu;
  }
}

static void HF_NAME(bounds_of_truncated_normal)(const hf_col *par, double *low, double *high) {
  *low = par[2].p[0];
  *high = par[3].p[0];
}
#undef HF_NARROW
#undef HF_AWAY
#else
{"TruncatedNormal",
 4,
 HF_NAME(population_truncated_normal),
 HF_NAME(middle_of_truncated_normal),
 0,
 HF_NAME(bounds_of_truncated_normal)},
#endif
