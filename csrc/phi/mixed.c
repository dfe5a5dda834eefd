/* phi/mixed.c: equations in phi/mixed.h. Lanes are (phi, cell) pairs, as in phi/integrated.c. */
#include "phi/mixed.h"

#include "hfmath.h"
#include "theta/rows.h"

void hf_mixed_log_weights(const hf_mixed *c, const double *x, int n, int i, double *lw) {
  double left = 0.0;
  for (int k = 0; k < c->n_part; k++) {
    double v = k < c->n_part - 1 ? hf_arg_at(&c->stick[k], x, n, i) : 1.0;
    lw[k] = left + hf_log(v);
    left += k < c->n_part - 1 ? hf_log1p(-v) : 0.0;
  }
}

/* log Z_k, mean and sd (n,) of part k at n <= HF_TILE gathered lanes; mean and sd may be NULL. */
static int part_of(const hf_mixed *c, int k, int n, const hf_gathered *l, double *logz,
                   double *mean, double *sd) {
  const hf_integral *q = &c->part[k].integral;
  double buf[HF_TILE];
  if (!c->point[k])
    return c->kernels->integrate(q, n, l->stats, l->lpars, l->place, l->ppars, logz, mean, sd);
  const double *at = hf_spread(l->place, n, buf);
  for (int i = 0; mean && i < n; i++) mean[i] = at[i], sd[i] = 0.0;
  return hf_rows_eval(q, n, at, l->stats, l->lpars, logz, NULL, NULL);
}

/* (2) of the pairs that hf_gather_next gives from `first` on, of cells as `some` (n_part,) has them; how many, into w. */
static int pairs_from(const hf_mixed *c, const hf_integrated *some, int n, const double *x,
                      int64_t first, double *logz, int *w) {
  double part[HF_MAX_PART * HF_TILE], lw[HF_MAX_PART];
  hf_gathered l;
  int status = HF_OK;
  int64_t last = -1;
  for (int k = 0; !status && k < c->n_part; k++) {
    *w = hf_gather_next(&some[k], n, x, first, &l);
    status = part_of(c, k, *w, &l, part + k * HF_TILE, NULL, NULL);
  }
  for (int i = 0; !status && i < *w; i++) {
    int64_t phi = (first + i) / some->n_cell;
    if (phi != last) hf_mixed_log_weights(c, x, n, (int)phi, lw);
    last = phi;
    for (int k = 0; k < c->n_part; k++) part[k * HF_TILE + i] += lw[k];
  }
  if (!status) c->kernels->log_sum(*w, c->n_part, part, logz);
  return status;
}

int hf_mixed_log(const hf_mixed *c, int n, const double *x, const volatile int *stop, double *lp) {
  const hf_integrated *one = c->part;
  double logz[HF_TILE];
  int status = HF_OK, w;
  hf_add_overall(one, n, x, lp);
  for (int64_t lo = 0; !status && lo < n * one->n_cell; lo += w) {
    if (hf_stopped(stop)) return HF_STOPPED;
    status = pairs_from(c, one, n, x, lo, logz, &w);
    for (int i = 0; !status && i < w; i++)
      lp[(lo + i) / one->n_cell] +=
          one->mult.p[(lo + i) % one->n_cell * one->mult.stride] * logz[i];
  }
  for (int i = 0; !status && i < n; i++) lp[i] = lp[i] == lp[i] ? lp[i] : -HF_INF;
  return status;
}

int hf_mixed_eval(const hf_target *t, int n, const double *z, double *lp) {
  const hf_mixed *c = t->ctx;
  double x[HF_MAX_PHI * HF_TILE];
  int status = hf_hyper_expand(c->kernels, c->hyper, n, z, x, lp);
  return status ? status : hf_mixed_log(c, n, x, t->stop, lp);
}

int hf_mixed_marginal(const hf_mixed *c, int n_phi, const double *x, int64_t lo, int64_t hi,
                      const volatile int *stop, double *logz) {
  hf_integrated some[HF_MAX_PART];
  int status = HF_OK, w;
  for (int k = 0; k < c->n_part; k++) some[k] = hf_some_cells(&c->part[k], lo, hi);
  for (int64_t i = 0; !status && i < n_phi * (hi - lo); i += w) {
    if (hf_stopped(stop)) return HF_STOPPED;
    status = pairs_from(c, some, n_phi, x, i, logz + i, &w);
  }
  return status;
}

/* log(w_k Z_k) as rows of `part` (n_part, HF_TILE), their means and sds, and (2) of n <= HF_TILE cells at x (n_node,). */
static int parts_at(const hf_mixed *c, const double *x, const double *lw, int n,
                    const int64_t *cell, double *part, double *mean, double *sd, double *logz) {
  int phi[HF_TILE] = {0}, status = HF_OK;
  for (int k = 0; !status && k < c->n_part; k++) {
    hf_gathered l;
    int at = k * HF_TILE;
    hf_gather(&c->part[k], 1, x, n, phi, cell, &l);
    status = part_of(c, k, n, &l, part + at, mean ? mean + at : NULL, sd ? sd + at : NULL);
    for (int i = 0; i < n; i++) part[at + i] += lw[k];
  }
  c->kernels->log_sum(n, c->n_part, part, logz);
  return status;
}

int hf_mixed_groups(const hf_mixed *c, const double *x, int64_t n, const int64_t *cell,
                    double *mean, double *sd, double *share) {
  double part[HF_MAX_PART * HF_TILE], m[HF_MAX_PART * HF_TILE], s[HF_MAX_PART * HF_TILE];
  double lw[HF_MAX_PART], logz[HF_TILE];
  int status = HF_OK;
  hf_mixed_log_weights(c, x, 1, 0, lw);
  for (int64_t lo = 0; !status && lo < n; lo += HF_TILE) {
    int w = n - lo < HF_TILE ? (int)(n - lo) : HF_TILE;
    status = parts_at(c, x, lw, w, cell + lo, part, m, s, logz);
    for (int i = 0; !status && i < w; i++) {
      double first = 0.0, second = 0.0;
      for (int k = 0; k < c->n_part; k++) {
        double r = hf_exp(part[k * HF_TILE + i] - logz[i]);
        first += r * m[k * HF_TILE + i];
        share[(lo + i) * c->n_part + k] = r;
      }
      for (int k = 0; k < c->n_part; k++) {
        double off = m[k * HF_TILE + i] - first, own = s[k * HF_TILE + i];
        second += share[(lo + i) * c->n_part + k] * (own * own + off * off);
      }
      mean[lo + i] = first;
      sd[lo + i] = __builtin_sqrt(second);
    }
  }
  return status;
}

/* (5) of n <= HF_TILE effects of one cell whose parts end at `end` (n_part,), the last one 1. */
static int pick(const hf_mixed *c, const double *x, int n, int64_t cell, const double *end,
                const double *uniform, double *theta) {
  const double least = 1e-300, most = 1.0 - 0x1p-53;
  double u[HF_TILE];
  int status = HF_OK;
  memcpy(u, uniform, (size_t)n * sizeof *u);
  for (int k = 0; !status && k < c->n_part; k++) {
    double v[HF_TILE], found[HF_TILE], from = k ? end[k - 1] : 0.0;
    int64_t cells[HF_TILE];
    int at[HF_TILE], m = 0;
    for (int i = 0; i < n; i++) {
      if (!(u[i] >= from && u[i] < end[k])) continue;
      double within = (u[i] - from) / (end[k] - from);
      v[m] = within > least ? within < most ? within : most : least;
      cells[m] = cell;
      at[m++] = i;
    }
    double place = hf_arg_at(&c->part[k].loc, x, 1, 0);
    for (int i = 0; i < m; i++) found[i] = place;
    if (m && !c->point[k]) status = hf_integrated_invert(&c->part[k], x, m, cells, v, found);
    for (int i = 0; i < m; i++) theta[at[i]] = found[i];
  }
  return status;
}

int hf_mixed_invert(const hf_mixed *c, const double *x, int64_t n, const int64_t *cell,
                    const double *u, double *theta) {
  double part[HF_MAX_PART * HF_TILE], lw[HF_MAX_PART], end[HF_MAX_PART], logz;
  int status = HF_OK;
  hf_mixed_log_weights(c, x, 1, 0, lw);
  for (int64_t i = 0, many; !status && i < n; i += many) {
    int64_t one = cell ? cell[i] : i;
    for (many = 1; cell && many < HF_TILE && i + many < n && cell[i + many] == one;) many++;
    status = parts_at(c, x, lw, 1, &one, part, NULL, NULL, &logz);
    for (int k = 0; k < c->n_part; k++)
      end[k] = (k ? end[k - 1] : 0.0) + hf_exp(part[k * HF_TILE] - logz);
    end[c->n_part - 1] = 1.0;
    if (!status) status = pick(c, x, (int)many, one, end, u + i, theta + i);
  }
  return status;
}
