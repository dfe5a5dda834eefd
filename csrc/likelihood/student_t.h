/* likelihood/student_t.h: w rows alike at y, each y ~ StudentT(nu, eta, s), s = sigma e, e the row's own known scale
 * or else 1; par (nu, sigma), columns y, w, e. With r = y - eta and v = nu s^2, c(nu) and q of prior/student.h,
 *   (1) log p(y | eta, nu, s) = w [c(nu) - log(2 pi) / 2 - log s - (nu + 1) / 2 q]
 *   (2) d1 = w (nu + 1) r / (v + r^2),   d2 = -w (nu + 1) (v - r^2) / (v + r^2)^2
 *   (3) its peak is at y, of the width s sqrt(nu / ((nu + 1) w)), a Gaussian's of this curvature
 *   (4) sum_k (1) of term k = c - (nu + 1) / 2 log prod_k (1 + r_k^2 / (nu s_k^2))^w_k, four factors a logarithm,
 *       where nu < 1e4, so that what the factors are rounded by is nothing, and none can overflow
 * (1) is not concave beyond r^2 = v, so that every row of a group may have a peak of its own (theta/panels.h).
 * Twin: hierfast/likelihoods/student_t.py. Source: Gelman et al., BDA3, section 17.2. */
#ifdef HF_BODY
#define HF_NEARLY 1e4
#define HF_FAR_OFF 1e37
#define HF_TOGETHER 4
static int HF_NAME(likelihood_student_t)(int n, const double *eta, const hf_col *stat,
                                         const hf_col *par, void *user, double *ll, double *d1,
                                         double *d2) {
  (void)user;
  double buf[5][HF_TILE], c[HF_TILE], log_s[HF_TILE], s[HF_TILE];
  const double *y = hf_spread(stat[0], n, buf[0]), *w = hf_spread(stat[1], n, buf[1]);
  const double *e = hf_spread(stat[2], n, buf[2]), *nu = hf_spread(par[0], n, buf[3]);
  const double *sigma = hf_spread(par[1], n, buf[4]);
  for (int i = 0; i < n; i++) { /* neighbours often share their shapes */
    s[i] = sigma[i] * e[i];
    c[i] = i && nu[i] == nu[i - 1] ? c[i - 1] : HF_NAME(student_c)(nu[i]);
    log_s[i] = i && s[i] == s[i - 1] ? log_s[i - 1] : hf_log(s[i]);
  }
  for (int i = 0; i < n; i++) {
    double q = HF_NAME(student_q)(__builtin_fabs(y[i] - eta[i]), s[i], log_s[i], nu[i]);
    double one = c[i] - HF_HALF_LOG_2PI - log_s[i] - 0.5 * (nu[i] + 1.0) * q;
    ll[i] = w[i] > 0.0 ? w[i] * one : 0.0;
  }
  for (int i = 0; d1 && i < n; i++) {
    double u = (y[i] - eta[i]) / s[i], k = w[i] * (nu[i] + 1.0) / (nu[i] + u * u);
    d1[i] = k * u / s[i];
    d2[i] = -k * ((nu[i] - u * u) / (nu[i] + u * u)) / (s[i] * s[i]);
  }
  return HF_OK;
}

/* (4), of `terms` terms at n effects; parameters of one value each. */
static int HF_NAME(rows_of_student_t)(int n, const double *eta, int64_t terms,
                                      const double *const *term, const double *par, double *ll) {
  double product[HF_TILE], sum[HF_TILE], nu = par[0], s = par[1], whole = 0.0, rows = 0.0;
  double low = eta[0], high = eta[0], log_s = hf_log(s), root = s * __builtin_sqrt(nu);
  if (!(nu < HF_NEARLY)) return 0;
  for (int i = 1; i < n; i++) {
    low = eta[i] < low ? eta[i] : low;
    high = eta[i] > high ? eta[i] : high;
  }
  for (int i = 0; i < n; i++) product[i] = 1.0, sum[i] = 0.0;
  for (int64_t k = 0; k < terms; k++) {
    double y = term[0][k], w = term[1][k], e = term[2][k], over = 1.0 / (root * e);
    double far = (y - low > high - y ? y - low : high - y) * over;
    if (!(far < HF_FAR_OFF)) return 0;
    if (w == 1.0) {
      for (int i = 0; i < n; i++) {
        double u = (eta[i] - y) * over;
        product[i] *= 1.0 + u * u;
      }
    } else {
      for (int i = 0; i < n; i++) {
        double u = (eta[i] - y) * over;
        sum[i] += w * hf_log1p(u * u);
      }
    }
    if ((k + 1) % HF_TOGETHER == 0 || k + 1 == terms)
      for (int i = 0; i < n; i++) {
        sum[i] += hf_log(product[i]);
        product[i] = 1.0;
      }
    rows += w;
    whole += w > 0.0 ? w * (log_s + (e == 1.0 ? 0.0 : hf_log(e))) : 0.0;
  }
  double c = rows * (HF_NAME(student_c)(nu) - HF_HALF_LOG_2PI) - whole;
  for (int i = 0; i < n; i++) ll[i] = c - 0.5 * (nu + 1.0) * sum[i];
  return 1;
}

/* (3) of one term; whether it has rows. */
static int HF_NAME(peak_of_student_t)(const double *stat, const double *par, double *at,
                                      double *wide) {
  if (!(stat[1] > 0.0)) return 0;
  *at = stat[0];
  *wide = par[1] * stat[2] * __builtin_sqrt(par[0] / ((par[0] + 1.0) * stat[1]));
  return 1;
}
#undef HF_NEARLY
#undef HF_FAR_OFF
#undef HF_TOGETHER
#else
{"StudentT",
 3,
 2,
 HF_NAME(likelihood_student_t),
 NULL,
 NULL,
 NULL,
 HF_NAME(peak_of_student_t),
 HF_NAME(rows_of_student_t),
 0},
#endif
