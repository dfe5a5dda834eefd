/* theta/moving.h: theta/nodes.h where parameters of the likelihood move, so that only a part of it stays:
 *   (1) p(y | theta_g, phi) = K_g M_g(phi),  S = sum_g K_g M_g(phi) p(theta_g | phi),  accepted as in theta/nodes.h
 * K_g is kept at the nodes in the place of the likelihood; M_g is computed node by node from what cells share
 * at a node. Sums go along the nodes of one cell at one phi, so that one phi costs an eighth of eight. */
#ifdef HF_BODY
/* Sums of cells lo .. hi at n phi, density [phi][node] of nodes from `from` on: S or -1 (cells, HF_WIDE). */
static void HF_NAME(sum_moving)(const hf_integral *q, const hf_fixed *f, int64_t lo, int64_t hi,
                                int64_t from, int n, const hf_col *stat, const hf_col *lpar,
                                const double *density, double *out) {
  const hf_likelihood *rows = q->likelihood;
  double theta[HF_TILE], base[HF_TILE], factor[HF_TILE], own[HF_MAX_STAT], par[HF_WIDE][HF_MAX_CUT];
  double h = hf_two_to((int)f->level[lo]);
  for (int k = 0; k < n; k++)
    for (int a = 0; a < rows->n_par; a++) par[k][a] = lpar[a].p[k * lpar[a].stride];
  for (int i = 0; i < HF_TILE; i++) theta[i] = h * (double)(from + i);
  rows->split->base(HF_TILE, theta, par[0], base);
  for (int64_t c = lo; c < hi; c++) {
    double s[4][HF_WIDE] = {{0.0}}, end[HF_WIDE] = {0.0};
    int count = (int)f->count[c], place = (int)(f->first[c] - from);
    const double *value = f->value + f->at[c];
    for (int a = 0; a < rows->n_stat; a++) own[a] = stat[a].p[f->cell[c] * stat[a].stride];
    for (int k = 0; k < n; k++) {
      const double *d = density + HF_TILE * k + place;
      hf_four sum = {0.0};
      rows->split->moving(count, base + place, own, par[k], factor);
      for (int g = 0; g < count; g += 4)
        sum += *(const hf_four *)(value + g) * *(const hf_four *)(d + g) *
               *(const hf_four *)(factor + g);
      for (int j = 0; j < 4; j++) s[j][k] = sum[j];
      end[k] = value[0] * d[0] * factor[0] + value[count - 1] * d[count - 1] * factor[count - 1];
    }
    for (int half = 0; half < HF_WIDE; half += 4) {
      hf_four four[4];
      for (int j = 0; j < 4; j++) four[j] = *(const hf_four *)(s[j] + half);
      HF_NAME(accept)(four, (const hf_four *)(end + half), (hf_four *)(out + HF_WIDE * (c - lo) + half));
    }
  }
}
#endif
