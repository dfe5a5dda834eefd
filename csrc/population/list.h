/* population/list.h: read twice, once for the bodies and once for the table. One line a population. */
#include "population/beta.h"
#include "population/gamma.h"
#include "population/inverse_gamma.h"
#include "population/logistic.h"
#include "population/normal.h"
#include "population/scaled_inverse_chi2.h"
#include "population/student_t.h"
#include "population/truncated_normal.h"
