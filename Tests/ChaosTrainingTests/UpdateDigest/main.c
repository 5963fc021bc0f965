// Makes 10 updates of each kind from numbers of all sizes and prints a digest of all bits: the same on every processor,
// whatever the compiler and its flags.
#include "CUpdate.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

// No multiple of any vector's length.
enum { count = 100003 };

static uint64_t state = 20261127;

static uint32_t next(void) {
    state = state * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(state >> 32);
}

// From the subnormal to the large, of either sign, and zeros.
static float number(int least, int most) {
    uint32_t u = next();
    if (u % 64 == 0) return u % 128 == 0 ? -0.0f : 0.0f;
    uint32_t exponent = (uint32_t)(least + (int)(next() % (uint32_t)(most - least)));
    uint32_t bits = (u & 0x80000000u) | exponent << 23 | (next() & 0x7FFFFFu);
    float x;
    memcpy(&x, &bits, sizeof x);
    return x;
}

static uint64_t digest = 14695981039346656037u;

static void add(const void *bytes, size_t length) {
    for (size_t i = 0; i < length; i++) digest = (digest ^ ((const unsigned char *)bytes)[i]) * 1099511628211u;
}

static float p[count], m[count], v[count], sum[count];

int main(void) {
    for (size_t i = 0; i < count; i++) {
        p[i] = number(0, 140);
        m[i] = number(0, 130);
        v[i] = number(0, 130);
        v[i] = v[i] < 0 ? -v[i] : v[i];
    }
    for (int step = 0; step < 10; step++) {
        for (size_t i = 0; i < count; i++) sum[i] = number(0, 150);
        struct chaos_adam adam = {
            0.03125f, 0.01f, 0.9f, 0.1f, 0.999f, 0.001f, 0.99999f, 0.0123f, 1.25f, 1e-8f};
        struct chaos_sgd momentum = {0.1f, 0.001f, 0.9f, 1.0f, 0.9f, 0.003f};
        if (chaos_update_adam(p, m, v, sum, count, &adam) == CHAOS_INFINITE) return 1;
        if (chaos_update_momentum(p, m, sum, count, &momentum) == CHAOS_INFINITE) return 1;
        if (chaos_update_plain(p, sum, count, &momentum) == CHAOS_INFINITE) return 1;
        double squares = chaos_sum_of_squares(sum, count);
        add(&squares, sizeof squares);
    }
    add(p, sizeof p);
    add(m, sizeof m);
    add(v, sizeof v);
    printf("%016" PRIx64 "\n", digest);
    return 0;
}
