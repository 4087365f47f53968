// What lies between products: norms, additions, gates, positions, and the change of type before attention. The CPU
// backend has these too; here they need no change of backend, which for a short text takes as long as what they compute.
#pragma once

#include "onednn.h"

#include <vector>

namespace onednn {

class elementwise {
  public:
    static bool supports(const ggml_tensor * op);

    // Forgets the positions of the graph before.
    void begin() { turned_ = nullptr; }
    void compute(ggml_tensor * op);

    // Computes RMS_NORM and the MUL of its result by a weight at once, where the nodes from `first` on are these.
    bool norm(const ggml_cgraph * graph, int first);

  private:
    void rope(ggml_tensor * op);
    void turn(const ggml_tensor * op);

    const ggml_tensor * turned_ = nullptr;  // the positions that `turns_` is of
    std::vector<float> turns_;              // cosines, then sines, of each position
};

}  // namespace onednn
