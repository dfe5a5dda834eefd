/* phi/integrated.c: log p(phi | y) with every group's effect integrated out by quadrature,
 *   (1) log p(phi | y) = log p(phi) + sum_cells mult log Z(cell, phi),  Z of theta/quadrature.h.
 * Lanes are (phi, cell) pairs, so that few groups and many phi fill tiles as well as the reverse.
 *   (2) error = 2 sqrt(sum over axes of max over points of |lp(order) - lp(next order)|^2) + rounding, both read
 *       relative to the mode, at 1 and 3 sd on either side along each whitened axis: of an error that is
 *       linear there, no less than its largest within 3 sd in any direction. Its change between points
 *       2 sd apart is that of the gradient times 2 posterior sd. The order is the least whose error is below
 *       what is asked for.
 * Source: Pinheiro and Bates (1995), J. Comput. Graph. Stat. 4(1), adaptive Gauss-Hermite. */
#include "phi.h"

#include "hfmath.h"
#include "reduce.h"
#include "theta/rows.h"

void hf_gather(const hf_integrated *c, int n_phi, const double *x, int n, const int *phi,
               const int64_t *cell, hf_gathered *l) {
  const hf_integral *q = &c->integral;
  for (int i = 0; i < n; i++) {
    for (int s = 0; s < hf_n_stat(q); s++)
      l->stat[s][i] = c->stat[s].p[cell[i] * c->stat[s].stride];
    for (int a = 0; a < c->n_lpar; a++) l->lpar[a][i] = hf_arg_at(&c->lpar[a], x, n_phi, phi[i]);
    for (int a = 0; a < q->population->n_par; a++)
      l->ppar[a][i] = hf_arg_at(&c->ppar[a], x, n_phi, phi[i]);
    l->loc[i] = hf_arg_at(&c->loc, x, n_phi, phi[i]) + hf_predicted(c, x, n_phi, phi[i], cell[i]);
  }
  for (int s = 0; s < HF_MAX_STAT; s++) l->stats[s] = (hf_col){l->stat[s], 1};
  for (int a = 0; a < HF_MAX_CUT; a++) l->lpars[a] = (hf_col){l->lpar[a], 1};
  for (int a = 0; a < HF_MAX_PAR; a++) l->ppars[a] = (hf_col){l->ppar[a], 1};
  l->place = (hf_col){l->loc, 1};
}

int hf_gather_next(const hf_integrated *c, int n_phi, const double *x, int64_t first,
                   hf_gathered *l) {
  int64_t left = n_phi * c->n_cell - first, cell[HF_TILE];
  int phi[HF_TILE], w = left < HF_TILE ? (int)left : HF_TILE;
  if (c->n_cell < HF_ALONE) {
    for (int i = 0; i < w; i++) {
      phi[i] = (int)((first + i) / c->n_cell);
      cell[i] = (first + i) % c->n_cell;
    }
    hf_gather(c, n_phi, x, w, phi, cell, l);
    return w;
  }
  int64_t lo = first % c->n_cell;
  int at = (int)(first / c->n_cell);
  w = c->n_cell - lo < HF_TILE ? (int)(c->n_cell - lo) : HF_TILE;
  for (int s = 0; s < hf_n_stat(&c->integral); s++)
    l->stats[s] = (hf_col){c->stat[s].p + lo * c->stat[s].stride, c->stat[s].stride};
  for (int a = 0; a < c->n_lpar; a++) {
    l->lpar[a][0] = hf_arg_at(&c->lpar[a], x, n_phi, at);
    l->lpars[a] = (hf_col){l->lpar[a], 0};
  }
  for (int a = 0; a < c->integral.population->n_par; a++) {
    l->ppar[a][0] = hf_arg_at(&c->ppar[a], x, n_phi, at);
    l->ppars[a] = (hf_col){l->ppar[a], 0};
  }
  double loc = hf_arg_at(&c->loc, x, n_phi, at);
  for (int i = 0; i < (c->n_design ? w : 1); i++)
    l->loc[i] = loc + hf_predicted(c, x, n_phi, at, lo + i);
  l->place = (hf_col){l->loc, c->n_design > 0};
  return w;
}

void hf_add_overall(const hf_integrated *c, int n, const double *x, double *lp) {
  double value[HF_MAX_CUT][HF_TILE];
  hf_col par[HF_MAX_CUT];
  if (!c->integral.likelihood->overall) return;
  for (int a = 0; a < c->n_lpar; a++) {
    for (int i = 0; i < n; i++) value[a][i] = hf_arg_at(&c->lpar[a], x, n, i);
    par[a] = (hf_col){value[a], 1};
  }
  c->integral.likelihood->overall(n, par, c->integral.user, lp);
}

/* Adds (1) without the prior by the adaptive rule alone. */
static int add_adaptive(const hf_integrated *c, int n, const double *x, const volatile int *stop,
                        double *lp) {
  double logz[HF_TILE];
  hf_gathered l;
  int64_t total = n * c->n_cell;
  int status = HF_OK;
  for (int64_t lo = 0, w; !status && lo < total; lo += w) {
    if (hf_stopped(stop)) return HF_STOPPED;
    w = hf_gather_next(c, n, x, lo, &l);
    status = c->kernels->integrate(&c->integral, (int)w, l.stats, l.lpars, l.place, l.ppars, logz,
                                   NULL, NULL);
    for (int i = 0; i < w; i++)
      lp[(lo + i) / c->n_cell] += c->mult.p[(lo + i) % c->n_cell * c->mult.stride] * logz[i];
  }
  return status;
}

int hf_integrated_log(const hf_integrated *c, int n, const double *x, const volatile int *stop,
                      double *lp) {
  hf_add_overall(c, n, x, lp);
  int status = (c->fixed.n ? hf_nodes_add : add_adaptive)(c, n, x, stop, lp);
  for (int i = 0; !status && i < n; i++) lp[i] = lp[i] == lp[i] ? lp[i] : -HF_INF;
  return status;
}

int hf_integrated_eval(const hf_target *t, int n, const double *z, double *lp) {
  const hf_integrated *c = t->ctx;
  double x[HF_MAX_PHI * HF_TILE];
  int status = hf_hyper_expand(c->kernels, c->hyper, n, z, x, lp);
  return status ? status : hf_integrated_log(c, n, x, t->stop, lp);
}

hf_integrated hf_some_cells(const hf_integrated *c, int64_t lo, int64_t hi) {
  hf_integrated some = *c;
  for (int s = 0; s < hf_n_stat(&c->integral); s++) some.stat[s].p += lo * c->stat[s].stride;
  for (int k = 0; k < c->n_design; k++) some.design[k].p += lo * c->design[k].stride;
  some.mult.p += lo * c->mult.stride;
  some.n_cell = hi - lo;
  some.fixed.n = 0;
  return some;
}

int hf_integrated_marginal(const hf_integrated *c, int n_phi, const double *x, int64_t lo,
                           int64_t hi, const volatile int *stop, double *logz) {
  hf_integrated some = hf_some_cells(c, lo, hi);
  hf_gathered l;
  int status = HF_OK;
  for (int64_t i = 0, w; !status && i < n_phi * some.n_cell; i += w) {
    if (hf_stopped(stop)) return HF_STOPPED;
    w = hf_gather_next(&some, n_phi, x, i, &l);
    status = c->kernels->integrate(&c->integral, (int)w, l.stats, l.lpars, l.place, l.ppars,
                                   logz + i, NULL, NULL);
  }
  return status;
}

int hf_integrated_groups(const hf_integrated *c, const double *x, int64_t n, const int64_t *cell,
                         double *mean, double *sd) {
  double logz[HF_TILE];
  int phi[HF_TILE] = {0}, status = HF_OK;
  hf_gathered l;
  for (int64_t i = 0; !status && i < n; i += HF_TILE) {
    int w = n - i < HF_TILE ? (int)(n - i) : HF_TILE;
    hf_gather(c, 1, x, w, phi, cell + i, &l);
    status = c->kernels->integrate(&c->integral, w, l.stats, l.lpars, (hf_col){l.loc, 1}, l.ppars,
                                   logz, mean + i, sd + i);
  }
  return status;
}

int hf_integrated_invert(const hf_integrated *c, const double *x, int64_t n, const int64_t *cell,
                         const double *u, double *theta) {
  hf_gathered l;
  int status = HF_OK;
  for (int64_t k = 0, many; !status && k < n; k += many) {
    for (many = 1; cell && many < INT32_MAX && k + many < n && cell[k + many] == cell[k];) many++;
    int phi = 0;
    int64_t one = cell ? cell[k] : k;
    hf_gather(c, 1, x, 1, &phi, &one, &l);
    for (int s = 0; s < HF_MAX_STAT; s++) l.stats[s].stride = 0;
    for (int a = 0; a < HF_MAX_CUT; a++) l.lpars[a].stride = 0;
    for (int a = 0; a < HF_MAX_PAR; a++) l.ppars[a].stride = 0;
    status = c->kernels->invert(&c->integral, l.stats, l.lpars, (hf_col){l.loc, 0}, l.ppars,
                                (int)many, u + k, theta + k);
  }
  return status;
}

/* Lanes of cell[lo + i] (or lo + i), as many as a tile has, at the one phi in x; how many. */
static int gather_given(const hf_integrated *c, const double *x, int64_t lo, int64_t n,
                        const int64_t *cell, hf_gathered *l) {
  int64_t at[HF_TILE];
  int phi = 0, w = n - lo < HF_TILE ? (int)(n - lo) : HF_TILE;
  for (int i = 0; i < w; i++) at[i] = cell ? cell[lo + i] : lo + i;
  hf_gather(c, 1, x, 1, &phi, at, l);
  for (int s = 0; s < hf_n_stat(&c->integral); s++)
    for (int i = 0; i < w; i++) l->stat[s][i] = c->stat[s].p[at[i] * c->stat[s].stride];
  for (int i = 0; i < w; i++)
    l->loc[i] = hf_arg_at(&c->loc, x, 1, 0) + hf_predicted(c, x, 1, 0, at[i]);
  for (int a = 0; a < HF_MAX_CUT; a++) l->lpars[a].stride = 0;
  for (int a = 0; a < HF_MAX_PAR; a++) l->ppars[a].stride = 0;
  return w;
}

int hf_integrated_modes(const hf_integrated *c, const double *x, int64_t n, const int64_t *cell,
                        double *mode) {
  hf_gathered l;
  int status = HF_OK;
  for (int64_t lo = 0; !status && lo < n; lo += HF_TILE) {
    int w = gather_given(c, x, lo, n, cell, &l);
    status = c->kernels->modes(&c->integral, w, l.stats, l.lpars, l.place, l.ppars, mode + lo);
  }
  return status;
}

int hf_integrated_reject(const hf_integrated *c, const double *x, int64_t n, const int64_t *cell,
                         const double *near, uint64_t key, uint64_t base, const uint64_t *label,
                         uint32_t sweep, double *theta) {
  hf_gathered l;
  uint64_t of[HF_TILE];
  int status = HF_OK;
  for (int64_t lo = 0; !status && lo < n; lo += HF_TILE) {
    int w = gather_given(c, x, lo, n, cell, &l);
    for (int i = 0; i < w; i++) of[i] = label ? label[lo + i] : base + (uint64_t)(lo + i);
    status = c->kernels->reject(&c->integral, w, l.stats, l.lpars, l.place, l.ppars,
                                near ? near + lo : NULL, key, of, sweep, theta + lo);
  }
  return status;
}

enum { POINTS = HF_AROUND };
#define ROUNDING 4e-15 /* of sums over cells */
#define UNSEEN 5e-6    /* nats below which nothing is told apart */

/* The design (2): the mode, and two points on either side of it along each axis. */
static int design(const hf_proposal *p, double near, double far, double *z) {
  int d = p->d, n = 1 + 4 * d;
  for (int k = 0; k < d; k++) {
    for (int i = 0; i < n; i++) z[k * n + i] = p->mode[k];
    for (int i = 1; i < n; i++) {
      int axis = (i - 1) / 4;
      double u = (i - 1) & 1 ? p->right[axis] : -p->left[axis];
      z[k * n + i] += ((i - 1) & 2 ? far : near) * u * p->shape[k * d + axis];
    }
  }
  return n;
}

int hf_integrated_design(const hf_target *t, const hf_proposal *p, double *x) {
  const hf_integrated *c = t->ctx;
  double z[HF_MAX_PHI * POINTS], lp[POINTS];
  int n = design(p, 1.5, 4.0, z);
  return hf_hyper_expand(c->kernels, c->hyper, n, z, x, lp);
}

int hf_integrated_around(const hf_target *t, const hf_proposal *p, double *lp) {
  double z[HF_MAX_PHI * POINTS];
  return t->eval(t, design(p, 1.0, 3.0, z), z, lp);
}

double hf_integrated_apart(int d, const double *a, const double *b) {
  double square = 0.0, top = __builtin_fabs(a[0]);
  for (int axis = 0; axis < d; axis++) {
    double most = 0.0;
    for (int i = 1 + 4 * axis; i < 5 + 4 * axis; i++) {
      int none = a[i] == -HF_INF && b[i] == -HF_INF;
      double e = none ? 0.0 : __builtin_fabs((a[i] - a[0]) - (b[i] - b[0]));
      most = e > most || e != e ? e : most;
    }
    square += most * most;
  }
  return 2.0 * __builtin_sqrt(square) + ROUNDING * top + UNSEEN;
}

static void set_order(hf_integrated *part, int n_part, int order) {
  for (int k = 0; k < n_part; k++) part[k].integral.order = order;
}

/* The least order whose error (2) is below what is wanted, and that error. */
static int least(hf_integrated *part, int n_part, const hf_target *t, const hf_proposal *p,
                 double wanted, int *order, double *error) {
  static const int orders[] = {15, 31, 61, 255};
  double lp[4][POINTS], before = HF_INF;
  int status = HF_OK, o = 0, most = 4;
  for (int k = 0; k < n_part; k++) most = hf_heavy(&part[k].integral) ? 3 : most;
  *error = HF_INF;
  for (; !status && o < most; o++) {
    set_order(part, n_part, orders[o]);
    status = hf_integrated_around(t, p, lp[o]);
    if (status || o == 0) continue;
    before = *error;
    *error = hf_integrated_apart(t->d, lp[o], lp[o - 1]);
    if (*error < wanted) break;
  }
  *order = orders[o < most ? o - 1 : most - 1];
  if (status || o < most) return status;
  /* of the last order nothing is known but that differences fall at least as fast as before */
  double ratio = *error / before;
  *error *= ratio < 0.5 ? ratio / (1.0 - ratio) : 1.0;
  return HF_OK;
}

int hf_integrated_order(hf_integrated *part, int n_part, const hf_target *t, const hf_proposal *p,
                        double wanted, double *error) {
  hf_fixed fixed = part->fixed;
  int order, less;
  part->fixed.n = 0;
  int status = least(part, n_part, t, p, wanted, &order, error);
  part->fixed = fixed;
  if (!status && fixed.n) status = least(part, n_part, t, p, wanted, &less, error + 1);
  if (!status) set_order(part, n_part, order);
  return status;
}
