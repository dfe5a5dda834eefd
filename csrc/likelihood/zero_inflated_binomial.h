/* likelihood/zero_inflated_binomial.h: (1) and (2) of zero_inflated.h with u = m log(1 + exp(eta)), u' = m p,
 * u'' = m p (1 - p), logit p = eta; y successes of n rows above 0 and z rows at 0, all of m trials. Columns y, n, z,
 * m. Source: Hall (2000), Biometrics 56(4), section 2. */
#ifdef HF_BODY
static int HF_NAME(likelihood_zero_inflated_binomial)(int n, const double *eta, const hf_col *stat,
                                                      const hf_col *par, void *user, double *ll,
                                                      double *d1, double *d2) {
  (void)user;
  double buf[5][HF_TILE], e[HF_TILE], u[HF_TILE];
  const double *y = hf_spread(stat[0], n, buf[0]), *some = hf_spread(stat[1], n, buf[1]);
  const double *none = hf_spread(stat[2], n, buf[2]), *m = hf_spread(stat[3], n, buf[3]);
  const double *psi = hf_spread(par[0], n, buf[4]);
  for (int i = 0; i < n; i++) e[i] = hf_exp(-__builtin_fabs(eta[i]));
  for (int i = 0; i < n; i++) u[i] = m[i] * ((eta[i] > 0.0 ? eta[i] : 0.0) + hf_log1p(e[i]));
  for (int i = 0; i < n; i++) {
    double big = 1.0 / (1.0 + e[i]), p = eta[i] > 0.0 ? big : e[i] * big;
    hf_zero_inflated(y[i], some[i], none[i], eta[i], psi[i], u[i], m[i] * p,
                     m[i] * (e[i] * big * big), ll + i, d1 ? d1 + i : NULL, d2 ? d2 + i : NULL);
  }
  return HF_OK;
}
#else
{"ZeroInflatedBinomial",
 4,
 1,
 HF_NAME(likelihood_zero_inflated_binomial),
 NULL,
 NULL,
 NULL,
 NULL,
 NULL,
 0},
#endif
