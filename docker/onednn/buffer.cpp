#include "buffer.h"

#include "ggml-backend-impl.h"
#include "ggml-impl.h"

#include <algorithm>
#include <cstring>
#include <memory>
#include <new>
#include <vector>

namespace onednn {

namespace {

struct buffer_context {
    pages memory;
    std::vector<std::unique_ptr<packed_weight>> weights;
};

void free_buffer(ggml_backend_buffer_t buffer) {
    delete static_cast<buffer_context *>(buffer->context);
}

void * base(ggml_backend_buffer_t buffer) {
    return static_cast<buffer_context *>(buffer->context)->memory.data();
}

void memset_tensor(ggml_backend_buffer_t, ggml_tensor * tensor, uint8_t value, size_t offset, size_t size) {
    tensor->extra = nullptr;
    std::memset(static_cast<char *>(tensor->data) + offset, value, size);
}

void set_tensor(ggml_backend_buffer_t, ggml_tensor * tensor, const void * data, size_t offset, size_t size) {
    tensor->extra = nullptr;
    std::memcpy(static_cast<char *>(tensor->data) + offset, data, size);
}

void get_tensor(ggml_backend_buffer_t, const ggml_tensor * tensor, void * data, size_t offset, size_t size) {
    GGML_ASSERT(tensor->extra == nullptr && "a packed weight cannot be read back");
    std::memcpy(data, static_cast<const char *>(tensor->data) + offset, size);
}

void clear(ggml_backend_buffer_t buffer, uint8_t value) {
    std::memset(base(buffer), value, buffer->size);
}

const char * type_name(ggml_backend_buffer_type_t) {
    return NAME;
}

ggml_backend_buffer_t alloc_buffer(ggml_backend_buffer_type_t type, size_t size) {
    auto context = std::make_unique<buffer_context>();
    try {
        context->memory.reserve(std::max(size, size_t(1)));
    } catch (const std::bad_alloc &) {
        return nullptr;
    }
    const ggml_backend_buffer_i functions = {
        .free_buffer = free_buffer,
        .get_base = base,
        .memset_tensor = memset_tensor,
        .set_tensor = set_tensor,
        .get_tensor = get_tensor,
        .clear = clear,
    };
    return ggml_backend_buffer_init(type, functions, context.release(), size);
}

size_t alignment(ggml_backend_buffer_type_t) {
    return 64;
}

// A weight is a leaf with two dimensions. So are some inputs of a graph, which get a little more than they need.
size_t alloc_size(ggml_backend_buffer_type_t, const ggml_tensor * tensor) {
    const bool weight = tensor->op == GGML_OP_NONE && !tensor->view_src && ggml_n_dims(tensor) == 2;
    return weight ? packed_bytes(tensor) : ggml_nbytes(tensor);
}

bool is_host(ggml_backend_buffer_type_t) {
    return true;
}

}  // namespace

ggml_backend_buffer_type_t buffer_type() {
    static ggml_backend_buffer_type type = {
        .iface = {
            .get_name = type_name,
            .alloc_buffer = alloc_buffer,
            .get_alignment = alignment,
            .get_alloc_size = alloc_size,
            .is_host = is_host,
        },
        .device = device(),
        .context = nullptr,
    };
    return &type;
}

const packed_weight & keep(ggml_tensor * weight, packed_weight packed) {
    auto * context = static_cast<buffer_context *>(weight->buffer->context);
    context->weights.push_back(std::make_unique<packed_weight>(std::move(packed)));
    weight->extra = context->weights.back().get();
    return *context->weights.back();
}

}  // namespace onednn
