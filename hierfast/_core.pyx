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
ABREAST = HF_ABREAST
THETA = HF_SITE_THETA
SCALE = HF_SITE_SCALE
POINTS = HF_MAX_POINT


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
            bint uniform=False, out=None):
    """Normals (or uniforms) of csrc/rng.h for labels, in `out` where there is one."""
    out = np.empty(label.shape[0]) if out is None else out
    cdef double[::1] o = out
    cdef const hf_kernels_t *k = table(level)
    with nogil:
        if uniform:
            k.uniforms(<int>label.shape[0], key, 0, &label[0], sweep, attempt, &o[0])
        else:
            k.normals(<int>label.shape[0], key, 0, &label[0], sweep, attempt, &o[0])
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
include "_core_ranks.pxi"
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
    cdef int near  # whether the mode is sought near what the proposal says
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
            status = hf_find_mode(&self.target, 0, z, shape, &lp)
        check(status)
        return [z[k] for k in range(self.target.d)]

    def follow(self, Target other):
        """Look for the mode near that of a similar target, which has been placed."""
        self.proposal[0] = other.proposal[0]
        self.near = 1

    def place(self, list start):
        """Find the mode and the scales around it; return its coordinates."""
        cdef double z[16]
        for k, v in enumerate(start):
            z[k] = v
        cdef int status
        with nogil:
            status = hf_proposal_place(&self.target, z, self.near, self.proposal)
        check(status)
        return [self.proposal.mode[k] for k in range(self.target.d)]

    def build_proposal(self, list start, uint64_t seed, bint grid, int trials=1024):
        """Find the mode, build the proposal; return what its trial weights say: the effective share,
        and the mean over the largest."""
        cdef int status
        self.place(start)
        self.prepare()
        with nogil:
            status = hf_proposal_fill(&self.target, seed, grid, trials, self.proposal)
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

    @property
    def spread(self):
        """Columns (d, d) of the whitened directions of the proposal, once it is placed."""
        d = self.target.d
        return np.array([self.proposal.shape[i] for i in range(d * d)]).reshape(d, d)

    def propose(self, uint64_t key, uint32_t first, int n):
        """Draws (d, n) from the proposal, n <= TILE, and their log densities up to log |det spread|."""
        z, lq = np.empty((self.target.d, n)), np.empty(n)
        cdef double[:, ::1] at = z
        cdef double[::1] out = lq
        hf_propose(self.proposal, key, first, n, &at[0, 0], &out[0])
        return z, lq

    def proposal_density(self, const double[:, ::1] z):
        """Log density (n,) of the proposal at z (d, n), up to log |det spread|."""
        lq = np.empty(z.shape[1])
        cdef double[::1] out = lq
        hf_proposal_density(self.proposal, <int>z.shape[1], &z[0, 0], &out[0])
        return lq

    cdef int add_log(self, int n, const double *x, double *lp) noexcept nogil:
        """Add log p(y | phi) to lp (n,) at values x (n_node, n), where effects are integrated out."""
        return HF_NONFINITE

    def log_rows(self, const double[:, ::1] x):
        """Log density (n,) of all rows at values x (n_node, n) of the unknowns, effects integrated out,
        up to what data alone say; n <= TILE."""
        out = np.zeros(x.shape[1])
        cdef double[::1] o = out
        cdef const double *v = &x[0, 0] if x.shape[0] else NULL
        cdef int status, n = <int>x.shape[1]
        with nogil:
            status = self.add_log(n, v, &o[0])
        check(status)
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


include "_core_closed.pxi"
include "_core_integrated.pxi"
include "_core_mixed.pxi"
include "_core_points.pxi"
include "_core_chain.pxi"
include "_core_groups.pxi"
