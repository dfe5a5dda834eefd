/* phi/points.c: equations in phi/points.h. */
#include "phi/points.h"

#include "hfmath.h"
#include "special.h"
#include "theta/rows.h"

enum { WIDE = 8 }; /* cells whose values are written side by side */

static int blocks(const hf_points *c) { return (c->n_point + HF_STRIDE - 1) / HF_STRIDE; }

int64_t hf_weights_size(const hf_points *c) {
  int64_t m = c->n_point, n = c->rows.n_cell;
  return (4 + WIDE) * m + blocks(c) + (c->by_point ? n + (c->column ? 0 : n * m) : 0);
}

hf_weights hf_weights_of(const hf_points *c, double *at) {
  int64_t m = c->n_point;
  double *row = at + 3 * m, *share = row + WIDE * m, *block = share + m, *sum = block + blocks(c);
  return (hf_weights){at, at + m, at + 2 * m, row, share, block, sum, sum + c->rows.n_cell};
}

int hf_points_row(const hf_points *c, int n, const double *x, int i, int64_t cell, double *log,
                  double *value, double *top) {
  hf_gathered l;
  int status = HF_OK;
  hf_gather(&c->rows, n, x, 1, &i, &cell, &l);
  for (int s = 0; s < HF_MAX_STAT; s++) l.stats[s].stride = 0;
  for (int a = 0; a < HF_MAX_CUT; a++) l.lpars[a].stride = 0;
  for (int lo = 0; !status && lo < c->n_point; lo += HF_TILE) {
    int w = c->n_point - lo < HF_TILE ? c->n_point - lo : HF_TILE;
    status =
        hf_rows_eval(&c->rows.integral, w, c->point + lo, l.stats, l.lpars, log + lo, NULL, NULL);
  }
  if (!status) *top = c->kernels->point_scale(c->n_point, log, value);
  return status;
}

int hf_points_fill(const hf_points *c, const double *x, int64_t n, const int64_t *cell,
                   int by_point, const volatile int *stop, double *row, double *value,
                   double *top) {
  int m = c->n_point, status = HF_OK;
  for (int64_t lo = 0; !status && lo < n; lo += WIDE) {
    int w = n - lo < WIDE ? (int)(n - lo) : WIDE;
    if (hf_stopped(stop)) return HF_STOPPED;
    for (int i = 0; !status && i < w; i++) {
      int64_t one = cell ? cell[lo + i] : lo + i;
      double *to = by_point ? row + i * m : value + (lo + i) * m, at;
      status = hf_points_row(c, 1, x, 0, one, to, to, &at);
      if (top) top[lo + i] = at;
    }
    for (int k = 0; by_point && k < m; k++)
      for (int i = 0; i < w; i++) value[k * n + lo + i] = row[i * m + k];
  }
  return status;
}

int hf_points_log(const hf_points *c, int n, const double *x, const double *w,
                  const volatile int *stop, double *row, double *ll) {
  double *share = row + c->n_point, *block = share + c->n_point, top;
  int status = HF_OK;
  for (int i = 0; i < n; i++) ll[i] = 0.0;
  for (int64_t cell = 0; !status && cell < c->rows.n_cell; cell++) {
    double mult = c->rows.mult.p[cell * c->rows.mult.stride];
    if (cell % HF_TILE == 0 && hf_stopped(stop)) return HF_STOPPED;
    for (int i = 0; !status && mult > 0.0 && i < n; i++) {
      status = hf_points_row(c, n, x, i, cell, row, row, &top);
      if (status) break;
      double total = c->kernels->point_shares(c->n_point, w, row, share, block);
      ll[i] += mult * (top + hf_log(total));
    }
  }
  if (!status) hf_add_overall(&c->rows, n, x, ll);
  for (int i = 0; i < n; i++) ll[i] = ll[i] == ll[i] ? ll[i] : -HF_INF;
  return status;
}

int hf_points_find(int n, const double *share, const double *block, double total, double u) {
  double left = u * total;
  int b = 0, last = (n - 1) / HF_STRIDE;
  while (b < last && !(left < block[b])) left -= block[b++];
  while (b > 0 && !(block[b] > 0.0)) { /* rounding led beyond all shares */
    b--;
    left = HF_INF;
  }
  int k = b * HF_STRIDE, end = k + HF_STRIDE < n ? k + HF_STRIDE : n, found = k;
  for (; k < end; k++) {
    if (!(share[k] > 0.0)) continue;
    found = k;
    if (left < share[k]) break;
    left -= share[k];
  }
  return found;
}

int hf_points_invert(const hf_points *c, const double *x, const double *w, int64_t n,
                     const int64_t *cell, const double *u, double *row, double *theta) {
  double *share = row + c->n_point, *block = share + c->n_point, total = 0.0, top;
  int status = HF_OK;
  for (int64_t i = 0; !status && i < n; i++) {
    if (i == 0 || cell[i] != cell[i - 1]) {
      status = hf_points_row(c, 1, x, 0, cell[i], row, row, &top);
      if (status) break;
      total = c->kernels->point_shares(c->n_point, w, row, share, block);
    }
    theta[i] = c->point[hf_points_find(c->n_point, share, block, total, u[i])];
  }
  return status;
}

/* (4) or (5). */
static double of_weights(const hf_points_given *g, double alpha) {
  const hf_points *c = g->model;
  double sum = hf_lgamma(alpha);
  if (g->marginal) sum -= hf_lgamma(alpha + c->n_group);
  for (int k = 0; k < c->n_point; k++) {
    double a = alpha * c->base[k];
    if (!g->marginal)
      sum += (a - 1.0) * g->at.log_w[k] - hf_lgamma(a);
    else if (g->at.count[k] > 0.0)
      sum += hf_lgamma(a + g->at.count[k]) - hf_lgamma(a);
  }
  return sum;
}

int hf_points_given_eval(const hf_target *t, int n, const double *z, double *lp) {
  const hf_points_given *g = t->ctx;
  const hf_points *c = g->model;
  const int *own = c->own[g->kind];
  double all[HF_MAX_PHI * HF_TILE], x[HF_MAX_PHI * HF_TILE], ll[HF_TILE];
  for (int k = 0; k < c->hyper->n_node; k++)
    for (int i = 0; i < n; i++) all[k * n + i] = g->z[k];
  for (int k = 0; k < c->n_own[g->kind]; k++)
    for (int i = 0; i < n; i++) all[own[k] * n + i] = z[k * n + i];
  int status = hf_hyper_expand(c->kernels, c->hyper, n, all, x, lp);
  if (!status && g->kind == HF_OF_ROWS)
    status = hf_points_log(c, n, x, g->at.w, g->stop, g->at.row, ll);
  for (int i = 0; !status && i < n; i++) {
    if (g->kind == HF_OF_WEIGHTS) ll[i] = of_weights(g, hf_arg_at(&c->concentration, x, n, i));
    ll[i] += lp[i];
    lp[i] = ll[i] == ll[i] ? ll[i] : -HF_INF;
  }
  return status;
}

int hf_points_eval(const hf_target *t, int n, const double *z, double *lp) {
  const hf_points *c = t->ctx;
  double x[HF_MAX_PHI * HF_TILE], ll[HF_TILE], row[3 * HF_MAX_POINT];
  int status = hf_hyper_expand(c->kernels, c->hyper, n, z, x, lp);
  for (int i = 0; i < n; i++) ll[i] = 0.0;
  if (!status && c->n_own[HF_OF_ROWS]) status = hf_points_log(c, n, x, c->base, t->stop, row, ll);
  for (int i = 0; !status && i < n; i++) {
    ll[i] += lp[i];
    lp[i] = ll[i] == ll[i] ? ll[i] : -HF_INF;
  }
  return status;
}

int hf_pair_eval(const hf_target *t, int n, const double *z, double *lp) {
  hf_pair_of_points *g = (hf_pair_of_points *)t->ctx;
  const hf_points *c = g->model;
  for (int i = 0; i < n; i++) {
    double e = hf_exp(-__builtin_fabs(z[i])), low = -hf_log1p(e), high = low - __builtin_fabs(z[i]);
    double v = z[i] > 0.0 ? low : high, rest = z[i] > 0.0 ? high : low;
    g->log_w[0] = g->both + v;
    g->log_w[1] = g->both + rest;
    double a = hf_exp(g->log_w[0]) - g->w[0], b = hf_exp(g->log_w[1]) - g->w[1];
    g->ll = c->kernels->point_line(c->rows.n_cell, g->sum, g->left, g->right, a, b, c->rows.mult);
    double all = g->ll + (g->a * v + g->b * rest);
    lp[i] = all == all ? all : -HF_INF;
  }
  return HF_OK;
}
