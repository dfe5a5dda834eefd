/* conjugate/gammas.h: gamma and beta variates of variates.h for many labels, to the same bits: first attempts side
 * by side, and label by label what is not accepted at sight. n <= HF_TILE; n / 8 is rounded up where lanes are written. */
#ifdef HF_BODY
/* First attempts at n gammas; whether all are accepted. */
HF_INLINE int HF_NAME(first_gammas)(int n, const double *alpha, const double *z, const double *u,
                                    double *x, double *taken) {
  double all = 1.0;
  for (int i = 0; i < n; i++) {
    int accepted;
    x[i] = hf_gamma_try(hf_gamma_d(alpha[i]), z[i], u[i], &accepted);
    taken[i] = accepted ? 1.0 : 0.0;
    all = accepted ? all : 0.0;
  }
  return all > 0.0;
}

HF_INLINE int HF_NAME(any_small)(int n, const double *alpha) {
  double small = 0.0;
  for (int i = 0; i < n; i++) small = alpha[i] < 1.0 ? 1.0 : small;
  return small > 0.0;
}

static void HF_NAME(gammas)(int n, uint64_t key, uint64_t base, const uint64_t *label,
                            uint32_t sweep, const double *alpha, double *x) {
  double z[HF_TILE], u[HF_TILE], unread[HF_TILE], taken[HF_TILE];
  hf_normals(n, key, base, label, sweep, 0, z);
  hf_unit_lanes(n, key, base, label, sweep, 1, u, unread);
  if (!HF_NAME(first_gammas)(n, alpha, z, u, x, taken))
    for (int i = 0; i < n; i++) {
      if (taken[i] > 0.0) continue;
      hf_stream s = {key, label ? label[i] : base + (uint64_t)i, sweep, alpha[i] < 1.0 ? 3 : 2};
      x[i] = hf_gamma_settle(&s, hf_gamma_d(alpha[i]), z[i], u[i]);
    }
  if (!HF_NAME(any_small)(n, alpha)) return;
  hf_unit_lanes(n, key, base, label, sweep, 2, u, unread);
  for (int i = 0; i < n; i++) {
    double boosted = hf_exp(hf_log(x[i]) + hf_gamma_power(alpha[i], u[i]));
    x[i] = alpha[i] < 1.0 ? boosted : x[i];
  }
}

static void HF_NAME(betas)(int n, uint64_t key, uint64_t base, const uint64_t *label,
                           uint32_t sweep, const double *a, const double *b, double *share) {
  double z[HF_TILE], w[HF_TILE], u[HF_TILE], v[HF_TILE], x[HF_TILE], y[HF_TILE];
  double first[HF_TILE], second[HF_TILE];
  hf_unit_lanes(n, key, base, label, sweep, 0, u, v);
  for (int i = 0; i < n; i++) hf_polar(u[i], v[i], &z[i], &w[i]);
  hf_unit_lanes(n, key, base, label, sweep, 1, u, v);
  int all = HF_NAME(first_gammas)(n, a, z, u, x, first);
  all &= HF_NAME(first_gammas)(n, b, w, v, y, second);
  for (int i = 0; i < n && !all; i++) {
    if (first[i] + second[i] > 1.0) continue;
    int small = (a[i] < 1.0) | (b[i] < 1.0);
    hf_stream s = {key, label ? label[i] : base + (uint64_t)i, sweep, small ? 3 : 2};
    x[i] = hf_gamma_settle(&s, hf_gamma_d(a[i]), z[i], u[i]);
    y[i] = hf_gamma_settle(&s, hf_gamma_d(b[i]), w[i], v[i]);
  }
  for (int i = 0; i < n; i++) share[i] = x[i] / (x[i] + y[i]);
  if (!HF_NAME(any_small)(n, a) && !HF_NAME(any_small)(n, b)) return;
  hf_unit_lanes(n, key, base, label, sweep, 2, u, v);
  for (int i = 0; i < n; i++) {
    double by_logs = hf_share(x[i], y[i], hf_gamma_power(a[i], u[i]), hf_gamma_power(b[i], v[i]));
    share[i] = (a[i] < 1.0) | (b[i] < 1.0) ? by_logs : share[i];
  }
}
#endif
