/* theta/nodes.h: quadrature on nodes that stay where they are while phi moves, so that likelihoods are
 * computed once and a density of the population serves all cells that share its nodes.
 *   (1) theta_g = h g, g = first .. first + count - 1, h = 2^level;
 *       log Z = top + log h + log S,  S = sum_g L_g p(theta_g | phi),  L_g = exp(log p(y | theta_g) - top)
 *   (2) with S = s_0 + s_1 + s_2 + s_3, s_k over g = first + k mod 4: accepted where
 *       |s_0 + s_2 - s_1 - s_3| <= HALF S,  |s_0 - s_2| + |s_1 - s_3| <= QUARTER S,  ends of the sum <= END S
 *   (3) where nodes must reach: as far from the peaks as the log density is DROP below the top
 *   (4) of a population with heavy tails, step <= scale / 2, beside a likelihood that is not log-concave
 *       step <= scale / 1.5, of a population of shapes that of its parabola: sums over a smooth tail, where the
 *       likelihood is, would not tell that its peak falls between two nodes. A log-concave integrand has no
 *       second peak.
 *   (5) of a mixture over T values of phi, mass of node g: L_g mean_t p(theta_g | phi_t) / S_t, adds up to 1;
 *       expectations of smooth functions of theta are sums over it, as good as (1)
 * Of a density that is analytic in a strip, the trapezoidal rule of step h errs by the square of the rule
 * of step 2 h; the two rules of step 2 h differ by (2), hence the error of log Z is about HALF^2.
 * Source: Trefethen and Weideman (2014), SIAM Review 56(3), theorem 5.1. */
#ifdef HF_BODY
#include "lanes.h"

#define HF_DROP 27.0
#define HF_HALF 2e-5
#define HF_QUARTER 0.08
#define HF_END 1e-11

/* (3) of n <= HF_TILE lanes, and the smallest scale of a peak; 0 where there is no end. */
static int HF_NAME(span)(const hf_integral *q, int n, const hf_col *stat, const hf_col *lpar,
                         hf_col loc, const hf_col *ppar, double *low, double *high, double *scale) {
  double top[HF_TILE];
  int status;
  if (hf_heavy(q)) {
    HF_NAME(peaks) p;
    status = HF_NAME(find_peaks)(q, n, stat, lpar, loc, ppar, &p, top);
    for (int i = 0; i < n; i++) {
      int order = p.m[0][i] < p.m[1][i];
      low[i] = p.m[!order][i], high[i] = p.m[order][i];
      scale[i] = p.s[p.s[1][i] < p.s[0][i]][i] / 1.41421356237309504880;
    }
  } else {
    HF_NAME(joint) at;
    status = HF_NAME(find_modes)(q, n, stat, lpar, loc, ppar, low, scale, &at);
    for (int i = 0; i < n; i++) high[i] = low[i], top[i] = at.f[i];
  }
  if (!status)
    status = HF_NAME(outward)(q, n, stat, lpar, loc, ppar, top, HF_DROP, -1.0, scale, low);
  if (!status)
    status = HF_NAME(outward)(q, n, stat, lpar, loc, ppar, top, HF_DROP, 1.0, scale, high);
  return status;
}

/* Least scale of (4) over a step, of parameters par of stride 0. */
static int HF_NAME(too_narrow)(const hf_integral *q, double h, const hf_col *par, int *narrow) {
  double scale = par[0].p[0], at, lp, d1, d2;
  int status = HF_OK;
  if (q->likelihood->ends && q->population->middle) {
    q->population->middle(1, par, &at);
    status = q->population->eval(1, &at, par[0], par, q->user, &lp, &d1, &d2);
    scale = 1.0 / __builtin_sqrt(-d2);
  }
  *narrow = hf_heavy(q) && !(scale >= (q->likelihood->ends ? 1.5 : 2.0) * h);
  return status;
}

/* p(theta_g | phi) of n phi at m neighbouring nodes from g on; 0 where (4) does not hold, and beyond n.
 * Those of one phi are `along` apart, those of one node `across`. */
static int HF_NAME(population_at_nodes)(const hf_integral *q, int64_t g, int64_t level, int m,
                                        int n, hf_col loc, const hf_col *ppar, int along,
                                        int across, double *density) {
  double theta[HF_TILE], lp[HF_TILE] = {0.0}, h = hf_two_to((int)level);
  for (int i = 0; i < m; i++) theta[i] = h * (double)(g + i);
  for (int k = 0; k < HF_WIDE; k++) {
    hf_col par[HF_MAX_PAR];
    int status = HF_OK, unseen = k >= n;
    for (int a = 0; !unseen && a < q->population->n_par; a++) par[a] = (hf_col){ppar[a].p + k, 0};
    if (!unseen) status = HF_NAME(too_narrow)(q, h, par, &unseen);
    if (!unseen && !status)
      status = q->population->eval(m, theta, (hf_col){loc.p + k, 0}, par, q->user, lp, NULL, NULL);
    if (status) return status;
    for (int i = 0; !unseen && i < m; i++) lp[i] = hf_exp(lp[i]);
    for (int i = 0; i < m; i++) density[along * i + across * k] = unseen ? 0.0 : lp[i];
  }
  return HF_OK;
}

/* S where (2) holds, else -1, of four phi; s[k] as in (2), e the ends. */
static inline void HF_NAME(accept)(const hf_four *s, const hf_four *e, hf_four *out) {
  hf_four even = s[0] + s[2], odd = s[1] + s[3], sum = even + odd;
  hf_four rest = HF_FOUR_ABS(s[0] - s[2]) + HF_FOUR_ABS(s[1] - s[3]);
  hf_four_bits good = (sum > 1e-250) & (HF_FOUR_ABS(even - odd) <= HF_HALF * sum) &
                      (rest <= HF_QUARTER * sum) & (*e <= HF_END * sum);
  hf_four none = {-1.0, -1.0, -1.0, -1.0};
  *out = (hf_four)((good & (hf_four_bits)sum) | (~good & (hf_four_bits)none));
}

/* The same of a cell at HF_WIDE phi, from densities (count, HF_WIDE). */
static void HF_NAME(sum_nodes)(int64_t count, const double *value, const double *density,
                               double *out) {
  hf_four a0 = {0.0}, a1 = a0, a2 = a0, a3 = a0, b0 = a0, b1 = a0, b2 = a0, b3 = a0;
  const hf_four *d = (const hf_four *)density, *last = d + 2 * (count - 1);
  for (int64_t g = 0; g < count; g += 4, d += 8) {
    a0 += value[g] * d[0], b0 += value[g] * d[1];
    a1 += value[g + 1] * d[2], b1 += value[g + 1] * d[3];
    a2 += value[g + 2] * d[4], b2 += value[g + 2] * d[5];
    a3 += value[g + 3] * d[6], b3 += value[g + 3] * d[7];
  }
  const hf_four *first = (const hf_four *)density, a[] = {a0, a1, a2, a3}, b[] = {b0, b1, b2, b3};
  hf_four end[] = {value[0] * first[0] + value[count - 1] * last[0],
                   value[0] * first[1] + value[count - 1] * last[1]};
  HF_NAME(accept)(a, end, (hf_four *)out);
  HF_NAME(accept)(b, end + 1, (hf_four *)out + 1);
}

/* Densities at the nodes from *from on that cells lo.. *hi share. */
static int HF_NAME(shared)(const hf_integral *q, const hf_fixed *f, int64_t lo, int n, hf_col loc,
                           const hf_col *ppar, double *density, int64_t *from, int64_t *hi) {
  int64_t to;
  *hi = hf_fixed_share(f, lo, from, &to);
  return HF_NAME(population_at_nodes)(q, *from, f->level[lo], (int)(to - *from), n, loc, ppar,
                                      f->moving ? 1 : HF_WIDE, f->moving ? HF_TILE : 1, density);
}

#include "theta/moving.h"

/* (1) of cells lo.. *hi at n <= HF_WIDE phi: logz (cells, HF_WIDE), infinite where (2) does not hold. */
static int HF_NAME(at_nodes)(const hf_integral *q, const hf_fixed *f, int64_t lo, int n,
                             const hf_col *stat, const hf_col *lpar, hf_col loc, const hf_col *ppar,
                             double *logz, int64_t *hi) {
  double density[HF_WIDE * HF_TILE];
  int64_t from;
  int status = HF_NAME(shared)(q, f, lo, n, loc, ppar, density, &from, hi);
  if (!status && f->moving) HF_NAME(sum_moving)(q, f, lo, *hi, from, n, stat, lpar, density, logz);
  for (int64_t c = lo; !status && !f->moving && c < *hi; c++)
    HF_NAME(sum_nodes)(f->count[c], f->value + f->at[c], density + HF_WIDE * (f->first[c] - from),
                       logz + HF_WIDE * (c - lo));
  for (int64_t i = 0; !status && i < HF_WIDE * (*hi - lo); i++) {
    double log_sum = hf_log(logz[i] > 0.0 ? logz[i] : 1.0) + f->top[lo + i / HF_WIDE];
    logz[i] = logz[i] > 0.0 ? log_sum : HF_INF;
  }
  return status;
}

/* (5) before L: adds p(theta_g | phi) / S over n <= HF_WIDE phi to sum (nodes of cells lo.. *hi, 4),
 * and to missed (cells,) how often (2) does not hold. */
static int HF_NAME(blend)(const hf_integral *q, const hf_fixed *f, int64_t lo, int n, hf_col loc,
                          const hf_col *ppar, double *sum, int64_t *missed, int64_t *hi) {
  double density[HF_WIDE * HF_TILE], s[HF_WIDE];
  int64_t from;
  int status = HF_NAME(shared)(q, f, lo, n, loc, ppar, density, &from, hi);
  for (int64_t c = lo; !status && c < *hi; c++) {
    const hf_four *d = (const hf_four *)(density + HF_WIDE * (f->first[c] - from));
    hf_four *to = (hf_four *)sum + (f->at[c] - f->at[lo]);
    HF_NAME(sum_nodes)(f->count[c], f->value + f->at[c], (const double *)d, s);
    for (int k = 0; k < HF_WIDE; k++) {
      missed[c - lo] += s[k] < 0.0 && k < n;
      s[k] = s[k] > 0.0 ? 1.0 / s[k] : 0.0;
    }
    hf_four left = {s[0], s[1], s[2], s[3]}, right = {s[4], s[5], s[6], s[7]};
    for (int64_t g = 0; g < f->count[c]; g++) to[g] += d[2 * g] * left + d[2 * g + 1] * right;
  }
  return status;
}
#undef HF_DROP
#undef HF_HALF
#undef HF_QUARTER
#undef HF_END
#endif
