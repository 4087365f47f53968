"""By what a server multiplies matrices: oneDNN, llama.cpp's own kernels, or a GPU."""
