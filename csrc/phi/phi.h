/* phi/phi.h: the hyperparameters: their densities as targets, and what samples a target.
 * Coordinates z are real: x itself, log x for a positive x, the logit of its place between bounds. */
#ifndef HF_PHI_H
#define HF_PHI_H

#include "hf.h"

/* --- hyper.c: the graph of priors --- */

/* Values x (n_node, n) of unknowns at z (d, n), and lp (n,) the log prior with the Jacobian. Values of a
 * skipped node are read from x as given. */
int hf_hyper_expand(const hf_kernels_t *k, const hf_hyper *h, int n, const double *z, double *x,
                    double *lp);
/* The coordinate z of a value x of node i, its bounds read from values (n_node,). */
double hf_hyper_coordinate(const hf_hyper *h, int i, const double *values, double x);
int hf_hyper_dim(const hf_hyper *h);
/* An argument's value at lane i of x (n_node, n). */
double hf_arg_at(const hf_arg *a, const double *x, int n, int i);
/* The value an unknown must have for the argument that reads it to be `value`. */
double hf_arg_inverse(const hf_arg *a, double value);

/* --- table.c: moments of conjugate/normal.h as functions of lambda --- */

typedef struct {
  const hf_kernels_t *kernels;
  const hf_cells *cells;
  int n_node;           /* 0: no table, every lambda reads the cells */
  double p_bar, lo, hi; /* the table covers lo <= v <= hi, v = lambda p_bar / (1 + lambda p_bar) */
  double n_group;
  const double *coef; /* (4, n_node) Chebyshev */
} hf_moments;

/* A, W, S1, S2 (4, n) at n <= HF_TILE values of lambda. */
int hf_moments_at(const hf_moments *m, int n, const double *lambda, const volatile int *stop,
                  double *out);
/* Nodes that interpolate between v = lo and v = hi to rounding; lambda of node i. */
int hf_table_size(const hf_cells *c, double lo, double hi);
void hf_table_nodes(double p_bar, double lo, double hi, int n, double *lambda);
/* Coefficients (4, n) from the moments (4, n) at the nodes; may be in place. */
void hf_table_fit(double p_bar, double n_group, int n, const double *lambda, double *moment);

/* --- collapsed.c: log p(phi | y), theta and, where `skip` says so, mu integrated out --- */

typedef struct {
  const hf_kernels_t *kernels;
  const hf_hyper *hyper;
  hf_arg loc, scale, noise;
  double n_group, n_row, ssw;
  hf_moments moments;
} hf_collapsed;

/* Adds the density of the rows to lp (n,) at values x (n_node, n) of all unknowns, n <= HF_TILE. */
int hf_collapsed_log(const hf_collapsed *c, int n, const double *x, const volatile int *stop,
                     double *lp);
int hf_collapsed_eval(const hf_target *t, int n, const double *z, double *lp);
/* At draws z (d, n) of draws first.. of a chain: values x (n_node, n) with mu drawn, and the components
 * m, s2, tau2, lambda (4, n) of the groups' posterior, m read about the cells' centre. */
int hf_collapsed_finish(const hf_collapsed *c, uint64_t seed, uint32_t chain, uint32_t first, int n,
                        const double *z, double *x, double *part);

/* --- start.c --- */

/* Range of lambda where the likelihood, profiled over mu and sigma, is within `drop` of its top; the
 * largest lambda within 1/2 of the top, and mean and variance there. */
int hf_lambda_scan(const hf_collapsed *c, double drop, const volatile int *stop, double *lo,
                   double *hi, double *best, double *mean, double *sigma2);
/* A point z (d,) near the mode: the unknowns that n arguments `data` read make these `known` (n,), others
 * are scanned. The arguments read one unknown each. */
int hf_start(const hf_target *t, const hf_hyper *h, int n, const hf_arg *data, const double *known,
             double *z);

/* --- mode.c --- */

/* From z (d,) to the mode; shape (d, d) has columns that whiten: z = mode + shape u. `near`: it comes in as that of a
 * similar target, z near its mode. */
int hf_find_mode(const hf_target *t, int near, double *z, double *shape, double *lp_mode);

/* --- proposal.c, grid.c: independence proposals --- */

enum { HF_GRID_1 = 256, HF_GRID_2 = 64, HF_TRIAL = 1024 };
typedef struct {
  int d, has_grid, n_trial;
  double lp_mode, quality, evenness; /* of trial weights: effective share, mean over largest */
  double mode[HF_MAX_PHI], shape[HF_MAX_PHI * HF_MAX_PHI], log_det;
  double left[HF_MAX_PHI], right[HF_MAX_PHI]; /* scales of the split t along each axis */
  int along, n_cell[2]; /* of a grid: the axis along which it has rows; rows, cells of each */
  double edge[HF_GRID_1 + 1], across[HF_GRID_1][HF_GRID_2 + 1], centre[HF_GRID_1], slope[HF_GRID_1];
  double cumulative[HF_GRID_2 * HF_GRID_2 + 1], log_density[HF_GRID_2 * HF_GRID_2];
  double start[HF_TRIAL * HF_MAX_PHI],
      start_weight[HF_TRIAL + 1]; /* trial points and cumulated weights */
} hf_proposal;

/* Mode and scales, `near` those that p comes in with; then the rest, from n_trial <= HF_TRIAL trial draws. What makes
 * evaluations cheap may come between. */
int hf_proposal_place(const hf_target *t, const double *z0, int near, hf_proposal *p);
int hf_proposal_fill(const hf_target *t, uint64_t seed, int grid, int n_trial, hf_proposal *p);
/* Proposals z (d, n) for sweeps first.. of a chain and their log densities. */
void hf_propose(const hf_proposal *p, uint64_t key, uint32_t first, int n, double *z, double *lq);
void hf_proposal_density(const hf_proposal *p, int n, const double *z, double *lq);
int hf_grid_build(const hf_target *t, hf_proposal *p);
void hf_grid_draw(const hf_proposal *p, const double *pick, double *u);
double hf_grid_density(const hf_proposal *p, const double *u);
void hf_proposal_start(const hf_proposal *p, uint64_t seed, uint32_t chain, double *z);

/* --- chain.c, slice.c: transitions that leave the target alone --- */

/* Sweeps first .. first + n of an independence chain from z, lp (in and out); path (d, n). */
int hf_independence(const hf_target *t, const hf_proposal *p, uint64_t seed, uint32_t chain,
                    uint32_t first, int n, double *z, double *lp, double *path, int64_t *moved);
/* One sweep of univariate slices along the columns of shape (d, d), each `passes` times; `cut` counts
 * the intervals that reached the cap on their length inside the slice. */
int hf_slice_sweep(const hf_target *t, const double *shape, uint64_t key, uint32_t sweep,
                   int passes, double *z, double *lp, int64_t *cut);

/* --- conjugate.c: counts whose effects are integrated out in closed form --- */

typedef struct {
  const hf_kernels_t *kernels;
  const hf_hyper *hyper;
  const hf_pair *pair;
  hf_arg shape[2];
  hf_counts counts;
} hf_conjugate;

/* Adds (1) without the prior to lp (n,) at values x (n_node, n), n <= HF_TILE. */
int hf_conjugate_log(const hf_conjugate *c, int n, const double *x, const volatile int *stop,
                     double *lp);
int hf_conjugate_eval(const hf_target *t, int n, const double *z, double *lp);
/* Effects (n,) of groups with counts y of size given values x (n_node,): (2) of the pair. Labels are label[j], or
 * base + j where label is NULL. */
void hf_conjugate_draw(const hf_conjugate *c, const double *x, uint64_t key, uint32_t sweep,
                       int64_t n, uint64_t base, const uint64_t *label, const double *y,
                       const double *size, double *out);

/* --- integrated.c: any family, effects integrated out by quadrature --- */

typedef struct {
  const hf_kernels_t *kernels;
  const hf_hyper *hyper;
  hf_integral integral;
  int n_lpar; /* of the likelihood, which may take more */
  hf_arg loc, lpar[HF_MAX_CUT], ppar[HF_MAX_PAR];
  int n_design; /* predictors (n_cell,) that add to loc, and the unknowns that are their coefficients */
  int coefficient[HF_MAX_PHI];
  hf_col design[HF_MAX_PHI];
  int64_t n_cell;
  hf_col stat[HF_MAX_STAT], mult; /* (n_cell,) */
  hf_fixed fixed;                 /* nodes.c */
} hf_integrated;

/* What predictors add to the location of a cell at lane i of x (n_node, n). */
static inline double hf_predicted(const hf_integrated *c, const double *x, int n, int i,
                                  int64_t cell) {
  double sum = 0.0;
  for (int k = 0; k < c->n_design; k++)
    sum += c->design[k].p[cell * c->design[k].stride] * x[c->coefficient[k] * n + i];
  return sum;
}

/* Columns of n <= HF_TILE pairs of phi and cell: statistics of one, arguments of the other. */
typedef struct {
  double stat[HF_MAX_STAT][HF_TILE], lpar[HF_MAX_CUT][HF_TILE], ppar[HF_MAX_PAR][HF_TILE],
      loc[HF_TILE];
  hf_col stats[HF_MAX_STAT], lpars[HF_MAX_CUT], ppars[HF_MAX_PAR], place;
} hf_gathered;
void hf_gather(const hf_integrated *c, int n_phi, const double *x, int n, const int *phi,
               const int64_t *cell, hf_gathered *l);
/* Pairs first, first + 1, ... of all n_phi with all cells, cells fastest: no more than n <= HF_TILE, and of one phi where
 * there are cells enough, whose statistics are then read where they are. Returns how many. */
enum { HF_ALONE = 48 };
int hf_gather_next(const hf_integrated *c, int n_phi, const double *x, int64_t first,
                   hf_gathered *l);

/* Adds to lp (n,) what all rows say of the likelihood's parameters alone at x (n_node, n). */
void hf_add_overall(const hf_integrated *c, int n, const double *x, double *lp);
/* Adds (1) without the prior to lp (n,) at values x (n_node, n), n <= HF_TILE. */
int hf_integrated_log(const hf_integrated *c, int n, const double *x, const volatile int *stop,
                      double *lp);
int hf_integrated_eval(const hf_target *t, int n, const double *z, double *lp);
/* The same model of cells lo .. hi alone. */
hf_integrated hf_some_cells(const hf_integrated *c, int64_t lo, int64_t hi);
/* log Z of these, by the adaptive rule, at values x (n_node, n_phi): logz (n_phi, hi - lo). */
int hf_integrated_marginal(const hf_integrated *c, int n_phi, const double *x, int64_t lo,
                           int64_t hi, const volatile int *stop, double *logz);
/* Mean and sd of the effects of n cells given values x (n_node,). */
int hf_integrated_groups(const hf_integrated *c, const double *x, int64_t n, const int64_t *cell,
                         double *mean, double *sd);
/* Quantiles of n effects given x, effect k that of cell[k] (or k) at probability u[k]; a run of one cell
 * costs little more than one of it. theta may be u. */
int hf_integrated_invert(const hf_integrated *c, const double *x, int64_t n, const int64_t *cell,
                         const double *u, double *theta);
/* Modes of n effects given x, effect k that of cell[k] (or k). */
int hf_integrated_modes(const hf_integrated *c, const double *x, int64_t n, const int64_t *cell,
                        double *mode);
/* Draws of n effects given x, effect k that of cell[k] (or k) with label label[k] (or base + k); hf_concave. Where
 * modes at other phi are known, `near` (n,), these are quicker. */
int hf_integrated_reject(const hf_integrated *c, const double *x, int64_t n, const int64_t *cell,
                         const double *near, uint64_t key, uint64_t base, const uint64_t *label,
                         uint32_t sweep, double *theta);
/* Values x (n_node, 1 + 4 d) of unknowns at the mode and at points near and far around it. */
int hf_integrated_design(const hf_target *t, const hf_proposal *p, double *x);
/* Log densities lp (1 + 4 d,) at the mode and at 1 and 3 sd around it; (2) of two such, of d unknowns. */
enum { HF_AROUND = 1 + 4 * HF_MAX_PHI };
int hf_integrated_around(const hf_target *t, const hf_proposal *p, double *lp);
double hf_integrated_apart(int d, const double *a, const double *b);
/* Sets the order, of all n_part integrals that a target reads, whose error around the mode is below `wanted`
 * without any nodes that stay. Reports that error, and in error[1], where there are such nodes, what those
 * cells and phi leave that are not integrated on them. */
int hf_integrated_order(hf_integrated *part, int n_part, const hf_target *t, const hf_proposal *p,
                        double wanted, double *error);

/* --- nodes.c: the same on nodes that stay while phi moves --- */

/* Adds (1) without the prior to lp (n,) at values x (n_node, n). */
int hf_nodes_add(const hf_integrated *c, int n, const double *x, const volatile int *stop,
                 double *lp);
/* Where nodes must reach at values x (n_node,): low, high and the scale (n_cell,), 0 where no end was found. */
int hf_nodes_span(const hf_integrated *c, const double *x, const volatile int *stop, double *low,
                  double *high, double *scale);
/* Likelihoods at the nodes of `fixed`, into what its value and top (n,) point to. */
int hf_nodes_fill(const hf_integrated *c, const double *x, const volatile int *stop, double *value,
                  double *top);
/* (5) of cells lo.. *hi over n phi, values x in packs of HF_WIDE phi, each (n_node, HF_WIDE) or the last one
 * narrower; into mass at the places of their nodes, and missed (cells,): how many phi are not in it. `sum`
 * has room for 4 numbers a node, all 0. */
int hf_nodes_blend(const hf_integrated *c, int64_t lo, int64_t n, const double *x, double *sum,
                   double *mass, int64_t *missed, int64_t *hi);
/* Which cells with nodes (n,) these do not integrate at x. */
int hf_nodes_missed(const hf_integrated *c, const double *x, uint8_t *missed);

/* --- gibbs.c: phi given sums over the effects, centred and not --- */

typedef struct {
  const hf_kernels_t *kernels;
  const hf_hyper *hyper;
  hf_arg loc, scale, noise;
  double n_group, n_row, ssw, centre;
  double p_sum, py_sum, pyy_sum; /* sums of p, p y, p y^2 over groups, y about the centre */
  double sum[HF_SUMS];           /* of the last pass, about the centre (conjugate/normal_sweep.h) */
  double at_loc, at_scale; /* phi when the effects were fixed as eta = (theta - loc) / scale */
  int noncentred;
} hf_conditional;

int hf_conditional_eval(const hf_target *t, int n, const double *z, double *lp);

#endif
