/* phi/proposal.c: independence proposals around the mode.
 * In z = mode + shape u, a split t with NU = 4 degrees of freedom: with v_k = |u_k| / s_k, s_k the scale
 * of the side u_k is on (left l_k, right r_k),
 *   (1) q(u) = c_d (1 + |v|^2 / NU)^(-(NU + d) / 2) prod_k 2 / (l_k + r_k)
 *   (2) log c_d = lgamma((NU + d) / 2) - lgamma(NU / 2) - d log(NU pi) / 2
 * alone, or with share 1 - GRID_SHARE beside a grid (phi/grid.c), so that its tails are never lighter
 * than the target's. chi^2_4 = -2 log(u1 u2).
 * Source: Geweke (1989), Econometrica 57(6), equation (split t). */
#include "phi.h"

#include "hfmath.h"
#include "rng.h"
#include "special.h"

enum { NU = 4, STEPS = 26, FIRST = 9, FEW = 5 };
#define GRID_SHARE 0.95
#define DROP 2.0

/* Log densities on a side of the mode (axis, to the left or to the right) at sizes first .. first + n - 1. */
static int look(const hf_target *t, const hf_proposal *p, int side, int first, int n, double *lp) {
  double point[HF_MAX_PHI * STEPS], sign = side & 1 ? 1.0 : -1.0;
  for (int k = 0; k < t->d; k++)
    for (int s = 0; s < n; s++)
      point[k * n + s] =
          p->mode[k] + sign * hf_exp(0.3 * (first + s - 9)) * p->shape[k * t->d + (side >> 1)];
  return t->eval(t, n, point, lp + first);
}

/* Scales of each side: where the log density has dropped by 2, as a share of where a Gaussian's has. Few sizes do
 * where it is one. */
static int split(const hf_target *t, hf_proposal *p) {
  double lp[STEPS];
  for (int side = 0; side < 2 * t->d; side++) {
    int axis = side >> 1, i = FIRST;
    int status = look(t, p, side, FIRST, FEW, lp);
    int seen = lp[FIRST] > p->lp_mode - DROP && !(lp[FIRST + FEW - 1] > p->lp_mode - DROP);
    if (!status && !seen) {
      status = look(t, p, side, 0, STEPS, lp);
      i = 0;
    }
    if (status) return status;
    while (i < STEPS - 1 && lp[i] > p->lp_mode - DROP) i++;
    double size = hf_exp(0.3 * (i - 9)), from = i ? hf_exp(0.3 * (i - 10)) : 0.0;
    double low = i ? p->lp_mode - lp[i - 1] : 0.0, high = p->lp_mode - lp[i];
    double part = high > DROP ? (DROP - low) / (high - low) : 1.0;
    part = part > 0.0 && part <= 1.0 ? part : 0.5;
    double scale = 0.5 * (from + part * (size - from));
    *(side & 1 ? &p->right[axis] : &p->left[axis]) = scale > 0.05 ? scale : 0.05;
  }
  return HF_OK;
}

static double split_t_density(const hf_proposal *p, const double *u) {
  double square = 0.0, lq = p->log_det;
  for (int k = 0; k < p->d; k++) {
    double v = u[k] / (u[k] < 0.0 ? p->left[k] : p->right[k]);
    square += v * v;
  }
  return lq - 0.5 * (NU + p->d) * hf_log1p(square / NU);
}

static double density(const hf_proposal *p, const double *u) {
  double lq = split_t_density(p, u);
  if (!p->has_grid) return lq;
  double grid = hf_grid_density(p, u) + hf_log(GRID_SHARE), t = lq + hf_log(1.0 - GRID_SHARE);
  double top = grid > t ? grid : t, low = grid > t ? t : grid;
  return top + hf_log1p(hf_exp(low - top));
}

/* u of z: solves shape u = z - mode by elimination with pivots. */
static void whiten(const hf_proposal *p, const double *delta, double *u) {
  double m[HF_MAX_PHI][HF_MAX_PHI + 1];
  int d = p->d;
  for (int i = 0; i < d; i++) {
    for (int k = 0; k < d; k++) m[i][k] = p->shape[i * d + k];
    m[i][d] = delta[i];
  }
  for (int c = 0; c < d; c++) {
    int pivot = c;
    for (int i = c + 1; i < d; i++)
      if (__builtin_fabs(m[i][c]) > __builtin_fabs(m[pivot][c])) pivot = i;
    for (int k = 0; k <= d; k++) {
      double swap = m[c][k];
      m[c][k] = m[pivot][k];
      m[pivot][k] = swap;
    }
    for (int i = 0; i < d; i++) {
      double f = m[i][c] / m[c][c];
      for (int k = c; i != c && k <= d; k++) m[i][k] -= f * m[c][k];
    }
  }
  for (int i = 0; i < d; i++) u[i] = m[i][d] / m[i][i];
}

void hf_proposal_density(const hf_proposal *p, int n, const double *z, double *lq) {
  for (int i = 0; i < n; i++) {
    double delta[HF_MAX_PHI], u[HF_MAX_PHI];
    for (int k = 0; k < p->d; k++) delta[k] = z[k * n + i] - p->mode[k];
    whiten(p, delta, u);
    lq[i] = density(p, u);
  }
}

static void draw_split_t(const hf_proposal *p, uint64_t key, uint32_t sweep, double *u) {
  double chi = -2.0 * hf_log(hf_uniform(key, 64, sweep, 0) * hf_uniform(key, 64, sweep, 1));
  double stretch = __builtin_sqrt(NU / chi);
  for (int k = 0; k < p->d; k++) {
    double v = __builtin_fabs(hf_normal(key, (uint64_t)k, sweep, 0)) * stretch;
    double side = hf_uniform(key, (uint64_t)(k + 32), sweep, 0) * (p->left[k] + p->right[k]);
    u[k] = side < p->left[k] ? -v * p->left[k] : v * p->right[k];
  }
}

void hf_propose(const hf_proposal *p, uint64_t key, uint32_t first, int n, double *z, double *lq) {
  for (int i = 0; i < n; i++) {
    uint32_t sweep = first + (uint32_t)i;
    double u[HF_MAX_PHI], pick[2];
    if (p->has_grid && hf_uniform(key, 65, sweep, 0) < GRID_SHARE) {
      pick[0] = hf_uniform(key, 66, sweep, 0);
      pick[1] = hf_uniform(key, 66, sweep, 1);
      hf_grid_draw(p, pick, u);
    } else {
      draw_split_t(p, key, sweep, u);
    }
    lq[i] = density(p, u);
    for (int k = 0; k < p->d; k++) {
      double v = p->mode[k];
      for (int a = 0; a < p->d; a++) v += p->shape[k * p->d + a] * u[a];
      z[k * n + i] = v;
    }
  }
}

/* Trial draws: their weights say how good the proposal is, and chains start from among them. The mean
 * weight over the largest bounds the rate at which the chain forgets (Mengersen and Tweedie 1996). */
static int trial(const hf_target *t, uint64_t seed, hf_proposal *p) {
  double lq[HF_TRIAL], lp[HF_TRIAL], tile[HF_MAX_PHI * HF_TILE], top = -HF_INF, sum = 0.0,
                                                                 squares = 0.0;
  uint64_t key = hf_key(seed, 0xffffffffu, 0, HF_SITE_PROPOSAL);
  int n = p->n_trial;
  for (int lo = 0; lo < n; lo += HF_TILE) {
    hf_propose(p, key, (uint32_t)lo, HF_TILE, tile, lq + lo);
    int status = t->eval(t, HF_TILE, tile, lp + lo);
    if (status) return status;
    for (int k = 0; k < p->d; k++)
      for (int i = 0; i < HF_TILE; i++) p->start[k * HF_TRIAL + lo + i] = tile[k * HF_TILE + i];
  }
  for (int i = 0; i < n; i++) top = lp[i] - lq[i] > top ? lp[i] - lq[i] : top;
  if (!(top > -HF_INF && top < HF_INF)) return HF_NO_START;
  p->start_weight[0] = 0.0;
  for (int i = 0; i < n; i++) {
    double w = hf_exp(lp[i] - lq[i] - top);
    sum += w;
    squares += w * w;
    p->start_weight[i + 1] = sum;
  }
  p->quality = sum * sum / (n * squares);
  p->evenness = sum / n;
  return HF_OK;
}

void hf_proposal_start(const hf_proposal *p, uint64_t seed, uint32_t chain, double *z) {
  double pick =
      hf_uniform(hf_key(seed, chain, 0, HF_SITE_START), 0, 0, 0) * p->start_weight[p->n_trial];
  int i = 0;
  while (i < p->n_trial - 1 && p->start_weight[i + 1] < pick) i++;
  for (int k = 0; k < p->d; k++) z[k] = p->start[k * HF_TRIAL + i];
}

int hf_proposal_place(const hf_target *t, const double *z0, int near, hf_proposal *p) {
  p->d = t->d;
  p->has_grid = 0;
  for (int k = 0; k < t->d; k++) p->mode[k] = z0[k];
  int status = hf_find_mode(t, near, p->mode, p->shape, &p->lp_mode);
  return status ? status : split(t, p);
}

int hf_proposal_fill(const hf_target *t, uint64_t seed, int grid, int n_trial, hf_proposal *p) {
  int d = t->d, status = HF_OK;
  p->n_trial = n_trial;
  p->log_det = hf_lgamma(0.5 * (NU + d)) - hf_lgamma(0.5 * NU) -
               0.5 * d * hf_log(NU * 3.14159265358979323846);
  for (int k = 0; k < d; k++) p->log_det += hf_log(2.0 / (p->left[k] + p->right[k]));
  if (grid && d >= 1 && d <= 2) status = hf_grid_build(t, p);
  return status ? status : trial(t, seed, p);
}
