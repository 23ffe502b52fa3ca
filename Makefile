# Head360 Studio: two commands, `make studio` and `make test`. Each sets up what it needs first.

BIN := .venv/bin

.DEFAULT_GOAL := help
.PHONY: help studio test lint format clean

help:
	@echo "make studio   set up and start Head360 Studio (without a screen: render a welcome video)"
	@echo "make test     set up and run every check: style, types, contracts, tests"
	@echo "make lint     the checks without the tests"
	@echo "make format   put the code into house style"
	@echo "make clean    remove what these commands made, .venv included"

studio:
	@.ci/setup studio
	@if [ -n "$$DISPLAY$$WAYLAND_DISPLAY" ] || [ "$$(uname)" = Darwin ]; then \
		exec $(BIN)/head360-studio; \
	else \
		echo "There is no screen here, so the studio cannot open a window."; \
		echo "Rendering the welcome turntable instead:"; \
		mkdir -p out && $(BIN)/head360 turntable --size 384 --frames 60 -o out/welcome.mp4; \
	fi

test: lint
	@$(BIN)/python -m pytest -q

lint:
	@.ci/setup test
	@$(BIN)/ruff check --quiet .
	@$(BIN)/ruff format --check --quiet .
	@$(BIN)/mypy --strict
	@$(BIN)/lint-imports --no-cache

format:
	@.ci/setup test
	@$(BIN)/ruff check --fix --quiet .
	@$(BIN)/ruff format --quiet .

clean:
	rm -rf .venv build dist out .mypy_cache .ruff_cache .pytest_cache .hypothesis
