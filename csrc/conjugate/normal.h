/* conjugate/normal.h: Normal rows, Normal groups, the group effects integrated out.
 *
 *   ybar_j | theta_j ~ N(theta_j, sigma^2 / p_j),   theta_j ~ N(mu, tau^2),   lambda = tau^2 / sigma^2
 *
 * A cell holds mult groups of one p, the mean m of their ybar and the squares q about it:
 *   (1) A  = sum mult log(1 + lambda p)
 *   (2) W  = sum mult p / (1 + lambda p)
 *   (3) S1 = sum mult m p / (1 + lambda p)
 *   (4) S2 = sum (q + mult m^2) p / (1 + lambda p)
 * so that, up to a constant, with R = S2 - S1^2 / W and muhat = S1 / W,
 *   (5) log p(y | mu, tau, sigma) = -((N - J) log sigma^2 + ssw / sigma^2) / 2
 *                                   - (A + J log sigma^2) / 2 - (R + W (mu - muhat)^2) / (2 sigma^2)
 * and given mu ~ N(m, s2) (s2 = 0 where mu is known) and k = lambda p / (1 + lambda p)
 *   (6) theta_j | y ~ N((1 - k) m + k ybar_j, tau^2 / (1 + lambda p) + (1 - k)^2 s2)
 * (5) is used in phi/collapsed.c. Twin: hierfast/likelihoods/normal.py.
 * Source: Gelman et al., BDA3, section 5.4; lambda as in Bates et al. (2015), J. Stat. Softw. 67(1). */
#ifdef HF_BODY

/* One tile of cells, gathered so that the loops over lambda run on contiguous lanes. */
typedef struct {
  double p[HF_TILE], mult[HF_TILE], jp[HF_TILE], jmp[HF_TILE], jsp[HF_TILE];
} HF_NAME(normal_tile);

static void HF_NAME(normal_gather)(const hf_cells *c, int64_t lo, int n, HF_NAME(normal_tile) * t) {
  const double *mult = c->mult.p + lo * c->mult.stride, *q = c->q.p + lo * c->q.stride;
  for (int i = 0; i < n; i++) t->p[i] = c->p[lo + i];
  for (int i = 0; i < n; i++) t->mult[i] = mult[i * c->mult.stride];
  for (int i = 0; i < n; i++) t->jsp[i] = q[i * c->q.stride];
  for (int i = n; i < HF_TILE; i++) t->p[i] = t->mult[i] = t->jsp[i] = 0.0;
  for (int i = 0; i < HF_TILE; i++) {
    double m = i < n ? c->m[lo + i] - c->centre : 0.0, j = t->mult[i];
    t->jp[i] = j * t->p[i];
    t->jmp[i] = j * m * t->p[i];
    t->jsp[i] = (t->jsp[i] + j * m * m) * t->p[i];
  }
}

/* (2)-(4) of a tile, and (1) where every group is a cell of its own: eight factors to a logarithm. */
static void HF_NAME(normal_tile_sums)(const HF_NAME(normal_tile) * t, int n, double lambda,
                                      int plain, double *sum) {
  double acc[4][8] = {{0}}, prod[32];
  for (int i = 0; i < n; i += 8)
    for (int k = 0; k < 8; k++) {
      double w = 1.0 / (1.0 + lambda * t->p[i + k]);
      acc[1][k] += t->jp[i + k] * w;
      acc[2][k] += t->jmp[i + k] * w;
      acc[3][k] += t->jsp[i + k] * w;
    }
  if (plain) {
    for (int k = 0; k < 32; k++) prod[k] = 1.0 + lambda * t->p[k];
    for (int i = 32; i < HF_TILE; i += 32)
      for (int k = 0; k < 32; k++) prod[k] *= 1.0 + lambda * t->p[i + k];
    for (int k = 0; k < 32; k++) prod[k] = hf_log(prod[k]);
    for (int i = 0; i < 32; i += 8)
      for (int k = 0; k < 8; k++) acc[0][k] += prod[i + k];
  } else {
    for (int i = 0; i < n; i += 8)
      for (int k = 0; k < 8; k++) acc[0][k] += t->mult[i + k] * hf_log(1.0 + lambda * t->p[i + k]);
  }
  for (int s = 0; s < 4; s++) sum[s] += hf_lanes(acc[s]);
}

static void HF_NAME(normal_moments)(const hf_cells *c, int64_t lo, int64_t hi, int n_lambda,
                                    const double *lambda, double *out) {
  HF_NAME(normal_tile) tile;
  double sum[HF_LAMBDA][4] = {{0}};
  for (int64_t i = lo; i < hi; i += HF_TILE) {
    int n = hi - i < HF_TILE ? (int)(hi - i) : HF_TILE, full = (n + 7) & ~7;
    HF_NAME(normal_gather)(c, i, n, &tile);
    for (int l = 0; l < n_lambda; l++) {
      int plain = c->mult.stride == 0 && n > 32 && lambda[l] * c->p_max < 1e38;
      HF_NAME(normal_tile_sums)(&tile, full, lambda[l], plain, sum[l]);
    }
  }
  for (int l = 0; l < n_lambda; l++)
    for (int s = 0; s < 4; s++) out[s * n_lambda + l] = sum[l][s];
}

/* Distribution function and density at x of the mixture of (6) for a group with weight p and mean d;
 * m, d and x are read about one centre. */
static void HF_NAME(normal_mixture)(const hf_mixture *mix, double p, double d, double x,
                                    double *cdf, double *pdf) {
  double acc[2][8] = {{0}}, buf[2][HF_TILE];
  for (int lo = 0; lo < mix->n; lo += HF_TILE) {
    int n = mix->n - lo < HF_TILE ? mix->n - lo : HF_TILE, full = (n + 7) & ~7;
    const double *m = mix->m + lo, *s2 = mix->s2 + lo, *tau2 = mix->tau2 + lo,
                 *l = mix->lambda + lo;
    for (int i = 0; i < n; i++) {
      double b = 1.0 / (1.0 + l[i] * p), mean = b * m[i] + (l[i] * p * b) * d;
      double sd = __builtin_sqrt(tau2[i] * b + b * b * s2[i]);
      double u = (x - mean) / sd;
      buf[0][i] = sd > 0.0 ? hf_ndtr(u) : (x >= mean ? 1.0 : 0.0);
      buf[1][i] = sd > 0.0 ? hf_exp(-0.5 * u * u) / sd : 0.0;
    }
    for (int i = n; i < full; i++) buf[0][i] = buf[1][i] = 0.0;
    for (int i = 0; i < full; i += 8)
      for (int k = 0; k < 8; k++) {
        acc[0][k] += buf[0][i + k];
        acc[1][k] += buf[1][i + k];
      }
  }
  *cdf = hf_lanes(acc[0]) / mix->n;
  *pdf = hf_lanes(acc[1]) * 0.398942280401432677939946 / mix->n;
}
#endif
