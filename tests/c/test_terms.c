/* Two Gibbs terms share one linear predictor: an intercept by one grouping, and a slope with a
 * covariate by another whose location varies by group. Variances known, so that the posterior is a
 * Gaussian whose mean and covariance a dense solve gives. */
#include <stddef.h>
#include <string.h>

#include "check.h"
#include "hf.h"
#include "rng.h"
#include "term/scalar.h"

enum { ROWS = 60, A = 5, B = 4, D = A + B, SWEEPS = 60000, BURN = 200 };

static int32_t group_a[ROWS], group_b[ROWS];
static double y[ROWS], z[ROWS], eta[ROWS], loc_b[B] = {-1.0, 0.0, 1.0, 2.0};
static const double one = 1.0, mu_a = 0.7, tau_a = 1.3, tau_b = 0.6, sigma = 0.9;

static void make_data(void) {
  uint64_t key = hf_key(5, 0, 0, 99);
  for (int i = 0; i < ROWS; i++) {
    group_a[i] = i % A;
    group_b[i] = (i / 3) % B;
    z[i] = hf_normal(key, (uint64_t)i, 0, 0);
    y[i] = 0.5 * group_a[i] + z[i] * (group_b[i] - 1.0) + sigma * hf_normal(key, (uint64_t)i, 1, 0);
  }
}

/* Solves m x = b for D right-hand sides at once, by elimination; m is destroyed. */
static void solve(double m[D][D], double x[D][D + 1]) {
  for (int c = 0; c < D; c++)
    for (int i = 0; i < D; i++) {
      double f = i == c ? 0.0 : m[i][c] / m[c][c];
      for (int k = 0; k < D; k++) m[i][k] -= f * m[c][k];
      for (int k = 0; k <= D; k++) x[i][k] -= f * x[c][k];
    }
  for (int i = 0; i < D; i++)
    for (int k = 0; k <= D; k++) x[i][k] /= m[i][i];
}

/* Posterior covariance in columns 0 .. D-1, mean in column D. */
static void truth(double out[D][D + 1]) {
  double m[D][D] = {{0}};
  memset(out, 0, sizeof(double[D][D + 1]));
  for (int k = 0; k < D; k++) {
    double prior = k < A ? 1.0 / (tau_a * tau_a) : 1.0 / (tau_b * tau_b);
    m[k][k] = prior;
    out[k][k] = 1.0;
    out[k][D] = prior * (k < A ? mu_a : loc_b[k - A]);
  }
  for (int i = 0; i < ROWS; i++) {
    int a = group_a[i], b = A + group_b[i];
    double w = 1.0 / (sigma * sigma);
    m[a][a] += w;
    m[b][b] += w * z[i] * z[i];
    m[a][b] += w * z[i];
    m[b][a] += w * z[i];
    out[a][D] += w * y[i];
    out[b][D] += w * z[i] * y[i];
  }
  solve(m, out);
}

/* One term: out of eta, statistics, draw, back into eta. */
static void visit(const hf_kernels_t *k, const hf_scalar *t, hf_col loc, double tau, uint64_t key,
                  uint32_t sweep, double *theta) {
  double p[A > B ? A : B], mean[A > B ? A : B], sums[HF_SUMS];
  hf_scalar_add(t, theta, -1.0, eta);
  hf_scalar_reduce(t, y, eta, (hf_col){&one, 0}, p, mean);
  hf_scalar_term term = {p, mean, loc, 0.0, tau * tau, sigma * sigma, key, 0, NULL, sweep};
  k->sweep(&term, 0, t->n_group, theta, sums);
  hf_scalar_add(t, theta, 1.0, eta);
}

int main(void) {
  double exact[D][D + 1], theta[D] = {0}, mean[D] = {0}, second[D][D] = {{0}};
  make_data();
  truth(exact);
  hf_scalar a = {ROWS, A, group_a, {&one, 0}}, b = {ROWS, B, group_b, {z, 1}};
  uint64_t key_a = hf_key(1, 0, 0, HF_SITE_THETA), key_b = hf_key(1, 0, 1, HF_SITE_THETA);
  const hf_kernels_t *k = hf_kernels(0);
  for (uint32_t s = 0; s < SWEEPS + BURN; s++) {
    visit(k, &a, (hf_col){&mu_a, 0}, tau_a, key_a, s, theta);
    visit(k, &b, (hf_col){loc_b, 1}, tau_b, key_b, s, theta + A);
    for (int i = 0; s >= BURN && i < D; i++) {
      mean[i] += theta[i] / SWEEPS;
      for (int j = 0; j < D; j++) second[i][j] += theta[i] * theta[j] / SWEEPS;
    }
  }
  for (int i = 0; i < ROWS; i++)
    CLOSE(eta[i], theta[group_a[i]] + z[i] * theta[A + group_b[i]], 1e-9);
  for (int i = 0; i < D; i++) {
    double sd = sqrt(exact[i][i]);
    CLOSE(mean[i], exact[i][D], 0.03 * sd);
    CLOSE(second[i][i] - mean[i] * mean[i], exact[i][i], 0.04 * exact[i][i]);
    for (int j = 0; j < i; j++)
      CLOSE(second[i][j] - mean[i] * mean[j], exact[i][j], 0.03 * sd * sqrt(exact[j][j]));
  }
  return report();
}
