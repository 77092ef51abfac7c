# SPDX-License-Identifier: Apache-2.0
# Thin front door; everything real is in CMakeLists.txt. `make help` lists the targets.
BUILD   ?= build
MODEL   ?= model/pretrained/tales-1.3m
PROMPT  ?= Once upon a time
TOKENS  ?= 64
TRACE   ?=
IMAGE   := $(BUILD)/sim/$(notdir $(patsubst %/,%,$(MODEL))).nti
HELDOUT ?= model/pretrained/tales-1.3m/heldout.txt
RUN     := $(BUILD)/neurotile

.PHONY: help setup build sim test proof waves bench levels formal lint synth defs clean
.DEFAULT_GOAL := help

help: ## this list
	@grep -E '^[a-z]+:.*## ' Makefile | sed -E 's/^([a-z]+):.*## (.*)/  make \1\t\2/' | expand -t 16

setup: ## install missing Debian packages, after listing them
	@testbench/scripts/setup.sh

build: setup ## configure and compile
	@testbench/scripts/build.sh $(BUILD)

$(IMAGE): build
	@mkdir -p $(BUILD)/sim
	@testbench/scripts/compile_image.sh $(RUN) "$(MODEL)" $@

sim: $(IMAGE) ## text from the verilated tiles, every timestep checked (PROMPT= TOKENS= MODEL= TRACE=)
	@$(RUN) generate --model $(IMAGE) --prompt "$(PROMPT)" --tokens $(TOKENS) \
	  --summary $(BUILD)/sim/summary.json $(if $(TRACE),--trace $(TRACE))

test: build ## everything CI runs
	@testbench/scripts/test.sh $(BUILD)

proof: build ## the float reference against recorded values of the published PyTorch code
	@$(BUILD)/testbench/model/proof/nt_import_proof --json $(BUILD)/proof.json testbench/model/fixtures/hgrnbit-small

levels: build ## float, integer, golden tile and RTL side by side; perplexity
	@$(RUN) levels --model $(MODEL) --text $(HELDOUT)

waves: $(IMAGE) ## a VCD window with its GTKWave layout
	@waves/make_waves.sh $(RUN) $(IMAGE) $(BUILD)/waves

bench: $(IMAGE) ## cycles against the bound, utilisation, simulation speed
	@testbench/scripts/bench.sh $(BUILD) $(IMAGE)

formal: setup ## proofs of the small modules, and planted faults that they must find
	@testbench/formal/run.sh -o $(BUILD)/formal
	@testbench/formal/bites.sh -o $(BUILD)/formal/bites

lint: setup ## Verilator -Wall, Icarus and Yosys on the same file list
	@rtl/lint.sh

synth: setup ## Yosys: cells, memories, longest path of one core
	@rtl/synth.sh

defs: setup ## rewrite what is generated from docs/spec/nt_definitions.def
	@testbench/scripts/defs.sh

clean: ## remove the build folder
	@rm -rf $(BUILD)
