/* conjugate/normal_sweep.h: one Gibbs pass over Normal groups: draw theta, keep only its sums.
 *   (1) theta_j | y, phi ~ N(loc_j + k (ybar_j - loc_j), tau^2 / (1 + lambda p_j)),
 *       k = lambda p / (1 + lambda p), lambda = tau^2 / sigma^2
 *   (2) sums over groups, theta and ybar read about a centre:
 *       theta, theta^2, p theta, p theta^2, p ybar theta
 * The draw of a group is a function of (key, label, sweep) alone, so a pass that stores nothing
 * stands for draws that any later pass makes again.
 * Source: Gelman et al., BDA3, section 11.6. Twin: hierfast/likelihoods/normal.py. */
#ifdef HF_BODY

static void HF_NAME(normal_sweep)(const hf_scalar_term *t, int64_t lo, int64_t hi, double *theta,
                                  double *sum) {
  hf_reals acc[HF_SUMS] = {{0}};
  double z[HF_TILE], x[HF_TILE], d[HF_TILE], p[HF_TILE];
  double lambda = t->tau2 / t->sigma2, tau2 = t->tau2, centre = t->centre;
  for (int64_t i = lo; i < hi; i += HF_TILE) {
    int n = hi - i < HF_TILE ? (int)(hi - i) : HF_TILE, full = (n + 7) & ~7;
    const double *loc = t->loc.p + i * t->loc.stride;
    hf_normals(n, t->key, t->base + (uint64_t)i, t->label ? t->label + i : NULL, t->sweep, 0, z);
    if (t->loc.stride)
      for (int k = 0; k < n; k++) d[k] = loc[k] - centre;
    else
      for (int k = 0; k < n; k++) d[k] = loc[0] - centre;
    for (int k = 0; k < n; k++) {
      double pk = t->p[i + k], yk = t->ybar[i + k] - centre, b = 1.0 / (1.0 + lambda * pk);
      x[k] = d[k] + lambda * pk * b * (yk - d[k]) + __builtin_sqrt(tau2 * b) * z[k];
      p[k] = pk;
      d[k] = yk;
    }
    for (int k = n; k < full; k++) x[k] = p[k] = d[k] = 0.0;
    for (int r = 0; r < full; r += 8) {
      hf_reals v, pv, dv;
      memcpy(&v, x + r, sizeof v);
      memcpy(&pv, p + r, sizeof pv);
      memcpy(&dv, d + r, sizeof dv);
      pv *= v;
      acc[0] += v;
      acc[1] += v * v;
      acc[2] += pv;
      acc[3] += pv * v;
      acc[4] += pv * dv;
    }
    if (theta)
      for (int k = 0; k < n; k++) theta[i - lo + k] = centre + x[k];
  }
  for (int s = 0; s < HF_SUMS; s++) {
    double lanes[8];
    memcpy(lanes, &acc[s], sizeof lanes);
    sum[s] = hf_lanes(lanes);
  }
}
#endif
