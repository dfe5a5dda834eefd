/* prior/flat.h: Flat(), x anywhere in the support of the parameter it is the prior of; improper.
 *   (1) log p(x) = 0
 * Twin: hierfast/distributions/flat.py. Source: Gelman et al., BDA3, section 2.8. */
#ifdef HF_BODY
static int HF_NAME(prior_flat)(int n, const double *x, const hf_col *par, double *lp) {
  (void)par;
  for (int i = 0; i < n; i++) lp[i] = __builtin_fabs(x[i]) <= HF_LARGEST ? 0.0 : HF_OUTSIDE;
  return HF_OK;
}
#else
{"Flat", 0, HF_NAME(prior_flat)},
#endif
