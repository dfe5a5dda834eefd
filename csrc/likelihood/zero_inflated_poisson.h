/* likelihood/zero_inflated_poisson.h: (1) and (2) of zero_inflated.h with u = t exp(eta), u' = u'' = u; y events of n
 * rows above 0 and z rows at 0, all of exposure t. Columns y, n, z, t. Source: as there. */
#ifdef HF_BODY
static int HF_NAME(likelihood_zero_inflated_poisson)(int n, const double *eta, const hf_col *stat,
                                                     const hf_col *par, void *user, double *ll,
                                                     double *d1, double *d2) {
  (void)user;
  double buf[5][HF_TILE], u[HF_TILE];
  const double *y = hf_spread(stat[0], n, buf[0]), *some = hf_spread(stat[1], n, buf[1]);
  const double *none = hf_spread(stat[2], n, buf[2]), *t = hf_spread(stat[3], n, buf[3]);
  const double *psi = hf_spread(par[0], n, buf[4]);
  for (int i = 0; i < n; i++) u[i] = t[i] * hf_exp(eta[i]);
  for (int i = 0; i < n; i++)
    hf_zero_inflated(y[i], some[i], none[i], eta[i], psi[i], u[i], u[i], u[i], ll + i,
                     d1 ? d1 + i : NULL, d2 ? d2 + i : NULL);
  return HF_OK;
}
#else
{"ZeroInflatedPoisson",
 4,
 1,
 HF_NAME(likelihood_zero_inflated_poisson),
 NULL,
 NULL,
 NULL,
 NULL,
 NULL,
 0},
#endif
