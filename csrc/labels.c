/* labels.c: equations in labels.h. */
#include "labels.h"

#include <string.h>

enum { BATCH = 64 }; /* rows whose slots are asked for before any is looked at */
#define LOW_HALF 0xffffffffu

static uint64_t word(const uint8_t *p, int64_t n) {
  uint64_t w = 0;
  if (n >= 8) {
    memcpy(&w, p, 8);
#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    w = __builtin_bswap64(w);
#endif
    return w;
  }
  for (int64_t i = 0; i < n; i++) w |= (uint64_t)p[i] << (8 * i);
  return w;
}

uint64_t hf_label_hash(const uint8_t *text, int64_t n) {
  uint64_t h = (uint64_t)n * 0xd6e8feb86659fd93u;
  for (int64_t i = 0; i < n; i += 8) {
    h = (h ^ word(text + i, n - i)) * 0x9e3779b97f4a7c15u;
    h ^= h >> 32;
  }
  h = (h ^ (h >> 30)) * 0xbf58476d1ce4e5b9u;
  h = (h ^ (h >> 27)) * 0x94d049bb133111ebu;
  return h ^ (h >> 31);
}

static const uint8_t *label(const hf_text *t, int64_t row, int64_t *n) {
  *n = t->at ? t->at[row + 1] - t->at[row] : 8;
  return t->text + (t->at ? t->at[row] : 8 * row);
}

static int equal(const hf_text *t, int64_t a, int64_t b) {
  int64_t n, m;
  const uint8_t *p = label(t, a, &n), *q = label(t, b, &m);
  return n == m && memcmp(p, q, (size_t)n) == 0;
}

/* A slot holds the upper half of a hash and the label's code + 1; 0 is empty. */
static uint64_t entry(uint64_t hash, int64_t code) {
  return (hash & ~(uint64_t)LOW_HALF) | (uint64_t)(code + 1);
}

/* Rows of a batch that belong to the part, their hashes, and their slots asked for. */
static int gather(const hf_text *t, int64_t from, int64_t hi, uint64_t n_part, uint64_t part,
                  uint64_t mask, const uint64_t *slot, int64_t *row, uint64_t *hash) {
  int n = 0;
  for (int64_t i = from; i < from + BATCH && i < hi; i++) {
    int64_t size;
    const uint8_t *p = label(t, i, &size);
    uint64_t h = hf_label_hash(p, size);
    if ((h >> 60) % n_part != part) continue;
    row[n] = i;
    hash[n++] = h;
    __builtin_prefetch(slot + (h & mask));
  }
  return n;
}

/* Asks for what a look at the guessed labels will touch, one kind of memory after the other. */
static void look_ahead(const hf_text *t, int n, uint64_t mask, const uint64_t *slot,
                       const int64_t *first, const uint64_t *hash) {
  int64_t size, guess[BATCH];
  for (int i = 0; i < n; i++) {
    guess[i] = (int64_t)(slot[hash[i] & mask] & LOW_HALF) - 1;
    if (guess[i] >= 0) __builtin_prefetch(first + guess[i]);
  }
  for (int i = 0; i < n; i++)
    if (guess[i] >= 0 && t->at) __builtin_prefetch(t->at + first[guess[i]]);
  for (int i = 0; i < n; i++)
    if (guess[i] >= 0) __builtin_prefetch(label(t, first[guess[i]], &size));
}

int64_t hf_factorise(const hf_text *t, int64_t lo, int64_t hi, int n_part, int part, int64_t n_slot,
                     uint64_t *slot, int64_t *first, int64_t *n_label, int64_t *code) {
  uint64_t hash[BATCH], mask = (uint64_t)n_slot - 1;
  int64_t row[BATCH];
  for (int64_t from = lo; from < hi; from += BATCH) {
    if (*n_label + BATCH > n_slot / 2) return from;
    int n = gather(t, from, hi, (uint64_t)n_part, (uint64_t)part, mask, slot, row, hash);
    look_ahead(t, n, mask, slot, first, hash);
    for (int i = 0; i < n; i++) {
      uint64_t k = hash[i] & mask, wanted = entry(hash[i], -1);
      int64_t found;
      for (;; k = (k + 1) & mask) {
        found = (int64_t)(slot[k] & LOW_HALF) - 1;
        if (found < 0) break;
        if ((slot[k] ^ wanted) <= LOW_HALF && equal(t, first[found], row[i])) break;
      }
      if (found < 0) {
        found = (*n_label)++;
        first[found] = row[i];
        slot[k] = entry(hash[i], found);
      }
      code[row[i]] = found * n_part + part;
    }
  }
  return hi;
}

void hf_join_codes(int64_t n, int n_part, const int64_t *offset, int64_t *code) {
  for (int64_t i = 0; i < n; i++) code[i] = code[i] / n_part + offset[code[i] % n_part];
}

void hf_resize_slots(const hf_text *t, int64_t n_label, const int64_t *first, int64_t n_slot,
                     uint64_t *slot) {
  uint64_t mask = (uint64_t)n_slot - 1;
  for (int64_t i = 0; i < n_label; i++) {
    int64_t n;
    const uint8_t *p = label(t, first[i], &n);
    uint64_t hash = hf_label_hash(p, n), k = hash & mask;
    while (slot[k]) k = (k + 1) & mask;
    slot[k] = entry(hash, i);
  }
}

/* Whether label a comes before label b, their first eight bytes after `skip` being equal. */
static int before(const hf_text *t, int64_t a, int64_t b, int64_t skip) {
  int64_t n, m;
  const uint8_t *p = label(t, a, &n), *q = label(t, b, &m);
  int64_t least = n < m ? n : m, from = skip < least ? skip : least;
  int order = memcmp(p + from, q + from, (size_t)(least - from));
  return order < 0 || (order == 0 && n < m);
}

static int64_t common_prefix(const hf_text *t, int64_t n, const int64_t *row) {
  int64_t size, skip;
  const uint8_t *p = label(t, row[0], &skip);
  for (int64_t i = 1; i < n && skip; i++) {
    const uint8_t *q = label(t, row[i], &size);
    int64_t k = 0;
    skip = size < skip ? size : skip;
    while (k < skip && p[k] == q[k]) k++;
    skip = k;
  }
  return skip;
}

void hf_sort_labels(const hf_text *t, int64_t n, int64_t *row, uint64_t *head, int64_t *scratch) {
  int64_t skip = n ? common_prefix(t, n, row) : 0, *to = scratch, *from = row;
  uint64_t *head_from = head, *head_to = head + n;
  for (int64_t i = 0; i < n; i++) {
    int64_t size;
    const uint8_t *p = label(t, row[i], &size);
    head[i] = __builtin_bswap64(word(p + skip, size - skip));
  }
  for (int64_t width = 1; width < n; width *= 2) {
    for (int64_t lo = 0; lo < n; lo += 2 * width) {
      int64_t mid = lo + width < n ? lo + width : n, hi = mid + width < n ? mid + width : n;
      int64_t a = lo, b = mid;
      for (int64_t k = lo; k < hi; k++) {
        int right = a == mid;
        if (!right && b < hi)
          right = head_from[b] != head_from[a] ? head_from[b] < head_from[a]
                                               : before(t, from[b], from[a], skip);
        int64_t take = right ? b++ : a++;
        to[k] = from[take];
        head_to[k] = head_from[take];
      }
    }
    int64_t *rows = from;
    uint64_t *heads = head_from;
    from = to, to = rows;
    head_from = head_to, head_to = heads;
  }
  if (from != row) memcpy(row, from, (size_t)n * sizeof *row);
}

/* UTF-8 of a code point beyond ASCII. */
static int encode(uint32_t c, uint8_t *out) {
  int n = c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
  static const uint8_t lead[5] = {0, 0, 0xc0, 0xe0, 0xf0};
  for (int i = n - 1; i > 0; i--, c >>= 6) out[i] = (uint8_t)(0x80 | (c & 0x3f));
  out[0] = (uint8_t)(lead[n] | c);
  return n;
}

void hf_text_from_cells(int64_t n, int64_t width, const uint8_t *byte, const uint32_t *point,
                        int64_t *at, uint8_t *text) {
  uint8_t unwanted[4];
  at[0] = 0;
  for (int64_t i = 0; i < n; i++) {
    int64_t size = width, end = at[i];
    while (size && !(byte ? byte[i * width + size - 1] : point[i * width + size - 1])) size--;
    for (int64_t k = 0; k < size; k++) {
      uint32_t c = byte ? byte[i * width + k] : point[i * width + k];
      uint8_t *out = text ? text + end : unwanted;
      if (byte || c < 0x80)
        *out = (uint8_t)c, end++;
      else
        end += encode(c, out);
    }
    at[i + 1] = end;
  }
}
