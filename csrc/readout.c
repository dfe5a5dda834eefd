/* readout.c: equations in readout.h. */
#include "readout.h"

#include "special.h"

void hf_read_coefficients(const hf_mixture *mix, double p, double *out) {
  double am[4] = {0}, ak[4] = {0}, av[4] = {0}, smm[4] = {0}, smk[4] = {0}, skk[4] = {0};
  int n = mix->n;
  for (int i = 0; i < n; i++) {
    double b = 1.0 / (1.0 + mix->lambda[i] * p);
    am[i & 3] += b * mix->m[i];
    ak[i & 3] += mix->lambda[i] * p * b;
    av[i & 3] += mix->tau2[i] * b + b * b * mix->s2[i];
  }
  double m = ((am[0] + am[1]) + (am[2] + am[3])) / n, k = ((ak[0] + ak[1]) + (ak[2] + ak[3])) / n;
  for (int i = 0; i < n; i++) {
    double b = 1.0 / (1.0 + mix->lambda[i] * p), dm = b * mix->m[i] - m;
    double dk = mix->lambda[i] * p * b - k;
    smm[i & 3] += dm * dm;
    smk[i & 3] += dm * dk;
    skk[i & 3] += dk * dk;
  }
  out[0] = m;
  out[1] = k;
  out[2] = (((av[0] + av[1]) + (av[2] + av[3])) + ((smm[0] + smm[1]) + (smm[2] + smm[3]))) / n;
  out[3] = 2.0 * ((smk[0] + smk[1]) + (smk[2] + smk[3])) / n;
  out[4] = ((skk[0] + skk[1]) + (skk[2] + skk[3])) / n;
  out[5] = 0.0;
}

int hf_read_quantiles(const hf_kernels_t *k, const hf_mixture *mix, double p, double d, double mean,
                      double sd, int n, const double *prob, double *out) {
  for (int i = 0; i < n; i++) {
    double lo = -HF_INF, hi = HF_INF, cdf, pdf, x = mean + sd * hf_ndtri(prob[i]);
    for (int it = 0; it < 200; it++) {
      k->mixture(mix, p, d, x, &cdf, &pdf);
      double off = cdf - prob[i];
      if (off > 0.0)
        hi = x;
      else
        lo = x;
      int bracketed = hi < HF_INF && lo > -HF_INF;
      double next = x - off / pdf;
      if (!(pdf * sd > 1e-12 && next > lo && next < hi))
        next = bracketed ? 0.5 * (lo + hi) : x + (off > 0.0 ? -sd : sd);
      double moved = __builtin_fabs(next - x);
      x = next;
      if (moved < 1e-9 * sd || !(sd > 0.0)) break;
    }
    out[i] = x;
  }
  return HF_OK;
}

void hf_read_compress(const hf_mixture *mix, int n_bin, const int64_t *order, double *out) {
  for (int bin = 0; bin < n_bin; bin++) {
    int lo = (int)((int64_t)mix->n * bin / n_bin), hi = (int)((int64_t)mix->n * (bin + 1) / n_bin);
    double m = 0.0, s2 = 0.0, tau2 = 0.0, lambda = 0.0, spread = 0.0, count = hi - lo;
    for (int i = lo; i < hi; i++) {
      int64_t t = order[i];
      m += mix->m[t];
      s2 += mix->s2[t];
      tau2 += mix->tau2[t];
      lambda += mix->lambda[t];
    }
    m /= count;
    for (int i = lo; i < hi; i++) {
      double off = mix->m[order[i]] - m;
      spread += off * off;
    }
    out[bin] = m;
    out[n_bin + bin] = (s2 + spread) / count;
    out[2 * n_bin + bin] = tau2 / count;
    out[3 * n_bin + bin] = lambda / count;
  }
}

double hf_read_error(const hf_kernels_t *k, const hf_mixture *mix, double p, double d, double sd,
                     double prob, double x) {
  double cdf, pdf;
  k->mixture(mix, p, d, x, &cdf, &pdf);
  return (cdf - prob) / (pdf * sd);
}

double hf_ndtri_at(double p) { return hf_ndtri(p); }
