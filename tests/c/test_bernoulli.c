/* A likelihood written as one C file meets the generic engine: Bernoulli rows with a logit link, whose
 * tile is all it takes. Held against a fine trapezoid rule, at every instruction set. */
#include <stddef.h>
#include <string.h>

#include "check.h"
#include "hf.h"

/* log p(y | eta) = y eta - n log(1 + exp(eta)) for y successes of n. */
static int bernoulli(int n, const double *eta, const hf_col *stat, const hf_col *par, void *user,
                     double *ll, double *d1, double *d2) {
  (void)par;
  ++*(int *)user;
  for (int i = 0; i < n; i++) {
    double y = stat[0].p[i * stat[0].stride], rows = stat[1].p[i * stat[1].stride];
    double p = 1.0 / (1.0 + exp(-eta[i])),
           soft = eta[i] > 0.0 ? eta[i] + log1p(exp(-eta[i])) : log1p(exp(eta[i]));
    ll[i] = y * eta[i] - rows * soft;
    if (d1) d1[i] = y - rows * p;
    if (d2) d2[i] = -rows * p * (1.0 - p);
  }
  return HF_OK;
}

static double density(double theta, double y, double n, double mu, double tau) {
  double soft = theta > 0.0 ? theta + log1p(exp(-theta)) : log1p(exp(theta));
  double u = (theta - mu) / tau;
  return exp(y * theta - n * soft - 0.5 * u * u) / (tau * sqrt(2.0 * acos(-1.0)));
}

/* Trapezoid on a range that holds all the mass: exact to rounding for such smooth integrands. */
static void truth(double y, double n, double mu, double tau, double *z, double *mean, double *sd) {
  double sum = 0.0, first = 0.0, second = 0.0, h = 24.0 * tau / 20000.0;
  for (int i = 0; i <= 20000; i++) {
    double t = mu - 12.0 * tau + h * i, f = density(t, y, n, mu, tau);
    sum += f;
    first += f * t;
    second += f * t * t;
  }
  *z = sum * h;
  *mean = first / sum;
  *sd = sqrt(second / sum - *mean * *mean);
}

int main(void) {
  enum { LANES = 7 };
  double y[LANES] = {0, 1, 1, 3, 0, 20, 50}, n[LANES] = {1, 1, 2, 10, 25, 20, 100};
  double mu = -0.4, tau[LANES] = {1.5, 1.5, 0.1, 0.7, 2.0, 3.0, 1.0};
  const hf_likelihood logit = {"Bernoulli", 2, 0, bernoulli, NULL, NULL, NULL, NULL, NULL, 1};
  for (int level = 0; level < HF_LEVELS; level++) {
    const hf_kernels_t *k = hf_kernels(level);
    int calls = 0;
    if (!k) continue;
    int normal = 0;
    while (strcmp(k->population[normal].name, "Normal")) normal++;
    hf_integral q = {
        .likelihood = &logit, .population = &k->population[normal], .order = 61, .user = &calls};
    hf_col stat[2] = {{y, 1}, {n, 1}}, loc = {&mu, 0}, ppar[1] = {{tau, 1}};
    double logz[LANES], mean[LANES], sd[LANES];
    CHECK(k->integrate(&q, LANES, stat, NULL, loc, ppar, logz, mean, sd) == HF_OK);
    CHECK(calls > 61);
    for (int i = 0; i < LANES; i++) {
      double z, m, s;
      truth(y[i], n[i], mu, tau[i], &z, &m, &s);
      CLOSE(logz[i], log(z), 1e-9);
      CLOSE(mean[i], m, 1e-8);
      CLOSE(sd[i], s, 1e-7);
    }
    for (int i = 0; i < LANES; i++) {
      double u[3] = {0.05, 0.5, 0.99}, theta[3], z, m, s, below = 0.0, h = 24.0 * tau[i] / 40000.0;
      hf_col one[2] = {{y + i, 0}, {n + i, 0}}, width[1] = {{tau + i, 0}};
      CHECK(k->invert(&q, one, NULL, loc, width, 3, u, theta) == HF_OK);
      truth(y[i], n[i], mu, tau[i], &z, &m, &s);
      for (int j = 0, q_at = 0; j < 40000 && q_at < 3; j++) {
        double t = mu - 12.0 * tau[i] + h * j;
        double next =
            below +
            0.5 * h *
                (density(t, y[i], n[i], mu, tau[i]) + density(t + h, y[i], n[i], mu, tau[i])) / z;
        for (; q_at < 3 && theta[q_at] < t + h; q_at++)
          CLOSE(below + (next - below) * (theta[q_at] - t) / h, u[q_at], 2e-6);
        below = next;
      }
    }
  }
  return report();
}
