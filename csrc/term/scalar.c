/* term/scalar.c: equations in term/scalar.h. */
#include "term/scalar.h"

void hf_scalar_add(const hf_scalar *t, const double *theta, double sign, double *eta) {
  for (int64_t i = 0; i < t->n_row; i++)
    eta[i] += sign * t->z.p[i * t->z.stride] * theta[t->group[i]];
}

void hf_scalar_reduce(const hf_scalar *t, const double *y, const double *eta, hf_col v, double *p,
                      double *ybar) {
  for (int64_t g = 0; g < t->n_group; g++) p[g] = ybar[g] = 0.0;
  for (int64_t i = 0; i < t->n_row; i++) {
    double z = t->z.p[i * t->z.stride], w = z / v.p[i * v.stride];
    p[t->group[i]] += w * z;
    ybar[t->group[i]] += w * (y[i] - eta[i]);
  }
  for (int64_t g = 0; g < t->n_group; g++) ybar[g] = p[g] > 0.0 ? ybar[g] / p[g] : 0.0;
}
