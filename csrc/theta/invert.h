/* theta/invert.h: quantiles of theta | y, one effect at a time, beside theta/quadrature.h:
 *   (1) theta = F^-1(u), F from the density g(t) = f(theta(t)) theta'(t) at CELLS + 1 uniform nodes of t with
 *       end corrections, h (g0 + g1) / 2 + h^2 (g0' - g1') / 12, and a cubic density inside a cell;
 *       theta(t) = m + s t over +- REACH, or as far as the density is above NOTHING of its mode's, or, heavy tails,
 *       that of theta/peaks.h at pi sinh t, over +- FAR
 *   (2) cells are halved until F differs by less than 15 EXACT from that of cells twice as wide, as long as they are
 *       no more than MOST: the error falls with the fourth power of h
 * Error: below 1e-6 in probability, of a density that does not change within a thousandth of its width.
 * Source: Davis and Rabinowitz (1984), Methods of Numerical Integration, 2.9 and 4.3. */
#ifdef HF_BODY
enum { HF_NAME(CELLS) = 144, HF_NAME(MOST) = 2304, HF_NAME(WIDER) = 60 };
#define HF_REACH 8.5
#define HF_FAR 3.6
#define HF_EXACT 1e-6
#define HF_NOTHING 1e-8

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

/* The same of many cells at once: two Newton steps from where a density that is linear in the cell would be, the second
 * of which is off by no more than the square of its length; what these do not settle is solved by halving. */
static void HF_NAME(within_all)(int n, double (*c)[HF_TILE], double *t) {
  const double *f0 = c[0], *f1 = c[1], *g0 = c[2], *g1 = c[3], *part = c[4];
  double off[HF_TILE];
  for (int i = 0; i < n; i++) {
    double square = f0[i] * f0[i] + 2.0 * (f1[i] - f0[i]) * part[i];
    t[i] = 2.0 * part[i] / (f0[i] + __builtin_sqrt(square > 0.0 ? square : 0.0));
  }
  for (int step = 0; step < 2; step++)
    for (int i = 0; i < n; i++) {
      double a = 2.0 * (f0[i] - f1[i]) + g0[i] + g1[i];
      double b = 3.0 * (f1[i] - f0[i]) - 2.0 * g0[i] - g1[i], x = t[i];
      double value = x * (f0[i] + x * (g0[i] / 2.0 + x * (b / 3.0 + x * (a / 4.0)))) - part[i];
      double next = x - value / (f0[i] + x * (g0[i] + x * (b + x * a)));
      off[i] = next - x;
      t[i] = next;
    }
  for (int i = 0; i < n; i++)
    if (!(__builtin_fabs(off[i]) < 1e-4 && t[i] >= 0.0 && t[i] <= 1.0))
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

/* A table of (1): M cells of width h from t = low on. */
typedef struct {
  int heavy, cells;
  double mode, scale, top, low, h;
  HF_NAME(peaks) p;
  double f[HF_NAME(MOST) + 1], g[HF_NAME(MOST) + 1], cumulative[HF_NAME(MOST) + 1];
} HF_NAME(table);

/* Densities, slopes and sums at the nodes of a table whose low, h and cells are set. Buffers of a tile keep loops
 * over lanes vectors. */
static int HF_NAME(tabulate)(const hf_integral *q, const hf_col *stat, const hf_col *lpar,
                             hf_col loc, const hf_col *ppar, HF_NAME(table) * s) {
  HF_NAME(joint) j;
  double x[HF_TILE], v1[HF_TILE], v2[HF_TILE], f[HF_TILE], g[HF_TILE];
  double low = s->low, h = s->h, scale = s->scale, mode = s->mode, top = s->top;
  for (int from = 0; from <= s->cells; from += HF_TILE) {
    int w = s->cells + 1 - from < HF_TILE ? s->cells + 1 - from : HF_TILE;
    for (int i = 0; i < w; i++) {
      x[i] = mode + scale * (low + h * (from + i));
      v1[i] = scale, v2[i] = 0.0;
    }
    for (int i = 0; s->heavy && i < w; i++)
      x[i] = HF_NAME(stretch)(&s->p, low + h * (from + i), v1 + i, v2 + i);
    int status = HF_NAME(joint_eval)(q, w, x, stat, lpar, loc, ppar, 1, 0, &j);
    if (status) return status;
    for (int i = 0; i < w; i++) {
      double e = hf_exp(j.f[i] - top), slope = h * e * (j.d1[i] * v1[i] * v1[i] + v2[i]);
      f[i] = e * v1[i];
      g[i] = e > 0.0 ? slope : 0.0;
    }
    memcpy(s->f + from, f, (size_t)w * sizeof *f);
    memcpy(s->g + from, g, (size_t)w * sizeof *g);
  }
  double sum = 0.0;
  for (int from = 0; from < s->cells; from += HF_TILE) {
    int w = s->cells - from < HF_TILE ? s->cells - from : HF_TILE;
    const double *a = s->f + from, *b = s->g + from;
    for (int i = 0; i < w; i++) f[i] = 0.5 * (a[i] + a[i + 1]) + (b[i] - b[i + 1]) / 12.0;
    for (int i = 0; i < w; i++) {
      s->cumulative[from + i] = sum;
      sum += f[i];
    }
  }
  s->cumulative[s->cells] = sum;
  return HF_OK;
}

/* Largest difference of the distribution function from that of cells twice as wide, whose error is 16 times this
 * one's. */
static double HF_NAME(error_of)(const HF_NAME(table) * s) {
  double off[HF_TILE], sum = 0.0, most = 0.0;
  for (int from = 0; from < s->cells; from += 2 * HF_TILE) {
    int w = s->cells - from < 2 * HF_TILE ? (s->cells - from) / 2 : HF_TILE;
    const double *f = s->f + from, *g = s->g + from, *F = s->cumulative + from;
    for (int i = 0; i < w; i++)
      off[i] =
          f[2 * i] + f[2 * i + 2] + (g[2 * i] - g[2 * i + 2]) / 3.0 - (F[2 * i + 2] - F[2 * i]);
    for (int i = 0; i < w; i++) {
      sum += off[i];
      most = __builtin_fabs(sum) > most ? __builtin_fabs(sum) : most;
    }
  }
  return most / (15.0 * s->cumulative[s->cells]);
}

/* A table wide and fine enough. */
static int HF_NAME(lay_table)(const hf_integral *q, const hf_col *stat, const hf_col *lpar,
                              hf_col loc, const hf_col *ppar, HF_NAME(table) * s) {
  HF_NAME(joint) j;
  double low = -HF_REACH, high = HF_REACH;
  int status;
  s->heavy = hf_heavy(q);
  s->cells = HF_NAME(CELLS);
  s->mode = 0.0, s->scale = 1.0;
  if (s->heavy) {
    low = -HF_FAR, high = HF_FAR;
    status = HF_NAME(find_peaks)(q, 1, stat, lpar, loc, ppar, &s->p, &s->top);
  } else {
    status = HF_NAME(find_modes)(q, 1, stat, lpar, loc, ppar, &s->mode, &s->scale, &j);
    s->top = j.f[0];
  }
  for (int it = 0; !status && it < HF_NAME(WIDER); it++) {
    s->low = low, s->h = (high - low) / s->cells;
    status = HF_NAME(tabulate)(q, stat, lpar, loc, ppar, s);
    int below = s->f[0] > HF_NOTHING * s->scale, above = s->f[s->cells] > HF_NOTHING * s->scale;
    if (!s->heavy && (below || above)) {
      low *= below ? 1.5 : 1.0;
      high *= above ? 1.5 : 1.0;
      continue;
    }
    if (s->cells == HF_NAME(MOST) || !(HF_NAME(error_of)(s) > HF_EXACT)) break;
    s->cells *= 2;
  }
  return status;
}

/* (1): one effect, all columns with stride 0, at n_u probabilities in increasing order or not. */
static int HF_NAME(invert)(const hf_integral *q, const hf_col *stat, const hf_col *lpar, hf_col loc,
                           const hf_col *ppar, int n_u, const double *u, double *theta) {
  HF_NAME(table) s;
  if (hf_panels(q)) return HF_NAME(invert_panels)(q, stat, lpar, loc, ppar, n_u, u, theta);
  int status = HF_NAME(lay_table)(q, stat, lpar, loc, ppar, &s), last = s.cells - 1;
  if (status) return status;
  enum { M = HF_NAME(CELLS) };
  double whole = s.cumulative[s.cells];
  int guide[M + 1]; /* the cell of every M-th part of the whole, from which to look further */
  for (int i = 0, lo = 0; i <= M; i++) {
    while (lo < last && s.cumulative[lo + 1] <= i * (whole / M)) lo++;
    guide[i] = lo;
  }
  double c[5][HF_TILE], t[HF_TILE], v1, v2;
  int at[HF_TILE];
  for (int from = 0; from < n_u; from += HF_TILE) {
    int w = n_u - from < HF_TILE ? n_u - from : HF_TILE;
    for (int k = 0; k < w; k++) {
      double target = u[from + k] * whole;
      int lo = guide[(int)(u[from + k] * M)];
      lo += (lo < last) & (s.cumulative[lo + 1] <= target); /* as often as not: no branch */
      while (lo < last && s.cumulative[lo + 1] <= target) lo++;
      c[0][k] = s.f[lo], c[1][k] = s.f[lo + 1], c[2][k] = s.g[lo], c[3][k] = s.g[lo + 1];
      c[4][k] = target - s.cumulative[lo];
      at[k] = lo;
    }
    HF_NAME(within_all)(w, c, t);
    for (int k = 0; k < w; k++) {
      double v = s.low + s.h * (at[k] + t[k]);
      theta[from + k] = s.heavy ? HF_NAME(stretch)(&s.p, v, &v1, &v2) : s.mode + s.scale * v;
    }
  }
  return HF_OK;
}
#undef HF_REACH
#undef HF_FAR
#undef HF_EXACT
#undef HF_NOTHING
#endif
