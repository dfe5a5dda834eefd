/* variates.h: non-normal variates, exact, from a stream of one label's numbers.
 *   exponential  E = -log u
 *   gamma        Marsaglia and Tsang (2000), ACM TOMS 26(3): d v, v = (1 + z / sqrt(9 d))^3, d = alpha - 1/3,
 *                accepted with u < 1 - 0.0331 z^4, or else with log u < z^2 / 2 + d (1 - v + log v), which the first
 *                implies; for alpha < 1 G(alpha + 1) u^(1 / alpha), as a logarithm, which stays finite where G underflows
 *   beta         G(a) / (G(a) + G(b)), through logarithms where a or b is below 1
 *   inverse gamma, chi-square  1 / G and 2 G
 * The first attempt at a gamma reads a block of the generator for z, one for u, and one for the power where alpha < 1;
 * a further one reads two. Both gammas of a beta share the blocks of their first attempts: z of a and of b are
 * both normals (2) of rng.h, their uniforms those of the four words. So a draw depends on (key, label, sweep) alone, and
 * first attempts are made side by side (conjugate/gammas.h). */
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

static inline void hf_next_uniforms(hf_stream *s, double *u, double *v) {
  uint64_t x[4] = {s->label & 0xffffffffu, s->label >> 32, s->sweep, s->attempt++};
  hf_philox(s->key, x);
  *u = hf_unit(x[0], x[1]);
  *v = hf_unit(x[2], x[3]);
}

static inline double hf_exponential(hf_stream *s) { return -hf_log(hf_next_uniform(s)); }

HF_INLINE double hf_gamma_d(double alpha) {
  return (alpha < 1.0 ? alpha + 1.0 : alpha) - 1.0 / 3.0;
}

/* d v, and whether it is accepted at sight. */
HF_INLINE double hf_gamma_try(double d, double z, double u, int *accepted) {
  double v = 1.0 + z / __builtin_sqrt(9.0 * d), z2 = z * z;
  *accepted = (v > 0.0) & (u < 1.0 - 0.0331 * (z2 * z2));
  return d * (v * v * v);
}

/* d v of an attempt, or of the first one that is accepted after it. */
static inline double hf_gamma_settle(hf_stream *s, double d, double z, double u) {
  for (;; z = hf_next_normal(s), u = hf_next_uniform(s)) {
    int accepted;
    double x = hf_gamma_try(d, z, u, &accepted), v = x / d;
    if (accepted || (v > 0.0 && hf_log(u) < 0.5 * z * z + d * (1.0 - v + hf_log(v)))) return x;
  }
}

/* Logarithm of the power, alpha < 1. */
HF_INLINE double hf_gamma_power(double alpha, double u) {
  return alpha < 1.0 ? hf_log(u) / alpha : 0.0;
}

/* Logarithm of a Gamma(alpha, 1) variate, alpha > 0. */
static inline double hf_log_gamma(hf_stream *s, double alpha) {
  double z = hf_next_normal(s), u = hf_next_uniform(s);
  double power = alpha < 1.0 ? hf_gamma_power(alpha, hf_next_uniform(s)) : 0.0;
  return hf_log(hf_gamma_settle(s, hf_gamma_d(alpha), z, u)) + power;
}

static inline double hf_gamma(hf_stream *s, double alpha) {
  if (alpha < 1.0) return hf_exp(hf_log_gamma(s, alpha));
  double z = hf_next_normal(s), u = hf_next_uniform(s);
  return hf_gamma_settle(s, hf_gamma_d(alpha), z, u);
}

/* The share of x exp(p) in x exp(p) + y exp(q). */
HF_INLINE double hf_share(double x, double y, double p, double q) {
  x = hf_log(x) + p;
  y = hf_log(y) + q;
  double top = x > y ? x : y;
  x = hf_exp(x - top);
  y = hf_exp(y - top);
  return x / (x + y);
}

static inline double hf_beta(hf_stream *s, double a, double b) {
  double u, v, z, w, p = 1.0, q = 1.0;
  int small = (a < 1.0) | (b < 1.0);
  hf_next_uniforms(s, &u, &v);
  hf_polar(u, v, &z, &w);
  hf_next_uniforms(s, &u, &v);
  if (small) hf_next_uniforms(s, &p, &q);
  double x = hf_gamma_settle(s, hf_gamma_d(a), z, u), y = hf_gamma_settle(s, hf_gamma_d(b), w, v);
  return small ? hf_share(x, y, hf_gamma_power(a, p), hf_gamma_power(b, q)) : x / (x + y);
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
