/* phi/slice.c: univariate slices along the columns of a whitening matrix.
 * Stepping out from a randomly placed interval, at most STEPS widths shared at random between its ends,
 * then shrinkage. Source: Neal (2003), Slice sampling, Annals of Statistics 31(3), figures 3 and 5. */
#include "phi.h"

#include "hfmath.h"
#include "rng.h"

enum { STEPS = 64, SHRINKS = 200 };

typedef struct {
  const hf_target *t;
  const double *z, *column;
  int stride;
} ray;

static int at(const ray *r, double s, double *lp) {
  double point[HF_MAX_PHI];
  for (int k = 0; k < r->t->d; k++) point[k] = r->z[k] + s * r->column[k * r->stride];
  return r->t->eval(r->t, 1, point, lp);
}

int hf_slice_sweep(const hf_target *t, const double *shape, uint64_t key, uint32_t sweep,
                   int passes, double *z, double *lp, int64_t *cut) {
  const double width = 2.5;
  for (int pass = 0; pass < passes; pass++)
    for (int a = 0; a < t->d; a++) {
      ray r = {t, z, shape + a, t->d};
      uint64_t label = (uint64_t)(pass * HF_MAX_PHI + a);
      uint32_t attempt = 0;
      double level = *lp + hf_log(hf_uniform(key, label, sweep, attempt++)), here = *lp, s = 0.0;
      double left = -width * hf_uniform(key, label, sweep, attempt++), right = left + width;
      int less = (int)(STEPS * hf_uniform(key, label, sweep, attempt++)), more = STEPS - 1 - less;
      int status = at(&r, left, &here), inside;
      for (; !status && less > 0 && here > level; less--) status = at(&r, left -= width, &here);
      inside = here > level;
      if (!status) status = at(&r, right, &here);
      for (; !status && more > 0 && here > level; more--) status = at(&r, right += width, &here);
      if (less + more == 0 && (inside || here > level)) ++*cut;
      for (int shrink = 0; !status; shrink++) {
        if (shrink == SHRINKS) return HF_STUCK;
        s = left + (right - left) * hf_uniform(key, label, sweep, attempt++);
        status = at(&r, s, &here);
        if (here > level) break;
        left = s < 0.0 ? s : left;
        right = s < 0.0 ? right : s;
      }
      if (status) return status;
      for (int k = 0; k < t->d; k++) z[k] += s * shape[k * t->d + a];
      *lp = here;
    }
  return HF_OK;
}
