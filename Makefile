# ecopanier: rules of a food-rescue platform, as a PostgreSQL extension.
#
#   make && sudo make install   build and install into the server that pg_config names
#   make installcheck           test against a running server
#   make check, make demo       all by themselves, in a private copy of the server (test/harness.mk)

EXTENSION = ecopanier
EXTVERSION := $(shell sed -n "s/^default_version = '\(.*\)'/\1/p" ecopanier.control)

MODULE_big = ecopanier
GENERATED = src/common/migrations.c
OBJS = $(sort $(patsubst %.c,%.o,$(wildcard src/*.c $(foreach room,common types crypto territory identity audit background event organisation service beneficiary market pickup money find allotment sponsor cascade impact privacy outbox listing,src/$(room)/*.c)) $(GENERATED)))

INSTALL_SQL = ecopanier--$(EXTVERSION).sql
UPDATE_SQL = $(foreach from,$(filter-out $(EXTVERSION),$(shell src/assemble releases)),ecopanier--$(from)--$(EXTVERSION).sql)
DATA_built = $(INSTALL_SQL) $(UPDATE_SQL)

PG_CPPFLAGS = -I$(CURDIR)/src -isystem $(shell $(PG_CONFIG) --includedir-server 2>/dev/null)
PG_CFLAGS = -std=gnu11 -Wall -Wextra -Wno-declaration-after-statement
SHLIB_LINK = -lsodium -lqrencode -lpng

REGRESS = $(patsubst sql/%.sql,%,$(sort $(wildcard sql/*.sql)))
REGRESS_OPTS = --encoding=UTF8 --no-locale
WORKER = ecopanier_worker$(DLSUFFIX)
WORKER_OBJS = $(sort $(patsubst %.c,%.o,$(wildcard src/worker/*.c)))
EXTRA_CLEAN = $(GENERATED) $(WORKER) $(WORKER_OBJS) $(OBJS:.o=.d) $(WORKER_OBJS:.o=.d)

# The library is never run from bitcode: its hot loops are the server's.
override with_llvm = no

# These goals are test/harness.mk's and do without PGXS, which has a "check" of its own.
HARNESS_GOALS := $(filter deps check check-% demo bench doc,$(MAKECMDGOALS))

PG_CONFIG = pg_config
ifneq ($(shell command -v $(PG_CONFIG) 2>/dev/null),)
PGXS := $(shell $(PG_CONFIG) --pgxs)
ifneq ($(if $(HARNESS_GOALS),,$(wildcard $(PGXS))),)
include $(PGXS)

$(GENERATED): src/MANIFEST src/assemble ecopanier.control $(wildcard src/*/*.tables.sql)
	src/assemble migrations $(EXTVERSION) >$@.new && mv $@.new $@

$(INSTALL_SQL): src/MANIFEST src/assemble $(wildcard src/*/*.sql)
	src/assemble install >$@.new && mv $@.new $@

$(UPDATE_SQL): ecopanier--%--$(EXTVERSION).sql: src/MANIFEST src/assemble $(wildcard src/*/*.sql)
	src/assemble update $* >$@.new && mv $@.new $@

HEADERS_OF_ROOMS = $(wildcard src/*.h src/*/*.h)
$(OBJS) $(WORKER_OBJS): $(HEADERS_OF_ROOMS)

# The worker is a library of its own: libcurl costs whoever loads it.
all: $(WORKER)

$(WORKER): $(WORKER_OBJS)
	$(CC) $(CFLAGS) $(WORKER_OBJS) $(LDFLAGS) $(LDFLAGS_SL) -shared -o $@ -lcurl

install: install-worker
install-worker: $(WORKER)
	$(INSTALL_SHLIB) $(WORKER) "$(DESTDIR)$(pkglibdir)/$(WORKER)"

uninstall: uninstall-worker
uninstall-worker:
	rm -f "$(DESTDIR)$(pkglibdir)/$(WORKER)"

.PHONY: install-worker uninstall-worker
endif
endif

-include test/harness.mk
