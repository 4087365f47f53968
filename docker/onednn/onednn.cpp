#include "onednn.h"

#include <sys/mman.h>

#include <cstdlib>
#include <new>
#include <string>

namespace onednn {

using dnnl::memory;

namespace {

constexpr size_t HUGE_PAGE = size_t(2) << 20;

}  // namespace

bool at_least(dnnl::cpu_isa wanted) {
    // The values are sets of bits: an instruction set contains those that it grew from.
    const auto has = static_cast<unsigned>(dnnl::get_effective_cpu_isa());
    const auto needed = static_cast<unsigned>(wanted);
    return (has & needed) == needed;
}

memory::data_type number_type() {
    static const memory::data_type chosen = [] {
        const char * asked = std::getenv("GGML_ONEDNN_PRECISION");
        const bool exact = asked && std::string(asked) == "f32";
        const bool fast = at_least(dnnl::cpu_isa::avx512_core_bf16);
        return fast && !exact ? memory::data_type::bf16 : memory::data_type::f32;
    }();
    return chosen;
}

dnnl::matmul::primitive_desc product(const memory::desc & left, const memory::desc & right, const memory::desc & result,
                                     const dnnl::primitive_attr & attributes) {
#if DNNL_VERSION_MAJOR >= 3
    return dnnl::matmul::primitive_desc(engine(), left, right, result, attributes);
#else
    return dnnl::matmul::primitive_desc(dnnl::matmul::desc(left, right, result), attributes, engine());
#endif
}

pages::~pages() {
    std::free(data_);
}

void pages::reserve(size_t bytes) {
    if (bytes <= bytes_) {
        return;
    }
    const size_t whole = (bytes + HUGE_PAGE - 1) / HUGE_PAGE * HUGE_PAGE;
    std::free(data_);
    bytes_ = 0;
    data_ = static_cast<char *>(std::aligned_alloc(HUGE_PAGE, whole));
    if (!data_) {
        throw std::bad_alloc();
    }
    madvise(data_, whole, MADV_HUGEPAGE);
    bytes_ = whole;
}

}  // namespace onednn
