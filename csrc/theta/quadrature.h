/* theta/quadrature.h: the generic engine: any likelihood and population, one effect at a time.
 *   (1) log Z = log int p(y | theta) p(theta) dtheta, by a rule placed at the mode m with s = 1 / sqrt(-d2):
 *       log(sqrt 2 s) + log sum_i exp(lw_i + f(m + sqrt 2 s x_i)), Gauss-Hermite, above order 61 that of theta/even.h;
 *       or, where the population has heavy tails, double exponential in t, theta(t) of theta/peaks.h around both
 *       modes; or trapezoidal in that t where the likelihood is not log-concave and tells where its peaks are; or by
 *       panels (theta/panels.h); or log p(y | m) where s < HF_NARROW |m|, since nodes would be rounding alone and
 *       the integral is that to second order; or log 0 where f(m) < HF_FLOOR, where differences of f would be
 *   (2) mean and sd of theta | y by the same nodes
 * Errors vanish exponentially with the order for log-concave densities and are reported by phi/integrated.c.
 * Source: Naylor and Smith (1982), Applied Statistics 31(3). */
#ifdef HF_BODY
#include "theta/double_exponential.h"
#include "theta/gauss_hermite.h"
#include "theta/peaks.h"
#include "theta/rows.h"

enum { HF_NAME(NEWTON) = 120, HF_NAME(NEAR) = 16 };
#define HF_SHORT 0.5
#define HF_FLOOR (-1e12)
#define HF_NARROW 1e-9

typedef struct {
  double f[HF_TILE], d1[HF_TILE], d2[HF_TILE];
} HF_NAME(joint);

/* log p(y | theta) + log p(theta) and derivatives; where the sum is not concave, curvature of the parabola
 * below the population through its mode, whose slope is its own. Or the likelihood alone. */
static int HF_NAME(joint_eval)(const hf_integral *q, int n, const double *theta, const hf_col *stat,
                               const hf_col *lpar, hf_col loc, const hf_col *ppar, int derivatives,
                               int alone, HF_NAME(joint) * j) {
  double f[HF_TILE], d1[HF_TILE], d2[HF_TILE];
  double *a = derivatives ? j->d1 : NULL, *b = derivatives ? j->d2 : NULL;
  int status = hf_rows_eval(q, n, theta, stat, lpar, j->f, a, b);
  for (int i = 0; alone && i < n; i++) j->d2[i] = j->d2[i] < 0.0 ? j->d2[i] : -HF_INF;
  if (!status && !alone)
    status = q->population->eval(n, theta, loc, ppar, q->user, f, a ? d1 : NULL, b ? d2 : NULL);
  if (status || alone) return status;
  for (int i = 0; i < n; i++) j->f[i] += f[i];
  if (derivatives)
    for (int i = 0; i < n; i++) {
      double sum = j->d2[i] + d2[i], off = theta[i] - loc.p[i * loc.stride];
      double below = q->population->middle || off == 0.0 ? d2[i] : -__builtin_fabs(d1[i] / off);
      below += j->d2[i] < 0.0 ? j->d2[i] : 0.0;
      j->d1[i] += d1[i];
      j->d2[i] = sum < 0.0 ? sum : below;
    }
  return HF_OK;
}

/* Newton from a start, halving steps that lose, in the sum or in the likelihood alone; doubling them where one after
 * another leads no nearer than ten scales, as down an exponential. Where there may be two peaks the first steps are
 * short, so that they lead to the nearest one. Where the density is next to a straight line and a step would go
 * anywhere, none passes a point from which the slope leads back, nor a symmetric population's middle. A lane that
 * has arrived stays, so that what it finds does not depend on the lanes beside it. */
static int HF_NAME(climb)(const hf_integral *q, int n, const hf_col *stat, const hf_col *lpar,
                          hf_col loc, const hf_col *ppar, int alone, double *mode,
                          HF_NAME(joint) * at) {
  HF_NAME(joint) next;
  double to[HF_TILE], step[HF_TILE], far[HF_TILE], most = q->likelihood->ends ? HF_SHORT : HF_INF;
  double low[HF_TILE], high[HF_TILE];
  int middle = !alone && !q->population->middle;
  int status = HF_NAME(joint_eval)(q, n, mode, stat, lpar, loc, ppar, 1, alone, at);
  for (int i = 0; !status && i < n; i++) {
    step[i] = at->d1[i] / -at->d2[i];
    far[i] = 1.0;
    low[i] = -HF_INF, high[i] = HF_INF;
  }
  for (int it = 0; !status && it < HF_NAME(NEWTON); it++) {
    uint64_t moves = 0;
    most *= it < HF_NAME(NEAR) ? 1.0 : 2.0;
    for (int i = 0; i < n; i++) {
      double size = __builtin_fabs(step[i]) * __builtin_sqrt(-at->d2[i]);
      double whole = (size < 1e-7) | (at->f[i] != at->f[i]) ? 0.0 : step[i];
      whole = whole > most ? most : whole < -most ? -most : whole;
      double off = loc.p[i * loc.stride] - mode[i];
      whole = middle && whole * off > 0.0 && whole / off > 1.0 ? off : whole;
      double bound = (whole < 0.0 ? low[i] : high[i]) - mode[i];
      step[i] = __builtin_fabs(whole) >= __builtin_fabs(bound) ? 0.5 * bound : whole;
      to[i] = mode[i] + step[i];
    }
    for (int i = 0; i < n; i++) moves |= step[i] != 0.0;
    if (!moves) break;
    status = HF_NAME(joint_eval)(q, n, to, stat, lpar, loc, ppar, 1, alone, &next);
    for (int i = 0; !status && i < n; i++) {
      int better = next.f[i] >= at->f[i], moving = step[i] != 0.0;
      double back =
          better ? mode[i] : to[i]; /* from where the slope leads to the better of the two */
      int turned = next.d1[i] * at->d1[i]<0.0, up = back>(better ? to[i] : mode[i]);
      high[i] = turned && up ? back : high[i];
      low[i] = turned && !up ? back : low[i];
      mode[i] = better ? to[i] : mode[i];
      at->f[i] = better ? next.f[i] : at->f[i];
      at->d1[i] = better ? next.d1[i] : at->d1[i];
      at->d2[i] = better ? next.d2[i] : at->d2[i];
      double newton = at->d1[i] / -at->d2[i], size = newton * newton * -at->d2[i];
      far[i] = better && size > 100.0 ? 2.0 * far[i] : 1.0;
      double on = better ? far[i] * newton : (next.f[i] > -HF_INF ? 0.5 : 0.125) * step[i];
      step[i] = moving ? on : 0.0;
    }
  }
  return status;
}

/* The mode from the population's middle. */
static int HF_NAME(find_modes)(const hf_integral *q, int n, const hf_col *stat, const hf_col *lpar,
                               hf_col loc, const hf_col *ppar, double *mode, double *scale,
                               HF_NAME(joint) * at) {
  for (int i = 0; i < n; i++) mode[i] = loc.p[i * loc.stride];
  if (q->population->middle) q->population->middle(n, ppar, mode);
  int status = HF_NAME(climb)(q, n, stat, lpar, loc, ppar, 0, mode, at);
  for (int i = 0; i < n; i++) scale[i] = 1.0 / __builtin_sqrt(-at->d2[i]);
  return status;
}

/* Both peaks of a heavy integrand: from the population's middle, and from where the likelihood alone leads, or else
 * from both ends of where its peaks and the population's are; log density at the higher one. */
static int HF_NAME(find_peaks)(const hf_integral *q, int n, const hf_col *stat, const hf_col *lpar,
                               hf_col loc, const hf_col *ppar, HF_NAME(peaks) * p, double *top) {
  HF_NAME(joint) at[2];
  int status = HF_OK, ends = q->likelihood->ends != NULL;
  for (int i = 0; i < n; i++) p->m[0][i] = loc.p[i * loc.stride];
  if (ends && q->population->middle) q->population->middle(n, ppar, p->m[0]);
  for (int i = 0; i < n; i++) p->m[1][i] = p->m[0][i];
  if (ends) q->likelihood->ends(n, stat, lpar, p->m[0], p->m[1]);
  for (int side = 0; !status && side < 2; side++) {
    double *m = p->m[side];
    if (side && !ends) status = HF_NAME(climb)(q, n, stat, lpar, loc, ppar, 1, m, at);
    if (!status) status = HF_NAME(climb)(q, n, stat, lpar, loc, ppar, 0, m, at + side);
    for (int i = 0; i < n; i++)
      p->s[side][i] = 1.41421356237309504880 / __builtin_sqrt(-at[side].d2[i]);
  }
  for (int i = 0; !status && i < n; i++) {
    double apart = p->m[1][i] - p->m[0][i];
    int second = at[1].f[i] > at[0].f[i];
    p->e[i] = HF_NAME(asinh_exp)(second ? apart / p->s[0][i] : -apart / p->s[1][i]);
    top[i] = at[second].f[i];
  }
  return status;
}

/* Sums in units of a higher exp(top) where f shows that the peak had been missed by far. */
static void HF_NAME(raise)(int n, const double *f, double *top, double sum[3][HF_TILE]) {
  int missed = 0;
  for (int i = 0; i < n; i++) missed |= f[i] - top[i] > 300.0;
  for (int i = 0; missed && i < n; i++) {
    double by = f[i] - top[i];
    if (!(by > 300.0)) continue;
    for (int k = 0; k < 3; k++) sum[k][i] *= hf_exp(-by);
    top[i] = f[i];
  }
}

#include "theta/even.h"

/* (1), and (2) where mean and sd are wanted, by Gauss-Hermite; n <= HF_TILE lanes. */
static int HF_NAME(integrate_light)(const hf_integral *q, int n, const hf_col *stat,
                                    const hf_col *lpar, hf_col loc, const hf_col *ppar, double *top,
                                    double sum[3][HF_TILE], double *mode, double *scale) {
  HF_NAME(joint) at, j;
  double theta[HF_TILE];
  int status = HF_NAME(find_modes)(q, n, stat, lpar, loc, ppar, mode, scale, &at),
      half = q->order / 2;
  if (!status && q->order > 61) {
    for (int i = 0; i < n; i++) top[i] = at.f[i];
    return HF_NAME(integrate_even)(q, n, stat, lpar, loc, ppar, top, sum, mode, scale);
  }
  const double *x = q->order <= 15 ? hf_gh_x15 : q->order <= 31 ? hf_gh_x31 : hf_gh_x61;
  const double *w = q->order <= 15 ? hf_gh_w15 : q->order <= 31 ? hf_gh_w31 : hf_gh_w61;
  for (int i = 0; i < n; i++) {
    scale[i] *= 1.41421356237309504880;
    top[i] = at.f[i];
  }
  for (int node = -half; !status && node <= half; node++) {
    double at_node = node < 0 ? -x[-node] : x[node], lw = w[node < 0 ? -node : node];
    for (int i = 0; i < n; i++) theta[i] = mode[i] + scale[i] * at_node;
    status = HF_NAME(joint_eval)(q, n, theta, stat, lpar, loc, ppar, 0, 0, &j);
    HF_NAME(raise)(n, j.f, top, sum);
    for (int i = 0; i < n; i++) {
      double e = hf_exp(j.f[i] - top[i] + lw);
      sum[0][i] += e;
      sum[1][i] += e * at_node;
      sum[2][i] += e * at_node * at_node;
    }
  }
  return status;
}

/* The same by the double exponential rule over the map that resolves both peaks. */
static int HF_NAME(integrate_heavy)(const hf_integral *q, int n, const hf_col *stat,
                                    const hf_col *lpar, hf_col loc, const hf_col *ppar, double *top,
                                    double sum[3][HF_TILE], double *mode, double *scale) {
  HF_NAME(joint) j;
  HF_NAME(peaks) p;
  double theta[HF_TILE], rate[HF_TILE], bend;
  int status = HF_NAME(find_peaks)(q, n, stat, lpar, loc, ppar, &p, top);
  int half = hf_nodes(q) / 2, every = 60 / half;
  for (int i = 0; !status && i < n; i++) {
    mode[i] = HF_NAME(between)(&p, i, p.e[i], &scale[i], &bend);
    scale[i] *= 2.0;
  }
  for (int node = -half; !status && node <= half; node++) {
    int k = every * (node < 0 ? -node : node);
    double e = node < 0 ? 1.0 / hf_de_e[k] : hf_de_e[k], w = hf_de_w[k] + hf_log((double)every);
    for (int i = 0; i < n; i++) theta[i] = HF_NAME(between)(&p, i, e * p.e[i], &rate[i], &bend);
    status = HF_NAME(joint_eval)(q, n, theta, stat, lpar, loc, ppar, 0, 0, &j);
    HF_NAME(raise)(n, j.f, top, sum);
    for (int i = 0; i < n; i++) {
      double g = hf_exp(j.f[i] - top[i] + w) * (rate[i] / scale[i]);
      double x = (theta[i] - mode[i]) / scale[i];
      sum[0][i] += g;
      sum[1][i] += g > 0.0 ? g * x : 0.0;
      sum[2][i] += g > 0.0 ? g * x * x : 0.0;
    }
  }
  return status;
}

#include "theta/panels.h"
#include "theta/trapezoid.h"

/* (1), and (2) where mean and sd are wanted; n <= HF_TILE lanes. */
static int HF_NAME(integrate)(const hf_integral *q, int n, const hf_col *stat, const hf_col *lpar,
                              hf_col loc, const hf_col *ppar, double *logz, double *mean,
                              double *sd) {
  double mode[HF_TILE] = {0}, scale[HF_TILE], top[HF_TILE], sum[3][HF_TILE] = {{0}};
  int narrow[HF_TILE], some = 0;
  if (q->closed == HF_NORMAL_NORMAL)
    HF_NAME(normal_marginal)(n, stat, lpar, loc, ppar, logz, mean, sd);
  else if (q->closed && !mean)
    (q->closed == HF_BINOMIAL_BETA ? HF_NAME(beta_marginal) : HF_NAME(gamma_marginal))(n, stat,
                                                                                       ppar, logz);
  if (q->closed == HF_NORMAL_NORMAL || (q->closed && !mean)) return HF_OK;
  if (hf_panels(q)) return HF_NAME(integrate_panels)(q, n, stat, lpar, loc, ppar, logz, mean, sd);
  int status = (q->likelihood->ends ? HF_NAME(integrate_peaks)
                : q->population->heavy
                    ? HF_NAME(integrate_heavy)
                    : HF_NAME(integrate_light))(q, n, stat, lpar, loc, ppar, top, sum, mode, scale);
  for (int i = 0; !status && i < n; i++) {
    double m = sum[1][i] / sum[0][i], v = sum[2][i] / sum[0][i] - m * m;
    logz[i] = top[i] + hf_log(scale[i] * sum[0][i]);
    narrow[i] = scale[i] < HF_NARROW * __builtin_fabs(mode[i]);
    some |= narrow[i];
    if (mean) mean[i] = mode[i] + scale[i] * m;
    if (sd) sd[i] = scale[i] * __builtin_sqrt(v > 0.0 ? v : 0.0);
  }
  if (!status && some) status = hf_rows_eval(q, n, mode, stat, lpar, sum[0], NULL, NULL);
  for (int i = 0; !status && i < n; i++) {
    logz[i] = narrow[i] ? sum[0][i] : logz[i];
    logz[i] = top[i] < HF_FLOOR ? -HF_INF : logz[i];
  }
  return status;
}

#undef HF_SHORT
#undef HF_FLOOR
#undef HF_NARROW
#endif
