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

static inline chaos_exponent exponent(float x) {
    uint32_t bits;
    memcpy(&bits, &x, sizeof bits);
    return bits & CHAOS_INFINITE;
}

static inline chaos_exponent greater(chaos_exponent x, chaos_exponent y) { return x > y ? x : y; }

// Built for vectors of eight numbers besides, and chosen when the program starts. The bits are the same. Not under a
// sanitizer, whose runtime would not be there yet when the choice is made.
#if !defined(WIDE)
#if defined(__clang__) && defined(__x86_64__) && defined(__linux__) && !defined(__AVX2__)
#if !__has_feature(address_sanitizer) && !__has_feature(thread_sanitizer)
#define WIDE __attribute__((target_clones("default", "avx2")))
#endif
#endif
#endif
#if !defined(WIDE)
#define WIDE
#endif

WIDE chaos_exponent chaos_update_plain(
    float *restrict p, const float *restrict sum, size_t count, const struct chaos_sgd *with) {
    const struct chaos_sgd c = *with;
    chaos_exponent result = 0;
    for (size_t i = 0; i < count; i++) {
        float g = c.scale * sum[i] + c.penalty * p[i];
        p[i] = p[i] - c.rate * g;
        result = greater(result, exponent(p[i]));
    }
    return result;
}

WIDE chaos_exponent chaos_update_momentum(
    float *restrict p, float *restrict v, const float *restrict sum, size_t count, const struct chaos_sgd *with) {
    const struct chaos_sgd c = *with;
    chaos_exponent result = 0;
    for (size_t i = 0; i < count; i++) {
        float g = c.scale * sum[i] + c.penalty * p[i];
        v[i] = c.momentum * v[i] + g;
        p[i] = p[i] - c.rate * (c.own * g + c.ahead * v[i]);
        result = greater(result, greater(exponent(p[i]), exponent(v[i])));
    }
    return result;
}

WIDE chaos_exponent chaos_update_adam(
    float *restrict p, float *restrict m, float *restrict v, const float *restrict sum, size_t count,
    const struct chaos_adam *with) {
    const struct chaos_adam c = *with;
    chaos_exponent result = 0;
    for (size_t i = 0; i < count; i++) {
        float g = c.scale * sum[i] + c.penalty * p[i];
        m[i] = c.beta1 * m[i] + c.rest1 * g;
        v[i] = c.beta2 * v[i] + c.rest2 * (g * g);
        p[i] = c.keep * p[i] - (c.step * m[i]) / (ROOT(v[i]) * c.root + c.epsilon);
        result = greater(result, greater(exponent(p[i]), greater(exponent(m[i]), exponent(v[i]))));
    }
    return result;
}

WIDE chaos_exponent chaos_greatest_exponent(const float *numbers, size_t count) {
    chaos_exponent greatest = 0;
    for (size_t i = 0; i < count; i++) greatest = greater(greatest, exponent(numbers[i]));
    return greatest;
}

WIDE double chaos_sum_of_squares(const float *numbers, size_t count) {
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
