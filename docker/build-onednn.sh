#!/bin/sh
# Compiles ggml's backend on oneDNN, and gathers what it needs to run: build-onednn.sh CODE SOURCE BUILD FOLDER
# FOLDER is empty at the end where this machine, its packages or this source of llama.cpp can't have it: then the server
# computes with ggml's own kernels alone, as it does when the library is not there.
set -eu

code=$1
source=$2
build=$3
folder=$4

mkdir -p "$folder"

without() {
    echo "The image is built without oneDNN: $1"
    rm -rf "${folder:?}"/*
    exit 0
}

machine=$(uname -m)
[ "$machine" = x86_64 ] || without "its backend is for x86_64, and this is $machine."
headers=${HEADERS:-/usr/include}
[ -e "$headers/dnnl.hpp" ] || without "the package libdnnl-dev could not be installed."

# Each kernel is chosen when the server runs, so no processor is named here. RPATH, not RUNPATH: only that one tells the
# libraries that oneDNN itself needs where they are.
log=$(mktemp)
started=$(date +%s)
if ! g++ -std=c++20 -O3 -fPIC -shared -fopenmp -Wno-psabi \
    -DGGML_BACKEND_DL -DGGML_BACKEND_BUILD -DGGML_BACKEND_SHARED -DGGML_SHARED \
    "-I$source/ggml/include" "-I$source/ggml/src" "$code"/*.cpp \
    "-L$build/bin" -lggml-base -ldnnl "-Wl,--disable-new-dtags,-rpath,\$ORIGIN" \
    -o "$folder/libggml-onednn.so" >"$log" 2>&1; then
    cat "$log"
    without "its backend does not compile against this source of llama.cpp and this version of oneDNN (see above)."
fi

# Beside it, what a bare system lacks, with the copyright of each package.
ldd "$folder/libggml-onednn.so" | awk '$1 ~ /^lib(dnnl|OpenCL)\.so/ { print $1, $3 }' >"$log"
mkdir "$folder/licenses"
while read -r name file; do
    cp -L "$file" "$folder/$name"
    package=$(dpkg-query --search "$(readlink -f "$file")" | head -n 1 | cut -d: -f1)
    cp "/usr/share/doc/$package/copyright" "$folder/licenses/LICENSE-$package"
done <"$log"
strip --strip-unneeded "$folder"/*.so*
echo "Compiled the backend on oneDNN in $(($(date +%s) - started)) s"
