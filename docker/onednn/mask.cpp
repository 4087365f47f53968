#include "mask.h"

#include "ggml-impl.h"
#include "numbers.h"
#include "tile_products.h"

#include <algorithm>
#include <cmath>

namespace onednn {

namespace {

constexpr ggml_fp16_t MINUS_INFINITY = 0xfc00;

const ggml_fp16_t * mask_row(const ggml_tensor * mask, int64_t query) {
    return reinterpret_cast<const ggml_fp16_t *>(static_cast<const char *>(mask->data) + query * mask->nb[1]);
}

}  // namespace

char seen(const ggml_tensor * mask, int64_t first_query, int64_t queries, int64_t first_key, int64_t keys) {
    if (!mask) {
        return keys == TILE ? ALL : PART;
    }
    uint16_t changed = 0;
    uint16_t shown = 0;
    for (int64_t i = 0; i < queries; i++) {
        const ggml_fp16_t * at = mask_row(mask, first_query + i) + first_key;
        for (int64_t j = 0; j < keys; j++) {
            changed |= at[j];
            shown |= uint16_t(at[j] != MINUS_INFINITY);
        }
    }
    return !shown ? NOTHING : changed == 0 && keys == TILE ? ALL : PART;
}

void add_mask(float * scores, const ggml_tensor * mask, int64_t query, int64_t first_key, int64_t keys) {
    if (mask) {
        const ggml_fp16_t * at = mask_row(mask, query) + first_key;
        for (int64_t j = 0; j < keys; j++) {
            scores[j] += GGML_FP16_TO_FP32(at[j]) * LOG2_E;
        }
    }
    std::fill(scores + keys, scores + TILE, -INFINITY);
}

}  // namespace onednn
