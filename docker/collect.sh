#!/bin/sh
# Gathers what the image needs of a build: collect.sh SOURCE BUILD FOLDER PROGRAM
set -eu

source=$1
build=$2
folder=$3
program=$4

mkdir -p "$folder"
cp "$build/bin/$program" "$folder/"
# -a keeps the links between the names of a library.
find "$build/bin" -name '*.so*' -exec cp -a {} "$folder/" \;
find "$folder" -type f -exec strip --strip-unneeded {} +
# The licences ask to be given along with the program.
cp "$source/LICENSE" "$folder/LICENSE"
if [ -d "$source/licenses" ]; then
    cp -r "$source/licenses" "$folder/licenses"
fi
git -C "$source" rev-parse HEAD >"$folder/REVISION"
