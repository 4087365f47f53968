// The mask of attention: float16, 0 where a query sees a key and minus infinity where it does not.
#pragma once

#include <cstdint>

struct ggml_tensor;

namespace onednn {

// What the mask lets a tile of queries see of a tile of keys.
enum : char { NOTHING, PART, ALL };

// What `queries` from `first_query` on see of `keys` from `first_key` on, at most a tile of each.
char seen(const ggml_tensor * mask, int64_t first_query, int64_t queries, int64_t first_key, int64_t keys);

// Adds the mask, as powers of 2, to a row of a tile of scores; what lies behind the last key is hidden.
void add_mask(float * scores, const ggml_tensor * mask, int64_t query, int64_t first_key, int64_t keys);

}  // namespace onednn
