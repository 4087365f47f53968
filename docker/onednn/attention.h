// FLASH_ATTN_EXT without a cache, as embedding models have it.
#pragma once

#include "onednn.h"
#include "tile_products.h"

#include <memory>
#include <vector>

namespace onednn {

class attention {
  public:
    attention();
    ~attention();

    // Whether this attention can be computed here: no bias by position, no cap of scores, no sinks, one stream.
    static bool supports(const ggml_tensor * op);
    void compute(ggml_tensor * op, int threads);

  private:
    struct task;
    struct worker;

    void prepare(const task & of, int threads);
    void * key(int64_t tile) const { return keys_.data() + tile * by_->key_layout().get_size(); }
    void * value(int64_t tile) const { return values_.data() + tile * by_->value_layout().get_size(); }

    std::unique_ptr<run_products_by_length> by_;
    std::vector<std::unique_ptr<worker>> workers_;  // one a thread
    pages keys_, values_;                           // packed, tile by tile of each head
    std::vector<char> seen_;                        // by tiles of queries and keys
};

}  // namespace onednn
