/* theta/allocate.h: mixtures of populations, effects and allocations drawn; shares nothing with phi/mixed.h but the
 * weights. A group has a standardised effect eta_jk of every part, theta_jk = mu_k + tau_k eta_jk, and its allocation a_j
 * says of which one its rows are; the others are as their part is of any group. A point mass has eta = 0.
 *   (1) log p(eta_jk | rest) = log p0_k(eta_jk) + [a_j = k] log p(y_j | theta_jk), a slice each sweep
 *   (2) p(a_j = k | rest) = w_k p(y_j | theta_jk) / sum over the parts
 *   (3) log p(phi | eta, a, y) = log p(phi) + sum_j log w_k + log p(y_j | theta_jk),  k = a_j
 *   (4) log p(phi | theta, a, y) = log p(phi) + sum_j log w_k + log p_k(theta_jk | phi), or, of point masses,
 *       log p(y_j | mu_k), and what (3) sums where the likelihood has unknowns
 * Source: Carlin and Chib (1995), J. Royal Statist. Soc. B 57(3), pseudo-priors being the parts themselves. */
#ifndef HF_ALLOCATE_H
#define HF_ALLOCATE_H

#include "run.h"

typedef struct {
  const hf_mixed *model;
  const double *eta, *in; /* (n_part, n_group) and (n_group,) */
  const double *x; /* of (4), values (n_node,) at which effects are what they are; NULL: of (3) */
} hf_allocated;

/* (3) or (4) at z (d, n). */
int hf_allocated_eval(const hf_target *t, int n, const double *z, double *lp);

int hf_block_mixed_eta(const hf_plan *p, hf_state *s, int block);
int hf_block_centred_mixed_eta(const hf_plan *p, hf_state *s, int block);
int hf_block_noncentred_mixed_eta(const hf_plan *p, hf_state *s, int block);

#endif
