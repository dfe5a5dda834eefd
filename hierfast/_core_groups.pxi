# Groups given draws of the hyperparameters: part of _core.pyx.

def sweep(const double[::1] p, const double[::1] ybar, double loc, double tau2, double sigma2,
          double centre, uint64_t key, uint32_t sweep, uint64_t base, const uint64_t[::1] label,
          int64_t lo, int64_t hi, double[::1] theta, double[::1] sums, int level):
    """One fused pass over groups lo..hi; effects into theta (hi - lo,) where it is given."""
    cdef hf_scalar_term t
    t.p, t.ybar, t.loc.p, t.loc.stride = &p[0], &ybar[0], &loc, 0
    t.centre, t.tau2, t.sigma2, t.key, t.base, t.sweep = centre, tau2, sigma2, key, base, sweep
    t.label = NULL if label is None else &label[0]
    cdef const hf_kernels_t *k = table(level)
    cdef double *out = NULL if theta is None else &theta[0]
    with nogil:
        k.sweep(&t, lo, hi, out, &sums[0])


cdef class Mixture:
    """Components of the groups' posteriors."""

    cdef hf_mixture mix
    cdef const hf_kernels_t *kernels
    cdef object keep

    def __init__(self, const double[:, ::1] part, int level):
        self.keep = part
        self.mix.n = <int>part.shape[1]
        self.mix.m, self.mix.s2 = &part[0, 0], &part[1, 0]
        self.mix.tau2, self.mix.lambda_ = &part[2, 0], &part[3, 0]
        self.kernels = table(level)

    def coefficients(self, const double[::1] p, double[:, ::1] out):
        """Rows of moment coefficients at weights p."""
        cdef int64_t i
        with nogil:
            for i in range(p.shape[0]):
                hf_read_coefficients(&self.mix, p[i], &out[i, 0])

    def quantiles(self, const double[::1] p, const double[::1] d, const double[::1] mean,
                  const double[::1] sd, const double[::1] prob, double[:, ::1] out):
        """Quantiles of groups with weight p and mean d, about the centre."""
        cdef int64_t i
        cdef int n = <int>prob.shape[0]
        with nogil:
            for i in range(p.shape[0]):
                hf_read_quantiles(self.kernels, &self.mix, p[i], d[i], mean[i], sd[i], n,
                                       &prob[0], &out[i, 0])

    def above(self, const int32_t[::1] edge, const double[::1] p, const double[::1] d,
              const double[::1] x, double[::1] chance, double[::1] mcse):
        """Probability that groups are above x, and its error; see csrc/conjugate/normal_above.h."""
        cdef int64_t n = p.shape[0]
        cdef int n_batch = <int>edge.shape[0] - 1
        with nogil:
            self.kernels.above(&self.mix, n_batch, &edge[0], n, &p[0], &d[0], &x[0], &chance[0],
                               &mcse[0])

    def compress(self, int n_bin, const int64_t[::1] order):
        """Components (4, n_bin) of a mixture that stands for this one."""
        out = np.empty((4, n_bin))
        cdef double[:, ::1] o = out
        hf_read_compress(&self.mix, n_bin, &order[0], &o[0, 0])
        return out

    def error(self, double p, double d, double sd, double prob, double x):
        """Distance in sd of x from the quantile, to first order."""
        cdef double out
        with nogil:
            out = hf_read_error(self.kernels, &self.mix, p, d, sd, prob, x)
        return out


def ndtri(double p):
    """Standard normal quantile."""
    return hf_ndtri_at(p)


def read_groups(int level, bint by_log, const int32_t[::1] row, double x0, double inv_dx,
                const double[:, ::1] moment, const double[:, :, ::1] table_, double centre, double s0,
                double inv_ds, double spread, const double[::1] p, const double[::1] ybar, int64_t lo,
                int64_t hi, double[::1] mean, double[::1] sd, double[:, ::1] quantile):
    """Posterior mean, sd and quantiles of groups lo..hi; see csrc/conjugate/normal_read.h."""
    cdef hf_reader r
    cdef const hf_kernels_t *k = table(level)
    cdef double *m = NULL if mean is None else &mean[lo]
    cdef double *s = NULL if sd is None else &sd[lo]
    cdef double *q = NULL if quantile is None else &quantile[lo, 0]
    r.n_row, r.by_log, r.x0, r.inv_dx = <int>moment.shape[0], by_log, x0, inv_dx
    r.n_quantile = r.n_node = 0
    r.row = NULL if row is None else &row[0]
    r.moment, r.centre, r.s0, r.inv_ds, r.spread = &moment[0, 0], centre, s0, inv_ds, spread
    if table_ is not None:
        r.table, r.n_quantile, r.n_node = &table_[0, 0, 0], <int>table_.shape[1], <int>table_.shape[2]
    with nogil:
        k.read(&r, hi - lo, &p[lo], &ybar[lo], m, s, q)
