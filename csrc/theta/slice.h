/* theta/slice.h: effects moved by slices given phi, and phi given effects, for any likelihood and population.
 * Kernels of Gibbs sampling that share nothing with the quadrature of theta/quadrature.h but the densities.
 * A population of location mu (mu_j where there are predictors) and scale tau has standardised effects eta_j = (theta_j - mu) / tau, which
 * have their digits however small tau is; of others eta_j = theta_j, mu = 0 and tau = 1 below.
 *   (1) log p(eta_j | phi, y) = log p(y_j | mu + tau eta_j) + log p0(eta_j), a slice each sweep,
 *       p0 the population of location 0 and scale 1
 *   (2) log p(phi | eta, y) = log p(phi) + sum_j log p(y_j | mu + tau eta_j)
 *   (3) log p(phi | theta, y) = log p(phi) + sum_j log p(theta_j | phi), and what (2) sums where the
 *       likelihood has unknowns; eta follows, eta_j = (theta_j - mu) / tau
 * Sources: Neal (2003), Annals of Statistics 31(3); Yu and Meng (2011), J. Comput. Graph. Stat. 20(3). */
#ifndef HF_THETA_SLICE_H
#define HF_THETA_SLICE_H

#include "phi/phi.h"

/* Where an effect begins, some way off the middle of a population with these parameters, within its bounds. */
double hf_eta_start(const hf_integrated *c, const hf_col *par, double middle, double off);

/* Moves eta (n_group,) of groups lo..hi, statistics (n_cell,) of `c` theirs, given x (n_node,). */
int hf_eta_slices(const hf_integrated *c, const double *x, uint64_t key, uint64_t base,
                  const uint64_t *label, uint32_t sweep, int64_t lo, int64_t hi, double *eta,
                  int64_t *cut);

typedef struct {
  const hf_integrated *model;
  const double *eta; /* (n_cell,) */
  double loc, scale; /* theta = loc + scale eta, of (3), */
  const double *at;  /* and what predictors add at these values (n_node,); NULL: nothing */
  const double *in;  /* (n_cell,) only groups that are in `part`; NULL: all */
  int part;
} hf_given;

/* Whether the population has a location and a scale, and both at lane i of x (n_node, n). */
int hf_is_located(const hf_integrated *c);
void hf_place_of(const hf_integrated *c, const double *x, int n, int i, double *loc, double *scale);

/* Adds to total, over groups in order, the log likelihood or the population's log density at the effects of `f`, its
 * parameters those of lane i of x (n_node, n); predictors of effects read lane i_at of f->at (n_node, n_at). */
int hf_given_sum(const hf_given *f, int n_at, int i_at, int population, const double *x, int n,
                 int i, double *total);

/* (2) and (3) at z (d, n). */
int hf_noncentred_eval(const hf_target *t, int n, const double *z, double *lp);
int hf_centred_eval(const hf_target *t, int n, const double *z, double *lp);

#endif
