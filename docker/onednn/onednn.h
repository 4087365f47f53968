// What the parts of the oneDNN backend share.
#pragma once

#include <dnnl.hpp>

#include <cstddef>
#include <cstdint>

struct ggml_cgraph;
struct ggml_tensor;

namespace onednn {

constexpr const char * NAME = "oneDNN";

inline const dnnl::engine & engine() {
    static const dnnl::engine cpu(dnnl::engine::kind::cpu, 0);
    return cpu;
}

// Whether the processor, and the limit that ONEDNN_MAX_CPU_ISA sets, allow these instructions.
bool at_least(dnnl::cpu_isa wanted);

// The type in which matrices are multiplied, bf16 or f32. Their products are float32 in both.
dnnl::memory::data_type number_type();

// Memory that grows and never shrinks. Its pages have 2 MiB where the kernel has them: large matrices are read from one end
// to the other, and with small pages a third of the time would go into finding them.
class pages {
  public:
    pages() = default;
    explicit pages(size_t bytes) { reserve(bytes); }
    pages(const pages &) = delete;
    pages & operator=(const pages &) = delete;
    ~pages();

    // Loses what is in it when it grows. Throws std::bad_alloc.
    void reserve(size_t bytes);
    char * data() const { return data_; }

  private:
    char * data_ = nullptr;
    size_t bytes_ = 0;
};

inline dnnl::memory::desc plain(int64_t rows, int64_t columns, dnnl::memory::data_type type) {
    return dnnl::memory::desc({rows, columns}, type, dnnl::memory::format_tag::ab);
}

// result = left * right. A format_tag::any in `right` lets oneDNN choose its layout. oneDNN keeps the code that it
// generates for a product, so asking for the same one again takes microseconds.
dnnl::matmul::primitive_desc product(const dnnl::memory::desc & left, const dnnl::memory::desc & right,
                                     const dnnl::memory::desc & result,
                                     const dnnl::primitive_attr & attributes = dnnl::primitive_attr());

// A weight in oneDNN's layout, where the tensor's own numbers were.
struct packed_weight {
    dnnl::memory::desc layout;
};

// Bytes of the tensor, or of its largest layout: a weight is packed in place.
size_t packed_bytes(const ggml_tensor * weight);

// MUL_MAT by weights of its own buffer type.
class products {
  public:
    explicit products(const dnnl::stream & stream) : stream_(stream) {}

    // Forgets the activations of the graph before.
    void begin() { converted_ = nullptr; }
    void multiply(ggml_tensor * node);

    // Computes up, gate, their GLU and down at once where the nodes from `first` on are these: whether they are.
    bool feed_forward(const ggml_cgraph * graph, int first);

  private:
    void * converted(const ggml_tensor * input, int64_t rows);
    void run(ggml_tensor * weight, int64_t rows, void * input, dnnl::memory & result,
             const dnnl::primitive_attr & attributes = {}, const dnnl::memory * factor = nullptr);

    dnnl::stream stream_;
    const ggml_tensor * converted_ = nullptr;  // whose numbers `numbers_` holds: several products in a row have one input
    pages numbers_, gate_, product_;
};

}  // namespace onednn
