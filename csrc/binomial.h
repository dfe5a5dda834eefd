/* binomial.h: binomial variates, exact, from a stream of one label's numbers; n a whole number, 0 <= p <= 1.
 *   (1) n p < 10: inversion of p(k), p(0) = q^n, p(k) / p(k - 1) = (n + 1 - k) p / (k q)
 *   (2) else transformed rejection with squeeze (BTRS): k = floor((2 a / (1/2 - |u|) + b) u + n p + 1/2)
 * with p <= 1/2, n - k of the other side otherwise.
 * Sources: Kachitvichyanukul and Schmeiser (1988), Comm. ACM 31(2), for (1); Hörmann (1993), The generation of
 * binomial random variates, J. Stat. Comput. Simul. 46, for (2). */
#ifndef HF_BINOMIAL_H
#define HF_BINOMIAL_H

#include "special.h"
#include "variates.h"

static inline double hf_floor(double x) { /* |x| < 2^51 */
  double k = (x + HF_SHIFT) - HF_SHIFT;
  return k > x ? k - 1.0 : k;
}

static inline double hf_binomial_inverted(hf_stream *s, double n, double p) {
  double odds = p / (1.0 - p), mass = hf_exp(n * hf_log1p(-p)), u = hf_next_uniform(s), k = 0.0;
  while (u > mass && k < n) {
    u -= mass;
    k += 1.0;
    mass *= (n + 1.0 - k) * odds / k;
  }
  return k;
}

static inline double hf_binomial_rejected(hf_stream *s, double n, double p) {
  double spread = __builtin_sqrt(n * p * (1.0 - p)), b = 1.15 + 2.53 * spread;
  double a = -0.0873 + 0.0248 * b + 0.01 * p, c = n * p + 0.5, quick = 0.92 - 4.2 / b;
  double alpha = (2.83 + 5.1 / b) * spread, odds = hf_log(p) - hf_log1p(-p);
  double mode = hf_floor((n + 1.0) * p);
  double top = hf_lgamma(mode + 1.0) + hf_lgamma(n - mode + 1.0);
  for (;;) {
    double u = hf_next_uniform(s) - 0.5, v = hf_next_uniform(s), us = 0.5 - __builtin_fabs(u);
    double at = (2.0 * a / us + b) * u + c;
    if (!(at >= 0.0 && at < n + 1.0)) continue;
    double k = hf_floor(at);
    if (us >= 0.07 && v <= quick) return k;
    v = hf_log(v * alpha / (a / (us * us) + b));
    if (v <= (top - hf_lgamma(k + 1.0) - hf_lgamma(n - k + 1.0)) + (k - mode) * odds) return k;
  }
}

/* Of n trials, those of probability share / (share + rest). */
static inline double hf_binomial(hf_stream *s, double n, double share, double rest) {
  int more = share > rest;
  double p = (more ? rest : share) / (share + rest), k;
  if (n <= 0.0) return 0.0;
  k = p <= 0.0 ? 0.0 : n * p < 10.0 ? hf_binomial_inverted(s, n, p) : hf_binomial_rejected(s, n, p);
  return more ? n - k : k;
}

/* One variate each for labels 0 .. n - 1, for tests. */
void hf_binomials(uint64_t key, int64_t n, double trials, double share, double rest, double *out);

#endif
