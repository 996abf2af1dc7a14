/* check: NaN-safe comparisons for CMocka tests (its assert_float_equal passes on NaN and has no
 * double version). Every macro prints both numbers, where, and fails on NaN. */
#ifndef HMMGRID_TEST_CHECK_H
#define HMMGRID_TEST_CHECK_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <math.h>

#define check_near(actual, expected, tolerance)                                                    \
    do {                                                                                           \
        double a_ = (actual), e_ = (expected), t_ = (tolerance);                                   \
        if (!(fabs(a_ - e_) <= t_))                                                                \
            fail_msg("%s = %.17g, expected %.17g within %.3g", #actual, a_, e_, t_);               \
    } while (0)

#define check_relative(actual, expected, tolerance)                                                \
    do {                                                                                           \
        double a_ = (actual), e_ = (expected), t_ = (tolerance);                                   \
        if (!(fabs(a_ - e_) <= t_ * fabs(e_)))                                                     \
            fail_msg("%s = %.17g, expected %.17g within %.3g relative", #actual, a_, e_, t_);      \
    } while (0)

#define check_ok(call, st)                                                                         \
    do {                                                                                           \
        int code_ = (call);                                                                        \
        if (code_ != 0) fail_msg("%s returned %d: %s", #call, code_, (st)->text);                  \
    } while (0)

#define check_code(call, code, st)                                                                 \
    do {                                                                                           \
        int code_ = (call);                                                                        \
        if (code_ != (code))                                                                       \
            fail_msg("%s returned %d, expected %d: %s", #call, code_, (code), (st)->text);         \
    } while (0)

#endif
