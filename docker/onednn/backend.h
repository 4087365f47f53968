// What the backend offers to its parts.
#pragma once

#include "onednn.h"

namespace onednn {

// Remembers that a weight is packed, for as long as its buffer lives.
const packed_weight & keep(ggml_tensor * weight, packed_weight packed);

}  // namespace onednn
