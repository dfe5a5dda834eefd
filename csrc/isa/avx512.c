/* isa/avx512.c: the kernels for AVX-512; without x86-64 there are none. */
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#if defined(__SSE2__)
#include <immintrin.h>
#endif

#if defined(__x86_64__) && defined(__GNUC__)
#ifdef __clang__
#pragma clang attribute push(                                                              \
    __attribute__((target("avx512f,avx512dq,avx512vl,avx512bw,prefer-vector-width=512"))), \
    apply_to = function)
#else
#pragma GCC target("avx512f,avx512dq,avx512vl,avx512bw,prefer-vector-width=512")
#endif
#define HF_NAME(x) x##_avx512
#define HF_ISA "avx512"
#include "kernels.inc"
#ifdef __clang__
#pragma clang attribute pop
#endif
#else
typedef int hf_no_avx512;
#endif
