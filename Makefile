# hmmgrid: one flat Makefile.
#   make              build the program              make demo     a small real study and its report, from nothing
#   make test         every test, from nothing       make install  PREFIX=/usr/local DESTDIR=
#   make bench        how fast it is; ONLY="epoch torch" chooses sections of tests/bench/run.sh
#   make check-build ONLY='^(hmm|house)$'            the tests of these names, built and run
#   make soak         kills, failing disks, deaths, overhead: about an hour; KILLS=200
#   make fuzz         readers of what others wrote, fed broken inputs for FUZZ_S seconds each
#   make SAN=address|undefined|thread ...            make clean
# V=1 shows commands and a line for each test; CC=gcc|clang, MPICC=mpicc, BUILD=build, CFLAGS="-O2 -g",
# HDF5_DIR=/path/to/parallel/hdf5
ifeq ($(origin CC),default)
CC      := gcc
endif
MPICC   ?= mpicc
SAN     ?=
BUILD   ?= build$(if $(SAN),-$(SAN))
PREFIX  ?= /usr/local
DESTDIR ?=
CFLAGS  ?= -O2 -g
VERSION := 0.1.0
COMMIT  := $(shell git rev-parse --short=12 HEAD 2>/dev/null || echo unknown)

# the wrappers of Open MPI and MPICH call our compiler
export OMPI_CC := $(CC)
export MPICH_CC := $(CC)

# --- sources: every file of a room; the rooms in the order in which they build on each other ------
room      = $(sort $(wildcard $(addprefix src/,$(addsuffix /*.c,$(1)))))
# hot loops: compiled once per kernel level (src/base/kernel.h)
SIMD_SRC  := $(filter %_simd.c,$(call room,base model measure))
YAML_SRC  := $(addprefix src/plan/,yaml.c assign.c expand.c grid.c labels.c)
TABLE_SRC := $(addprefix src/report/,aggregate.c bootstrap.c inference.c permutation.c table.c)
CORE_SRC  := $(filter-out $(SIMD_SRC) $(YAML_SRC),$(call room,base settings model measure plan \
 dynamics analyse analyse/circuit analyse/ablation analyse/evolution experiment isolate forecast) $(TABLE_SRC))
MPI_SRC   := $(call room,store study)
CLI_SRC   := $(filter-out $(TABLE_SRC),$(call room,batch report figure page cli))

# --- libraries -----------------------------------------------------------------------------------
PKG     := pkg-config
HDF5_PC := $(firstword $(foreach p,hdf5-openmpi hdf5-mpich hdf5-mpi hdf5,\
            $(shell $(PKG) --exists $(p) 2>/dev/null && echo $(p))))
ifdef HDF5_DIR
HDF5_CFLAGS := -I$(HDF5_DIR)/include
HDF5_LIBS   := -L$(HDF5_DIR)/lib -Wl,-rpath,$(HDF5_DIR)/lib -lhdf5_hl -lhdf5
else
HDF5_CFLAGS := $(shell $(PKG) --cflags $(HDF5_PC) 2>/dev/null)
HDF5_LIBS   := $(patsubst -lhdf5,-lhdf5_hl -lhdf5,$(shell $(PKG) --libs $(HDF5_PC) 2>/dev/null))
endif
BLAS_CFLAGS := $(shell $(PKG) --cflags openblas 2>/dev/null)
BLAS_LIBS   := $(or $(shell $(PKG) --libs openblas 2>/dev/null),-lopenblas)
YAML_LIBS   := $(or $(shell $(PKG) --libs yaml-0.1 2>/dev/null),-lyaml)
XXH_LIBS    := $(or $(shell $(PKG) --libs libxxhash 2>/dev/null),-lxxhash)
CORE_LIBS   := $(BLAS_LIBS) $(XXH_LIBS) -lm -lpthread
LIBS        := $(HDF5_LIBS) $(YAML_LIBS) $(CORE_LIBS)

# --- flags ---------------------------------------------------------------------------------------
WARN     := -Wall -Wextra -Werror
# no contraction: a fused multiply-add only where it is written, so the bits do not follow the flags
STD      := -std=c11 -D_GNU_SOURCE -ffp-contract=off
SANFLAGS := $(if $(SAN),-fsanitize=$(SAN) -fno-omit-frame-pointer -fno-sanitize-recover=all)
FLAGS    = $(STD) $(WARN) $(CFLAGS) $(SANFLAGS) -Iinclude -Isrc
DEFINES  := -DHMMGRID_VERSION='"$(VERSION)"' -DHMMGRID_COMMIT='"$(COMMIT)"'
DEPS     = -MMD -MP

LEVELS := portable
ifneq ($(filter x86_64 amd64,$(shell uname -m)),)
LEVELS += avx2 avx512
endif
LEVEL_portable := -O3
LEVEL_avx2     := -O3 -mavx2 -mfma -mpopcnt
LEVEL_avx512   := $(LEVEL_avx2) -mavx512f -mavx512bw -mavx512dq -mavx512vl -mavx512vbmi \
 -mavx512vpopcntdq

# what is made is told in a word and a name; with V=1 by the command itself, with make -s not at all
tell = $(if $(V),,@$(if $(findstring s,$(firstword -$(MAKEFLAGS))),,printf '  %-5s %s\n' $(1) $@;) )

object   = $(1:%.c=$(BUILD)/%.o)
SIMD_OBJ := $(foreach l,$(LEVELS),$(SIMD_SRC:%.c=$(BUILD)/%.$(l).o))
CORE_OBJ := $(call object,$(CORE_SRC)) $(SIMD_OBJ)
YAML_OBJ := $(call object,$(YAML_SRC))
MPI_OBJ  := $(call object,$(MPI_SRC))
CLI_OBJ  := $(call object,$(CLI_SRC)) $(BUILD)/slurm.o $(BUILD)/page.o
CORE     := $(BUILD)/libhmmgrid-core.a

.PHONY: all
all: $(BUILD)/hmmgrid

$(CORE): $(CORE_OBJ)
	@rm -f $@
	$(call tell,ar)ar rcs $@ $^

$(BUILD)/hmmgrid: $(CLI_OBJ) $(MPI_OBJ) $(YAML_OBJ) $(CORE)
	$(call tell,link)$(MPICC) $(SANFLAGS) -o $@ $^ $(LIBS)

$(call object,$(CORE_SRC) $(YAML_SRC)): $(BUILD)/%.o: %.c $(BUILD)/flags
	@mkdir -p $(@D)
	$(call tell,cc)$(CC) $(FLAGS) $(BLAS_CFLAGS) $(DEPS) -c -o $@ $<

# files as texts of the program: requeue_sbatch, page_css
$(BUILD)/slurm.c: slurm/requeue.sbatch slurm/report.sbatch
$(BUILD)/page.c: src/page/page.css src/page/page.js
$(BUILD)/slurm.c $(BUILD)/page.c:
	@mkdir -p $(@D)
	@for f in $^; do \
	    printf 'extern const char %s[];\nconst char %s[] =\n' $$(basename $$f | tr . _) $$(basename $$f | tr . _); \
	    sed 's/[\\"?]/\\&/g; s/^/"/; s/$$/\\n"/' $$f; echo ';'; done > $@

$(BUILD)/slurm.o $(BUILD)/page.o: $(BUILD)/%.o: $(BUILD)/%.c $(BUILD)/flags
	$(call tell,cc)$(CC) $(FLAGS) -c -o $@ $<

define simd_rule
$(SIMD_SRC:%.c=$(BUILD)/%.$(1).o): $(BUILD)/%.$(1).o: %.c $(BUILD)/flags
	@mkdir -p $$(@D)
	$$(call tell,cc)$(CC) $$(FLAGS) $$(LEVEL_$(1)) $$(DEPS) -c -o $$@ $$<
endef
$(foreach l,$(LEVELS),$(eval $(call simd_rule,$(l))))

$(filter-out %/provenance.o,$(MPI_OBJ)) $(filter-out %/help.o $(BUILD)/slurm.o $(BUILD)/page.o,$(CLI_OBJ)): $(BUILD)/%.o: %.c $(BUILD)/flags
	@mkdir -p $(@D)
	$(call tell,cc)$(MPICC) $(FLAGS) $(HDF5_CFLAGS) $(DEPS) -c -o $@ $<

# the two files that name the version and the commit are rebuilt when these change
$(BUILD)/src/cli/help.o $(BUILD)/src/study/provenance.o: $(BUILD)/%.o: %.c $(BUILD)/flags $(BUILD)/version
	@mkdir -p $(@D)
	$(call tell,cc)$(MPICC) $(FLAGS) $(DEFINES) $(HDF5_CFLAGS) $(DEPS) -c -o $@ $<

# rebuild when flags change: these files change only with their contents
$(BUILD)/flags: FORCE
	@mkdir -p $(@D)
	@printf '%s\n' '$(CC) $(MPICC) $(FLAGS) $(HDF5_CFLAGS) $(LIBS)' | cmp -s - $@ || \
	 printf '%s\n' '$(CC) $(MPICC) $(FLAGS) $(HDF5_CFLAGS) $(LIBS)' > $@
$(BUILD)/version: FORCE
	@mkdir -p $(@D)
	@printf '%s\n' '$(VERSION) $(COMMIT)' | cmp -s - $@ || printf '%s\n' '$(VERSION) $(COMMIT)' > $@
.PHONY: FORCE
FORCE:

# --- tests -----------------------------------------------------------------------------------------
UNIT_BIN := $(patsubst tests/unit/%.c,$(BUILD)/tests/%,$(sort $(wildcard tests/unit/*.c)))
FIGURE_BIN := $(BUILD)/tests/test_figure
STORE_BIN := $(BUILD)/tests/test_store $(BUILD)/tests/test_store_refusals \
 $(BUILD)/tests/test_store_versions
WRAP_test_network := -Wl,--wrap=linalg_eigenvalues
WRAP_test_store_versions := -Wl,--wrap=columns_init,--wrap=plan_parse_json,--wrap=H5Fopen
STUDY_BIN := $(patsubst tests/mpi/%.c,$(BUILD)/tests/%,$(wildcard tests/mpi/test_study*.c))
MPI_BIN := $(STUDY_BIN) $(BUILD)/tests/test_store_mpi

# plain kernels that the fast ones are compared with
REFERENCE_OBJ := $(call object,$(wildcard tests/reference/*.c))
REFERENCE     := $(BUILD)/tests/libreference.a

$(REFERENCE): $(REFERENCE_OBJ)
	@rm -f $@
	$(call tell,ar)ar rcs $@ $^

$(REFERENCE_OBJ): $(BUILD)/%.o: %.c $(BUILD)/flags
	@mkdir -p $(@D)
	$(call tell,cc)$(CC) $(FLAGS) $(DEPS) -c -o $@ $<

$(filter-out %/test_golden %/test_plan %/test_cells %/test_memory %/test_columns %/test_batch,$(UNIT_BIN)): $(BUILD)/tests/%: tests/unit/%.c $(REFERENCE) $(CORE) $(BUILD)/flags
	@mkdir -p $(@D)
	$(call tell,link)$(CC) $(FLAGS) $(DEPS) $(WRAP_$(@F)) -o $@ $< $(REFERENCE) $(CORE) $(CORE_LIBS) -lcmocka

$(BUILD)/tests/test_plan $(BUILD)/tests/test_cells $(BUILD)/tests/test_memory: $(BUILD)/tests/%: tests/unit/%.c $(YAML_OBJ) $(CORE) $(BUILD)/flags
	@mkdir -p $(@D)
	$(call tell,link)$(CC) $(FLAGS) $(DEPS) -o $@ $< $(YAML_OBJ) $(CORE) $(YAML_LIBS) $(CORE_LIBS) -lcmocka

COLUMNS_OBJ := $(call object,$(addprefix src/store/,schema.c put.c columns.c columns_made.c))
$(BUILD)/tests/test_columns: tests/unit/test_columns.c $(COLUMNS_OBJ) $(YAML_OBJ) $(CORE) $(BUILD)/flags
	@mkdir -p $(@D)
	$(call tell,link)$(CC) $(FLAGS) $(DEPS) -o $@ $< $(COLUMNS_OBJ) $(YAML_OBJ) $(CORE) $(YAML_LIBS) $(CORE_LIBS) -lcmocka

BATCH_OBJ := $(call object,$(call room,batch)) $(BUILD)/slurm.o
$(BUILD)/tests/test_batch: tests/unit/test_batch.c $(BATCH_OBJ) $(YAML_OBJ) $(CORE) $(BUILD)/flags
	@mkdir -p $(@D)
	$(call tell,link)$(CC) $(FLAGS) $(DEPS) -o $@ $< $(BATCH_OBJ) $(YAML_OBJ) $(CORE) $(YAML_LIBS) $(CORE_LIBS) -lcmocka

$(BUILD)/tests/test_golden: tests/unit/test_golden.c tests/support/golden.c $(REFERENCE) $(CORE) $(BUILD)/flags
	@mkdir -p $(@D)
	$(call tell,link)$(MPICC) $(FLAGS) $(HDF5_CFLAGS) -o $@ $(filter %.c,$^) $(REFERENCE) $(CORE) $(HDF5_LIBS) $(CORE_LIBS) -lcmocka

$(STORE_BIN): $(BUILD)/tests/%: tests/system/%.c $(call object,$(call room,store)) $(YAML_OBJ) $(CORE) $(BUILD)/flags
	@mkdir -p $(@D)
	$(call tell,link)$(MPICC) $(FLAGS) $(HDF5_CFLAGS) $(WRAP_$(@F)) -o $@ $(filter-out %/flags,$^) $(LIBS) -lcmocka

$(FIGURE_BIN): tests/system/test_figure.c $(MPI_OBJ) $(call object,$(filter-out $(TABLE_SRC),$(call room,report figure))) $(YAML_OBJ) $(CORE) $(BUILD)/flags
	@mkdir -p $(@D)
	$(call tell,link)$(MPICC) $(FLAGS) $(HDF5_CFLAGS) -o $@ $(filter-out %/flags,$^) $(LIBS) -lcmocka

$(BUILD)/tests/test_store_mpi: tests/mpi/test_store_mpi.c $(MPI_OBJ) $(YAML_OBJ) $(CORE) $(BUILD)/flags
	@mkdir -p $(@D)
	$(call tell,link)$(MPICC) $(FLAGS) $(HDF5_CFLAGS) -o $@ $(filter-out %/flags,$^) $(LIBS) -lcmocka

$(STUDY_BIN): $(BUILD)/tests/%: tests/mpi/%.c tests/mpi/study_case.c tests/support/dummy_run.c $(MPI_OBJ) $(YAML_OBJ) $(CORE) $(BUILD)/flags
	@mkdir -p $(@D)
	$(call tell,link)$(MPICC) $(FLAGS) $(HDF5_CFLAGS) -o $@ $(filter-out %/flags,$^) $(LIBS)

$(BUILD)/tests/%.so: tests/support/%.c $(BUILD)/flags
	@mkdir -p $(@D)
	$(call tell,link)$(CC) -std=c11 $(WARN) $(CFLAGS) -shared -fPIC -o $@ $<

# --- broken inputs: with sanitizers, in a build of its own ------------------------------------------
FUZZ_SRC := $(wildcard tests/fuzz/*.c)
FUZZ_BIN := $(BUILD)/tests/fuzz
FUZZ_S   ?= 120

$(FUZZ_BIN): $(FUZZ_SRC) tests/fuzz/fuzz.h $(YAML_OBJ) $(CORE) $(BUILD)/flags
	@mkdir -p $(@D)
	$(call tell,link)$(CC) $(FLAGS) -o $@ $(filter-out %/flags %.h,$^) $(YAML_LIBS) $(CORE_LIBS)

.PHONY: fuzz fuzz-build
fuzz:
	@$(MAKE) --no-print-directory $(parallel) SAN=address,undefined BUILD=$(BUILD)-fuzz fuzz-build
	@tests/fuzz/run.sh $(BUILD)-fuzz $(FUZZ_S)

fuzz-build: $(BUILD)/hmmgrid $(FUZZ_BIN)

# --- benchmarks ------------------------------------------------------------------------------------
BENCH_SRC := tests/bench/bench.c tests/bench/gemms.c tests/bench/epoch.c tests/bench/parts.c \
 tests/bench/sinkhorn.c tests/bench/checkpoint.c
BENCH_BIN := $(BUILD)/tests/bench \
 $(patsubst tests/bench/%.c,$(BUILD)/tests/%,$(wildcard tests/bench/bench_*.c))

$(BUILD)/tests/bench: $(BENCH_SRC) tests/bench/bench.h $(REFERENCE) $(CORE) $(BUILD)/flags
	@mkdir -p $(@D)
	$(call tell,link)$(CC) $(FLAGS) -o $@ $(filter %.c,$^) $(REFERENCE) $(CORE) $(CORE_LIBS)

$(BUILD)/tests/bench_numerics $(BUILD)/tests/bench_coverage: $(BUILD)/tests/%: tests/bench/%.c $(REFERENCE) $(CORE) $(BUILD)/flags
	@mkdir -p $(@D)
	$(call tell,link)$(CC) $(FLAGS) -o $@ $(filter %.c,$^) $(REFERENCE) $(CORE) $(CORE_LIBS)

$(BUILD)/tests/bench_analyses: tests/bench/bench_analyses.c $(call object,$(call room,store)) $(YAML_OBJ) $(CORE) $(BUILD)/flags
	@mkdir -p $(@D)
	$(call tell,link)$(MPICC) $(FLAGS) $(HDF5_CFLAGS) -o $@ $(filter-out %/flags,$^) $(LIBS)

$(BUILD)/tests/bench_dispatch $(BUILD)/tests/bench_report: $(BUILD)/tests/%: tests/bench/%.c tests/support/dummy_run.c $(MPI_OBJ) $(YAML_OBJ) $(CORE) $(BUILD)/flags
	@mkdir -p $(@D)
	$(call tell,link)$(MPICC) $(FLAGS) $(HDF5_CFLAGS) -o $@ $(filter-out %/flags,$^) $(LIBS)

.PHONY: bench
bench: $(BENCH_BIN)
	@tests/bench/run.sh $(BUILD) $(ONLY)

# --- what people call --------------------------------------------------------------------------------
# `make test` and `make demo` do all set-up: they install what is missing (or name it), then start
# over so that the libraries just installed are found.
.PHONY: test demo check-build install
parallel = $(if $(findstring -j,$(MAKEFLAGS)),,-j$(shell nproc))
test:
	@CC='$(CC)' MPICC='$(MPICC)' .ci/packages test
	@$(MAKE) --no-print-directory $(if $(V),,-s) $(parallel) check-build

.PHONY: check-build-programs
check-build-programs: $(BUILD)/hmmgrid $(UNIT_BIN) $(STORE_BIN) $(FIGURE_BIN) $(MPI_BIN) $(BUILD)/tests/fail_writes.so $(BUILD)/tests/fail_malloc.so $(FUZZ_BIN)
check-build: check-build-programs
	@V='$(V)' tests/run.sh $(BUILD) '$(ONLY)'

# long campaigns; the last line of each is its figures
.PHONY: soak
KILLS ?= 200
soak: check-build-programs
	tests/system/kills.sh $(BUILD)/hmmgrid $(KILLS)
	tests/system/nulls.sh $(BUILD)/hmmgrid 100
	tests/system/valgrind.sh $(BUILD)/hmmgrid analyses
	$(BUILD)/tests/test_verdicts 20
	tests/system/trained.sh $(BUILD)/hmmgrid fully3-seed0 fully3-seed1 chain3-seed0 chain3-seed1
	tests/system/full_disk.sh $(BUILD)/hmmgrid $(BUILD)/tests/fail_writes.so 3
	tests/system/no_memory.sh $(BUILD)/hmmgrid $(BUILD)/tests/fail_malloc.so 1
	tests/system/slurm_submit.sh $(BUILD)/hmmgrid all
	tests/system/particles.sh $(BUILD)/hmmgrid 100 fully3-seed0 fully3-seed1 chain3-seed0 chain3-seed1
	tests/system/kill_resume.sh $(BUILD)/hmmgrid 5 $(BUILD)/tests/test_study | tail -n 1
	tests/system/slurm.sh $(BUILD)/hmmgrid all
	mpirun $(if $(filter 0,$(shell id -u)),--allow-run-as-root) --oversubscribe --bind-to none -n 4 $(BUILD)/tests/test_study_deaths /tmp overhead

demo:
	@CC='$(CC)' MPICC='$(MPICC)' .ci/packages demo
	@$(MAKE) --no-print-directory $(parallel) all
	@mkdir -p demo
	mpirun $(if $(filter 0,$(shell id -u)),--allow-run-as-root) --oversubscribe -n 3 \
	 $(BUILD)/hmmgrid run experiments/quickstart.yaml -o demo/quickstart.h5 --fresh
	$(BUILD)/hmmgrid summary demo/quickstart.h5
	@$(BUILD)/hmmgrid summary demo/quickstart.h5 --metrics all --format csv > demo/quickstart.csv
	@echo "results: demo/quickstart.h5    all scores: demo/quickstart.csv"
	@$(BUILD)/hmmgrid report demo/quickstart.h5 -o demo/report
	@echo demo/report/index.html

# program, grids, and the core library with its headers for other C programs (pkg-config hmmgrid)
install: $(BUILD)/hmmgrid $(CORE)
	install -d $(addprefix $(DESTDIR)$(PREFIX)/,bin include/hmmgrid lib/pkgconfig share/hmmgrid/experiments share/hmmgrid/slurm)
	install -m 755 $(BUILD)/hmmgrid $(DESTDIR)$(PREFIX)/bin/hmmgrid
	install -m 644 $(CORE) $(DESTDIR)$(PREFIX)/lib
	install -m 644 include/hmmgrid/*.h $(DESTDIR)$(PREFIX)/include/hmmgrid
	printf '%s\n' 'prefix=$(PREFIX)' 'Name: hmmgrid' 'Version: $(VERSION)' \
	 'Description: trains, measures and dissects recurrent networks that emulate hidden Markov models' \
	 'Cflags: -I$${prefix}/include' 'Libs: -L$${prefix}/lib -lhmmgrid-core' \
	 'Libs.private: $(CORE_LIBS)' > $(DESTDIR)$(PREFIX)/lib/pkgconfig/hmmgrid.pc
	install -m 644 experiments/*.yaml experiments/paper.md experiments/paper-losses.csv experiments/*.png $(DESTDIR)$(PREFIX)/share/hmmgrid/experiments
	install -m 644 slurm/* $(DESTDIR)$(PREFIX)/share/hmmgrid/slurm
	install -m 644 README.md LICENSE $(DESTDIR)$(PREFIX)/share/hmmgrid

-include $(CORE_OBJ:.o=.d) $(YAML_OBJ:.o=.d) $(MPI_OBJ:.o=.d) $(CLI_OBJ:.o=.d) $(UNIT_BIN:=.d) $(REFERENCE_OBJ:.o=.d)

.PHONY: clean
clean:
	rm -rf $(BUILD)
