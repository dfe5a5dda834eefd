# Ranks and sums of joint draws, leave-one-out: part of _core.pyx.

def rank_twice(const double[::1] x, uint64_t[:, ::1] key, int32_t[::1] out, int level=0):
    """Twice the ranks of (1) of csrc/ranks.h; key (2, n) is scratch."""
    cdef int64_t n = x.shape[0]
    cdef const hf_kernels_t *k = table(level)
    with nogil:
        hf_rank_twice(k, n, &x[0], &key[0, 0], &key[1, 0], &out[0])


def keep_extremes(draws, held, room, int level):
    """Add draws (m, n), rows of neighbours, int32 or float64, to what is held of n groups (blocks, 2,
    width, ABREAST); room (m, ABREAST) is scratch."""
    cdef const hf_kernels_t *k = table(level)
    cdef int m = <int>draws.shape[0], width = <int>held.shape[2]
    cdef int64_t n = draws.shape[1], stride = draws.strides[0] // draws.itemsize
    if held.dtype == np.int32:
        keep_int32(k, n, m, draws, stride, width, held, room)
    else:
        keep_float64(k, n, m, draws, stride, width, held, room)


cdef keep_int32(const hf_kernels_t *k, int64_t n, int m, const int32_t[:, :] draws, int64_t stride,
                int width, int32_t[:, :, :, ::1] held, int32_t[:, ::1] room):
    with nogil:
        k.keep_int32(n, m, &draws[0, 0], stride, width, &held[0, 0, 0, 0], &room[0, 0])


cdef keep_float64(const hf_kernels_t *k, int64_t n, int m, const double[:, :] draws, int64_t stride,
                  int width, double[:, :, :, ::1] held, double[:, ::1] room):
    with nogil:
        k.keep_float64(n, m, &draws[0, 0], stride, width, &held[0, 0, 0, 0], &room[0, 0])


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
