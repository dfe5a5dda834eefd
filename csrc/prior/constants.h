/* prior/constants.h: the constants of the priors, to more digits than a double holds. */
#ifndef HF_PRIOR_CONSTANTS_H
#define HF_PRIOR_CONSTANTS_H

#define HF_HALF_LOG_2PI 0.918938533204672741780329736406     /* log(2 pi) / 2 */
#define HF_HALF_LOG_2_OVER_PI -0.225791352644727432363097615 /* log(2 / pi) / 2 */
#define HF_LOG_2_OVER_PI -0.451582705289454864726195229894   /* log(2 / pi) */
#define HF_LOG_2 0.693147180559945309417232121458            /* log 2 */
#define HF_OUTSIDE (-__builtin_inf())                        /* log density outside the support */
#define HF_LARGEST 1.7976931348623157e308                    /* the largest double */

#endif
