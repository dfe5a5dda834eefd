/* rank_keys.h: whole numbers by which ranks.c sorts effects, (2) of ranks.h. */
#ifdef HF_BODY
/* Key of effect `first` + i of x (n,) into key (n,), above the place of its effect. */
static void HF_NAME(rank_keys)(int64_t n, int64_t first, const double *x, double middle,
                               double spread, uint64_t *key) {
  const double half = 2147483648.0, most = 4294967295.0;
  for (int64_t i = 0; i < n; i++) {
    double d = x[i] - middle, u = half + half * (d / (spread + __builtin_fabs(d)));
    double end = d < 0.0 ? 0.0 : most;
    u = u >= 0.0 ? u : end; /* where d is not finite */
    u = u < most ? u : most;
    key[i] = hf_bits(u + 0x1p52) << 32 | (uint64_t)(first + i);
  }
}
#endif
