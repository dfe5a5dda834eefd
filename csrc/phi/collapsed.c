/* phi/collapsed.c: the posterior of the hyperparameters of Normal rows in Normal groups.
 * Equation (5) of conjugate/normal.h plus the log prior; where mu ~ N(m0, s0^2) is integrated out
 *   (1) -R / (2 sigma^2) - log(1 + W s0^2 / sigma^2) / 2 - (muhat - m0)^2 / (2 (s0^2 + sigma^2 / W))
 * takes the place of its last term, and with a flat prior
 *   (2) -R / (2 sigma^2) - log(W / sigma^2) / 2.
 *   (3) mu | tau, sigma, y ~ N(m, s2), 1 / s2 = W / sigma^2 + 1 / s0^2, m = s2 (W muhat / sigma^2 + m0 / s0^2)
 * Source: Gelman et al., BDA3, section 5.4, equations (5.20) and (5.21), with a normal prior for mu. */
#include "phi.h"

#include "hfmath.h"
#include "rng.h"

typedef struct {
  double lambda[HF_TILE], s2[HF_TILE], tau2[HF_TILE], moment[4 * HF_TILE];
} parts;

static int read_scales(const hf_collapsed *c, int n, const double *x, const volatile int *stop,
                       parts *w) {
  for (int i = 0; i < n; i++) {
    double tau = hf_arg_at(&c->scale, x, n, i), sigma = hf_arg_at(&c->noise, x, n, i);
    w->tau2[i] = tau * tau;
    w->s2[i] = sigma * sigma;
    w->lambda[i] = w->tau2[i] / w->s2[i];
  }
  return hf_moments_at(&c->moments, n, w->lambda, stop, w->moment);
}

/* Mean about the centre and variance of the prior of a skipped mu; 0 where it is flat. */
static int location_prior(const hf_collapsed *c, const double *x, int n, int i, double *m0,
                          double *v0) {
  const hf_node *node = &c->hyper->node[c->hyper->skip];
  if (c->kernels->prior[node->prior].n_par == 0) return 0;
  double s = hf_arg_at(&node->par[1], x, n, i);
  *m0 = hf_arg_at(&node->par[0], x, n, i) - c->moments.cells->centre;
  *v0 = s * s;
  return 1;
}

/* Adds the density of the rows to lp (n,); `skip`: mu is integrated out, or is what x says. */
static int add_log(const hf_collapsed *c, int skip, int n, const double *x,
                   const volatile int *stop, double *lp) {
  parts w;
  if (n < 1) return HF_OK;
  int status = read_scales(c, n, x, stop, &w);
  if (status) return status;
  for (int i = 0; i < n; i++) {
    double s2 = w.s2[i], a = w.moment[i], wt = w.moment[n + i], s1 = w.moment[2 * n + i];
    double mean = s1 / wt, r = w.moment[3 * n + i] - s1 * mean, m0, v0;
    double ll = -0.5 * (c->n_row * hf_log(s2) + c->ssw / s2 + a + r / s2);
    if (!skip) {
      double d = hf_arg_at(&c->loc, x, n, i) - c->moments.cells->centre - mean;
      ll -= 0.5 * wt * d * d / s2;
    } else if (location_prior(c, x, n, i, &m0, &v0)) {
      double d = mean - m0;
      ll -= 0.5 * (hf_log1p(wt * v0 / s2) + d * d / (v0 + s2 / wt));
    } else {
      ll -= 0.5 * hf_log(wt / s2);
    }
    ll += lp[i];
    lp[i] = ll == ll ? ll : -HF_INF;
  }
  return HF_OK;
}

int hf_collapsed_log(const hf_collapsed *c, int n, const double *x, const volatile int *stop,
                     double *lp) {
  return add_log(c, 0, n, x, stop, lp);
}

int hf_collapsed_eval(const hf_target *t, int n, const double *z, double *lp) {
  const hf_collapsed *c = t->ctx;
  double x[HF_MAX_PHI * HF_TILE];
  int status = hf_hyper_expand(c->kernels, c->hyper, n, z, x, lp);
  return status ? status : add_log(c, c->hyper->skip >= 0, n, x, t->stop, lp);
}

int hf_collapsed_finish(const hf_collapsed *c, uint64_t seed, uint32_t chain, uint32_t first, int n,
                        const double *z, double *x, double *part) {
  double lp[HF_TILE], noise[HF_TILE], centre = c->moments.cells->centre;
  uint64_t key = hf_key(seed, chain, 0, HF_SITE_LOCATION);
  parts w;
  int status = hf_hyper_expand(c->kernels, c->hyper, n, z, x, lp);
  if (!status) status = read_scales(c, n, x, NULL, &w);
  if (status) return status;
  for (int i = 0; i < n; i++) noise[i] = hf_normal(key, 0, first + (uint32_t)i, 0);
  for (int i = 0; i < n; i++) {
    double m, v = 0.0, m0, v0;
    if (c->hyper->skip >= 0) {
      double wt = w.moment[n + i] / w.s2[i], ws = w.moment[2 * n + i] / w.s2[i];
      if (location_prior(c, x, n, i, &m0, &v0)) {
        wt += 1.0 / v0;
        ws += m0 / v0;
      }
      v = 1.0 / wt;
      m = ws * v;
      x[c->hyper->skip * n + i] = centre + m + __builtin_sqrt(v) * noise[i];
    } else {
      m = hf_arg_at(&c->loc, x, n, i) - centre;
    }
    part[i] = m;
    part[n + i] = v;
    part[2 * n + i] = w.tau2[i];
    part[3 * n + i] = w.lambda[i];
  }
  return HF_OK;
}
