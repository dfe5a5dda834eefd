/* variates.c: variates.h for many labels. */
#include "variates.h"

#include "binomial.h"

void hf_variates(int kind, uint64_t key, int64_t n, double a, double b, double *out) {
  for (int64_t i = 0; i < n; i++) {
    hf_stream s = {key, (uint64_t)i, 0, 0};
    out[i] = kind == HF_EXPONENTIAL     ? hf_exponential(&s)
             : kind == HF_GAMMA         ? hf_gamma(&s, a)
             : kind == HF_BETA          ? hf_beta(&s, a, b)
             : kind == HF_INVERSE_GAMMA ? hf_inverse_gamma(&s, a, b)
                                        : hf_chi2(&s, a);
  }
}

void hf_binomials(uint64_t key, int64_t n, double trials, double share, double rest, double *out) {
  for (int64_t i = 0; i < n; i++) {
    hf_stream s = {key, (uint64_t)i, 0, 0};
    out[i] = hf_binomial(&s, trials, share, rest);
  }
}

void hf_raw_words(int64_t n, uint64_t key, const uint64_t *label, const uint32_t *sweep,
                  uint32_t attempt, uint32_t *out) {
  for (int64_t i = 0; i < n; i++) {
    uint64_t x[4] = {label[i] & 0xffffffffu, label[i] >> 32, sweep[i], attempt};
    hf_philox(key, x);
    for (int k = 0; k < 4; k++) out[4 * i + k] = (uint32_t)x[k];
  }
}
