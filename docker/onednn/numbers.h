// Rows of float32 numbers. Written with vectors of 16, which the compiler maps to what the processor has.
#pragma once

#include <cstdint>

namespace onednn {

// Each of these takes a multiple of 16 numbers.

float largest(const float * numbers, int64_t count, float so_far);

// Times this, a number is the power of 2 that gives e to that number.
constexpr float LOG2_E = 1.44269504f;

// 2^(number - top), where top is at least the number; 0 for -infinity. Returns the sum.
float powers_of_two(const float * numbers, float * to, int64_t count, float top);
float powers_of_two(const float * numbers, uint16_t * to, int64_t count, float top);

// Each number times a factor.
void scaled(const float * numbers, float * to, int64_t count, float factor);
void scaled(const float * numbers, uint16_t * to, int64_t count, float factor);

// gate / (1 + e^-gate) * up.
void swiglu(const float * gate, const float * up, float * to, int64_t count);

// To and from float16.
void narrowed(const float * numbers, uint16_t * to, int64_t count);
void widened(const uint16_t * numbers, float * to, int64_t count);

void sums(const float * left, const float * right, float * to, int64_t count);
void products_of(const float * left, const float * right, float * to, int64_t count);

// Divided by the root of their mean square, and multiplied by a weight.
void normalised(const float * numbers, const float * weight, float * to, int64_t count, float epsilon);

// Pairs of the first and the second half, each turned by an angle: `turns` has the cosines and then the sines.
void rotated(const float * numbers, const float * turns, float * to, int64_t pairs);

}  // namespace onednn
