# SPDX-License-Identifier: Apache-2.0
# Thin front door; everything real is in CMakeLists.txt. `make help` lists the targets.
BUILD   ?= build
MODEL   ?= model/pretrained/tales-6m
PROMPT  ?= Once upon a time
TOKENS  ?= 64
TRACE   ?=
FORMAT  ?= vcd
# Tokens are drawn, always the same ones for a seed; TEMPERATURE=0 takes the most likely one.
TEMPERATURE ?= 0.7
TOP_P   ?= 0.95
SEED    ?= 1
SAMPLING = --temperature $(TEMPERATURE) $(if $(TOP_K),--top-k $(TOP_K)) \
  --top-p $(TOP_P) --seed $(SEED)
IMAGE   := $(BUILD)/sim/$(notdir $(patsubst %/,%,$(MODEL))).nti
MINUTES ?= 10
SIZE    ?= 370m
SEEDS   ?= 1000
FIRST   ?= 1
COUNT   ?= 1000
FILES   ?=
HELDOUT ?= model/pretrained/tales-6m/heldout.txt
RUN     := $(BUILD)/neurotile
TEXT    ?=
FAIL    ?=
VALID   ?=
OUT     ?=
ARGS    ?=
BACKEND ?= csim
SHAPE   ?=
GROUP   ?=

.PHONY: help setup build sim test proof systemc waves replay bench published levels accuracy formal conformance coverage lint synth defs vectors train fuzz fuzz-programs fuzz-merge random random-bites flips random-programs bugs bugs-model mutate mutate-csim clean
.DEFAULT_GOAL := help

help: ## this list
	@grep -E '^[a-z-]+:.*## ' Makefile | sed -E 's/^([a-z-]+):.*## (.*)/  make \1\t\2/' | expand -t 22

setup: ## install missing Debian packages, after listing them
	@testbench/scripts/setup.sh

build: setup ## configure and compile
	@testbench/scripts/build.sh $(BUILD)

$(IMAGE): build
	@mkdir -p $(BUILD)/sim
	@testbench/scripts/import_image.sh $(RUN) "$(MODEL)" $@

sim: $(IMAGE) ## text from the verilated tiles, every timestep checked (PROMPT= TOKENS= MODEL= TEMPERATURE= TRACE=)
	@$(RUN) generate --model $(IMAGE) --prompt "$(PROMPT)" --tokens $(TOKENS) \
	  --summary $(BUILD)/sim/summary.json $(SAMPLING) $(if $(TRACE),--trace $(TRACE))

test: build ## everything CI runs
	@testbench/scripts/setup.sh train
	@testbench/scripts/test.sh $(BUILD)

proof: build ## the float reference against recorded values of the published PyTorch code
	@$(BUILD)/testbench/model/proof/nt_import_proof --json $(BUILD)/proof.json testbench/model/fixtures/hgrnbit-small

systemc: $(IMAGE) ## the same text on the SystemC platform, checked, compared with the plain RTL back end
	@SYSTEMC_DISABLE_COPYRIGHT_MESSAGE=1 $(BUILD)/testbench/systemc/nt_sc_token $(IMAGE) "$(PROMPT)" $(TOKENS)

levels: build ## float, integer, golden tile and RTL side by side; perplexity
	@$(RUN) levels --model $(MODEL) --text $(HELDOUT)

accuracy: build ## the tables and the plot of docs/accuracy.md (MODEL= for the sweep, TEXT=)
	@testbench/scripts/accuracy.sh $(BUILD) $(MODEL)

waves: $(IMAGE) ## a window of waves with its GTKWave layout (FORMAT=fst: kept as FST)
	@waves/make_waves.sh $(RUN) $(IMAGE) $(BUILD)/waves
	@$(if $(filter fst,$(FORMAT)),waves/to_fst.sh $(BUILD)/waves)

replay: build ## a failure once more, with waves (FAIL=folder of generate --failure)
	@waves/replay.sh $(RUN) "$(FAIL)"

bench: $(IMAGE) ## cycles against the bound, utilisation, speed, prices of checks and waves (ARGS="--turns 15")
	@testbench/scripts/bench.sh $(BUILD) $(IMAGE) $(ARGS)

conformance: $(IMAGE) ## the conformance suite on a tile: csim, rtl, systemc or a shared object (BACKEND= SHAPE= GROUP=)
	@$(BUILD)/testbench/conformance/nt_conformance --backend "$(BACKEND)" $(if $(SHAPE),--shape "$(SHAPE)") \
	  $(if $(GROUP),--group "$(GROUP)") --image $(IMAGE) --log $(BUILD)/conformance --json $(BUILD)/conformance.json

published: build ## a random network of a published size, checkpoint to checked verilated tiles (SIZE=370m)
	@testbench/scripts/published.sh $(BUILD) $(SIZE) 1

formal: setup ## proofs of the small modules, and planted faults that they must find
	@testbench/formal/run.sh -o $(BUILD)/formal
	@testbench/formal/bites.sh -o $(BUILD)/formal/bites

lint: setup ## Verilator -Wall, Icarus and Yosys on the same file list
	@rtl/lint.sh

synth: setup ## Yosys: cells, memories, longest path of one core
	@rtl/synth.sh

defs: setup ## rewrite what is generated from docs/spec/nt_definitions.def
	@testbench/scripts/defs.sh

vectors: setup ## write the vector files of the conformance suite anew
	@testbench/conformance/suite/put_vectors.sh

train: ## train a model (TEXT="a.txt b.txt" VALID=v.txt OUT=folder ARGS="--steps 2000"; ARGS=--help lists all)
	@testbench/scripts/setup.sh train
	@/usr/bin/python3 model/train/train.py $(TEXT) $(if $(VALID),--valid "$(VALID)") $(if $(OUT),--out "$(OUT)") $(ARGS)

fuzz-programs: setup
	@testbench/fuzz/build.sh $(BUILD)-fuzz

fuzz: fuzz-programs ## libFuzzer over every reader of files, under sanitizers (MINUTES=)
	@testbench/fuzz/run.sh $(BUILD)-fuzz $(MINUTES)

fuzz-merge: fuzz-programs ## take what fuzzing found new into the kept corpus
	@testbench/fuzz/merge.sh $(BUILD)-fuzz

random-programs: setup
	@testbench/random/build.sh $(BUILD)-random random_campaigns

random: random-programs ## random cases on every tile shape, RTL against golden tile, failures shrunk (SEEDS= FIRST=)
	@testbench/random/run.sh $(BUILD)-random $(SEEDS) $(FIRST)

random-bites: setup ## faults planted in the RTL, found and shrunk by random cases
	@testbench/random/bites.sh $(BUILD)-random-bites

flips: random-programs ## random bit flips in the RTL's memories and registers, and what became of them (COUNT= FIRST=)
	@NT_SEED=$(FIRST) NT_CASES=$(COUNT) $(BUILD)-random/testbench/random/random_flips rtl

coverage: setup ## line, branch and toggle coverage of the RTL, line and branch coverage of C, their holes against reasons and floors
	@testbench/scripts/setup.sh coverage
	@testbench/coverage/run.sh $(BUILD)-coverage

bugs: build ## bugs planted in the RTL, and what is reported about each
	@$(BUILD)/testbench/bugs/bugs_table testbench/bugs/bugs.json

bugs-model: $(IMAGE) ## the same bugs in a run of a model (MODEL=); compiles neurotile_bugs
	@testbench/scripts/build.sh $(BUILD) -DNT_BUGS=ON
	@testbench/bugs/in_model.py $(RUN)_bugs testbench/bugs/bugs.json $(IMAGE)

mutate: setup ## mutants of the RTL against the tests of the tile: score and survivors (COUNT= SEED=)
	@testbench/mutation/rtl/campaign.py $(BUILD)-mutate --count $(COUNT) --seed $(SEED)

mutate-csim: COUNT = 0
mutate-csim: setup ## mutants of the golden tile against its own tests (COUNT= SEED= for a sample, FILES="nt_core.c")
	@testbench/mutation/csim/run.sh $(BUILD)-mutate-csim --count $(COUNT) --seed $(SEED) $(if $(FILES),--files $(FILES))

clean: ## remove the build folder
	@rm -rf $(BUILD)
