# Effects on a grid of points: part of _core.pyx.

def binomial(uint64_t key, int64_t n, double trials, double share, double rest):
    """Binomial variates of csrc/binomial.h for labels 0 .. n - 1, for tests."""
    out = np.empty(n)
    cdef double[::1] o = out
    hf_binomials(key, n, trials, share, rest, &o[0])
    return out


cdef class Gridded(Target):
    """Any likelihood, effects on a grid: cells' statistics and multiplicities; the concentration;
    points and their base (M,); indices of unknowns that the weights read, and the rows. Likelihoods
    are read by cell, by point or both, and held or made anew."""

    cdef hf_points ctx
    cdef readonly int points

    def __init__(self, graph, stats, lpar, int level, mult, rows, concentration, point, base, own,
                 bint by_cell, bint by_point, bint held):
        self.set_graph(graph, -1, level)
        set_effects(self, &self.ctx.rows, graph.likelihood, "Normal", stats, lpar,
                    (concentration,), rows, ())
        self.ctx.rows.mult.p, self.ctx.rows.mult.stride = self.column(mult), len(mult) > 1
        self.ctx.kernels, self.ctx.hyper = self.kernels, &self.hyper
        self.ctx.concentration = to_arg(concentration)
        self.points = self.ctx.n_point = <int>len(point)
        self.ctx.point, self.ctx.base = self.column(point), self.column(base)
        self.ctx.n_group = float(np.broadcast_to(mult, self.ctx.rows.n_cell).sum())
        self.ctx.by_point = by_point
        for kind in range(2):
            self.ctx.n_own[kind] = len(own[kind])
            for i, node in enumerate(own[kind]):
                self.ctx.own[kind][i] = node
        self.target.d = hf_hyper_dim(&self.hyper)
        self.target.eval = hf_points_eval
        self.target.ctx = &self.ctx
        if held and by_cell:
            self.ctx.value = self.column(self.likelihoods(np.zeros(1))[0].ravel())
        if held and by_point:
            self.ctx.column = self.column(self.likelihoods(np.zeros(1), None, True)[0].ravel())

    def likelihoods(self, const double[::1] x, const int64_t[::1] cell=None, bint by_point=False):
        """Likelihoods of cells (all by default) at values x of the unknowns, over the largest of each:
        (cells, M), or (M, cells); and the logarithms of the largest (cells,)."""
        cdef int64_t n = self.ctx.rows.n_cell if cell is None else cell.shape[0]
        cdef int64_t m = self.points
        value, top, row = np.empty([m, n] if by_point else [n, m]), np.empty(n), np.empty(8 * m)
        cdef double[:, ::1] v = value
        cdef double[::1] t = top, r = row
        cdef const int64_t *which = NULL if cell is None else &cell[0]
        cdef const double *at = &x[0] if x.shape[0] else NULL
        cdef int status
        with nogil:
            status = hf_points_fill(&self.ctx, at, n, which, by_point, self.target.stop, &r[0],
                                    &v[0, 0], &t[0])
        check(status)
        return value, top

    def log_likelihood(self, const double[::1] x, const double[::1] w):
        """(1) of csrc/phi/points.h at values x of the unknowns and weights w (M,)."""
        cdef double out
        cdef double[::1] r = np.empty(3 * self.points)
        cdef const double *at = &x[0] if x.shape[0] else NULL
        cdef int status
        with nogil:
            status = hf_points_log(&self.ctx, 1, at, &w[0], self.target.stop, &r[0], &out)
        check(status)
        return out

    def invert(self, const double[::1] x, const double[::1] w, const int64_t[::1] cell,
               const double[::1] u, double[::1] out):
        """Effects of groups given values x and weights w: of cell[k] by the uniform u[k]."""
        cdef double[::1] r = np.empty(3 * self.points)
        cdef const double *at = &x[0] if x.shape[0] else NULL
        cdef int status
        if not u.shape[0]:
            return
        with nogil:
            status = hf_points_invert(&self.ctx, at, &w[0], u.shape[0], &cell[0], &u[0], &r[0],
                                      &out[0])
        check(status)

    def given(self, const double[::1] z, bint rows, bint marginal, const double[::1] log_w,
              const double[::1] count, const double[:, ::1] own):
        """Log density at coordinates (d, n) of unknowns of the rows, or of weights, the others being at
        z: given weights, or counts where those are integrated out; for tests."""
        cdef hf_target t = self.target
        cdef hf_points_given g
        cdef double[::1] state = np.zeros(hf_weights_size(&self.ctx))
        out = np.empty(own.shape[1])
        cdef double[::1] o = out
        g.model, g.z, g.kind, g.marginal, g.stop = &self.ctx, &z[0], rows, marginal, NULL
        g.at = hf_weights_of(&self.ctx, &state[0])
        for k in range(self.points):
            g.at.log_w[k], g.at.count[k] = log_w[k], count[k]
            g.at.w[k] = np.exp(log_w[k])
        t.eval, t.ctx = hf_points_given_eval, &g
        check(t.eval(&t, <int>own.shape[1], &own[0, 0], &o[0]))
        return out
