/* theta/slice.c: equations in theta/slice.h. */
#include "theta/slice.h"

#include "hfmath.h"
#include "reduce.h"
#include "rng.h"

/* One group's conditional as a target over eta. */
typedef struct {
  const hf_integral *q;
  double loc, tau;
  hf_col stat[HF_MAX_STAT], lpar[HF_MAX_PAR];
} one_group;

static const double zero = 0.0, one[HF_MAX_PAR] = {1.0, 1.0, 1.0, 1.0};
static const hf_col standard[HF_MAX_PAR] = {{one, 0}, {one + 1, 0}, {one + 2, 0}, {one + 3, 0}};

static int conditional(const hf_target *t, int n, const double *eta, double *lp) {
  const one_group *g = t->ctx;
  double prior[HF_TILE], theta[HF_TILE];
  for (int i = 0; i < n; i++) theta[i] = g->loc + g->tau * eta[i];
  int status = g->q->likelihood->eval(n, theta, g->stat, g->lpar, g->q->user, lp, NULL, NULL);
  if (!status)
    status =
        g->q->population->eval(n, eta, (hf_col){&zero, 0}, standard, g->q->user, prior, NULL, NULL);
  for (int i = 0; i < n; i++) {
    double sum = lp[i] + prior[i];
    lp[i] = sum == sum ? sum : -HF_INF;
  }
  return status;
}

/* The sd of a Gaussian with the conditional's curvature at eta = 0: a function of phi and the rows, never
 * of where eta is. */
static int width(const one_group *g, double *scale) {
  double f, d1, likelihood, population;
  int status =
      g->q->likelihood->eval(1, &g->loc, g->stat, g->lpar, g->q->user, &f, &d1, &likelihood);
  if (!status)
    status = g->q->population->eval(1, &zero, (hf_col){&zero, 0}, standard, g->q->user, &f, &d1,
                                    &population);
  double both = likelihood * g->tau * g->tau + population;
  *scale = 1.0 / __builtin_sqrt(both < 0.0 ? -both : -population);
  return status;
}

int hf_eta_slices(const hf_integrated *c, const double *x, uint64_t key, uint64_t base,
                  const uint64_t *label, uint32_t sweep, int64_t lo, int64_t hi, double *eta,
                  int64_t *cut, double *sum) {
  one_group g = {.q = &c->integral,
                 .loc = hf_arg_at(&c->loc, x, 1, 0),
                 .tau = hf_arg_at(&c->ppar[0], x, 1, 0)};
  double lpar[HF_MAX_PAR];
  hf_target t = {1, conditional, &g, NULL};
  int status = HF_OK;
  for (int a = 0; a < c->integral.likelihood->n_par; a++) {
    lpar[a] = hf_arg_at(&c->lpar[a], x, 1, 0);
    g.lpar[a] = (hf_col){lpar + a, 0};
  }
  sum[0] = sum[1] = 0.0;
  for (int64_t j = lo; !status && j < hi; j++) {
    double scale, lp;
    uint64_t own = label ? label[j] : base + (uint64_t)j;
    uint64_t noise = hf_key(key, (uint32_t)own, (uint32_t)(own >> 32), HF_SITE_SLICE_THETA);
    for (int s = 0; s < c->integral.likelihood->n_stat; s++)
      g.stat[s] = (hf_col){c->stat[s].p + j * c->stat[s].stride, 0};
    status = width(&g, &scale);
    if (!status) status = conditional(&t, 1, eta + j, &lp);
    if (!status) status = hf_slice_sweep(&t, &scale, noise, sweep, 1, eta + j, &lp, cut);
    sum[0] += eta[j];
    sum[1] += eta[j] * eta[j];
  }
  return status;
}

int hf_noncentred_eval(const hf_target *t, int n, const double *z, double *lp) {
  const hf_noncentred *f = t->ctx;
  const hf_integrated *c = f->model;
  double x[HF_MAX_PHI * HF_TILE], theta[HF_TILE], ll[HF_TILE], lpar[HF_MAX_PAR];
  int status = hf_hyper_expand(c->kernels, c->hyper, n, z, x, lp);
  for (int i = 0; !status && i < n; i++) {
    double loc = hf_arg_at(&c->loc, x, n, i), tau = hf_arg_at(&c->ppar[0], x, n, i), total = 0.0;
    hf_col par[HF_MAX_PAR];
    for (int a = 0; a < c->integral.likelihood->n_par; a++) {
      lpar[a] = hf_arg_at(&c->lpar[a], x, n, i);
      par[a] = (hf_col){lpar + a, 0};
    }
    for (int64_t lo = 0; !status && lo < c->n_cell; lo += HF_TILE) {
      int w = c->n_cell - lo < HF_TILE ? (int)(c->n_cell - lo) : HF_TILE;
      hf_col stat[HF_MAX_STAT];
      for (int s = 0; s < c->integral.likelihood->n_stat; s++)
        stat[s] = (hf_col){c->stat[s].p + lo * c->stat[s].stride, c->stat[s].stride};
      for (int k = 0; k < w; k++) theta[k] = loc + tau * f->eta[lo + k];
      status = c->integral.likelihood->eval(w, theta, stat, par, c->integral.user, ll, NULL, NULL);
      for (int k = 0; k < w; k++) total += ll[k];
    }
    lp[i] = lp[i] + total == lp[i] + total ? lp[i] + total : -HF_INF;
  }
  return status;
}
