/* phi/hyper.c: a small directed graph of priors over the unknowns.
 *   (1) log p(z) = sum_i log p_i(x_i | parameters read from earlier x) + log |dx_i / dz_i|
 *   x = z on the real line; x = exp z, Jacobian z; x = a + (b - a) / (1 + exp(-z)), a = 0 and b = 1 of a probability,
 *   Jacobian log(b - a) - |z| - 2 log1p(exp(-|z|)).
 *   (2) of unknowns in order, x_i > x_k: x_k is the lower bound, so that x_i = x_k + exp z where there is no upper
 *   one; the density is that of the priors there, not normalised again (of m alike: by m! too small).
 * Source: change of variables; a node's arguments have smaller indices than the node. */
#include "phi.h"

#include "hfmath.h"

int hf_hyper_dim(const hf_hyper *h) { return h->n_node - (h->skip >= 0); }

double hf_arg_at(const hf_arg *a, const double *x, int n, int i) {
  double v = a->node < 0 ? a->value : x[a->node * n + i];
  if (a->form == HF_AS_IS) return v;
  if (a->form == HF_SQRT) return __builtin_sqrt(v);
  if (a->form == HF_RSQRT) return 1.0 / __builtin_sqrt(v);
  if (a->form == HF_SQUARE) return v * v;
  double w = a->other < 0 ? a->factor : x[a->other * n + i];
  if (a->form == HF_OVER) return w / v;
  return a->form == HF_TIMES ? v * w : (1.0 - v) * w;
}

double hf_arg_inverse(const hf_arg *a, double value) {
  if (a->form == HF_AS_IS) return value;
  if (a->form == HF_SQUARE) return __builtin_sqrt(value);
  return a->form == HF_SQRT ? value * value : 1.0 / (value * value);
}

double hf_hyper_coordinate(const hf_hyper *h, int i, const double *values, double x) {
  const hf_node *node = &h->node[i];
  double a = node->above ? values[node->above - 1] : 0.0, b = 1.0;
  if (node->support == HF_REAL && !node->above) return x;
  if (node->support <= HF_POSITIVE) return hf_log(x > a ? x - a : 1e-3);
  if (node->support == HF_BOUNDED) {
    a = node->above ? a : hf_arg_at(&node->par[0], values, 1, 0);
    b = hf_arg_at(&node->par[1], values, 1, 0);
  }
  double s = (x - a) / (b - a);
  s = s > 1e-3 ? s : 1e-3;
  s = s < 0.999 ? s : 0.999;
  return hf_log(s) - hf_log1p(-s);
}

/* below (n,): what a node is larger than, or NULL. */
static void to_value(const hf_node *node, int n, const hf_col *par, const double *below,
                     const double *z, double *x, double *lp) {
  if (node->support == HF_REAL && !below) {
    for (int i = 0; i < n; i++) x[i] = z[i];
  } else if (node->support <= HF_POSITIVE) {
    for (int i = 0; i < n; i++) x[i] = hf_exp(z[i]);
    for (int i = 0; below && i < n; i++) x[i] += below[i];
    for (int i = 0; i < n; i++) lp[i] += z[i];
  } else {
    int unit = node->support == HF_UNIT;
    for (int i = 0; i < n; i++) {
      double a = below ? below[i] : unit ? 0.0 : par[0].p[i * par[0].stride];
      double b = unit ? 1.0 : par[1].p[i * par[1].stride];
      double e = hf_exp(-__builtin_fabs(z[i])), s = e / (1.0 + e);
      x[i] = z[i] > 0.0 ? b - (b - a) * s : a + (b - a) * s;
      lp[i] += hf_log(b - a) - __builtin_fabs(z[i]) - 2.0 * hf_log1p(e);
    }
  }
}

int hf_hyper_expand(const hf_kernels_t *k, const hf_hyper *h, int n, const double *z, double *x,
                    double *lp) {
  double buf[HF_MAX_PAR][HF_TILE], density[HF_TILE];
  const double *next = z;
  for (int i = 0; i < n; i++) lp[i] = 0.0;
  for (int j = 0; j < h->n_node; j++) {
    const hf_node *node = &h->node[j];
    const hf_prior *prior = &k->prior[node->prior];
    hf_col par[HF_MAX_PAR];
    if (j == h->skip) continue;
    for (int a = 0; a < prior->n_par; a++) {
      const hf_arg *arg = &node->par[a];
      par[a].p = buf[a];
      par[a].stride = arg->node >= 0 || (arg->form >= HF_TIMES && arg->other >= 0);
      for (int i = 0; i < (par[a].stride ? n : 1); i++) buf[a][i] = hf_arg_at(arg, x, n, i);
    }
    const double *below = node->above ? x + (node->above - 1) * n : NULL;
    to_value(node, n, par, below, next, x + j * n, lp);
    next += n;
    int status = prior->eval(n, x + j * n, par, density);
    if (status) return status;
    for (int i = 0; i < n; i++) lp[i] += density[i];
  }
  return HF_OK;
}
