/* special.h: lgamma, log beta and the normal quantile, by the rules of hfmath.h; these branch.
 * Largest error measured, in units in the last place: hf_lgamma 1.9, hf_ndtri 2. */
#ifndef HF_SPECIAL_H
#define HF_SPECIAL_H

#include "hfmath.h"

static inline double hf_poly(const double *c, int n, double x) {
  double y = c[n - 1];
  for (int i = n - 2; i >= 0; i--) y = y * x + c[i];
  return y;
}

/* log Gamma(1 + t) / t and log Gamma(2 + t) / t on |t| <= 1/2. */
static const double hf_lgamma_one[27] = {
    -5.7721566490153286061e-1, 8.2246703342411444109e-1,  -4.0068563438653261382e-1,
    2.7058080842719220588e-1,  -2.0738555102809981296e-1, 1.6955717708231395879e-1,
    -1.4404989685114675608e-1, 1.2550966387451345374e-1,  -1.1133426039277511088e-1,
    1.000996686687652781e-1,   -9.0954221816046828192e-2, 8.3348938305713499878e-2,
    -7.6927764875922249073e-2, 7.150785679581951705e-2,   -6.6741310818576670911e-2,
    6.1723175739861160259e-2,  -5.8070174359856792439e-2, 6.1111282452326501007e-2,
    -5.8015587457992401936e-2, 2.2869643945069156246e-2,  -2.1329153020053967475e-2,
    1.3334404147615246156e-1,  -1.2863326202503334826e-1, -1.3389890300455194335e-1,
    1.3006481043406623634e-1,  2.1776403193444024299e-1,  -2.1064057637659769977e-1};
static const double hf_lgamma_two[21] = {
    4.2278433509846713939e-1,  3.2246703342411321795e-1,  -6.7352301053198094998e-2,
    2.0580808427784630426e-2,  -7.3855510286740247879e-3, 2.8905103307344045693e-3,
    -1.1927539116998527338e-3, 5.0966952502419547814e-4,  -2.2315475858818616017e-4,
    9.9457506687881399144e-5,  -4.4926233820610824575e-5, 2.050729199656382497e-5,
    -9.4395262020588178626e-6, 4.3742234810820478287e-6,  -2.0389077825677104694e-6,
    9.5842070485949861417e-7,  -4.5081682254468382908e-7, 2.0193835401136914384e-7,
    -9.5581781016351950431e-8, 6.4725698400647237363e-8,  -3.085985478390577084e-8};

/* log Gamma(x) - ((x - 1/2) log x - x + log(2 pi) / 2), x >= 13 (Abramowitz and Stegun 6.1.41). */
static inline double hf_stirling(double x) {
  double w = 1.0 / x, z = w * w, s = -3617.0 / 122400.0;
  s = s * z + 1.0 / 156.0;
  s = s * z - 691.0 / 360360.0;
  s = s * z + 1.0 / 1188.0;
  s = s * z - 1.0 / 1680.0;
  s = s * z + 1.0 / 1260.0;
  s = s * z - 1.0 / 360.0;
  s = s * z + 1.0 / 12.0;
  return s * w;
}

/* log Gamma(x), x > 0: near its zeros by the factored series, up to 13 by the recurrence down to
 * [1.5, 2.5), beyond by Stirling's series (Abramowitz and Stegun 6.1.15, 6.1.41). */
static inline double hf_lgamma(double x) {
  if (!(x > 0.0)) return x == 0.0 ? HF_INF : HF_INF - HF_INF;
  if (x == HF_INF) return x;
  if (x < 0.5) return x * hf_poly(hf_lgamma_one, 27, x) - hf_log(x);
  if (x < 1.5) return (x - 1.0) * hf_poly(hf_lgamma_one, 27, x - 1.0);
  if (x < 13.0) {
    double prod = 1.0;
    for (; x >= 2.5; prod *= x) x -= 1.0;
    return (x - 2.0) * hf_poly(hf_lgamma_two, 21, x - 2.0) + hf_log(prod);
  }
  return (x - 0.5) * (hf_log(x) - 1.0) + (0.418938533204672741780329736406 + hf_stirling(x));
}
/* log(Gamma(a + d) / Gamma(a)), a >= 13, d >= 0: Stirling's series of both, subtracted. */
static inline double hf_log_rising(double a, double d) {
  double both = a + d;
  return (a - 0.5) * hf_log1p(d / a) + d * (hf_log(both) - 1.0) +
         (hf_stirling(both) - hf_stirling(a));
}

/* The same of any a > 0. */
static inline double hf_log_rising_any(double a, double d) {
  return a < 13.0 ? hf_lgamma(a + d) - hf_lgamma(a) : hf_log_rising(a, d);
}

/* log B(a, b), a and b > 0. */
static inline double hf_lbeta(double a, double b) {
  double low = a < b ? a : b, high = a < b ? b : a;
  if (high < 13.0) return hf_lgamma(low) + (hf_lgamma(high) - hf_lgamma(low + high));
  return hf_lgamma(low) - hf_log_rising(high, low);
}

/* Wichura (1988), Applied Statistics 37(3), algorithm AS 241: rational functions in three ranges. */
static const double hf_ndtri_c[8] = {3.3871328727963666080e0, 1.3314166789178437745e2,
                                     1.9715909503065514427e3, 1.3731693765509461125e4,
                                     4.5921953931549871457e4, 6.7265770927008700853e4,
                                     3.3430575583588128105e4, 2.5090809287301226727e3};
static const double hf_ndtri_cd[8] = {1.0,
                                      4.2313330701600911252e1,
                                      6.8718700749205790830e2,
                                      5.3941960214247511077e3,
                                      2.1213794301586595867e4,
                                      3.9307895800092710610e4,
                                      2.8729085735721942674e4,
                                      5.2264952788528545610e3};
static const double hf_ndtri_m[8] = {1.42343711074968357734e0,  4.63033784615654529590e0,
                                     5.76949722146069140550e0,  3.64784832476320460504e0,
                                     1.27045825245236838258e0,  2.41780725177450611770e-1,
                                     2.27238449892691845833e-2, 7.74545014278341407640e-4};
static const double hf_ndtri_md[8] = {1.0,
                                      2.05319162663775882187e0,
                                      1.67638483018380384940e0,
                                      6.89767334985100004550e-1,
                                      1.48103976427480074590e-1,
                                      1.51986665636164571966e-2,
                                      5.47593808499534494600e-4,
                                      1.05075007164441684324e-9};
static const double hf_ndtri_t[8] = {6.65790464350110377720e0,  5.46378491116411436990e0,
                                     1.78482653991729133580e0,  2.96560571828504891230e-1,
                                     2.65321895265761230930e-2, 1.24266094738807843860e-3,
                                     2.71155556874348757815e-5, 2.01033439929228813265e-7};
static const double hf_ndtri_td[8] = {1.0,
                                      5.99832206555887937690e-1,
                                      1.36929880922735805310e-1,
                                      1.48753612908506148525e-2,
                                      7.86869131145613259100e-4,
                                      1.84631831751005468180e-5,
                                      1.42151175831644588870e-7,
                                      2.04426310338993978564e-15};

/* Horner's rule with the rounding errors of every step carried along (Graillat, Langlois, Louvet 2009). */
static inline double hf_poly_exact(const double *c, double x, double *low) {
  double s = c[7], e = 0.0, split = 134217729.0 * x, xh = split - (split - x), xl = x - xh;
  for (int i = 6; i >= 0; i--) {
    double p = s * x, t = 134217729.0 * s, sh = t - (t - s), sl = s - sh;
    double off = ((sh * xh - p) + sh * xl + sl * xh) + sl * xl, sum = p + c[i], v = sum - p;
    e = e * x + (off + ((p - (sum - v)) + (c[i] - v)));
    s = sum;
  }
  *low = e;
  return s;
}

/* a(x) / b(x), rounded once or twice. */
static inline double hf_rational(const double *a, const double *b, double x) {
  double al, bl, ah = hf_poly_exact(a, x, &al), bh = hf_poly_exact(b, x, &bl), y = ah / bh;
  double t = 134217729.0 * y, yh = t - (t - y), yl = y - yh, u = 134217729.0 * bh;
  double th = u - (u - bh), tl = bh - th;
  double rest = ((ah - yh * th) - yh * tl - yl * th) - yl * tl;
  return y + (rest + al - y * bl) / bh;
}

/* Standard normal quantile, 0 < p < 1. */
static inline double hf_ndtri(double p) {
  if (!(p > 0.0 && p < 1.0)) return p == 0.0 ? -HF_INF : p == 1.0 ? HF_INF : HF_INF - HF_INF;
  double q = p - 0.5;
  if (__builtin_fabs(q) <= 0.425) {
    double r = 0.180625 - q * q;
    return q * hf_rational(hf_ndtri_c, hf_ndtri_cd, r);
  }
  double tail = q < 0.0 ? p : 1.0 - p, r = __builtin_sqrt(-hf_log(tail)), x;
  if (r <= 5.0) {
    r -= 1.6;
    x = hf_rational(hf_ndtri_m, hf_ndtri_md, r);
  } else {
    r -= 5.0;
    x = hf_rational(hf_ndtri_t, hf_ndtri_td, r);
  }
  /* One step of Newton: in the tail the distribution function pins x down to better than the root. */
  if (tail > 1e-290) x += (hf_ndtr(-x) - tail) * 2.50662827463100050242 * hf_exp(0.5 * x * x);
  return q < 0.0 ? -x : x;
}

#endif
