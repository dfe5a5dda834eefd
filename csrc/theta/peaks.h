/* theta/peaks.h: a map theta(t) of the real line that resolves two peaks, at m1 and m2 of widths s1 and s2:
 *   (1) t = asinh((theta - m1) / s1) + asinh((theta - m2) / s2)
 *   (2) theta = m1 + s1 (delta (rho + C) + S sqrt(delta^2 + q)) / q, rho = s1 / s2,
 *       delta = (m2 - m1) / s2, C = cosh t, S = sinh t, q = 1 + rho^2 + 2 C rho
 *   (3) theta' = 1 / (1 / r1 + 1 / r2), theta'' = theta'^3 sum (theta - m_i) / r_i^3, r_i^2 = s_i^2 + (theta - m_i)^2
 * A likelihood and a population whose tails are heavy may disagree and the product have two peaks of very
 * different widths; where they are one, theta = m + s sinh(t / 2).
 * (2) solves (1): with u_i = (theta - m_i) / s_i, sinh(t - asinh u1) = u2 is u1^2 + u2^2 + 2 C u1 u2 = S^2. */
#ifdef HF_BODY
typedef struct {
  double m[2][HF_TILE], s[2][HF_TILE];
  double e[HF_TILE]; /* exp(t) at the higher peak, where nodes are densest */
} HF_NAME(peaks);

static inline double HF_NAME(asinh_exp)(double x) {
  double r = __builtin_sqrt(1.0 + x * x);
  return x < 0.0 ? 1.0 / (r - x) : r + x;
}

/* theta of lane i at exp(t), and (3). */
HF_INLINE double HF_NAME(between)(const HF_NAME(peaks) * p, int i, double e, double *d1,
                                  double *d2) {
  double s1 = p->s[0][i], s2 = p->s[1][i], rho = s1 / s2, delta = (p->m[1][i] - p->m[0][i]) / s2;
  double c = 0.5 * (e + 1.0 / e), s = 0.5 * (e - 1.0 / e), q = 1.0 + rho * (rho + 2.0 * c);
  double far = s1 * (delta * (rho + c) + s * __builtin_sqrt(delta * delta + q)) / q;
  double theta = p->m[0][i] + far, a = far, b = theta - p->m[1][i];
  double r1 = __builtin_sqrt(s1 * s1 + a * a), r2 = __builtin_sqrt(s2 * s2 + b * b);
  *d1 = r1 * r2 / (r1 + r2);
  *d2 = *d1 * *d1 * *d1 * (a / (r1 * r1 * r1) + b / (r2 * r2 * r2));
  return theta;
}
#endif
