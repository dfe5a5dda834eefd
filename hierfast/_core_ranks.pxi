# Ranks of joint draws: part of _core.pyx.

def rank_twice(const double[::1] x, uint64_t[:, ::1] key, int32_t[::1] out):
    """Twice the ranks of (1) of csrc/ranks.h; key (2, n) is scratch."""
    cdef int64_t n = x.shape[0]
    with nogil:
        hf_rank_twice(n, &x[0], &key[0, 0], &key[1, 0], &out[0])


def keep_extremes(const int32_t[:, ::1] draws, int seen, int32_t[:, :, ::1] held):
    """Add draws (groups, n) to what is held (groups, 2, width), of which `seen` places are taken."""
    with nogil:
        hf_keep_extremes(draws.shape[0], <int>draws.shape[1], &draws[0, 0], <int>held.shape[2], seen,
                         &held[0, 0, 0])
