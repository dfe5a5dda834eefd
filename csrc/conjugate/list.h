/* conjugate/list.h: pairs of a likelihood and a population with closed forms; bodies only. */
#include "conjugate/count_marginals.h"
#include "conjugate/normal.h"
#include "conjugate/normal_above.h"
#include "conjugate/normal_marginal.h"
#include "conjugate/normal_sweep.h"
#include "conjugate/normal_read.h"
