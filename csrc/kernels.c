/* kernels.c: which instruction sets this processor has. */
#include "hf.h"

extern const hf_kernels_t hf_table_base;
#if defined(__x86_64__) && defined(__GNUC__)
extern const hf_kernels_t hf_table_avx2, hf_table_avx512;
#endif

const hf_kernels_t *hf_kernels(int level) {
  if (level == 0) return &hf_table_base;
#if defined(__x86_64__) && defined(__GNUC__)
  if (level == 1 && __builtin_cpu_supports("avx2")) return &hf_table_avx2;
  if (level == 2 && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
      __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512bw"))
    return &hf_table_avx512;
#endif
  return NULL;
}
