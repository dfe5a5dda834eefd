/* theta/even.h: (1) and (2) of theta/quadrature.h by the trapezoidal rule,
 *   (1) int f(theta) dtheta = h sum_k f(a + k h), from where f has dropped by DEEP on one side to where on the other.
 * A Gaussian population that is much wider than a step of the likelihood is what Gauss-Hermite of no practical
 * order does; here the error is exp(-2 pi a / h), a the distance of the nearest pole: pi for logits.
 * Source: Trefethen and Weideman (2014), SIAM Review 56(3), theorem 5.1. */
#ifdef HF_BODY
enum { HF_NAME(OUT) = 14, HF_NAME(CUT) = 3 };
#define HF_DEEP 37.0
#define HF_WHOLE 8.5 /* scales to where a side that never drops is taken to end */

/* Where on one side a density has dropped: from x by steps that grow, the last one halved thrice.
 * Lanes that never arrive get scale 0. */
static int HF_NAME(outward)(const hf_integral *q, int n, const hf_col *stat, const hf_col *lpar,
                            hf_col loc, const hf_col *ppar, const double *top, double drop,
                            double side, double *scale, double *x) {
  HF_NAME(joint) j;
  double step[HF_TILE], before[HF_TILE];
  int status = HF_OK, arrived[HF_TILE] = {0};
  for (int i = 0; i < n; i++) step[i] = 2.0 * side * scale[i];
  for (int it = 0; !status && it < HF_NAME(OUT); it++) {
    for (int i = 0; i < n; i++) {
      before[i] = arrived[i] ? before[i] : x[i];
      x[i] += arrived[i] ? 0.0 : step[i];
      step[i] *= 1.3;
    }
    status = HF_NAME(joint_eval)(q, n, x, stat, lpar, loc, ppar, 0, 0, &j);
    for (int i = 0; i < n; i++) arrived[i] |= !(j.f[i] >= top[i] - drop);
  }
  for (int it = 0; !status && it < HF_NAME(CUT); it++) {
    for (int i = 0; i < n; i++) step[i] = 0.5 * (before[i] + x[i]);
    status = HF_NAME(joint_eval)(q, n, step, stat, lpar, loc, ppar, 0, 0, &j);
    for (int i = 0; i < n; i++) *(j.f[i] >= top[i] - drop ? before + i : x + i) = step[i];
  }
  for (int i = 0; i < n; i++) scale[i] = arrived[i] ? scale[i] : 0.0;
  return status;
}

/* (1) of theta/quadrature.h, and what (2) needs, from modes and scales. */
static int HF_NAME(integrate_even)(const hf_integral *q, int n, const hf_col *stat,
                                   const hf_col *lpar, hf_col loc, const hf_col *ppar, double *top,
                                   double sum[3][HF_TILE], const double *mode, double *scale) {
  HF_NAME(joint) j;
  double end[2][HF_TILE], arrived[HF_TILE], theta[HF_TILE], h[HF_TILE];
  int status = HF_OK, last = q->order - 1;
  for (int i = 0; i < n; i++) arrived[i] = scale[i];
  for (int side = 0; !status && side < 2; side++) {
    for (int i = 0; i < n; i++) end[side][i] = mode[i];
    status = HF_NAME(outward)(q, n, stat, lpar, loc, ppar, top, HF_DEEP, side ? 1.0 : -1.0, arrived,
                              end[side]);
  }
  for (int i = 0; !status && i < n; i++) {
    end[0][i] = arrived[i] > 0.0 ? end[0][i] : mode[i] - HF_WHOLE * scale[i];
    end[1][i] = arrived[i] > 0.0 ? end[1][i] : mode[i] + HF_WHOLE * scale[i];
    h[i] = (end[1][i] - end[0][i]) / last;
  }
  for (int node = 0; !status && node <= last; node++) {
    for (int i = 0; i < n; i++) theta[i] = end[0][i] + h[i] * node;
    status = HF_NAME(joint_eval)(q, n, theta, stat, lpar, loc, ppar, 0, 0, &j);
    HF_NAME(raise)(n, j.f, top, sum);
    for (int i = 0; i < n; i++) {
      double x = (theta[i] - mode[i]) / scale[i], e = hf_exp(j.f[i] - top[i]) * (h[i] / scale[i]);
      sum[0][i] += e;
      sum[1][i] += e * x;
      sum[2][i] += e * x * x;
    }
  }
  return status;
}
#undef HF_DEEP
#undef HF_WHOLE
#endif
