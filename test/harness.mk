# Targets that need nothing but make at the start: they install what is missing and work in a private copy
# of the server. See test/README.md. One file of a suite: make check-pgtap TESTS=00_structure
# HARNESS_GOALS (set by the Makefile) are those of them that were asked for; PGXS has a "check" of its own,
# so it is not read for them, and other goals named beside them get a make of their own.

SUITES = regress isolation pgtap tap unit fuzz

ifneq ($(HARNESS_GOALS),)

.PHONY: deps check check-long demo bench doc $(SUITES:%=check-%)

deps:
	@sh .ci/deps

check: deps
	@test/lib/private-server --werror test/lib/check $(SUITES)

$(SUITES:%=check-%): check-%: deps
	@TESTS='$(TESTS)' test/lib/private-server --werror test/lib/check $*

# Each fuzz target for ten minutes, two at a time, and a territory's year; TESTS="jwt card" or TESTS=year for some of them.
check-long: deps
	@FUZZ_SECONDS=600 ITEM_LIMIT_S=14400 LIMIT_S=21600 TESTS='$(TESTS)' test/lib/private-server --werror test/lib/check fuzz long

demo: deps
	@test/lib/private-server --server demo/run

bench:
	@sh .ci/deps bench
	@test/lib/private-server --server test/bench/run

# The generated parts of doc/, made anew from the catalogue.
doc: deps
	@test/lib/private-server --server doc/generate --out
	@cp tmp/doc/*.md doc/ && rm -r tmp/doc

OTHER_GOALS = $(filter-out $(HARNESS_GOALS),$(MAKECMDGOALS))
ifneq ($(OTHER_GOALS),)
.PHONY: $(OTHER_GOALS)
$(OTHER_GOALS):
	@$(MAKE) --no-print-directory $@
endif

else ifeq ($(wildcard $(PGXS)),)

.PHONY: all install installcheck clean
all install installcheck clean:
	@echo "ecopanier: no PostgreSQL server headers found by '$(PG_CONFIG)': install postgresql-server-dev-15" >&2
	@echo "ecopanier: ('make deps' does on Debian), or name yours: make PG_CONFIG=/path/to/pg_config" >&2
	@exit 1

endif
