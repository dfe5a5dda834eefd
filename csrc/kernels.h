/* kernels.h: the table of everything compiled once per instruction set, from one text.
 * The tables are const; a plan holds the chosen one, so that all can run in one process. */
#ifndef HF_KERNELS_H
#define HF_KERNELS_H

/* Groups whose estimate has the same precision, as one cell with a multiplicity (conjugate/normal.h):
 * p precision weights, mult groups, m mean of their means, q squares of these about m. */
typedef struct {
  int64_t n;           /* cells */
  const double *p, *m; /* (n,) */
  hf_col mult, q;      /* (n,) */
  double centre;       /* what m is read about */
  double p_min, p_max;
} hf_cells;

/* What one fused Gibbs pass reads: groups lo <= j < hi of a term (conjugate/normal_sweep.h). */
typedef struct {
  const double *p, *ybar; /* (n,) precision weight, mean of the group's rows */
  hf_col loc;             /* (n,) population mean */
  double centre;          /* sums are taken about it */
  double tau2, sigma2;
  uint64_t key, base; /* noise: key of (seed, chain, term, site); label of group j is base + j, */
  const uint64_t *label; /* (n,) or label[j] where labels have gaps */
  uint32_t sweep;
} hf_scalar_term;

/* Coefficients of the groups' posterior moments and quantiles (conjugate/normal_read.h). */
typedef struct {
  int n_row, n_quantile, n_node;
  int by_log;         /* rows are nodes in log p (1), or every distinct p in order (0) */
  const int32_t *row; /* (p_top + 1,) row of an integer p, when by_log is 0 */
  double x0, inv_dx;  /* first node and one over the spacing in log p, when by_log is 1 */
  const double
      *moment;         /* (n_row, 6): mean = a + b d; var = c0 + d (c1 + d c2), d = ybar - centre */
  const double *table; /* (n_row, n_quantile, n_node) standardised quantiles */
  double centre, s0, inv_ds, spread; /* nodes are uniform in s(d / spread) */
} hf_reader;

/* Equally weighted components of the mixture a group's posterior is: theta | t ~ N((1-k) m + k ybar, v), where
 * k = lambda p / (1 + lambda p) and v = tau2 / (1 + lambda p) + (1-k)^2 s2 (conjugate/normal.h). */
typedef struct {
  int n;
  const double *m, *s2, *tau2, *lambda; /* (n,) */
} hf_mixture;

/* Pairs whose log Z has a closed form: conjugate/normal_marginal.h, its mean and sd with it; count_marginals.h. */
enum { HF_NODES = 0, HF_NORMAL_NORMAL = 1, HF_BINOMIAL_BETA = 2, HF_POISSON_GAMMA = 3 };

/* The generic quadrature over one stage-two effect (theta/quadrature.h); lanes are (phi, cell). */
typedef struct {
  const hf_likelihood *likelihood;
  const hf_population *population;
  int order; /* Gauss-Hermite nodes: 15, 31 or 61 */
  void *user;
  int closed;    /* HF_NODES, or the pair whose closed form takes their place */
  int has_terms; /* whether groups are sums of terms (theta/rows.h), and the terms' statistics */
  const double *term[HF_MAX_STAT];
} hf_integral;

/* Nodes of cells that stay where they are while phi moves, in the order of level and first, or of level, first
 * statistic and first where the likelihood moves (theta/nodes.h): node g of a cell is at 2^level g. Without any, n is 0 and `rest` is not read. */
enum { HF_WIDE = 8, HF_SHARE = 1024 }; /* phi at once; most cells that are read at once */
typedef struct {
  int64_t n, n_rest;
  int moving; /* whether only a part of the likelihood stays (theta/moving.h) */
  const int64_t *cell, *level, *first, *count, *at; /* (n,) which; nodes; where its values begin */
  const double *top, *mult, *value; /* (n,) log scale, multiplicity; likelihoods of all nodes */
  const int64_t *rest;              /* (n_rest,) cells without nodes */
} hf_fixed;

/* Cells lo.. that are read at once: of one level, their nodes *from .. *to no more than HF_TILE together.
 * Returns the first cell left over. */
static inline int64_t hf_fixed_share(const hf_fixed *f, int64_t lo, int64_t *from, int64_t *to) {
  int64_t c = lo;
  *from = *to = f->first[lo];
  for (; c < f->n && c - lo < HF_SHARE && f->level[c] == f->level[lo]; c++) {
    int64_t start = f->first[c] < *from ? f->first[c] : *from, end = f->first[c] + f->count[c];
    end = end > *to ? end : *to;
    if (end - start > HF_TILE) break;
    *from = start, *to = end;
  }
  return c;
}

/* Whether the integrand may have tails heavier than a Gaussian's, or two peaks. */
static inline int hf_heavy(const hf_integral *q) {
  return q->population->heavy || q->likelihood->ends;
}

/* Whether it is cut into panels (theta/panels.h): every row may have a peak, or the population an end. */
static inline int hf_panels(const hf_integral *q) {
  return q->likelihood->peak || q->population->bounds;
}

/* Whether the integrand is log-concave. */
static inline int hf_concave(const hf_integral *q) {
  return q->likelihood->concave && q->population->heavy < 2 && !q->population->bounds;
}

/* Nodes behind an order: more where tails are heavy (theta/double_exponential.h). */
static inline int hf_nodes(const hf_integral *q) {
  if (q->likelihood->ends || !q->population->heavy) return q->order;
  return q->order <= 15 ? 31 : q->order <= 31 ? 61 : 121;
}

/* What sums of logarithms of rising factorials read (conjugate/rising.h). */
typedef struct {
  int64_t n;
  const double *weight; /* (n,) groups whose count exceeds k */
  int64_t n_far;
  const double *far, *mult; /* (n_far,) counts above n, and how many groups have them */
} hf_rising;

/* Counts of counts of a conjugate pair: of y, n - y and n, or of y and distinct exposures. */
typedef struct {
  hf_rising up, down, all;
  int64_t n_size;
  const double *size, *group, *event; /* (n_size,) exposure, groups that have it, their events */
} hf_counts;

/* A likelihood of counts and a population of two shapes with closed forms (conjugate/pairs.h). */
typedef struct {
  const char *likelihood, *population;
  void (*marginal)(const hf_counts *c, int n, const double *a, const double *b,
                   double *ll); /* (n,), n <= HF_TILE */
  void (*draw)(int n, uint64_t key, uint64_t base, const uint64_t *label, uint32_t sweep, double a,
               double b, const double *y, const double *size, double *out); /* n <= HF_TILE */
} hf_pair;

typedef struct {
  const char *isa;
  int n_prior, n_likelihood, n_population, n_pair;
  const hf_prior *prior;
  const hf_likelihood *likelihood;
  const hf_population *population;
  const hf_pair *pair;
  double (*multiply_add)(double a, double b,
                         double c); /* a b + c in two roundings, or a bad build */
  void (*math)(int which, int n, const double *x,
               double *out); /* for tests: elementary functions */
  void (*normals)(int n, uint64_t key, uint64_t base, const uint64_t *label, uint32_t sweep,
                  uint32_t attempt, double *z);
  void (*uniforms)(int n, uint64_t key, uint64_t base, const uint64_t *label, uint32_t sweep,
                   uint32_t attempt, double *u);
  void (*moments)(const hf_cells *c, int64_t lo, int64_t hi, int n_lambda, const double *lambda,
                  double *out); /* out (4, n_lambda): A, W, S1, S2 of cells lo..hi */
  void (*sweep)(const hf_scalar_term *t, int64_t lo, int64_t hi, double *theta, double *sum);
  void (*mixture)(const hf_mixture *mix, double p, double d, double x, double *cdf, double *pdf);
  void (*above)(const hf_mixture *mix, int n_batch, const int32_t *edge, int64_t n, const double *p,
                const double *d, const double *x, double *chance, double *mcse);
  void (*read)(const hf_reader *r, int64_t n, const double *p, const double *ybar, double *mean,
               double *sd, double *quantile);
  void (*leave_out)(int n_draw, int64_t n, double *log, const double *mult, double flat,
                    double *elpd, double *part, double *span, double *off);
  void (*rank_keys)(int64_t n, int64_t first, const double *x, double middle, double spread,
                    uint64_t *key);
  /* Adds m draws (m, n), those of one draw `stride` after those of the last, to the extremes held of n groups: blocks of
   * HF_ABREAST groups, of each (2, width, HF_ABREAST), the largest value at first. Scratch: room (m, HF_ABREAST). */
  void (*keep_int32)(int64_t n, int m, const int32_t *draw, int64_t stride, int width,
                     int32_t *held, int32_t *room);
  void (*keep_float64)(int64_t n, int m, const double *draw, int64_t stride, int width,
                       double *held, double *room);
  void (*rising)(const hf_rising *r, double sign, int n, const double *a,
                 double *out); /* adds (1) of conjugate/rising.h to out (n,) */
  int (*integrate)(const hf_integral *q, int n, const hf_col *stat, const hf_col *lpar, hf_col loc,
                   const hf_col *ppar, double *logz, double *mean, double *sd);
  int (*invert)(const hf_integral *q, const hf_col *stat, const hf_col *lpar, hf_col loc,
                const hf_col *ppar, int n_u, const double *u, double *theta);
  int (*reject)(const hf_integral *q, int n, const hf_col *stat, const hf_col *lpar, hf_col loc,
                const hf_col *ppar, const double *near, uint64_t key, const uint64_t *label,
                uint32_t sweep,
                double *theta); /* theta/reject.h, where hf_concave; n <= HF_TILE; near or NULL */
  int (*modes)(const hf_integral *q, int n, const hf_col *stat, const hf_col *lpar, hf_col loc,
               const hf_col *ppar, double *mode); /* n <= HF_TILE */
  int (*span)(const hf_integral *q, int n, const hf_col *stat, const hf_col *lpar, hf_col loc,
              const hf_col *ppar, double *low, double *high, double *scale);
  int (*at_nodes)(const hf_integral *q, const hf_fixed *f, int64_t lo, int n, const hf_col *stat,
                  const hf_col *lpar, hf_col loc, const hf_col *ppar, double *logz, int64_t *hi);
  int (*blend)(const hf_integral *q, const hf_fixed *f, int64_t lo, int n, hf_col loc,
               const hf_col *ppar, double *sum, int64_t *missed, int64_t *hi);
  void (*log_sum)(int n, int n_part, const double *part, double *logz);
  double (*point_scale)(int n, const double *f, double *out);
  double (*point_shares)(int n, const double *w, const double *like, double *r, double *block);
  double (*point_line)(int64_t n, const double *sum, const double *left, const double *right,
                       double a, double b, hf_col mult);
} hf_kernels_t;

const hf_kernels_t *hf_kernels(int level); /* NULL where the processor lacks it */

#endif
