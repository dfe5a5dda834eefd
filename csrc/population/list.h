/* population/list.h: read twice, once for the bodies and once for the table. One line a population. */
#include "population/normal.h"
