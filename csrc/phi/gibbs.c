/* phi/gibbs.c: the hyperparameters given the effects theta_j of Normal groups, from their sums alone.
 * Centred (theta fixed), up to a constant:
 *   (1) log p(phi | theta, y) = log p(phi) - J log tau - sum (theta - mu)^2 / (2 tau^2)
 *                               - N log sigma - (ssw + sum p (ybar - theta)^2) / (2 sigma^2)
 * Not centred (eta_j = (theta_j - mu0) / tau0 fixed, theta = mu + tau eta):
 *   (2) log p(phi | eta, y) = log p(phi) - N log sigma - (ssw + sum p (ybar - mu - tau eta)^2) / (2 sigma^2)
 * Visiting both each sweep is the ancillarity-sufficiency interweaving of Yu and Meng (2011), J. Comput.
 * Graph. Stat. 20(3): the worse parameterisation no longer sets the pace. */
#include "phi.h"

#include "hfmath.h"

int hf_conditional_eval(const hf_target *t, int n, const double *z, double *lp) {
  const hf_conditional *c = t->ctx;
  double x[HF_MAX_PHI * HF_TILE];
  double st = c->sum[0], stt = c->sum[1], pt = c->sum[2], ptt = c->sum[3], pyt = c->sum[4];
  int status = hf_hyper_expand(c->kernels, c->hyper, n, z, x, lp);
  double m0 = c->at_loc - c->centre, s0 = c->at_scale;
  double pe = (pt - m0 * c->p_sum) / s0, pye = (pyt - m0 * c->py_sum) / s0;
  double pee = (ptt - 2.0 * m0 * pt + m0 * m0 * c->p_sum) / (s0 * s0);
  for (int i = 0; !status && i < n; i++) {
    double mu = hf_arg_at(&c->loc, x, n, i) - c->centre, tau = hf_arg_at(&c->scale, x, n, i);
    double sigma = hf_arg_at(&c->noise, x, n, i), within, ll = 0.0;
    if (c->noncentred) {
      within = c->pyy_sum + mu * mu * c->p_sum + tau * tau * pee - 2.0 * mu * c->py_sum -
               2.0 * tau * pye + 2.0 * mu * tau * pe;
    } else {
      within = c->pyy_sum - 2.0 * pyt + ptt;
      ll = -c->n_group * hf_log(tau) -
           0.5 * (stt - 2.0 * mu * st + c->n_group * mu * mu) / (tau * tau);
    }
    ll -= c->n_row * hf_log(sigma) + 0.5 * (c->ssw + within) / (sigma * sigma);
    ll += lp[i];
    lp[i] = ll == ll ? ll : -HF_INF;
  }
  return status;
}
