/* conjugate/pairs.h: read twice, once for the bodies and once for the table. One line a pair of counts. */
#include "conjugate/binomial_beta.h"
#include "conjugate/poisson_gamma.h"
