/* phi/points_blocks.c: what a sweep over a grid does; equations in phi/points.h. Allocations and weights in turn are
 * the Gibbs sampler, with alpha drawn from (4), and (7) so that groups at a point move to the next together; slices
 * along (6), with alpha from (5), read no allocation. */
#include "binomial.h"
#include "run.h"

enum { NEAR = 10 }; /* farthest points whose weights are exchanged, but for one */
enum { FEW = 8 };   /* groups of a cell that are placed one by one */

/* Unknowns of one kind by slices along the axes of their conditional density, found the first time. */
static int sweep_own(const hf_plan *p, hf_state *s, hf_points_given *g, int site) {
  const hf_points *c = p->points;
  int d = c->n_own[g->kind];
  double z[HF_MAX_PHI], at[HF_MAX_PHI], *shape = s->shape[g->kind], lp;
  hf_target t = {d, hf_points_given_eval, g, s->stop};
  if (!d) return HF_OK;
  for (int k = 0; k < d; k++) z[k] = at[k] = s->z[c->own[g->kind][k]];
  if (!(s->shaped & 1 << g->kind)) {
    if (hf_find_mode(&t, 0, at, shape, &lp))
      for (int k = 0; k < d * d; k++) shape[k] = k % (d + 1) == 0;
    if (hf_stopped(s->stop)) return HF_STOPPED;
    s->shaped |= 1 << g->kind;
  }
  int status = t.eval(&t, 1, z, &lp);
  if (status) return status;
  if (!(lp > -HF_INF)) return HF_NO_START;
  uint64_t key = hf_key(p->seed, s->chain, 0, (uint32_t)site);
  status = hf_slice_sweep(&t, shape, key, s->sweep, 1, z, &lp, &s->cut);
  for (int k = 0; k < d; k++) s->z[c->own[g->kind][k]] = z[k];
  return status;
}

static hf_points_given given(const hf_plan *p, hf_state *s, int kind, int marginal) {
  return (hf_points_given){p->points, s->z,   kind, hf_weights_of(p->points, s->eta),
                           marginal,  s->stop};
}

/* Weights that add up to one from logarithms. */
static void normalise(const hf_points *c, hf_weights at) {
  double top = -HF_INF, sum = 0.0;
  for (int k = 0; k < c->n_point; k++) top = at.log_w[k] > top ? at.log_w[k] : top;
  for (int k = 0; k < c->n_point; k++) sum += hf_exp(at.log_w[k] - top);
  top += hf_log(sum);
  for (int k = 0; k < c->n_point; k++) at.log_w[k] -= top;
  for (int k = 0; k < c->n_point; k++) at.w[k] = hf_exp(at.log_w[k]);
}

/* (3); scale is alpha, or how strong the base is to begin with. */
static void draw_weights(const hf_plan *p, hf_state *s, hf_weights at, double scale, int site) {
  const hf_points *c = p->points;
  uint64_t key = hf_key(p->seed, s->chain, 0, (uint32_t)site);
  for (int k = 0; k < c->n_point; k++) {
    hf_stream stream = {key, (uint64_t)k, s->sweep, 0};
    at.log_w[k] = hf_log_gamma(&stream, scale * c->base[k] + at.count[k]);
  }
  normalise(c, at);
}

/* Unknowns of the rows given weights; weights to begin with are spread about the base. */
int hf_block_rows(const hf_plan *p, hf_state *s, int block) {
  (void)block;
  hf_points_given g = given(p, s, HF_OF_ROWS, 0);
  if (!s->placed) draw_weights(p, s, g.at, (double)p->points->n_point, HF_SITE_START);
  s->placed = 1;
  return sweep_own(p, s, &g, HF_SITE_SLICE);
}

/* The groups of a cell among points, given their shares and how many groups these are. */
static void scatter(const hf_points *c, hf_stream *stream, double many, double total,
                    hf_weights at) {
  int m = c->n_point;
  if (many <= FEW) {
    for (double i = 0.0; i < many; i += 1.0)
      at.count[hf_points_find(m, at.share, at.block, total, hf_next_uniform(stream))] += 1.0;
    return;
  }
  double *rest = at.row, after = 0.0;
  for (int k = m - 1; k >= 0; k--) {
    rest[k] = after;
    after += at.share[k];
  }
  for (int k = 0; k < m && many > 0.0; k++) {
    if (!(at.share[k] > 0.0)) continue;
    double here = hf_binomial(stream, many, at.share[k], rest[k]);
    at.count[k] += here;
    many -= here;
  }
}

int hf_block_allocation(const hf_plan *p, hf_state *s, int block) {
  (void)block;
  const hf_points *c = p->points;
  hf_weights at = hf_weights_of(c, s->eta);
  double x[HF_MAX_PHI], lp, top;
  uint64_t key = hf_key(p->seed, s->chain, 0, HF_SITE_ALLOCATION);
  int m = c->n_point, status = hf_hyper_expand(p->kernels, c->hyper, 1, s->z, x, &lp);
  for (int k = 0; k < m; k++) at.count[k] = 0.0;
  for (int64_t cell = 0; !status && cell < c->rows.n_cell; cell++) {
    double many = c->rows.mult.p[cell * c->rows.mult.stride];
    const double *value = c->value ? c->value + cell * m : at.row;
    hf_stream stream = {key, (uint64_t)cell, s->sweep, 0};
    if (cell % HF_TILE == 0 && hf_stopped(s->stop)) return HF_STOPPED;
    if (!(many > 0.0)) continue;
    if (!c->value) status = hf_points_row(c, 1, x, 0, cell, at.row, at.row, &top);
    if (status) return status;
    double total = c->kernels->point_shares(m, at.w, value, at.share, at.block);
    if (!(total > 0.0)) return HF_NO_START;
    scatter(c, &stream, many, total, at);
  }
  return status;
}

int hf_block_concentration(const hf_plan *p, hf_state *s, int block) {
  (void)block;
  hf_points_given g = given(p, s, HF_OF_WEIGHTS, 1);
  return sweep_own(p, s, &g, HF_SITE_SLICE_NONCENTRED);
}

int hf_block_weights(const hf_plan *p, hf_state *s, int block) {
  (void)block;
  const hf_points *c = p->points;
  double x[HF_MAX_PHI], lp;
  int status = hf_hyper_expand(p->kernels, c->hyper, 1, s->z, x, &lp);
  if (!status)
    draw_weights(p, s, hf_weights_of(c, s->eta), hf_arg_at(&c->concentration, x, 1, 0),
                 HF_SITE_WEIGHTS);
  return status;
}

int hf_block_concentration_of_weights(const hf_plan *p, hf_state *s, int block) {
  (void)block;
  hf_points_given g = given(p, s, HF_OF_WEIGHTS, 0);
  return sweep_own(p, s, &g, HF_SITE_SLICE_NONCENTRED);
}

/* What the cells say of weights w, sums (n_cell,) of w L over points. */
static void add_up(const hf_points *c, const double *value, const double *w, double *sum) {
  int64_t n = c->rows.n_cell;
  for (int64_t i = 0; i < n; i++) sum[i] = 0.0;
  for (int k = 0; k < c->n_point; k++)
    for (int64_t i = 0; i < n; i++) sum[i] += w[k] * value[k * n + i];
}

/* Gives points k and l other weights. */
static void renew(const hf_points *c, hf_weights at, const double *value, int k, int l,
                  double log_k, double log_l) {
  int64_t n = c->rows.n_cell;
  double w[2] = {hf_exp(log_k), hf_exp(log_l)}, a = w[0] - at.w[k], b = w[1] - at.w[l];
  int lost = 0;
  for (int64_t i = 0; i < n; i++) {
    double moved = at.sum[i] + (a * value[k * n + i] + b * value[l * n + i]);
    lost |= moved < 1e-6 * at.sum[i];
    at.sum[i] = moved;
  }
  at.log_w[k] = log_k;
  at.log_w[l] = log_l;
  at.w[k] = w[0];
  at.w[l] = w[1];
  if (lost) add_up(c, value, at.w, at.sum); /* digits went with what was taken away */
}

/* One slice along (6), of points k and l; `width` units of z to begin with. */
static int exchange(const hf_plan *p, hf_state *s, hf_weights at, const double *value, double alpha,
                    int k, int l, double *ll, uint64_t key, double width) {
  const hf_points *c = p->points;
  int64_t n = c->rows.n_cell, cut = 0;
  double z = at.log_w[k] - at.log_w[l], low = -hf_log1p(hf_exp(-__builtin_fabs(z)));
  double v = z > 0.0 ? low : low + z, rest = z > 0.0 ? low - z : low;
  hf_pair_of_points g = {
      c,      alpha * c->base[k], alpha * c->base[l], at.log_w[k] - v, {at.w[k], at.w[l]},
      at.sum, value + k * n,      value + l * n,      {0.0, 0.0},      0.0};
  hf_target t = {1, hf_pair_eval, &g, s->stop};
  double lp = *ll + (g.a * v + g.b * rest);
  int status = hf_slice_sweep(&t, &width, key, s->sweep, 1, &z, &lp, &cut);
  if (status) return status;
  renew(c, at, value, k, l, g.log_w[0], g.log_w[1]);
  *ll = g.ll;
  return HF_OK;
}

/* What slices and changes of places begin with: columns, sums of cells, alpha and (1). */
static int begin(const hf_plan *p, hf_state *s, hf_weights at, const double **value, double *alpha,
                 double *ll) {
  const hf_points *c = p->points;
  double x[HF_MAX_PHI], lp;
  int status = hf_hyper_expand(p->kernels, c->hyper, 1, s->z, x, &lp);
  *value = c->column ? c->column : at.column;
  if (!status && !c->column)
    status = hf_points_fill(c, x, c->rows.n_cell, NULL, 1, s->stop, at.row, at.column, NULL);
  if (status) return status;
  normalise(c, at);
  add_up(c, *value, at.w, at.sum);
  *alpha = hf_arg_at(&c->concentration, x, 1, 0);
  *ll = c->kernels->point_line(c->rows.n_cell, at.sum, *value, *value, 0.0, 0.0, c->rows.mult);
  return *ll > -HF_INF ? HF_OK : HF_NO_START;
}

/* (6) of neighbours, then of points a random distance apart. */
int hf_block_exchange(const hf_plan *p, hf_state *s, int block) {
  (void)block;
  const hf_points *c = p->points;
  hf_weights at = hf_weights_of(c, s->eta);
  const double *value;
  double alpha, ll;
  int m = c->n_point, status = begin(p, s, at, &value, &alpha, &ll);
  uint64_t how = hf_key(p->seed, s->chain, 0, HF_SITE_ALLOCATION);
  for (int pass = 0; !status && pass < 2; pass++) {
    int most = m < NEAR + 2 ? m - 2 : NEAR;
    int by = pass == 0 || m < 3 ? 1 : 2 + (int)(hf_uniform(how, 0, s->sweep, 0) * most);
    for (int k = 0; !status && k + by < m; k++) {
      int at_pair = 1 + pass * m + k;
      uint64_t key = hf_key(p->seed, s->chain, (uint32_t)at_pair, HF_SITE_WEIGHTS);
      double spread = hf_log1p(1.0 / (alpha * (c->base[k] + c->base[k + by])));
      double width = hf_exp(hf_uniform(how, (uint64_t)at_pair, s->sweep, 0) * spread);
      if (hf_stopped(s->stop)) return HF_STOPPED;
      status = exchange(p, s, at, value, alpha, k, k + by, &ll, key, width);
    }
  }
  return status;
}

/* (7) of all neighbours in turn. */
int hf_block_swap(const hf_plan *p, hf_state *s, int block) {
  (void)block;
  const hf_points *c = p->points;
  hf_weights at = hf_weights_of(c, s->eta);
  const double *value;
  double alpha, ll;
  int64_t n = c->rows.n_cell;
  int status = begin(p, s, at, &value, &alpha, &ll);
  uint64_t key = hf_key(p->seed, s->chain, 0, HF_SITE_ACCEPT);
  for (int k = 0; !status && k + 1 < c->n_point; k++) {
    double apart = at.w[k + 1] - at.w[k], logs = at.log_w[k + 1] - at.log_w[k];
    if (hf_stopped(s->stop)) return HF_STOPPED;
    double to = c->kernels->point_line(n, at.sum, value + k * n, value + (k + 1) * n, apart, -apart,
                                       c->rows.mult);
    double ratio = to - ll + alpha * (c->base[k] - c->base[k + 1]) * logs;
    if (!(hf_log(hf_uniform(key, (uint64_t)k, s->sweep, 0)) < ratio)) continue;
    renew(c, at, value, k, k + 1, at.log_w[k + 1], at.log_w[k]);
    ll = to;
  }
  return status;
}
