/* conjugate/binomial_beta.h: y_j ~ Binomial(n_j, p_j), p_j ~ Beta(alpha, beta). Up to a constant, B the beta function,
 *   (1) log p(y | alpha, beta) = sum_j log B(alpha + y_j, beta + n_j - y_j) - log B(alpha, beta),
 *       three sums of rising.h: those of y at alpha and of n - y at beta, less those of n at alpha + beta
 *   (2) p_j | y ~ Beta(alpha + y_j, beta + n_j - y_j)
 * Twin: hierfast/likelihoods/beta.py. Source: Gelman et al., BDA3, section 5.3. */
#ifdef HF_BODY
static void HF_NAME(binomial_beta)(const hf_counts *c, int n, const double *a, const double *b,
                                   double *ll) {
  double both[HF_TILE];
  for (int i = 0; i < n; i++) both[i] = a[i] + b[i];
  for (int i = 0; i < n; i++) ll[i] = 0.0;
  HF_NAME(add_rising)(&c->up, 1.0, n, a, ll);
  HF_NAME(add_rising)(&c->down, 1.0, n, b, ll);
  HF_NAME(add_rising)(&c->all, -1.0, n, both, ll);
}

static void HF_NAME(draw_binomial_beta)(int n, uint64_t key, uint64_t base, const uint64_t *label,
                                        uint32_t sweep, double alpha, double beta, const double *y,
                                        const double *size, double *out) {
  double a[HF_TILE], b[HF_TILE];
  for (int j = 0; j < n; j++) a[j] = alpha + y[j];
  for (int j = 0; j < n; j++) b[j] = beta + (size[j] - y[j]);
  HF_NAME(betas)(n, key, base, label, sweep, a, b, out);
}
#else
{"Binomial", "Beta", HF_NAME(binomial_beta), HF_NAME(draw_binomial_beta)},
#endif
