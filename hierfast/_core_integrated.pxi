# Targets of any family, effects integrated out or moved by slices: part of _core.pyx.

cdef set_effects(Target target, hf_integrated *c, likelihood, population, stats, lpar, ppar, rows,
                 design):
    """What the effects of a target read: families, arguments, statistics of cells or groups; `rows`
    where these say which terms are a group's: the terms' columns, and a table of all rows; `design`
    of pairs of a predictor and the index of its coefficient."""
    names = family_names()
    cdef const hf_kernels_t *k = target.kernels
    cdef int i = names[0].index(likelihood), j = names[1].index(population)
    c.kernels, c.hyper = k, &target.hyper
    c.integral.likelihood, c.integral.population = &k.likelihood[i], &k.population[j]
    c.loc = target.data[0]
    c.n_lpar = len(lpar)
    for a, arg in enumerate(lpar):
        c.lpar[a] = to_arg(arg)
    for a, arg in enumerate(ppar):
        c.ppar[a] = to_arg(arg)
    for s, column in enumerate(stats):
        c.stat[s].p, c.stat[s].stride = target.column(column), len(column) > 1
    c.n_cell, c.n_design = len(stats[0]), len(design)
    for d, (column, node) in enumerate(design):
        c.design[d].p, c.design[d].stride = target.column(column), len(column) > 1
        c.coefficient[d] = node
    if rows is not None:
        c.integral.has_terms, c.integral.user = 1, &target.rising
        for s, column in enumerate(rows[0]):
            c.integral.term[s] = target.column(column)
        set_rising(target, &target.rising, rows[1])


cdef const int64_t *whole(const int64_t[::1] array):
    return &array[0] if array.shape[0] else NULL


cdef const double *reals(const double[::1] array):
    return &array[0]


cdef class Integrated(Target):
    """Any likelihood and population of the core, effects integrated out by quadrature."""

    cdef hf_integrated ctx
    cdef readonly object mult
    cdef readonly list nodes  # arrays that the core reads
    cdef readonly bint fixed  # likelihoods, or parts of them, stay at nodes while the unknowns move

    def __init__(self, graph, str likelihood, str population, stats, lpar, ppar, int level,
                 mult=None, int order=61, rows=None, design=(), bint closed=False):
        self.set_graph(graph, -1, level)
        set_effects(self, &self.ctx, likelihood, population, stats, lpar, ppar, rows, design)
        self.ctx.integral.order = order
        if closed:
            self.ctx.integral.closed = _CLOSED[likelihood, population]
        mult = np.ones(1) if mult is None else mult
        self.ctx.mult.p, self.ctx.mult.stride = self.column(mult), len(mult) > 1
        self.mult = mult
        moving = not {arg.node for arg in lpar} <= {-1}
        self.fixed = not design and not (moving and self.ctx.integral.likelihood.split == NULL)
        self.fixed = self.fixed and not hf_panels(&self.ctx.integral)
        self.ctx.fixed.moving = moving
        self.target.d = hf_hyper_dim(&self.hyper)
        self.target.eval = hf_integrated_eval
        self.target.ctx = &self.ctx

    @property
    def count(self):
        """Number of cells."""
        return self.ctx.n_cell

    def alike(self):
        """What cells share whose nodes move alike (cells,): their first statistic."""
        cdef const hf_col *s = &self.ctx.stat[0]
        if not self.ctx.fixed.moving:
            return np.zeros(self.ctx.n_cell)
        return np.array([s.p[i * s.stride] for i in range(self.ctx.n_cell)])

    def prepare(self, around=None):
        """Lay nodes for the cells that have room for them, around the place of a similar target."""
        if self.fixed and self.target.d:
            from hierfast.schemes.nodes import lay_nodes

            lay_nodes(self, self if around is None else around)

    def span(self, Integrated around):
        """Where nodes must reach at a mode and around it: low, high, scale (points, cells)."""
        cdef double[16 * 65] x
        cdef double[::1] point
        cdef int status = 0, k, n = 1 + 4 * self.target.d
        check(hf_integrated_design(&self.target, around.proposal, x))
        out = np.empty((3, n, self.ctx.n_cell))
        cdef double[:, :, ::1] o = out
        for k in range(n):
            point = np.array([x[i * n + k] for i in range(self.n_node)])
            with nogil:
                status = hf_nodes_span(&self.ctx, &point[0], self.target.stop, &o[0, k, 0],
                                       &o[1, k, 0], &o[2, k, 0])
            check(status)
        return out

    def set_nodes(self, cell, level, first, count, rest):
        """Fix nodes (arrays of csrc/kernels.h, int64) and fill them; none where cell is empty."""
        cdef hf_fixed *f = &self.ctx.fixed
        cdef int status
        cdef double[::1] value, top
        f.n = 0
        self.nodes = [cell, level, first, count, rest]
        if not len(cell):
            return
        at = np.cumsum(count) - count
        mult = np.ascontiguousarray(np.broadcast_to(self.mult, self.ctx.n_cell)[cell])
        value, top = np.empty(int(count.sum())), np.empty(len(cell))
        self.nodes += [at, mult, value, top]
        f.cell, f.level, f.first = whole(cell), whole(level), whole(first)
        f.count, f.at, f.rest = whole(count), whole(at), whole(rest)
        f.n_rest, f.mult, f.value, f.top = len(rest), reals(mult), &value[0], &top[0]
        f.n = len(cell)
        cdef double[::1] x = np.zeros(max(self.n_node, 1))  # likelihoods read none of it
        with nogil:
            status = hf_nodes_fill(&self.ctx, &x[0], self.target.stop, &value[0], &top[0])
        if status:
            f.n = 0
        check(status)

    def missed(self, Integrated around):
        """Which cells with nodes these do not integrate at a mode."""
        out = np.zeros(self.ctx.fixed.n, dtype=np.uint8)
        cdef uint8_t[::1] o = out
        z = np.array([[around.proposal.mode[k]] for k in range(self.target.d)])
        cdef double[::1] x = self.values(z)[:, 0].copy()
        if len(out):
            check(hf_nodes_missed(&self.ctx, &x[0], &o[0]))
        return out.astype(bool)

    def blend(self, int64_t lo, const double[::1] x, int64_t n, double[::1] total, double[::1] mass,
              int64_t[::1] missed):
        """Masses of the nodes of cells lo.. over n phi, in packs (csrc/phi/nodes.c); the cell after."""
        cdef int64_t hi = lo
        cdef int status
        with nogil:
            status = hf_nodes_blend(&self.ctx, lo, n, &x[0], &total[0], &mass[0], &missed[lo], &hi)
        check(status)
        return hi

    def share(self, int64_t lo):
        """The cell after those that `blend` reads with lo."""
        cdef int64_t first, to
        return hf_fixed_share(&self.ctx.fixed, lo, &first, &to)

    def sinc(self, int64_t lo, int64_t hi, const double[::1] mass, const double[:, :, ::1] table,
             const double[::1] prob, double[:, ::1] out, double[:, ::1] slack):
        """Quantiles of cells lo..hi from the masses of all nodes, and slack (csrc/theta/sinc.h)."""
        with nogil:
            hf_sinc_quantiles(&self.ctx.fixed, lo, hi, &mass[0], &table[0, 0, 0], prob.shape[0],
                              &prob[0], &out[lo, 0], &slack[lo, 0])

    def design_points(self):
        """Values of the unknowns (n_node, 1 + 4 d) at the mode, and at 1.5 and 4 sd around it."""
        cdef double[16 * 65] x
        check(hf_integrated_design(&self.target, self.proposal, x))
        n = 1 + 4 * self.target.d
        return np.array([x[i] for i in range(self.n_node * n)]).reshape(self.n_node, n)

    def take_order(self, Integrated other):
        """Take the order of another target."""
        self.ctx.integral.order = other.ctx.integral.order

    def choose_order(self, double wanted):
        """Set the order; return it and the error it leaves in the log posterior around the mode."""
        cdef double[2] error
        cdef int status
        with nogil:
            status = hf_integrated_order(&self.ctx, 1, &self.target, self.proposal, wanted, error)
        check(status)
        if not self.ctx.fixed.n:
            return hf_nodes(&self.ctx.integral), error[0]
        from hierfast.schemes.nodes import compare

        return hf_nodes(&self.ctx.integral), error[1] + compare(self)

    def around(self):
        """Log densities (1 + 4 d,) at the mode, and at 1 and 3 sd around it along each axis."""
        cdef double[65] lp
        cdef int status
        with nogil:
            status = hf_integrated_around(&self.target, self.proposal, lp)
        check(status)
        return np.array([lp[i] for i in range(1 + 4 * self.target.d)])

    def apart(self, const double[::1] a, const double[::1] b):
        """(2) of csrc/phi/integrated.c: by how much two such may differ, relative to the mode."""
        return hf_integrated_apart(self.target.d, &a[0], &b[0])

    cdef int add_log(self, int n, const double *x, double *lp) noexcept nogil:
        return hf_integrated_log(&self.ctx, n, x, self.target.stop, lp)

    def marginal(self, const double[:, ::1] x, int64_t lo, int64_t hi):
        """Log density (n, hi - lo) of the rows of cells lo .. hi at values x (n_node, n), effects
        integrated out, up to what data alone say."""
        out = np.empty((x.shape[1], hi - lo))
        cdef double[:, ::1] o = out
        cdef const double *v = &x[0, 0] if x.shape[0] else NULL
        cdef int status, n = <int>x.shape[1]
        if not out.size:
            return out
        with nogil:
            status = hf_integrated_marginal(&self.ctx, n, v, lo, hi, self.target.stop, &o[0, 0])
        check(status)
        return out

    def moments(self, const double[::1] x, const int64_t[::1] cell, double[::1] mean, double[::1] sd):
        """Mean and sd of the effects of cells given values x (n_node,)."""
        cdef int status
        cdef const double *v = &x[0] if x.shape[0] else NULL
        with nogil:
            status = hf_integrated_groups(&self.ctx, v, cell.shape[0], &cell[0], &mean[0], &sd[0])
        check(status)

    def invert(self, const double[::1] x, const int64_t[::1] cell, const double[::1] u,
               double[::1] out):
        """Quantiles of effects given values x: effect k of cell[k] (of k without) at u[k]."""
        cdef int status
        cdef const double *v = &x[0] if x.shape[0] else NULL
        cdef const int64_t *which = NULL if cell is None else &cell[0]
        with nogil:
            status = hf_integrated_invert(&self.ctx, v, u.shape[0], which, &u[0], &out[0])
        check(status)

    @property
    def concave(self):
        """Whether densities of effects are log-concave, so that `reject` draws them."""
        return bool(hf_concave(&self.ctx.integral))

    def modes(self, const double[::1] x, const int64_t[::1] cell, double[::1] out):
        """Modes of effects given values x: effect k of cell[k] (of k without)."""
        cdef int status
        cdef const double *v = &x[0] if x.shape[0] else NULL
        cdef const int64_t *which = NULL if cell is None else &cell[0]
        with nogil:
            status = hf_integrated_modes(&self.ctx, v, out.shape[0], which, &out[0])
        check(status)

    def reject(self, const double[::1] x, const int64_t[::1] cell, uint64_t key, uint64_t base,
               const uint64_t[::1] label, uint32_t sweep, double[::1] out,
               const double[::1] near=None):
        """Draws of effects given values x: effect k of cell[k] (of k without), label[k] (base + k)."""
        cdef const double *guess = NULL if near is None else &near[0]
        cdef int status
        cdef const double *v = &x[0] if x.shape[0] else NULL
        cdef const int64_t *which = NULL if cell is None else &cell[0]
        cdef const uint64_t *of = NULL if label is None else &label[0]
        with nogil:
            status = hf_integrated_reject(&self.ctx, v, out.shape[0], which, guess, key, base, of,
                                          sweep, &out[0])
        check(status)


cdef class Conditional(Target):
    """Normal rows in Normal groups with the effects drawn: the two-block Gibbs sampler."""

    cdef hf_conditional ctx
    cdef const double *p
    cdef const double *ybar
    cdef int64_t n_group

    def __init__(self, graph, cells, p, ybar, double p_sum, double py_sum, double pyy_sum, int level):
        self.set_graph(graph, -1, level)
        self.ctx.kernels, self.ctx.hyper = self.kernels, &self.hyper
        self.ctx.loc, self.ctx.scale, self.ctx.noise = self.data[0], self.data[1], self.data[2]
        self.ctx.n_group, self.ctx.n_row, self.ctx.ssw = cells.n_group, cells.n_row, cells.ssw
        self.ctx.centre = cells.centre
        self.ctx.p_sum, self.ctx.py_sum, self.ctx.pyy_sum = p_sum, py_sum, pyy_sum
        self.p, self.ybar, self.n_group = self.column(p), self.column(ybar), len(p)
        self.target.d = hf_hyper_dim(&self.hyper)
        self.target.eval = hf_conditional_eval
        self.target.ctx = &self.ctx

    def condition(self, const double[::1] sums, double loc, double scale, bint noncentred):
        """Fix effects by their sums, drawn at loc and scale, so that tests can read `logp`."""
        for k in range(HF_SUMS):
            self.ctx.sum[k] = sums[k]
        self.ctx.at_loc, self.ctx.at_scale, self.ctx.noncentred = loc, scale, noncentred


cdef class Sliced(Target):
    """Any likelihood and population, effects moved by slices: the Gibbs sampler of such models."""

    cdef hf_integrated effects
    cdef hf_given given
    cdef int64_t n_group

    def __init__(self, graph, str likelihood, str population, stats, lpar, ppar, int level,
                 rows=None, design=()):
        self.set_graph(graph, -1, level)
        set_effects(self, &self.effects, likelihood, population, stats, lpar, ppar, rows, design)
        self.n_group = len(stats[0])
        self.given.model = &self.effects
        self.given.scale = 1.0
        self.target.d = hf_hyper_dim(&self.hyper)
        self.target.eval = hf_centred_eval
        self.target.ctx = &self.given

    def given_effects(self, const double[::1] eta, const double[:, ::1] z, bint noncentred):
        """Log density at z (d, n) given effects, or standardised ones, for tests."""
        cdef hf_target t = self.target
        out = np.empty(z.shape[1])
        cdef double[::1] o = out
        self.given.eta = &eta[0]
        if noncentred:
            t.eval = hf_noncentred_eval
        check(t.eval(&t, <int>z.shape[1], &z[0, 0], &o[0]))
        return out
