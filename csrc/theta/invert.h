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

/* The same of many cells at once: Newton steps from where a density that is linear in the cell would be; what these
 * do not settle is solved by halving. */
static void HF_NAME(within_all)(int n, double (*c)[HF_TILE], double *t) {
  const double *f0 = c[0], *f1 = c[1], *g0 = c[2], *g1 = c[3], *part = c[4];
  double off[HF_TILE];
  for (int i = 0; i < n; i++) {
    double square = f0[i] * f0[i] + 2.0 * (f1[i] - f0[i]) * part[i];
    t[i] = 2.0 * part[i] / (f0[i] + __builtin_sqrt(square > 0.0 ? square : 0.0));
  }
  for (int step = 0; step < 3; step++)
    for (int i = 0; i < n; i++) {
      double a = 2.0 * (f0[i] - f1[i]) + g0[i] + g1[i];
      double b = 3.0 * (f1[i] - f0[i]) - 2.0 * g0[i] - g1[i], x = t[i];
      double value = x * (f0[i] + x * (g0[i] / 2.0 + x * (b / 3.0 + x * (a / 4.0)))) - part[i];
      double next = x - value / (f0[i] + x * (g0[i] + x * (b + x * a)));
      off[i] = next - x;
      t[i] = next;
    }
  for (int i = 0; i < n; i++)
    if (!(__builtin_fabs(off[i]) < 1e-13 && t[i] >= 0.0 && t[i] <= 1.0))
      t[i] = HF_NAME(within)(f0[i], f1[i], g0[i], g1[i], part[i]);
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
  int guide[M + 1]; /* the cell of every M-th part of the whole, from which to look further */
  for (int i = 0, lo = 0; i <= M; i++) {
    while (lo < M - 1 && cumulative[lo + 1] <= i * (cumulative[M] / M)) lo++;
    guide[i] = lo;
  }
  double c[5][HF_TILE], t[HF_TILE];
  int at[HF_TILE];
  for (int from = 0; from < n_u; from += HF_TILE) {
    int w = n_u - from < HF_TILE ? n_u - from : HF_TILE;
    for (int k = 0; k < w; k++) {
      double target = u[from + k] * cumulative[M];
      int lo = guide[(int)(u[from + k] * M)];
      while (lo < M - 1 && cumulative[lo + 1] <= target) lo++;
      c[0][k] = f[lo], c[1][k] = f[lo + 1], c[2][k] = g[lo], c[3][k] = g[lo + 1];
      c[4][k] = target - cumulative[lo];
      at[k] = lo;
    }
    HF_NAME(within_all)(w, c, t);
    for (int k = 0; k < w; k++) {
      double v = h * (at[k] - M / 2 + t[k]);
      theta[from + k] = heavy ? HF_NAME(stretch)(&p, v, v1, v2) : mode + scale * v;
    }
  }
  return HF_OK;
}
#undef HF_REACH
#undef HF_FAR
#endif
