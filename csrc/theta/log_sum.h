/* theta/log_sum.h: (2) of phi/mixed.h from rows log(w_k Z_k) of `part` (n_part, HF_TILE); n <= HF_TILE lanes,
 * log sum exp about the largest, -inf where all are. */
#ifdef HF_BODY
static void HF_NAME(log_sum)(int n, int n_part, const double *part, double *logz) {
  double top[HF_TILE], sum[HF_TILE];
  for (int i = 0; i < n; i++) top[i] = part[i];
  for (int k = 1; k < n_part; k++)
    for (int i = 0; i < n; i++) {
      double other = part[k * HF_TILE + i];
      top[i] = other > top[i] ? other : top[i];
    }
  for (int i = 0; i < n; i++) sum[i] = top[i] > -HF_INF ? 0.0 : 1.0;
  for (int k = 0; k < n_part; k++)
    for (int i = 0; i < n; i++) {
      double e = hf_exp(part[k * HF_TILE + i] - top[i]);
      sum[i] += top[i] > -HF_INF ? e : 0.0;
    }
  for (int i = 0; i < n; i++) logz[i] = top[i] + hf_log(sum[i]);
}
#endif
