# Statistics of rows: part of _core.pyx.

def scan_rows(const double[::1] y, const double[::1] se, int64_t lo, int64_t hi):
    """Whether a row is not usable, whether every y is integer-valued."""
    cdef const double *s = NULL if se is None else &se[0]
    cdef int flags
    with nogil:
        flags = hf_scan_rows(&y[0], s, lo, hi)
    return bool(flags & HF_BAD), not flags & HF_FRACTION


def scan_codes(const int64_t[::1] code, int64_t lo, int64_t hi):
    """Least and largest code."""
    cdef int64_t least, most
    with nogil:
        hf_scan_codes(&code[0], lo, hi, &least, &most)
    return least, most


def add_rows(const int64_t[::1] code, const double[::1] y, const double[::1] se,
             const double[::1] weight, int64_t base, double centre, const double[::1] near,
             int64_t lo, int64_t hi, uint32_t[::1] count, double[::1] s):
    """Add rows lo..hi to one slab."""
    cdef hf_rows r
    r.code = NULL if code is None else &code[0]
    r.y, r.base, r.centre = &y[0], base, centre
    r.se = NULL if se is None else &se[0]
    r.weight = NULL if weight is None else &weight[0]
    r.near = NULL if near is None else &near[0]
    with nogil:
        hf_add_rows(&r, lo, hi, &count[0], &s[0])


def finish_groups(int width, const uint32_t[:, ::1] count, const double[::1] s, double centre,
                  const double[::1] near, bint integer, int64_t base, int64_t lo, int64_t hi,
                  int64_t at=0, out=None):
    """Write the statistics of groups lo..hi that have rows; return how many there are, or, having
    written them, their squares within and between, and the extremes of weight and mean."""
    cdef hf_groups g
    cdef int64_t[::1] label
    cdef double[::1] n, p, mean, m2
    cdef int64_t found
    cdef hf_groups *where = NULL
    cdef const double *around = NULL if near is None else &near[0]
    if out is not None:
        label, p, mean, m2 = out[0], out[2], out[3], out[4]
        g.label, g.p, g.mean, g.m2, g.n = &label[0], &p[0], &mean[0], &m2[0], NULL
        if out[1] is not None:
            n = out[1]
            g.n = &n[0]
        where = &g
    cdef int64_t n_group = count.shape[1]
    cdef int n_slab = <int>count.shape[0]
    with nogil:
        found = hf_finish_groups(n_group, n_slab, width, &count[0, 0], &s[0], centre, around,
                                 integer, base, lo, hi, at, where)
    if out is None:
        return found
    return g.within, g.between, g.p_min, g.p_max, g.mean_min, g.mean_max


def merge_groups(bint integer, double[::1] a_n, double[::1] a_p, double[::1] a_mean,
                 double[::1] a_m2, const double[::1] b_n, const double[::1] b_p,
                 const double[::1] b_mean, const double[::1] b_m2):
    """Merge matched groups b into a."""
    if a_p.shape[0]:
        hf_merge_groups(a_p.shape[0], integer, NULL if a_n is None else &a_n[0], &a_p[0],
                             &a_mean[0], &a_m2[0], NULL if b_n is None else &b_n[0], &b_p[0],
                             &b_mean[0], &b_m2[0])


def add_cells(const double[::1] p, const double[::1] mean, const double[::1] m2, double centre,
              int64_t lo, int64_t hi, double[:, ::1] cell):
    """Add groups lo..hi to the cells of their count; return the sum of their m2."""
    cdef double ssw
    cdef double *c = NULL if cell is None else &cell[0, 0]
    with nogil:
        hf_add_cells(&p[0], &mean[0], &m2[0], centre, lo, hi, c, &ssw)
    return ssw
