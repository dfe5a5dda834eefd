/* twin.h: windows through which tests see functions that are otherwise inlined. */
#ifdef HF_BODY
static double HF_NAME(multiply_add)(double a, double b, double c) { return a * b + c; }

static void HF_NAME(twin_math)(int which, int n, const double *x, double *out) {
  double other;
  for (int i = 0; i < n; i++) switch (which) {
      case 0:
        out[i] = hf_exp(x[i]);
        break;
      case 1:
        out[i] = hf_log(x[i]);
        break;
      case 2:
        out[i] = hf_log1p(x[i]);
        break;
      case 3:
        hf_sincos(x[i], &out[i], &other);
        break;
      case 4:
        hf_sincos(x[i], &other, &out[i]);
        break;
      case 5:
        out[i] = hf_cos2pi(x[i]);
        break;
      case 6:
        out[i] = hf_ndtr(x[i]);
        break;
      case 7:
        out[i] = hf_lgamma(x[i]);
        break;
      default:
        out[i] = hf_ndtri(x[i]);
    }
}

static void HF_NAME(twin_normals)(int n, uint64_t key, uint64_t base, const uint64_t *label,
                                  uint32_t sweep, uint32_t attempt, double *z) {
  hf_normals(n, key, base, label, sweep, attempt, z);
}

static void HF_NAME(twin_uniforms)(int n, uint64_t key, uint64_t base, const uint64_t *label,
                                   uint32_t sweep, uint32_t attempt, double *u) {
  hf_uniforms(n, key, base, label, sweep, attempt, u);
}
#endif
