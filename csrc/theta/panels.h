/* theta/panels.h: (1), (2) and (3) of theta/quadrature.h where every row of a group may have a peak of its own, so that
 * an effect's density may have many, or where the population ends somewhere: panels between the places of theta/places.h,
 *   (1) int_a^b f = (b - a) / 2 sum_i k_i f((a + b) / 2 + (b - a) / 2 x_i)
 * by the nodes of theta/gauss_kronrod.h. A panel is halved while Gauss's rule on seven of them differs by more than a
 * share of the whole integral (times 1 + u^2, u its distance from the mean in sds, where moments are wanted); beyond the
 * outermost places panels twice as wide are added until they add nothing, or where the population ends.
 *   (2) mean and sd by the same nodes
 *   (3) theta = F^-1(u): the panel by sums (1), the place in it by f = sum_m c_m P_m(x), P_m Legendre's polynomials,
 *       c_m = (m + 1/2) sum_i k_i f_i P_m(x_i), F = c_0 (x + 1) + sum_m c_m (P_{m+1} - P_{m-1}) / (2 m + 1)
 * What is left out is bounded by what seven nodes are off, which is
 * far more than fifteen are.
 * Source: Piessens et al. (1983), QUADPACK, sections 2.2 and 3.4. */
#ifdef HF_BODY
#include "theta/gauss_kronrod.h"
#include "theta/places.h"

enum {
  HF_NAME(PANELS) = 512,
  HF_NAME(ROUNDS) = 80,
  HF_NAME(AT_ONCE) = HF_TILE / HF_GK,
  HF_NAME(DEGREE) = 11
};
#define HF_GRADE 3.0
#define HF_NOTHING 1e-17
#define HF_HIGHER 100.0 /* nats by which a density may exceed the highest one seen before */

typedef struct {
  int n, n_todo, todo[HF_NAME(PANELS)];
  int first, last; /* the outermost on either side */
  double a[HF_NAME(PANELS)], b[HF_NAME(PANELS)], sum[HF_NAME(PANELS)], error[HF_NAME(PANELS)];
  double f[HF_NAME(PANELS)][HF_GK]; /* densities over exp(top) */
  double low, high;                 /* where the population ends */
  double top, total, mean, sd;
} HF_NAME(panels);

static void HF_NAME(add_panel)(HF_NAME(panels) * p, double a, double b) {
  if (!(b > a) || p->n == HF_NAME(PANELS)) return;
  p->a[p->n] = a;
  p->b[p->n] = b;
  p->sum[p->n] = p->error[p->n] = 0.0;
  for (int i = 0; i < HF_GK; i++) p->f[p->n][i] = 0.0;
  p->todo[p->n_todo++] = p->n++;
}

/* Panels between places, none of them more than GRADE times as wide as the next one to a place, since what a peak has
 * beyond its places would fall between the nodes of one much wider. */
static int HF_NAME(first_panels)(const hf_integral *q, const HF_NAME(lane) * g,
                                 HF_NAME(panels) * p) {
  double place[HF_NAME(PLACES)], before = HF_INF;
  int n, status = HF_NAME(find_places)(q, g, &p->low, &p->high, place, &n);
  p->n = p->n_todo = 0;
  for (int i = 0; !status && i + 1 < n; i++) {
    double l = place[i], r = place[i + 1], after = HF_INF;
    if (!(r > l)) continue;
    for (int k = i + 1; k + 1 < n && !(after < HF_INF); k++)
      after = place[k + 1] > place[k] ? place[k + 1] - place[k] : after;
    for (double s1 = HF_GRADE * before, s2 = HF_GRADE * after;
         p->n < HF_NAME(PANELS) / 2 && (r - l > 2.0 * s1 || r - l > 2.0 * s2);) {
      if (s1 <= s2) {
        HF_NAME(add_panel)(p, l, l + s1);
        l += s1;
        s1 *= HF_GRADE;
      } else {
        HF_NAME(add_panel)(p, r - s2, r);
        r -= s2;
        s2 *= HF_GRADE;
      }
    }
    HF_NAME(add_panel)(p, l, r);
    before = place[i + 1] - place[i];
  }
  p->first = p->last = 0;
  for (int k = 1; k < p->n; k++) {
    p->first = p->a[k] < p->a[p->first] ? k : p->first;
    p->last = p->b[k] > p->b[p->last] ? k : p->last;
  }
  p->top = -HF_INF;
  p->total = p->mean = p->sd = 0.0;
  return status;
}

/* (1) of the panels that are to be done. */
static int HF_NAME(do_panels)(const hf_integral *q, const HF_NAME(lane) * g, HF_NAME(panels) * p) {
  HF_NAME(joint) j;
  double theta[HF_TILE];
  for (int lo = 0; lo < p->n_todo; lo += HF_NAME(AT_ONCE)) {
    int w = p->n_todo - lo < HF_NAME(AT_ONCE) ? p->n_todo - lo : HF_NAME(AT_ONCE);
    double most = -HF_INF;
    for (int k = 0; k < w; k++) {
      double a = p->a[p->todo[lo + k]], b = p->b[p->todo[lo + k]];
      for (int i = 0; i < HF_GK; i++)
        theta[HF_GK * k + i] = 0.5 * (a + b) + 0.5 * (b - a) * hf_gk_x[i];
    }
    int status =
        HF_NAME(joint_eval)(q, HF_GK * w, theta, g->stat, g->lpar, g->loc, g->ppar, 0, 0, &j);
    if (status) return status;
    for (int i = 0; i < HF_GK * w; i++) most = j.f[i] > most ? j.f[i] : most;
    if (most > p->top + HF_HIGHER || p->top == -HF_INF) {
      double by = p->top > -HF_INF ? hf_exp(p->top - most) : 0.0;
      for (int k = 0; k < p->n; k++) {
        p->sum[k] *= by;
        p->error[k] *= by;
        for (int i = 0; i < HF_GK; i++) p->f[k][i] *= by;
      }
      p->top = most;
    }
    double base = p->top > -HF_INF ? p->top : 0.0;
    for (int i = 0; i < HF_GK * w; i++) j.f[i] = hf_exp(j.f[i] - base);
    for (int k = 0; k < w; k++) {
      int at = p->todo[lo + k];
      double half = 0.5 * (p->b[at] - p->a[at]), more = 0.0, less = 0.0;
      for (int i = 0; i < HF_GK; i++) {
        double f = j.f[HF_GK * k + i];
        p->f[at][i] = f;
        more += hf_gk_k[i] * f;
        less += hf_gk_g[i] * f;
      }
      p->sum[at] = half * more;
      p->error[at] = half * __builtin_fabs(more - less);
    }
  }
  return HF_OK;
}

/* (2), and the whole integral. */
static void HF_NAME(sum_panels)(HF_NAME(panels) * p, int moments) {
  double first = 0.0, second = 0.0;
  p->total = 0.0;
  p->mean = p->sd = 0.0;
  for (int k = 0; k < p->n; k++) p->total += p->sum[k];
  for (int pass = 0; moments && p->total > 0.0 && pass < 2; pass++) {
    for (int k = 0; k < p->n; k++) {
      double half = 0.5 * (p->b[k] - p->a[k]), middle = 0.5 * (p->a[k] + p->b[k]) - p->mean;
      for (int i = 0; i < HF_GK; i++) {
        double x = middle + half * hf_gk_x[i], g = half * hf_gk_k[i] * p->f[k][i];
        first += g > 0.0 && !pass ? g * x : 0.0;
        second += g > 0.0 && pass ? g * x * x : 0.0;
      }
    }
    p->mean = first / p->total;
    p->sd = __builtin_sqrt(second / p->total);
  }
}

/* Halves what is not good enough, adds at the ends what is not nothing. */
static void HF_NAME(choose_panels)(HF_NAME(panels) * p, double share, int moments) {
  int n = p->n;
  p->n_todo = 0;
  for (int k = 0; k < n && p->n < HF_NAME(PANELS) - 4; k++) {
    double a = p->a[k], b = p->b[k], middle = 0.5 * (a + b), u = (middle - p->mean) / p->sd;
    double weight = moments && p->sd > 0.0 ? 1.0 + u * u : 1.0;
    int outer = k == p->first || k == p->last, side = k == p->first;
    if (outer && p->sum[k] * weight > HF_NOTHING * p->total) {
      double wide = 2.0 * (b - a), from = side ? a : b, to = side ? a - wide : b + wide;
      to = to < p->low ? p->low : to > p->high ? p->high : to;
      if (to != from && to - from < HF_INF && from - to < HF_INF) {
        if (side)
          p->first = p->n;
        else
          p->last = p->n;
        HF_NAME(add_panel)(p, side ? to : from, side ? from : to);
      }
    }
    if (p->error[k] * weight > share * p->total && middle > a && middle < b) {
      p->todo[p->n_todo++] = k;
      p->b[k] = middle;
      HF_NAME(add_panel)(p, middle, b);
      if (p->last == k) p->last = p->n - 1;
    }
  }
}

/* All panels of a lane. */
static int HF_NAME(fill_panels)(const hf_integral *q, const HF_NAME(lane) * g, double share,
                                int moments, HF_NAME(panels) * p) {
  int status = HF_NAME(first_panels)(q, g, p);
  for (int round = 0; !status && round < HF_NAME(ROUNDS) && p->n_todo; round++) {
    status = HF_NAME(do_panels)(q, g, p);
    HF_NAME(sum_panels)(p, moments);
    HF_NAME(choose_panels)(p, share, moments);
  }
  return status;
}

/* (1), and (2) where it is wanted, of n lanes. */
static int HF_NAME(integrate_panels)(const hf_integral *q, int n, const hf_col *stat,
                                     const hf_col *lpar, hf_col loc, const hf_col *ppar,
                                     double *logz, double *mean, double *sd) {
  HF_NAME(panels) p;
  double share = q->order <= 15 ? 1e-3 : q->order <= 31 ? 1e-6 : 1e-11;
  int status = HF_OK;
  for (int i = 0; !status && i < n; i++) {
    HF_NAME(lane) g = HF_NAME(lane_of)(q, stat, lpar, loc, ppar, i);
    status = HF_NAME(fill_panels)(q, &g, share, mean != NULL, &p);
    logz[i] = p.top < HF_FLOOR ? -HF_INF : p.top + hf_log(p.total);
    if (mean) mean[i] = p.mean;
    if (sd) sd[i] = p.sd;
  }
  return status;
}

/* (3) within a panel: its place in [-1, 1] where F is `part`, from densities f (HF_GK,). */
static double HF_NAME(within_panel)(const double *f, double part) {
  enum { M = HF_NAME(DEGREE) };
  double c[M + 1] = {0.0}, lo = -1.0, hi = 1.0, x = 0.0;
  for (int i = 0; i < HF_GK; i++) {
    double one = 1.0, two = hf_gk_x[i], g = hf_gk_k[i] * f[i];
    for (int m = 0; m <= M; m++) {
      double next = ((2.0 * m + 3.0) * hf_gk_x[i] * two - (m + 1.0) * one) / (m + 2.0);
      c[m] += (m + 0.5) * g * one;
      one = two;
      two = next;
    }
  }
  for (int it = 0; it < 60; it++) {
    double before = 0.0, one = 1.0, two = x, value = c[0] * (x + 1.0) - part, slope = c[0];
    for (int m = 1; m <= M; m++) {
      double next = ((2.0 * m + 1.0) * x * two - m * one) / (m + 1.0);
      before = one;
      one = two;
      two = next;
      value += c[m] * (two - before) / (2.0 * m + 1.0);
      slope += c[m] * one;
    }
    if (value > 0.0)
      hi = x;
    else
      lo = x;
    double to = x - value / slope;
    to = to > lo && to < hi ? to : 0.5 * (lo + hi);
    if (__builtin_fabs(to - x) < 1e-14) return to;
    x = to;
  }
  return x;
}

/* (3) of one effect at n_u probabilities. */
static int HF_NAME(invert_panels)(const hf_integral *q, const hf_col *stat, const hf_col *lpar,
                                  hf_col loc, const hf_col *ppar, int n_u, const double *u,
                                  double *theta) {
  HF_NAME(panels) p;
  int order[HF_NAME(PANELS)];
  double cumulative[HF_NAME(PANELS) + 1];
  HF_NAME(lane) g = HF_NAME(lane_of)(q, stat, lpar, loc, ppar, 0);
  int status = HF_NAME(fill_panels)(q, &g, 1e-11, 0, &p);
  if (status) return status;
  for (int k = 0; k < p.n; k++) {
    int at = k;
    for (; at > 0 && p.a[order[at - 1]] > p.a[k]; at--) order[at] = order[at - 1];
    order[at] = k;
  }
  cumulative[0] = 0.0;
  for (int k = 0; k < p.n; k++) cumulative[k + 1] = cumulative[k] + p.sum[order[k]];
  for (int i = 0; i < n_u; i++) {
    double target = u[i] * cumulative[p.n];
    int lo = 0, hi = p.n;
    while (hi - lo > 1) {
      int mid = (lo + hi) / 2;
      if (cumulative[mid] <= target)
        lo = mid;
      else
        hi = mid;
    }
    int k = order[lo];
    double half = 0.5 * (p.b[k] - p.a[k]);
    double x = HF_NAME(within_panel)(p.f[k], (target - cumulative[lo]) / half);
    theta[i] = 0.5 * (p.a[k] + p.b[k]) + half * x;
  }
  return HF_OK;
}
#undef HF_GRADE
#undef HF_NOTHING
#undef HF_HIGHER
#endif
