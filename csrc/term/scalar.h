/* term/scalar.h: one effect a group, entering the linear predictor through a covariate.
 *   (1) eta_i = ... + z_i theta_{g(i)} + ...
 * A Gibbs step for the term takes it out of eta, reduces what is left to statistics per group,
 *   (2) p_g = sum_i z_i^2 / v_i,  ybar_g = sum_i z_i r_i / v_i / p_g,  r_i = y_i - (eta_i - z_i theta_g)
 * with v_i the rows' variances in units of sigma^2, draws theta by conjugate/normal_sweep.h, whose
 * location may vary by group, and puts it back. Terms see neither likelihood nor population.
 * Source: Gelman et al., BDA3, section 15.5. */
#ifndef HF_TERM_SCALAR_H
#define HF_TERM_SCALAR_H

#include "hf.h"

typedef struct {
  int64_t n_row, n_group;
  const int32_t *group; /* (n_row,) */
  hf_col z;             /* (n_row,) covariate; stride 0 and 1.0 for an intercept */
} hf_scalar;

/* eta += sign z theta: sign -1 takes the term out, +1 puts it in. */
void hf_scalar_add(const hf_scalar *t, const double *theta, double sign, double *eta);
/* (2) from y and an eta without the term; v may have stride 0. */
void hf_scalar_reduce(const hf_scalar *t, const double *y, const double *eta, hf_col v, double *p,
                      double *ybar);

#endif
