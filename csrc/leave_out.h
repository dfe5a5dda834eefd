/* leave_out.h: leave-one-out of cells whose weights 1 / p(y_j | phi_s) hardly differ, so that none is smoothed. With
 * l_s the log density of a cell at draw s of S, t the largest, q_s = exp(t - l_s) and Q their sum,
 *   (1) elpd = t - log(Q / S),   effective number = log(sum_s 1 / q_s / S) + log(Q / S)
 *   (2) w_s (exp(l_s - elpd) - 1) = 1 / S - q_s / Q
 * (1) is (2) of hierfast/loo.py with raw weights, (2) the inner term of its (4). Source: as there. */
#ifdef HF_BODY

/* Sums of q and 1 / q of the lanes whose logarithms are no further apart than `flat`; q takes their place. */
static inline void HF_NAME(leave_sums)(int n_draw, int64_t stride, int w, double *log,
                                       const double *top, const double *low, double flat,
                                       double *sum, double *inverse) {
  for (int t = 0; t < n_draw; t++) {
    double *row = log + t * stride;
    for (int i = 0; i < w; i++) {
      double d = top[i] - row[i], q = hf_exp(d < flat ? d : flat);
      sum[i] += q;
      inverse[i] += 1.0 / q;
      row[i] = top[i] - low[i] <= flat ? q : row[i];
    }
  }
}

/* (1) of n cells whose logs (n_draw, n) are no further apart than `flat`, and (2), times mult and summed over them,
 * added to off (n_draw,). Of others `span`, how far they are apart, tells; their logs are left as they are. */
static void HF_NAME(leave_out)(int n_draw, int64_t n, double *log, const double *mult, double flat,
                               double *elpd, double *part, double *span, double *off) {
  double top[HF_TILE], low[HF_TILE], sum[HF_TILE], inverse[HF_TILE], share[HF_TILE];
  for (int64_t lo = 0; lo < n; lo += HF_TILE) {
    int w = n - lo < HF_TILE ? (int)(n - lo) : HF_TILE, full = (w + 7) & ~7;
    for (int i = 0; i < w; i++) top[i] = low[i] = log[lo + i];
    for (int i = 0; i < w; i++) sum[i] = inverse[i] = 0.0;
    for (int t = 1; t < n_draw; t++)
      for (int i = 0; i < w; i++) {
        double one = log[t * n + lo + i];
        top[i] = one > top[i] ? one : top[i];
        low[i] = one < low[i] ? one : low[i];
      }
    HF_NAME(leave_sums)(n_draw, n, w, log + lo, top, low, flat, sum, inverse);
    double flats = 0.0;
    for (int i = 0; i < full; i++) share[i] = 0.0;
    for (int i = 0; i < w; i++) {
      double mean = hf_log(sum[i] / n_draw);
      span[lo + i] = top[i] - low[i];
      elpd[lo + i] = top[i] - mean;
      part[lo + i] = hf_log(inverse[i] / n_draw) + mean;
      share[i] = span[lo + i] <= flat ? mult[lo + i] / sum[i] : 0.0;
      flats += span[lo + i] <= flat ? mult[lo + i] : 0.0;
    }
    for (int t = 0; t < n_draw; t++) {
      double acc[8] = {0.0};
      const double *row = log + t * n + lo;
      for (int i = 0; i + 8 <= w; i += 8)
        for (int k = 0; k < 8; k++) {
          double one = share[i + k] * row[i + k];
          acc[k] += share[i + k] > 0.0 ? one : 0.0;
        }
      for (int i = w & ~7; i < w; i++) acc[i & 7] += share[i] > 0.0 ? share[i] * row[i] : 0.0;
      off[t] += flats / n_draw - hf_lanes(acc);
    }
  }
}
#endif
