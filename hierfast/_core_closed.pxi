# Targets whose effects have closed forms: part of _core.pyx.

cdef class Collapsed(Target):
    """Normal rows in Normal groups, effects (and a skipped mean) integrated out."""

    cdef hf_collapsed ctx
    cdef hf_cells cells

    def __init__(self, graph, int skip, cells, int level):
        self.set_graph(graph, skip, level)
        self.cells.n = len(cells.p)
        self.cells.p, self.cells.m = self.column(cells.p), self.column(cells.mean)
        self.cells.mult.p, self.cells.mult.stride = self.column(cells.mult), len(cells.mult) > 1
        self.cells.q.p, self.cells.q.stride = self.column(cells.squares), len(cells.squares) > 1
        self.cells.centre = cells.centre
        self.cells.p_min, self.cells.p_max = cells.p_min, cells.p_max
        self.ctx.kernels, self.ctx.hyper = self.kernels, &self.hyper
        self.ctx.loc, self.ctx.scale, self.ctx.noise = self.data[0], self.data[1], self.data[2]
        self.ctx.n_group, self.ctx.n_row, self.ctx.ssw = cells.n_group, cells.n_row, cells.ssw
        self.ctx.moments.kernels, self.ctx.moments.cells = self.kernels, &self.cells
        self.ctx.moments.n_group = cells.n_group
        self.ctx.moments.p_bar = cells.p_bar
        self.target.d = hf_hyper_dim(&self.hyper)
        self.target.eval = hf_collapsed_eval
        self.target.ctx = &self.ctx

    cdef int add_log(self, int n, const double *x, double *lp) noexcept nogil:
        return hf_collapsed_log(&self.ctx, n, x, self.target.stop, lp)

    def scan(self, double drop):
        """Range of lambda the data leave, and the profile's place; see csrc/phi/start.c."""
        cdef double lo, hi, best, mean, sigma2
        cdef int status
        with nogil:
            status = hf_lambda_scan(&self.ctx, drop, self.target.stop, &lo, &hi, &best, &mean,
                                    &sigma2)
        check(status)
        return lo, hi, best, mean, sigma2

    def table_size(self, double lo, double hi):
        return hf_table_size(&self.cells, lo, hi)

    def table_nodes(self, double lo, double hi, int n):
        out = np.empty(n)
        cdef double[::1] o = out
        hf_table_nodes(self.ctx.moments.p_bar, lo, hi, n, &o[0])
        return out

    def moment_leaf(self, int64_t leaf, const double[::1] lam, double[::1] out):
        """Moments of one leaf of cells at up to HF_LAMBDA values of lambda."""
        cdef int64_t lo = leaf * HF_BLOCK, hi = min(lo + HF_BLOCK, self.cells.n)
        with nogil:
            self.kernels.moments(&self.cells, lo, hi, <int>lam.shape[0], &lam[0], &out[0])

    def set_table(self, double lo, double hi, const double[::1] lam, double[:, ::1] moment):
        """Fit the table to moments (4, n) at its nodes and read it from now on."""
        hf_table_fit(self.ctx.moments.p_bar, self.ctx.n_group, <int>lam.shape[0], &lam[0],
                          &moment[0, 0])
        self.ctx.moments.coef = self.column(np.asarray(moment).ravel())
        self.ctx.moments.lo, self.ctx.moments.hi = lo, hi
        self.ctx.moments.n_node = <int>lam.shape[0]

    def finish(self, uint64_t seed, uint32_t chain, uint32_t first, const double[:, ::1] z,
               double[:, ::1] x, double[:, ::1] part):
        """Values (n_node, n) with a skipped mean drawn, and components (4, n); n <= TILE."""
        cdef const double *point = &z[0, 0] if z.shape[0] else NULL
        cdef double *values = &x[0, 0] if x.shape[0] else NULL
        cdef int status, n = <int>x.shape[1]
        with nogil:
            status = hf_collapsed_finish(&self.ctx, seed, chain, first, n, point, values, &part[0, 0])
        check(status)


cdef set_rising(Target target, hf_rising *r, table):
    """A table of counts of counts: groups or rows that exceed 0, 1, ...; large ones, and how many."""
    weight, far, mult = table
    r.n, r.n_far = len(weight), len(far)
    r.weight = target.column(weight) if len(weight) else NULL
    r.far = target.column(far) if len(far) else NULL
    r.mult = target.column(mult) if len(far) else NULL


cdef class Conjugate(Target):
    """Counts in a conjugate population, effects integrated out in closed form."""

    cdef hf_conjugate ctx

    def __init__(self, graph, str likelihood, str population, rising, sizes, int level):
        self.set_graph(graph, -1, level)
        names = pair_names()
        self.ctx.kernels, self.ctx.hyper = self.kernels, &self.hyper
        self.ctx.pair = &self.kernels.pair[names.index((likelihood, population))]
        for i, arg in enumerate(graph.shape):
            self.ctx.shape[i] = to_arg(arg)
        cdef hf_rising *table[3]
        cdef hf_counts *c = &self.ctx.counts
        table[0], table[1], table[2] = &c.up, &c.down, &c.all
        for i, one in enumerate(rising):
            set_rising(self, table[i], one)
        c.n_size = len(sizes[0])
        if c.n_size:
            c.size, c.group = self.column(sizes[0]), self.column(sizes[1])
            c.event = self.column(sizes[2])
        self.target.d = hf_hyper_dim(&self.hyper)
        self.target.eval = hf_conjugate_eval
        self.target.ctx = &self.ctx

    cdef int add_log(self, int n, const double *x, double *lp) noexcept nogil:
        return hf_conjugate_log(&self.ctx, n, x, self.target.stop, lp)

    def draw(self, const double[::1] x, uint64_t key, uint32_t sweep, uint64_t base, label,
             const double[::1] y, const double[::1] size, double[::1] out):
        """Effects of groups given values x (n_node,); labels are those given, or base + j if None."""
        cdef const double *v = &x[0] if x.shape[0] else NULL
        cdef const uint64_t[::1] named
        cdef const uint64_t *first = NULL
        if label is not None:
            named = label
            first = &named[0]
        with nogil:
            hf_conjugate_draw(&self.ctx, v, key, sweep, out.shape[0], base, first, &y[0],
                              &size[0], &out[0])


cdef class Shares(Target):
    """Counts in categories, shares of groups integrated out in closed form, or drawn: made of distinct
    alphas and the table of counts of each, the table of trials, the place of each category's alpha,
    counts (J, H) of the groups, and the unknowns that move together, a leader first."""

    cdef hf_dirichlet ctx

    def __init__(self, graph, alpha, counts, trials, const int32_t[::1] part,
                 const double[:, ::1] y, together, int level):
        self.set_graph(graph, -1, level)
        cdef int d, n = len(alpha)
        cdef uint8_t[::1] args = np.zeros(n * sizeof(hf_arg), dtype=np.uint8)
        cdef uint8_t[::1] tables = np.zeros(n * sizeof(hf_rising), dtype=np.uint8)
        cdef hf_arg *arg = <hf_arg *>&args[0]
        cdef hf_rising *count = <hf_rising *>&tables[0]
        for d in range(n):
            arg[d] = to_arg(alpha[d])
            set_rising(self, &count[d], counts[d])
        set_rising(self, &self.ctx.all, trials)
        self.keep += [np.asarray(args), np.asarray(tables), np.asarray(part), np.asarray(y)]
        self.ctx.kernels, self.ctx.hyper = self.kernels, &self.hyper
        self.ctx.n_part, self.ctx.n_category = n, <int>part.shape[0]
        self.ctx.alpha, self.ctx.count, self.ctx.part = arg, count, &part[0]
        self.ctx.many = self.column(np.bincount(part, minlength=n).astype(np.float64))
        self.ctx.n_group, self.ctx.y = y.shape[0], &y[0, 0]
        self.ctx.leader = together[0] if together else -1
        for node in together[1:]:
            self.ctx.follows[node] = 1
        self.target.d = hf_hyper_dim(&self.hyper)
        self.target.eval = hf_dirichlet_eval
        self.target.ctx = &self.ctx

    cdef int add_log(self, int n, const double *x, double *lp) noexcept nogil:
        return hf_dirichlet_log(&self.ctx, n, x, self.target.stop, lp)

    def marginal(self, const double[:, ::1] x, int64_t lo, int64_t hi):
        """Log density (n, hi - lo) of the rows of groups lo .. hi at values x (n_node, n), effects
        integrated out, up to what data alone say."""
        out = np.empty((x.shape[1], hi - lo))
        cdef double[:, ::1] o = out
        cdef const double *v = &x[0, 0] if x.shape[0] else NULL
        cdef int status, n = <int>x.shape[1]
        if not out.size:
            return out
        with nogil:
            status = hf_dirichlet_marginal(&self.ctx, n, v, lo, hi, self.target.stop, &o[0, 0])
        check(status)
        return out

    def turn(self, z):
        """Coordinates (d, n) of csrc/phi/dirichlet.h from those of the unknowns by themselves."""
        u = np.array(z, dtype=np.float64, order="C")
        for k in range(self.target.d):
            if self.ctx.follows[k]:
                u[k] -= z[self.ctx.leader]
        return u

    def start(self, known):
        """As of any target, which it is for as long as nothing leads."""
        cdef int leader = self.ctx.leader
        self.ctx.leader = -1
        try:
            z = Target.start(self, known)
        finally:
            self.ctx.leader = leader
        return self.turn(z).tolist()

    def values(self, const double[:, ::1] z):
        """Values of the unknowns (n_node, n) at coordinates (d, n), n <= TILE."""
        out = np.empty((self.n_node, z.shape[1]))
        cdef double[:, ::1] o = out
        cdef double[256] lp
        check(hf_dirichlet_expand(&self.ctx, <int>z.shape[1], &z[0, 0], &o[0, 0], lp))
        return out

    def draw(self, const double[::1] x, uint64_t key, uint32_t sweep, const uint64_t[::1] label,
             const double[:, ::1] y, double[:, ::1] out):
        """Shares (n, H) of groups of counts y (n, H), given values x (n_node,)."""
        cdef const double *v = &x[0] if x.shape[0] else NULL
        if not out.size:
            return
        with nogil:
            hf_dirichlet_draw(&self.ctx, v, key, sweep, out.shape[0], &label[0], &y[0, 0],
                              &out[0, 0])

    def given_shares(self, const double[::1] total, const double[:, ::1] z):
        """Log density at z (d, n) given sums of log shares, one a distinct alpha, for tests."""
        cdef hf_target t = self.target
        cdef hf_shares shares
        out = np.empty(z.shape[1])
        cdef double[::1] o = out
        shares.model, shares.sum = &self.ctx, &total[0]
        t.eval, t.ctx = hf_shares_eval, &shares
        check(t.eval(&t, <int>z.shape[1], &z[0, 0], &o[0]))
        return out
