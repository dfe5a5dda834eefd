/* theta/slice.c: equations in theta/slice.h. */
#include "theta/slice.h"

#include "hfmath.h"
#include "reduce.h"
#include "rng.h"
#include "theta/rows.h"

/* One group's conditional as a target over eta. */
typedef struct {
  const hf_integral *q;
  double loc, tau;
  hf_col stat[HF_MAX_STAT], lpar[HF_MAX_CUT], ppar[HF_MAX_PAR]; /* ppar: those of p0 */
} one_group;

static const double zero = 0.0, one = 1.0;

int hf_is_located(const hf_integrated *c) { return c->integral.population->middle == NULL; }

void hf_place_of(const hf_integrated *c, const double *x, int n, int i, double *loc,
                 double *scale) {
  *loc = hf_is_located(c) ? hf_arg_at(&c->loc, x, n, i) : 0.0;
  *scale = hf_is_located(c) ? hf_arg_at(&c->ppar[0], x, n, i) : 1.0;
}

double hf_eta_start(const hf_integrated *c, const hf_col *par, double middle, double off) {
  double low = -HF_INF, high = HF_INF, eta = middle + off;
  if (c->integral.population->bounds) c->integral.population->bounds(par, &low, &high);
  eta = eta < low ? low + (low - eta) : eta > high ? high - (eta - high) : eta;
  return eta < low || eta > high ? middle : eta;
}

/* Values of arguments at lane i of x (n_node, n) as columns of one value each. */
static void read_args(int n_par, const hf_arg *arg, const double *x, int n, int i, double *value,
                      hf_col *par) {
  for (int a = 0; a < n_par; a++) {
    value[a] = hf_arg_at(&arg[a], x, n, i);
    par[a] = (hf_col){value + a, 0};
  }
}

static int conditional(const hf_target *t, int n, const double *eta, double *lp) {
  const one_group *g = t->ctx;
  double prior[HF_TILE], theta[HF_TILE];
  if (n < 1) return HF_OK;
  for (int i = 0; i < n; i++) theta[i] = g->loc + g->tau * eta[i];
  int status = hf_rows_eval(g->q, n, theta, g->stat, g->lpar, lp, NULL, NULL);
  if (!status)
    status =
        g->q->population->eval(n, eta, (hf_col){&zero, 0}, g->ppar, g->q->user, prior, NULL, NULL);
  for (int i = 0; i < n; i++) {
    double sum = lp[i] + prior[i];
    lp[i] = sum == sum ? sum : -HF_INF;
  }
  return status;
}

/* The sd of a Gaussian with the conditional's curvature in the middle of the population: a function of phi
 * and the rows, never of where eta is. */
static int width(const one_group *g, double middle, double *scale) {
  double f, d1, likelihood, population, theta = g->loc + g->tau * middle;
  int status = hf_rows_eval(g->q, 1, &theta, g->stat, g->lpar, &f, &d1, &likelihood);
  if (!status)
    status = g->q->population->eval(1, &middle, (hf_col){&zero, 0}, g->ppar, g->q->user, &f, &d1,
                                    &population);
  double both = likelihood * g->tau * g->tau + population;
  *scale = 1.0 / __builtin_sqrt(both < 0.0 ? -both : -population);
  return status;
}

int hf_eta_slices(const hf_integrated *c, const double *x, uint64_t key, uint64_t base,
                  const uint64_t *label, uint32_t sweep, int64_t lo, int64_t hi, double *eta,
                  int64_t *cut) {
  one_group g = {.q = &c->integral};
  double lpar[HF_MAX_CUT], ppar[HF_MAX_PAR], middle = 0.0;
  hf_target t = {1, conditional, &g, NULL};
  double loc;
  int status = HF_OK;
  hf_place_of(c, x, 1, 0, &loc, &g.tau);
  read_args(c->n_lpar, c->lpar, x, 1, 0, lpar, g.lpar);
  read_args(c->integral.population->n_par, c->ppar, x, 1, 0, ppar, g.ppar);
  if (hf_is_located(c))
    g.ppar[0] = (hf_col){&one, 0};
  else
    c->integral.population->middle(1, g.ppar, &middle);
  for (int64_t j = lo; !status && j < hi; j++) {
    double scale, lp;
    uint64_t own = label ? label[j] : base + (uint64_t)j;
    uint64_t noise = hf_key(key, (uint32_t)own, (uint32_t)(own >> 32), HF_SITE_SLICE_THETA);
    g.loc = loc + hf_predicted(c, x, 1, 0, j);
    for (int s = 0; s < hf_n_stat(&c->integral); s++)
      g.stat[s] = (hf_col){c->stat[s].p + j * c->stat[s].stride, 0};
    status = width(&g, middle, &scale);
    if (!status) status = conditional(&t, 1, eta + j, &lp);
    if (!status) status = hf_slice_sweep(&t, &scale, noise, sweep, 1, eta + j, &lp, cut);
  }
  return status;
}

int hf_given_sum(const hf_given *f, int n_at, int i_at, int population, const double *x, int n,
                 int i, double *total) {
  const hf_integrated *c = f->model;
  const hf_integral *q = &c->integral;
  double theta[HF_TILE], log[HF_TILE], value[HF_MAX_CUT], place[HF_TILE];
  hf_col par[HF_MAX_CUT], stat[HF_MAX_STAT];
  int status = HF_OK;
  read_args(population ? q->population->n_par : c->n_lpar, population ? c->ppar : c->lpar, x, n, i,
            value, par);
  for (int64_t lo = 0; !status && lo < c->n_cell; lo += HF_TILE) {
    int w = c->n_cell - lo < HF_TILE ? (int)(c->n_cell - lo) : HF_TILE;
    for (int s = 0; s < hf_n_stat(q); s++)
      stat[s] = (hf_col){c->stat[s].p + lo * c->stat[s].stride, c->stat[s].stride};
    for (int k = 0; k < w; k++) {
      theta[k] = f->loc + f->scale * f->eta[lo + k];
      theta[k] += f->at ? hf_predicted(c, f->at, n_at, i_at, lo + k) : 0.0;
      place[k] = hf_arg_at(&c->loc, x, n, i) + hf_predicted(c, x, n, i, lo + k);
    }
    status = population
                 ? q->population->eval(w, theta, (hf_col){place, 1}, par, q->user, log, NULL, NULL)
                 : hf_rows_eval(q, w, theta, stat, par, log, NULL, NULL);
    for (int k = 0; k < w; k++)
      if (!f->in || f->in[lo + k] == f->part) *total += log[k];
  }
  return status;
}

int hf_noncentred_eval(const hf_target *t, int n, const double *z, double *lp) {
  const hf_given *f = t->ctx;
  const hf_integrated *c = f->model;
  double x[HF_MAX_PHI * HF_TILE];
  hf_given moved = {c, f->eta, 0.0, 1.0, x, NULL, 0};
  int status = hf_hyper_expand(c->kernels, c->hyper, n, z, x, lp);
  for (int i = 0; !status && i < n; i++) {
    hf_place_of(c, x, n, i, &moved.loc, &moved.scale);
    status = hf_given_sum(&moved, n, i, 0, x, n, i, lp + i);
  }
  if (!status) hf_add_overall(c, n, x, lp);
  for (int i = 0; !status && i < n; i++) lp[i] = lp[i] == lp[i] ? lp[i] : -HF_INF;
  return status;
}

int hf_centred_eval(const hf_target *t, int n, const double *z, double *lp) {
  const hf_given *f = t->ctx;
  const hf_integrated *c = f->model;
  double x[HF_MAX_PHI * HF_TILE];
  int status = hf_hyper_expand(c->kernels, c->hyper, n, z, x, lp), unknown = 0;
  for (int a = 0; a < c->n_lpar; a++) unknown |= c->lpar[a].node >= 0;
  for (int i = 0; !status && i < n; i++) {
    status = hf_given_sum(f, 1, 0, 1, x, n, i, lp + i);
    if (!status && unknown) status = hf_given_sum(f, 1, 0, 0, x, n, i, lp + i);
  }
  if (!status && unknown) hf_add_overall(c, n, x, lp);
  for (int i = 0; !status && i < n; i++) lp[i] = lp[i] == lp[i] ? lp[i] : -HF_INF;
  return status;
}
