/* isa/base.c: the kernels for every processor of the platform. */
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define HF_NAME(x) x##_base
#define HF_ISA "base"
#include "kernels.inc"
