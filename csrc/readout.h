/* readout.h: a Normal group's posterior as a mixture over the draws of phi; plain C, set-up of the
 * tables that conjugate/normal_read.h reads. With b = 1 / (1 + lambda p), k = 1 - b, d = ybar - centre:
 *   (1) component t: mean b m + k d, variance v = tau2 b + b^2 s2
 *   (2) mean = E[b m] + E[k] d
 *   (3) var = E[v] + Var(b m) + 2 d Cov(b m, k) + d^2 Var(k)
 * Source: law of total variance over (6) of conjugate/normal.h. */
#ifndef HF_READOUT_H
#define HF_READOUT_H

#include "hf.h"

/* (2), (3) at weight p: out (6,) = E[b m], E[k], E[v] + Var(b m), 2 Cov(b m, k), Var(k), 0. */
void hf_read_coefficients(const hf_mixture *mix, double p, double *out);
/* Quantiles of the mixture at n increasing probabilities, to 1e-10 in probability; about the centre. */
int hf_read_quantiles(const hf_kernels_t *k, const hf_mixture *mix, double p, double d, double mean,
                      double sd, int n, const double *prob, double *out);
/* n_bin components that stand for all: equal shares in the given order (by lambda); out (4, n_bin) of
 * m, s2, tau2, lambda, the spread of m within a bin added to s2. */
void hf_read_compress(const hf_mixture *mix, int n_bin, const int64_t *order, double *out);
/* How far, in sd, x is from the quantile of the full mixture, to first order. */
double hf_read_error(const hf_kernels_t *k, const hf_mixture *mix, double p, double d, double sd,
                     double prob, double x);
double hf_ndtri_at(double p);

#endif
