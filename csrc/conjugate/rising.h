/* conjugate/rising.h: sums over groups of logarithms of rising factorials, from tables of counts of counts,
 *   (1) sum_j log(Gamma(a + d_j) / Gamma(a)) = sum_k N_k log(a + k),  N_k the groups with d_j > k, k < n,
 *       and for groups whose d_j exceeds n, log(Gamma(a + d_j) / Gamma(a + n)) by hf_log_rising:
 * what it costs does not depend on how many groups there are.
 * Source: the functional equation; Minka (2000), Estimating a Dirichlet distribution. */
#ifdef HF_BODY
static void HF_NAME(add_rising)(const hf_rising *r, double sign, int n, const double *a,
                                double *out) {
  double sum[HF_TILE];
  for (int i = 0; i < n; i++) sum[i] = 0.0;
  for (int64_t k = 0; k < r->n; k++)
    for (int i = 0; i < n; i++) sum[i] += r->weight[k] * hf_log(a[i] + (double)k);
  for (int64_t k = 0; k < r->n_far; k++)
    for (int i = 0; i < n; i++)
      sum[i] += r->mult[k] * hf_log_rising(a[i] + (double)r->n, r->far[k] - (double)r->n);
  for (int i = 0; i < n; i++) out[i] += sign * sum[i];
}
#endif
