/* phi/mixed.h: populations that are mixtures, effects integrated out part by part. With sticks v_k in (0, 1),
 *   (1) w_k = v_k prod_{l < k} (1 - v_l),  v of the last part 1
 *   (2) log Z(cell, phi) = log sum_k w_k Z_k,  Z_k of theta/quadrature.h, or p(y | location) of a point mass
 *   (3) p(part k | y, phi) = r_k = w_k Z_k / Z
 *   (4) mean m = sum_k r_k m_k,  variance sum_k r_k (s_k^2 + (m_k - m)^2)
 *   (5) draws: part k where u lies in the k-th interval of lengths r, then u's place within it, inverted
 * Sticks that are Beta(a_k, sum_{l > k} a_l) make weights Dirichlet(a).
 * Sources: Connor and Mosimann (1969), J. Amer. Statist. Assoc. 64; Gelman et al., BDA3, chapter 22. */
#ifndef HF_MIXED_H
#define HF_MIXED_H

#include "phi/phi.h"

enum { HF_MAX_PART = 8 };

typedef struct {
  const hf_kernels_t *kernels;
  const hf_hyper *hyper;
  int n_part;
  hf_integrated part[HF_MAX_PART]; /* the same rows and cells, another population */
  int point[HF_MAX_PART];          /* whether it is a point mass at its location instead */
  hf_arg stick[HF_MAX_PART];       /* (n_part - 1,) */
} hf_mixed;

/* log w (n_part,) of (1) at lane i of x (n_node, n). */
void hf_mixed_log_weights(const hf_mixed *c, const double *x, int n, int i, double *lw);
/* Adds what rows say to lp (n,) at values x (n_node, n), n <= HF_TILE. */
int hf_mixed_log(const hf_mixed *c, int n, const double *x, const volatile int *stop, double *lp);
int hf_mixed_eval(const hf_target *t, int n, const double *z, double *lp);
/* (2) of cells lo .. hi at values x (n_node, n_phi): logz (n_phi, hi - lo). */
int hf_mixed_marginal(const hf_mixed *c, int n_phi, const double *x, int64_t lo, int64_t hi,
                      const volatile int *stop, double *logz);
/* (3) and (4) of n cells given values x (n_node,): share (n, n_part), mean and sd (n,). */
int hf_mixed_groups(const hf_mixed *c, const double *x, int64_t n, const int64_t *cell,
                    double *mean, double *sd, double *share);
/* (5) of n effects, effect k that of cell[k] (or k) at u[k]; theta may be u. */
int hf_mixed_invert(const hf_mixed *c, const double *x, int64_t n, const int64_t *cell,
                    const double *u, double *theta);

#endif
