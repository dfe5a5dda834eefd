/* test_labels.c: labels to codes and their order, against comparing every pair. */
#include "check.h"
#include "labels.h"

#include <string.h>

enum { N = 700, SLOTS = 4096 };

static uint8_t text[16 * N];
static int64_t at[N + 1], code[N], first[SLOTS / 2], row[N], scratch[N];
static uint64_t slot[SLOTS], larger[4 * SLOTS], head[2 * N];

/* Labels of 0 to 12 bytes, of three letters, so that many are equal and many share a beginning. */
static void make(uint32_t seed) {
  at[0] = 0;
  for (int i = 0; i < N; i++) {
    int64_t end = at[i];
    int size = (int)((seed = seed * 1664525u + 1013904223u) >> 24) % 13;
    for (int k = 0; k < size; k++)
      text[end++] = k < 9 ? 'a' : (uint8_t)('b' + ((seed = seed * 1664525u + 1013904223u) >> 30));
    at[i + 1] = end;
  }
}

static int compare(int64_t a, int64_t b) {
  int64_t n = at[a + 1] - at[a], m = at[b + 1] - at[b];
  int order = memcmp(text + at[a], text + at[b], (size_t)(n < m ? n : m));
  return order ? order : (n > m) - (n < m);
}

static void factorise(int n_part) {
  hf_text t = {text, at};
  int64_t offset[2] = {0}, total = 0;
  for (int part = 0; part < n_part; part++) {
    int64_t found = 0;
    memset(slot, 0, sizeof slot);
    offset[part] = total;
    CHECK(hf_factorise(&t, 0, N, n_part, part, SLOTS, slot, first + total, &found, code) == N);
    memset(larger, 0, sizeof larger);
    hf_resize_slots(&t, found, first + total, 4 * SLOTS, larger);
    CHECK(hf_factorise(&t, 0, N, n_part, part, 4 * SLOTS, larger, first + total, &found, code) ==
          N);
    total += found;
  }
  hf_join_codes(N, n_part, offset, code);
  int wrong = 0;
  for (int i = 0; i < N; i++)
    for (int k = 0; k < N; k++) wrong += (code[i] == code[k]) != (compare(i, k) == 0);
  CHECK(wrong == 0);
  for (int64_t i = 0; i < total; i++) row[i] = first[i];
  hf_sort_labels(&t, total, row, head, scratch);
  for (int64_t i = 1; i < total; i++) CHECK(compare(row[i - 1], row[i]) < 0);
}

static void cells(void) {
  const uint32_t point[] = {0x61, 0xe9, 0, 0x20ac, 0x1f600, 0x62, 0, 0, 0};
  const uint8_t want[] =
      "a\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80"
      "b";
  int64_t where[4];
  uint8_t out[16];
  hf_text_from_cells(3, 3, NULL, point, where, NULL);
  CHECK(where[1] == 3 && where[2] == 11 && where[3] == 11);
  hf_text_from_cells(3, 3, NULL, point, where, out);
  CHECK(memcmp(out, want, 11) == 0);
  hf_text_from_cells(2, 2, (const uint8_t *)"xyz", NULL, where, out);
  CHECK(where[1] == 2 && where[2] == 3 && memcmp(out, "xyz", 3) == 0);
}

int main(void) {
  for (uint32_t seed = 1; seed < 5; seed++) {
    make(seed);
    for (int n_part = 1; n_part <= 2; n_part++) factorise(n_part);
  }
  cells();
  CHECK(hf_label_hash((const uint8_t *)"", 0) != hf_label_hash((const uint8_t *)"\0", 1));
  CHECK(hf_label_hash(text, 3) == hf_label_hash(text, 3));
  return report();
}
