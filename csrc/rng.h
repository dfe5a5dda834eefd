/* rng.h: Philox4x32-10, counter based: every number is a function of (key, label, sweep, attempt).
 *   key     = first 64 bits of Philox(counter = (chain, term, site, 'hier'), key = seed)
 *   counter = (label low, label high, sweep, attempt)
 *   (1) uniform = (k + 1/2) 2^-52, k the top 52 bits of words 0, 1
 *   (2) normal  = sqrt(-2 log u1) cos(2 pi u2), u1 of words 0, 1 and u2 of words 2, 3; with the sine in place of
 *       the cosine a second one, independent of it
 * Sources: Salmon et al. (2011), Parallel random numbers: as easy as 1, 2, 3; Box and Muller (1958). */
#ifndef HF_RNG_H
#define HF_RNG_H

#include "hf.h"
#include "hfmath.h"
#include "lanes.h"

#define HF_PHILOX_M0 0xD2511F53u
#define HF_PHILOX_M1 0xCD9E8D57u
#define HF_PHILOX_W0 0x9E3779B9u
#define HF_PHILOX_W1 0xBB67AE85u

/* Ten rounds on words held in 64-bit lanes, where a 32 x 32 -> 64 bit product is one instruction.
 * Words may carry rubbish above bit 31: products take the low half, the end masks. */
static inline void hf_philox(uint64_t key, uint64_t x[4]) {
  uint64_t a = x[0], b = x[1], c = x[2], d = x[3];
  uint64_t k0 = (uint32_t)key, k1 = key >> 32;
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC unroll 10
#endif
  for (int r = 0; r < 10; r++) {
    uint64_t p = (a & 0xffffffffu) * HF_PHILOX_M0, q = (c & 0xffffffffu) * HF_PHILOX_M1;
    a = (q >> 32) ^ b ^ k0;
    c = (p >> 32) ^ d ^ k1;
    b = q;
    d = p;
    k0 = (k0 + HF_PHILOX_W0) & 0xffffffffu;
    k1 = (k1 + HF_PHILOX_W1) & 0xffffffffu;
  }
  x[0] = a & 0xffffffffu;
  x[1] = b & 0xffffffffu;
  x[2] = c & 0xffffffffu;
  x[3] = d & 0xffffffffu;
}

/* (1) */
static inline double hf_unit(uint64_t low, uint64_t high) {
  uint64_t k = (high << 20) | (low >> 12);
  return (hf_real(k | 0x3ff0000000000000u) - 1.0) + 0x1p-53;
}

static inline uint64_t hf_key(uint64_t seed, uint32_t chain, uint32_t term, uint32_t site) {
  uint64_t x[4] = {chain, term, site, 0x68696572u};
  hf_philox(seed, x);
  return x[0] | x[1] << 32;
}

static inline double hf_uniform(uint64_t key, uint64_t label, uint32_t sweep, uint32_t attempt) {
  uint64_t x[4] = {label & 0xffffffffu, label >> 32, sweep, attempt};
  hf_philox(key, x);
  return hf_unit(x[0], x[1]);
}

/* (2) of two uniforms: both normals, and the first alone. */
HF_INLINE void hf_polar(double u, double v, double *first, double *second) {
  double sine, cosine, radius = __builtin_sqrt(-2.0 * hf_log_core(u, 0.0));
  hf_sincos2pi(v, &sine, &cosine);
  *first = radius * cosine;
  *second = radius * sine;
}

static inline double hf_normal(uint64_t key, uint64_t label, uint32_t sweep, uint32_t attempt) {
  uint64_t x[4] = {label & 0xffffffffu, label >> 32, sweep, attempt};
  hf_philox(key, x);
  double first, second;
  hf_polar(hf_unit(x[0], x[1]), hf_unit(x[2], x[3]), &first, &second);
  return first;
}

/* The same rounds on eight lanes. */
static inline void hf_philox_lanes(uint64_t key, hf_words x[4]) {
  hf_words p, q;
  uint64_t k0 = (uint32_t)key, k1 = key >> 32;
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC unroll 10
#endif
  for (int r = 0; r < 10; r++) {
    hf_product(&x[0], HF_PHILOX_M0, &p);
    hf_product(&x[2], HF_PHILOX_M1, &q);
    x[0] = (q >> 32) ^ x[1] ^ k0;
    x[2] = (p >> 32) ^ x[3] ^ k1;
    x[1] = q;
    x[3] = p;
    k0 = (k0 + HF_PHILOX_W0) & 0xffffffffu;
    k1 = (k1 + HF_PHILOX_W1) & 0xffffffffu;
  }
}

/* Uniforms (1) u of words 0, 1 and v of words 2, 3, written in eights; n <= HF_TILE labels are label[i],
 * or base + i where label is NULL. */
static inline void hf_unit_lanes(int n, uint64_t key, uint64_t base, const uint64_t *label,
                                 uint32_t sweep, uint32_t attempt, double *u, double *v) {
  hf_words step = {0, 1, 2, 3, 4, 5, 6, 7}, zero = step - step;
  for (int i = 0; i < n; i += 8) {
    hf_words at = step + (base + (uint64_t)i), x[4];
    if (label) memcpy(&at, label + i, (size_t)(n - i < 8 ? n - i : 8) * sizeof *label);
    x[0] = at;
    x[1] = at >> 32;
    x[2] = zero + sweep;
    x[3] = zero + attempt;
    hf_philox_lanes(key, x);
    for (int half = 0; half < 2; half++) {
      hf_words k = (x[2 * half + 1] << 32 >> 12) | ((x[2 * half] & 0xffffffffu) >> 12);
      hf_reals r = ((hf_reals)(k | 0x3ff0000000000000u) - 1.0) + 0x1p-53;
      memcpy((half ? v : u) + i, &r, sizeof r);
    }
  }
}

/* Normals of labels label[i], or base + i where label is NULL. */
static inline void hf_normals(int n, uint64_t key, uint64_t base, const uint64_t *label,
                              uint32_t sweep, uint32_t attempt, double *z) {
  double u[HF_TILE], v[HF_TILE];
  for (int lo = 0; lo < n; lo += HF_TILE) {
    int w = n - lo < HF_TILE ? n - lo : HF_TILE;
    hf_unit_lanes(w, key, base + (uint64_t)lo, label ? label + lo : NULL, sweep, attempt, u, v);
    for (int i = 0; i < w; i++)
      z[lo + i] = __builtin_sqrt(-2.0 * hf_log_core(u[i], 0.0)) * hf_cos2pi(v[i]);
  }
}

static inline void hf_uniforms(int n, uint64_t key, uint64_t base, const uint64_t *label,
                               uint32_t sweep, uint32_t attempt, double *u) {
  double a[HF_TILE], b[HF_TILE];
  for (int lo = 0; lo < n; lo += HF_TILE) {
    int w = n - lo < HF_TILE ? n - lo : HF_TILE;
    hf_unit_lanes(w, key, base + (uint64_t)lo, label ? label + lo : NULL, sweep, attempt, a, b);
    memcpy(u + lo, a, (size_t)w * sizeof *u);
  }
}

#endif
