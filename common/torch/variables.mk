
# cpu or cuda. On Linux the plain distribution brings gigabytes of CUDA libraries, so without an
# NVIDIA GPU its CPU build is installed. The other one: make setup TORCH=cuda
TORCH ?= $(if $(shell command -v nvidia-smi 2>/dev/null),cuda,cpu)
TORCH_CPU ?= torch==2.13.0+cpu
TORCH_INDEX ?= https://download.pytorch.org/whl/cpu