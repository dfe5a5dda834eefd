/* phi/dirichlet.c: equations in phi/dirichlet.h. */
#include "phi/dirichlet.h"

#include "special.h"
#include "variates.h"

int hf_dirichlet_expand(const hf_dirichlet *c, int n, const double *u, double *x, double *lp) {
  double z[HF_MAX_PHI * HF_TILE];
  for (int k = 0; k < c->hyper->n_node; k++)
    for (int i = 0; i < n; i++)
      z[k * n + i] =
          c->follows[k] && c->leader >= 0 ? u[k * n + i] + u[c->leader * n + i] : u[k * n + i];
  return hf_hyper_expand(c->kernels, c->hyper, n, z, x, lp);
}

int hf_dirichlet_log(const hf_dirichlet *c, int n, const double *x, const volatile int *stop,
                     double *lp) {
  double alpha[HF_TILE], total[HF_TILE], ll[HF_TILE];
  if (n < 1) return HF_OK;
  for (int i = 0; i < n; i++) total[i] = ll[i] = 0.0;
  for (int d = 0; d < c->n_part; d++) {
    if (hf_stopped(stop)) return HF_STOPPED;
    for (int i = 0; i < n; i++) alpha[i] = hf_arg_at(&c->alpha[d], x, n, i);
    for (int i = 0; i < n; i++) total[i] += c->many[d] * alpha[i];
    c->kernels->rising(&c->count[d], 1.0, n, alpha, ll);
  }
  c->kernels->rising(&c->all, -1.0, n, total, ll);
  for (int i = 0; i < n; i++) {
    double sum = lp[i] + ll[i];
    lp[i] = sum == sum ? sum : -HF_INF;
  }
  return HF_OK;
}

int hf_dirichlet_eval(const hf_target *t, int n, const double *u, double *lp) {
  const hf_dirichlet *c = t->ctx;
  double x[HF_MAX_PHI * HF_TILE];
  int status = hf_dirichlet_expand(c, n, u, x, lp);
  return status ? status : hf_dirichlet_log(c, n, x, t->stop, lp);
}

int hf_dirichlet_marginal(const hf_dirichlet *c, int n_phi, const double *x, int64_t lo, int64_t hi,
                          const volatile int *stop, double *logz) {
  for (int i = 0; i < n_phi; i++) {
    double total = 0.0;
    if (hf_stopped(stop)) return HF_STOPPED;
    for (int d = 0; d < c->n_part; d++) total += c->many[d] * hf_arg_at(&c->alpha[d], x, n_phi, i);
    for (int64_t j = lo; j < hi; j++) {
      const double *y = c->y + j * c->n_category;
      double size = 0.0, sum = 0.0;
      for (int k = 0; k < c->n_category; k++) {
        size += y[k];
        if (y[k] > 0.0)
          sum += hf_log_rising_any(hf_arg_at(&c->alpha[c->part[k]], x, n_phi, i), y[k]);
      }
      logz[i * (hi - lo) + (j - lo)] = sum - hf_log_rising_any(total, size);
    }
  }
  return HF_OK;
}

/* Gamma variates of one group over the largest of them, through logarithms; their sum. */
static double draw_gammas(const hf_dirichlet *c, const double *x, hf_stream s, const double *y,
                          double *log, double *out) {
  double top = -HF_INF, sum = 0.0;
  for (int k = 0; k < c->n_category; k++) {
    log[k] = hf_log_gamma(&s, hf_arg_at(&c->alpha[c->part[k]], x, 1, 0) + y[k]);
    top = log[k] > top ? log[k] : top;
  }
  for (int k = 0; k < c->n_category; k++) {
    double g = hf_exp(log[k] - top);
    log[k] -= top;
    sum += g;
    if (out) out[k] = g;
  }
  return sum;
}

void hf_dirichlet_draw(const hf_dirichlet *c, const double *x, uint64_t key, uint32_t sweep,
                       int64_t n, const uint64_t *label, const double *y, double *out) {
  for (int64_t j = 0; j < n; j++) {
    hf_stream s = {key, label[j], sweep, 0};
    double *p = out + j * c->n_category;
    double sum = draw_gammas(c, x, s, y + j * c->n_category, p, p);
    for (int k = 0; k < c->n_category; k++) p[k] /= sum;
  }
}

void hf_dirichlet_sums(const hf_dirichlet *c, const double *x, uint64_t key, uint32_t sweep,
                       int64_t lo, int64_t hi, const uint64_t *label, double *row, double *sum) {
  for (int d = 0; d < c->n_part; d++) sum[d] = 0.0;
  for (int64_t j = lo; j < hi; j++) {
    hf_stream s = {key, label[j], sweep, 0};
    double log_all = hf_log(draw_gammas(c, x, s, c->y + j * c->n_category, row, NULL));
    for (int k = 0; k < c->n_category; k++) sum[c->part[k]] += row[k] - log_all;
  }
}

int hf_shares_eval(const hf_target *t, int n, const double *u, double *lp) {
  const hf_shares *s = t->ctx;
  const hf_dirichlet *c = s->model;
  double x[HF_MAX_PHI * HF_TILE], groups = (double)c->n_group;
  int status = hf_dirichlet_expand(c, n, u, x, lp);
  for (int i = 0; !status && i < n; i++) {
    double total = 0.0, ll = 0.0;
    for (int d = 0; d < c->n_part; d++) {
      double alpha = hf_arg_at(&c->alpha[d], x, n, i);
      total += c->many[d] * alpha;
      ll += alpha * s->sum[d] - groups * (c->many[d] * hf_lgamma(alpha));
    }
    ll += groups * hf_lgamma(total) + lp[i];
    lp[i] = ll == ll ? ll : -HF_INF;
  }
  return status;
}
