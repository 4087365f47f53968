#!/bin/sh
# Compiles llama-server: build.sh SOURCE BUILD [option of cmake ...]
# BUILD_JOBS is how many compilers run at a time; 0 or nothing decides by cores and memory.
set -eu

source=$1
build=$2
shift 2

# One library for each generation of processors; the server loads the best that the machine can run. These few
# cover the generations that differ most in speed; the source knows some fifteen, each a minute or more to compile.
#   x86-64: any; AVX2 (2013); AVX-512 (2017); AVX-512 with VNNI (2019, AMD: 2022)
#   arm64:  any; dot product and half precision (2018); SVE and matrix product (2021); SVE2 (2022)
case $(uname -m) in
    x86_64) variants="x64 haswell skylakex icelake" ;;
    aarch64) variants="armv8.0_1 armv8.2_2 armv8.6_1 armv8.6_2" ;;
    *)
        echo "llama-server is built for x86_64 and aarch64, and this is $(uname -m)." >&2
        exit 1
        ;;
esac

# The build has no option to choose among the variants, and its main library depends on all of them:
# take the other ones out of the list.
list="$source/ggml/src/CMakeLists.txt"
awk -v variants="$variants" '
    BEGIN { count = split(variants, names, " "); for (i = 1; i <= count; i++) wanted[names[i]] = 1 }
    match($0, /^ *ggml_add_cpu_backend_variant\([a-z0-9._]+/) {
        name = $0; sub(/^[^(]*\(/, "", name); sub(/[ )].*/, "", name)
        if (!(name in wanted)) next
    }
    { print }
' "$list" >"$list.chosen"
mv "$list.chosen" "$list"
for variant in $variants; do
    if ! grep -q "ggml_add_cpu_backend_variant(${variant}[ )]" "$list"; then
        echo "This version of llama.cpp does not know the processor variant $variant: correct the names in build.sh." >&2
        exit 1
    fi
done

# Of each token of a batch the server would keep a score for every word of the vocabulary, half a MiB a token, although
# a server of embeddings computes none: it reserves them no more.
context="$source/src/llama-context.cpp"
if grep -qE 'bool has_logits +=' "$context" 2>/dev/null; then
    sed -i -E 's/(bool has_logits +)= true;/\1= !cparams.embeddings;/' "$context"
else
    echo "This source reserves memory for scores in a way of its own: set serverMemory by what the server takes."
fi

jobs=${BUILD_JOBS:-0}
if [ "$jobs" -eq 0 ]; then
    jobs=$(nproc)
    # A compiler of this source takes up to 1.5 GiB.
    by_memory=$(awk '/^MemAvailable:/ { print int($2 / 1572864) }' /proc/meminfo)
    if [ "$by_memory" -lt "$jobs" ]; then
        jobs=$by_memory
    fi
    if [ "$jobs" -lt 1 ]; then
        jobs=1
    fi
fi

# Never GGML_NATIVE: the image must run on other machines than the one it is built on.
# No user interface, no TLS, no child processes, nothing that downloads: this server embeds texts.
# No warnings: gcc 12 has so many about AVX-512 that BuildKit stops showing the output.
# Options that a version of the source does not know are ignored by cmake.
cmake -S "$source" -B "$build" -G Ninja \
    -DCMAKE_BUILD_TYPE=Release \
    -DCMAKE_C_COMPILER_LAUNCHER=ccache \
    -DCMAKE_CXX_COMPILER_LAUNCHER=ccache \
    -DCMAKE_BUILD_WITH_INSTALL_RPATH=ON \
    -DCMAKE_INSTALL_RPATH="\$ORIGIN" \
    -DBUILD_SHARED_LIBS=ON \
    -DGGML_NATIVE=OFF \
    -DGGML_BACKEND_DL=ON \
    -DGGML_CPU_ALL_VARIANTS=ON \
    -DGGML_CCACHE=OFF \
    -DGGML_ALL_WARNINGS=OFF \
    -DLLAMA_ALL_WARNINGS=OFF \
    -DLLAMA_BUILD_SERVER=ON \
    -DLLAMA_BUILD_TESTS=OFF \
    -DLLAMA_BUILD_EXAMPLES=OFF \
    -DLLAMA_BUILD_UI=OFF \
    -DLLAMA_BUILD_WEBUI=OFF \
    -DLLAMA_USE_PREBUILT_UI=OFF \
    -DLLAMA_CURL=OFF \
    -DLLAMA_OPENSSL=OFF \
    -DLLAMA_SUBPROCESS=OFF \
    "$@"

echo "Compiling llama-server with $jobs jobs, for these processors: $variants"
started=$(date +%s)
mkdir -p "$build"
log="$build/compile.log"
failed="$build/compile.failed"
rm -f "$failed"
{ cmake --build "$build" --parallel "$jobs" --target llama-server 2>&1 || touch "$failed"; } | tee "$log"
took=$(($(date +%s) - started))
if [ -e "$failed" ]; then
    # Ninja writes on while other compilers run, and BuildKit repeats the last lines alone: so the reasons go last.
    echo "Compiling failed after $((took / 60)) min $((took % 60)) s. The first errors:"
    # As gcc, nvcc ("fatal   :"), the assembler ("Error:") and the linker write them; of the last, the line that names
    # what is missing comes before the one with "error:".
    grep -iE '(error|fatal) *:|error,|undefined reference|multiple definition|cannot find|killed|signal [0-9]' "$log" |
        awk '!seen[$0]++' | head -n 20 >"$failed"
    if [ -s "$failed" ]; then
        cat "$failed"
    else
        tail -n 20 "$log"
    fi
    if grep -qE 'Killed|signal 9' "$log"; then
        echo "A compiler was killed, most likely because memory ran out: $jobs ran at a time. Set imageBuildJobs" \
            "(the build argument BUILD_JOBS) to fewer, or give the engine more memory."
    fi
    exit 1
fi >&2
ccache --show-stats
echo "Compiled llama-server in $((took / 60)) min $((took % 60)) s"
