// Attention over the keys that a mask lets a query see, as embedding models have it.
//
// Queries, keys and values are taken in tiles of 64 rows. A tile of scores is one product, and the values that it weighs
// are another; between them lies the softmax, in float32. Texts of one batch lie one after the other, so most tiles
// join two texts, and what no query sees is not computed.

#include "onednn.h"

#include "ggml-impl.h"

#include <immintrin.h>
#include <omp.h>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <cstring>

namespace onednn {

using dnnl::memory;

namespace {

constexpr int64_t TILE = 64;
constexpr int64_t LARGEST_WIDTH = 256;
constexpr ggml_fp16_t MINUS_INFINITY = 0xfc00;

// What the mask lets a tile of queries see of a tile of keys.
enum : char { NOTHING, PART, ALL };

// Compiled for each of these, and chosen when the library is loaded.
#define VECTORISED __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default"), optimize("O3")))

VECTORISED void to_bf16(const float * from, uint16_t * to, int64_t count, float factor) {
    for (int64_t i = 0; i < count; i++) {
        const float number = from[i] * factor;
        uint32_t bits;
        std::memcpy(&bits, &number, sizeof(bits));
        to[i] = uint16_t((bits + 0x7fff + ((bits >> 16) & 1)) >> 16);
    }
}

VECTORISED void scaled(const float * from, float * to, int64_t count, float factor) {
    for (int64_t i = 0; i < count; i++) {
        to[i] = from[i] * factor;
    }
}

__attribute__((target("avx,f16c"))) void from_f16(const ggml_fp16_t * from, float * to, int64_t count) {
    int64_t i = 0;
    for (; i + 8 <= count; i += 8) {
        _mm256_storeu_ps(to + i, _mm256_cvtph_ps(_mm_loadu_si128(reinterpret_cast<const __m128i *>(from + i))));
    }
    for (; i < count; i++) {
        to[i] = _cvtsh_ss(from[i]);
    }
}

// Stores numbers, each times a factor, in the type of the products, from the element `at` on.
void store(const float * from, char * to, int64_t at, int64_t count, float factor) {
    if (number_type() == memory::data_type::bf16) {
        to_bf16(from, reinterpret_cast<uint16_t *>(to) + at, count, factor);
    } else {
        scaled(from, reinterpret_cast<float *>(to) + at, count, factor);
    }
}

VECTORISED float largest(const float * scores, int64_t count, float so_far) {
    #pragma omp simd reduction(max : so_far)
    for (int64_t i = 0; i < count; i++) {
        so_far = std::max(so_far, scores[i]);
    }
    return so_far;
}

// Replaces scores by e^(score - top), within a few units of the last place of a float32, and returns their sum.
VECTORISED float exponentials(float * scores, int64_t count, float top) {
    float sum = 0.0f;
    #pragma omp simd reduction(+ : sum)
    for (int64_t i = 0; i < count; i++) {
        // 2^turns * e^rest, the second by its series.
        const float x = std::max(scores[i] - top, -87.0f);
        const int32_t turns = int32_t(x * 1.44269504f - 0.5f);
        const float rest = (x - turns * 0.693145752f) - turns * 1.42860677e-6f;
        float power = 1.0f / 720;
        power = power * rest + 1.0f / 120;
        power = power * rest + 1.0f / 24;
        power = power * rest + 1.0f / 6;
        power = power * rest + 0.5f;
        power = power * rest + 1.0f;
        power = power * rest + 1.0f;
        const int32_t bits = (turns + 127) << 23;
        float scale;
        std::memcpy(&scale, &bits, sizeof(scale));
        scores[i] = scores[i] == -INFINITY ? 0.0f : power * scale;
        sum += scores[i];
    }
    return sum;
}

dnnl::primitive_attr by_one_thread(bool add) {
    dnnl::primitive_attr attributes;
    // Blocks are computed side by side: each thread brings its own memory for intermediate results.
    attributes.set_scratchpad_mode(dnnl::scratchpad_mode::user);
    if (add) {
        dnnl::post_ops sum;
        sum.append_sum();
        attributes.set_post_ops(sum);
    }
    return attributes;
}

// What a tile's product computes: left [TILE x k] times right [k x n], or added to what is there.
struct tile_product {
    memory::desc left, right, result, scratch;
    dnnl::matmul compute;

    tile_product(int64_t k, int64_t n, bool add) {
        left = plain(TILE, k, number_type());
        result = plain(TILE, n, memory::data_type::f32);
        const memory::desc any({k, n}, number_type(), memory::format_tag::any);
        const auto description = product(left, any, result, by_one_thread(add));
        right = description.weights_desc();
        scratch = description.scratchpad_desc();
        compute = dnnl::matmul(description);
    }
};

struct tile_products {
    tile_product scores, values, more_values;

    // Primitives are made for as many threads as OpenMP would start at the moment.
    explicit tile_products(int64_t width)
        : scores(width, TILE, false), values(TILE, width, false), more_values(TILE, width, true) {}
};

tile_products made_for_one_thread(int64_t width) {
    const int threads = omp_get_max_threads();
    omp_set_num_threads(1);
    tile_products made(width);
    omp_set_num_threads(threads);
    return made;
}

// One row of a tensor in float32: as it is, or in `room`.
const float * row(const ggml_tensor * tensor, int64_t position, int64_t head, float * room) {
    const char * data = static_cast<const char *>(tensor->data) + position * tensor->nb[1] + head * tensor->nb[2];
    if (tensor->type == GGML_TYPE_F32) {
        return reinterpret_cast<const float *>(data);
    }
    from_f16(reinterpret_cast<const ggml_fp16_t *>(data), room, tensor->ne[0]);
    return room;
}

const ggml_fp16_t * mask_row(const ggml_tensor * mask, int64_t query) {
    return reinterpret_cast<const ggml_fp16_t *>(static_cast<const char *>(mask->data) + query * mask->nb[1]);
}

char seen(const ggml_tensor * mask, int64_t first_query, int64_t queries, int64_t first_key, int64_t keys) {
    if (!mask) {
        return keys == TILE ? ALL : PART;
    }
    bool any = false;
    bool all = keys == TILE;
    for (int64_t i = 0; i < queries; i++) {
        const ggml_fp16_t * at = mask_row(mask, first_query + i) + first_key;
        uint16_t hidden = 0;
        uint16_t shown = 0;
        for (int64_t j = 0; j < keys; j++) {
            hidden |= at[j];
            shown |= uint16_t(at[j] != MINUS_INFINITY);
        }
        all = all && hidden == 0;
        any = any || shown != 0;
    }
    return all ? ALL : any ? PART : NOTHING;
}

// Adds the mask to a row of scores; what lies behind the last key counts as hidden.
void add_mask(float * scores, const ggml_tensor * mask, int64_t query, int64_t first_key, int64_t keys) {
    if (mask) {
        float numbers[TILE];
        from_f16(mask_row(mask, query) + first_key, numbers, keys);
        for (int64_t j = 0; j < keys; j++) {
            scores[j] += numbers[j];
        }
    }
    std::fill(scores + keys, scores + TILE, -INFINITY);
}

}  // namespace

// What one thread computes a tile of queries in.
struct attention::worker {
    dnnl::stream stream{engine()};
    std::vector<char> queries, weights, scratch;
    std::vector<float> scores, sums;

    void reserve(const tile_products & by, int64_t key_tiles) {
        queries.resize(by.scores.left.get_size());
        weights.resize(by.values.left.get_size());
        scratch.resize(std::max({size_t(1), by.scores.scratch.get_size(), by.values.scratch.get_size(),
                                 by.more_values.scratch.get_size()}));
        scores.resize(std::max(scores.size(), size_t(key_tiles * TILE * TILE)));
        sums.resize(size_t(TILE * LARGEST_WIDTH));
    }

    void multiply(const tile_product & by, void * left, const void * right, void * result) {
        memory a(by.left, engine(), left);
        memory b(by.right, engine(), const_cast<void *>(right));
        memory c(by.result, engine(), result);
        memory s(by.scratch, engine(), scratch.data());
        by.compute.execute(stream, {{DNNL_ARG_SRC, a}, {DNNL_ARG_WEIGHTS, b}, {DNNL_ARG_DST, c}, {DNNL_ARG_SCRATCHPAD, s}});
    }

    // Packs a tile of keys or values into oneDNN's layout; rows behind the last are zeros.
    void pack(const ggml_tensor * tensor, int64_t head, int64_t first, const memory::desc & layout, bool transposed, void * to) {
        const int64_t width = tensor->ne[0];
        const int64_t rows = std::min(TILE, tensor->ne[1] - first);
        float * numbers = sums.data();
        for (int64_t i = 0; i < rows; i++) {
            float * at = numbers + i * width;
            const float * from = row(tensor, first + i, head, at);
            if (from != at) {
                std::memcpy(at, from, width * sizeof(float));
            }
        }
        std::fill(numbers + rows * width, numbers + TILE * width, 0.0f);
        const auto order = transposed ? memory::format_tag::ba : memory::format_tag::ab;
        memory source({layout.dims(), memory::data_type::f32, order}, engine(), numbers);
        memory target(layout, engine(), to);
        dnnl::reorder(source, target).execute(stream, source, target);
    }
};

attention::attention() = default;
attention::~attention() = default;

bool attention::supports(const ggml_tensor * op) {
    const ggml_tensor * q = op->src[0];
    const ggml_tensor * k = op->src[1];
    const ggml_tensor * v = op->src[2];
    const ggml_tensor * mask = op->src[3];
    float scale, bias, cap;
    std::memcpy(&scale, op->op_params + 0, sizeof(float));
    std::memcpy(&bias, op->op_params + 1, sizeof(float));
    std::memcpy(&cap, op->op_params + 2, sizeof(float));
    const auto known = [](const ggml_tensor * tensor) {
        return (tensor->type == GGML_TYPE_F16 || tensor->type == GGML_TYPE_F32) && tensor->ne[3] == 1 &&
               tensor->nb[0] == ggml_type_size(tensor->type);
    };
    return q->type == GGML_TYPE_F32 && known(q) && known(k) && known(v) && q->ne[0] == k->ne[0] && v->ne[0] == k->ne[0] &&
           q->ne[0] <= LARGEST_WIDTH && k->ne[1] == v->ne[1] && q->ne[2] % k->ne[2] == 0 && k->ne[2] == v->ne[2] &&
           (!mask || (mask->type == GGML_TYPE_F16 && mask->ne[2] == 1 && mask->ne[3] == 1)) && !op->src[4] && bias == 0.0f &&
           cap == 0.0f && op->type == GGML_TYPE_F32;
}

void attention::compute(ggml_tensor * op, int threads) {
    const ggml_tensor * q = op->src[0];
    const ggml_tensor * k = op->src[1];
    const ggml_tensor * v = op->src[2];
    const ggml_tensor * mask = op->src[3];
    float scale;
    std::memcpy(&scale, op->op_params, sizeof(float));

    const int64_t width = q->ne[0];
    const int64_t heads = q->ne[2];
    const int64_t key_heads = k->ne[2];
    const int64_t query_tiles = (q->ne[1] + TILE - 1) / TILE;
    const int64_t key_tiles = (k->ne[1] + TILE - 1) / TILE;
    const tile_products by = made_for_one_thread(width);
    const size_t key_bytes = by.scores.right.get_size();
    const size_t value_bytes = by.values.right.get_size();
    keys_.resize(std::max(keys_.size(), key_heads * key_tiles * key_bytes));
    values_.resize(std::max(values_.size(), key_heads * key_tiles * value_bytes));
    seen_.resize(size_t(query_tiles * key_tiles));
    while (workers_.size() < size_t(threads)) {
        workers_.push_back(std::make_unique<worker>());
    }

    #pragma omp parallel num_threads(threads)
    {
        worker & own = *workers_[omp_get_thread_num()];
        own.reserve(by, key_tiles);

        #pragma omp for collapse(2) schedule(static) nowait
        for (int64_t head = 0; head < key_heads; head++) {
            for (int64_t tile = 0; tile < key_tiles; tile++) {
                const int64_t at = head * key_tiles + tile;
                own.pack(k, head, tile * TILE, by.scores.right, true, keys_.data() + at * key_bytes);
                own.pack(v, head, tile * TILE, by.values.right, false, values_.data() + at * value_bytes);
            }
        }
        #pragma omp for collapse(2) schedule(static)
        for (int64_t i = 0; i < query_tiles; i++) {
            for (int64_t j = 0; j < key_tiles; j++) {
                seen_[i * key_tiles + j] = seen(mask, i * TILE, std::min(TILE, q->ne[1] - i * TILE), j * TILE,
                                                std::min(TILE, k->ne[1] - j * TILE));
            }
        }

        #pragma omp for collapse(2) schedule(dynamic)
        for (int64_t tile = 0; tile < query_tiles; tile++) {
            for (int64_t head = 0; head < heads; head++) {
                const int64_t first = tile * TILE;
                const int64_t rows = std::min(TILE, q->ne[1] - first);
                const int64_t key_head = head / (heads / key_heads);
                const char * visible = seen_.data() + tile * key_tiles;

                for (int64_t i = 0; i < rows; i++) {
                    store(row(q, first + i, head, nullptr), own.queries.data(), i * width, width, scale);
                }
                for (int64_t j = 0; j < key_tiles; j++) {
                    if (visible[j] == NOTHING) {
                        continue;
                    }
                    float * scores = own.scores.data() + j * TILE * TILE;
                    own.multiply(by.scores, own.queries.data(), keys_.data() + (key_head * key_tiles + j) * key_bytes, scores);
                    if (visible[j] == PART) {
                        const int64_t keys = std::min(TILE, k->ne[1] - j * TILE);
                        for (int64_t i = 0; i < rows; i++) {
                            add_mask(scores + i * TILE, mask, first + i, j * TILE, keys);
                        }
                    }
                }

                float totals[TILE];
                for (int64_t i = 0; i < rows; i++) {
                    float top = -INFINITY;
                    for (int64_t j = 0; j < key_tiles; j++) {
                        if (visible[j] != NOTHING) {
                            top = largest(own.scores.data() + (j * TILE + i) * TILE, TILE, top);
                        }
                    }
                    totals[i] = 0.0f;
                    for (int64_t j = 0; j < key_tiles && top != -INFINITY; j++) {
                        if (visible[j] != NOTHING) {
                            totals[i] += exponentials(own.scores.data() + (j * TILE + i) * TILE, TILE, top);
                        }
                    }
                }

                bool begun = false;
                for (int64_t j = 0; j < key_tiles; j++) {
                    if (visible[j] == NOTHING) {
                        continue;
                    }
                    store(own.scores.data() + j * TILE * TILE, own.weights.data(), 0, rows * TILE, 1.0f);
                    own.multiply(begun ? by.more_values : by.values, own.weights.data(),
                                 values_.data() + (key_head * key_tiles + j) * value_bytes, own.sums.data());
                    begun = true;
                }
                for (int64_t i = 0; i < rows; i++) {
                    // A row that sees no key is all zeros.
                    const bool any = begun && totals[i] > 0.0f;
                    char * to = static_cast<char *>(op->data) + (first + i) * op->nb[2] + head * op->nb[1];
                    scaled(own.sums.data() + i * width, reinterpret_cast<float *>(to), width, any ? 1.0f / totals[i] : 0.0f);
                }
            }
        }
    }
}

}  // namespace onednn
