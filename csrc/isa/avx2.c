/* isa/avx2.c: the kernels for AVX2; without x86-64 there are none. */
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#if defined(__SSE2__)
#include <immintrin.h>
#endif

#if defined(__x86_64__) && defined(__GNUC__)
#ifdef __clang__
#pragma clang attribute push(__attribute__((target("avx2"))), apply_to = function)
#else
#pragma GCC target("avx2")
#endif
#define HF_NAME(x) x##_avx2
#define HF_ISA "avx2"
#include "kernels.inc"
#ifdef __clang__
#pragma clang attribute pop
#endif
#else
typedef int hf_no_avx2;
#endif
