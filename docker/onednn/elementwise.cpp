#include "elementwise.h"

#include "ggml-impl.h"
#include "numbers.h"

#include <algorithm>
#include <cmath>
#include <cstring>

namespace onednn {

namespace {

constexpr int64_t LANES = 16;

float * row(const ggml_tensor * tensor, int64_t index) {
    return reinterpret_cast<float *>(static_cast<char *>(tensor->data) + index * tensor->nb[1]);
}

bool whole_rows(const ggml_tensor * tensor) {
    return tensor->type == GGML_TYPE_F32 && ggml_is_contiguous(tensor) && tensor->ne[0] % LANES == 0;
}

// A weight of one row, which every row is multiplied by.
bool one_row(const ggml_tensor * tensor, int64_t width) {
    return whole_rows(tensor) && tensor->ne[0] == width && ggml_nrows(tensor) == 1;
}

struct rope_parameters {
    int32_t numbers, mode, first;
    float base, scale, extrapolation, factor;

    explicit rope_parameters(const ggml_tensor * op) {
        const int32_t * given = op->op_params;
        numbers = given[1];
        mode = given[2];
        std::memcpy(&base, given + 5, sizeof(base));
        std::memcpy(&scale, given + 6, sizeof(scale));
        std::memcpy(&extrapolation, given + 7, sizeof(extrapolation));
        std::memcpy(&factor, given + 8, sizeof(factor));
        first = given[15];
    }
};

bool supports_rope(const ggml_tensor * op) {
    const rope_parameters by(op);
    const ggml_tensor * from = op->src[0];
    return from->type == GGML_TYPE_F32 && op->type == GGML_TYPE_F32 && from->nb[0] == sizeof(float) &&
           ggml_is_contiguous(op) && from->ne[3] == 1 && !op->src[2] && by.mode == GGML_ROPE_TYPE_NEOX &&
           by.numbers == from->ne[0] && by.numbers % (2 * LANES) == 0 && by.extrapolation == 0.0f && by.first == 0;
}

bool supports_cast(const ggml_tensor * op) {
    const ggml_tensor * from = op->src[0];
    return from->type == GGML_TYPE_F32 && op->type == GGML_TYPE_F16 && from->nb[0] == sizeof(float) &&
           ggml_are_same_shape(from, op) && ggml_is_contiguous(op) && from->ne[0] % LANES == 0 && from->ne[3] == 1;
}

void cast(ggml_tensor * op) {
    const ggml_tensor * from = op->src[0];
    #pragma omp parallel for collapse(2)
    for (int64_t head = 0; head < from->ne[2]; head++) {
        for (int64_t i = 0; i < from->ne[1]; i++) {
            const char * at = static_cast<const char *>(from->data) + i * from->nb[1] + head * from->nb[2];
            char * to = static_cast<char *>(op->data) + i * op->nb[1] + head * op->nb[2];
            narrowed(reinterpret_cast<const float *>(at), reinterpret_cast<uint16_t *>(to), from->ne[0]);
        }
    }
}

bool supports_glu(const ggml_tensor * op) {
    return ggml_get_glu_op(op) == GGML_GLU_OP_SWIGLU && op->src[1] && whole_rows(op->src[0]) && whole_rows(op->src[1]) &&
           whole_rows(op);
}

// Has `work` combine two tensors of one shape into a third, some numbers at a time.
template <typename Work>
void combine(ggml_tensor * op, Work work) {
    const int64_t part = 4096;
    const int64_t count = ggml_nelements(op);
    const auto * left = static_cast<const float *>(op->src[0]->data);
    const auto * right = static_cast<const float *>(op->src[1]->data);
    auto * to = static_cast<float *>(op->data);
    #pragma omp parallel for
    for (int64_t at = 0; at < count; at += part) {
        work(left + at, right + at, to + at, std::min(part, count - at));
    }
}

// RMS_NORM, and the product of its result and a weight.
void normalise(const ggml_tensor * norm, const float * weight, const ggml_tensor * to) {
    float epsilon;
    std::memcpy(&epsilon, norm->op_params, sizeof(epsilon));
    const int64_t rows = ggml_nrows(to);
    #pragma omp parallel for
    for (int64_t i = 0; i < rows; i++) {
        normalised(row(norm->src[0], i), weight, row(to, i), to->ne[0], epsilon);
    }
}

}  // namespace

bool elementwise::supports(const ggml_tensor * op) {
    switch (op->op) {
        case GGML_OP_RMS_NORM:
            return whole_rows(op->src[0]) && whole_rows(op);
        case GGML_OP_MUL:
            return whole_rows(op->src[0]) && one_row(op->src[1], op->ne[0]) && whole_rows(op);
        case GGML_OP_ADD:
            return whole_rows(op->src[0]) && whole_rows(op->src[1]) && ggml_are_same_shape(op->src[0], op->src[1]) &&
                   whole_rows(op);
        case GGML_OP_GLU:
            return supports_glu(op);
        case GGML_OP_ROPE:
            return supports_rope(op);
        case GGML_OP_CPY:
            return supports_cast(op);
        default:
            return false;
    }
}

bool elementwise::norm(const ggml_cgraph * graph, int first) {
    if (!ggml_can_fuse(graph, first, {GGML_OP_RMS_NORM, GGML_OP_MUL})) {
        return false;
    }
    const ggml_tensor * normed = graph->nodes[first];
    const ggml_tensor * multiplied = graph->nodes[first + 1];
    if (multiplied->src[0] != normed) {
        return false;
    }
    normalise(normed, static_cast<const float *>(multiplied->src[1]->data), multiplied);
    return true;
}

void elementwise::compute(ggml_tensor * op) {
    switch (op->op) {
        case GGML_OP_RMS_NORM:
            normalise(op, std::vector<float>(size_t(op->ne[0]), 1.0f).data(), op);
            break;
        case GGML_OP_MUL: {
            const auto * weight = static_cast<const float *>(op->src[1]->data);
            const int64_t rows = ggml_nrows(op);
            #pragma omp parallel for
            for (int64_t i = 0; i < rows; i++) {
                products_of(row(op->src[0], i), weight, row(op, i), op->ne[0]);
            }
            break;
        }
        case GGML_OP_ADD:
            combine(op, sums);
            break;
        case GGML_OP_GLU:
            combine(op, swiglu);
            break;
        case GGML_OP_ROPE:
            rope(op);
            break;
        default:
            cast(op);
    }
}

// As ggml does, so that the same positions give the same numbers.
void elementwise::turn(const ggml_tensor * op) {
    const rope_parameters by(op);
    const ggml_tensor * positions = op->src[1];
    const int64_t pairs = by.numbers / 2;
    const int64_t count = op->ne[2];
    const auto * position = static_cast<const int32_t *>(positions->data);
    const float step = std::pow(by.base, -2.0f / by.numbers);
    turns_.resize(size_t(count * by.numbers));
    #pragma omp parallel for
    for (int64_t i = 0; i < count; i++) {
        float * at = turns_.data() + i * by.numbers;
        float angle = float(position[i]);
        for (int64_t pair = 0; pair < pairs; pair++) {
            at[pair] = std::cos(by.scale * angle) * by.factor;
            at[pairs + pair] = std::sin(by.scale * angle) * by.factor;
            angle *= step;
        }
    }
    turned_ = positions;
}

void elementwise::rope(ggml_tensor * op) {
    if (turned_ != op->src[1]) {
        turn(op);
    }
    const ggml_tensor * from = op->src[0];
    const int64_t width = op->ne[0];
    #pragma omp parallel for
    for (int64_t i = 0; i < op->ne[2]; i++) {
        const float * turns = turns_.data() + i * width;
        for (int64_t head = 0; head < op->ne[1]; head++) {
            const char * at = static_cast<const char *>(from->data) + i * from->nb[2] + head * from->nb[1];
            char * to = static_cast<char *>(op->data) + i * op->nb[2] + head * op->nb[1];
            rotated(reinterpret_cast<const float *>(at), turns, reinterpret_cast<float *>(to), width / 2);
        }
    }
}

}  // namespace onednn
