/* phi/grid.c: the target as a step function over one or two whitened coordinates, a proposal whose
 * error costs only acceptance. Along one axis there are rows; across, a row has a window of its own, which follows the
 * density where that bends or grows narrow. A coarse pass finds the rows and their windows; cells then hold equal
 * shares of (3/4 of the mass + 1/4 of the room), those of a row leaning as its neighbours' means do: with x the
 * coordinate along, c_a the centre of row a, s_a its slope,
 *   (1) v = u - s_a (x - c_a),  q(x, u) = p(centre of the cell of (x, v)) / sum_cells p(centre) area.
 * Source: Ritter and Tanner (1992), JASA 87(419), griddy Gibbs, here corrected by Metropolis-Hastings. */
#include "phi.h"

#include "hfmath.h"

enum { COARSE = 48, NARROW = 12, WIDEN = 16, MAX_CELL = HF_GRID_2 * HF_GRID_2 };
#define NEGLIGIBLE 1e-6
#define WIDER 0.35

/* The coarse pass: rows i at lo + (hi - lo) (i + 1/2) / n, each with `across` bins from low to high. */
typedef struct {
  int n, across;
  double lo, hi;
  double low[HF_GRID_1], high[HF_GRID_1], mean[HF_GRID_1], mass[HF_GRID_1];
  double part[HF_GRID_1 > COARSE *COARSE ? HF_GRID_1 : COARSE * COARSE];
} layout;

/* lp at n points, x along and u across. */
static int evaluate(const hf_target *t, const hf_proposal *p, int n, const double *x,
                    const double *u, double *lp) {
  int d = p->d, along = p->along;
  for (int lo = 0; lo < n; lo += HF_TILE) {
    double tile[2 * HF_TILE];
    int w = n - lo < HF_TILE ? n - lo : HF_TILE;
    for (int i = 0; i < w; i++)
      for (int k = 0; k < d; k++)
        tile[k * w + i] = p->mode[k] + p->shape[k * d + along] * x[lo + i] +
                          (d > 1 ? p->shape[k * d + 1 - along] * u[lo + i] : 0.0);
    int status = t->eval(t, w, tile, lp + lo);
    if (status) return status;
  }
  return HF_OK;
}

/* Masses of bins within rows, and of rows, and the rows' means. */
static int weigh(const hf_target *t, const hf_proposal *p, layout *l) {
  double x[MAX_CELL], u[MAX_CELL], top = -HF_INF;
  int m = l->across, total = l->n * m;
  for (int i = 0; i < total; i++) {
    int row = i / m;
    x[i] = l->lo + (l->hi - l->lo) * (row + 0.5) / l->n;
    u[i] = l->low[row] + (l->high[row] - l->low[row]) * (i % m + 0.5) / m;
  }
  int status = evaluate(t, p, total, x, u, l->part);
  for (int i = 0; i < total; i++) top = l->part[i] > top ? l->part[i] : top;
  for (int row = 0; !status && row < l->n; row++) {
    double *part = l->part + row * m, most = part[0], sum = 0.0, moment = 0.0;
    for (int i = 1; i < m; i++) most = part[i] > most ? part[i] : most;
    for (int i = 0; i < m; i++) {
      part[i] = most > -HF_INF ? hf_exp(part[i] - most) : 1.0;
      sum += part[i];
      moment += part[i] * u[row * m + i];
    }
    l->mass[row] = most > -HF_INF ? hf_exp(most - top) * sum * (l->high[row] - l->low[row]) : 0.0;
    l->mean[row] = moment / sum;
    for (int i = 0; i < m; i++) part[i] /= sum;
  }
  return status;
}

/* A row's window: wider while an edge bin holds more than a millionth, closer where few bins hold the rest. */
static int fit_window(layout *l, int row) {
  const double *part = l->part + row * l->across;
  double step = (l->high[row] - l->low[row]) / l->across, wide = WIDER * l->across * step;
  int first = 0, last = l->across - 1;
  if (!(l->mass[row] > 0.0)) return 0;
  while (part[first] <= NEGLIGIBLE) first++;
  while (part[last] <= NEGLIGIBLE) last--;
  if (first > 0 && last < l->across - 1 && last - first >= NARROW) return 0;
  int close = last - first < NARROW;
  double low = first == 0 ? l->low[row] - wide : l->low[row] + (close ? (first - 2) * step : 0.0);
  double high = last == l->across - 1
                    ? l->high[row] + wide
                    : l->high[row] - (close ? (l->across - 3 - last) * step : 0.0);
  int moved = low != l->low[row] || high != l->high[row];
  l->low[row] = low;
  l->high[row] = high;
  return moved;
}

/* The place of x among the centres of rows, as a row and a share of the way to the next one. */
static int between(const layout *l, double x, double *share) {
  double at = (x - l->lo) / (l->hi - l->lo) * l->n - 0.5;
  int row = at > 0.0 ? (int)at : 0;
  row = row < l->n - 1 ? row : l->n - 2;
  *share = at - row;
  return row;
}

static double blend(const double *v, int row, double share) {
  return v[row] + share * (v[row + 1] - v[row]);
}

/* Rows from lo to hi, with the windows of those that were there; beyond these, of the ends moved on. */
static void spread(layout *l, double lo, double hi) {
  layout old = *l;
  l->lo = lo;
  l->hi = hi;
  for (int i = 0; i < l->n; i++) {
    double share, x = lo + (hi - lo) * (i + 0.5) / l->n;
    int row = between(&old, x, &share);
    double near = share < 0.0 ? 0.0 : share > 1.0 ? 1.0 : share;
    double on = (share - near) * (old.mean[row + 1] - old.mean[row]);
    l->low[i] = blend(old.low, row, near) + on;
    l->high[i] = blend(old.high, row, near) + on;
  }
}

/* Rows and windows: grown and narrowed until all that counts is in them, and is seen. */
static int lay(const hf_target *t, const hf_proposal *p, layout *l) {
  int two = p->d > 1, status = HF_OK;
  l->n = two ? COARSE : HF_GRID_1;
  l->across = two ? COARSE : 1;
  l->lo = -5.0 * p->left[p->along];
  l->hi = 5.0 * p->right[p->along];
  for (int i = 0; i < l->n; i++) {
    l->low[i] = two ? -5.0 * p->left[1 - p->along] : -0.5;
    l->high[i] = two ? 5.0 * p->right[1 - p->along] : 0.5;
  }
  for (int round = 0; !status && round < WIDEN; round++) {
    double sum = 0.0, lo = l->lo, hi = l->hi, step = WIDER * (hi - lo);
    int moved = 0;
    status = weigh(t, p, l);
    for (int i = 0; i < l->n; i++) sum += l->mass[i];
    for (int i = 0; two && i < l->n; i++) moved |= fit_window(l, i);
    if (l->mass[0] > NEGLIGIBLE * sum) lo -= step;
    if (l->mass[l->n - 1] > NEGLIGIBLE * sum) hi += step;
    if (lo == l->lo && hi == l->hi && !moved) break;
    if (lo != l->lo || hi != l->hi) spread(l, lo, hi);
  }
  return status;
}

/* Edges of n cells with equal shares of the mixture over `coarse` equal bins from lo to hi; a bin beside a heavy one has
 * part of its mass, since the density may fall steeply within it. */
static void edges(int coarse, const double *mass, double lo, double hi, int n, double *edge) {
  double total = 0.0, seen = 0.0;
  for (int i = 0; i < coarse; i++) total += mass[i];
  edge[0] = lo;
  edge[n] = hi;
  for (int i = 0, cell = 1; i < coarse; i++) {
    double before = mass[i ? i - 1 : 0], after = mass[i < coarse - 1 ? i + 1 : i];
    double smooth = i && i < coarse - 1 ? 0.25 * (before + after) + 0.5 * mass[i]
                                        : 0.25 * (i ? before : after) + 0.75 * mass[i];
    double share = 0.75 * smooth / total + 0.25 / coarse;
    for (; cell < n && (double)cell / n <= seen + share; cell++)
      edge[cell] = lo + (hi - lo) * (i + ((double)cell / n - seen) / share) / coarse;
    seen += share;
  }
}

/* Cells of row a: its centre, slope and edges from the coarse rows beside it. */
static void place_cells(const layout *l, hf_proposal *p, int a) {
  double part[COARSE], share, x = 0.5 * (p->edge[a] + p->edge[a + 1]);
  int row = between(l, x, &share);
  double near = share < 0.0 ? 0.0 : share > 1.0 ? 1.0 : share;
  for (int i = 0; i < l->across; i++) {
    const double *one = l->part + row * l->across + i;
    part[i] = one[0] + near * (one[l->across] - one[0]);
  }
  p->centre[a] = x;
  p->slope[a] = (l->mean[row + 1] - l->mean[row]) * l->n / (l->hi - l->lo);
  edges(l->across, part, blend(l->low, row, near), blend(l->high, row, near), p->n_cell[1],
        p->across[a]);
}

int hf_grid_build(const hf_target *t, hf_proposal *p) {
  double x[MAX_CELL], u[MAX_CELL], lp[MAX_CELL], top = -HF_INF, sum = 0.0;
  layout l;
  p->along = p->d > 1 && p->left[1] + p->right[1] > p->left[0] + p->right[0];
  int status = lay(t, p, &l);
  if (status) return status;
  p->n_cell[0] = p->d > 1 ? HF_GRID_2 : HF_GRID_1;
  p->n_cell[1] = p->d > 1 ? HF_GRID_2 : 1;
  edges(l.n, l.mass, l.lo, l.hi, p->n_cell[0], p->edge);
  for (int a = 0; a < p->n_cell[0]; a++) {
    place_cells(&l, p, a);
    for (int b = 0; b < p->n_cell[1]; b++) {
      x[a * p->n_cell[1] + b] = p->centre[a];
      u[a * p->n_cell[1] + b] = 0.5 * (p->across[a][b] + p->across[a][b + 1]);
    }
  }
  int n = p->n_cell[0] * p->n_cell[1];
  status = evaluate(t, p, n, x, u, lp);
  if (status) return status;
  for (int i = 0; i < n; i++) top = lp[i] > top ? lp[i] : top;
  p->cumulative[0] = 0.0;
  for (int i = 0; i < n; i++) {
    int a = i / p->n_cell[1], b = i % p->n_cell[1];
    lp[i] = lp[i] > top - 60.0 ? lp[i] : top - 60.0;
    sum += hf_exp(lp[i] - top) * (p->edge[a + 1] - p->edge[a]) *
           (p->across[a][b + 1] - p->across[a][b]);
    p->cumulative[i + 1] = sum;
  }
  for (int i = 0; i < n; i++) p->log_density[i] = lp[i] - top - hf_log(sum);
  p->has_grid = 1;
  return HF_OK;
}

/* Largest i with sorted[i] <= x, within 0 .. n - 1. */
static int find(const double *sorted, int n, double x) {
  int lo = 0, hi = n;
  while (hi - lo > 1) {
    int mid = (lo + hi) / 2;
    if (sorted[mid] <= x)
      lo = mid;
    else
      hi = mid;
  }
  return lo;
}

void hf_grid_draw(const hf_proposal *p, const double *pick, double *u) {
  int n = p->n_cell[0] * p->n_cell[1];
  double target = pick[0] * p->cumulative[n];
  int cell = find(p->cumulative, n, target), a = cell / p->n_cell[1], b = cell % p->n_cell[1];
  double part = (target - p->cumulative[cell]) / (p->cumulative[cell + 1] - p->cumulative[cell]);
  part = part >= 0.0 && part < 1.0 ? part : 0.5;
  double x = p->edge[a] + part * (p->edge[a + 1] - p->edge[a]);
  u[p->along] = x;
  if (p->d > 1)
    u[1 - p->along] = p->across[a][b] + pick[1] * (p->across[a][b + 1] - p->across[a][b]) +
                      p->slope[a] * (x - p->centre[a]);
}

double hf_grid_density(const hf_proposal *p, const double *u) {
  double x = u[p->along];
  if (!(x >= p->edge[0] && x < p->edge[p->n_cell[0]])) return -1e300;
  int a = find(p->edge, p->n_cell[0], x);
  if (p->d == 1) return p->log_density[a];
  double v = u[1 - p->along] - p->slope[a] * (x - p->centre[a]);
  if (!(v >= p->across[a][0] && v < p->across[a][p->n_cell[1]])) return -1e300;
  return p->log_density[a * p->n_cell[1] + find(p->across[a], p->n_cell[1], v)];
}
