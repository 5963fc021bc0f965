// The update of parameters: what every replica must compute with the same bits, on whatever processor.
//
// All of it is + - * / and the square root of IEEE 754 in single precision, rounded to nearest, each number by itself, in
// the order in which the formulas are written: vectors of any width, and any division into ranges, give the same bits.
// Nothing is contracted to a fused operation. It is C because its compiler makes vectors of these loops, which Swift's
// does not while squareRoot() reports its errors.

#ifndef CHAOS_CUPDATE_H
#define CHAOS_CUPDATE_H

#include <stddef.h>
#include <stdint.h>

/// The greatest exponent of some numbers, as the bits of the power of two that it is: `CHAOS_INFINITE` if one of them is
/// infinite or none; 0: all are below the least normal number.
typedef uint32_t chaos_exponent;
#define CHAOS_INFINITE 0x7F800000u

/// One step of stochastic gradient descent:
///     g = scale * sum + penalty * p;  v = momentum * v + g;  p = p - rate * (own * g + ahead * v)
/// Nesterov's step has own = 1 and ahead = momentum, the plain one own = 0 and ahead = 1.
struct chaos_sgd {
    float scale, penalty, momentum, own, ahead, rate;
};

/// One step of Adam or AdamW:
///     g = scale * sum + penalty * p;  m = beta1 * m + rest1 * g;  v = beta2 * v + rest2 * (g * g)
///     p = keep * p - (step * m) / (sqrt(v) * root + epsilon)
/// One division and one root for each parameter.
struct chaos_adam {
    float scale, penalty, beta1, rest1, beta2, rest2, keep, step, root, epsilon;
};

// Each returns the greatest exponent of what it has made.

/// Updates `count` parameters without moments: v is g. The arrays of each of the three do not overlap.
chaos_exponent chaos_update_plain(float *parameters, const float *sum, size_t count, const struct chaos_sgd *with);

/// Updates `count` parameters and their velocities.
chaos_exponent chaos_update_momentum(
    float *parameters, float *velocities, const float *sum, size_t count, const struct chaos_sgd *with);

/// Updates `count` parameters and their first and second moments.
chaos_exponent chaos_update_adam(
    float *parameters, float *first, float *second, const float *sum, size_t count, const struct chaos_adam *with);

/// The greatest exponent of `count` numbers.
chaos_exponent chaos_greatest_exponent(const float *numbers, size_t count);

/// How many numbers of a vector are added up together in `chaos_sum_of_squares`: ranges that begin at multiples of it may
/// be computed apart, if their sums are then added in their order.
#define CHAOS_SQUARES_BLOCK 65536

/// The sum of the squares in double precision: block by block, within a block in eight sums of which number i goes to
/// number i modulo 8, and these from the first to the last. Not finite if and only if one of the numbers is not.
double chaos_sum_of_squares(const float *numbers, size_t count);

#endif
