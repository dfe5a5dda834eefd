/* theta/moving.h: theta/nodes.h where parameters of the likelihood move, so that only a part of it stays:
 *   (1) p(y | theta_g, phi) = K_g W_g exp(s R_g),  S = sum_g K_g W_g exp(s R_g) p(theta_g | phi)
 * accepted as in theta/nodes.h. K_g is kept at the nodes in the place of the likelihood; s is of a cell and phi;
 * W_g and R_g are of phi, and shared by cells that are alike in their first statistic and stand together. Sums go
 * along the nodes of one cell at one phi, so that one phi costs an eighth of eight. */
#ifdef HF_BODY
enum { HF_NAME(ROUND) = 8 }; /* nodes are computed in whole vectors, beyond the last one too */

typedef struct {
  double base[HF_TILE + HF_NAME(ROUND)];
  double par[HF_WIDE][HF_MAX_CUT], weight[HF_WIDE][HF_TILE + HF_NAME(ROUND)],
      rate[HF_WIDE][HF_TILE + HF_NAME(ROUND)];
} HF_NAME(moved);

/* W times the population's density, and R, of n phi at the nodes that cells lo .. *hi of one key have. */
static void HF_NAME(move)(const hf_likelihood *rows, const hf_fixed *f, int64_t lo, int64_t end,
                          int64_t from, int n, hf_col key, const double *density,
                          HF_NAME(moved) * m, int64_t *hi) {
  double k = key.p[f->cell[lo] * key.stride];
  int64_t a = f->first[lo], b = a;
  for (*hi = lo; *hi < end && key.p[f->cell[*hi] * key.stride] == k; ++*hi) {
    int64_t last = f->first[*hi] + f->count[*hi];
    a = f->first[*hi] < a ? f->first[*hi] : a;
    b = last > b ? last : b;
  }
  int place = (int)(a - from), count = (int)(b - a);
  int whole = (count + HF_NAME(ROUND) - 1) / HF_NAME(ROUND) * HF_NAME(ROUND);
  for (int i = 0; i < n; i++) {
    double *w = m->weight[i] + place;
    rows->split->common(whole, m->base + place, k, m->par[i], m->rate[i] + place, w);
    for (int g = 0; g < count; g++) w[g] *= density[HF_TILE * i + place + g];
  }
}

/* The four sums of (1) over g mod 4, and its ends. */
static void HF_NAME(sum_moved)(int count, double slope, const double *value, const double *rate,
                               const double *weight, double *s, double *end) {
  double e[HF_TILE + HF_NAME(ROUND)];
  int whole = (count + HF_NAME(ROUND) - 1) / HF_NAME(ROUND) * HF_NAME(ROUND);
  hf_four sum = {0.0};
  for (int g = 0; g < whole; g++) e[g] = hf_exp(slope * rate[g]) * weight[g];
  for (int g = 0; g < count; g += 4) sum += *(const hf_four *)(value + g) * *(hf_four *)(e + g);
  for (int j = 0; j < 4; j++) s[HF_WIDE * j] = sum[j];
  *end = value[0] * e[0] + value[count - 1] * e[count - 1];
}

/* Sums of cells lo .. hi at n phi, density [phi][node] of nodes from `from` on: S or -1 (cells, HF_WIDE). */
static void HF_NAME(sum_moving)(const hf_integral *q, const hf_fixed *f, int64_t lo, int64_t hi,
                                int64_t from, int n, const hf_col *stat, const hf_col *lpar,
                                const double *density, double *out) {
  const hf_likelihood *rows = q->likelihood;
  double theta[HF_TILE + HF_NAME(ROUND)], own[HF_MAX_STAT], h = hf_two_to((int)f->level[lo]);
  HF_NAME(moved) m = {0};
  for (int k = 0; k < n; k++)
    for (int a = 0; a < rows->n_par; a++) m.par[k][a] = lpar[a].p[k * lpar[a].stride];
  for (int i = 0; i < HF_TILE + HF_NAME(ROUND); i++) theta[i] = h * (double)(from + i);
  rows->split->base(HF_TILE + HF_NAME(ROUND), theta, m.par[0], m.base);
  for (int64_t c = lo, alike = lo; c < hi; c++) {
    double s[4 * HF_WIDE] = {0.0}, end[HF_WIDE] = {0.0};
    int place = (int)(f->first[c] - from);
    if (c == alike) HF_NAME(move)(rows, f, c, hi, from, n, stat[0], density, &m, &alike);
    for (int a = 0; a < rows->n_stat; a++) own[a] = stat[a].p[f->cell[c] * stat[a].stride];
    for (int k = 0; k < n; k++)
      HF_NAME(sum_moved)((int)f->count[c], rows->split->slope(own, m.par[k]), f->value + f->at[c],
                         m.rate[k] + place, m.weight[k] + place, s + k, end + k);
    for (int half = 0; half < HF_WIDE; half += 4) {
      hf_four four[4];
      for (int j = 0; j < 4; j++) four[j] = *(const hf_four *)(s + HF_WIDE * j + half);
      HF_NAME(accept)(four, (const hf_four *)(end + half),
                      (hf_four *)(out + HF_WIDE * (c - lo) + half));
    }
  }
}
#endif
