/* theta/points.h: loops of phi/points.h that are made of many numbers: a cell's likelihoods at n points, and a
 * point's in n cells. */
#ifdef HF_BODY
/* Likelihoods (n,) over their largest from logarithms f, whose largest comes back; 0 where f is NaN. */
static double HF_NAME(point_scale)(int n, const double *f, double *out) {
  double top = -HF_INF;
  for (int i = 0; i < n; i++) top = f[i] > top ? f[i] : top;
  for (int i = 0; i < n; i++) {
    double e = hf_exp(f[i] - top);
    out[i] = e == e ? e : 0.0;
  }
  return top;
}

/* r = w L (n,), their sums over blocks of HF_STRIDE, and the sum of these. */
static double HF_NAME(point_shares)(int n, const double *w, const double *like, double *r,
                                    double *block) {
  double total = 0.0;
  for (int i = 0; i < n; i++) r[i] = w[i] * like[i];
  for (int b = 0; b * HF_STRIDE < n; b++) {
    double acc[8] = {0.0};
    int lo = b * HF_STRIDE, hi = lo + HF_STRIDE < n ? lo + HF_STRIDE : n;
    if (hi - lo == HF_STRIDE) {
      for (int i = 0; i < 8; i++) acc[i] = r[lo + i] + r[lo + 8 + i];
    } else {
      for (int i = lo; i < hi; i++) acc[(i - lo) % 8] += r[i];
    }
    block[b] = hf_lanes(acc);
    total += block[b];
  }
  return total;
}

/* sum_c mult_c log(sum_c + a L_c + b R_c). */
static double HF_NAME(point_line)(int64_t n, const double *sum, const double *left,
                                  const double *right, double a, double b, hf_col mult) {
  double total = 0.0;
  for (int64_t lo = 0; lo < n; lo += HF_TILE) {
    int w = n - lo < HF_TILE ? (int)(n - lo) : HF_TILE;
    double term[HF_TILE + 8] = {0.0}, acc[8] = {0.0};
    for (int i = 0; i < w; i++)
      term[i] = hf_log(sum[lo + i] + (a * left[lo + i] + b * right[lo + i]));
    for (int i = 0; i < w; i++) term[i] *= mult.p[(lo + i) * mult.stride];
    for (int i = 0; i < w; i += 8)
      for (int k = 0; k < 8; k++) acc[k] += term[i + k];
    total += hf_lanes(acc);
  }
  return total;
}
#endif
