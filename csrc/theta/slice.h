/* theta/slice.h: effects moved by slices given phi, and phi given effects that are not centred, for any
 * likelihood and a population of location mu and scale tau. Kernels of Gibbs sampling that share nothing
 * with the quadrature of theta/quadrature.h but the densities. What is kept is eta_j = (theta_j - mu) / tau,
 * which has its digits however small tau is.
 *   (1) log p(eta_j | phi, y) = log p(y_j | mu + tau eta_j) + log p0(eta_j), a slice each sweep,
 *       p0 the population of location 0 and scale 1
 *   (2) log p(phi | eta, y) = log p(phi) + sum_j log p(y_j | mu + tau eta_j)
 *   (3) phi given theta is (1) of phi/gibbs.c, its sums those of tau eta about mu; eta follows,
 *       eta_j = (mu0 - mu + tau0 eta0_j) / tau
 * Sources: Neal (2003), Annals of Statistics 31(3); Yu and Meng (2011), J. Comput. Graph. Stat. 20(3). */
#ifndef HF_THETA_SLICE_H
#define HF_THETA_SLICE_H

#include "phi/phi.h"

/* Moves eta (n_group,) of groups lo..hi, statistics (n_cell,) of `c` theirs, given x (n_node,); sum (2,)
 * receives those of eta and eta^2, in order. */
int hf_eta_slices(const hf_integrated *c, const double *x, uint64_t key, uint64_t base,
                  const uint64_t *label, uint32_t sweep, int64_t lo, int64_t hi, double *eta,
                  int64_t *cut, double *sum);

typedef struct {
  const hf_integrated *model;
  const double *eta; /* (n_cell,) */
} hf_noncentred;

/* (2) at z (d, n). */
int hf_noncentred_eval(const hf_target *t, int n, const double *z, double *lp);

#endif
