// A backend of ggml that multiplies matrices, and computes attention, with oneDNN, and by itself what lies between them
// in a model of embeddings. All else stays with ggml's CPU backend.
//
// llama-server loads it as it does any backend that is not part of its source: GGML_BACKEND_PATH names the library.
// Weights lie in a buffer type of its own. The first product with a weight packs it there, in place, into the layout
// that oneDNN's kernels read: bfloat16 where the processor multiplies that, else float32. Activations stay in host memory
// as they are, so that the CPU backend works on them without a copy.
//
//   GGML_ONEDNN_PRECISION=f32   multiplies in float32 on every processor

#include "attention.h"
#include "buffer.h"
#include "elementwise.h"

#include "ggml-backend-impl.h"
#include "ggml-impl.h"

#include <omp.h>

#include <cstring>
#include <string>

namespace onednn {

namespace {

// ---------------------------------------------------------------------------------------------------------------------
// The backend

struct backend_context {
    int threads = GGML_DEFAULT_N_THREADS;
    products multiplied{dnnl::stream(engine())};
    attention attended;
    elementwise changed;
};

const char * backend_name(ggml_backend_t) {
    return NAME;
}

void backend_free(ggml_backend_t backend) {
    delete static_cast<backend_context *>(backend->context);
    delete backend;
}

ggml_status backend_compute(ggml_backend_t backend, ggml_cgraph * graph) {
    auto & context = *static_cast<backend_context *>(backend->context);
    // A primitive is made for the number of threads that holds when it is made.
    omp_set_num_threads(context.threads);
    context.multiplied.begin();
    context.changed.begin();
    for (int i = 0; i < graph->n_nodes; i++) {
        ggml_tensor * node = graph->nodes[i];
        if (context.multiplied.feed_forward(graph, i)) {
            i += 3;
        } else if (context.changed.norm(graph, i)) {
            i += 1;
        } else if (node->op == GGML_OP_MUL_MAT) {
            context.multiplied.multiply(node);
        } else if (node->op == GGML_OP_FLASH_ATTN_EXT) {
            context.attended.compute(node, context.threads);
        } else if (elementwise::supports(node)) {
            context.changed.compute(node);
        }
    }
    return GGML_STATUS_SUCCESS;
}

void backend_set_threads(ggml_backend_t backend, int threads) {
    static_cast<backend_context *>(backend->context)->threads = threads;
}

ggml_guid_t backend_guid() {
    static ggml_guid guid = {0x6a, 0x69, 0x6e, 0x61, 0x2d, 0x6f, 0x6e, 0x65,
                             0x44, 0x4e, 0x4e, 0x2d, 0x67, 0x67, 0x6d, 0x6c};
    return &guid;
}

// ---------------------------------------------------------------------------------------------------------------------
// The device

ggml_backend_reg_t registration();

const char * device_name(ggml_backend_dev_t) {
    return NAME;
}

const char * device_description(ggml_backend_dev_t) {
    static const std::string description = [] {
        const dnnl_version_t * version = dnnl_version();
        return "oneDNN " + std::to_string(version->major) + "." + std::to_string(version->minor) + "." +
               std::to_string(version->patch) + ", products of matrices in " +
               (number_type() == dnnl::memory::data_type::f32 ? "float32" : "bfloat16");
    }();
    return description.c_str();
}

void device_memory(ggml_backend_dev_t, size_t * free, size_t * total) {
    *free = 0;
    *total = 0;
}

enum ggml_backend_dev_type device_type(ggml_backend_dev_t) {
    return GGML_BACKEND_DEVICE_TYPE_ACCEL;
}

void device_props(ggml_backend_dev_t device, ggml_backend_dev_props * props) {
    props->name = device_name(device);
    props->description = device_description(device);
    props->type = device_type(device);
    device_memory(device, &props->memory_free, &props->memory_total);
}

ggml_backend_t device_init(ggml_backend_dev_t device, const char *) {
    const ggml_backend_i functions = {
        .get_name = backend_name,
        .free = backend_free,
        .graph_compute = backend_compute,
    };
    return new ggml_backend{backend_guid(), functions, device, new backend_context};
}

ggml_backend_buffer_type_t device_buffer_type(ggml_backend_dev_t) {
    return buffer_type();
}

// A product with a weight that lies, or would lie, in this buffer type; every such product, since nothing else can read
// a packed weight.
bool device_supports_op(ggml_backend_dev_t, const ggml_tensor * op) {
    switch (op->op) {
        case GGML_OP_NONE:
        case GGML_OP_RESHAPE:
        case GGML_OP_VIEW:
        case GGML_OP_PERMUTE:
        case GGML_OP_TRANSPOSE:
            return true;
        case GGML_OP_MUL_MAT: {
            const ggml_tensor * weight = op->src[0];
            const ggml_tensor * input = op->src[1];
            const bool known = weight->type == GGML_TYPE_F32 || ggml_get_type_traits(weight->type)->to_float;
            return weight->buffer && weight->buffer->buft == buffer_type() &&
                   weight->buffer->usage != GGML_BACKEND_BUFFER_USAGE_COMPUTE && weight->op == GGML_OP_NONE &&
                   !weight->view_src && known && ggml_n_dims(weight) == 2 && ggml_is_contiguous(weight) &&
                   input->type == GGML_TYPE_F32 && ggml_is_contiguous(input) && op->type == GGML_TYPE_F32;
        }
        case GGML_OP_FLASH_ATTN_EXT:
            return attention::supports(op);
        default:
            return elementwise::supports(op);
    }
}

bool device_supports_buffer_type(ggml_backend_dev_t, ggml_backend_buffer_type_t type) {
    return ggml_backend_buft_is_host(type);
}

}  // namespace

ggml_backend_dev_t device() {
    static ggml_backend_device accelerator = {
        .iface = {
            .get_name = device_name,
            .get_description = device_description,
            .get_memory = device_memory,
            .get_type = device_type,
            .get_props = device_props,
            .init_backend = device_init,
            .get_buffer_type = device_buffer_type,
            .supports_op = device_supports_op,
            .supports_buft = device_supports_buffer_type,
        },
        .reg = registration(),
        .context = nullptr,
    };
    return &accelerator;
}

namespace {

// ---------------------------------------------------------------------------------------------------------------------
// The registration

const char * registration_name(ggml_backend_reg_t) {
    return NAME;
}

size_t registration_count(ggml_backend_reg_t) {
    return 1;
}

ggml_backend_dev_t registration_device(ggml_backend_reg_t, size_t) {
    return device();
}

void * registration_function(ggml_backend_reg_t, const char * name) {
    return std::strcmp(name, "ggml_backend_set_n_threads") == 0 ? (void *) backend_set_threads : nullptr;
}

ggml_backend_reg_t registration() {
    static ggml_backend_reg reg = {
        .api_version = GGML_BACKEND_API_VERSION,
        .iface = {
            .get_name = registration_name,
            .get_device_count = registration_count,
            .get_device = registration_device,
            .get_proc_address = registration_function,
        },
        .context = nullptr,
    };
    return &reg;
}

// ggml does not load a backend with the score 0. Below AVX2 its own kernels are no slower.
int score() {
    const bool supported = at_least(dnnl::cpu_isa::avx2);
    // As warnings: llama-server shows nothing below them, and people ask what computes.
    if (supported) {
        GGML_LOG_WARN("%s\n", device_description(nullptr));
    } else {
        GGML_LOG_WARN("%s: not supported on this system (no AVX2)\n", NAME);
    }
    return supported ? 1 : 0;
}

}  // namespace

}  // namespace onednn

GGML_BACKEND_DL_IMPL(onednn::registration)
GGML_BACKEND_DL_SCORE_IMPL(onednn::score)
