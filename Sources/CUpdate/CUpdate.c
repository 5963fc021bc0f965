#include "CUpdate.h"

#include <stdint.h>
#include <string.h>

// Where a processor has an operation for it, a * b + c would be rounded once instead of twice. Other compilers need
// -ffp-contract=off.
#ifdef __clang__
#pragma STDC FP_CONTRACT OFF
#endif

#if defined(__FAST_MATH__)
#error "replicas would differ: these formulas must be computed as they are written"
#endif
#if __FLT_EVAL_METHOD__ != 0
#error "replicas would differ: numbers of single precision must be computed in single precision"
#endif

// The root without errno, which would keep the loop from becoming one over vectors.
#if defined(__has_builtin) && __has_builtin(__builtin_elementwise_sqrt)
#define ROOT(x) __builtin_elementwise_sqrt(x)
#else
#define ROOT(x) __builtin_sqrtf(x)
#endif

// All exponent bits, if the number is infinite or none; the bits of several numbers may be looked at by their greatest.
static inline uint32_t exponent(float x) {
    uint32_t bits;
    memcpy(&bits, &x, sizeof bits);
    return bits & 0x7F800000u;
}

static inline uint32_t greater(uint32_t x, uint32_t y) { return x > y ? x : y; }

static bool all_finite(uint32_t greatest) { return greatest != 0x7F800000u; }

bool chaos_update_plain(float *restrict p, const float *restrict sum, size_t count, const struct chaos_sgd *with) {
    const struct chaos_sgd c = *with;
    uint32_t greatest = 0;
    for (size_t i = 0; i < count; i++) {
        float g = c.scale * sum[i] + c.penalty * p[i];
        p[i] = p[i] - c.rate * g;
        greatest = greater(greatest, exponent(p[i]));
    }
    return all_finite(greatest);
}

bool chaos_update_momentum(
    float *restrict p, float *restrict v, const float *restrict sum, size_t count, const struct chaos_sgd *with) {
    const struct chaos_sgd c = *with;
    uint32_t greatest = 0;
    for (size_t i = 0; i < count; i++) {
        float g = c.scale * sum[i] + c.penalty * p[i];
        v[i] = c.momentum * v[i] + g;
        p[i] = p[i] - c.rate * (c.own * g + c.ahead * v[i]);
        greatest = greater(greatest, greater(exponent(p[i]), exponent(v[i])));
    }
    return all_finite(greatest);
}

bool chaos_update_adam(
    float *restrict p, float *restrict m, float *restrict v, const float *restrict sum, size_t count,
    const struct chaos_adam *with) {
    const struct chaos_adam c = *with;
    uint32_t greatest = 0;
    for (size_t i = 0; i < count; i++) {
        float g = c.scale * sum[i] + c.penalty * p[i];
        m[i] = c.beta1 * m[i] + c.rest1 * g;
        v[i] = c.beta2 * v[i] + c.rest2 * (g * g);
        p[i] = c.keep * p[i] - (c.step * m[i]) / (ROOT(v[i]) * c.root + c.epsilon);
        greatest = greater(greatest, greater(exponent(p[i]), greater(exponent(m[i]), exponent(v[i]))));
    }
    return all_finite(greatest);
}

double chaos_sum_of_squares(const float *numbers, size_t count) {
    double total = 0;
    for (size_t start = 0; start < count; start += CHAOS_SQUARES_BLOCK) {
        size_t end = count - start < CHAOS_SQUARES_BLOCK ? count : start + CHAOS_SQUARES_BLOCK;
        double sums[8] = {0};
        size_t i = start;
        for (; i + 8 <= end; i += 8) {
            for (int lane = 0; lane < 8; lane++) {
                double x = numbers[i + lane];
                sums[lane] += x * x;
            }
        }
        for (; i < end; i++) sums[i % 8] += (double)numbers[i] * (double)numbers[i];
        for (int lane = 0; lane < 8; lane++) total += sums[lane];
    }
    return total;
}
