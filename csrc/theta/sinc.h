/* theta/sinc.h: an effect's distribution from its masses q_g at nodes h g (theta/nodes.h), which add up to 1.
 *   (1) density f(x) = sum_g q_g sinc(x/h - g) / h, sinc(u) = sin(pi u) / (pi u); distribution function
 *       F(x) = sum_g q_g (1/2 + Si(pi (x/h - g)) / pi), Si(u) the integral of sin(v)/v from 0 to u
 *   (2) quantiles: F and f at multiples of h/8, F between them a cubic of Hermite
 *   (3) slack of a quantile: e / f(x), e = |sum_g (-1)^g q_g| / pi
 * (1) is exact of densities whose Fourier transform ends at pi/h. There that of f is the sum in (3); what F
 * has beyond is at most about e.
 * Source: Stenger (1981), SIAM Review 23(2), sections 2 and 3. */
#ifndef HF_THETA_SINC_H
#define HF_THETA_SINC_H

#include "hf.h"

enum { HF_EIGHTH = 8 };

/* (2) of cells lo..hi at n probabilities, and (3): out and slack (hi - lo, n) from masses `mass` of all nodes;
 * table (2, HF_EIGHTH, HF_TILE) of Si(pi u)/pi and sinc(u) at u = i + k/8, [.][k][i]. */
void hf_sinc_quantiles(const hf_fixed *f, int64_t lo, int64_t hi, const double *mass,
                       const double *table, int n, const double *prob, double *out, double *slack);

#endif
