/* likelihood/ordered_logistic.h: rows in one of K ordered categories, cut at c_0 < ... < c_{K-2}: with eta the group's
 * effect, p(y <= k | eta) = F(c_k - eta), F(x) = 1 / (1 + exp(-x)). A difference of two F is a product,
 *   (1) F(b) - F(a) = F(b) F(-a) (1 - exp(a - b)),
 * so that rows of which n_k are in category k are, at each cut, n_{k+1} successes out of n_k + n_{k+1}:
 *   (2) log p(y | eta, c) = sum_k [n_k log F(c_k - eta) + n_{k+1} log F(eta - c_k)] + what (4) sums over all rows
 *   (3) of a term of (2), with p = F(eta - c_k): d1 = n_{k+1} - (n_k + n_{k+1}) p,  d2 = -(n_k + n_{k+1}) p (1 - p)
 *   (4) sum_{0 < k < K-1} N_k log(1 - exp(-(c_k - c_{k-1}))),  N_k rows of all groups: the table's numbers
 * Nothing cancels where cuts nearly meet or effects are far away. A term has the columns n_{k+1}, n_k + n_{k+1}, k.
 * Twin: hierfast/likelihoods/ordered_logistic.py.
 * Source: McCullagh (1980), J. R. Statist. Soc. B 42(2), section 2; (1) by algebra. */
#ifdef HF_BODY
static int HF_NAME(likelihood_ordered_logistic)(int n, const double *eta, const hf_col *stat,
                                                const hf_col *par, void *user, double *ll,
                                                double *d1, double *d2) {
  double buf[HF_TILE], off[HF_TILE];
  const double *cut = hf_spread(stat[2], n, buf);
  for (int i = 0; i < n; i++) {
    hf_col c = par[(int)cut[i]];
    off[i] = eta[i] - c.p[i * c.stride];
  }
  return HF_NAME(likelihood_binomial)(n, off, stat, NULL, user, ll, d1, d2);
}

static void HF_NAME(overall_ordered_logistic)(int n, const hf_col *par, const void *user,
                                              double *ll) {
  const hf_rising *table = user;
  for (int64_t k = 0; k < table->n; k++)
    for (int i = 0; table->weight[k] > 0.0 && i < n; i++) {
      double gap = par[k + 1].p[i * par[k + 1].stride] - par[k].p[i * par[k].stride];
      ll[i] += table->weight[k] * hf_log_1mexp(gap);
    }
}
#else
{"OrderedLogistic",
 3,
 HF_MAX_CUT,
 HF_NAME(likelihood_ordered_logistic),
 HF_NAME(overall_ordered_logistic),
 NULL,
 NULL,
 NULL,
 NULL,
 1},
#endif
