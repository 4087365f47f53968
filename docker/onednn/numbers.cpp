#include "numbers.h"

#include <immintrin.h>

#include <cmath>
#include <cstring>

namespace onednn {

namespace {

constexpr int64_t LANES = 16;

typedef float floats __attribute__((vector_size(LANES * sizeof(float))));
typedef int32_t ints __attribute__((vector_size(LANES * sizeof(int32_t))));
typedef uint32_t bits __attribute__((vector_size(LANES * sizeof(uint32_t))));
typedef uint16_t halves __attribute__((vector_size(LANES * sizeof(uint16_t))));

// Compiled for each of these processors, and chosen when the library is loaded.
#define FOR_EACH_PROCESSOR __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#define INLINE inline __attribute__((always_inline))

INLINE void load(floats & numbers, const float * from) {
    std::memcpy(&numbers, from, sizeof(numbers));
}

INLINE void store(const floats & numbers, float * to) {
    std::memcpy(to, &numbers, sizeof(numbers));
}

// To the nearest bfloat16.
INLINE void store(const floats & numbers, uint16_t * to) {
    const halves upper = __builtin_convertvector(((bits) numbers + 0x8000) >> 16, halves);
    std::memcpy(to, &upper, sizeof(upper));
}

// 2^x for x <= 0: 2^turns, and for what is left a polynomial (its series; within 3e-7).
INLINE void power_of_two(floats & x) {
    const floats lowest = floats{} - 126.0f;
    const floats bounded = x > lowest ? x : lowest;
    const ints turns = __builtin_convertvector(bounded - 0.5f, ints);
    const floats rest = bounded - __builtin_convertvector(turns, floats);
    floats power = rest * 1.5403530e-4f + 1.3333558e-3f;
    power = power * rest + 9.6181291e-3f;
    power = power * rest + 5.5504109e-2f;
    power = power * rest + 2.4022651e-1f;
    power = power * rest + 6.9314718e-1f;
    power = power * rest + 1.0f;
    const floats scale = (floats) ((turns + 127) << 23);
    x = x > lowest ? power * scale : floats{};
}

template <typename Number>
INLINE float all_powers(const float * numbers, Number * to, int64_t count, float top) {
    floats sum = {};
    for (int64_t i = 0; i < count; i += LANES) {
        floats x;
        load(x, numbers + i);
        x -= top;
        power_of_two(x);
        store(x, to + i);
        sum += x;
    }
    float total = 0.0f;
    for (int64_t i = 0; i < LANES; i++) {
        total += sum[i];
    }
    return total;
}

template <typename Number>
INLINE void all_scaled(const float * numbers, Number * to, int64_t count, float factor) {
    for (int64_t i = 0; i < count; i += LANES) {
        floats x;
        load(x, numbers + i);
        store(x * factor, to + i);
    }
}

}  // namespace

FOR_EACH_PROCESSOR float largest(const float * numbers, int64_t count, float so_far) {
    // Two, since each waits for the comparison before.
    floats most = floats{} + so_far;
    floats others = most;
    int64_t i = 0;
    for (; i + 2 * LANES <= count; i += 2 * LANES) {
        floats x, y;
        load(x, numbers + i);
        load(y, numbers + i + LANES);
        most = x > most ? x : most;
        others = y > others ? y : others;
    }
    if (i < count) {
        floats x;
        load(x, numbers + i);
        most = x > most ? x : most;
    }
    most = others > most ? others : most;
    for (int64_t lane = 0; lane < LANES; lane++) {
        so_far = most[lane] > so_far ? most[lane] : so_far;
    }
    return so_far;
}

FOR_EACH_PROCESSOR float powers_of_two(const float * numbers, float * to, int64_t count, float top) {
    return all_powers(numbers, to, count, top);
}

FOR_EACH_PROCESSOR float powers_of_two(const float * numbers, uint16_t * to, int64_t count, float top) {
    return all_powers(numbers, to, count, top);
}

FOR_EACH_PROCESSOR void scaled(const float * numbers, float * to, int64_t count, float factor) {
    all_scaled(numbers, to, count, factor);
}

FOR_EACH_PROCESSOR void scaled(const float * numbers, uint16_t * to, int64_t count, float factor) {
    all_scaled(numbers, to, count, factor);
}

FOR_EACH_PROCESSOR void swiglu(const float * gate, const float * up, float * to, int64_t count) {
    for (int64_t i = 0; i < count; i += LANES) {
        floats x, y;
        load(x, gate + i);
        load(y, up + i);
        // Of the two forms, the one whose power is at most 1.
        floats power = (x > 0.0f ? -x : x) * LOG2_E;
        power_of_two(power);
        store((x > 0.0f ? x : x * power) / (1.0f + power) * y, to + i);
    }
}

FOR_EACH_PROCESSOR void sums(const float * left, const float * right, float * to, int64_t count) {
    for (int64_t i = 0; i < count; i += LANES) {
        floats x, y;
        load(x, left + i);
        load(y, right + i);
        store(x + y, to + i);
    }
}

FOR_EACH_PROCESSOR void products_of(const float * left, const float * right, float * to, int64_t count) {
    for (int64_t i = 0; i < count; i += LANES) {
        floats x, y;
        load(x, left + i);
        load(y, right + i);
        store(x * y, to + i);
    }
}

FOR_EACH_PROCESSOR void normalised(const float * numbers, const float * weight, float * to, int64_t count,
                                   float epsilon) {
    floats squares = {};
    for (int64_t i = 0; i < count; i += LANES) {
        floats x;
        load(x, numbers + i);
        squares += x * x;
    }
    float sum = 0.0f;
    for (int64_t lane = 0; lane < LANES; lane++) {
        sum += squares[lane];
    }
    const float factor = 1.0f / std::sqrt(sum / float(count) + epsilon);
    for (int64_t i = 0; i < count; i += LANES) {
        floats x, by;
        load(x, numbers + i);
        load(by, weight + i);
        store(x * factor * by, to + i);
    }
}

FOR_EACH_PROCESSOR void rotated(const float * numbers, const float * turns, float * to, int64_t pairs) {
    for (int64_t i = 0; i < pairs; i += LANES) {
        floats x, y, cosine, sine;
        load(x, numbers + i);
        load(y, numbers + pairs + i);
        load(cosine, turns + i);
        load(sine, turns + pairs + i);
        store(x * cosine - y * sine, to + i);
        store(x * sine + y * cosine, to + pairs + i);
    }
}

__attribute__((target("avx,f16c"))) void narrowed(const float * numbers, uint16_t * to, int64_t count) {
    for (int64_t i = 0; i < count; i += 8) {
        _mm_storeu_si128(reinterpret_cast<__m128i *>(to + i), _mm256_cvtps_ph(_mm256_loadu_ps(numbers + i), 0));
    }
}

__attribute__((target("avx,f16c"))) void widened(const uint16_t * numbers, float * to, int64_t count) {
    for (int64_t i = 0; i < count; i += 8) {
        _mm256_storeu_ps(to + i, _mm256_cvtph_ps(_mm_loadu_si128(reinterpret_cast<const __m128i *>(numbers + i))));
    }
}

}  // namespace onednn
