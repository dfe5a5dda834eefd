/* phi/mode.c: damped Newton to the mode of a target, derivatives by central differences along a basis B that
 * follows the posterior's scale, so that differences are of the order of a tenth whatever the number of groups: along
 * the axes, or, where that leads nowhere, as along a ridge, and near a mode, 0.3 times what whitened it last. In u, z = mode + B u, the Hessian is V E V', and
 *   (1) C = B V E^(-1) V' B'
 *   (2) shape = diag(c) W F^(1/2) W',  c_k^2 = C_kk,  W F W' = diag(1 / c) C diag(1 / c)
 * whitens: z = mode + shape u has unit curvature along every axis. This root, unlike W F^(1/2), moves
 * little where the Hessian does, even at equal eigenvalues.
 * Source: Nocedal and Wright, Numerical Optimization, section 3.4 (eigenvalue modification). */
#include "phi.h"

#include "hfmath.h"

enum { D = HF_MAX_PHI, LINE = 24, WHOLE = 3, ITERATIONS = 100 };
#define STEP 0.3 /* of a standard deviation, between points of a difference */

typedef struct {
  int d, n;
  double point[D * HF_TILE], lp[HF_TILE];
} batch;

/* Evaluate z + scale * h * direction for many points, in tiles. */
static int evaluate(const hf_target *t, int n, const double *point, double *lp) {
  double tile[D * HF_TILE];
  for (int lo = 0; lo < n; lo += HF_TILE) {
    int w = n - lo < HF_TILE ? n - lo : HF_TILE;
    for (int k = 0; k < t->d; k++)
      for (int i = 0; i < w; i++) tile[k * w + i] = point[k * n + lo + i];
    int status = t->eval(t, w, tile, lp + lo);
    if (status) return status;
  }
  return HF_OK;
}

/* For each coordinate the step that changes lp by about a fifth. */
static int first_steps(const hf_target *t, const double *z, double *h) {
  batch b;
  for (int k = 0; k < t->d; k++) {
    int n = 129, best = -1;
    double distance = HF_INF;
    for (int e = 0; e < t->d; e++)
      for (int i = 0; i < n; i++) b.point[e * n + i] = z[e];
    for (int i = 1; i < n; i++) {
      double size = hf_exp(0.69314718 * (((i - 1) >> 1) - 44));
      b.point[k * n + i] += i & 1 ? size : -size;
    }
    int status = evaluate(t, n, b.point, b.lp);
    if (status) return status;
    if (!(b.lp[0] > -HF_INF)) return HF_NO_START;
    for (int i = 1; i + 1 < n; i += 2) {
      double change = __builtin_fabs(b.lp[i] - b.lp[0]),
             other = __builtin_fabs(b.lp[i + 1] - b.lp[0]);
      double off = __builtin_fabs(hf_log((change > other ? change : other) * 5.0 + 1e-300));
      if (off < distance) distance = off, best = i;
    }
    h[k] = best > 0 ? hf_exp(0.69314718 * (((best - 1) >> 1) - 44)) : 0.1;
  }
  return HF_OK;
}

/* Gradient g and negative Hessian m along the columns of b (d, d). */
static int curvature(const hf_target *t, const double *z, const double *b, double *g, double *m) {
  int d = t->d, n = 1 + 2 * d + 2 * d * (d - 1), at = 1 + 2 * d;
  double point[D * (1 + 2 * D + 2 * D * (D - 1))], lp[1 + 2 * D + 2 * D * (D - 1)];
  for (int k = 0; k < d; k++) {
    double *to = point + k * n;
    for (int i = 0; i < n; i++) to[i] = z[k];
    for (int i = 0; i < d; i++) {
      to[1 + 2 * i] += b[k * d + i];
      to[2 + 2 * i] -= b[k * d + i];
    }
    at = 1 + 2 * d;
    for (int i = 0; i < d; i++)
      for (int j = 0; j < i; j++)
        for (int s = 0; s < 4; s++, at++) {
          to[at] += s & 1 ? b[k * d + i] : -b[k * d + i];
          to[at] += s & 2 ? b[k * d + j] : -b[k * d + j];
        }
  }
  int status = evaluate(t, n, point, lp);
  if (status) return status;
  for (int i = 0; i < n; i++) lp[i] = lp[i] > lp[0] - 1e3 ? lp[i] : lp[0] - 1e3;
  at = 1 + 2 * d;
  for (int i = 0; i < d; i++) {
    g[i] = 0.5 * (lp[1 + 2 * i] - lp[2 + 2 * i]);
    m[i * d + i] = 2.0 * lp[0] - lp[1 + 2 * i] - lp[2 + 2 * i];
    for (int j = 0; j < i; j++, at += 4)
      m[i * d + j] = m[j * d + i] = -0.25 * (lp[at] - lp[at + 1] - lp[at + 2] + lp[at + 3]);
  }
  return HF_OK;
}

/* Jacobi's rotations: symmetric m (d, d) to its diagonal, eigenvectors in the columns of v. */
static void eigen(int d, double *m, double *v) {
  for (int i = 0; i < d * d; i++) v[i] = i % (d + 1) == 0;
  for (int sweep = 0; sweep < 30; sweep++)
    for (int p = 0; p < d; p++)
      for (int q = p + 1; q < d; q++) {
        double apq = m[p * d + q];
        if (__builtin_fabs(apq) < 1e-300) continue;
        double theta = (m[q * d + q] - m[p * d + p]) / (2.0 * apq);
        double t = 1.0 / (__builtin_fabs(theta) + __builtin_sqrt(theta * theta + 1.0));
        t = theta < 0.0 ? -t : t;
        double c = 1.0 / __builtin_sqrt(t * t + 1.0), s = t * c;
        for (int k = 0; k < d; k++) {
          double a = m[k * d + p], b = m[k * d + q];
          m[k * d + p] = c * a - s * b;
          m[k * d + q] = s * a + c * b;
        }
        for (int k = 0; k < d; k++) {
          double a = m[p * d + k], b = m[q * d + k];
          m[p * d + k] = c * a - s * b;
          m[q * d + k] = s * a + c * b;
          a = v[k * d + p], b = v[k * d + q];
          v[k * d + p] = c * a - s * b;
          v[k * d + q] = s * a + c * b;
        }
      }
}

/* Best of a geometric set of steps along `step`; returns the gain, moves z. The whole step is taken
 * where it is as good as the best to rounding, so that rounding does not decide where z comes to rest. */
static int line_search(const hf_target *t, double *z, const double *step, double *gain) {
  batch b;
  int n = LINE, best = 0;
  double size = 0.0;
  for (int i = 0; i < n; i++, size = i == 1 ? 4.0 : 0.5 * size)
    for (int k = 0; k < t->d; k++) b.point[k * n + i] = z[k] + size * step[k];
  int status = evaluate(t, n, b.point, b.lp);
  if (status) return status;
  for (int i = 1; i < n; i++)
    if (b.lp[i] > b.lp[best]) best = i;
  if (b.lp[WHOLE] > b.lp[best] - 1e-6) best = WHOLE;
  *gain = b.lp[best] - b.lp[0];
  for (int k = 0; k < t->d; k++) z[k] = b.point[k * n + best];
  return HF_OK;
}

/* Newton's step, and what whitens (d, d), from derivatives along the basis b; m is used up. */
static void newton(int d, const double *b, const double *g, double *m, double *step,
                   double *whiten) {
  double v[D * D], along[D] = {0.0}, root[D * D];
  eigen(d, m, v);
  for (int i = 0; i < d * d; i++) root[i] = 0.0;
  for (int a = 0; a < d; a++) {
    double e = __builtin_fabs(m[a * d + a]), dot = 0.0;
    e = e > 1e-3 ? e : 1e-3;
    for (int k = 0; k < d; k++) dot += v[k * d + a] * g[k];
    dot = dot / e;
    dot = dot > 100.0 ? 100.0 : dot < -100.0 ? -100.0 : dot;
    for (int k = 0; k < d; k++) along[k] += v[k * d + a] * dot;
    for (int k = 0; k < d; k++)
      for (int j = 0; j < d; j++)
        root[k * d + j] += v[k * d + a] * v[j * d + a] / __builtin_sqrt(e);
  }
  for (int k = 0; k < d; k++) {
    step[k] = 0.0;
    for (int j = 0; j < d; j++) {
      step[k] += b[k * d + j] * along[j];
      whiten[k * d + j] = 0.0;
      for (int a = 0; a < d; a++) whiten[k * d + j] += b[k * d + a] * root[a * d + j];
    }
  }
}

/* (2) in the place of another root of the same covariance. */
static void symmetric_root(int d, double *shape) {
  double c[D * D], v[D * D], size[D];
  for (int i = 0; i < d; i++)
    for (int j = 0; j < d; j++) {
      c[i * d + j] = 0.0;
      for (int a = 0; a < d; a++) c[i * d + j] += shape[i * d + a] * shape[j * d + a];
    }
  for (int i = 0; i < d; i++) size[i] = __builtin_sqrt(c[i * d + i]);
  for (int i = 0; i < d; i++)
    for (int j = 0; j < d; j++) c[i * d + j] /= size[i] * size[j];
  eigen(d, c, v);
  for (int i = 0; i < d; i++)
    for (int j = 0; j < d; j++) {
      double sum = 0.0;
      for (int a = 0; a < d; a++) {
        double e = c[a * d + a];
        sum += v[i * d + a] * v[j * d + a] * __builtin_sqrt(e > 1e-30 ? e : 1e-30);
      }
      shape[i * d + j] = size[i] * sum;
    }
}

/* Steps until three in a row gain nothing, along the basis b (d, d), which they change: its columns stay parallel to the
 * axes, each as long as the curvature along it says, or else follow what whitens. */
static int climb(const hf_target *t, int parallel, double *b, double *z, double *shape) {
  int d = t->d, calm = 0;
  double g[D], m[D * D], step[D], length[D], gain;
  for (int it = 0; it < ITERATIONS && calm < 3; it++) {
    int status = curvature(t, z, b, g, m);
    if (status) return status;
    for (int k = 0; k < d; k++) {
      double e = m[k * d + k] > 1e-4 ? m[k * d + k] : 1e-4;
      length[k] = b[k * d + k] * STEP / __builtin_sqrt(e);
    }
    newton(d, b, g, m, step, shape);
    status = line_search(t, z, step, &gain);
    if (status) return status;
    for (int i = 0; i < d * d; i++)
      b[i] = !parallel ? STEP * shape[i] : i % (d + 1) == 0 ? length[i / d] : 0.0;
    calm = gain < 1e-4 ? calm + 1 : 0;
  }
  return calm < 3 ? HF_NO_MODE : HF_OK;
}

int hf_find_mode(const hf_target *t, int near, double *z, double *shape, double *lp_mode) {
  int d = t->d, status = HF_OK;
  double h[D], b[D * D];
  if (d > 0 && !near) status = first_steps(t, z, h);
  if (status) return status;
  for (int i = 0; i < d * d; i++) b[i] = near ? STEP * shape[i] : i % (d + 1) == 0 ? h[i / d] : 0.0;
  if (d > 0) status = climb(t, !near, b, z, shape);
  if (status == HF_NO_MODE) { /* a ridge, most likely */
    for (int i = 0; i < d * d; i++) b[i] = STEP * shape[i];
    status = climb(t, 0, b, z, shape);
  }
  if (!status) symmetric_root(d, shape);
  return status ? status : t->eval(t, 1, z, lp_mode);
}
