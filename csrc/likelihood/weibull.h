/* likelihood/weibull.h: d events among n rows of one time t and one effect, the other n - d censored there: a row
 * has the scale exp(eta), the shape k and the hazard (k / t) w, w = (t / exp(eta))^k. Up to a constant,
 *   (1) log p(y | eta, k) = d k (log t - eta) - n w + what (3) sums over all rows
 *   (2) d1 = k (n w - d),   d2 = -n k^2 w
 *   (3) D log k,  D the events of all rows, the first number of the table
 * Columns d, n, t. Twin: hierfast/likelihoods/weibull.py.
 * Source: Kalbfleisch and Prentice (2002), The Statistical Analysis of Failure Time Data, section 2.2. */
#ifdef HF_BODY
#define HF_TOP \
  300.0 /* log w beyond which the density is 0 whatever it is; w goes on as its tangent */
static int HF_NAME(likelihood_weibull)(int n, const double *eta, const hf_col *stat,
                                       const hf_col *par, void *user, double *ll, double *d1,
                                       double *d2) {
  (void)user;
  double buf[4][HF_TILE], z[HF_TILE], w[HF_TILE];
  const double *d = hf_spread(stat[0], n, buf[0]), *rows = hf_spread(stat[1], n, buf[1]);
  const double *t = hf_spread(stat[2], n, buf[2]), *k = hf_spread(par[0], n, buf[3]);
  for (int i = 0; i < n; i++) {
    z[i] = k[i] * (hf_log(t[i] > 0.0 ? t[i] : 1.0) - eta[i]);
    double low = z[i] < HF_TOP ? z[i] : HF_TOP;
    w[i] = rows[i] * hf_exp(low);
    ll[i] = d[i] * z[i] - w[i] * (1.0 + (z[i] - low));
  }
  for (int i = 0; d1 && i < n; i++) {
    d1[i] = k[i] * (w[i] - d[i]);
    d2[i] = -k[i] * k[i] * w[i];
  }
  return HF_OK;
}
#undef HF_TOP

static void HF_NAME(overall_weibull)(int n, const hf_col *par, const void *user, double *ll) {
  const hf_rising *table = user;
  double events = table->n ? table->weight[0] : 0.0;
  for (int i = 0; i < n; i++) ll[i] += events * hf_log(par[0].p[i * par[0].stride]);
}
#else
{"Weibull", 3, 1, HF_NAME(likelihood_weibull), HF_NAME(overall_weibull), NULL, NULL, NULL, NULL, 1},
#endif
