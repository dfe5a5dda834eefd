/* theta/reject.h: draws of effects theta | y whose density is log-concave, one each of many groups, exact.
 * With f the log density less its value at m, s = 1 / sqrt(-f''(m)), l = m - sqrt 2 s, r = m + sqrt 2 s:
 *   (1) f(x) <= c + min(0, f'(l) (x - z_l), f'(r) (x - z_r)), z = min or max(m, t + (c - f(t)) / f'(t)) at t = l or r:
 *       tangents there, and c = sqrt 2 s |f'(m)| above the one at m, which is next to level: m is the mode, or that of
 *       the same effect at other phi, if a step of Newton's from there is shorter than NEAR s
 *   (2) a point of that hat, exponential beyond z_l and z_r and level between them: of areas 1 / f'(l), z_r - z_l and
 *       -1 / f'(r), u of their sum from the left, by inverting its distribution function
 *   (3) is taken with log v <= f(x) - hat(x): 0.89 of the points, if f is a parabola
 * Attempt t reads u and v of one block of the generator; where (1) has no finite slopes of both signs, u of attempt 0
 * is inverted (theta/invert.h). A draw depends on (key, label, sweep), its group and its m alone. Twin:
 * hierfast/likelihoods/reject.py. Sources: Gilks and Wild (1992), Applied Statistics 41(2), for (1); Hoermann (1995), A
 * rejection technique for sampling from T-concave distributions, ACM TOMS 21(2), for l and r. */
#ifdef HF_BODY
#define HF_APART 1.41421356237309504880
#define HF_NEAR 0.1

typedef struct {
  double top[HF_TILE], level[HF_TILE], zl[HF_TILE], zr[HF_TILE], left[HF_TILE], right[HF_TILE];
} HF_NAME(hat);

/* Columns of some lanes, side by side. */
typedef struct {
  double s[HF_MAX_STAT][HF_TILE], a[HF_MAX_CUT][HF_TILE], b[HF_MAX_PAR][HF_TILE], m[HF_TILE];
  hf_col stat[HF_MAX_STAT], lpar[HF_MAX_CUT], ppar[HF_MAX_PAR], loc;
} HF_NAME(lanes);

/* A column of lanes which[k]. */
static hf_col HF_NAME(pick)(hf_col c, int n, const int *which, double *buf) {
  if (c.stride == 0) return c;
  for (int k = 0; k < n; k++) buf[k] = c.p[which[k] * c.stride];
  return (hf_col){buf, 1};
}

static void HF_NAME(pick_lanes)(const hf_integral *q, int n, const int *which, const hf_col *stat,
                                const hf_col *lpar, hf_col loc, const hf_col *ppar,
                                HF_NAME(lanes) * l) {
  for (int i = 0; i < hf_n_stat(q); i++) l->stat[i] = HF_NAME(pick)(stat[i], n, which, l->s[i]);
  for (int i = 0; i < q->likelihood->n_par; i++)
    l->lpar[i] = HF_NAME(pick)(lpar[i], n, which, l->a[i]);
  for (int i = 0; i < q->population->n_par; i++)
    l->ppar[i] = HF_NAME(pick)(ppar[i], n, which, l->b[i]);
  l->loc = HF_NAME(pick)(loc, n, which, l->m);
}

/* Points m of (1) with densities and scales there: `near` where a step of Newton's would be short, or else modes. */
static int HF_NAME(find_near)(const hf_integral *q, int n, const hf_col *stat, const hf_col *lpar,
                              hf_col loc, const hf_col *ppar, const double *near, double *m,
                              double *scale, HF_NAME(joint) * at) {
  HF_NAME(lanes) l;
  HF_NAME(joint) own;
  double mode[HF_TILE], wide[HF_TILE];
  int which[HF_TILE], far = 0;
  if (!near) return HF_NAME(find_modes)(q, n, stat, lpar, loc, ppar, m, scale, at);
  memcpy(m, near, (size_t)n * sizeof *m);
  int status = HF_NAME(joint_eval)(q, n, m, stat, lpar, loc, ppar, 1, 0, at);
  for (int i = 0; i < n; i++) scale[i] = 1.0 / __builtin_sqrt(-at->d2[i]);
  for (int i = 0; i < n; i++)
    if (!(__builtin_fabs(at->d1[i]) * scale[i] < HF_NEAR)) which[far++] = i;
  if (status || !far) return status;
  HF_NAME(pick_lanes)(q, far, which, stat, lpar, loc, ppar, &l);
  status = HF_NAME(find_modes)(q, far, l.stat, l.lpar, l.loc, l.ppar, mode, wide, &own);
  for (int k = 0; k < far; k++) {
    int i = which[k];
    m[i] = mode[k], scale[i] = wide[k];
    at->f[i] = own.f[k], at->d1[i] = own.d1[k], at->d2[i] = own.d2[k];
  }
  return status;
}

/* (1); `good` where it has one. */
static int HF_NAME(make_hat)(const hf_integral *q, int n, const hf_col *stat, const hf_col *lpar,
                             hf_col loc, const hf_col *ppar, const double *near, HF_NAME(hat) * hat,
                             double *good) {
  HF_NAME(joint) at;
  double mode[HF_TILE], scale[HF_TILE], t[HF_TILE];
  int status = HF_NAME(find_near)(q, n, stat, lpar, loc, ppar, near, mode, scale, &at);
  for (int i = 0; i < n; i++) {
    hat->top[i] = at.f[i];
    hat->level[i] = HF_APART * scale[i] * __builtin_fabs(at.d1[i]);
    good[i] = 1.0;
  }
  for (int side = -1; !status && side < 2; side += 2) {
    double *z = side < 0 ? hat->zl : hat->zr, *slope = side < 0 ? hat->left : hat->right;
    for (int i = 0; i < n; i++) t[i] = mode[i] + side * (HF_APART * scale[i]);
    status = HF_NAME(joint_eval)(q, n, t, stat, lpar, loc, ppar, 1, 0, &at);
    for (int i = 0; i < n; i++) {
      double to = t[i] + (hat->level[i] - (at.f[i] - hat->top[i])) / at.d1[i];
      double toward = (to - mode[i]) * side, away = -at.d1[i] * side;
      z[i] = toward > 0.0 ? to : mode[i];
      slope[i] = at.d1[i];
      good[i] = (away > 0.0) & (away < HF_INF) & (__builtin_fabs(to) < HF_INF) ? good[i] : 0.0;
    }
  }
  return status;
}

/* (2): points x and log hat(x) above the top. */
static void HF_NAME(point)(int n, const HF_NAME(hat) * hat, const double *u, double *x,
                           double *log_hat) {
  for (int i = 0; i < n; i++) {
    double left = 1.0 / hat->left[i], right = -1.0 / hat->right[i], wide = hat->zr[i] - hat->zl[i];
    double at = u[i] * (left + wide + right), over = at - left - wide;
    double area = at < left ? left : right, part = at < left ? at : right - over;
    double tail = hf_log(part / area), inside = hat->zl[i] + (at - left);
    double x_tail = at < left ? hat->zl[i] + tail * left : hat->zr[i] - tail * right;
    int outside = (at < left) | (over > 0.0);
    x[i] = outside ? x_tail : inside;
    log_hat[i] = hat->level[i] + (outside ? tail : 0.0);
  }
}

/* Hats of lanes which[k]: loops over neighbours are vectors. */
static void HF_NAME(pick_hats)(int n, const int *which, const HF_NAME(hat) * all,
                               HF_NAME(hat) * hat) {
  for (int k = 0; k < n; k++) {
    int i = which[k];
    hat->top[k] = all->top[i], hat->level[k] = all->level[i];
    hat->zl[k] = all->zl[i], hat->zr[k] = all->zr[i];
    hat->left[k] = all->left[i], hat->right[k] = all->right[i];
  }
}

/* One attempt of lanes which[0 .. n): (2) and (3). Those that are not taken stay in `which`; returns how many. */
static int HF_NAME(attempt)(const hf_integral *q, int n, int *which, const hf_col *stat,
                            const hf_col *lpar, hf_col loc, const hf_col *ppar, uint64_t key,
                            const uint64_t *label, uint32_t sweep, uint32_t t,
                            const HF_NAME(hat) * all, double *theta, int *status) {
  double u[HF_TILE], v[HF_TILE], x[HF_TILE], log_hat[HF_TILE];
  uint64_t of[HF_TILE];
  HF_NAME(lanes) l;
  HF_NAME(joint) at;
  HF_NAME(hat) hat;
  for (int k = 0; k < n; k++) of[k] = label[which[k]];
  hf_unit_lanes(n, key, 0, of, sweep, t, u, v);
  HF_NAME(pick_hats)(n, which, all, &hat);
  HF_NAME(point)(n, &hat, u, x, log_hat);
  HF_NAME(pick_lanes)(q, n, which, stat, lpar, loc, ppar, &l);
  *status = HF_NAME(joint_eval)(q, n, x, l.stat, l.lpar, l.loc, l.ppar, 0, 0, &at);
  int left = 0;
  for (int k = 0; k < n; k++) *status = at.f[k] == at.f[k] ? *status : HF_NONFINITE;
  for (int k = 0; k < n; k++) v[k] = hf_log(v[k]) + log_hat[k] - (at.f[k] - hat.top[k]);
  for (int k = 0; k < n; k++) {
    int i = which[k];
    if (v[k] <= 0.0)
      theta[i] = x[k];
    else
      which[left++] = i;
  }
  return *status ? 0 : left;
}

static int HF_NAME(reject)(const hf_integral *q, int n, const hf_col *stat, const hf_col *lpar,
                           hf_col loc, const hf_col *ppar, const double *near, uint64_t key,
                           const uint64_t *label, uint32_t sweep, double *theta) {
  HF_NAME(hat) hat;
  double good[HF_TILE];
  int which[HF_TILE], left = 0;
  int status = HF_NAME(make_hat)(q, n, stat, lpar, loc, ppar, near, &hat, good);
  for (int i = 0; !status && i < n; i++) {
    if (good[i] > 0.0) {
      which[left++] = i;
      continue;
    }
    hf_col stats[HF_MAX_STAT], lpars[HF_MAX_CUT], ppars[HF_MAX_PAR];
    for (int k = 0; k < hf_n_stat(q); k++) stats[k] = (hf_col){stat[k].p + i * stat[k].stride, 0};
    for (int k = 0; k < q->likelihood->n_par; k++)
      lpars[k] = (hf_col){lpar[k].p + i * lpar[k].stride, 0};
    for (int k = 0; k < q->population->n_par; k++)
      ppars[k] = (hf_col){ppar[k].p + i * ppar[k].stride, 0};
    double u = hf_uniform(key, label[i], sweep, 0);
    status = HF_NAME(invert)(q, stats, lpars, (hf_col){loc.p + i * loc.stride, 0}, ppars, 1, &u,
                             theta + i);
  }
  for (uint32_t t = 0; !status && left; t++)
    left = HF_NAME(attempt)(q, left, which, stat, lpar, loc, ppar, key, label, sweep, t, &hat,
                            theta, &status);
  return status;
}

/* Modes (n,) of effects. */
static int HF_NAME(modes)(const hf_integral *q, int n, const hf_col *stat, const hf_col *lpar,
                          hf_col loc, const hf_col *ppar, double *mode) {
  HF_NAME(joint) at;
  double scale[HF_TILE];
  return HF_NAME(find_modes)(q, n, stat, lpar, loc, ppar, mode, scale, &at);
}
#undef HF_APART
#undef HF_NEAR
#endif
