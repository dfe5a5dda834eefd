/* lanes.h: eight lanes at once in the compiler's vector types, for the few loops that compilers do not
 * vectorise well by themselves. Lane by lane the operations are those of scalar code, so the bits are
 * the same however many lanes an instruction takes. */
#ifndef HF_LANES_H
#define HF_LANES_H

#include <stdint.h>
#include <string.h>
#if defined(__SSE2__)
#include <immintrin.h>
#endif

typedef uint64_t hf_words __attribute__((vector_size(64)));
typedef double hf_reals __attribute__((vector_size(64)));

/* Four lanes: as many as stay in registers at every instruction set when there are several of them. */
typedef double hf_four __attribute__((vector_size(32), aligned(8)));
typedef int64_t hf_four_bits __attribute__((vector_size(32), aligned(8)));
#define HF_FOUR_ABS(x) ((hf_four)((hf_four_bits)(x) & INT64_MAX))

/* *out = low 32 bits of *a times m, lane by lane: the one instruction that GCC does not find. */
static inline void hf_product(const hf_words *a, uint32_t m, hf_words *out) {
#if defined(__GNUC__) && !defined(__clang__) && defined(__AVX512F__)
  *out = (hf_words)_mm512_mul_epu32((__m512i)*a, _mm512_set1_epi64(m));
#elif defined(__GNUC__) && !defined(__clang__) && defined(__AVX2__)
  __m256i half[2];
  memcpy(half, a, sizeof half);
  for (int i = 0; i < 2; i++) half[i] = _mm256_mul_epu32(half[i], _mm256_set1_epi64x(m));
  memcpy(out, half, sizeof half);
#elif defined(__GNUC__) && !defined(__clang__) && defined(__SSE2__)
  __m128i part[4];
  memcpy(part, a, sizeof part);
  for (int i = 0; i < 4; i++) part[i] = _mm_mul_epu32(part[i], _mm_set1_epi64x(m));
  memcpy(out, part, sizeof part);
#else
  *out = (*a & 0xffffffffu) * m;
#endif
}
#endif
