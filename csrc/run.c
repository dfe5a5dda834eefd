/* run.c: the blocks of the plans there are, and the loop over sweeps. */
#include "run.h"

#include "hfmath.h"
#include "reduce.h"
#include "rng.h"

int64_t hf_leaves(int64_t n) { return (n + HF_BLOCK - 1) / HF_BLOCK; }

int hf_block_independence(const hf_plan *p, hf_state *s, int block) {
  (void)block;
  return hf_independence(&p->target, p->proposal, p->seed, s->chain, s->sweep, s->n, s->z, &s->lp,
                         s->path, &s->moved);
}

int hf_block_slice(const hf_plan *p, hf_state *s, int block) {
  (void)block;
  uint64_t key = hf_key(p->seed, s->chain, 0, HF_SITE_SLICE);
  s->moved++;
  return hf_slice_sweep(&p->target, p->proposal->shape, key, s->sweep, p->passes, s->z, &s->lp,
                        &s->cut);
}

/* One fused pass: effects given phi of the sweep before, with that sweep's noise, so that draw t of
 * the effects is made of phi(t) and noise t wherever it is made again. */
int hf_block_theta(const hf_plan *p, hf_state *s, int block) {
  (void)block;
  hf_conditional *c = &s->conditional;
  double x[HF_MAX_PHI], lp;
  int status = hf_hyper_expand(p->kernels, c->hyper, 1, s->z, x, &lp);
  if (status) return status;
  double loc = hf_arg_at(&c->loc, x, 1, 0), tau = hf_arg_at(&c->scale, x, 1, 0);
  double sigma = hf_arg_at(&c->noise, x, 1, 0);
  hf_scalar_term term = {p->p,
                         p->ybar,
                         {&loc, 0},
                         c->centre,
                         tau * tau,
                         sigma * sigma,
                         hf_key(p->seed, s->chain, 0, HF_SITE_THETA),
                         p->base,
                         p->label,
                         s->sweep - 1};
  int64_t n_leaf = hf_leaves(p->n_group);
  for (int64_t i = 0; i < n_leaf; i++) {
    int64_t lo = i * HF_BLOCK, hi = lo + HF_BLOCK < p->n_group ? lo + HF_BLOCK : p->n_group;
    if (hf_stopped(s->stop)) return HF_STOPPED;
    p->kernels->sweep(&term, lo, hi, NULL, s->leaf + i * HF_SUMS);
  }
  hf_tree(n_leaf, HF_SUMS, s->leaf);
  for (int k = 0; k < HF_SUMS; k++) c->sum[k] = s->leaf[k];
  c->at_loc = loc;
  c->at_scale = tau;
  return HF_OK;
}

int hf_conditional_sweep(const hf_plan *p, hf_state *s, hf_target t, int noncentred) {
  double *shape = s->shape[noncentred], lp, top;
  int d = t.d, site = noncentred ? HF_SITE_SLICE_NONCENTRED : HF_SITE_SLICE;
  if (s->shaped <
      2) { /* widths of the slices: the conditional's own curvature, where it has a mode */
    double z[HF_MAX_PHI];
    for (int k = 0; k < d; k++) z[k] = s->z[k];
    if (hf_find_mode(&t, 0, z, shape, &top))
      for (int k = 0; k < d * d; k++) shape[k] = k % (d + 1) == 0;
    s->shaped++;
  }
  int status = t.eval(&t, 1, s->z, &lp);
  if (status) return status;
  if (!(lp > -HF_INF)) return HF_NO_START;
  return hf_slice_sweep(&t, shape, hf_key(p->seed, s->chain, 0, (uint32_t)site), s->sweep, 1, s->z,
                        &lp, &s->cut);
}

static int sums_sweep(const hf_plan *p, hf_state *s, int noncentred) {
  s->conditional.noncentred = noncentred;
  hf_target t = {p->target.d, hf_conditional_eval, &s->conditional, NULL};
  return hf_conditional_sweep(p, s, t, noncentred);
}

int hf_block_centred(const hf_plan *p, hf_state *s, int block) {
  (void)block;
  return sums_sweep(p, s, 0);
}

/* Effects follow the location and scale of the centred step, eta = (theta - loc) / scale of theta now. */
int hf_block_noncentred(const hf_plan *p, hf_state *s, int block) {
  (void)block;
  hf_conditional *c = &s->conditional;
  double x[HF_MAX_PHI], lp;
  int status = hf_hyper_expand(p->kernels, c->hyper, 1, s->z, x, &lp);
  if (status) return status;
  c->at_loc = hf_arg_at(&c->loc, x, 1, 0);
  c->at_scale = hf_arg_at(&c->scale, x, 1, 0);
  return sums_sweep(p, s, 1);
}

/* Effects to begin with are spread, since effects all alike would show no spread, and moved until they suit
 * their rows: while they do not, any phi suits them as well. */
static int place(const hf_plan *p, hf_state *s, const double *x, uint64_t key) {
  enum { PASSES = 20 };
  const hf_integrated *f = &p->effects;
  double middle = 0.0, value[HF_MAX_PAR];
  hf_col par[HF_MAX_PAR];
  int status = HF_OK;
  for (int a = 0; a < f->integral.population->n_par; a++) {
    value[a] = hf_arg_at(&f->ppar[a], x, 1, 0);
    par[a] = (hf_col){value + a, 0};
  }
  if (!hf_is_located(f)) f->integral.population->middle(1, par, &middle);
  for (int64_t j = 0; j < p->n_group; j++)
    s->eta[j] = hf_eta_start(f, par, middle,
                             hf_normal(key, p->label ? p->label[j] : p->base + (uint64_t)j, 0, 0));
  for (uint32_t i = 0; !status && i < PASSES; i++)
    status = hf_eta_slices(f, x, key, p->base, p->label, i + 1, 0, p->n_group, s->eta, &s->cut);
  s->placed = 1;
  return status;
}

int hf_block_eta(const hf_plan *p, hf_state *s, int block) {
  (void)block;
  const hf_integrated *f = &p->effects;
  double x[HF_MAX_PHI], lp;
  uint64_t key = hf_key(p->seed, s->chain, 0, HF_SITE_SLICE_THETA);
  int status = hf_hyper_expand(p->kernels, f->hyper, 1, s->z, x, &lp);
  if (!status && !s->placed) status = place(p, s, x, hf_key(p->seed, s->chain, 0, HF_SITE_START));
  for (int64_t lo = 0; !status && lo < p->n_group; lo += HF_BLOCK) {
    int64_t hi = lo + HF_BLOCK < p->n_group ? lo + HF_BLOCK : p->n_group;
    if (hf_stopped(s->stop)) return HF_STOPPED;
    status = hf_eta_slices(f, x, key, p->base, p->label, s->sweep, lo, hi, s->eta, &s->cut);
  }
  return status;
}

int hf_block_centred_eta(const hf_plan *p, hf_state *s, int block) {
  (void)block;
  const hf_integrated *f = &p->effects;
  double before[HF_MAX_PHI], x[HF_MAX_PHI], lp, loc, scale;
  hf_given given = {f, s->eta, 0.0, 1.0, before, NULL, 0};
  hf_target t = {p->target.d, hf_centred_eval, &given, NULL};
  int status = hf_hyper_expand(p->kernels, f->hyper, 1, s->z, before, &lp);
  if (status) return status;
  hf_place_of(f, before, 1, 0, &given.loc, &given.scale);
  status = hf_conditional_sweep(p, s, t, 0);
  if (!status) status = hf_hyper_expand(p->kernels, f->hyper, 1, s->z, x, &lp);
  if (status) return status;
  hf_place_of(f, x, 1, 0, &loc, &scale);
  for (int64_t j = 0; j < p->n_group; j++) {
    double moved = hf_predicted(f, before, 1, 0, j) - hf_predicted(f, x, 1, 0, j);
    s->eta[j] = (given.loc - loc + moved + given.scale * s->eta[j]) / scale;
  }
  return HF_OK;
}

int hf_block_noncentred_eta(const hf_plan *p, hf_state *s, int block) {
  (void)block;
  hf_given given = {&p->effects, s->eta, 0.0, 1.0, NULL, NULL, 0};
  hf_target t = {p->target.d, hf_noncentred_eval, &given, NULL};
  return hf_conditional_sweep(p, s, t, 1);
}

/* Shares given alpha, with the noise of the sweep before, as in hf_block_theta; alpha given their sums. */
int hf_block_shares(const hf_plan *p, hf_state *s, int block) {
  (void)block;
  const hf_dirichlet *c = p->shares;
  double x[HF_MAX_PHI], lp;
  uint64_t key = hf_key(p->seed, s->chain, 0, HF_SITE_THETA);
  int64_t n_leaf = hf_leaves(p->n_group);
  int status = hf_dirichlet_expand(c, 1, s->z, x, &lp);
  if (status) return status;
  for (int64_t i = 0; i < n_leaf; i++) {
    int64_t lo = i * HF_BLOCK, hi = lo + HF_BLOCK < p->n_group ? lo + HF_BLOCK : p->n_group;
    if (hf_stopped(s->stop)) return HF_STOPPED;
    hf_dirichlet_sums(c, x, key, s->sweep - 1, lo, hi, p->label, s->eta, s->leaf + i * c->n_part);
  }
  hf_tree(n_leaf, c->n_part, s->leaf);
  return HF_OK;
}

int hf_block_alpha(const hf_plan *p, hf_state *s, int block) {
  (void)block;
  hf_shares shares = {p->shares, s->leaf};
  hf_target t = {p->target.d, hf_shares_eval, &shares, NULL};
  return hf_conditional_sweep(p, s, t, 0);
}

int hf_run(const hf_plan *p, hf_state *s, uint32_t first, int n, int *done, double *path) {
  int d = p->target.d, many = p->block[0].flags & HF_MANY, status = HF_OK;
  double chunk[HF_MAX_PHI * HF_TILE];
  s->path = chunk;
  *done = 0;
  while (*done < n) {
    int w = !many ? 1 : n - *done < HF_TILE ? n - *done : HF_TILE;
    s->n = w;
    s->sweep = first + (uint32_t)*done;
    if (hf_stopped(s->stop)) status = HF_STOPPED;
    for (int b = 0; !status && b < p->n_block; b++) status = p->block[b].run(p, s, b);
    if (status) break;
    for (int k = 0; k < d; k++)
      for (int i = 0; i < w; i++) path[k * n + *done + i] = many ? chunk[k * w + i] : s->z[k];
    for (int k = 0; p->points && k < p->points->n_point; k++)
      path[(d + k) * n + *done] = hf_weights_of(p->points, s->eta).w[k];
    *done += w;
  }
  s->path = NULL;
  return status;
}
