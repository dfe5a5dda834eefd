/* phi/table.c: the moments A, W, S1, S2 of conjugate/normal.h for many lambda.
 * Few cells are read as they are. Many are read once, at Chebyshev nodes in the shrinkage
 *   (1) v = lambda p_bar / (1 + lambda p_bar),  p_bar = sqrt(p_min p_max)
 * where W, S1, S2 and A + J log(1 - v) are sums of rational functions (and logarithms) whose nearest
 * singularities lie at v = -1 / (r - 1) and 1 + 1 / (r - 1), r = p_max / p_bar: the interpolation error
 * falls like rho^-n with rho known, and n is chosen so that it drowns in rounding.
 * Source: Trefethen, Approximation Theory and Approximation Practice, theorem 8.2. */
#include "phi.h"

#include "hfmath.h"
#include "reduce.h"

enum { MAX_NODE = 256, DEPTH = 48 };

/* Moments read from the cells: leaves of HF_BLOCK cells, pushed in order on a binary counter. */
static int direct(const hf_moments *m, int n, const double *lambda, const volatile int *stop,
                  double *out) {
  double stack[DEPTH][4 * HF_LAMBDA];
  int64_t cells = m->cells->n, leaf = 0;
  int top = 0, width = 4 * n;
  for (int64_t lo = 0; lo < cells; lo += HF_BLOCK, leaf++) {
    int64_t hi = lo + HF_BLOCK < cells ? lo + HF_BLOCK : cells;
    if (hf_stopped(stop)) return HF_STOPPED;
    m->kernels->moments(m->cells, lo, hi, n, lambda, stack[top++]);
    for (int64_t carry = leaf + 1; (carry & 1) == 0; carry >>= 1, top--)
      for (int i = 0; i < width; i++) stack[top - 2][i] += stack[top - 1][i];
  }
  for (; top > 1; top--)
    for (int i = 0; i < width; i++) stack[top - 2][i] += stack[top - 1][i];
  for (int i = 0; i < width; i++) out[i] = stack[0][i];
  return HF_OK;
}

/* Clenshaw's recurrence for the four functions at lanes whose v is inside the table. */
static void interpolate(const hf_moments *m, int n, const double *lambda, double *out) {
  double x[HF_TILE], w[HF_TILE], b1[HF_TILE], b2[HF_TILE];
  double mid = 0.5 * (m->lo + m->hi), half = 0.5 * (m->hi - m->lo);
  for (int i = 0; i < n; i++) {
    w[i] = 1.0 + lambda[i] * m->p_bar;
    x[i] = 2.0 * ((lambda[i] * m->p_bar / w[i] - mid) / half);
  }
  for (int s = 0; s < 4; s++) {
    const double *c = m->coef + s * m->n_node;
    for (int i = 0; i < n; i++) b1[i] = b2[i] = 0.0;
    for (int k = m->n_node - 1; k > 0; k--)
      for (int i = 0; i < n; i++) {
        double b = c[k] + x[i] * b1[i] - b2[i];
        b2[i] = b1[i];
        b1[i] = b;
      }
    for (int i = 0; i < n; i++) out[s * n + i] = c[0] + 0.5 * x[i] * b1[i] - b2[i];
  }
  for (int i = 0; i < n; i++) out[i] += m->n_group * hf_log(w[i]);
}

int hf_moments_at(const hf_moments *m, int n, const double *lambda, const volatile int *stop,
                  double *out) {
  double far[HF_TILE], part[4 * HF_LAMBDA];
  int at[HF_TILE], n_far = 0;
  if (m->n_node) {
    interpolate(m, n, lambda, out);
    for (int i = 0; i < n; i++) {
      double v = lambda[i] * m->p_bar / (1.0 + lambda[i] * m->p_bar);
      if (!(v >= m->lo && v <= m->hi)) at[n_far++] = i;
    }
  } else {
    for (; n_far < n; n_far++) at[n_far] = n_far;
  }
  for (int i = 0; i < n_far; i++) far[i] = lambda[at[i]];
  for (int lo = 0; lo < n_far; lo += HF_LAMBDA) {
    int w = n_far - lo < HF_LAMBDA ? n_far - lo : HF_LAMBDA;
    int status = direct(m, w, far + lo, stop, part);
    if (status) return status;
    for (int s = 0; s < 4; s++)
      for (int i = 0; i < w; i++) out[s * n + at[lo + i]] = part[s * w + i];
  }
  return HF_OK;
}

int hf_table_size(const hf_cells *c, double lo, double hi) {
  double r = __builtin_sqrt(c->p_max / c->p_min), half = 0.5 * (hi - lo), mid = 0.5 * (hi + lo);
  double pole = 1.0 / (r - 1.0 > 1e-12 ? r - 1.0 : 1e-12);
  double near = mid + pole < 1.0 + pole - mid ? mid + pole : 1.0 + pole - mid;
  double a = near / half, rho = a + __builtin_sqrt(a * a - 1.0);
  double n = 38.0 / hf_log(rho) + 4.0;
  return n < MAX_NODE ? (int)n : 0;
}

static double node_at(int i, int n) { return hf_cos2pi((2.0 * i + 1.0) / (4.0 * n)); }

void hf_table_nodes(double p_bar, double lo, double hi, int n, double *lambda) {
  for (int i = 0; i < n; i++) {
    double v = 0.5 * (lo + hi) + 0.5 * (hi - lo) * node_at(i, n);
    lambda[i] = v / (1.0 - v) / p_bar;
  }
}

void hf_table_fit(double p_bar, double n_group, int n, const double *lambda, double *moment) {
  double value[MAX_NODE];
  for (int i = 0; i < n; i++) moment[i] -= n_group * hf_log1p(lambda[i] * p_bar);
  for (int s = 0; s < 4; s++) {
    for (int i = 0; i < n; i++) value[i] = moment[s * n + i];
    for (int k = 0; k < n; k++) {
      double sum = 0.0;
      for (int i = 0; i < n; i++) {
        double turn = k * (2.0 * i + 1.0) / (4.0 * n); /* below 2^53: its whole turns are exact */
        sum += value[i] * hf_cos2pi(turn - (double)(int64_t)turn);
      }
      moment[s * n + k] = sum * (k ? 2.0 : 1.0) / n;
    }
  }
}
