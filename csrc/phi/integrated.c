/* phi/integrated.c: log p(phi | y) with every group's effect integrated out by quadrature,
 *   (1) log p(phi | y) = log p(phi) + sum_cells mult log Z(cell, phi),  Z of theta/quadrature.h.
 * Lanes are (phi, cell) pairs, so that few groups and many phi fill tiles as well as the reverse.
 *   (2) error = max over a design of phi around the mode of |lp(order) - lp(next order)|, both read
 *       relative to the mode; the order is the least whose error is below what is asked for.
 * Source: Pinheiro and Bates (1995), J. Comput. Graph. Stat. 4(1), adaptive Gauss-Hermite. */
#include "phi.h"

#include "hfmath.h"
#include "reduce.h"
#include "theta/rows.h"

/* Columns of a lane block: statistics of its cells and arguments of its phi, gathered. */
typedef struct {
  double stat[HF_MAX_STAT][HF_TILE], lpar[HF_MAX_PAR][HF_TILE], ppar[HF_MAX_PAR][HF_TILE],
      loc[HF_TILE];
  hf_col stats[HF_MAX_STAT], lpars[HF_MAX_PAR], ppars[HF_MAX_PAR];
} lanes;

static void gather(const hf_integrated *c, int n, const double *x, int64_t first, int w, lanes *l) {
  const hf_integral *q = &c->integral;
  for (int i = 0; i < w; i++) {
    int phi = (int)((first + i) / c->n_cell);
    int64_t cell = (first + i) % c->n_cell;
    for (int s = 0; s < hf_n_stat(q); s++) l->stat[s][i] = c->stat[s].p[cell * c->stat[s].stride];
    for (int a = 0; a < q->likelihood->n_par; a++)
      l->lpar[a][i] = hf_arg_at(&c->lpar[a], x, n, phi);
    for (int a = 0; a < q->population->n_par; a++)
      l->ppar[a][i] = hf_arg_at(&c->ppar[a], x, n, phi);
    l->loc[i] = hf_arg_at(&c->loc, x, n, phi);
  }
  for (int s = 0; s < HF_MAX_STAT; s++) l->stats[s] = (hf_col){l->stat[s], 1};
  for (int a = 0; a < HF_MAX_PAR; a++) {
    l->lpars[a] = (hf_col){l->lpar[a], 1};
    l->ppars[a] = (hf_col){l->ppar[a], 1};
  }
}

void hf_add_overall(const hf_integrated *c, int n, const double *x, double *lp) {
  double value[HF_MAX_PAR][HF_TILE];
  hf_col par[HF_MAX_PAR];
  if (!c->integral.likelihood->overall) return;
  for (int a = 0; a < c->integral.likelihood->n_par; a++) {
    for (int i = 0; i < n; i++) value[a][i] = hf_arg_at(&c->lpar[a], x, n, i);
    par[a] = (hf_col){value[a], 1};
  }
  c->integral.likelihood->overall(n, par, c->integral.user, lp);
}

int hf_integrated_eval(const hf_target *t, int n, const double *z, double *lp) {
  const hf_integrated *c = t->ctx;
  double x[HF_MAX_PHI * HF_TILE], logz[HF_TILE];
  lanes l;
  int64_t total = n * c->n_cell;
  int status = hf_hyper_expand(c->kernels, c->hyper, n, z, x, lp);
  if (!status) hf_add_overall(c, n, x, lp);
  for (int64_t lo = 0; !status && lo < total; lo += HF_TILE) {
    int w = total - lo < HF_TILE ? (int)(total - lo) : HF_TILE;
    if (hf_stopped(t->stop)) return HF_STOPPED;
    gather(c, n, x, lo, w, &l);
    status = c->kernels->integrate(&c->integral, w, l.stats, l.lpars, (hf_col){l.loc, 1}, l.ppars,
                                   logz, NULL, NULL);
    for (int i = 0; i < w; i++)
      lp[(lo + i) / c->n_cell] += c->mult.p[(lo + i) % c->n_cell * c->mult.stride] * logz[i];
  }
  for (int i = 0; !status && i < n; i++) lp[i] = lp[i] == lp[i] ? lp[i] : -HF_INF;
  return status;
}

int hf_integrated_groups(const hf_integrated *c, const double *x, int64_t lo, int64_t hi,
                         double *mean, double *sd) {
  double logz[HF_TILE];
  lanes l;
  int status = HF_OK;
  for (int64_t i = lo; !status && i < hi; i += HF_TILE) {
    int w = hi - i < HF_TILE ? (int)(hi - i) : HF_TILE;
    gather(c, 1, x, i, w, &l);
    status = c->kernels->integrate(&c->integral, w, l.stats, l.lpars, (hf_col){l.loc, 1}, l.ppars,
                                   logz, mean + (i - lo), sd + (i - lo));
  }
  return status;
}

int hf_integrated_invert(const hf_integrated *c, const double *x, int64_t n, const int64_t *cell,
                         const double *u, double *theta) {
  lanes l;
  int status = HF_OK;
  for (int64_t k = 0, many; !status && k < n; k += many) {
    for (many = 1; cell && many < INT32_MAX && k + many < n && cell[k + many] == cell[k];) many++;
    gather(c, 1, x, cell ? cell[k] : k, 1, &l);
    for (int s = 0; s < HF_MAX_STAT; s++) l.stats[s].stride = 0;
    for (int a = 0; a < HF_MAX_PAR; a++) l.lpars[a].stride = l.ppars[a].stride = 0;
    status = c->kernels->invert(&c->integral, l.stats, l.lpars, (hf_col){l.loc, 0}, l.ppars,
                                (int)many, u + k, theta + k);
  }
  return status;
}

int hf_integrated_order(hf_integrated *c, const hf_target *t, const hf_proposal *p, double wanted,
                        double *error) {
  static const int orders[] = {15, 31, 61};
  enum { POINTS = 1 + 4 * HF_MAX_PHI };
  double z[HF_MAX_PHI * POINTS], lp[3][POINTS];
  int d = p->d, n = 1 + 4 * d;
  for (int k = 0; k < d; k++) {
    for (int i = 0; i < n; i++) z[k * n + i] = p->mode[k];
    for (int i = 1; i < n; i++) {
      int axis = (i - 1) / 4, far = (i - 1) & 2;
      double u = (i - 1) & 1 ? p->right[axis] : -p->left[axis];
      z[k * n + i] += (far ? 2.5 : 1.0) * u * p->shape[k * d + axis];
    }
  }
  double before = *error = HF_INF;
  for (int o = 0; o < 3; o++) {
    c->integral.order = orders[o];
    int status = t->eval(t, n, z, lp[o]);
    if (status) return status;
    if (o == 0) continue;
    before = *error;
    *error = 0.0;
    for (int i = 1; i < n; i++) {
      double e = __builtin_fabs((lp[o][i] - lp[o][0]) - (lp[o - 1][i] - lp[o - 1][0]));
      *error = e > *error ? e : *error;
    }
    if (*error < wanted) {
      c->integral.order = orders[o - 1];
      return HF_OK;
    }
  }
  /* Of the last order nothing is known but that differences fall at least as fast as before. */
  double ratio = *error / before;
  *error *= ratio < 0.5 ? ratio / (1.0 - ratio) : 1.0;
  return HF_OK;
}
