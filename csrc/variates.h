/* variates.h: non-normal variates, exact, from a stream of one label's numbers.
 *   exponential  E = -log u
 *   gamma        Marsaglia and Tsang (2000), ACM TOMS 26(3): d (1 + z / sqrt(9 d))^3, d = alpha - 1/3,
 *                accepted with log u < z^2 / 2 + d (1 - v + log v); for alpha < 1 the log of
 *                G(alpha + 1) u^(1 / alpha), which stays finite where G underflows
 *   beta         G(a) / (G(a) + G(b)), through logarithms
 *   inverse gamma, chi-square  1 / G and 2 G
 * Every attempt takes fresh blocks of the generator, so a draw depends on (key, label, sweep) alone. */
#ifndef HF_VARIATES_H
#define HF_VARIATES_H

#include "rng.h"

typedef struct hf_stream {
  uint64_t key, label;
  uint32_t sweep, attempt;
} hf_stream;

static inline double hf_next_uniform(hf_stream *s) {
  return hf_uniform(s->key, s->label, s->sweep, s->attempt++);
}

static inline double hf_next_normal(hf_stream *s) {
  return hf_normal(s->key, s->label, s->sweep, s->attempt++);
}

static inline double hf_exponential(hf_stream *s) { return -hf_log(hf_next_uniform(s)); }

/* Logarithm of a Gamma(alpha, 1) variate, alpha > 0. */
static inline double hf_log_gamma(hf_stream *s, double alpha) {
  double boost = alpha < 1.0 ? hf_log(hf_next_uniform(s)) / alpha : 0.0;
  double d = (alpha < 1.0 ? alpha + 1.0 : alpha) - 1.0 / 3.0, c = 1.0 / __builtin_sqrt(9.0 * d);
  for (;;) {
    double z = hf_next_normal(s), v = 1.0 + c * z, u = hf_next_uniform(s);
    if (v <= 0.0) continue;
    v = v * v * v;
    if (hf_log(u) < 0.5 * z * z + d * (1.0 - v + hf_log(v))) return hf_log(d * v) + boost;
  }
}

static inline double hf_gamma(hf_stream *s, double alpha) { return hf_exp(hf_log_gamma(s, alpha)); }

static inline double hf_beta(hf_stream *s, double a, double b) {
  double x = hf_log_gamma(s, a), y = hf_log_gamma(s, b);
  double top = x > y ? x : y;
  x = hf_exp(x - top);
  y = hf_exp(y - top);
  return x / (x + y);
}

/* Density prop. to x^(-alpha - 1) exp(-beta / x). */
static inline double hf_inverse_gamma(hf_stream *s, double alpha, double beta) {
  return beta * hf_exp(-hf_log_gamma(s, alpha));
}

static inline double hf_chi2(hf_stream *s, double nu) { return 2.0 * hf_gamma(s, 0.5 * nu); }

/* One variate each for labels 0 .. n - 1; kinds in the order above. */
enum { HF_EXPONENTIAL, HF_GAMMA, HF_BETA, HF_INVERSE_GAMMA, HF_CHI2 };
void hf_variates(int kind, uint64_t key, int64_t n, double a, double b, double *out);
/* The generator's words (n, 4) themselves, for batteries over the raw stream. */
void hf_raw_words(int64_t n, uint64_t key, const uint64_t *label, const uint32_t *sweep,
                  uint32_t attempt, uint32_t *out);

#endif
