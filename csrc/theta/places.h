/* theta/places.h: where the density of an effect may have peaks when every row of its group may have one of its own,
 * and what lies between: the population's middle and BESIDE of its widths about it; of the group's rows in order, every
 * run without a gap wider than GAP of its narrowest peak, both ends of it, BESIDE of these widths about them, and points
 * within as far apart. Where that is more than PLACES the gaps are taken to be wider. Of rows that have no peaks of
 * their own, and a population that ends somewhere: its ends, and where climbing leads. */
#ifdef HF_BODY
enum { HF_NAME(PLACES) = 128, HF_NAME(WITHIN) = 16 };
#define HF_GAP 6.0
#define HF_BESIDE 3.0

/* Columns of one lane, each of one value. */
typedef struct {
  hf_col stat[HF_MAX_STAT], lpar[HF_MAX_CUT], loc, ppar[HF_MAX_PAR];
} HF_NAME(lane);

static HF_NAME(lane) HF_NAME(lane_of)(const hf_integral *q, const hf_col *stat, const hf_col *lpar,
                                      hf_col loc, const hf_col *ppar, int i) {
  HF_NAME(lane) g;
  for (int s = 0; s < hf_n_stat(q); s++) g.stat[s] = (hf_col){stat[s].p + i * stat[s].stride, 0};
  for (int a = 0; a < q->likelihood->n_par; a++)
    g.lpar[a] = (hf_col){lpar[a].p + i * lpar[a].stride, 0};
  for (int a = 0; a < q->population->n_par; a++)
    g.ppar[a] = (hf_col){ppar[a].p + i * ppar[a].stride, 0};
  g.loc = (hf_col){loc.p + i * loc.stride, 0};
  return g;
}

static int HF_NAME(put_place)(double *place, int n, double x) {
  int at = n;
  if (n == HF_NAME(PLACES)) return n;
  for (; at > 0 && place[at - 1] > x; at--) place[at] = place[at - 1];
  place[at] = x;
  return n + 1;
}

/* One run from low to high; -1 where it does not fit. */
static int HF_NAME(put_run)(double *place, int n, double low, double high, double wide) {
  double many = (high - low) / (HF_BESIDE * wide);
  int steps = (int)__builtin_ceil(many < HF_NAME(WITHIN) ? many : HF_NAME(WITHIN));
  if (n + steps + 3 > HF_NAME(PLACES)) return -1;
  n = HF_NAME(put_place)(place, n, low - HF_BESIDE * wide);
  for (int s = 0; s <= steps; s++)
    n = HF_NAME(put_place)(place, n, low + (high - low) * s / (steps ? steps : 1));
  return HF_NAME(put_place)(place, n, high + HF_BESIDE * wide);
}

/* The runs of rows; -1 where they do not fit. */
static int HF_NAME(put_rows)(const hf_integral *q, const HF_NAME(lane) * g, double gap,
                             double *place, int n) {
  int64_t first = (int64_t)g->stat[0].p[0], end = first + (int64_t)g->stat[1].p[0];
  double par[HF_MAX_CUT], stat[HF_MAX_STAT], low = 0.0, high = 0.0, least = 0.0;
  int open = 0;
  for (int a = 0; a < q->likelihood->n_par; a++) par[a] = g->lpar[a].p[0];
  for (int64_t k = first; n >= 0 && k < end; k++) {
    double at, wide;
    for (int s = 0; s < q->likelihood->n_stat; s++) stat[s] = q->term[s][k];
    if (!q->likelihood->peak(stat, par, &at, &wide)) continue;
    if (!(wide > 0.0 && wide < HF_INF)) return n; /* parameters that have no density */
    int on = open && at - high <= gap * (wide < least ? wide : least);
    if (open && !on) n = HF_NAME(put_run)(place, n, low, high, least);
    low = on ? low : at;
    least = on && least < wide ? least : wide;
    high = at;
    open = 1;
  }
  return open && n >= 0 ? HF_NAME(put_run)(place, n, low, high, least) : n;
}

/* Where the density of rows and population together is highest, climbing from the population's middle and from its ends:
 * about every such place, as wide as the density falls there. */
static int HF_NAME(put_tops)(const hf_integral *q, const HF_NAME(lane) * g, double middle,
                             double low, double high, double *place, int *n) {
  double mode[3] = {middle, low > -HF_INF ? low : middle, high < HF_INF ? high : middle};
  HF_NAME(joint) at;
  int status = HF_NAME(climb)(q, 3, g->stat, g->lpar, g->loc, g->ppar, 0, mode, &at);
  for (int k = 0; !status && k < 3; k++) {
    double wide = HF_BESIDE / (__builtin_fabs(at.d1[k]) + __builtin_sqrt(-at.d2[k]));
    *n = HF_NAME(put_place)(place, *n, mode[k] - wide);
    *n = HF_NAME(put_place)(place, *n, mode[k]);
    *n = HF_NAME(put_place)(place, *n, mode[k] + wide);
  }
  return status;
}

/* All places in order, those beyond the population's ends left out. */
static int HF_NAME(find_places)(const hf_integral *q, const HF_NAME(lane) * g, double *low,
                                double *high, double *place, int *n) {
  double middle = g->loc.p[0], f, d1, d2;
  int kept = 0;
  *low = -HF_INF;
  *high = HF_INF;
  if (q->population->middle) q->population->middle(1, g->ppar, &middle);
  if (q->population->bounds) q->population->bounds(g->ppar, low, high);
  int status = q->population->eval(1, &middle, g->loc, g->ppar, q->user, &f, &d1, &d2);
  double wide = d2 < 0.0 ? HF_BESIDE / __builtin_sqrt(-d2) : HF_BESIDE;
  *n = -1;
  for (double gap = HF_GAP; !status && *n < 0; gap *= 8.0) {
    *n = HF_NAME(put_place)(place, 0, middle - wide);
    *n = HF_NAME(put_place)(place, *n, middle);
    *n = HF_NAME(put_place)(place, *n, middle + wide);
    if (*low > -HF_INF) *n = HF_NAME(put_place)(place, *n, *low);
    if (*high < HF_INF) *n = HF_NAME(put_place)(place, *n, *high);
    if (q->likelihood->peak)
      *n = HF_NAME(put_rows)(q, g, gap, place, *n);
    else
      status = HF_NAME(put_tops)(q, g, middle, *low, *high, place, n);
  }
  for (int i = 0; i < *n; i++)
    if (place[i] >= *low && place[i] <= *high) place[kept++] = place[i];
  *n = kept;
  return status;
}
#undef HF_GAP
#undef HF_BESIDE
#endif
