/* likelihood/gamma.h: n rows of one group with the mean exp(eta) and the shape a; x is the logarithm of their mean,
 * or, of rows that were censored, of the time they all were. Up to a constant, with v = x - eta,
 *   (1) log p(y | eta, a) = -a n (exp(v) - v - 1), or n log Q(a, z), z = a exp(v), + what (3) sums over all rows
 *   (2) d1 = a n (exp(v) - 1), d2 = -a n exp(v);  or d1 = n h, d2 = n h (z - a - h),  h of hf_log_upper
 *   (3) N (a log a - a - log Gamma(a)) - a R,  N the rows not censored, R their sum of (x - log y): the table's numbers
 * Columns n, x, whether they were censored. Twin: hierfast/likelihoods/gamma_rows.py.
 * Source: McCullagh and Nelder (1989), Generalized Linear Models, chapter 8; DLMF 8.2. */
#ifdef HF_BODY
#define HF_TOP \
  300.0 /* v beyond which the density is 0 whatever it is; exp(v) goes on as its tangent */
static int HF_NAME(likelihood_gamma)(int n, const double *eta, const hf_col *stat,
                                     const hf_col *par, void *user, double *ll, double *d1,
                                     double *d2) {
  (void)user;
  double buf[4][HF_TILE], v[HF_TILE], e[HF_TILE], over[HF_TILE], hazard, bend;
  const double *rows = hf_spread(stat[0], n, buf[0]), *x = hf_spread(stat[1], n, buf[1]);
  const double *cut = hf_spread(stat[2], n, buf[2]), *a = hf_spread(par[0], n, buf[3]);
  for (int i = 0; i < n; i++) {
    double off = x[i] - eta[i];
    v[i] = off < HF_TOP ? off : HF_TOP;
    e[i] = hf_exp(v[i]);
    over[i] = e[i] * (off - v[i]);
    ll[i] = -a[i] * rows[i] * (e[i] + over[i] - off - 1.0);
  }
  for (int i = 0; d1 && i < n; i++) {
    d1[i] = a[i] * rows[i] * (e[i] - 1.0);
    d2[i] = -a[i] * rows[i] * e[i];
  }
  for (int i = 0; i < n; i++) {
    if (cut[i] == 0.0) continue;
    ll[i] = rows[i] * (hf_log_upper(a[i], v[i], e[i], &hazard, &bend) - a[i] * over[i]);
    if (!d1) continue;
    d1[i] = rows[i] * hazard;
    d2[i] = rows[i] * hazard * bend;
  }
  return HF_OK;
}
#undef HF_TOP

static void HF_NAME(overall_gamma)(int n, const hf_col *par, const void *user, double *ll) {
  const hf_rising *table = user;
  for (int i = 0; table->n && i < n; i++) {
    double a = par[0].p[i * par[0].stride];
    ll[i] += table->weight[0] * hf_gamma_peak(a) - a * table->weight[1];
  }
}
#else
{"Gamma", 3, 1, HF_NAME(likelihood_gamma), HF_NAME(overall_gamma), NULL, NULL, NULL, NULL, 1},
#endif
