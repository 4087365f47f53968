// Attention over the keys that a mask lets a query see, as embedding models have it.
//
// Queries, keys and values are taken in tiles of 64 rows. The scores of a tile of queries against a run of tiles of keys
// are one product, and the values that they weigh are another; between them lies the softmax, in float32. Texts of one
// batch lie one after the other, so most tiles of keys are of texts that a tile of queries does not see: they are left out.

#include "attention.h"

#include "ggml-impl.h"
#include "mask.h"
#include "numbers.h"

#include <omp.h>

#include <algorithm>
#include <cstring>

namespace onednn {

using dnnl::memory;

namespace {

constexpr int64_t WIDTH_STEP = 16;
constexpr int64_t LARGEST_WIDTH = 256;

int64_t tiles(int64_t rows) {
    return (rows + TILE - 1) / TILE;
}

int64_t rows_of_tile(int64_t tile, int64_t rows) {
    return std::min(TILE, rows - tile * TILE);
}

bool in_float32() {
    return number_type() == memory::data_type::f32;
}

// One row of a tensor in float32: where it lies, or in `room`.
const float * row(const ggml_tensor * tensor, int64_t position, int64_t head, float * room) {
    const char * data = static_cast<const char *>(tensor->data) + position * tensor->nb[1] + head * tensor->nb[2];
    if (tensor->type == GGML_TYPE_F32) {
        return reinterpret_cast<const float *>(data);
    }
    widened(reinterpret_cast<const ggml_fp16_t *>(data), room, tensor->ne[0]);
    return room;
}

}  // namespace

// A task: the attention of one operation.
struct attention::task {
    const ggml_tensor *q, *k, *v, *mask;
    ggml_tensor * result;
    float scale;
    int64_t width, queries, keys, heads, key_heads;

    explicit task(ggml_tensor * op)
        : q(op->src[0]), k(op->src[1]), v(op->src[2]), mask(op->src[3]), result(op), width(q->ne[0]), queries(q->ne[1]),
          keys(k->ne[1]), heads(q->ne[2]), key_heads(k->ne[2]) {
        std::memcpy(&scale, op->op_params, sizeof(scale));
        scale *= LOG2_E;  // so that the softmax takes powers of 2
    }
};

// Tiles of keys that are one product, and lie one after the other in the scores of a worker.
struct run {
    int64_t first;
    bound_products * by;

    int64_t numbers() const { return by->length * TILE; }
};

// One thread, and what it computes in.
struct attention::worker {
    dnnl::stream stream{engine()};
    std::vector<char> queries, scratch;
    pages scores_;  // run by run; each later holds its weights, in the type of the products
    std::vector<float> sums;
    std::vector<bound_products> bound;  // by length, as the products that they are for
    std::vector<run> runs;

    void reserve(const run_products_by_length & by, int64_t key_tiles) {
        queries.resize(by.by_length[0].scores.left.get_size());
        scores_.reserve(size_t(key_tiles * TILE * TILE) * sizeof(float));
        sums.resize(size_t(TILE * LARGEST_WIDTH));
        if (bound.empty()) {
            scratch.resize(by.scratch);
            for (const run_products & one : by.by_length) {
                bound.emplace_back(one, scratch.data());
            }
        }
    }

    float * scores() const { return reinterpret_cast<float *>(scores_.data()); }

    // Packs a tile of keys or values into oneDNN's layout. Rows behind the last are zeros.
    void pack(const ggml_tensor * tensor, int64_t head, int64_t tile, const memory::desc & layout, bool transposed, void * to) {
        const int64_t width = tensor->ne[0];
        const int64_t rows = rows_of_tile(tile, tensor->ne[1]);
        float * numbers = sums.data();
        for (int64_t i = 0; i < rows; i++) {
            float * at = numbers + i * width;
            const float * from = row(tensor, tile * TILE + i, head, at);
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

    void take_queries(const task & of, int64_t tile, int64_t head) {
        for (int64_t i = 0; i < rows_of_tile(tile, of.queries); i++) {
            const float * from = row(of.q, tile * TILE + i, head, nullptr);
            if (in_float32()) {
                scaled(from, reinterpret_cast<float *>(queries.data()) + i * of.width, of.width, of.scale);
            } else {
                scaled(from, reinterpret_cast<uint16_t *>(queries.data()) + i * of.width, of.width, of.scale);
            }
        }
    }

    // Joins the tiles of keys that are seen.
    void find_runs(const char * visible, int64_t key_tiles) {
        runs.clear();
        for (int64_t j = 0; j < key_tiles;) {
            int64_t seen = 0;
            while (j + seen < key_tiles && visible[j + seen] != NOTHING) {
                seen++;
            }
            size_t size = bound.size() - 1;
            while (size > 0 && bound[size].length > seen) {
                size--;
            }
            if (seen > 0) {
                runs.push_back({j, &bound[size]});
            }
            j += seen > 0 ? bound[size].length : 1;
        }
    }

    void mask(const task & of, const run & keys, int64_t tile, const char * visible) {
        float * at = scores() + keys.first * TILE * TILE;
        for (int64_t j = 0; j < keys.by->length; j++) {
            for (int64_t i = 0; visible[keys.first + j] == PART && i < rows_of_tile(tile, of.queries); i++) {
                add_mask(at + i * keys.numbers() + j * TILE, of.mask, tile * TILE + i, (keys.first + j) * TILE,
                         rows_of_tile(keys.first + j, of.keys));
            }
        }
    }

    // Turns row `i` of the scores into weights, and returns their sum.
    float softmax(int64_t i) {
        float top = -1e30f;  // so that a row that sees nothing has no weights
        for (const run & keys : runs) {
            top = largest(scores() + keys.first * TILE * TILE + i * keys.numbers(), keys.numbers(), top);
        }
        float sum = 0.0f;
        for (const run & keys : runs) {
            float * tile = scores() + keys.first * TILE * TILE;
            const float * from = tile + i * keys.numbers();
            auto * narrow = reinterpret_cast<uint16_t *>(tile) + i * keys.numbers();
            sum += in_float32() ? powers_of_two(from, tile + i * keys.numbers(), keys.numbers(), top)
                                : powers_of_two(from, narrow, keys.numbers(), top);
        }
        return sum;
    }

    void attend(const task & of, const attention & with, int64_t tile, int64_t head) {
        const int64_t rows = rows_of_tile(tile, of.queries);
        const int64_t key_tiles = tiles(of.keys);
        const int64_t first_key = head / (of.heads / of.key_heads) * key_tiles;
        const char * visible = with.seen_.data() + tile * key_tiles;

        take_queries(of, tile, head);
        find_runs(visible, key_tiles);
        for (const run & keys : runs) {
            float * at = scores() + keys.first * TILE * TILE;
            keys.by->scores.multiply(stream, queries.data(), with.key(first_key + keys.first), at);
            mask(of, keys, tile, visible);
        }
        float totals[TILE];
        for (int64_t i = 0; i < rows; i++) {
            totals[i] = softmax(i);
        }
        for (const run & keys : runs) {
            bound_product & by = &keys == runs.data() ? keys.by->values : keys.by->more_values;
            by.multiply(stream, scores() + keys.first * TILE * TILE, with.value(first_key + keys.first), sums.data());
        }
        for (int64_t i = 0; i < rows; i++) {
            char * to = static_cast<char *>(of.result->data) + (tile * TILE + i) * of.result->nb[2] + head * of.result->nb[1];
            scaled(sums.data() + i * of.width, reinterpret_cast<float *>(to), of.width,
                   !runs.empty() && totals[i] > 0.0f ? 1.0f / totals[i] : 0.0f);
        }
    }
};

attention::attention() = default;
attention::~attention() = default;

bool attention::supports(const ggml_tensor * op) {
    const ggml_tensor * q = op->src[0];
    const ggml_tensor * k = op->src[1];
    const ggml_tensor * v = op->src[2];
    const ggml_tensor * mask = op->src[3];
    float bias, cap;
    std::memcpy(&bias, op->op_params + 1, sizeof(bias));
    std::memcpy(&cap, op->op_params + 2, sizeof(cap));
    const auto known = [](const ggml_tensor * tensor) {
        return (tensor->type == GGML_TYPE_F16 || tensor->type == GGML_TYPE_F32) && tensor->ne[3] == 1 &&
               tensor->nb[0] == ggml_type_size(tensor->type);
    };
    const bool shapes = q->ne[0] == k->ne[0] && v->ne[0] == k->ne[0] && q->ne[0] <= LARGEST_WIDTH &&
                        q->ne[0] % WIDTH_STEP == 0 && k->ne[1] == v->ne[1] && k->ne[2] == v->ne[2] &&
                        q->ne[2] % k->ne[2] == 0;
    const bool masked = !mask || (mask->type == GGML_TYPE_F16 && mask->ne[2] == 1 && mask->ne[3] == 1);
    const bool sinks = op->src[4] != nullptr;
    return known(q) && q->type == GGML_TYPE_F32 && known(k) && known(v) && shapes && masked && !sinks && bias == 0.0f &&
           cap == 0.0f && op->type == GGML_TYPE_F32;
}

void attention::prepare(const task & of, int threads) {
    if (!by_ || by_->width != of.width) {
        // oneDNN makes a primitive for as many threads as OpenMP would start now. Tiles have one each.
        const int before = omp_get_max_threads();
        omp_set_num_threads(1);
        by_ = std::make_unique<run_products_by_length>(of.width);
        omp_set_num_threads(before);
        workers_.clear();
    }
    const int64_t packed = of.key_heads * tiles(of.keys);
    keys_.reserve(packed * by_->key_layout().get_size());
    values_.reserve(packed * by_->value_layout().get_size());
    seen_.resize(size_t(tiles(of.queries) * tiles(of.keys)));
    while (workers_.size() < size_t(threads)) {
        workers_.push_back(std::make_unique<worker>());
    }
}

void attention::compute(ggml_tensor * op, int threads) {
    const task of(op);
    prepare(of, threads);
    const int64_t query_tiles = tiles(of.queries);
    const int64_t key_tiles = tiles(of.keys);

    #pragma omp parallel num_threads(threads)
    {
        worker & own = *workers_[omp_get_thread_num()];
        own.reserve(*by_, key_tiles);

        #pragma omp for collapse(2) schedule(static) nowait
        for (int64_t head = 0; head < of.key_heads; head++) {
            for (int64_t tile = 0; tile < key_tiles; tile++) {
                own.pack(of.k, head, tile, by_->key_layout(), true, key(head * key_tiles + tile));
                own.pack(of.v, head, tile, by_->value_layout(), false, value(head * key_tiles + tile));
            }
        }
        #pragma omp for collapse(2) schedule(static)
        for (int64_t i = 0; i < query_tiles; i++) {
            for (int64_t j = 0; j < key_tiles; j++) {
                seen_[i * key_tiles + j] =
                    seen(of.mask, i * TILE, rows_of_tile(i, of.queries), j * TILE, rows_of_tile(j, of.keys));
            }
        }
        #pragma omp for collapse(2) schedule(dynamic)
        for (int64_t tile = 0; tile < query_tiles; tile++) {
            for (int64_t head = 0; head < of.heads; head++) {
                own.attend(of, *this, tile, head);
            }
        }
    }
}

}  // namespace onednn
