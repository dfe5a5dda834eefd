/* phi/dirichlet.h: y_j ~ Multinomial(n_j, p_j), p_j ~ Dirichlet(alpha) of H categories, A = sum alpha_k. Up to
 * a constant,
 *   (1) log p(y | alpha) = sum_k sum_j log(Gamma(alpha_k + y_jk) / Gamma(alpha_k))
 *                          - sum_j log(Gamma(A + n_j) / Gamma(A)),
 *       sums of conjugate/rising.h: a table for all categories that share an alpha, and one of trials
 *   (2) p_j | y, alpha ~ Dirichlet(alpha + y_j), gamma variates over their sum
 *   (3) log p(p | alpha) = J log Gamma(A) + sum_k alpha_k s_k - J log Gamma(alpha_k), s_k = sum_j log p_jk
 * Twin: hierfast/likelihoods/dirichlet.py. Sources: Mosimann (1962), Biometrika 49; Minka (2000), Estimating
 * a Dirichlet distribution; Gelman et al., BDA3, section 3.4. */
#ifndef HF_PHI_DIRICHLET_H
#define HF_PHI_DIRICHLET_H

#include "phi/phi.h"

/* Coordinates u of unknowns: where data tell shares but hardly A, all alphas can only move together. So those that
 * follow a leader are read as ratios to it, z_k = u_k + u_leader in logarithms: u_leader moves them all, shares
 * as they are, and the Jacobian is 1. */
typedef struct {
  const hf_kernels_t *kernels;
  const hf_hyper *hyper;
  int n_part, n_category;
  const hf_arg *alpha;             /* (n_part,) distinct ones */
  const double *many;              /* (n_part,) categories that share each */
  const hf_rising *count;          /* (n_part,) their counts */
  hf_rising all;                   /* trials */
  const int32_t *part;             /* (n_category,) whose alpha a category has */
  int leader, follows[HF_MAX_PHI]; /* index of an unknown, -1: none; whether each one follows it */
  int64_t n_group;
  const double *y; /* (n_group, n_category) */
} hf_dirichlet;

/* Values x (n_node, n) at u (d, n), and lp (n,) the log prior with the Jacobian. */
int hf_dirichlet_expand(const hf_dirichlet *c, int n, const double *u, double *x, double *lp);
/* Adds (1) to lp (n,) at values x (n_node, n), n <= HF_TILE. */
int hf_dirichlet_log(const hf_dirichlet *c, int n, const double *x, const volatile int *stop,
                     double *lp);
/* (1) of groups lo .. hi by themselves at values x (n_node, n_phi): logz (n_phi, hi - lo). */
int hf_dirichlet_marginal(const hf_dirichlet *c, int n_phi, const double *x, int64_t lo, int64_t hi,
                          const volatile int *stop, double *logz);
/* log p(alpha) + (1) at u (d, n). */
int hf_dirichlet_eval(const hf_target *t, int n, const double *u, double *lp);
/* (2) of n groups of counts y (n, n_category), given values x (n_node,); out (n, n_category). */
void hf_dirichlet_draw(const hf_dirichlet *c, const double *x, uint64_t key, uint32_t sweep,
                       int64_t n, const uint64_t *label, const double *y, double *out);
/* Draws groups lo..hi as (2) and adds log p_jk up over them and over categories of each alpha; row (n_category,)
 * is scratch, sum (n_part,). */
void hf_dirichlet_sums(const hf_dirichlet *c, const double *x, uint64_t key, uint32_t sweep,
                       int64_t lo, int64_t hi, const uint64_t *label, double *row, double *sum);

typedef struct {
  const hf_dirichlet *model;
  const double *sum; /* (n_part,) of log p_jk */
} hf_shares;

/* log p(alpha) + (3) at u (d, n); the context is hf_shares. */
int hf_shares_eval(const hf_target *t, int n, const double *u, double *lp);

#endif
