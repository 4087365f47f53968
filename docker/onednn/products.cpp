// Products of activations and weights.

#include "onednn.h"

#include "buffer.h"
#include "ggml-impl.h"

#include <algorithm>
#include <cstring>
#include <unordered_map>
#include <vector>

namespace onednn {

using dnnl::memory;

namespace {

// No layout of oneDNN pads an edge to a multiple of more than this.
constexpr int64_t LARGEST_BLOCK = 64;

// A layout that serves any number of rows; for very few, oneDNN would choose another.
constexpr int64_t TYPICAL_ROWS = 128;

std::vector<float> in_float32(const ggml_tensor * weight) {
    const int64_t inputs = weight->ne[0];
    const int64_t outputs = weight->ne[1];
    const ggml_to_float_t to_float = ggml_get_type_traits(weight->type)->to_float;
    std::vector<float> numbers(size_t(inputs * outputs));
    #pragma omp parallel for
    for (int64_t row = 0; row < outputs; row++) {
        const char * from = static_cast<const char *>(weight->data) + row * weight->nb[1];
        if (weight->type == GGML_TYPE_F32) {
            std::memcpy(numbers.data() + row * inputs, from, inputs * sizeof(float));
        } else {
            to_float(from, numbers.data() + row * inputs, inputs);
        }
    }
    return numbers;
}

// ggml keeps a weight as one row of inputs for each output; oneDNN multiplies by inputs x outputs.
const packed_weight & packed(ggml_tensor * weight, dnnl::stream & stream) {
    if (weight->extra) {
        return *static_cast<packed_weight *>(weight->extra);
    }
    const int64_t inputs = weight->ne[0];
    const int64_t outputs = weight->ne[1];
    const memory::desc any({inputs, outputs}, number_type(), memory::format_tag::any);
    const memory::desc layout = product(plain(TYPICAL_ROWS, inputs, number_type()), any,
                                        plain(TYPICAL_ROWS, outputs, memory::data_type::f32))
                                    .weights_desc();
    GGML_ASSERT(layout.get_size() <= packed_bytes(weight));

    std::vector<float> numbers = in_float32(weight);
    memory from({{inputs, outputs}, memory::data_type::f32, memory::format_tag::ba}, engine(), numbers.data());
    memory to(layout, engine(), weight->data);
    dnnl::reorder(from, to).execute(stream, from, to);
    stream.wait();
    return keep(weight, packed_weight{layout});
}

template <typename Add>
dnnl::primitive_attr after(Add add) {
    dnnl::post_ops then;
    add(then);
    dnnl::primitive_attr attributes;
    attributes.set_post_ops(then);
    return attributes;
}

void append_swish(dnnl::post_ops & then) {
#if DNNL_VERSION_MAJOR >= 3
    then.append_eltwise(dnnl::algorithm::eltwise_swish, 1.0f, 0.0f);
#else
    then.append_eltwise(1.0f, dnnl::algorithm::eltwise_swish, 1.0f, 0.0f);
#endif
}

}  // namespace

size_t packed_bytes(const ggml_tensor * weight) {
    const int64_t inputs = GGML_PAD(weight->ne[0], LARGEST_BLOCK);
    const int64_t outputs = GGML_PAD(weight->ne[1], LARGEST_BLOCK);
    return std::max(ggml_nbytes(weight), size_t(inputs * outputs) * memory::data_type_size(number_type()));
}

void * products::converted(const ggml_tensor * input, int64_t rows) {
    if (number_type() == memory::data_type::f32) {
        return input->data;
    }
    if (converted_ != input) {
        const memory::desc wanted = plain(rows, input->ne[0], number_type());
        numbers_.reserve(wanted.get_size());
        memory from(plain(rows, input->ne[0], memory::data_type::f32), engine(), input->data);
        memory to(wanted, engine(), numbers_.data());
        dnnl::reorder(from, to).execute(stream_, from, to);
        converted_ = input;
    }
    return numbers_.data();
}

void products::run(ggml_tensor * weight, int64_t rows, void * input, memory & result,
                   const dnnl::primitive_attr & attributes, const memory * factor) {
    const packed_weight & by = packed(weight, stream_);
    memory left(plain(rows, weight->ne[0], number_type()), engine(), input);
    memory right(by.layout, engine(), weight->data);
    std::unordered_map<int, memory> arguments = {
        {DNNL_ARG_SRC, left}, {DNNL_ARG_WEIGHTS, right}, {DNNL_ARG_DST, result}};
    if (factor) {
        arguments.emplace(DNNL_ARG_ATTR_MULTIPLE_POST_OP(0) | DNNL_ARG_SRC_1, *factor);
    }
    dnnl::matmul(product(left.get_desc(), by.layout, result.get_desc(), attributes)).execute(stream_, arguments);
    stream_.wait();
}

void products::multiply(ggml_tensor * node) {
    const int64_t rows = ggml_nrows(node->src[1]);
    memory result(plain(rows, node->ne[0], memory::data_type::f32), engine(), node->data);
    run(node->src[0], rows, converted(node->src[1], rows), result);
}

bool products::feed_forward(const ggml_cgraph * graph, int first) {
    const bool fits = ggml_can_fuse_subgraph(graph, first, {GGML_OP_MUL_MAT, GGML_OP_MUL_MAT, GGML_OP_GLU, GGML_OP_MUL_MAT},
                                             {first + 3});
    if (!fits) {
        return false;
    }
    ggml_tensor * const * nodes = graph->nodes + first;
    const ggml_tensor * glu = nodes[2];
    ggml_tensor * gate = glu->src[0];
    ggml_tensor * up = glu->src[1];
    ggml_tensor * down = nodes[3];
    if (down->src[1] != glu || gate->src[1] != up->src[1]) {
        return false;
    }
    const int64_t rows = ggml_nrows(glu);
    const memory::desc between = plain(rows, glu->ne[0], number_type());
    gate_.reserve(between.get_size());
    product_.reserve(between.get_size());
    memory gated(between, engine(), gate_.data());
    memory multiplied(between, engine(), product_.data());
    memory result(plain(rows, down->ne[0], memory::data_type::f32), engine(), down->data);

    void * input = converted(up->src[1], rows);
    run(gate->src[0], rows, input, gated, after([](dnnl::post_ops & then) { append_swish(then); }));
    run(up->src[0], rows, input, multiplied,
        after([&](dnnl::post_ops & then) { then.append_binary(dnnl::algorithm::binary_mul, between); }), &gated);
    run(down->src[0], rows, product_.data(), result);
    return true;
}

}  // namespace onednn
