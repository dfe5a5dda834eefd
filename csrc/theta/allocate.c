/* theta/allocate.c: equations in theta/allocate.h. */
#include "theta/allocate.h"

#include "hfmath.h"
#include "reduce.h"
#include "rng.h"
#include "theta/rows.h"

/* A likelihood of no rows. */
static int nothing(int n, const double *eta, const hf_col *stat, const hf_col *par, void *user,
                   double *ll, double *d1, double *d2) {
  (void)eta, (void)stat, (void)par, (void)user;
  for (int i = 0; i < n; i++) ll[i] = 0.0;
  for (int i = 0; d1 && i < n; i++) d1[i] = d2[i] = 0.0;
  return HF_OK;
}
static const hf_likelihood no_rows = {"", 0, 0, nothing, NULL, NULL, NULL, NULL, NULL, 0};

/* (1) of all groups, at x (n_node,). */
static int move(const hf_plan *p, hf_state *s, const double *x, int site, uint32_t sweep) {
  const hf_mixed *c = p->mixed;
  const double *in = s->eta + c->n_part * p->n_group;
  int status = HF_OK;
  for (int k = 0; k < c->n_part; k++) {
    uint64_t key = hf_key(p->seed, s->chain, (uint32_t)k, (uint32_t)site);
    double *eta = s->eta + k * p->n_group;
    hf_integrated alone = c->part[k];
    alone.integral.likelihood = &no_rows;
    alone.integral.has_terms = 0;
    for (int64_t j = 0; !status && !c->point[k] && j < p->n_group; j++) {
      if (j % HF_TILE == 0 && hf_stopped(s->stop)) return HF_STOPPED;
      const hf_integrated *f = in[j] == k ? &c->part[k] : &alone;
      status = hf_eta_slices(f, x, key, p->base, p->label, sweep, j, j + 1, eta, &s->cut);
    }
  }
  return status;
}

/* (2) of all groups. */
static int allocate(const hf_plan *p, hf_state *s, const double *x, int site, uint32_t sweep) {
  const hf_mixed *c = p->mixed;
  uint64_t key = hf_key(p->seed, s->chain, 0, (uint32_t)site);
  double *in = s->eta + c->n_part * p->n_group, lw[HF_MAX_PART];
  int status = HF_OK, phi[HF_TILE] = {0};
  hf_mixed_log_weights(c, x, 1, 0, lw);
  for (int64_t lo = 0; !status && lo < p->n_group; lo += HF_TILE) {
    int n = p->n_group - lo < HF_TILE ? (int)(p->n_group - lo) : HF_TILE;
    double log[HF_MAX_PART][HF_TILE], theta[HF_TILE];
    int64_t cell[HF_TILE];
    for (int i = 0; i < n; i++) cell[i] = lo + i;
    for (int k = 0; !status && k < c->n_part; k++) {
      hf_gathered l;
      double loc, scale;
      hf_place_of(&c->part[k], x, 1, 0, &loc, &scale);
      hf_gather(&c->part[k], 1, x, n, phi, cell, &l);
      for (int i = 0; i < n; i++) theta[i] = loc + scale * s->eta[k * p->n_group + lo + i];
      status = hf_rows_eval(&c->part[k].integral, n, theta, l.stats, l.lpars, log[k], NULL, NULL);
    }
    for (int i = 0; !status && i < n; i++) {
      uint64_t own = p->label ? p->label[lo + i] : p->base + (uint64_t)(lo + i);
      double top = -HF_INF, sum = 0.0, u = hf_uniform(key, own, sweep, 0);
      int k = 0;
      for (int m = 0; m < c->n_part; m++) {
        log[m][i] += lw[m];
        top = log[m][i] > top ? log[m][i] : top;
      }
      for (int m = 0; m < c->n_part; m++) sum += hf_exp(log[m][i] - top);
      for (u *= sum; k < c->n_part - 1; k++) {
        u -= hf_exp(log[k][i] - top);
        if (u < 0.0) break;
      }
      if (sum == sum) in[lo + i] = k;
    }
  }
  return status;
}

/* Effects to begin with are spread; then all move until they suit their rows. */
static int place(const hf_plan *p, hf_state *s, const double *x) {
  enum { PASSES = 20 };
  const hf_mixed *c = p->mixed;
  int status = HF_OK;
  for (int k = 0; k < c->n_part; k++) {
    const hf_integrated *f = &c->part[k];
    uint64_t key = hf_key(p->seed, s->chain, (uint32_t)k, HF_SITE_START);
    double middle = 0.0, value[HF_MAX_PAR];
    hf_col par[HF_MAX_PAR];
    for (int a = 0; a < f->integral.population->n_par; a++) {
      value[a] = hf_arg_at(&f->ppar[a], x, 1, 0);
      par[a] = (hf_col){value + a, 0};
    }
    if (!hf_is_located(f)) f->integral.population->middle(1, par, &middle);
    for (int64_t j = 0; !c->point[k] && j < p->n_group; j++) {
      uint64_t own = p->label ? p->label[j] : p->base + (uint64_t)j;
      s->eta[k * p->n_group + j] = hf_eta_start(f, par, middle, hf_normal(key, own, 0, 0));
    }
  }
  for (uint32_t i = 1; !status && i <= PASSES; i++) {
    status = allocate(p, s, x, HF_SITE_START, i);
    if (!status) status = move(p, s, x, HF_SITE_START, i);
  }
  s->placed = 1;
  return status;
}

int hf_block_mixed_eta(const hf_plan *p, hf_state *s, int block) {
  (void)block;
  double x[HF_MAX_PHI], lp;
  int status = hf_hyper_expand(p->kernels, p->mixed->hyper, 1, s->z, x, &lp);
  if (!status && !s->placed) status = place(p, s, x);
  if (!status) status = move(p, s, x, HF_SITE_SLICE_THETA, s->sweep);
  if (!status) status = allocate(p, s, x, HF_SITE_ALLOCATION, s->sweep);
  return status;
}

/* What part k adds to (3) or (4) at lane i of x (n_node, n). */
static int add_part(const hf_allocated *f, int k, const double *x, int n, int i, double *lp) {
  const hf_integrated *c = &f->model->part[k];
  hf_given given = {c, f->eta + k * c->n_cell, 0.0, 1.0, NULL, f->in, k};
  int unknown = !f->x || f->model->point[k], status = HF_OK;
  hf_place_of(c, unknown ? x : f->x, unknown ? n : 1, unknown ? i : 0, &given.loc, &given.scale);
  if (!unknown) status = hf_given_sum(&given, 0, 0, 1, x, n, i, lp);
  for (int a = 0; a < c->n_lpar; a++) unknown |= c->lpar[a].node >= 0;
  return status || !unknown ? status : hf_given_sum(&given, 0, 0, 0, x, n, i, lp);
}

int hf_allocated_eval(const hf_target *t, int n, const double *z, double *lp) {
  const hf_allocated *f = t->ctx;
  const hf_mixed *c = f->model;
  double x[HF_MAX_PHI * HF_TILE], lw[HF_MAX_PART], count[HF_MAX_PART] = {0.0};
  int status = hf_hyper_expand(c->kernels, c->hyper, n, z, x, lp);
  for (int64_t j = 0; j < c->part->n_cell; j++) count[(int)f->in[j]] += 1.0;
  for (int i = 0; !status && i < n; i++) {
    hf_mixed_log_weights(c, x, n, i, lw);
    for (int k = 0; !status && k < c->n_part; k++) {
      lp[i] += count[k] > 0.0 ? count[k] * lw[k] : 0.0;
      status = add_part(f, k, x, n, i, lp + i);
    }
  }
  if (!status) hf_add_overall(c->part, n, x, lp);
  for (int i = 0; !status && i < n; i++) lp[i] = lp[i] == lp[i] ? lp[i] : -HF_INF;
  return status;
}

static int sweep_phi(const hf_plan *p, hf_state *s, const double *x, int noncentred) {
  hf_allocated given = {p->mixed, s->eta, s->eta + p->mixed->n_part * p->n_group, x};
  hf_target t = {p->target.d, hf_allocated_eval, &given, NULL};
  return hf_conditional_sweep(p, s, t, noncentred);
}

int hf_block_centred_mixed_eta(const hf_plan *p, hf_state *s, int block) {
  (void)block;
  const hf_mixed *c = p->mixed;
  const double *in = s->eta + c->n_part * p->n_group;
  double before[HF_MAX_PHI], x[HF_MAX_PHI], lp;
  int status = hf_hyper_expand(p->kernels, c->hyper, 1, s->z, before, &lp);
  if (!status) status = sweep_phi(p, s, before, 0);
  if (!status) status = hf_hyper_expand(p->kernels, c->hyper, 1, s->z, x, &lp);
  for (int k = 0; !status && k < c->n_part; k++) {
    double from[2], to[2], *eta = s->eta + k * p->n_group;
    hf_place_of(&c->part[k], before, 1, 0, from, from + 1);
    hf_place_of(&c->part[k], x, 1, 0, to, to + 1);
    for (int64_t j = 0; !c->point[k] && j < p->n_group; j++)
      if (in[j] == k) eta[j] = (from[0] - to[0] + from[1] * eta[j]) / to[1];
  }
  return status;
}

int hf_block_noncentred_mixed_eta(const hf_plan *p, hf_state *s, int block) {
  (void)block;
  return sweep_phi(p, s, NULL, 1);
}
