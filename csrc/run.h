/* run.h: a plan is a list of blocks; running it is visiting them in order, sweep after sweep. */
#ifndef HF_RUN_H
#define HF_RUN_H

#include "phi/dirichlet.h"
#include "phi/mixed.h"
#include "phi/phi.h"
#include "phi/points.h"
#include "theta/slice.h"

typedef struct hf_plan hf_plan;
typedef struct hf_state hf_state;

enum { HF_MANY = 1 }; /* the block does all sweeps of a chunk at once: it is the only one */

typedef struct {
  int (*run)(const hf_plan *, hf_state *, int block);
  int term, flags;
} hf_block;

struct hf_plan {
  const hf_kernels_t *kernels;
  uint64_t seed;
  int n_block;
  hf_block block[8];
  hf_target target; /* collapsed or integrated posterior of phi */
  const hf_proposal *proposal;
  int passes;      /* slice sweeps per draw */
  int64_t n_group; /* Gibbs: the groups and their labels */
  const double *p, *ybar;
  uint64_t base;
  const uint64_t *label;      /* (n_group,) or NULL: base + j */
  hf_conditional conditional; /* constants; a chain keeps a copy */
  hf_integrated effects;      /* where effects are moved by slices: a cell a group */
  const hf_mixed *mixed;      /* the same of a mixture, or NULL */
  const hf_dirichlet *shares; /* where effects are shares that are drawn */
  const hf_points *points;    /* where they are on a grid, whose weights follow phi in a path */
};

struct hf_state {
  uint32_t chain, sweep;
  int n; /* sweeps of this chunk */
  double z[HF_MAX_PHI], lp;
  double *path;  /* (d, n) of this chunk */
  int64_t moved; /* accepted proposals */
  int64_t cut;   /* slices wider than the cap on their interval */
  double *leaf;  /* (leaves, HF_SUMS or n_part of shares) scratch */
  double *
      eta; /* (n_group,) of theta/slice.h, (n_part + 1, n_group) of theta/allocate.h, (n_category,) scratch
                    of shares, or NULL */
  int placed;                               /* whether they have been given a place */
  double shape[2][HF_MAX_PHI * HF_MAX_PHI]; /* whitening of the centred and the other conditional */
  int shaped;
  hf_conditional conditional;
  const volatile int *stop;
};

int hf_block_independence(const hf_plan *p, hf_state *s, int block);
int hf_block_slice(const hf_plan *p, hf_state *s, int block);
int hf_block_theta(const hf_plan *p, hf_state *s, int block);
int hf_block_centred(const hf_plan *p, hf_state *s, int block);
int hf_block_noncentred(const hf_plan *p, hf_state *s, int block);
int hf_block_eta(const hf_plan *p, hf_state *s, int block);
int hf_block_centred_eta(const hf_plan *p, hf_state *s, int block);
int hf_block_noncentred_eta(const hf_plan *p, hf_state *s, int block);
int hf_block_shares(const hf_plan *p, hf_state *s, int block);
int hf_block_alpha(const hf_plan *p, hf_state *s, int block);
int hf_block_rows(const hf_plan *p, hf_state *s, int block);
int hf_block_allocation(const hf_plan *p, hf_state *s, int block);
int hf_block_concentration(const hf_plan *p, hf_state *s, int block);
int hf_block_weights(const hf_plan *p, hf_state *s, int block);
int hf_block_concentration_of_weights(const hf_plan *p, hf_state *s, int block);
int hf_block_swap(const hf_plan *p, hf_state *s, int block);
int hf_block_exchange(const hf_plan *p, hf_state *s, int block);

/* One sweep of slices of phi along the axes of a conditional density, which are found the first time. */
int hf_conditional_sweep(const hf_plan *p, hf_state *s, hf_target t, int noncentred);

/* Sweeps first .. first + n, in chunks of at most HF_TILE between looks at the stop flag; path (d, n),
 * of a grid (d + n_point, n).
 * Draws do not depend on how sweeps are cut into calls. `done` sweeps are finished and valid whatever the
 * status; a stopped state is not to be run on. */
int hf_run(const hf_plan *p, hf_state *s, uint32_t first, int n, int *done, double *path);
int64_t hf_leaves(int64_t n);

#endif
