/* The whole way in C, under the sanitizers: eight schools by every block there is, and statistics in
 * odd shapes. Figures are those of the reference posterior, to Monte Carlo error. */
#include <stddef.h>
#include <string.h>

#include "check.h"
#include "run.h"
#include "statistics.h"
#include "variates.h"

enum { J = 8, SWEEPS = 6000 };

static const double y[J] = {28, 8, -3, 7, -1, 1, 18, 12}, se[J] = {15, 10, 16, 11, 9, 11, 10, 18};
static double p[J];
static const double one = 1.0, zero = 0.0;

static int find(const hf_kernels_t *k, const char *name) {
  for (int i = 0; i < k->n_prior; i++)
    if (strcmp(k->prior[i].name, name) == 0) return i;
  return -1;
}

static hf_hyper schools(const hf_kernels_t *k, int skip) {
  hf_hyper h = {.n_node = 2, .skip = skip};
  h.node[0] =
      (hf_node){find(k, "Normal"), HF_REAL, {{-1, 0, 0.0, -1, 0.0}, {-1, 0, 5.0, -1, 0.0}}, 0};
  h.node[1] = (hf_node){find(k, "HalfCauchy"), HF_POSITIVE, {{-1, 0, 5.0, -1, 0.0}}, 0};
  return h;
}

/* Mean of mu and tau over a run of one chain. */
static void run(hf_plan *plan, hf_state *s, const hf_kernels_t *k, const hf_hyper *h, double *tau) {
  static double path[2 * SWEEPS];
  double x[2 * HF_TILE], lp[HF_TILE], z[2 * HF_TILE];
  int d = plan->target.d, done;
  CHECK(hf_run(plan, s, 1, SWEEPS, &done, path) == HF_OK);
  CHECK(done == SWEEPS);
  *tau = 0.0;
  for (int lo = 0; lo + HF_TILE <= SWEEPS; lo += HF_TILE) {
    for (int e = 0; e < d; e++) memcpy(z + e * HF_TILE, path + e * SWEEPS + lo, sizeof lp);
    CHECK(hf_hyper_expand(k, h, HF_TILE, z, x, lp) == HF_OK);
    for (int i = 0; i < HF_TILE; i++) *tau += x[HF_TILE + i] / (SWEEPS / HF_TILE * HF_TILE);
  }
}

static void collapsed(const hf_kernels_t *k, int skip, int grid, int slice) {
  hf_hyper h = schools(k, skip);
  hf_cells cells = {J, p, y, {&one, 0}, {&zero, 0}, 8.0, p[7], p[4]};
  hf_collapsed c = {
      .kernels = k, .hyper = &h, .loc = {0, 0, 0.0, -1, 0.0}, .scale = {1, 0, 0.0, -1, 0.0}};
  c.noise = (hf_arg){-1, HF_AS_IS, 1.0, -1, 0.0};
  c.n_group = c.n_row = J;
  c.moments = (hf_moments){.kernels = k, .cells = &cells, .p_bar = 0.01, .n_group = J};
  static hf_proposal proposal;
  hf_plan plan = {.kernels = k, .seed = 3, .n_block = 1, .proposal = &proposal, .passes = 2};
  hf_state s = {.chain = 1};
  double z[2], known[3] = {8.0, 5.0, 1.0}, tau;
  hf_arg data[3] = {c.loc, c.scale, c.noise};
  plan.target = (hf_target){hf_hyper_dim(&h), hf_collapsed_eval, &c, NULL};
  plan.block[0] =
      slice ? (hf_block){hf_block_slice, 0, 0} : (hf_block){hf_block_independence, 0, HF_MANY};
  CHECK(hf_start(&plan.target, &h, 3, data, known, z) == HF_OK);
  CHECK(hf_proposal_place(&plan.target, z, 0, &proposal) == HF_OK);
  CHECK(hf_proposal_fill(&plan.target, 3, grid, HF_TRIAL, &proposal) == HF_OK);
  hf_proposal_start(&proposal, 3, 1, s.z);
  CHECK(plan.target.eval(&plan.target, 1, s.z, &s.lp) == HF_OK);
  run(&plan, &s, k, &h, &tau);
  CLOSE(tau, 3.598, 0.3);
}

static void gibbs(const hf_kernels_t *k) {
  hf_hyper h = schools(k, -1);
  hf_conditional c = {
      .kernels = k, .hyper = &h, .loc = {0, 0, 0.0, -1, 0.0}, .scale = {1, 0, 0.0, -1, 0.0}};
  double leaf[HF_SUMS], tau;
  hf_plan plan = {.kernels = k, .seed = 4, .n_block = 3, .n_group = J, .p = p, .ybar = y};
  hf_state s = {.leaf = leaf, .z = {4.0, 1.0}};
  c.noise = (hf_arg){-1, HF_AS_IS, 1.0, -1, 0.0};
  c.n_group = c.n_row = J;
  for (int j = 0; j < J; j++) {
    c.p_sum += p[j];
    c.py_sum += p[j] * y[j];
    c.pyy_sum += p[j] * y[j] * y[j];
  }
  plan.target.d = 2;
  plan.block[0] = (hf_block){hf_block_theta, 0, 0};
  plan.block[1] = (hf_block){hf_block_centred, 0, 0};
  plan.block[2] = (hf_block){hf_block_noncentred, 0, 0};
  s.conditional = c;
  run(&plan, &s, k, &h, &tau);
  CLOSE(tau, 3.598, 0.4);
  int stop = 1, done = -1;
  double path[2];
  s.stop = &stop;
  CHECK(hf_run(&plan, &s, 1, 1, &done, path) == HF_STOPPED);
  CHECK(done == 0);
}

static void statistics(void) {
  int64_t code[6] = {4, 2, 4, 7, 2, 4}, least, most, label[3];
  double v[6] = {1, 2, 3, 4, 5, 8}, s[12] = {0}, w[3], mean[3], m2[3];
  uint32_t count[6] = {0};
  hf_groups out = {.label = label, .p = w, .mean = mean, .m2 = m2};
  hf_scan_codes(code, 0, 6, &least, &most);
  CHECK(least == 2 && most == 7);
  CHECK(hf_scan_rows(v, NULL, 0, 6) == 0);
  v[0] = 0.5;
  CHECK(hf_scan_rows(v, NULL, 0, 6) == HF_FRACTION);
  v[0] = NAN;
  CHECK(hf_scan_rows(v, NULL, 0, 6) & HF_BAD);
  v[0] = 1;
  hf_rows rows = {.code = code, .y = v, .base = 2, .centre = 3.0};
  hf_add_rows(&rows, 0, 6, count, s);
  CHECK(hf_finish_groups(6, 1, 2, count, s, 3.0, NULL, 1, 2, 0, 6, 0, &out) == 3);
  CHECK(label[0] == 2 && label[1] == 4 && label[2] == 7);
  CLOSE(mean[0], 3.5, 0.0);
  CLOSE(mean[1], 4.0, 0.0);
  CLOSE(m2[1], 26.0, 1e-15);
  CLOSE(m2[2], 0.0, 0.0);
  CHECK(out.p_min == 1.0 && out.p_max == 3.0 && out.mean_min == 3.5 && out.mean_max == 4.0);
}

int main(void) {
  double x[4];
  for (int j = 0; j < J; j++) p[j] = 1.0 / (se[j] * se[j]);
  for (int level = 0; level < HF_LEVELS; level++) {
    const hf_kernels_t *k = hf_kernels(level);
    if (!k) continue;
    for (int skip = -1; skip <= 0; skip++)
      for (int grid = 0; grid < 2; grid++) collapsed(k, skip, grid, 0);
    collapsed(k, 0, 0, 1);
    gibbs(k);
  }
  statistics();
  for (int kind = HF_EXPONENTIAL; kind <= HF_CHI2; kind++) {
    hf_variates(kind, 7, 4, 0.001, 2.0, x);
    for (int i = 0; i < 4; i++) CHECK(x[i] >= 0.0);
  }
  return report();
}
