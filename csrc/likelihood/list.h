/* likelihood/list.h: read twice, once for the bodies and once for the table. One line a likelihood. */
#include "likelihood/binomial.h"
#include "likelihood/binomial_cloglog.h"
#include "likelihood/binomial_probit.h"
#include "likelihood/gamma.h"
#include "likelihood/negative_binomial.h"
#include "likelihood/normal.h"
#include "likelihood/poisson.h"
#include "likelihood/weibull.h"
