// Rows of float32 numbers. Written with vectors of 16, which the compiler maps to what the processor has.
#pragma once

#include <cstdint>

namespace onednn {

// Each of these takes a multiple of 16 numbers.

float largest(const float * numbers, int64_t count, float so_far);

// e^(number - top), within a unit of the last place of a float32; 0 for -infinity. Returns the sum.
float exponentials(const float * numbers, float * to, int64_t count, float top);
float exponentials(const float * numbers, uint16_t * to, int64_t count, float top);

// Each number times a factor.
void scaled(const float * numbers, float * to, int64_t count, float factor);
void scaled(const float * numbers, uint16_t * to, int64_t count, float factor);

// gate / (1 + e^-gate) * up.
void swiglu(const float * gate, const float * up, float * to, int64_t count);

// From float16.
void widened(const uint16_t * numbers, float * to, int64_t count);

}  // namespace onednn
