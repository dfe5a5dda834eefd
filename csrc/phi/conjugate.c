/* phi/conjugate.c: log p(phi | y) of counts whose effects are integrated out in closed form,
 *   (1) log p(phi | y) = log p(phi) + log p(y | a, b), a and b the population's two shapes, as in conjugate/. */
#include "phi.h"

#include "hfmath.h"

int hf_conjugate_log(const hf_conjugate *c, int n, const double *x, const volatile int *stop,
                     double *lp) {
  double a[HF_TILE], b[HF_TILE], ll[HF_TILE];
  if (n < 1) return HF_OK;
  for (int i = 0; i < n; i++) {
    a[i] = hf_arg_at(&c->shape[0], x, n, i);
    b[i] = hf_arg_at(&c->shape[1], x, n, i);
  }
  if (hf_stopped(stop)) return HF_STOPPED;
  c->pair->marginal(&c->counts, n, a, b, ll);
  for (int i = 0; i < n; i++) {
    double sum = lp[i] + ll[i];
    lp[i] = sum == sum ? sum : -HF_INF;
  }
  return HF_OK;
}

int hf_conjugate_eval(const hf_target *t, int n, const double *z, double *lp) {
  const hf_conjugate *c = t->ctx;
  double x[HF_MAX_PHI * HF_TILE];
  int status = hf_hyper_expand(c->kernels, c->hyper, n, z, x, lp);
  return status ? status : hf_conjugate_log(c, n, x, t->stop, lp);
}

void hf_conjugate_draw(const hf_conjugate *c, const double *x, uint64_t key, uint32_t sweep,
                       int64_t n, uint64_t base, const uint64_t *label, const double *y,
                       const double *size, double *out) {
  double a = hf_arg_at(&c->shape[0], x, 1, 0), b = hf_arg_at(&c->shape[1], x, 1, 0);
  for (int64_t j = 0; j < n; j += HF_TILE) {
    int w = n - j < HF_TILE ? (int)(n - j) : HF_TILE;
    c->pair->draw(w, key, base + (uint64_t)j, label ? label + j : NULL, sweep, a, b, y + j,
                  size + j, out + j);
  }
}
