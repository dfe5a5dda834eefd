/* phi/grid.c: the target as a step function over one or two whitened coordinates, a proposal whose
 * error costs only acceptance. A coarse pass finds the box and the marginals; cells then hold equal
 * shares of (3/4 of the marginal mass + 1/4 of the box), and
 *   (1) q(u) = p(centre of the cell of u) / sum_cells p(centre) area.
 * Source: Ritter and Tanner (1992), JASA 87(419), griddy Gibbs, here corrected by Metropolis-Hastings. */
#include "phi.h"

#include "hfmath.h"

enum { COARSE = 48, WIDEN = 12, MAX_CELL = HF_GRID_2 * HF_GRID_2 };

/* lp at all points of a product of per-axis values; d == 1 has one value on the second axis. */
static int evaluate(const hf_target *t, const hf_proposal *p, const int *n, double (*u)[HF_GRID_1],
                    double *lp) {
  int d = p->d, total = n[0] * n[1];
  for (int lo = 0; lo < total; lo += HF_TILE) {
    double tile[2 * HF_TILE];
    int w = total - lo < HF_TILE ? total - lo : HF_TILE;
    for (int i = 0; i < w; i++) {
      double x = u[0][(lo + i) / n[1]], y = u[1][(lo + i) % n[1]];
      for (int k = 0; k < d; k++)
        tile[k * w + i] =
            p->mode[k] + p->shape[k * d] * x + (d > 1 ? p->shape[k * d + 1] * y : 0.0);
    }
    int status = t->eval(t, w, tile, lp + lo);
    if (status) return status;
  }
  return HF_OK;
}

static void marginals(const int *n, const double *lp, double (*mass)[HF_GRID_1]) {
  double top = -HF_INF;
  for (int i = 0; i < n[0] * n[1]; i++) top = lp[i] > top ? lp[i] : top;
  for (int a = 0; a < 2; a++)
    for (int i = 0; i < n[a]; i++) mass[a][i] = 0.0;
  for (int i = 0; i < n[0] * n[1]; i++) {
    double e = hf_exp(lp[i] - top);
    mass[0][i / n[1]] += e;
    mass[1][i % n[1]] += e;
  }
}

/* Edges of n cells with equal shares of the mixture over `coarse` equal bins from lo to hi. */
static void edges(int coarse, const double *mass, double lo, double hi, int n, double *edge) {
  double total = 0.0, seen = 0.0;
  for (int i = 0; i < coarse; i++) total += mass[i];
  edge[0] = lo;
  edge[n] = hi;
  for (int i = 0, cell = 1; i < coarse; i++) {
    double share = 0.75 * mass[i] / total + 0.25 / coarse;
    for (; cell < n && (double)cell / n <= seen + share; cell++)
      edge[cell] = lo + (hi - lo) * (i + ((double)cell / n - seen) / share) / coarse;
    seen += share;
  }
}

/* The box: grown while an edge bin of a marginal holds more than a millionth. */
static int find_box(const hf_target *t, const hf_proposal *p, double *lo, double *hi, int *n,
                    double (*mass)[HF_GRID_1]) {
  double u[2][HF_GRID_1], lp[COARSE * COARSE > HF_GRID_1 ? COARSE * COARSE : HF_GRID_1];
  for (int a = 0; a < 2; a++) {
    n[a] = a < p->d ? (p->d == 1 ? HF_GRID_1 : COARSE) : 1;
    lo[a] = a < p->d ? -5.0 * p->left[a] : -0.5;
    hi[a] = a < p->d ? 5.0 * p->right[a] : 0.5;
  }
  for (int round = 0; round < WIDEN; round++) {
    int grown = 0;
    for (int a = 0; a < 2; a++)
      for (int i = 0; i < n[a]; i++) u[a][i] = lo[a] + (hi[a] - lo[a]) * (i + 0.5) / n[a];
    int status = evaluate(t, p, n, u, lp);
    if (status) return status;
    marginals(n, lp, mass);
    for (int a = 0; a < p->d; a++) {
      double sum = 0.0, step = 0.35 * (hi[a] - lo[a]);
      for (int i = 0; i < n[a]; i++) sum += mass[a][i];
      if (mass[a][0] > 1e-6 * sum) lo[a] -= step, grown = 1;
      if (mass[a][n[a] - 1] > 1e-6 * sum) hi[a] += step, grown = 1;
    }
    if (!grown) break;
  }
  return HF_OK;
}

int hf_grid_build(const hf_target *t, hf_proposal *p) {
  double lo[2], hi[2], u[2][HF_GRID_1], mass[2][HF_GRID_1], lp[MAX_CELL], top = -HF_INF, sum = 0.0;
  int coarse[2];
  int status = find_box(t, p, lo, hi, coarse, mass);
  if (status) return status;
  for (int a = 0; a < 2; a++) {
    p->n_cell[a] = a < p->d ? (p->d == 1 ? HF_GRID_1 : HF_GRID_2) : 1;
    edges(coarse[a], mass[a], lo[a], hi[a], p->n_cell[a], p->edge[a]);
    for (int i = 0; i < p->n_cell[a]; i++) u[a][i] = 0.5 * (p->edge[a][i] + p->edge[a][i + 1]);
  }
  int n = p->n_cell[0] * p->n_cell[1];
  status = evaluate(t, p, p->n_cell, u, lp);
  if (status) return status;
  for (int i = 0; i < n; i++) top = lp[i] > top ? lp[i] : top;
  p->cumulative[0] = 0.0;
  for (int i = 0; i < n; i++) {
    int a = i / p->n_cell[1], b = i % p->n_cell[1];
    lp[i] = lp[i] > top - 60.0 ? lp[i] : top - 60.0;
    sum += hf_exp(lp[i] - top) * (p->edge[0][a + 1] - p->edge[0][a]) *
           (p->edge[1][b + 1] - p->edge[1][b]);
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
  u[0] = p->edge[0][a] + part * (p->edge[0][a + 1] - p->edge[0][a]);
  if (p->d > 1) u[1] = p->edge[1][b] + pick[1] * (p->edge[1][b + 1] - p->edge[1][b]);
}

double hf_grid_density(const hf_proposal *p, const double *u) {
  int at[2] = {0, 0};
  for (int a = 0; a < p->d; a++) {
    if (!(u[a] >= p->edge[a][0] && u[a] < p->edge[a][p->n_cell[a]])) return -1e300;
    at[a] = find(p->edge[a], p->n_cell[a], u[a]);
  }
  return p->log_density[at[0] * p->n_cell[1] + at[1]];
}
