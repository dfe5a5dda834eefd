/* prior/student.h: what the Student-t family shares; it holds no prior of its own.
 *   (1) c(nu) = lgamma((nu + 1) / 2) - lgamma(nu / 2) - log(nu / 2) / 2
 *   (2) c(nu) = c(nu + 16) + log prod_{i<8} (nu + 2i) / (nu + 2i + 1) + log((nu + 16) / nu) / 2
 *   (3) c(2z) = -1/(8z) + 1/(192 z^3) - 1/(640 z^5) + 17/(14336 z^7) - 31/(18432 z^9)
 *               + 691/(180224 z^11) - 5461/(425984 z^13) + O(z^-15)
 *   (4) q = log(1 + (d / s)^2 / nu), also where (d / s)^2 overflows
 * The difference of two lgamma loses every digit as nu grows; (2) and (3) keep them all.
 * Source: recurrence of the gamma function and Abramowitz & Stegun 6.1.40, subtracted. */
#ifdef HF_BODY
static inline double HF_NAME(student_c)(double nu) {
  nu = nu < 1e20 ? nu : 1e20; /* c(1e20) is zero in double; the products below stay finite */
  double top = nu * (nu + 2) * (nu + 4) * (nu + 6) * (nu + 8) * (nu + 10) * (nu + 12) * (nu + 14);
  double low = (nu + 1) * (nu + 3) * (nu + 5) * (nu + 7) * (nu + 9) * (nu + 11) * (nu + 13);
  double w = 2.0 / (nu + 16.0), w2 = w * w;
  double tail = 691.0 / 180224.0 - w2 * (5461.0 / 425984.0);
  tail = 17.0 / 14336.0 - w2 * (31.0 / 18432.0 - w2 * tail);
  tail = -w * (1.0 / 8.0 - w2 * (1.0 / 192.0 - w2 * (1.0 / 640.0 - w2 * tail)));
  return tail + hf_log(top / (low * (nu + 15))) + 0.5 * (hf_log(nu + 16.0) - hf_log(nu));
}

/* d >= 0, log_s = log s */
static inline double HF_NAME(student_q)(double d, double s, double log_s, double nu) {
  double w = d / s / __builtin_sqrt(nu);
  double near = hf_log1p(w * w), far = 2.0 * (hf_log(d) - log_s) - hf_log(nu);
  return w < 1e100 ? near : far;
}
#endif
