/* incomplete_gamma.h: survival of a Gamma(a, 1) and its hazard, by the rules of hfmath.h; these branch. With
 * z = a exp(v),
 *   (1) Q = 1 - P, the series of P, z < a + 1 (DLMF 8.7.3)
 *   (2) the continued fraction of h - (z + 1 - a), z >= a + 1 (DLMF 8.9.2 in its even part, by Lentz's rule)
 *   (3) Phi(-t) + phi(t) (c0 + c1 / a) / sqrt(a), t = n sqrt(a), n^2 / 2 = exp(v) - 1 - v, where a is so large that
 *       (1) and (2) take long (DLMF 8.12.3-12, series in n)
 * Relative errors of log Q and h against mpmath are below 1e-11, where a < 1e-3 below 2e-14 / a. */
#ifndef HF_INCOMPLETE_GAMMA_H
#define HF_INCOMPLETE_GAMMA_H

#include "special.h"

#define HF_GAMMA_LARGE 1e4
#define HF_GAMMA_NEAR 0.25

static const double hf_temme0[14] = {
    -0.3333333333333333333333,    0.08333333333333333333333,      -0.01481481481481481481481,
    0.001157407407407407407407,   0.0003527336860670194003527,    -0.0001787551440329218106996,
    0.00003919263178522437781697, -0.000002185448510679992161474, -0.000001854062210715159960702,
    8.296711340953086005016e-7,   -1.766595273682607930436e-7,    6.707853543401498580369e-9,
    1.026180978424030804257e-8,   -4.382036018453353186553e-9};
static const double hf_temme1[12] = {
    -0.001851851851851851851852,   -0.003472222222222222222222,   0.002645502645502645502646,
    -0.0009902263374485596707819,  0.0002057613168724279835391,   -4.018775720164609053498e-7,
    -0.00001809855033448997783703, 0.000007649160916081110084637, -0.000001612090089456344600378,
    4.647127802807434342261e-9,    1.378633446915720959312e-7,    -5.752545603517704964022e-8};

/* exp(v) - 1 - v for |v| <= HF_GAMMA_NEAR. */
static inline double hf_exp_rest(double v) {
  double s = 1.0;
  for (double k = 16.0; k > 2.0; k -= 1.0) s = 1.0 + v / k * s;
  return 0.5 * v * v * s;
}

/* a log a - a - log Gamma(a): log of x^a exp(-x) / Gamma(a) where it is highest, x = a. */
static inline double hf_gamma_peak(double a) {
  if (a < 13.0) return a * (hf_log(a) - 1.0) - hf_lgamma(a);
  return 0.5 * hf_log(a) - 0.918938533204672741780329736406 - hf_stirling(a);
}

/* (3), log Q. */
static inline double hf_log_upper_large(double a, double v) {
  double half = hf_exp_rest(v), root = __builtin_sqrt(2.0 * half), n = v < 0.0 ? -root : root;
  double rest = (hf_poly(hf_temme0, 14, n) + hf_poly(hf_temme1, 12, n) / a) *
                (0.398942280401432677939946059934 / __builtin_sqrt(a));
  if (v > 0.0) return hf_log(hf_ndtr_scaled(root * __builtin_sqrt(a)) + rest) - a * half;
  return hf_log(hf_ndtr(root * __builtin_sqrt(a)) + rest * hf_exp(-a * half));
}

/* log Q(a, z), z = a e, e = exp(v); its hazard h = z^a exp(-z) / (Gamma(a) Q), and z - a - h. */
static inline double hf_log_upper(double a, double v, double e, double *hazard, double *bend) {
  int near = __builtin_fabs(v)<HF_GAMMA_NEAR, large = a> HF_GAMMA_LARGE;
  double z = a * e, off = near ? hf_exp_rest(v) : e - 1.0 - v, peak = hf_gamma_peak(a) - a * off;
  if (near && large) {
    double upper = hf_log_upper_large(a, v);
    *hazard = hf_exp(peak - upper);
    *bend = z - a - *hazard;
    return upper;
  }
  if (z < a + 1.0) {
    double term = 1.0 / a, sum = term;
    for (double k = 1.0; term > 1e-17 * sum && k < 1e6; k += 1.0) {
      term *= z / (a + k);
      sum += term;
    }
    double upper = hf_log1p(-hf_exp(peak + hf_log(sum)));
    *hazard = hf_exp(peak - upper);
    *bend = z - a - *hazard;
    return upper;
  }
  double b = z + 3.0 - a, c = b, d = 0.0, f = b, by = 2.0;
  for (double k = 2.0; __builtin_fabs(by - 1.0) > 2e-16 && k < 1e6; k += 1.0) {
    double top = -k * (k - a);
    b += 2.0;
    d = 1.0 / (top * d + b);
    c = b + top / c;
    by = c * d;
    f *= by;
  }
  double rest = (a - 1.0) / f;
  *hazard = z + 1.0 - a + rest;
  *bend = -1.0 - rest;
  return peak - hf_log(*hazard);
}
#endif
