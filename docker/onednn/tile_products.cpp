#include "tile_products.h"

#include <algorithm>
#include <vector>

namespace onednn {

using dnnl::memory;

namespace {

constexpr int64_t LONGEST_RUN = 8;  // tiles: a power of 2

// Whether a matrix that is packed tile by tile, along its rows or its columns, is the matrix packed at once.
bool same_as_tiles(const memory::desc & whole, const memory::desc & tile, int64_t length, bool rows) {
    const int64_t depth = whole.dims()[0];
    const int64_t columns = whole.dims()[1];
    std::vector<float> numbers(size_t(depth * columns));
    for (size_t i = 0; i < numbers.size(); i++) {
        numbers[i] = float(i % 251);
    }
    const auto pack = [&](const memory::desc & layout, int64_t row, int64_t column, void * to) {
        dnnl::stream stream(engine());
        memory source({layout.dims(), memory::data_type::f32, memory::dims{columns, 1}}, engine(),
                      numbers.data() + row * columns + column);
        memory target(layout, engine(), to);
        dnnl::reorder(source, target).execute(stream, source, target);
    };
    if (whole.get_size() != length * tile.get_size()) {
        return false;
    }
    std::vector<char> at_once(whole.get_size());
    std::vector<char> by_tiles(whole.get_size());
    pack(whole, 0, 0, at_once.data());
    for (int64_t i = 0; i < length; i++) {
        pack(tile, rows ? i * TILE : 0, rows ? 0 : i * TILE, by_tiles.data() + i * tile.get_size());
    }
    return at_once == by_tiles;
}

}  // namespace

tile_product::tile_product(int64_t depth, int64_t columns, bool add) {
    dnnl::primitive_attr attributes;
    // Tiles are computed side by side: each thread brings its own memory for intermediate results.
    attributes.set_scratchpad_mode(dnnl::scratchpad_mode::user);
    if (add) {
        dnnl::post_ops sum;
        sum.append_sum();
        attributes.set_post_ops(sum);
    }
    left = plain(TILE, depth, number_type());
    result = plain(TILE, columns, memory::data_type::f32);
    const memory::desc any({depth, columns}, number_type(), memory::format_tag::any);
    const auto description = product(left, any, result, attributes);
    right = description.weights_desc();
    scratch = description.scratchpad_desc();
    compute = dnnl::matmul(description);
}

run_products::run_products(int64_t width, int64_t length)
    : length(length), scores(width, length * TILE, false), values(length * TILE, width, false),
      more_values(length * TILE, width, true) {}

run_products_by_length::run_products_by_length(int64_t width) : width(width) {
    by_length.emplace_back(width, 1);
    for (int64_t length = 2; length <= LONGEST_RUN; length *= 2) {
        run_products longer(width, length);
        const bool contiguous = same_as_tiles(longer.scores.right, by_length[0].scores.right, length, false) &&
                                same_as_tiles(longer.values.right, by_length[0].values.right, length, true);
        if (!contiguous) {
            break;
        }
        by_length.push_back(std::move(longer));
    }
    for (const run_products & by : by_length) {
        for (const tile_product * one : {&by.scores, &by.values, &by.more_values}) {
            scratch = std::max(scratch, one->scratch.get_size());
        }
    }
}

bound_product::bound_product(const tile_product & by, void * scratch)
    : compute_(by.compute), left_(by.left, engine(), DNNL_MEMORY_NONE), right_(by.right, engine(), DNNL_MEMORY_NONE),
      result_(by.result, engine(), DNNL_MEMORY_NONE), scratch_(by.scratch, engine(), scratch) {}

void bound_product::multiply(const dnnl::stream & stream, void * left, void * right, void * result) {
    left_.set_data_handle(left);
    right_.set_data_handle(right);
    result_.set_data_handle(result);
    const dnnl_exec_arg_t arguments[] = {{DNNL_ARG_SRC, left_.get()},
                                         {DNNL_ARG_WEIGHTS, right_.get()},
                                         {DNNL_ARG_DST, result_.get()},
                                         {DNNL_ARG_SCRATCHPAD, scratch_.get()}};
    dnnl::error::wrap_c_api(dnnl_primitive_execute(compute_.get(), stream.get(), 4, arguments),
                            "oneDNN could not multiply a tile");
}

bound_products::bound_products(const run_products & by, void * scratch)
    : length(by.length), scores(by.scores, scratch), values(by.values, scratch), more_values(by.more_values, scratch) {}

}  // namespace onednn
