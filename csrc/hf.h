/* hf.h: the types every part of the core shares. No allocation, no globals, no Python.
 *
 *   stage I     y_j | theta_j, phi ~ p(y_j | eta_j, phi),  eta = location seen by the likelihood
 *   stage II    theta_j | phi      ~ p(theta_j | loc_j, phi)
 *   stage III   phi                ~ a small directed graph of priors (hf_hyper)
 *
 * Shapes stand in comments; (d, n) is row-major. Functions return a status and write outputs last.
 */
#ifndef HF_H
#define HF_H

#include <stddef.h>
#include <stdint.h>

enum {
  HF_OK = 0,
  HF_STOPPED = 1,   /* the stop flag was seen; what was finished is valid */
  HF_NONFINITE = 2, /* a log density or a statistic is NaN where it must be a number */
  HF_NO_MODE = 3,   /* no maximum of the hyperparameter posterior was found */
  HF_NO_START = 4,  /* the density is zero wherever a chain could start */
  HF_STUCK = 5      /* a slice shrank to nothing: the density is not a function */
};

enum {
  HF_TILE = 256,      /* lanes a kernel handles at once; its buffers stay in L1 */
  HF_MAX_PHI = 16,    /* unknowns in one hyperprior */
  HF_MAX_PAR = 4,     /* parameters of one prior or population */
  HF_MAX_CUT = 16,    /* parameters of one likelihood: cuts between categories */
  HF_MAX_STAT = 8,    /* statistics of a group */
  HF_BLOCK = 8192,    /* groups summed as one leaf of a fixed tree */
  HF_LAMBDA = 64,     /* variance ratios one pass over the cells takes at once */
  HF_SUMS = 5,        /* sums of one Gibbs sweep */
  HF_LEVELS = 3,      /* instruction sets: base, avx2, avx512 */
  HF_ABREAST = 64,    /* groups whose extremes are held side by side */
  HF_STRIDE = 16,     /* shares of points that are added up to one block */
  HF_MAX_POINT = 4096 /* points of a grid */
};

/* Sites of randomness: each use of a random number has its own, so that no two share noise. */
enum {
  HF_SITE_START = 1,
  HF_SITE_PROPOSAL = 2,
  HF_SITE_ACCEPT = 3,
  HF_SITE_SLICE = 4,
  HF_SITE_LOCATION = 5,
  HF_SITE_THETA = 6,
  HF_SITE_SLICE_NONCENTRED = 7,
  HF_SITE_SLICE_THETA = 8,
  HF_SITE_ALLOCATION = 9,
  HF_SITE_SCALE = 10,
  HF_SITE_WEIGHTS = 11
};

/* A column of lanes: stride 1, or stride 0 for one value seen by all. */
typedef struct {
  const double *p;
  int stride;
} hf_col;

/* A column as n <= HF_TILE neighbours in memory, so that loops over lanes are vectors: itself, or a
 * copy in buf (n,). */
static inline const double *hf_spread(hf_col c, int n, double *buf) {
  if (c.stride == 1) return c.p;
  for (int i = 0; i < n; i++) buf[i] = c.p[0];
  return buf;
}

/* exp(ll) of a likelihood whose parameters move as a product, for nodes that stay: (1) of theta/moving.h.
 * The logarithm (n,) of what stays with a cell, and what a node needs of the rest whatever the cell (n,), both of
 * par's constants alone; rate and weight (n,) of all cells with the first statistic `key`; a cell's slope. */
typedef struct {
  void (*still)(int n, const double *eta, const hf_col *stat, const hf_col *par, double *ll);
  void (*base)(int n, const double *eta, const double *par, double *base);
  void (*common)(int n, const double *base, double key, const double *par, double *rate,
                 double *weight);
  double (*slope)(const double *stat, const double *par);
} hf_split;

/* log p(y | eta, par) from a cell's statistics, and its first two derivatives in eta; n <= HF_TILE. */
typedef struct {
  const char *name;
  int n_stat, n_par;
  int (*eval)(int n, const double *eta, const hf_col *stat, const hf_col *par, void *user,
              double *ll, double *d1, double *d2); /* (n,) each; d1, d2 may both be NULL */
  /* Adds what all rows say of par alone, whatever the effects, to ll (n,); NULL if nothing. */
  void (*overall)(int n, const hf_col *par, const void *user, double *ll);
  /* Widens low .. high (n,) to where its peaks may be, if it is not log-concave in eta, so that with any
   * population there may be two; NULL: it is log-concave, or its one peak is found by climbing. */
  void (*ends)(int n, const hf_col *stat, const hf_col *par, double *low, double *high);
  const hf_split *split; /* or NULL */
  /* Of one term's statistics, where its peak is and how wide, if every term may have a peak of its own, so that a
   * group may have many; whether this one has any. NULL: they have not. */
  int (*peak)(const double *stat, const double *par, double *at, double *wide);
  /* Of all terms of one group at n <= HF_TILE effects, faster than by eval term by term; whether it could. Or NULL. */
  int (*rows)(int n, const double *eta, int64_t terms, const double *const *term, const double *par,
              double *ll);
  int concave; /* whether it is log-concave in eta, whatever the statistics */
} hf_likelihood;

/* log p(theta | loc, par) and its first two derivatives in theta; n <= HF_TILE. */
typedef struct {
  const char *name;
  int n_par;
  int (*eval)(int n, const double *theta, hf_col loc, const hf_col *par, void *user, double *lp,
              double *d1, double *d2);
  /* A point (n,) in the middle; NULL of a population of location loc and scale par[0]. */
  void (*middle)(int n, const hf_col *par, double *theta);
  int heavy; /* 1: its tails are heavier than a Gaussian's; 2: it is not log-concave either */
  /* Where it ends, if it does (parameters of one value each); NULL: nowhere. */
  void (*bounds)(const hf_col *par, double *low, double *high);
} hf_population;

/* log density of a hyperprior at x, normalised wherever it can be (its parameters may be unknown). */
typedef struct {
  const char *name;
  int n_par;
  int (*eval)(int n, const double *x, const hf_col *par, double *lp);
} hf_prior;

/* An argument of a distribution: a constant or an unknown in a form, so that a standard deviation may be
 * parameterised by its variance or precision, and two shapes by mean and concentration: with a and b
 * the two values, sqrt a, 1 / sqrt a, a b, (1 - a) b, b / a, a^2. */
enum {
  HF_AS_IS = 0,
  HF_SQRT = 1,
  HF_RSQRT = 2,
  HF_TIMES = 3,
  HF_REST = 4,
  HF_OVER = 5,
  HF_SQUARE = 6
};
typedef struct {
  int node; /* index of the unknown a, or -1 */
  int form;
  double value;  /* a where it is a constant */
  int other;     /* of forms that read two, index of b, or -1 */
  double factor; /* b where it is a constant */
} hf_arg;

/* One unknown: its prior, and the coordinate it is sampled on. A node's arguments have smaller
 * indices than the node itself. HF_BOUNDED reads its bounds from par[0], par[1]. */
enum { HF_REAL = 0, HF_POSITIVE = 1, HF_BOUNDED = 2, HF_UNIT = 3 };
typedef struct {
  int prior; /* index into hf_kernels_t.prior */
  int support;
  hf_arg par[HF_MAX_PAR];
  int above; /* one more than the index of an earlier node that it is larger than, or 0 */
} hf_node;

/* The hyperprior: n_node unknowns. `skip` names a node integrated out of the density (-1: none);
 * the sampled coordinates z are those of the other nodes, in order. */
typedef struct {
  int n_node, skip;
  hf_node node[HF_MAX_PHI];
} hf_hyper;

/* A log density over phi in sampling coordinates, many points per call. */
typedef struct hf_target hf_target;
struct hf_target {
  int d;
  int (*eval)(const hf_target *t, int n, const double *z, double *lp); /* z (d, n), lp (n,) */
  const void *ctx;
  const volatile int *stop; /* or NULL; a long evaluation that sees it set returns HF_STOPPED */
};

static inline int hf_stopped(const volatile int *stop) {
  return stop && __atomic_load_n(stop, __ATOMIC_RELAXED);
}

#include "kernels.h"

#endif
