// The products of attention, a tile of queries at a time.
#pragma once

#include "onednn.h"

#include <cstdint>
#include <vector>

namespace onednn {

constexpr int64_t TILE = 64;  // rows of queries, keys or values

// [TILE x depth] times [depth x columns], or added to what the result holds. Computed by one thread, in memory that is
// bound to it: tiles are computed side by side.
struct tile_product {
    dnnl::memory::desc left, right, result, scratch;
    dnnl::matmul compute;

    tile_product(int64_t depth, int64_t columns, bool add);
};

// The products with a number of tiles of keys and values, for one width of heads.
struct run_products {
    int64_t length;
    tile_product scores, values, more_values;

    run_products(int64_t width, int64_t length);
};

// For 1, 2, 4, ... tiles. Tiles are packed one by one: longer runs are left out where oneDNN wants them in another order.
struct run_products_by_length {
    int64_t width;
    size_t scratch = 1;
    std::vector<run_products> by_length;

    explicit run_products_by_length(int64_t width);

    const dnnl::memory::desc & key_layout() const { return by_length[0].scores.right; }
    const dnnl::memory::desc & value_layout() const { return by_length[0].values.right; }
};

// A product with the memory objects of one thread: making them anew for each tile would take a tenth of all time.
class bound_product {
  public:
    bound_product(const tile_product & by, void * scratch);
    void multiply(const dnnl::stream & stream, void * left, void * right, void * result);

  private:
    dnnl::matmul compute_;
    dnnl::memory left_, right_, result_, scratch_;
};

struct bound_products {
    int64_t length;
    bound_product scores, values, more_values;

    bound_products(const run_products & by, void * scratch);
};

}  // namespace onednn
