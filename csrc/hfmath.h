/* hfmath.h: elementary functions from + - * / sqrt and bit operations alone, so that every instruction
 * set gives the same bits and loops over lanes vectorise: straight-line code, selects, no calls.
 * Largest error measured against 50-digit arithmetic, in units in the last place:
 *   hf_exp 0.9, hf_log 0.8, hf_log1p 1, hf_sincos 0.8 (|x| <= 1e5), hf_cos2pi 1.4, hf_ndtr 4.3
 * Reductions: Cody and Waite (1980); log as s (f^2/2 + R(s^2)), s = f / (2 + f), Muller, Elementary
 * Functions, ch. 11; polynomials are Chebyshev interpolants. */
#ifndef HF_HFMATH_H
#define HF_HFMATH_H

#include <stdint.h>
#include <string.h>

#define HF_SHIFT 6755399441055744.0 /* 1.5 * 2^52: adding it rounds to an integer */
#define HF_INF (__builtin_inf())

/* Compilers give up inlining where a file has much of it, and then a loop over lanes is no vector: nothing
 * else would tell that it became several times slower. */
#define HF_INLINE static inline __attribute__((always_inline))

static inline uint64_t hf_bits(double x) {
  uint64_t u;
  memcpy(&u, &x, sizeof u);
  return u;
}

static inline double hf_real(uint64_t u) {
  double x;
  memcpy(&x, &u, sizeof x);
  return x;
}

/* 2^k, -1022 <= k <= 1023. */
static inline double hf_two_to(int k) { return hf_real((uint64_t)(k + 1023) << 52); }

/* exp(x) = 2^k exp(r), r = x - k log 2; 2^k in two factors, so that subnormal results round once. */
HF_INLINE double hf_exp(double x) {
  double c = x > 745.2 ? 745.2 : x;
  c = c < -745.2 ? -745.2 : c;
  double kb = c * 1.44269504088896340736 + HF_SHIFT, k = kb - HF_SHIFT;
  double r = (c - k * 0x1.62e42fefa3800p-1) - k * 5.4979230187083711747e-14;
  double q = 1.6086781948613065847e-10;
  q = q * r + 2.0918368776542247232e-9;
  q = q * r + 2.5052070686884163543e-8;
  q = q * r + 2.7557262652836800342e-7;
  q = q * r + 2.755731924760984132e-6;
  q = q * r + 2.4801587337029031426e-5;
  q = q * r + 1.9841269841263151887e-4;
  q = q * r + 1.3888888888878853084e-3;
  q = q * r + 8.333333333333334026e-3;
  q = q * r + 4.1666666666666677059e-2;
  q = q * r + 1.6666666666666666667e-1;
  double e = 1.0 + (r + r * r * (0.5 + q * r));
  double hb = k * 0.5 + HF_SHIFT, h = hb - HF_SHIFT, gb = (k - h) + HF_SHIFT;
  double y = e * hf_real((hf_bits(hb) + 1023) << 52) * hf_real((hf_bits(gb) + 1023) << 52);
  y = x > 709.782712893384 ? HF_INF : y;
  y = x < -745.2 ? 0.0 : y;
  return x == x ? y : x;
}

/* f and the exponent e of x = 2^e (1 + f), 1 + f in [sqrt(1/2), sqrt 2). */
HF_INLINE double hf_log_parts(double x, double *e) {
  uint64_t u = hf_bits(x) + (0x3ff0000000000000u - 0x3fe6a09e667f3bcdu);
  *e = hf_real((u >> 52) | 0x4330000000000000u) - (4503599627370496.0 + 1023.0);
  return hf_real((u & 0xfffffffffffffu) + 0x3fe6a09e667f3bcdu) - 1.0;
}

/* log of a positive normal number whose relative error is c. */
HF_INLINE double hf_log_core(double x, double c) {
  double e, f = hf_log_parts(x, &e), s = f / (2.0 + f), z = s * s, h = 0.5 * f * f;
  double r = 1.308803485092755383e-1;
  r = r * z + 1.3268638369266823879e-1;
  r = r * z + 1.5386244737621666606e-1;
  r = r * z + 1.8181795547521136235e-1;
  r = r * z + 2.2222222392581045097e-1;
  r = r * z + 2.8571428570799785031e-1;
  r = r * z + 4.0000000000000883236e-1;
  r = r * z + 6.6666666666666666463e-1;
  double tail = s * (h + r * z) + (e * 5.4979230187083711747e-14 + c);
  return e * 0x1.62e42fefa3800p-1 - ((h - tail) - f);
}

HF_INLINE double hf_log(double x) {
  int small = x < 2.2250738585072014e-308;
  double v = small ? x * 18014398509481984.0 : x;
  double y = hf_log_core(v, 0.0);
  y = small ? y - 37.42994775023704578 : y;
  y = x == 0.0 ? -HF_INF : y;
  y = x < 0.0 ? HF_INF - HF_INF : y;
  y = x == HF_INF ? x : y;
  return x == x ? y : x;
}

/* log(1 + x): the logarithm of the rounded sum, and what rounding lost. */
HF_INLINE double hf_log1p(double x) {
  double u = 1.0 + x, d = x > 1.0 ? 1.0 - (u - x) : x - (u - 1.0);
  double y = hf_log_core(u, d / u);
  y = x == -1.0 ? -HF_INF : y;
  y = x < -1.0 ? HF_INF - HF_INF : y;
  y = x == HF_INF ? x : y;
  y = __builtin_fabs(x) < 1e-17 ? x : y;
  return x == x ? y : x;
}

/* log((1 - exp(-m)) / m) near 0, by Bernoulli numbers. */
HF_INLINE double hf_log_some_near(double m) {
  double m2 = m * m;
  return m2 * (1.0 / 24.0 - m2 * (1.0 / 2880.0 - m2 * (1.0 / 181440.0))) - 0.5 * m;
}

/* log(1 - exp(-m)), m >= 0. */
HF_INLINE double hf_log_1mexp(double m) {
  double near = hf_log(m) + hf_log_some_near(m), far = hf_log1p(-hf_exp(-m));
  return m < 0.1 ? near : far;
}

/* sin and cos of q pi/2 + r + t, |r| <= pi/4, t its tail, q the low bits of `quarter`. */
HF_INLINE void hf_sincos_core(double r, double t, uint64_t quarter, double *sine, double *cosine) {
  double z = r * r, s = -7.5866850700912671596e-13, c = 4.7458652037874551073e-14;
  s = s * z + 1.6058531414589010757e-10;
  s = s * z - 2.5052106231157905487e-8;
  s = s * z + 2.7557319219335453429e-6;
  s = s * z - 1.9841269841265060174e-4;
  s = s * z + 8.3333333333333314899e-3;
  s = s * z - 1.6666666666666666666e-1;
  c = c * z - 1.1470460773969324627e-11;
  c = c * z + 2.0876755790363396129e-9;
  c = c * z - 2.7557319221400760015e-7;
  c = c * z + 2.4801587301584643775e-5;
  c = c * z - 1.3888888888888887864e-3;
  c = c * z + 4.1666666666666666666e-2;
  double h = 0.5 * z, w = 1.0 - h;
  double si = r + (r * z * s + t * w), co = w + (((1.0 - w) - h) + (z * z * c - r * t));
  double a = quarter & 1 ? co : si, b = quarter & 1 ? si : co;
  *sine = quarter & 2 ? -a : a;
  *cosine = (quarter + 1) & 2 ? -b : b;
}

HF_INLINE void hf_sincos(double x, double *sine, double *cosine) {
  double kb = x * 0.636619772367581343076 + HF_SHIFT, k = kb - HF_SHIFT;
  double a = x - k * 0x1.921fb54400000p+0, b = k * 0x1.0b4611a600000p-34, r = a - b;
  double t = ((a - r) - b) - k * 2.0222662487959507324e-21;
  hf_sincos_core(r, t, hf_bits(kb), sine, cosine);
}

/* Sine and cosine of 2 pi u, 0 <= u <= 1: the reduction is exact. */
HF_INLINE void hf_sincos2pi(double u, double *sine, double *cosine) {
  double kb = 4.0 * u + HF_SHIFT, d = 4.0 * u - (kb - HF_SHIFT);
  hf_sincos_core(d * 1.57079632679489661923, d * 6.123233995736766036e-17, hf_bits(kb), sine,
                 cosine);
}

HF_INLINE double hf_cos2pi(double u) {
  double sine, cosine;
  hf_sincos2pi(u, &sine, &cosine);
  return cosine;
}

/* Lower tail of the standard normal distribution at -a <= 0 over exp(-a^2/2): h(t) / (1 + 5a/4), with
 * t = (a - 5) / (a + 5) and h a Chebyshev series (Shepherd and Laframboise 1981 for erfc). */
HF_INLINE double hf_ndtr_scaled(double a) {
  double t2 = 2.0 * (a - 5.0) / (a + 5.0), b, b1 = 0.0, b2 = 0.0;
  b = 5.2771340253603314251e-18 + t2 * b1 - b2, b2 = b1, b1 = b;
  b = 2.996247204700264057e-18 + t2 * b1 - b2, b2 = b1, b1 = b;
  b = -1.1742254384958768679e-16 + t2 * b1 - b2, b2 = b1, b1 = b;
  b = -1.5321125263398625411e-16 + t2 * b1 - b2, b2 = b1, b1 = b;
  b = 2.7324224085291377697e-15 + t2 * b1 - b2, b2 = b1, b1 = b;
  b = 4.6044247648492208217e-15 + t2 * b1 - b2, b2 = b1, b1 = b;
  b = -6.8927375872280933443e-14 + t2 * b1 - b2, b2 = b1, b1 = b;
  b = -1.0696250192132526821e-13 + t2 * b1 - b2, b2 = b1, b1 = b;
  b = 1.9141195007672976578e-12 + t2 * b1 - b2, b2 = b1, b1 = b;
  b = 1.415304038457299853e-12 + t2 * b1 - b2, b2 = b1, b1 = b;
  b = -5.7296362937918553078e-11 + t2 * b1 - b2, b2 = b1, b1 = b;
  b = 5.1195504162404888391e-11 + t2 * b1 - b2, b2 = b1, b1 = b;
  b = 1.6999795574677543974e-9 + t2 * b1 - b2, b2 = b1, b1 = b;
  b = -6.3517209623716655089e-9 + t2 * b1 - b2, b2 = b1, b1 = b;
  b = -3.7434383155557185354e-8 + t2 * b1 - b2, b2 = b1, b1 = b;
  b = 3.9515056969056651623e-7 + t2 * b1 - b2, b2 = b1, b1 = b;
  b = -6.3311626027939073625e-7 + t2 * b1 - b2, b2 = b1, b1 = b;
  b = -1.2492600229847825918e-5 + t2 * b1 - b2, b2 = b1, b1 = b;
  b = 1.3291756873865117209e-4 + t2 * b1 - b2, b2 = b1, b1 = b;
  b = -7.7733583788477521984e-4 + t2 * b1 - b2, b2 = b1, b1 = b;
  b = 3.2270946077398253736e-3 + t2 * b1 - b2, b2 = b1, b1 = b;
  b = -1.0014371788857852233e-2 + t2 * b1 - b2, b2 = b1, b1 = b;
  b = 2.2438833059881966907e-2 + t2 * b1 - b2, b2 = b1, b1 = b;
  b = -2.8386077272723414926e-2 + t2 * b1 - b2, b2 = b1, b1 = b;
  b = -2.6459251079352591497e-2 + t2 * b1 - b2, b2 = b1, b1 = b;
  double h = 5.3852881389923428572e-1 + 0.5 * t2 * b1 - b2;
  return h / (1.0 + 1.25 * a);
}

/* Standard normal distribution function. */
HF_INLINE double hf_ndtr(double x) {
  double a = x < 0.0 ? -x : x;
  a = a > 40.0 ? 40.0 : a;
  double top = hf_real(hf_bits(a) & 0xfffffffff8000000u), low = -0.5 * (a - top) * (a + top);
  double scale = hf_ndtr_scaled(a);
  double tail = hf_exp(-0.5 * top * top) * scale * (1.0 + low * (1.0 + low * (0.5 + low / 6.0)));
  double y = x > 0.0 ? 1.0 - tail : tail;
  return x == x ? y : x;
}

#endif
