// The buffer type: host memory, in which weights may lie packed.
#pragma once

#include "onednn.h"

#include "ggml-backend.h"

namespace onednn {

ggml_backend_buffer_type_t buffer_type();

// Of the buffer type, and of the backend.
ggml_backend_dev_t device();

// Remembers that a weight is packed, for as long as its buffer lives.
const packed_weight & keep(ggml_tensor * weight, packed_weight packed);

}  // namespace onednn
