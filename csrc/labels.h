/* labels.h: labels of any width to codes 0, 1, ... in the order in which they first appear, and the
 * fixed 64-bit hash that stands for a text label in the key of its noise.
 *   (1) h <- (h ^ w) M, h <- h ^ (h >> 32) over the text's little-endian words w of 8 bytes, the last
 *       one padded with zeros, from h = its length times an odd constant; then the finaliser of
 *       SplitMix64.
 * Labels are compared byte by byte: a collision of hashes never merges two groups.
 * Sources: Steele, Lea and Flood (2014), Fast splittable pseudorandom number generators, OOPSLA;
 * open addressing with linear probing, Knuth, TAOCP 3, 6.4. */
#ifndef HF_LABELS_H
#define HF_LABELS_H

#include "hf.h"

/* Text column: label i is bytes at[i] .. at[i + 1] of `text`; without `at`, eight bytes each. */
typedef struct {
  const uint8_t *text;
  const int64_t *at; /* (n + 1,) or NULL */
} hf_text;

uint64_t hf_label_hash(const uint8_t *text, int64_t n);
/* Codes of those rows lo.. of a column whose labels fall to `part` of n_part, by their hash: n_part k +
 * part for the k-th label of the part. slot (n_slot,) is zero at first, n_slot a power of two, and
 * first (n_slot / 2,) gets the row at which each label appeared. Stops early when half of the slots are
 * taken: enlarge the table with hf_resize_slots and go on from the row returned. */
int64_t hf_factorise(const hf_text *t, int64_t lo, int64_t hi, int n_part, int part, int64_t n_slot,
                     uint64_t *slot, int64_t *first, int64_t *n_label, int64_t *code);
/* Codes of all parts as one: those of part q begin at offset[q]. */
void hf_join_codes(int64_t n, int n_part, const int64_t *offset, int64_t *code);
/* Enters n_label labels, known by their first rows, into `slot` (n_slot,) zeros. */
void hf_resize_slots(const hf_text *t, int64_t n_label, const int64_t *first, int64_t n_slot,
                     uint64_t *slot);
/* Sorts rows (n,) by the bytes of their labels, ties as they stood; head (2 n,), scratch (n,). */
void hf_sort_labels(const hf_text *t, int64_t n, int64_t *row, uint64_t *head, int64_t *scratch);
/* Fixed-width cells (n, width) of bytes or of UCS-4 code points, padded with zeros, as UTF-8: writes at
 * (n + 1,) and, where given, text (at[n],). */
void hf_text_from_cells(int64_t n, int64_t width, const uint8_t *byte, const uint32_t *point,
                        int64_t *at, uint8_t *text);

#endif
