/* theta/quadrature.h: the generic engine: any likelihood and population, one effect at a time.
 *   (1) log Z = log int p(y | theta) p(theta) dtheta, by Gauss-Hermite of `order` nodes placed at the
 *       mode m with s = 1 / sqrt(-d2): log(sqrt 2 s) + log sum_i exp(lw_i + f(m + sqrt 2 s x_i))
 *       or log 0 where f(m) < HF_FLOOR, since differences of f would be rounding alone
 *   (2) mean and sd of theta | y by the same nodes
 *   (3) theta = F^-1(u), F from the density at CELLS + 1 uniform nodes over m +- REACH s with end
 *       corrections, h (f0 + f1) / 2 + h^2 (f0' - f1') / 12, and a cubic density inside a cell
 * Errors: (1), (2) vanish exponentially with the order for log-concave densities and are reported by
 * phi/integrated.c; (3) is below 1e-6 in probability for densities as smooth as a Gaussian.
 * Sources: Naylor and Smith (1982), Applied Statistics 31(3); Davis and Rabinowitz (1984), 2.9. */
#ifdef HF_BODY
#include "theta/gauss_hermite.h"

enum { HF_NAME(CELLS) = 144, HF_NAME(NEWTON) = 60 };
#define HF_REACH 8.5
#define HF_FLOOR (-1e12)

typedef struct {
  double f[HF_TILE], d1[HF_TILE], d2[HF_TILE];
} HF_NAME(joint);

/* log p(y | theta) + log p(theta) and derivatives; curvature of the population alone where the sum
 * is not concave. */
static int HF_NAME(joint_eval)(const hf_integral *q, int n, const double *theta, const hf_col *stat,
                               const hf_col *lpar, hf_col loc, const hf_col *ppar, int derivatives,
                               HF_NAME(joint) * j) {
  double f[HF_TILE], d1[HF_TILE], d2[HF_TILE];
  double *a = derivatives ? j->d1 : NULL, *b = derivatives ? j->d2 : NULL;
  int status = q->likelihood->eval(n, theta, stat, lpar, q->user, j->f, a, b);
  if (!status)
    status = q->population->eval(n, theta, loc, ppar, q->user, f, a ? d1 : NULL, b ? d2 : NULL);
  if (status) return status;
  for (int i = 0; i < n; i++) j->f[i] += f[i];
  if (derivatives)
    for (int i = 0; i < n; i++) {
      double sum = j->d2[i] + d2[i];
      j->d1[i] += d1[i];
      j->d2[i] = sum < 0.0 ? sum : d2[i];
    }
  return HF_OK;
}

/* Newton from the location, halving steps that lose; mode and scale of n lanes. A lane that has arrived
 * stays, so that what it finds does not depend on the lanes beside it. */
static int HF_NAME(find_modes)(const hf_integral *q, int n, const hf_col *stat, const hf_col *lpar,
                               hf_col loc, const hf_col *ppar, double *mode, double *scale,
                               HF_NAME(joint) * at) {
  HF_NAME(joint) next;
  double to[HF_TILE], step[HF_TILE];
  for (int i = 0; i < n; i++) mode[i] = loc.p[i * loc.stride];
  if (q->population->middle) q->population->middle(n, ppar, mode);
  int status = HF_NAME(joint_eval)(q, n, mode, stat, lpar, loc, ppar, 1, at);
  for (int i = 0; !status && i < n; i++) step[i] = at->d1[i] / -at->d2[i];
  for (int it = 0; !status && it < HF_NAME(NEWTON); it++) {
    uint64_t moves = 0;
    for (int i = 0; i < n; i++) {
      double size = __builtin_fabs(step[i]) * __builtin_sqrt(-at->d2[i]);
      step[i] = size < 1e-7 ? 0.0 : step[i];
      to[i] = mode[i] + step[i];
    }
    for (int i = 0; i < n; i++) moves |= step[i] != 0.0;
    if (!moves) break;
    status = HF_NAME(joint_eval)(q, n, to, stat, lpar, loc, ppar, 1, &next);
    for (int i = 0; !status && i < n; i++) {
      int better = next.f[i] >= at->f[i], moving = step[i] != 0.0;
      mode[i] = better ? to[i] : mode[i];
      at->f[i] = better ? next.f[i] : at->f[i];
      at->d1[i] = better ? next.d1[i] : at->d1[i];
      at->d2[i] = better ? next.d2[i] : at->d2[i];
      double on = better ? at->d1[i] / -at->d2[i] : 0.5 * step[i];
      step[i] = moving ? on : 0.0;
    }
  }
  for (int i = 0; i < n; i++) scale[i] = 1.0 / __builtin_sqrt(-at->d2[i]);
  return status;
}

static void HF_NAME(rule)(int order, const double **x, const double **w) {
  *x = order <= 15 ? hf_gh_x15 : order <= 31 ? hf_gh_x31 : hf_gh_x61;
  *w = order <= 15 ? hf_gh_w15 : order <= 31 ? hf_gh_w31 : hf_gh_w61;
}

/* (1), and (2) where mean and sd are wanted; n <= HF_TILE lanes. */
static int HF_NAME(integrate)(const hf_integral *q, int n, const hf_col *stat, const hf_col *lpar,
                              hf_col loc, const hf_col *ppar, double *logz, double *mean,
                              double *sd) {
  HF_NAME(joint) top, j;
  double mode[HF_TILE] = {0}, scale[HF_TILE], theta[HF_TILE], sum[3][HF_TILE] = {{0}};
  const double *x, *w;
  int status = HF_NAME(find_modes)(q, n, stat, lpar, loc, ppar, mode, scale, &top);
  HF_NAME(rule)(q->order, &x, &w);
  for (int node = -(q->order / 2); !status && node <= q->order / 2; node++) {
    double at = 1.41421356237309504880 * (node < 0 ? -x[-node] : x[node]);
    double lw = w[node < 0 ? -node : node];
    for (int i = 0; i < n; i++) theta[i] = mode[i] + scale[i] * at;
    status = HF_NAME(joint_eval)(q, n, theta, stat, lpar, loc, ppar, 0, &j);
    for (int i = 0; i < n; i++) {
      double e = hf_exp(j.f[i] - top.f[i] + lw);
      sum[0][i] += e;
      sum[1][i] += e * at;
      sum[2][i] += e * at * at;
    }
  }
  for (int i = 0; !status && i < n; i++) {
    double m = sum[1][i] / sum[0][i], v = sum[2][i] / sum[0][i] - m * m;
    logz[i] = top.f[i] + hf_log(1.41421356237309504880 * scale[i] * sum[0][i]);
    logz[i] = top.f[i] < HF_FLOOR ? -HF_INF : logz[i];
    if (mean) mean[i] = mode[i] + scale[i] * m;
    if (sd) sd[i] = scale[i] * __builtin_sqrt(v > 0.0 ? v : 0.0);
  }
  return status;
}

/* Solve for t in [0, 1]: the integral of the cubic through densities f, slopes g (times h) is `part`. */
static double HF_NAME(within)(double f0, double f1, double g0, double g1, double part) {
  double a = 2.0 * (f0 - f1) + g0 + g1, b = 3.0 * (f1 - f0) - 2.0 * g0 - g1;
  double lo = 0.0, hi = 1.0, t = 0.5;
  for (int it = 0; it < 40; it++) {
    double value = t * (f0 + t * (g0 / 2.0 + t * (b / 3.0 + t * (a / 4.0)))) - part;
    double slope = f0 + t * (g0 + t * (b + t * a)), next = t - value / slope;
    if (value > 0.0)
      hi = t;
    else
      lo = t;
    next = next > lo && next < hi ? next : 0.5 * (lo + hi);
    if (__builtin_fabs(next - t) < 1e-13) return next;
    t = next;
  }
  return t;
}

/* (3): one effect, all columns with stride 0, at n_u probabilities in increasing order or not. */
static int HF_NAME(invert)(const hf_integral *q, const hf_col *stat, const hf_col *lpar, hf_col loc,
                           const hf_col *ppar, int n_u, const double *u, double *theta) {
  HF_NAME(joint) j;
  enum { M = HF_NAME(CELLS) };
  double mode, scale, x[M + 1], f[M + 1], g[M + 1], cumulative[M + 1];
  int status = HF_NAME(find_modes)(q, 1, stat, lpar, loc, ppar, &mode, &scale, &j);
  double top = j.f[0], h = 2.0 * HF_REACH * scale / M;
  for (int i = 0; i <= M; i++) x[i] = mode + h * (i - M / 2);
  if (!status) status = HF_NAME(joint_eval)(q, M + 1, x, stat, lpar, loc, ppar, 1, &j);
  if (status) return status;
  for (int i = 0; i <= M; i++) f[i] = hf_exp(j.f[i] - top);
  for (int i = 0; i <= M; i++) g[i] = f[i] * j.d1[i] * h;
  cumulative[0] = 0.0;
  for (int i = 0; i < M; i++)
    cumulative[i + 1] = cumulative[i] + 0.5 * (f[i] + f[i + 1]) + (g[i] - g[i + 1]) / 12.0;
  for (int k = 0; k < n_u; k++) {
    double target = u[k] * cumulative[M];
    int lo = 0, hi = M;
    while (hi - lo > 1) {
      int mid = (lo + hi) / 2;
      if (cumulative[mid] <= target)
        lo = mid;
      else
        hi = mid;
    }
    double t = HF_NAME(within)(f[lo], f[lo + 1], g[lo], g[lo + 1], target - cumulative[lo]);
    theta[k] = x[lo] + h * t;
  }
  return HF_OK;
}
#undef HF_REACH
#undef HF_FLOOR
#endif
