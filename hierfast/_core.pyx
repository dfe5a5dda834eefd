# cython: language_level=3, boundscheck=False, wraparound=False, initializedcheck=False
"""The customs office between Python and C: no mathematics, no loop over groups."""

from cpython.mem cimport PyMem_Calloc, PyMem_Free
from libc.stdint cimport int32_t, int64_t, uint8_t, uint32_t, uint64_t
from libc.string cimport memcpy

import numpy as np

TILE = HF_TILE
BLOCK = HF_BLOCK
SUMS = HF_SUMS
LARGEST = HF_LARGEST
THETA = HF_SITE_THETA
SCALE = HF_SITE_SCALE


class SamplingError(RuntimeError):
    """Raised where a posterior cannot be sampled as asked.

    Examples
    --------
    >>> import hierfast as hf
    >>> issubclass(hf.SamplingError, RuntimeError)
    True
    """


class Stopped(Exception):
    """Ends work whose stop flag was set; whoever set it catches it."""


_MESSAGES = {
    HF_NONFINITE: "a log density is NaN where it must be a number",
    HF_NO_MODE: "the posterior of the hyperparameters has no maximum that could be found; "
                     "it may be improper or have several: use more informative priors",
    HF_NO_START: "the posterior density is zero wherever a chain could start; "
                      "do the priors exclude what the data say?",
    HF_STUCK: "a slice shrank to nothing: the log density is not a function of its argument",
}


cdef int check(int status) except -1:
    if status == HF_STOPPED:
        raise Stopped
    if status != HF_OK:
        raise SamplingError(_MESSAGES[status])
    return 0


cdef const hf_kernels_t *table(int level) except NULL:
    cdef const hf_kernels_t *k = hf_kernels(level)
    if k is NULL:
        raise ValueError(f"instruction set {level} is not available on this processor")
    return k


def levels():
    """Names of the instruction sets this processor has, by level."""
    found = {}
    for level in range(3):
        if hf_kernels(level) is not NULL:
            found[level] = hf_kernels(level).isa.decode()
    return found


cdef refuse_contraction():
    """A build that fuses a * b + c rounds once where the promise counts on twice."""
    cdef double a = 1.0 + 2.0**-30
    for level in levels():
        if hf_kernels(level).multiply_add(a, a, -(1.0 + 2.0**-29)) != 0.0:
            raise ImportError("hierfast was compiled with fused multiply-add (-ffp-contract), so that "
                              "its draws would not be reproducible; build it with its own flags")


refuse_contraction()


def best_level():
    """The level kernels run at unless told otherwise."""
    return max(levels())


def prior_names():
    """Priors of the core, in its order."""
    cdef const hf_kernels_t *k = table(0)
    return [k.prior[i].name.decode() for i in range(k.n_prior)]


def family_names():
    """Likelihoods and populations of the core, in its order."""
    cdef const hf_kernels_t *k = table(0)
    return ([k.likelihood[i].name.decode() for i in range(k.n_likelihood)],
            [k.population[i].name.decode() for i in range(k.n_population)])


def pair_names():
    """Conjugate pairs of the core: likelihood and population of each, in its order."""
    cdef const hf_kernels_t *k = table(0)
    return [(k.pair[i].likelihood.decode(), k.pair[i].population.decode()) for i in range(k.n_pair)]


def math(int which, const double[::1] x, int level=0):
    """An elementary function of csrc/hfmath.h at x."""
    out = np.empty(x.shape[0])
    cdef double[::1] o = out
    table(level).math(which, <int>x.shape[0], &x[0], &o[0])
    return out


def key(uint64_t seed, uint32_t chain, uint32_t term, uint32_t site):
    """The key of a stream of random numbers."""
    return hf_key(seed, chain, term, site)


def normals(uint64_t key, const uint64_t[::1] label, uint32_t sweep, uint32_t attempt=0, int level=0,
            bint uniform=False):
    """Normals (or uniforms) of csrc/rng.h for labels."""
    out = np.empty(label.shape[0])
    cdef double[::1] o = out
    if uniform:
        table(level).uniforms(<int>label.shape[0], key, 0, &label[0], sweep, attempt, &o[0])
    else:
        table(level).normals(<int>label.shape[0], key, 0, &label[0], sweep, attempt, &o[0])
    return out


def words(uint64_t key, const uint64_t[::1] label, const uint32_t[::1] sweep, uint32_t attempt=0):
    """The generator's words (n, 4): what every number of csrc/rng.h is made of."""
    out = np.empty((label.shape[0], 4), dtype=np.uint32)
    cdef uint32_t[:, ::1] o = out
    hf_raw_words(label.shape[0], key, &label[0], &sweep[0], attempt, &o[0, 0])
    return out


def variates(int kind, uint64_t key, int64_t n, double a=1.0, double b=1.0):
    """Variates of csrc/variates.h for labels 0 .. n - 1."""
    out = np.empty(n)
    cdef double[::1] o = out
    hf_variates(kind, key, n, a, b, &o[0])
    return out


def prior_logpdf(str name, const double[::1] x, list params, int level=0):
    """Log density of a prior of csrc/prior, for tests against its twin."""
    cdef const hf_kernels_t *k = table(level)
    cdef hf_col par[4]
    cdef const double[::1] column
    cdef int index = prior_names().index(name), i
    out = np.empty(x.shape[0])
    cdef double[::1] o = out
    columns = [np.ascontiguousarray(c, dtype=np.float64).ravel() for c in params]
    for i in range(len(columns)):
        column = columns[i]
        par[i].p = &column[0]
        par[i].stride = 0 if column.shape[0] == 1 else 1
    check(k.prior[index].eval(<int>x.shape[0], &x[0], par, &o[0]))
    return out


cdef int to_columns(list arrays, hf_col *out) except -1:
    """Columns with one value, or one a lane, as the core reads them; they must outlive the call."""
    cdef const double[::1] column
    for i, array in enumerate(arrays):
        column = array
        out[i].p, out[i].stride = &column[0], column.shape[0] > 1
    return 0


def likelihood_eval(str name, const double[::1] eta, list stats, list params, int level=0):
    """Log likelihood and two derivatives (3, n) of csrc/likelihood, for tests against a twin."""
    cdef const hf_kernels_t *k = table(level)
    cdef hf_col stat[8]
    cdef hf_col par[16]
    cdef int index = family_names()[0].index(name)
    out = np.empty((3, eta.shape[0]))
    cdef double[:, ::1] o = out
    to_columns(stats, stat)
    to_columns(params, par)
    check(k.likelihood[index].eval(<int>eta.shape[0], &eta[0], stat, par, NULL, &o[0, 0], &o[1, 0],
                                   &o[2, 0]))
    return out


def likelihood_overall(str name, list params, counts, int level=0):
    """What all rows say of a likelihood's parameters alone (n,), for tests against a twin."""
    cdef const hf_kernels_t *k = table(level)
    cdef hf_col par[16]
    cdef hf_rising rising
    cdef int index = family_names()[0].index(name)
    cdef Target keep = Target()
    out = np.zeros(len(params[0]))
    cdef double[::1] o = out
    keep.keep = []
    set_rising(keep, &rising, counts)
    to_columns(params, par)
    k.likelihood[index].overall(<int>out.shape[0], par, &rising, &o[0])
    return out


def population_eval(str name, const double[::1] theta, location, list params, int level=0):
    """Log density and two derivatives (3, n) of csrc/population, for tests against a twin."""
    cdef const hf_kernels_t *k = table(level)
    cdef hf_col loc[1]
    cdef hf_col par[4]
    cdef int index = family_names()[1].index(name)
    out = np.empty((3, theta.shape[0]))
    cdef double[:, ::1] o = out
    to_columns([location], loc)
    to_columns(params, par)
    check(k.population[index].eval(<int>theta.shape[0], &theta[0], loc[0], par, NULL, &o[0, 0],
                                   &o[1, 0], &o[2, 0]))
    return out


include "_core_labels.pxi"
include "_core_statistics.pxi"


cdef hf_arg to_arg(arg):
    cdef hf_arg out
    out.node, out.form, out.value = arg.node, arg.form, arg.value
    out.other, out.factor = arg.other, arg.factor
    return out


cdef class Target:
    """A posterior density of the hyperparameters and all it reads; a subclass a scheme."""

    cdef hf_hyper hyper
    cdef hf_target target
    cdef const hf_kernels_t *kernels
    cdef hf_proposal *proposal
    cdef hf_arg data[3]
    cdef hf_rising rising
    cdef readonly int n_node
    cdef list keep
    cdef const int[::1] stop

    def __cinit__(self, *args, **kwargs):
        self.proposal = <hf_proposal *>PyMem_Calloc(1, sizeof(hf_proposal))
        if self.proposal is NULL:
            raise MemoryError()

    def __dealloc__(self):
        PyMem_Free(self.proposal)

    cdef set_graph(self, graph, int skip, int level):
        names = prior_names()
        self.kernels = table(level)
        self.n_node = len(graph.nodes)
        self.hyper.n_node, self.hyper.skip = self.n_node, skip
        for i, node in enumerate(graph.nodes):
            self.hyper.node[i].prior = names.index(node.prior)
            self.hyper.node[i].support = node.support
            self.hyper.node[i].above = node.above + 1
            for a, arg in enumerate(node.args):
                self.hyper.node[i].par[a] = to_arg(arg)
        for i, arg in enumerate((graph.location, graph.scale, graph.noise)):
            self.data[i] = to_arg(arg)
        self.keep = []

    cdef const double *column(self, array):
        cdef const double[::1] view = array
        self.keep.append(array)
        return &view[0]

    @property
    def dim(self):
        return self.target.d

    def watch(self, const int[::1] stop):
        """Poll a flag (1,) during long evaluations: they raise Stopped where it is set."""
        self.stop = stop
        self.target.stop = &stop[0]

    def start(self, known):
        """Coordinates near the mode, given (argument, value) pairs that the data suggest."""
        cdef double value[16]
        cdef hf_arg arg[16]
        cdef double z[16]
        cdef int status, n = len(known)
        for i, (one, number) in enumerate(known):
            arg[i], value[i] = to_arg(one), number
        with nogil:
            status = hf_start(&self.target, &self.hyper, n, arg, value, z)
        check(status)
        return [z[k] for k in range(self.target.d)]

    def mode(self, list start):
        """Coordinates of the mode, climbing from a start."""
        cdef double z[16]
        cdef double shape[256]
        cdef double lp
        for k, v in enumerate(start):
            z[k] = v
        cdef int status
        with nogil:
            status = hf_find_mode(&self.target, z, shape, &lp)
        check(status)
        return [z[k] for k in range(self.target.d)]

    def place(self, list start):
        """Find the mode and the scales around it; return its coordinates."""
        cdef double z[16]
        for k, v in enumerate(start):
            z[k] = v
        cdef int status
        with nogil:
            status = hf_proposal_place(&self.target, z, self.proposal)
        check(status)
        return [self.proposal.mode[k] for k in range(self.target.d)]

    def build_proposal(self, list start, uint64_t seed, bint grid):
        """Find the mode, build the proposal; return what its trial weights say: the effective share,
        and the mean over the largest."""
        cdef int status
        self.place(start)
        self.prepare()
        with nogil:
            status = hf_proposal_fill(&self.target, seed, grid, self.proposal)
        check(status)
        return self.proposal.quality, self.proposal.evenness

    def prepare(self, around=None):
        """What makes evaluations around the mode cheap, once that is found."""

    def logp(self, const double[:, ::1] z):
        """Log density at z (d, n), n <= TILE."""
        out = np.empty(z.shape[1])
        cdef double[::1] o = out
        check(self.target.eval(&self.target, <int>z.shape[1], &z[0, 0], &o[0]))
        return out

    def values(self, const double[:, ::1] z):
        """Values of the unknowns (n_node, n) at z (d, n), n <= TILE."""
        out = np.empty((self.n_node, z.shape[1]))
        cdef double[:, ::1] o = out
        cdef double[256] lp
        check(hf_hyper_expand(self.kernels, &self.hyper, <int>z.shape[1], &z[0, 0], &o[0, 0], lp))
        return out

    def sweeps_blocks(self):
        return ()


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

    def draw(self, const double[::1] x, uint64_t key, uint32_t sweep, const uint64_t[::1] label,
             const double[::1] y, const double[::1] size, double[::1] out):
        """Effects of groups given values x (n_node,)."""
        cdef const double *v = &x[0] if x.shape[0] else NULL
        with nogil:
            hf_conjugate_draw(&self.ctx, v, key, sweep, out.shape[0], &label[0], &y[0], &size[0],
                              &out[0])


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
    cdef readonly bint fixed  # likelihoods at nodes stay while the unknowns move

    def __init__(self, graph, str likelihood, str population, stats, lpar, ppar, int level,
                 mult=None, int order=61, rows=None, design=()):
        self.set_graph(graph, -1, level)
        set_effects(self, &self.ctx, likelihood, population, stats, lpar, ppar, rows, design)
        self.ctx.integral.order = order
        mult = np.ones(1) if mult is None else mult
        self.ctx.mult.p, self.ctx.mult.stride = self.column(mult), len(mult) > 1
        self.mult = mult
        self.fixed = {arg.node for arg in lpar} <= {-1} and not design
        self.target.d = hf_hyper_dim(&self.hyper)
        self.target.eval = hf_integrated_eval
        self.target.ctx = &self.ctx

    @property
    def count(self):
        """Number of cells."""
        return self.ctx.n_cell

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

    def choose_order(self, double wanted):
        """Set the order; return it and the error it leaves in the log posterior around the mode."""
        cdef double error
        cdef int status
        with nogil:
            status = hf_integrated_order(&self.ctx, 1, &self.target, self.proposal, wanted,
                                         &error)
        check(status)
        return hf_nodes(&self.ctx.integral), error

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


include "_core_mixed.pxi"


cdef class Chain:
    """One chain: a plan's blocks and the state they move; arrays are Python's."""

    cdef hf_plan plan
    cdef hf_state state
    cdef Target target
    cdef object leaf, eta, label, stop_flag
    cdef const int[::1] stop

    def __init__(self, Target target, uint64_t seed, uint32_t chain, blocks, stop, int passes=1,
                 uint64_t base=0, label=None):
        cdef hf_block *b
        cdef double[::1] leaf
        cdef const uint64_t[::1] labels
        cdef Conditional gibbs
        cdef Sliced sliced
        cdef Allocated mixed
        cdef Shares shares
        cdef int width = HF_SUMS
        self.target, self.stop_flag, self.stop = target, stop, stop
        self.plan.kernels, self.plan.seed = target.kernels, seed
        self.plan.target, self.plan.proposal = target.target, target.proposal
        self.plan.target.stop = &self.stop[0]
        self.plan.passes = passes
        self.state.chain, self.state.stop = chain, &self.stop[0]
        self.plan.n_block = len(blocks)
        for i, name in enumerate(blocks):
            b = &self.plan.block[i]
            b.term, b.flags = 0, HF_MANY if name == "independence" else 0
            if name == "independence":
                b.run = hf_block_independence
            elif name == "slice":
                b.run = hf_block_slice
            elif name == "theta":
                b.run = hf_block_theta
            elif name == "centred":
                b.run = hf_block_centred
            elif name == "noncentred":
                b.run = hf_block_noncentred
            elif name == "eta":
                b.run = hf_block_eta
            elif name == "centred eta":
                b.run = hf_block_centred_eta
            elif name == "mixed eta":
                b.run = hf_block_mixed_eta
            elif name == "centred mixed eta":
                b.run = hf_block_centred_mixed_eta
            elif name == "noncentred mixed eta":
                b.run = hf_block_noncentred_mixed_eta
            elif name == "shares":
                b.run = hf_block_shares
            elif name == "alpha":
                b.run = hf_block_alpha
            else:
                b.run = hf_block_noncentred_eta
        if isinstance(target, Conditional):
            gibbs = target
            self.state.conditional = gibbs.ctx
            self.plan.n_group, self.plan.p, self.plan.ybar = gibbs.n_group, gibbs.p, gibbs.ybar
        elif isinstance(target, Sliced):
            sliced = target
            self.plan.n_group, self.plan.effects = sliced.n_group, sliced.effects
            self.eta = np.zeros(sliced.n_group)
        elif isinstance(target, Allocated):
            mixed = target
            self.plan.n_group, self.plan.mixed = mixed.n_group, &mixed.effects
            self.eta = np.zeros(mixed.n_group * (mixed.effects.n_part + 1))
        elif "shares" in blocks:
            shares = target
            self.plan.n_group, self.plan.shares = shares.ctx.n_group, &shares.ctx
            width = shares.ctx.n_part
            self.eta = np.zeros(shares.ctx.n_category)
        if self.eta is not None:
            leaf = self.eta
            self.state.eta = &leaf[0]
        if self.plan.n_group:
            self.leaf = np.zeros(hf_leaves(self.plan.n_group) * width)
            leaf = self.leaf
            self.state.leaf = &leaf[0]
            self.plan.base = base
            if label is not None:
                self.label = label
                labels = label
                self.plan.label = &labels[0]

    def begin(self, start=None):
        """Set the coordinates: those given, or a draw from the proposal's trial points."""
        cdef double lp = 0.0
        if start is None:
            hf_proposal_start(self.plan.proposal, self.plan.seed, self.state.chain, self.state.z)
        else:
            for k, v in enumerate(start):
                self.state.z[k] = v
        cdef int status = HF_OK
        if not isinstance(self.target, Conditional | Sliced | Allocated):
            with nogil:
                status = self.plan.target.eval(&self.plan.target, 1, self.state.z, &lp)
        check(status)
        self.state.lp = lp

    def run(self, uint32_t first, double[:, ::1] path):
        """Sweeps first.. into path (d, n); return how many were finished before the stop flag."""
        cdef int status, done = 0, n = <int>path.shape[1]
        with nogil:
            status = hf_run(&self.plan, &self.state, first, n, &done, &path[0, 0])
        if status != HF_STOPPED:
            check(status)
        return done

    @property
    def moved(self):
        return self.state.moved

    @property
    def cut(self):
        """Slices wider than the cap on their interval."""
        return self.state.cut

    @property
    def effects(self):
        """Standardised effects moved by slices (of mixtures all parts, then allocations), or None."""
        return self.eta

    @property
    def sums(self):
        """Sums of the last pass over the effects, or of logarithms of shares, one a distinct alpha."""
        if self.plan.shares is not NULL:
            return self.leaf[:self.plan.shares.n_part].tolist()
        return [self.state.conditional.sum[k] for k in range(HF_SUMS)]

    def save(self):
        """The state as bytes; pointers in it mean nothing to another chain and are not restored."""
        eta = b"" if self.eta is None else self.eta.tobytes()
        return (<char *>&self.state)[:sizeof(hf_state)] + eta

    def load(self, bytes saved):
        """Take over a state saved by a chain of the same plan."""
        cdef hf_state old = self.state
        cdef const char *data = saved
        self.state = (<const hf_state *>data)[0]
        self.state.leaf, self.state.stop, self.state.chain = old.leaf, old.stop, old.chain
        self.state.eta = old.eta
        if self.eta is not None:
            self.eta[:] = np.frombuffer(saved, dtype=np.float64, offset=sizeof(hf_state))
        self.state.conditional.kernels = old.conditional.kernels
        self.state.conditional.hyper = old.conditional.hyper


include "_core_groups.pxi"
