/* isa/base.c: the kernels for every processor of the platform. */
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#if defined(__SSE2__)
#include <immintrin.h>
#endif

#define HF_NAME(x) x##_base
#define HF_ISA "base"
#include "kernels.inc"
