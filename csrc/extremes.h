/* extremes.h: of many groups' values the smallest so far and the largest, a batch of draws at a time, by networks
 * that sort HF_ABREAST groups side by side:
 *   (1) Batcher's merge exchange puts the m new ones b in order;
 *   (2) a_k = min(a_k, b_(w-1-k)) are the w smallest of those held, a, and the new, first rising, then falling,
 *   (3) which half-cleaners put in order: of places i and i + d, d a power of two, the smaller first. Where w is no
 *       power of two, places before the first are as if they held minus infinity.
 * The largest are held as the smallest of the negated.
 * Sources: Batcher (1968), Sorting networks and their applications, AFIPS 32; Knuth, TAOCP 3, 5.2.2 M and 5.3.4.
 * Read once a type: HF_VALUE it, HF_TYPED(x) names its functions. Twin: numpy.sort. */
#ifdef HF_BODY
/* The smaller of two rows first, lane by lane. */
HF_INLINE void HF_TYPED(exchange)(HF_VALUE *a, HF_VALUE *b) {
  for (int l = 0; l < HF_ABREAST; l++) {
    HF_VALUE x = a[l], y = b[l];
    a[l] = x < y ? x : y;
    b[l] = x < y ? y : x;
  }
}

/* (1) of rows (m, HF_ABREAST). */
static void HF_TYPED(sort_rows)(int m, HF_VALUE *row) {
  for (int p = 1; p < m; p *= 2)
    for (int k = p; k > 0; k /= 2)
      for (int from = k % p; from + k < m; from += 2 * k)
        for (int i = from; i < from + k && i + k < m; i++)
          if (i / (2 * p) == (i + k) / (2 * p))
            HF_TYPED(exchange)(row + i * HF_ABREAST, row + (i + k) * HF_ABREAST);
}

/* (2) and (3): sorted rows b (m, HF_ABREAST), or those negated from the last, into a (w, HF_ABREAST). */
static void HF_TYPED(merge_rows)(int m, const HF_VALUE *b, int negate, int w, HF_VALUE *a) {
  int first = w > m ? w - m : 0, size = 1;
  for (int k = first; k < w; k++) {
    int from = negate ? m - w + k : w - 1 - k;
    const HF_VALUE *row = b + from * HF_ABREAST;
    HF_VALUE *held = a + k * HF_ABREAST;
    for (int l = 0; l < HF_ABREAST; l++) {
      HF_VALUE x = negate ? -row[l] : row[l];
      held[l] = x < held[l] ? x : held[l];
    }
  }
  while (size < w) size *= 2;
  for (int d = size / 2, none = size - w; d > 0; d /= 2)
    for (int i = none; i < size; i++)
      if (!(i & d))
        HF_TYPED(exchange)(a + (i - none) * HF_ABREAST, a + (i - none + d) * HF_ABREAST);
}

static void HF_TYPED(keep)(int64_t n, int m, const HF_VALUE *draw, int64_t stride, int width,
                           HF_VALUE *held, HF_VALUE *room) {
  for (int64_t lo = 0; lo < n; lo += HF_ABREAST, held += 2 * width * HF_ABREAST) {
    int lanes = n - lo < HF_ABREAST ? (int)(n - lo) : HF_ABREAST;
    for (int t = 0; t < m; t++) {
      HF_VALUE *row = room + t * HF_ABREAST;
      for (int l = 0; l < lanes; l++) row[l] = draw[t * stride + lo + l];
      for (int l = lanes; l < HF_ABREAST; l++) row[l] = 0;
    }
    HF_TYPED(sort_rows)(m, room);
    HF_TYPED(merge_rows)(m, room, 0, width, held);
    HF_TYPED(merge_rows)(m, room, 1, width, held + width * HF_ABREAST);
  }
}
#endif
