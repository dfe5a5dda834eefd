/* theta/rows.h: the likelihood of a group, whose rows may not add up to one set of statistics:
 *   (1) log p(y_j | theta_j) = sum of the group's terms of a likelihood's log density,
 * terms `first`, ..., `first` + `count` - 1 of the columns of an hf_integral, or a single one whose
 * statistics stand in the columns of the group. */
#ifndef HF_THETA_ROWS_H
#define HF_THETA_ROWS_H

#include "hf.h"
#include "kernels.h"

/* Columns that a group has: those of a single term, or where its terms begin and how many they are. */
static inline int hf_n_stat(const hf_integral *q) {
  return q->has_terms ? 2 : q->likelihood->n_stat;
}

/* (1) of one group, whose columns have one value each, at n effects; whether the likelihood could. */
static inline int hf_group_eval(const hf_integral *q, int n, const double *theta,
                                const hf_col *stat, const hf_col *par, double *f) {
  const double *term[HF_MAX_STAT];
  double value[HF_MAX_CUT];
  for (int s = 0; s < q->likelihood->n_stat; s++) term[s] = q->term[s] + (int64_t)stat[0].p[0];
  for (int a = 0; a < q->likelihood->n_par; a++) value[a] = par[a].p[0];
  return q->likelihood->rows(n, theta, (int64_t)stat[1].p[0], term, value, f);
}

/* (1) and two derivatives where they are wanted, at n <= HF_TILE groups. */
static inline int hf_rows_eval(const hf_integral *q, int n, const double *theta, const hf_col *stat,
                               const hf_col *par, double *f, double *d1, double *d2) {
  double term[HF_MAX_STAT][HF_TILE], g[HF_TILE], g1[HF_TILE], g2[HF_TILE], most = 0.0;
  hf_col column[HF_MAX_STAT];
  if (!q->has_terms) return q->likelihood->eval(n, theta, stat, par, q->user, f, d1, d2);
  if (!d1 && q->likelihood->rows && stat[0].stride == 0 && hf_group_eval(q, n, theta, stat, par, f))
    return HF_OK;
  for (int s = 0; s < q->likelihood->n_stat; s++) column[s] = (hf_col){term[s], 1};
  for (int i = 0; i < n; i++) {
    double count = stat[1].p[i * stat[1].stride];
    most = count > most ? count : most;
    f[i] = 0.0;
    if (d1) d1[i] = d2[i] = 0.0;
  }
  for (int64_t k = 0; (double)k < most; k++) {
    for (int i = 0; i < n; i++) {
      int64_t first = (int64_t)stat[0].p[i * stat[0].stride];
      int has = (double)k < stat[1].p[i * stat[1].stride];
      for (int s = 0; s < q->likelihood->n_stat; s++)
        term[s][i] = q->term[s][first + (has ? k : 0)];
    }
    int status =
        q->likelihood->eval(n, theta, column, par, q->user, g, d1 ? g1 : NULL, d2 ? g2 : NULL);
    if (status) return status;
    for (int i = 0; i < n; i++) {
      int has = (double)k < stat[1].p[i * stat[1].stride];
      f[i] += has ? g[i] : 0.0;
      if (d1) d1[i] += has ? g1[i] : 0.0;
      if (d2) d2[i] += has ? g2[i] : 0.0;
    }
  }
  return HF_OK;
}
#endif
