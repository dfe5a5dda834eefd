/* theta/invert.h: quantiles of theta | y, one effect at a time, beside theta/quadrature.h:
 *   (1) theta = F^-1(u), F from the density g(t) = f(theta(t)) theta'(t) at CELLS + 1 uniform nodes of t with
 *       end corrections, h (g0 + g1) / 2 + h^2 (g0' - g1') / 12, and a cubic density inside a cell;
 *       theta(t) = m + s t over +- REACH or, heavy tails, that of theta/peaks.h at pi sinh t, over +- FAR
 * Error: below 1e-6 in probability for densities as smooth as a Gaussian.
 * Source: Davis and Rabinowitz (1984), Methods of Numerical Integration, 2.9. */
#ifdef HF_BODY
enum { HF_NAME(CELLS) = 144 };
#define HF_REACH 8.5
#define HF_FAR 3.6

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

/* The map of (1) where tails are heavy, theta(t(v)) of one lane with its first two derivatives. */
static double HF_NAME(stretch)(const HF_NAME(peaks) * p, double v, double *v1, double *v2) {
  const double pi = 3.14159265358979323846;
  double e = hf_exp(v), sh = 0.5 * (e - 1.0 / e), ch = 0.5 * (e + 1.0 / e), d1, d2;
  double theta = HF_NAME(between)(p, 0, p->e[0] * hf_exp(pi * sh), &d1, &d2);
  *v1 = d1 * pi * ch;
  *v2 = d2 * (pi * ch) * (pi * ch) + d1 * pi * sh;
  return theta;
}

/* (1): one effect, all columns with stride 0, at n_u probabilities in increasing order or not. */
static int HF_NAME(invert)(const hf_integral *q, const hf_col *stat, const hf_col *lpar, hf_col loc,
                           const hf_col *ppar, int n_u, const double *u, double *theta) {
  HF_NAME(joint) j;
  enum { M = HF_NAME(CELLS) };
  HF_NAME(peaks) p;
  double x[M + 1], f[M + 1], g[M + 1], cumulative[M + 1], v1[M + 1], v2[M + 1];
  double mode = 0.0, scale = 1.0, top;
  int heavy = hf_heavy(q), status;
  if (hf_panels(q)) return HF_NAME(invert_panels)(q, stat, lpar, loc, ppar, n_u, u, theta);
  if (heavy)
    status = HF_NAME(find_peaks)(q, 1, stat, lpar, loc, ppar, &p, &top);
  else {
    status = HF_NAME(find_modes)(q, 1, stat, lpar, loc, ppar, &mode, &scale, &j);
    top = j.f[0];
  }
  double h = 2.0 * (heavy ? HF_FAR : HF_REACH) / M;
  for (int i = 0; !status && i <= M; i++) {
    double t = h * (i - M / 2);
    x[i] = heavy ? HF_NAME(stretch)(&p, t, v1 + i, v2 + i) : mode + scale * t;
    if (!heavy) v1[i] = scale, v2[i] = 0.0;
  }
  if (!status) status = HF_NAME(joint_eval)(q, M + 1, x, stat, lpar, loc, ppar, 1, 0, &j);
  if (status) return status;
  for (int i = 0; i <= M; i++) {
    double e = hf_exp(j.f[i] - top);
    f[i] = e * v1[i];
    g[i] = e > 0.0 ? h * e * (j.d1[i] * v1[i] * v1[i] + v2[i]) : 0.0;
  }
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
    t = h * (lo - M / 2 + t);
    theta[k] = heavy ? HF_NAME(stretch)(&p, t, v1, v2) : mode + scale * t;
  }
  return HF_OK;
}
#undef HF_REACH
#undef HF_FAR
#endif
