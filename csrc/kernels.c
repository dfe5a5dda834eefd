/* kernels.c: which instruction sets this processor has. */
#include "hf.h"

#if defined(__x86_64__) && defined(__GNUC__)
#include <cpuid.h>
#endif

extern const hf_kernels_t hf_table_base;
#if defined(__x86_64__) && defined(__GNUC__)
extern const hf_kernels_t hf_table_avx2, hf_table_avx512;
#endif

#if defined(__x86_64__) && defined(__GNUC__)
/* The processor has the instructions and the system saves their registers (mask of XCR0). */
static int supports(uint32_t ebx_mask, uint32_t state) {
  uint32_t a, b, c, d, low, high;
  if (!__get_cpuid(1, &a, &b, &c, &d) || !(c & (1u << 27))) return 0;
  __asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
  if ((low & state) != state || !__get_cpuid_count(7, 0, &a, &b, &c, &d)) return 0;
  return (b & ebx_mask) == ebx_mask;
}
#endif

const hf_kernels_t *hf_kernels(int level) {
  if (level == 0) return &hf_table_base;
#if defined(__x86_64__) && defined(__GNUC__)
  uint32_t avx512 = 1u << 16 | 1u << 17 | 1u << 30 | 1u << 31; /* F, DQ, BW, VL */
  if (level == 1 && supports(1u << 5, 0x6)) return &hf_table_avx2;
  if (level == 2 && supports(1u << 5 | avx512, 0xe6)) return &hf_table_avx512;
#endif
  return NULL;
}
