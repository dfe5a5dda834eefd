/* phi/points.h: effects on a grid, theta_j = g_k with probability w_k, w ~ Dirichlet(alpha m), sum m = 1. With
 * L_ck = p(y_c | g_k, phi) of a cell c of mult_c groups, and N_k groups at point k, J in all,
 *   (1) log p(y | w, phi) = sum_c mult_c log sum_k w_k L_ck
 *   (2) p(theta_j = g_k | y, w, phi) = w_k L_ck / sum_l w_l L_cl: the groups of a cell are multinomial
 *   (3) w | N, alpha ~ Dirichlet(alpha m + N)
 *   (4) log p(N | alpha) = log Gamma(alpha) / Gamma(alpha + J)
 *                          + sum_k log Gamma(alpha m_k + N_k) / Gamma(alpha m_k)
 *   (5) log p(w | alpha) = log Gamma(alpha) + sum_k (alpha m_k - 1) log w_k - log Gamma(alpha m_k)
 *   (6) given w_k + w_l and the others, z = log w_k / w_l has the density v^(alpha m_k) (1 - v)^(alpha m_l),
 *       v = w_k / (w_k + w_l), times (1)
 *   (7) w_k and w_l of neighbours change places with probability min(1, r), r the ratio of (1) times that of (5)
 * Twin: hierfast/likelihoods/grid.py. Sources: Kiefer and Wolfowitz (1956), Ann. Math. Statist. 27; Koenker and
 * Mizera (2014), JASA 109(506); Ishwaran and Zarepour (2002), Statistica Sinica 12, for w; Escobar and West
 * (1995), JASA 90(430), for alpha. */
#ifndef HF_PHI_POINTS_H
#define HF_PHI_POINTS_H

#include "phi/phi.h"

enum { HF_OF_WEIGHTS = 0, HF_OF_ROWS = 1 }; /* what unknowns are of */

typedef struct {
  const hf_kernels_t *kernels;
  const hf_hyper *hyper;
  hf_integrated rows; /* cells; their population is not read */
  hf_arg concentration;
  int n_point;
  double n_group;
  const double *point, *base; /* (n_point,) g and m */
  /* L over the largest of its cell, (n_cell, n_point) and (n_point, n_cell); NULL where it is made when wanted. */
  const double *value, *column;
  int by_point;                     /* whether columns are read */
  int n_own[2], own[2][HF_MAX_PHI]; /* coordinates of unknowns of either kind */
} hf_points;

/* Numbers of a chain: log w, w, N, and two rows and their blocks of scratch, (n_point,) each; then sums (n_cell,)
 * and columns (n_point, n_cell) where these are read, the latter unless they are held. */
typedef struct {
  double *log_w, *w, *count, *row, *share, *block, *sum, *column;
} hf_weights;
int64_t hf_weights_size(const hf_points *c);
hf_weights hf_weights_of(const hf_points *c, double *at);

/* L (n_point,) over its largest of a cell at lane i of x (n_node, n), and the logarithm of that. */
int hf_points_row(const hf_points *c, int n, const double *x, int i, int64_t cell, double *log,
                  double *value, double *top);
/* The same of n cells, and tops (n,); row (8, n_point) is scratch. */
int hf_points_fill(const hf_points *c, const double *x, int64_t n, const int64_t *cell,
                   int by_point, const volatile int *stop, double *row, double *value, double *top);
/* (1) at each lane of x (n_node, n), with what all rows say of their unknowns alone; ll (n,). */
int hf_points_log(const hf_points *c, int n, const double *x, const double *w,
                  const volatile int *stop, double *row, double *ll);
/* Point where u lies among the shares of one cell. */
int hf_points_find(int n, const double *share, const double *block, double total, double u);
/* (2): points (n,) of effects, effect i that of cell[i] at u[i]; theta may be u. */
int hf_points_invert(const hf_points *c, const double *x, const double *w, int64_t n,
                     const int64_t *cell, const double *u, double *row, double *theta);

/* Log density of some unknowns given weights or counts: the prior, and (1), (4) or (5). */
typedef struct {
  const hf_points *model;
  const double *z; /* (n_node,) coordinates of all unknowns */
  int kind;        /* HF_OF_ROWS: (1) */
  hf_weights at;
  int marginal; /* of HF_OF_WEIGHTS: (4), or else (5) */
  const volatile int *stop;
} hf_points_given;
int hf_points_given_eval(const hf_target *t, int n, const double *z, double *lp);
/* log p(phi) + (1) at weights m: where chains may start. */
int hf_points_eval(const hf_target *t, int n, const double *z, double *lp);

/* Density (6) of z, made anew where slices ask. */
typedef struct {
  const hf_points *model;
  double a, b, both;                /* alpha m_k, alpha m_l, log(w_k + w_l) */
  double w[2];                      /* w_k, w_l as they are in sum */
  const double *sum, *left, *right; /* (n_cell,) sum_k w_k L_k, L_k, L_l */
  double log_w[2], ll;              /* of the last z that was asked for */
} hf_pair_of_points;
int hf_pair_eval(const hf_target *t, int n, const double *z, double *lp);

#endif
