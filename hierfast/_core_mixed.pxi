# Populations that are mixtures: part of _core.pyx.

_CLOSED = {
    ("Normal", "Normal"): HF_NORMAL_NORMAL,
    ("Binomial", "Beta"): HF_BINOMIAL_BETA,
    ("Poisson", "Gamma"): HF_POISSON_GAMMA,
}


cdef set_parts(Target target, hf_mixed *c, graph, stats, lpar, rows, int order):
    """What both schemes read: every part with the same rows; closed forms where there are any."""
    c.kernels, c.hyper, c.n_part = target.kernels, &target.hyper, len(graph.parts)
    for k, part in enumerate(graph.parts):
        c.point[k] = part.population == "PointMass"
        name = "Normal" if c.point[k] else part.population
        set_effects(target, &c.part[k], graph.likelihood, name, stats, lpar, part.shape, rows, ())
        c.part[k].loc = to_arg(part.location)
        c.part[k].integral.order = order
        c.part[k].integral.closed = _CLOSED.get((graph.likelihood, name), HF_NODES)
    for k, arg in enumerate(graph.sticks):
        c.stick[k] = to_arg(arg)


def normal_marginal(stats, double sigma, double loc, double tau, int level=0):
    """A Normal group's log Z, mean and sd (3, n) of csrc/conjugate/normal_marginal.h, for tests."""
    cdef hf_integral q
    cdef hf_col stat[8]
    cdef hf_col par[3]
    cdef double value[3]
    value[0], value[1], value[2] = sigma, loc, tau
    for i in range(3):
        par[i].p, par[i].stride = &value[i], 0
    q.closed = HF_NORMAL_NORMAL
    out = np.empty((3, len(stats[0])))
    cdef double[:, ::1] o = out
    to_columns(stats, stat)
    check(table(level).integrate(&q, <int>out.shape[1], stat, par, par[1], par + 2, &o[0, 0],
                                 &o[1, 0], &o[2, 0]))
    return out


cdef class Mixed(Target):
    """Any likelihood, a mixture of populations, effects integrated out part by part."""

    cdef hf_mixed ctx

    def __init__(self, graph, stats, lpar, int level, mult=None, int order=61, rows=None):
        self.set_graph(graph, -1, level)
        set_parts(self, &self.ctx, graph, stats, lpar, rows, order)
        mult = np.ones(1) if mult is None else mult
        for k in range(self.ctx.n_part):
            self.ctx.part[k].mult.p = self.column(mult)
            self.ctx.part[k].mult.stride = len(mult) > 1
        self.target.d = hf_hyper_dim(&self.hyper)
        self.target.eval = hf_mixed_eval
        self.target.ctx = &self.ctx

    @property
    def nodes(self):
        """No nodes stay while the unknowns move."""
        return []

    def choose_order(self, double wanted):
        """Set the order; return it and the error it leaves in the log posterior around the mode."""
        cdef double[2] error
        cdef int status
        with nogil:
            status = hf_integrated_order(self.ctx.part, self.ctx.n_part, &self.target, self.proposal,
                                         wanted, error)
        check(status)
        return max(hf_nodes(&self.ctx.part[k].integral) for k in range(self.ctx.n_part)), error[0]

    cdef int add_log(self, int n, const double *x, double *lp) noexcept nogil:
        return hf_mixed_log(&self.ctx, n, x, self.target.stop, lp)

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
            status = hf_mixed_marginal(&self.ctx, n, v, lo, hi, self.target.stop, &o[0, 0])
        check(status)
        return out

    def moments(self, const double[::1] x, const int64_t[::1] cell, double[::1] mean, double[::1] sd):
        """Mean and sd of the effects of cells given values x (n_node,)."""
        self.shares(x, cell, mean, sd, np.empty((cell.shape[0], self.ctx.n_part)))

    def shares(self, const double[::1] x, const int64_t[::1] cell, double[::1] mean, double[::1] sd,
               double[:, ::1] share):
        """The same, and the probability of each part (cells, parts)."""
        cdef int status
        cdef const double *v = &x[0] if x.shape[0] else NULL
        with nogil:
            status = hf_mixed_groups(&self.ctx, v, cell.shape[0], &cell[0], &mean[0], &sd[0],
                                     &share[0, 0])
        check(status)

    def invert(self, const double[::1] x, const int64_t[::1] cell, const double[::1] u,
               double[::1] out):
        """Effects given values x: effect k of cell[k] (of k without) by the uniform u[k]."""
        cdef int status
        cdef const double *v = &x[0] if x.shape[0] else NULL
        cdef const int64_t *which = NULL if cell is None else &cell[0]
        with nogil:
            status = hf_mixed_invert(&self.ctx, v, u.shape[0], which, &u[0], &out[0])
        check(status)


cdef class Allocated(Target):
    """The same with effects and allocations drawn: the Gibbs sampler of mixtures."""

    cdef hf_mixed effects
    cdef hf_allocated given
    cdef readonly int64_t n_group

    def __init__(self, graph, stats, lpar, int level, rows=None):
        self.set_graph(graph, -1, level)
        set_parts(self, &self.effects, graph, stats, lpar, rows, 15)
        self.n_group = len(stats[0])
        self.given.model = &self.effects
        self.target.d = hf_hyper_dim(&self.hyper)
        self.target.eval = hf_allocated_eval
        self.target.ctx = &self.given

    def given_effects(self, const double[:, ::1] eta, const double[::1] part, const double[:, ::1] z,
                      const double[::1] x=None):
        """Log density at z (d, n) given standardised effects (parts, J) and allocations (J,), for
        tests; of effects that stay what they are at values x (n_node,), where these are given."""
        out = np.empty(z.shape[1])
        cdef double[::1] o = out
        self.given.eta = &eta[0, 0]
        self.given.in_ = &part[0]
        self.given.x = NULL if x is None else &x[0]
        check(hf_allocated_eval(&self.target, <int>z.shape[1], &z[0, 0], &o[0]))
        return out
