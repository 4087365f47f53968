module sandbox

go 1.24.0
