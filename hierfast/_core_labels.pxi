# Labels of groups: part of _core.pyx.

cdef extern from "Python.h":
    const char *PyUnicode_AsUTF8AndSize(object text, Py_ssize_t *size) except NULL
    object PyUnicode_DecodeUTF8(const char *text, Py_ssize_t size, const char *errors)
    int PyBytes_AsStringAndSize(object text, char **data, Py_ssize_t *size) except -1


cdef hf_text to_text(const uint8_t[::1] text, const int64_t[::1] at):
    cdef hf_text out
    out.text = &text[0] if text.shape[0] else NULL
    out.at = NULL if at is None else &at[0]
    return out


def text_of_objects(list values):
    """Join str or bytes, of one kind, to (text, at); a value of another kind counts as empty, and the
    places of these come third."""
    cdef Py_ssize_t i, size, n = len(values), room = 16 * n + 64
    cdef int64_t end = 0
    cdef const char *data
    cdef char *raw
    kind = next((type(v) for v in values if isinstance(v, (str, bytes))), str)
    text = np.empty(room, dtype=np.uint8)
    at_ = np.zeros(n + 1, dtype=np.int64)
    cdef uint8_t[::1] out = text
    cdef int64_t[::1] at = at_
    cdef bint bytes_ = issubclass(kind, bytes)
    other = []
    for i in range(n):
        value = values[i]
        if isinstance(value, str) and not bytes_:
            data = PyUnicode_AsUTF8AndSize(value, &size)
        elif isinstance(value, bytes) and bytes_:
            PyBytes_AsStringAndSize(value, &raw, &size)
            data = raw
        else:
            other.append(i)
            at[i + 1] = end
            continue
        if end + size > room:
            room = 2 * (end + size)
            text = np.concatenate([text, np.empty(room - len(text), dtype=np.uint8)])
            out = text
        memcpy(&out[end], data, size)
        end += size
        at[i + 1] = end
    return text[:end], at_, other


def text_of_cells(cells):
    """Text of a contiguous array of fixed-width strings (dtype U or S, native) as (text, at)."""
    cdef int64_t n = len(cells), width = cells.dtype.itemsize
    cdef const uint8_t[::1] byte
    cdef const uint32_t[::1] point
    cdef const uint8_t *b = NULL
    cdef const uint32_t *p = NULL
    cdef uint8_t[::1] out
    if cells.dtype.kind == "U":
        width //= 4
        if width and n:
            point = cells.view(np.uint32).reshape(-1)
            p = &point[0]
    elif width and n:
        byte = cells.view(np.uint8).reshape(-1)
        b = &byte[0]
    at_ = np.empty(n + 1, dtype=np.int64)
    cdef int64_t[::1] at = at_
    with nogil:
        hf_text_from_cells(n, width, b, p, &at[0], NULL)
    text = np.empty(at[n], dtype=np.uint8)
    if at[n]:
        out = text
        with nogil:
            hf_text_from_cells(n, width, b, p, &at[0], &out[0])
    return text, at_


def factorise_part(const uint8_t[::1] text, const int64_t[::1] at, int n_part, int part,
                   int64_t[::1] code):
    """Codes of the rows whose labels fall to the part, and the first row of each such label."""
    cdef hf_text t = to_text(text, at)
    cdef int64_t n = code.shape[0], n_slot = 1024, n_label = 0, done = 0
    slots = np.zeros(n_slot, dtype=np.uint64)
    rows = np.empty(n_slot // 2, dtype=np.int64)
    cdef int64_t[::1] first = rows
    cdef uint64_t[::1] slot = slots
    while done < n:
        with nogil:
            done = hf_factorise(&t, done, n, n_part, part, n_slot, &slot[0], &first[0], &n_label,
                                &code[0])
        if done < n:
            n_slot *= 4
            slots = np.empty(n_slot, dtype=np.uint64)  # zeros would not come in huge pages
            slots.fill(0)
            rows = np.concatenate([rows[:n_label], np.empty(n_slot // 2 - n_label, dtype=np.int64)])
            slot, first = slots, rows
            with nogil:
                hf_resize_slots(&t, n_label, &first[0], n_slot, &slot[0])
    return rows[:n_label].copy()


def join_codes(int64_t[::1] code, const int64_t[::1] offset, int64_t lo, int64_t hi):
    """Codes lo..hi of all parts as one."""
    with nogil:
        hf_join_codes(hi - lo, <int>offset.shape[0], &offset[0], &code[lo])


def sort_labels(const uint8_t[::1] text, const int64_t[::1] at, first):
    """Order of labels, known by rows `first`, by their bytes."""
    cdef hf_text t = to_text(text, at)
    cdef int64_t n = len(first)
    rows = first.copy()
    cdef int64_t[::1] row = rows
    cdef uint64_t[::1] head = np.empty(2 * n, dtype=np.uint64)
    cdef int64_t[::1] scratch = np.empty(n, dtype=np.int64)
    if n:
        with nogil:
            hf_sort_labels(&t, n, &row[0], &head[0], &scratch[0])
    return rows


def decode_labels(const uint8_t[::1] text, const int64_t[::1] at, const int64_t[::1] rows,
                  bint as_bytes):
    """Labels at `rows` as an object array of str or bytes."""
    cdef Py_ssize_t i, n = rows.shape[0]
    cdef char nothing = 0
    cdef const char *data = &nothing
    if text.shape[0]:
        data = <const char *>&text[0]
    out = []
    for i in range(n):
        if as_bytes:
            out.append(data[at[rows[i]]:at[rows[i] + 1]])
        else:
            out.append(PyUnicode_DecodeUTF8(data + at[rows[i]], at[rows[i] + 1] - at[rows[i]], NULL))
    labels = np.empty(n, dtype=object)
    labels[:] = out
    return labels


def hash_labels(const uint8_t[::1] text, const int64_t[::1] at):
    """Fixed 64-bit hash of each label."""
    cdef int64_t i, n = at.shape[0] - 1
    cdef const uint8_t *data = &text[0] if text.shape[0] else NULL
    out = np.empty(n, dtype=np.uint64)
    cdef uint64_t[::1] o = out
    with nogil:
        for i in range(n):
            o[i] = hf_label_hash(data + at[i], at[i + 1] - at[i])
    return out
