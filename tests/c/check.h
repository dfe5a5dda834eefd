/* check.h: the smallest harness that says what failed and where. */
#ifndef CHECK_H
#define CHECK_H

#include <math.h>
#include <stdio.h>

static int failures, checks;

#define CHECK(condition)                                                   \
  do {                                                                     \
    checks++;                                                              \
    if (!(condition)) {                                                    \
      failures++;                                                          \
      printf("\n%s:%d: %s does not hold", __FILE__, __LINE__, #condition); \
    }                                                                      \
  } while (0)

#define CLOSE(got, want, tolerance)                                               \
  do {                                                                            \
    double g_ = (got), w_ = (want);                                               \
    checks++;                                                                     \
    if (!(fabs(g_ - w_) <= (tolerance))) {                                        \
      failures++;                                                                 \
      printf("\n%s:%d: %s = %.17g, not %.17g", __FILE__, __LINE__, #got, g_, w_); \
    }                                                                             \
  } while (0)

static int report(void) {
  printf("%d of %d checks hold\n", checks - failures, checks);
  return failures != 0;
}

#endif
