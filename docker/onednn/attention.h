// FLASH_ATTN_EXT without a cache, as embedding models have it.
#pragma once

#include "onednn.h"

#include <memory>
#include <vector>

namespace onednn {

class attention {
  public:
    attention();
    ~attention();

    static bool supports(const ggml_tensor * op);
    void compute(ggml_tensor * op, int threads);

    struct tile_product {
        dnnl::memory::desc left, right, result, scratch;
        dnnl::matmul compute;

        tile_product(int64_t depth, int64_t columns, bool add);
    };

    // For a number of tiles of keys.
    struct run_products {
        int64_t length;
        tile_product scores, values, more_values;

        run_products(int64_t width, int64_t length);
    };

  private:
    // For one width of heads.
    struct products_by_run {
        int64_t width;
        size_t scratch = 1;
        std::vector<run_products> by_length;  // 1, 2, 4, ... tiles

        explicit products_by_run(int64_t width);
    };

    struct task;
    struct worker;

    void prepare(const task & of, int threads);
    const dnnl::memory::desc & key_layout() const { return by_->by_length[0].scores.right; }
    const dnnl::memory::desc & value_layout() const { return by_->by_length[0].values.right; }
    void * key(int64_t tile) const { return keys_.data() + tile * key_layout().get_size(); }
    void * value(int64_t tile) const { return values_.data() + tile * value_layout().get_size(); }

    std::unique_ptr<products_by_run> by_;
    std::vector<std::unique_ptr<worker>> workers_;  // one a thread
    pages keys_, values_;                           // packed, tile by tile of each head
    std::vector<char> seen_;                        // by tiles of queries and keys
};

}  // namespace onednn
