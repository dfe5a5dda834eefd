# The C core as Cython sees it; one declaration per C header.
from libc.stdint cimport int32_t, int64_t, uint8_t, uint32_t, uint64_t

cdef extern from "labels.h" nogil:
    ctypedef struct hf_text:
        const uint8_t *text
        const int64_t *at
    uint64_t hf_label_hash(const uint8_t *text, int64_t n)
    int64_t hf_factorise(const hf_text *t, int64_t lo, int64_t hi, int n_part, int part,
                         int64_t n_slot, uint64_t *slot, int64_t *first, int64_t *n_label,
                         int64_t *code)
    void hf_join_codes(int64_t n, int n_part, const int64_t *offset, int64_t *code)
    void hf_resize_slots(const hf_text *t, int64_t n_label, const int64_t *first, int64_t n_slot,
                         uint64_t *slot)
    void hf_sort_labels(const hf_text *t, int64_t n, int64_t *row, uint64_t *head,
                        int64_t *scratch)
    void hf_text_from_cells(int64_t n, int64_t width, const uint8_t *byte, const uint32_t *point,
                            int64_t *at, uint8_t *text)

cdef extern from "statistics.h" nogil:
    enum:
        HF_BAD, HF_FRACTION
    double HF_LARGEST
    ctypedef struct hf_rows:
        const int64_t *code
        const double *y
        const double *se
        const double *weight
        const double *near
        int64_t base
        double centre
    ctypedef struct hf_groups:
        int64_t *label
        double *n
        double *p
        double *mean
        double *m2
        double within, between, p_min, p_max, mean_min, mean_max
    int hf_scan_rows(const double *y, const double *se, int64_t lo, int64_t hi)
    void hf_scan_codes(const int64_t *code, int64_t lo, int64_t hi, int64_t *least, int64_t *most)
    void hf_add_rows(const hf_rows *r, int64_t lo, int64_t hi, uint32_t *count, double *s)
    int64_t hf_finish_groups(int64_t n_group, int n_slab, int width, const uint32_t *count,
                             const double *s, double centre, const double *near, int integer,
                             int64_t base, int64_t lo, int64_t hi, int64_t at, hf_groups *out)
    void hf_merge_groups(int64_t n, int integer, double *a_n, double *a_p, double *a_mean,
                         double *a_m2, const double *b_n, const double *b_p,
                         const double *b_mean, const double *b_m2)
    void hf_add_cells(const double *p, const double *mean, const double *m2, double centre,
                      int64_t lo, int64_t hi, double *cell, double *ssw)

cdef extern from "hf.h" nogil:
    enum:
        HF_OK, HF_STOPPED, HF_NONFINITE, HF_NO_MODE, HF_NO_START, HF_STUCK
        HF_MAX_POINT, HF_ABREAST, HF_TILE, HF_MAX_PHI, HF_MAX_PAR, HF_MAX_CUT, HF_BLOCK
        HF_LAMBDA, HF_SUMS
        HF_SITE_THETA
        HF_NODES, HF_NORMAL_NORMAL, HF_BINOMIAL_BETA, HF_POISSON_GAMMA
        HF_SITE_SCALE
    ctypedef struct hf_col:
        const double *p
        int stride
    ctypedef struct hf_prior:
        const char *name
        int n_par
        int (*eval)(int n, const double *x, const hf_col *par, double *lp) noexcept nogil
    ctypedef struct hf_likelihood:
        const char *name
        int n_stat, n_par
        int (*eval)(int n, const double *eta, const hf_col *stat, const hf_col *par, void *user,
                    double *ll, double *d1, double *d2) noexcept nogil
        void (*overall)(int n, const hf_col *par, const void *user, double *ll) noexcept nogil
        const void *split
    ctypedef struct hf_population:
        const char *name
        int n_par
        int (*eval)(int n, const double *theta, hf_col loc, const hf_col *par, void *user,
                    double *lp, double *d1, double *d2) noexcept nogil
        void (*middle)(int n, const hf_col *par, double *theta) noexcept nogil
        int heavy
    ctypedef struct hf_arg:
        int node, form
        double value
        int other
        double factor
    ctypedef struct hf_node:
        int prior, support
        hf_arg par[4]
        int above
    ctypedef struct hf_hyper:
        int n_node, skip
        hf_node node[16]
    ctypedef struct hf_target:
        int d
        int (*eval)(const hf_target *t, int n, const double *z, double *lp) noexcept nogil
        const void *ctx
        const volatile int *stop
    ctypedef struct hf_cells:
        int64_t n
        const double *p
        const double *m
        hf_col mult, q
        double centre, p_min, p_max
    ctypedef struct hf_scalar_term:
        const double *p
        const double *ybar
        hf_col loc
        double centre, tau2, sigma2
        uint64_t key, base
        const uint64_t *label
        uint32_t sweep
    ctypedef struct hf_reader:
        int n_row, n_quantile, n_node, by_log
        const int32_t *row
        double x0, inv_dx
        const double *moment
        const double *table
        double centre, s0, inv_ds, spread
    ctypedef struct hf_mixture:
        int n
        const double *m
        const double *s2
        const double *tau2
        const double *lambda_ "lambda"
    ctypedef struct hf_integral:
        const hf_likelihood *likelihood
        const hf_population *population
        int order
        void *user
        int closed
        int has_terms
        const double *term[8]
    int hf_panels(const hf_integral *q)
    int hf_concave(const hf_integral *q)
    int hf_nodes(const hf_integral *q)
    ctypedef struct hf_fixed:
        int64_t n, n_rest
        int moving
        const int64_t *cell
        const int64_t *level
        const int64_t *first
        const int64_t *count
        const int64_t *at
        const double *top
        const double *mult
        const double *value
        const int64_t *rest
    int64_t hf_fixed_share(const hf_fixed *f, int64_t lo, int64_t *first, int64_t *to) nogil
    ctypedef struct hf_rising:
        int64_t n
        const double *weight
        int64_t n_far
        const double *far
        const double *mult
    ctypedef struct hf_counts:
        hf_rising up, down, all
        int64_t n_size
        const double *size
        const double *group
        const double *event
    ctypedef struct hf_pair:
        const char *likelihood
        const char *population
    ctypedef struct hf_kernels_t:
        const char *isa
        int n_prior, n_likelihood, n_population, n_pair
        const hf_prior *prior
        const hf_likelihood *likelihood
        const hf_population *population
        const hf_pair *pair
        double (*multiply_add)(double a, double b, double c) noexcept nogil
        void (*math)(int which, int n, const double *x, double *out) noexcept nogil
        void (*normals)(int n, uint64_t key, uint64_t base, const uint64_t *label,
                        uint32_t sweep, uint32_t attempt, double *z) noexcept nogil
        void (*uniforms)(int n, uint64_t key, uint64_t base, const uint64_t *label,
                         uint32_t sweep, uint32_t attempt, double *u) noexcept nogil
        void (*moments)(const hf_cells *c, int64_t lo, int64_t hi, int n_lambda,
                        const double *lam, double *out) noexcept nogil
        void (*sweep)(const hf_scalar_term *t, int64_t lo, int64_t hi, double *theta,
                      double *sum) noexcept nogil
        void (*above)(const hf_mixture *mix, int n_batch, const int32_t *edge, int64_t n,
                      const double *p, const double *d, const double *x, double *chance,
                      double *mcse) noexcept nogil
        void (*read)(const hf_reader *r, int64_t n, const double *p, const double *ybar,
                     double *mean, double *sd, double *quantile) noexcept nogil
        void (*leave_out)(int n_draw, int64_t n, double *log, const double *mult, double flat,
                          double *elpd, double *part, double *span, double *off) noexcept nogil
        void (*keep_int32)(int64_t n, int m, const int32_t *draw, int64_t stride, int width,
                           int32_t *held, int32_t *room) noexcept nogil
        void (*keep_float64)(int64_t n, int m, const double *draw, int64_t stride, int width,
                             double *held, double *room) noexcept nogil
        int (*integrate)(const hf_integral *q, int n, const hf_col *stat, const hf_col *lpar,
                         hf_col loc, const hf_col *ppar, double *logz, double *mean,
                         double *sd) noexcept nogil
    const hf_kernels_t *hf_kernels(int level)

cdef extern from "ranks.h" nogil:
    void hf_rank_twice(const hf_kernels_t *k, int64_t n, const double *x, uint64_t *key,
                       uint64_t *other, int32_t *twice)
    void hf_add_batch(int64_t n, int n_draw, const double *draw, int is_first, double *sum,
                      int64_t stride)

cdef extern from "readout.h" nogil:
    void hf_read_coefficients(const hf_mixture *mix, double p, double *out)
    int hf_read_quantiles(const hf_kernels_t *k, const hf_mixture *mix, double p, double d,
                          double mean, double sd, int n, const double *prob, double *out)
    void hf_read_compress(const hf_mixture *mix, int n_bin, const int64_t *order, double *out)
    double hf_read_error(const hf_kernels_t *k, const hf_mixture *mix, double p, double d,
                         double sd, double prob, double x)
    double hf_ndtri_at(double p)

cdef extern from "run.h" nogil:
    ctypedef struct hf_moments:
        const hf_kernels_t *kernels
        const hf_cells *cells
        int n_node
        double p_bar, lo, hi, n_group
        const double *coef
    ctypedef struct hf_collapsed:
        const hf_kernels_t *kernels
        const hf_hyper *hyper
        hf_arg loc, scale, noise
        double n_group, n_row, ssw
        hf_moments moments
    ctypedef struct hf_proposal:
        int d, has_grid
        double lp_mode, quality, evenness
        double mode[16]
        double shape[256]
    ctypedef struct hf_conjugate:
        const hf_kernels_t *kernels
        const hf_hyper *hyper
        const hf_pair *pair
        hf_arg shape[2]
        hf_counts counts
    int hf_conjugate_log(const hf_conjugate *c, int n, const double *x, const volatile int *stop,
                         double *lp)
    int hf_conjugate_eval(const hf_target *t, int n, const double *z, double *lp) noexcept nogil
    void hf_conjugate_draw(const hf_conjugate *c, const double *x, uint64_t key, uint32_t sweep,
                           int64_t n, uint64_t base, const uint64_t *label, const double *y,
                           const double *size, double *out)
    ctypedef struct hf_integrated:
        const hf_kernels_t *kernels
        const hf_hyper *hyper
        hf_integral integral
        int n_lpar
        hf_arg loc
        hf_arg lpar[16]
        hf_arg ppar[4]
        int n_design
        int coefficient[16]
        hf_col design[16]
        int64_t n_cell
        hf_col stat[8]
        hf_col mult
        hf_fixed fixed
    ctypedef struct hf_dirichlet:
        const hf_kernels_t *kernels
        const hf_hyper *hyper
        int n_part, n_category
        const hf_arg *alpha
        const double *many
        const hf_rising *count
        hf_rising all
        const int32_t *part
        int leader
        int follows[16]
        int64_t n_group
        const double *y
    int hf_dirichlet_expand(const hf_dirichlet *c, int n, const double *u, double *x, double *lp)
    int hf_dirichlet_log(const hf_dirichlet *c, int n, const double *x, const volatile int *stop,
                         double *lp)
    int hf_dirichlet_marginal(const hf_dirichlet *c, int n_phi, const double *x, int64_t lo,
                              int64_t hi, const volatile int *stop, double *logz)
    int hf_dirichlet_eval(const hf_target *t, int n, const double *z, double *lp) noexcept nogil
    void hf_dirichlet_draw(const hf_dirichlet *c, const double *x, uint64_t key, uint32_t sweep,
                           int64_t n, const uint64_t *label, const double *y, double *out)
    ctypedef struct hf_shares:
        const hf_dirichlet *model
        const double *sum
    int hf_shares_eval(const hf_target *t, int n, const double *z, double *lp) noexcept nogil
    ctypedef struct hf_conditional:
        const hf_kernels_t *kernels
        const hf_hyper *hyper
        hf_arg loc, scale, noise
        double n_group, n_row, ssw, centre, p_sum, py_sum, pyy_sum
        double sum[5]
        double at_loc, at_scale
        int noncentred
    ctypedef struct hf_plan
    ctypedef struct hf_state
    ctypedef int (*hf_run_fn)(const hf_plan *, hf_state *, int) noexcept nogil
    ctypedef struct hf_block:
        hf_run_fn run
        int term, flags
    enum:
        HF_MANY
    ctypedef struct hf_plan:
        const hf_kernels_t *kernels
        uint64_t seed
        int n_block
        hf_block block[8]
        hf_target target
        const hf_proposal *proposal
        int passes
        int64_t n_group
        const double *p
        const double *ybar
        uint64_t base
        const uint64_t *label
        hf_conditional conditional
        hf_integrated effects
        const void *mixed
        const hf_dirichlet *shares
        const hf_points *points
    ctypedef struct hf_state:
        uint32_t chain, sweep
        int n
        double z[16]
        double lp
        double *path
        int64_t moved, cut
        double *leaf
        double *eta
        int shaped
        hf_conditional conditional
        const volatile int *stop
    int hf_block_independence(const hf_plan *p, hf_state *s, int block) noexcept nogil
    int hf_block_slice(const hf_plan *p, hf_state *s, int block) noexcept nogil
    int hf_block_theta(const hf_plan *p, hf_state *s, int block) noexcept nogil
    int hf_block_centred(const hf_plan *p, hf_state *s, int block) noexcept nogil
    int hf_block_noncentred(const hf_plan *p, hf_state *s, int block) noexcept nogil
    ctypedef struct hf_given:
        const hf_integrated *model
        const double *eta
        double loc, scale
        const double *at
    int hf_noncentred_eval(const hf_target *t, int n, const double *z, double *lp) noexcept nogil
    int hf_centred_eval(const hf_target *t, int n, const double *z, double *lp) noexcept nogil
    int hf_block_eta(const hf_plan *p, hf_state *s, int block) noexcept nogil
    int hf_block_centred_eta(const hf_plan *p, hf_state *s, int block) noexcept nogil
    int hf_block_noncentred_eta(const hf_plan *p, hf_state *s, int block) noexcept nogil
    int hf_block_shares(const hf_plan *p, hf_state *s, int block) noexcept nogil
    int hf_block_alpha(const hf_plan *p, hf_state *s, int block) noexcept nogil
    int hf_run(const hf_plan *p, hf_state *s, uint32_t first, int n, int *done, double *path)
    int64_t hf_leaves(int64_t n)
    int hf_hyper_dim(const hf_hyper *h)
    int hf_hyper_expand(const hf_kernels_t *k, const hf_hyper *h, int n, const double *z,
                        double *x, double *lp)
    int hf_table_size(const hf_cells *c, double lo, double hi)
    void hf_table_nodes(double p_bar, double lo, double hi, int n, double *lam)
    void hf_table_fit(double p_bar, double n_group, int n, const double *lam, double *moment)
    int hf_collapsed_log(const hf_collapsed *c, int n, const double *x, const volatile int *stop,
                         double *lp)
    int hf_collapsed_eval(const hf_target *t, int n, const double *z, double *lp) noexcept nogil
    int hf_collapsed_finish(const hf_collapsed *c, uint64_t seed, uint32_t chain,
                            uint32_t first, int n, const double *z, double *x, double *part)
    int hf_lambda_scan(const hf_collapsed *c, double drop, const volatile int *stop, double *lo,
                       double *hi, double *best, double *mean, double *sigma2)
    int hf_find_mode(const hf_target *t, int near, double *z, double *shape,
                     double *lp_mode) nogil
    int hf_start(const hf_target *t, const hf_hyper *h, int n, const hf_arg *data,
                 const double *known, double *z)
    int hf_proposal_place(const hf_target *t, const double *z0, int near, hf_proposal *p)
    int hf_proposal_fill(const hf_target *t, uint64_t seed, int grid, int n_trial,
                         hf_proposal *p)
    void hf_propose(const hf_proposal *p, uint64_t key, uint32_t first, int n, double *z,
                    double *lq)
    void hf_proposal_density(const hf_proposal *p, int n, const double *z, double *lq)
    void hf_proposal_start(const hf_proposal *p, uint64_t seed, uint32_t chain, double *z)
    int hf_integrated_log(const hf_integrated *c, int n, const double *x,
                          const volatile int *stop, double *lp)
    int hf_integrated_marginal(const hf_integrated *c, int n_phi, const double *x, int64_t lo,
                               int64_t hi, const volatile int *stop, double *logz)
    int hf_integrated_eval(const hf_target *t, int n, const double *z, double *lp) noexcept nogil
    int hf_nodes_blend(const hf_integrated *c, int64_t lo, int64_t n, const double *x,
                       double *sum, double *mass, int64_t *missed, int64_t *hi)
    int hf_integrated_groups(const hf_integrated *c, const double *x, int64_t n,
                             const int64_t *cell, double *mean, double *sd)
    int hf_integrated_invert(const hf_integrated *c, const double *x, int64_t n,
                             const int64_t *cell, const double *u, double *theta)
    int hf_integrated_modes(const hf_integrated *c, const double *x, int64_t n,
                            const int64_t *cell, double *mode)
    int hf_integrated_reject(const hf_integrated *c, const double *x, int64_t n,
                             const int64_t *cell, const double *near, uint64_t key,
                             uint64_t base, const uint64_t *label, uint32_t sweep, double *theta)
    int hf_integrated_design(const hf_target *t, const hf_proposal *p, double *x)
    int hf_nodes_span(const hf_integrated *c, const double *x, const volatile int *stop,
                      double *low, double *high, double *scale)
    int hf_nodes_fill(const hf_integrated *c, const double *x, const volatile int *stop,
                      double *value, double *top)
    int hf_nodes_missed(const hf_integrated *c, const double *x, uint8_t *missed)
    int HF_AROUND
    int hf_integrated_around(const hf_target *t, const hf_proposal *p, double *lp) nogil
    double hf_integrated_apart(int d, const double *a, const double *b)
    int hf_integrated_order(hf_integrated *part, int n_part, const hf_target *t,
                            const hf_proposal *p, double wanted, double *error)
    int hf_conditional_eval(const hf_target *t, int n, const double *z, double *lp) noexcept nogil
    ctypedef struct hf_points:
        const hf_kernels_t *kernels
        const hf_hyper *hyper
        hf_integrated rows
        hf_arg concentration
        int n_point
        double n_group
        const double *point
        const double *base
        const double *value
        const double *column
        int by_point
        int n_own[2]
        int own[2][16]
    ctypedef struct hf_weights:
        double *log_w
        double *w
        double *count
    ctypedef struct hf_points_given:
        const hf_points *model
        const double *z
        int kind
        hf_weights at
        int marginal
        const volatile int *stop
    int64_t hf_weights_size(const hf_points *c)
    hf_weights hf_weights_of(const hf_points *c, double *at)
    int hf_points_fill(const hf_points *c, const double *x, int64_t n, const int64_t *cell,
                       int by_point, const volatile int *stop, double *row, double *value,
                       double *top)
    int hf_points_log(const hf_points *c, int n, const double *x, const double *w,
                      const volatile int *stop, double *row, double *ll)
    int hf_points_invert(const hf_points *c, const double *x, const double *w, int64_t n,
                         const int64_t *cell, const double *u, double *row, double *theta)
    int hf_points_given_eval(const hf_target *t, int n, const double *z,
                             double *lp) noexcept nogil
    int hf_points_eval(const hf_target *t, int n, const double *z, double *lp) noexcept nogil
    int hf_block_rows(const hf_plan *p, hf_state *s, int block) noexcept nogil
    int hf_block_allocation(const hf_plan *p, hf_state *s, int block) noexcept nogil
    int hf_block_concentration(const hf_plan *p, hf_state *s, int block) noexcept nogil
    int hf_block_weights(const hf_plan *p, hf_state *s, int block) noexcept nogil
    int hf_block_concentration_of_weights(const hf_plan *p, hf_state *s, int block) noexcept nogil
    int hf_block_swap(const hf_plan *p, hf_state *s, int block) noexcept nogil
    int hf_block_exchange(const hf_plan *p, hf_state *s, int block) noexcept nogil

cdef extern from "theta/allocate.h" nogil:
    enum:
        HF_MAX_PART
    ctypedef struct hf_mixed:
        const hf_kernels_t *kernels
        const hf_hyper *hyper
        int n_part
        hf_integrated part[8]
        int point[8]
        hf_arg stick[8]
    ctypedef struct hf_allocated:
        const hf_mixed *model
        const double *eta
        const double *in_ "in"
        const double *x
    int hf_mixed_log(const hf_mixed *c, int n, const double *x, const volatile int *stop,
                     double *lp)
    int hf_mixed_marginal(const hf_mixed *c, int n_phi, const double *x, int64_t lo, int64_t hi,
                          const volatile int *stop, double *logz)
    int hf_mixed_eval(const hf_target *t, int n, const double *z, double *lp) noexcept nogil
    int hf_mixed_groups(const hf_mixed *c, const double *x, int64_t n, const int64_t *cell,
                        double *mean, double *sd, double *share)
    int hf_mixed_invert(const hf_mixed *c, const double *x, int64_t n, const int64_t *cell,
                        const double *u, double *theta)
    int hf_allocated_eval(const hf_target *t, int n, const double *z, double *lp) noexcept nogil
    int hf_block_mixed_eta(const hf_plan *p, hf_state *s, int block) noexcept nogil
    int hf_block_centred_mixed_eta(const hf_plan *p, hf_state *s, int block) noexcept nogil
    int hf_block_noncentred_mixed_eta(const hf_plan *p, hf_state *s, int block) noexcept nogil

cdef extern from "theta/sinc.h" nogil:
    void hf_sinc_quantiles(const hf_fixed *f, int64_t lo, int64_t hi, const double *mass,
                           const double *table, int n, const double *prob, double *out,
                           double *slack)

cdef extern from "rng.h" nogil:
    uint64_t hf_key(uint64_t seed, uint32_t chain, uint32_t term, uint32_t site)

cdef extern from "variates.h" nogil:
    void hf_raw_words(int64_t n, uint64_t key, const uint64_t *label, const uint32_t *sweep,
                      uint32_t attempt, uint32_t *out)
    void hf_variates(int kind, uint64_t key, int64_t n, double a, double b, double *out)

cdef extern from "binomial.h" nogil:
    void hf_binomials(uint64_t key, int64_t n, double trials, double share, double rest,
                      double *out)
