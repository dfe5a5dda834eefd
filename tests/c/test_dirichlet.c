/* Counts in three categories, two of which share an alpha that follows the other's: the marginal against lgamma,
 * draws that add up to one, and sums of their logarithms. */
#include "phi/dirichlet.h"

#include "check.h"

enum { J = 4, H = 3, N = 5 };

static const double y[J * H] = {3, 0, 2, 0, 0, 0, 0, 5000, 1, 1, 1, 4};
static const double mu = 0.0, sigma = 1.0;

/* Tables of counts of counts up to `top`, larger ones by themselves. */
static void tabulate(int n, const double *count, int top, double *weight, double *far, double *mult,
                     hf_rising *out) {
  *out = (hf_rising){0, weight, 0, far, mult};
  for (int k = 0; k < top; k++) weight[k] = 0.0;
  for (int i = 0; i < n; i++) {
    for (int k = 0; k < top && k < count[i]; k++) weight[k] += 1.0;
    if (count[i] > top) far[out->n_far] = count[i], mult[out->n_far++] = 1.0;
    if (count[i] > 0.0) out->n = top;
  }
}

static double exact(const double *alpha) {
  double sum = 0.0, total = alpha[0] + alpha[1] + alpha[2];
  for (int j = 0; j < J; j++) {
    double trials = 0.0;
    for (int k = 0; k < H; k++) {
      trials += y[j * H + k];
      sum += lgamma(alpha[k] + y[j * H + k]) - lgamma(alpha[k]);
    }
    sum += lgamma(total) - lgamma(total + trials);
  }
  return sum;
}

int main(void) {
  enum { TOP = 20 };
  const hf_kernels_t *kernels = hf_kernels(0);
  double weight[3][TOP], far[3][2 * J], mult[3][2 * J], column[3][2 * J];
  hf_rising count[2];
  hf_hyper hyper = {.n_node = 2, .skip = -1};
  int normal = 0;
  while (kernels->prior[normal].n_par != 2 || kernels->prior[normal].name[0] != 'L' ||
         kernels->prior[normal].name[3] != 'N')
    normal++;
  for (int i = 0; i < 2; i++) {
    hyper.node[i] = (hf_node){.prior = normal, .support = HF_POSITIVE};
    hyper.node[i].par[0] = (hf_arg){-1, HF_AS_IS, mu, -1, 1.0};
    hyper.node[i].par[1] = (hf_arg){-1, HF_AS_IS, sigma, -1, 1.0};
  }
  const hf_arg alpha[2] = {{0, HF_AS_IS, 0.0, -1, 1.0}, {1, HF_AS_IS, 0.0, -1, 1.0}};
  const double many[2] = {1.0, 2.0};
  const int32_t part[H] = {0, 1, 1};
  hf_dirichlet c = {.kernels = kernels,
                    .hyper = &hyper,
                    .n_part = 2,
                    .n_category = H,
                    .alpha = alpha,
                    .many = many,
                    .count = count,
                    .part = part,
                    .leader = 0,
                    .follows = {0, 1},
                    .n_group = J,
                    .y = y};
  for (int j = 0; j < J; j++) {
    column[0][j] = y[j * H];
    column[1][2 * j] = y[j * H + 1];
    column[1][2 * j + 1] = y[j * H + 2];
    column[2][j] = y[j * H] + y[j * H + 1] + y[j * H + 2];
  }
  tabulate(J, column[0], TOP, weight[0], far[0], mult[0], &count[0]);
  tabulate(2 * J, column[1], TOP, weight[1], far[1], mult[1], &count[1]);
  tabulate(J, column[2], TOP, weight[2], far[2], mult[2], &c.all);

  double u[2 * N], lp[N], x[2 * N], prior[N];
  for (int i = 0; i < N; i++) u[i] = 0.7 * i - 1.0, u[N + i] = 0.3 - 0.4 * i;
  hf_target t = {2, hf_dirichlet_eval, &c, NULL};
  CHECK(t.eval(&t, N, u, lp) == HF_OK);
  CHECK(hf_dirichlet_expand(&c, N, u, x, prior) == HF_OK);
  for (int i = 0; i < N; i++) {
    const double a[H] = {exp(u[i]), exp(u[i] + u[N + i]), exp(u[i] + u[N + i])};
    CLOSE(x[i], a[0], 1e-14 * a[0]);
    CLOSE(x[N + i], a[1], 1e-14 * a[1]);
    CLOSE(lp[i] - prior[i], exact(a), 1e-8);
  }

  const double at[2] = {0.5, 1.5};
  uint64_t label[J] = {7, 1, 99, 4};
  double p[J * H], row[H], sum[2], want[2] = {0.0, 0.0};
  hf_dirichlet_draw(&c, at, 5, 3, J, label, y, p);
  for (int j = 0; j < J; j++) {
    CLOSE(p[j * H] + p[j * H + 1] + p[j * H + 2], 1.0, 1e-15);
    want[0] += log(p[j * H]);
    want[1] += log(p[j * H + 1]) + log(p[j * H + 2]);
  }
  hf_dirichlet_sums(&c, at, 5, 3, 0, J, label, row, sum);
  CLOSE(sum[0], want[0], 1e-12 * fabs(want[0]));
  CLOSE(sum[1], want[1], 1e-12 * fabs(want[1]));

  hf_shares shares = {&c, sum};
  hf_target given = {2, hf_shares_eval, &shares, NULL};
  CHECK(given.eval(&given, N, u, lp) == HF_OK);
  for (int i = 0; i < N; i++) {
    double a = x[i], b = x[N + i], total = a + 2.0 * b;
    double log_p = a * sum[0] + b * sum[1] + J * (lgamma(total) - lgamma(a) - 2.0 * lgamma(b));
    CLOSE(lp[i] - prior[i], log_p, 1e-9 * (1.0 + fabs(log_p)));
  }
  return report();
}
