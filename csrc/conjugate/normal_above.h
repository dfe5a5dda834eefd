/* conjugate/normal_above.h: how probable it is that Normal effects are above a value. With mean_jt and sd_jt those
 * of component t of a group's posterior, (6) of conjugate/normal.h, and B batches of consecutive components,
 *   (1) c_jt = Phi((mean_jt - x_j) / sd_jt),   c_j = mean of c_jt over t
 *   (2) mcse_j^2 = sum_b (c_jb - c_j)^2 / (B (B - 1)),   c_jb the mean over batch b
 * where the mean over the batches stands for c_j in (2).
 * Sources: law of total probability; batch means as in hierfast/joint.py. */
#ifdef HF_BODY

/* Adds (1) of components lo..hi to acc, for a tile of groups. */
static inline void HF_NAME(normal_above_batch)(const hf_mixture *mix, int lo, int hi, int w,
                                               const double *p, const double *d, const double *x,
                                               double *acc) {
  for (int t = lo; t < hi; t++) {
    const double m = mix->m[t], s2 = mix->s2[t], tau2 = mix->tau2[t], l = mix->lambda[t];
    for (int i = 0; i < w; i++) {
      double b = 1.0 / (1.0 + l * p[i]), above = b * m + (l * p[i] * b) * d[i] - x[i];
      double sd = __builtin_sqrt(tau2 * b + b * b * s2);
      acc[i] += hf_ndtr(sd > 0.0 ? above / sd : (above > 0.0 ? HF_INF : -HF_INF));
    }
  }
}

/* (1) and (2) of n groups with weights p, means d and values x, all about one centre; batch b is of components
 * edge[b] .. edge[b + 1]. */
static void HF_NAME(normal_above)(const hf_mixture *mix, int n_batch, const int32_t *edge,
                                  int64_t n, const double *p, const double *d, const double *x,
                                  double *chance, double *mcse) {
  double acc[HF_TILE], first[HF_TILE], sum[HF_TILE], off[HF_TILE], squares[HF_TILE];
  for (int64_t lo = 0; lo < n; lo += HF_TILE) {
    int w = n - lo < HF_TILE ? (int)(n - lo) : HF_TILE;
    for (int i = 0; i < w; i++) sum[i] = off[i] = squares[i] = 0.0;
    for (int b = 0; b < n_batch; b++) {
      double many = edge[b + 1] - edge[b];
      for (int i = 0; i < w; i++) acc[i] = 0.0;
      HF_NAME(normal_above_batch)(mix, edge[b], edge[b + 1], w, p + lo, d + lo, x + lo, acc);
      if (b == 0)
        for (int i = 0; i < w; i++) first[i] = acc[i] / many;
      for (int i = 0; i < w; i++) {
        double apart = acc[i] / many - first[i];
        sum[i] += acc[i];
        off[i] += apart;
        squares[i] += apart * apart;
      }
    }
    for (int i = 0; i < w; i++) {
      double var = squares[i] - off[i] * (off[i] / n_batch);
      chance[lo + i] = sum[i] / mix->n;
      mcse[lo + i] = __builtin_sqrt((var > 0.0 ? var : 0.0) / ((double)n_batch * (n_batch - 1.0)));
    }
  }
}
#endif
