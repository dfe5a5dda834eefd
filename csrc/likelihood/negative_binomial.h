/* likelihood/negative_binomial.h: y events in n rows of one exposure t and one effect; each row has the mean
 * m = t exp(eta) and the variance m + m^2 / alpha. Up to a constant, with r = m / alpha,
 *   (1) log p(y | eta, alpha) = y eta - (n alpha + y) log(1 + r) + what (3) sums over all rows
 *   (2) d1 = y - (n alpha + y) r / (1 + r),   d2 = -(n alpha + y) r / (1 + r)^2
 *   (3) sum_rows sum_{k < y_i} log(1 + k / alpha), from a table of counts of counts as in conjugate/rising.h
 * It tends to the Poisson's as alpha grows. Columns y, n, t. Twin: hierfast/likelihoods/negative_binomial.py.
 * Source: Gelman et al., BDA3, section 2.7, the Poisson rate integrated over Gamma(alpha, alpha / m). */
#ifdef HF_BODY
#define HF_TOP 600.0 /* beyond it log(1 + r) grows as eta does */
static int HF_NAME(likelihood_negative_binomial)(int n, const double *eta, const hf_col *stat,
                                                 const hf_col *par, void *user, double *ll,
                                                 double *d1, double *d2) {
  (void)user;
  double buf[4][HF_TILE], w[HF_TILE], r[HF_TILE];
  const double *y = hf_spread(stat[0], n, buf[0]), *rows = hf_spread(stat[1], n, buf[1]);
  const double *t = hf_spread(stat[2], n, buf[2]), *a = hf_spread(par[0], n, buf[3]);
  for (int i = 0; i < n; i++) {
    double low = eta[i] < HF_TOP ? eta[i] : HF_TOP, over = eta[i] - low;
    r[i] = t[i] * hf_exp(low) / a[i];
    w[i] = rows[i] * a[i] + y[i];
    ll[i] = y[i] * eta[i] - w[i] * (hf_log1p(r[i]) + over);
  }
  for (int i = 0; d1 && i < n; i++) {
    double q = 1.0 / (1.0 + r[i]), p = r[i] > 1.0 ? 1.0 - q : r[i] * q;
    d1[i] = y[i] - w[i] * p;
    d2[i] = -w[i] * p * q;
  }
  return HF_OK;
}
#undef HF_TOP

static void HF_NAME(overall_negative_binomial)(int n, const hf_col *par, const void *user,
                                               double *ll) {
  const hf_rising *table = user;
  for (int i = 0; i < n; i++) {
    double a = par[0].p[i * par[0].stride], sum = 0.0;
    for (int64_t k = 0; k < table->n; k++) sum += table->weight[k] * hf_log1p((double)k / a);
    for (int64_t k = 0; k < table->n_far; k++) {
      double d = table->far[k] - (double)table->n;
      sum += table->mult[k] * (hf_log_rising(a + (double)table->n, d) - d * hf_log(a));
    }
    ll[i] += sum;
  }
}
#else
{"NegativeBinomial",
 3,
 1,
 HF_NAME(likelihood_negative_binomial),
 HF_NAME(overall_negative_binomial),
 NULL,
 NULL,
 NULL,
 NULL,
 1},
#endif
