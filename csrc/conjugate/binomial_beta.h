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

static double HF_NAME(draw_binomial_beta)(hf_stream *s, double a, double b, double y, double n) {
  return hf_beta(s, a + y, b + (n - y));
}
#else
{"Binomial", "Beta", HF_NAME(binomial_beta), HF_NAME(draw_binomial_beta)},
#endif
