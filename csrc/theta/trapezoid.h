/* theta/trapezoid.h: (1) and (2) of theta/quadrature.h where a likelihood is not log-concave and tells where its
 * peaks may be, by the trapezoidal rule over the map theta(t) of theta/peaks.h that resolves two of them:
 *   (1) int f(theta) dtheta = h sum_k f(theta(t0 + k h)) theta'(t0 + k h),  t0 at the higher peak
 * in which tails that are exponential in theta are double exponential in t, so that of all nodes few count: on either
 * side they go on until a lane has passed both peaks and its nodes add nothing to a sum, and no farther than WHOLE.
 * Of a Gaussian there are about as many as the order says. The error vanishes as exp(-pi^2 / h) does.
 * Source: Trefethen and Weideman (2014), SIAM Review 56(3), theorem 5.1. */
#ifdef HF_BODY
#define HF_WHOLE 80.0
#define HF_NOTHING 1e-17

static int HF_NAME(integrate_peaks)(const hf_integral *q, int n, const hf_col *stat,
                                    const hf_col *lpar, hf_col loc, const hf_col *ppar, double *top,
                                    double sum[3][HF_TILE], double *mode, double *scale) {
  HF_NAME(joint) j;
  HF_NAME(peaks) p;
  double theta[HF_TILE], rate[HF_TILE], e[HF_TILE], bend;
  uint64_t some = 1;
  double h = q->order <= 15 ? 0.8 : q->order <= 31 ? 0.4 : 0.2, log_h = hf_log(h);
  int status = HF_NAME(find_peaks)(q, n, stat, lpar, loc, ppar, &p, top);
  for (int i = 0; !status && i < n; i++) {
    mode[i] = HF_NAME(between)(&p, i, p.e[i], &scale[i], &bend);
    scale[i] *= 2.0;
  }
  for (int side = 0; side < 2; side++, some = 1) {
    double left[HF_TILE], step = hf_exp(side ? -h : h);
    for (int i = 0; i < n; i++) left[i] = 1.0, e[i] = side ? p.e[i] * step : p.e[i];
    for (int node = side; !status && some && h * node < HF_WHOLE; node++) {
      for (int i = 0; i < n; i++) theta[i] = HF_NAME(between)(&p, i, e[i], &rate[i], &bend);
      status = HF_NAME(joint_eval)(q, n, theta, stat, lpar, loc, ppar, 0, 0, &j);
      HF_NAME(raise)(n, j.f, top, sum);
      for (int i = 0; i < n; i++) {
        double g = left[i] * (hf_exp(j.f[i] - top[i] + log_h) * (rate[i] / scale[i]));
        double x = (theta[i] - mode[i]) / scale[i], low = p.m[0][i] - theta[i];
        double high = p.m[1][i] - theta[i];
        int before = side ? (low <= 0.0) | (high <= 0.0) : (low >= 0.0) | (high >= 0.0);
        double moment = g > 0.0 ? g * x : 0.0;
        sum[0][i] += g;
        sum[1][i] += moment;
        sum[2][i] += moment * x;
        left[i] = before | (g + moment * x > HF_NOTHING * sum[0][i]) ? left[i] : 0.0;
        e[i] *= left[i] > 0.0 ? step : 1.0;
      }
      some = 0;
      for (int i = 0; i < n; i++) some |= hf_bits(left[i]);
    }
  }
  return status;
}
#undef HF_WHOLE
#undef HF_NOTHING
#endif
