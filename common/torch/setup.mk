
	@if [ "$(TORCH)" = cpu ] && [ "$$(uname -s)" = Linux ] && ! $(BIN)/python -c "import torch" 2>/dev/null; then \
		echo "No NVIDIA GPU: installing PyTorch's CPU build. For the other one: make setup TORCH=cuda"; \
		$(BIN)/python -m pip install --quiet --no-deps --index-url $(TORCH_INDEX) "$(TORCH_CPU)" \
			|| { echo "error: $(TORCH_CPU) cannot be had from $(TORCH_INDEX). Install a PyTorch into .venv yourself ($(BIN)/pip install torch), then: make setup" >&2; exit 2; }; \
	fi