/* statistics.h: rows to a fixed-size row per group (weight p, mean ybar, squares m2), in one pass.
 *   (1) p = sum w, ybar = sum w y / p, m2 = sum w (y - ybar)^2;  w = f, or f / se^2 of a row that stands
 *       for f identical ones (1 without frequency weights)
 * Rows are summed as deviations from a common centre c in slabs that do not depend on who adds them:
 *   (2) s0 = sum w, s1 = sum w (y - c), s2 = sum w (y - c)^2
 *   (3) ybar = c + s1 / s0, m2 = s2 - s1^2 / s0
 * Integer-valued y (integer w and c) make T = n c + s1 and K = n s2 - s1^2 exact integers that do
 * not depend on c nor on the order of rows, so ybar = T / n and m2 = K / n are the same bits however
 * the rows are split, as long as a group's s2 stays below 2^53 (beyond, it is summed like a real one):
 *   (4) merging groups a, b: sums about a common integer c are recovered exactly from (T, K), and added;
 *       real-valued groups merge by Chan, Golub and LeVeque (1983), The American Statistician 37(3).
 */
#ifndef HF_STATISTICS_H
#define HF_STATISTICS_H

#include "hf.h"

#define HF_LARGEST 1e150              /* squares of what is larger overflow */
enum { HF_BAD = 1, HF_FRACTION = 2 }; /* a y or se is not usable; some y is no integer below 2^51 */

/* Flags of rows lo..hi; se may be NULL. */
int hf_scan_rows(const double *y, const double *se, int64_t lo, int64_t hi);
void hf_scan_codes(const int64_t *code, int64_t lo, int64_t hi, int64_t *least, int64_t *most);
/* Rows: codes of their groups, read less `base` (NULL: one group a row), y, and where they are known
 * standard errors and frequency weights, whole numbers of identical rows. Deviations are taken about the
 * centre or, with `near` (J,), about each group's own value, a second pass for hard data. */
typedef struct {
  const int64_t *code;
  const double *y, *se, *weight, *near;
  int64_t base;
  double centre;
} hf_rows;
/* Adds rows lo..hi to one slab: count (J,), s (J, 2) or with se (J, 3). */
void hf_add_rows(const hf_rows *r, int64_t lo, int64_t hi, uint32_t *count, double *s);
/* Groups lo..hi that have rows, written from position `at`: label, n, p, mean, m2, and the squares they
 * add up to. Returns how many. count (n_slab, J), s (n_slab, J, width). With out == NULL only counts. */
typedef struct {
  int64_t *label;
  double *n, *p, *mean, *m2; /* n may be NULL where p is the count */
  double within, between;    /* sum of m2, of p (mean - centre)^2 */
  double p_min, p_max, mean_min, mean_max;
} hf_groups;
int64_t hf_finish_groups(int64_t n_group, int n_slab, int width, const uint32_t *count,
                         const double *s, double centre, const double *near, int integer,
                         int64_t base, int64_t lo, int64_t hi, int64_t at, hf_groups *out);
/* Merges group a with group b of the same label in place of a, (4); either may be without rows (p = 0);
 * n may be NULL as above. */
void hf_merge_groups(int64_t n, int integer, double *a_n, double *a_p, double *a_mean, double *a_m2,
                     const double *b_n, const double *b_p, const double *b_mean,
                     const double *b_m2);
/* Adds groups lo..hi to the cells of their integer p: (top + 1, 3) of count, sum and sum of squares of
 * mean - centre (cell may be NULL); ssw is the sum of their m2. */
void hf_add_cells(const double *p, const double *mean, const double *m2, double centre, int64_t lo,
                  int64_t hi, double *cell, double *ssw);

#endif
