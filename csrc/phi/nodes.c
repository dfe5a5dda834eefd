/* phi/nodes.c: log p(phi | y) with effects integrated out on nodes that stay (theta/nodes.h), and by the
 * adaptive rule wherever these do not do: cells without nodes, and pairs of phi and cell that are not accepted.
 *   (1) log p(phi | y) = log p(phi) + sum of mult log Z over cells on nodes + the same over the others,
 * each sum in the order of cells, so that it does not depend on what is computed beside it. */
#include "hfmath.h"
#include "phi.h"
#include "theta/rows.h"

/* Pairs that wait for the adaptive rule, and the sums (1) that they go to. */
typedef struct {
  int n;
  int phi[HF_TILE];
  int64_t cell[HF_TILE];
  double sum[HF_TILE];
} waiting;

static int flush(const hf_integrated *c, int n, const double *x, waiting *w) {
  double logz[HF_TILE];
  hf_gathered l;
  hf_gather(c, n, x, w->n, w->phi, w->cell, &l);
  int status = c->kernels->integrate(&c->integral, w->n, l.stats, l.lpars, (hf_col){l.loc, 1},
                                     l.ppars, logz, NULL, NULL);
  for (int i = 0; i < w->n; i++)
    w->sum[w->phi[i]] += c->mult.p[w->cell[i] * c->mult.stride] * logz[i];
  w->n = 0;
  return status;
}

static int put(const hf_integrated *c, int n, const double *x, int phi, int64_t cell, waiting *w) {
  w->phi[w->n] = phi;
  w->cell[w->n++] = cell;
  return w->n == HF_TILE ? flush(c, n, x, w) : HF_OK;
}

/* Arguments at no more than HF_WIDE phi, from `first` on. */
typedef struct {
  int many;
  double loc[HF_WIDE], par[HF_MAX_PAR][HF_WIDE], lpar[HF_MAX_CUT][HF_WIDE];
  hf_col pars[HF_MAX_PAR], lpars[HF_MAX_CUT];
} arguments;

static void read_arguments(const hf_integrated *c, int n, const double *x, int first,
                           arguments *a) {
  a->many = n - first < HF_WIDE ? n - first : HF_WIDE;
  for (int k = 0; k < a->many; k++) {
    a->loc[k] = hf_arg_at(&c->loc, x, n, first + k);
    for (int i = 0; i < c->integral.population->n_par; i++)
      a->par[i][k] = hf_arg_at(&c->ppar[i], x, n, first + k);
    for (int i = 0; i < c->n_lpar; i++) a->lpar[i][k] = hf_arg_at(&c->lpar[i], x, n, first + k);
  }
  for (int i = 0; i < HF_MAX_PAR; i++) a->pars[i] = (hf_col){a->par[i], 1};
  for (int i = 0; i < HF_MAX_CUT; i++) a->lpars[i] = (hf_col){a->lpar[i], 1};
}

static int at_nodes(const hf_integrated *c, int64_t lo, const arguments *a, double *logz,
                    int64_t *hi) {
  return c->kernels->at_nodes(&c->integral, &c->fixed, lo, a->many, c->stat, a->lpars,
                              (hf_col){a->loc, 1}, a->pars, logz, hi);
}

/* Sums over cells on nodes at HF_WIDE phi. */
static int wide(const hf_integrated *c, int n, const double *x, int first, const volatile int *stop,
                double *sum, waiting *w) {
  double logz[HF_WIDE * HF_SHARE];
  arguments a;
  int status = HF_OK;
  read_arguments(c, n, x, first, &a);
  for (int64_t lo = 0, hi; !status && lo < c->fixed.n; lo = hi) {
    if (hf_stopped(stop)) return HF_STOPPED;
    status = at_nodes(c, lo, &a, logz, &hi);
    for (int64_t i = lo; !status && i < hi; i++) {
      const double *z = logz + HF_WIDE * (i - lo);
      double mult = c->fixed.mult[i];
      int missed = 0;
      for (int k = 0; k < HF_WIDE; k++) {
        sum[k] += z[k] < HF_INF ? mult * z[k] : 0.0;
        missed |= z[k] == HF_INF && k < a.many;
      }
      for (int k = 0; missed && !status && k < a.many; k++)
        if (z[k] == HF_INF) status = put(c, n, x, first + k, c->fixed.cell[i], w);
    }
  }
  return status;
}

int hf_nodes_add(const hf_integrated *c, int n, const double *x, const volatile int *stop,
                 double *lp) {
  waiting w;
  int status = HF_OK;
  w.n = 0;
  for (int i = 0; i < n; i++) w.sum[i] = 0.0;
  for (int first = 0; !status && first < n; first += HF_WIDE) {
    double sum[HF_WIDE] = {0.0};
    status = wide(c, n, x, first, stop, sum, &w);
    for (int k = 0; k < HF_WIDE && first + k < n; k++) lp[first + k] += sum[k];
  }
  for (int64_t i = 0; !status && i < c->fixed.n_rest; i++) {
    if (hf_stopped(stop)) return HF_STOPPED;
    for (int k = 0; !status && k < n; k++) status = put(c, n, x, k, c->fixed.rest[i], &w);
  }
  if (!status && w.n) status = flush(c, n, x, &w);
  for (int i = 0; !status && i < n; i++) lp[i] += w.sum[i];
  return status;
}

int hf_nodes_span(const hf_integrated *c, const double *x, const volatile int *stop, double *low,
                  double *high, double *scale) {
  int status = HF_OK, phi[HF_TILE] = {0};
  int64_t cell[HF_TILE];
  hf_gathered l;
  for (int64_t lo = 0; !status && lo < c->n_cell; lo += HF_TILE) {
    int w = c->n_cell - lo < HF_TILE ? (int)(c->n_cell - lo) : HF_TILE;
    if (hf_stopped(stop)) return HF_STOPPED;
    for (int i = 0; i < w; i++) cell[i] = lo + i;
    hf_gather(c, 1, x, w, phi, cell, &l);
    status = c->kernels->span(&c->integral, w, l.stats, l.lpars, (hf_col){l.loc, 1}, l.ppars,
                              low + lo, high + lo, scale + lo);
  }
  return status;
}

int hf_nodes_fill(const hf_integrated *c, const double *x, const volatile int *stop, double *value,
                  double *top) {
  const hf_fixed *f = &c->fixed;
  double theta[HF_TILE];
  int status = HF_OK, phi = 0;
  for (int64_t i = 0; !status && i < f->n; i++) {
    double h = hf_two_to((int)f->level[i]), *v = value + f->at[i], most = -HF_INF;
    int n = (int)f->count[i];
    hf_gathered l;
    if (hf_stopped(stop)) return HF_STOPPED;
    hf_gather(c, 1, x, 1, &phi, f->cell + i, &l);
    for (int s = 0; s < HF_MAX_STAT; s++) l.stats[s].stride = 0;
    for (int a = 0; a < HF_MAX_CUT; a++) l.lpars[a].stride = 0;
    for (int g = 0; g < n; g++) theta[g] = h * (double)(f->first[i] + g);
    if (f->moving)
      c->integral.likelihood->split->still(n, theta, l.stats, l.lpars, v);
    else
      status = hf_rows_eval(&c->integral, n, theta, l.stats, l.lpars, v, NULL, NULL);
    for (int g = 0; g < n; g++) most = v[g] > most ? v[g] : most;
    for (int g = 0; g < n; g++) v[g] = most > -HF_INF ? hf_exp(v[g] - most) : 0.0;
    top[i] = most > -HF_INF ? most + hf_log(h) : 0.0;
  }
  return status;
}

int hf_nodes_blend(const hf_integrated *c, int64_t lo, int64_t n, const double *x, double *sum,
                   double *mass, int64_t *missed, int64_t *hi) {
  const hf_fixed *f = &c->fixed;
  arguments a;
  int status = HF_OK;
  for (int64_t t = 0; !status && t < n; t += HF_WIDE) {
    int many = n - t < HF_WIDE ? (int)(n - t) : HF_WIDE;
    read_arguments(c, many, x + t * c->hyper->n_node, 0, &a);
    status =
        c->kernels->blend(&c->integral, f, lo, many, (hf_col){a.loc, 1}, a.pars, sum, missed, hi);
  }
  for (int64_t i = f->at[lo]; !status && i < f->at[*hi - 1] + f->count[*hi - 1]; i++) {
    const double *s = sum + 4 * (i - f->at[lo]);
    mass[i] = f->value[i] * ((s[0] + s[1]) + (s[2] + s[3])) / (double)n;
  }
  return status;
}

int hf_nodes_missed(const hf_integrated *c, const double *x, uint8_t *missed) {
  double logz[HF_WIDE * HF_SHARE];
  arguments a;
  int status = HF_OK;
  read_arguments(c, 1, x, 0, &a);
  for (int64_t lo = 0, hi; !status && lo < c->fixed.n; lo = hi) {
    status = at_nodes(c, lo, &a, logz, &hi);
    for (int64_t i = lo; i < hi; i++) missed[i] = logz[HF_WIDE * (i - lo)] == HF_INF;
  }
  return status;
}
