# Ranks and sums of joint draws, leave-one-out: part of _core.pyx.

def rank_twice(const double[::1] x, uint64_t[:, ::1] key, int32_t[::1] out):
    """Twice the ranks of (1) of csrc/ranks.h; key (2, n) is scratch."""
    cdef int64_t n = x.shape[0]
    with nogil:
        hf_rank_twice(n, &x[0], &key[0, 0], &key[1, 0], &out[0])


def keep_extremes(const int32_t[:, :] draws, int seen, int32_t[:, :, ::1] held):
    """Add draws (n, groups) to what is held (groups, 2, width), of which `seen` places are taken."""
    cdef int64_t stride = draws.strides[0] // <int64_t>sizeof(int32_t)
    with nogil:
        hf_keep_extremes(draws.shape[1], <int>draws.shape[0], &draws[0, 0], stride,
                         <int>held.shape[2], seen, &held[0, 0, 0])


def add_batch(const double[:, ::1] draws, bint is_first, double[:, :] sums):
    """Add a batch (n, groups) to sums (4, groups): (3) of csrc/ranks.h."""
    cdef int64_t stride = sums.strides[0] // <int64_t>sizeof(double)
    with nogil:
        hf_add_batch(draws.shape[1], <int>draws.shape[0], &draws[0, 0], is_first, &sums[0, 0], stride)


def leave_out(double[:, ::1] log, const double[::1] mult, double flat, double[:, ::1] found,
              double[::1] off, int level):
    """Elpd, effective number and span (3, n) of cells; what becomes of log: csrc/leave_out.h."""
    cdef int64_t n = log.shape[1]
    cdef int n_draw = <int>log.shape[0]
    cdef const hf_kernels_t *k = table(level)
    with nogil:
        k.leave_out(n_draw, n, &log[0, 0], &mult[0], flat, &found[0, 0], &found[1, 0],
                    &found[2, 0], &off[0])
