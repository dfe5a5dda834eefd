/* likelihood/zero_inflated.h: rows of a density that is exp(-u) at 0, or 0 without being drawn from it, with
 * probability 1 - psi. Of rows that share u, n above 0 and z at 0, and with y eta what the former add, up to a constant
 *   (1) log p(y | eta, psi) = y eta - n u + n log psi + z log q,   q = 1 - psi (1 - exp(-u))
 *   (2) d1 = y - (n + z s) u',   d2 = -(n + z s) u'' + z s (1 - s) u'^2,   s = psi exp(-u) / q
 * Twin: hierfast/likelihoods/zero_inflated.py. Source: Lambert (1992), Technometrics 34(1), sections 2 and 3. */
#ifndef HF_ZERO_INFLATED_H
#define HF_ZERO_INFLATED_H

#include "hfmath.h"

/* (1), and (2) where d1 is wanted, of one lane; u1 and u2 are the derivatives of u. */
static inline void hf_zero_inflated(double y, double n, double z, double eta, double psi, double u,
                                    double u1, double u2, double *ll, double *d1, double *d2) {
  double none = hf_exp(-u), q = 1.0 - psi * (1.0 - none), s = psi * none / q;
  double both = n + (z > 0.0 ? z * s : 0.0), bend = z > 0.0 && s > 0.0 ? z * s * (1.0 - s) : 0.0;
  *ll =
      y * eta - (n > 0.0 ? n * u : 0.0) + n * hf_log(psi) + (z > 0.0 ? z * hf_log1p(q - 1.0) : 0.0);
  if (!d1) return;
  *d1 = y - (both > 0.0 ? both * u1 : 0.0);
  *d2 = (bend > 0.0 ? bend * u1 * u1 : 0.0) - (both > 0.0 ? both * u2 : 0.0);
}
#endif
