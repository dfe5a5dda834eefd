/* test_threads.c: chains on threads of their own share a plan and a stop flag, and nothing else; run
 * under the thread sanitizer by tests/sanitize.sh. The draws are those of the chains one by one. */
#include "check.h"
#include "run.h"

#include <pthread.h>
#include <string.h>

enum { J = 20000, CHAINS = 4, SWEEPS = 40 };

static double p[J], y[J];
static double path[2][CHAINS][2 * SWEEPS], leaf[CHAINS][8 * HF_SUMS];
static hf_hyper hyper;
static hf_plan plan;
static hf_conditional conditional;
static volatile int stop;
static int round_;

static void *chain(void *which) {
  int c = (int)(intptr_t)which, done;
  hf_state s = {.chain = (uint32_t)c, .leaf = leaf[c], .stop = &stop, .conditional = conditional};
  s.conditional.hyper = &hyper;
  for (uint32_t sweep = 1; sweep <= SWEEPS; sweep++)
    if (hf_run(&plan, &s, sweep, 1, &done, path[round_][c] + 2 * (sweep - 1))) return which;
  return NULL;
}

static void set_up(void) {
  double squares = 0.0, sum = 0.0;
  for (int j = 0; j < J; j++) {
    p[j] = 1 + j % 5;
    y[j] = (j * 37 % 1000) / 250.0 - 2.0;
    sum += p[j] * y[j];
    squares += p[j] * y[j] * y[j];
    conditional.p_sum += p[j];
  }
  conditional.py_sum = sum;
  conditional.pyy_sum = squares;
  conditional.kernels = plan.kernels = hf_kernels(0);
  conditional.n_group = J;
  conditional.n_row = conditional.p_sum;
  conditional.noise = (hf_arg){-1, HF_AS_IS, 1.0, -1, 0.0};
  hyper.n_node = 2;
  hyper.skip = -1;
  for (int i = 0; i < plan.kernels->n_prior; i++) {
    if (!strcmp(plan.kernels->prior[i].name, "Normal")) hyper.node[0].prior = i;
    if (!strcmp(plan.kernels->prior[i].name, "HalfNormal")) hyper.node[1].prior = i;
  }
  hyper.node[0].par[0] = (hf_arg){-1, HF_AS_IS, 0.0, -1, 0.0};
  hyper.node[0].par[1] = hyper.node[1].par[0] = (hf_arg){-1, HF_AS_IS, 5.0, -1, 0.0};
  hyper.node[1].support = HF_POSITIVE;
  conditional.hyper = &hyper;
  conditional.loc = (hf_arg){0, HF_AS_IS, 0.0, -1, 0.0};
  conditional.scale = (hf_arg){1, HF_AS_IS, 0.0, -1, 0.0};
  plan.seed = 5;
  plan.target = (hf_target){2, hf_conditional_eval, &conditional, NULL};
  plan.n_group = J;
  plan.p = p;
  plan.ybar = y;
  plan.n_block = 3;
  plan.block[0].run = hf_block_theta;
  plan.block[1].run = hf_block_centred;
  plan.block[2].run = hf_block_noncentred;
}

int main(void) {
  pthread_t thread[CHAINS];
  set_up();
  CHECK(hf_leaves(J) <= 8);
  for (int c = 0; c < CHAINS; c++) CHECK(chain((void *)(intptr_t)c) == NULL);
  round_ = 1;
  for (int c = 0; c < CHAINS; c++)
    CHECK(pthread_create(&thread[c], NULL, chain, (void *)(intptr_t)c) == 0);
  for (int c = 0; c < CHAINS; c++) {
    void *failed;
    pthread_join(thread[c], &failed);
    CHECK(failed == NULL);
  }
  CHECK(memcmp(path[0], path[1], sizeof path[0]) == 0);
  for (int c = 0; c < CHAINS; c++)
    CHECK(pthread_create(&thread[c], NULL, chain, (void *)(intptr_t)c) == 0);
  __atomic_store_n(&stop, 1, __ATOMIC_RELAXED);
  for (int c = 0; c < CHAINS; c++) pthread_join(thread[c], NULL);
  CHECK(memcmp(path[0][0], path[0][1], sizeof path[0][0]) != 0);
  return report();
}
