/* phi/chain.c: independence Metropolis-Hastings,
 *   (1) accept z' over z with probability min(1, p(z') q(z) / (p(z) q(z'))).
 * Proposals are functions of (seed, chain, sweep), so they are made and evaluated many at a time.
 * Source: Tierney (1994), Annals of Statistics 22(4). */
#include "phi.h"

#include "hfmath.h"
#include "rng.h"

int hf_independence(const hf_target *t, const hf_proposal *p, uint64_t seed, uint32_t chain,
                    uint32_t first, int n, double *z, double *lp, double *path, int64_t *moved) {
  double point[HF_MAX_PHI * HF_TILE], lq[HF_TILE], to[HF_TILE], u[HF_TILE], q0;
  uint64_t draw = hf_key(seed, chain, 0, HF_SITE_PROPOSAL);
  uint64_t accept = hf_key(seed, chain, 0, HF_SITE_ACCEPT);
  int d = t->d;
  hf_proposal_density(p, 1, z, &q0);
  for (int lo = 0; lo < n; lo += HF_TILE) {
    int w = n - lo < HF_TILE ? n - lo : HF_TILE;
    hf_propose(p, draw, first + (uint32_t)lo, w, point, lq);
    int status = t->eval(t, w, point, to);
    if (status) return status;
    for (int i = 0; i < w; i++) u[i] = hf_uniform(accept, 0, first + (uint32_t)(lo + i), 0);
    for (int i = 0; i < w; i++) {
      if (hf_log(u[i]) < (to[i] - lq[i]) - (*lp - q0)) {
        for (int k = 0; k < d; k++) z[k] = point[k * w + i];
        *lp = to[i];
        q0 = lq[i];
        ++*moved;
      }
      for (int k = 0; k < d; k++) path[k * n + lo + i] = z[k];
    }
  }
  return HF_OK;
}
