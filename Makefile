# pg_clearance: PGXS build. `./run test` does everything on a throw-away server;
# with a server of your own: make, make install, make installcheck.

# In front of what is in the tree: nothing, but in a VPATH build (make -f ../pg_clearance/Makefile).
from := $(if $(VPATH),$(VPATH)/,$(filter-out ./,$(dir $(firstword $(MAKEFILE_LIST)))))

MODULE_big = pg_clearance
# one folder is one room, see src/README.md
C_SOURCES = $(sort $(wildcard $(from)src/*.c $(from)src/*/*.c))
C_HEADERS = $(sort $(wildcard $(from)src/*.h $(from)src/*/*.h))
OBJS = $(patsubst $(from)%.c,%.o,$(C_SOURCES))

PG_CPPFLAGS = -I$(srcdir)/src
# packages are built by compilers that are not known yet
WERROR ?= -Werror
PG_CFLAGS = -Wall -Wextra $(WERROR)
# fmgr's and the hooks' signatures are fixed, whether or not a function needs all of them;
# so are those of inline functions in PostgreSQL's headers
PG_CFLAGS += -Wno-unused-parameter
# the version of the SQL objects that the library goes with
PG_CPPFLAGS += -DCLR_RELEASE='"$(EXTVERSION)"'
# signatures of tokens are OpenSSL's work
SHLIB_LINK += -lcrypto

EXTENSION = pg_clearance
EXTVERSION := $(shell sed -n "s/^default_version *= *'\(.*\)'/\1/p" $(from)$(EXTENSION).control)

# The install script is the modules of src/sql in their order; level_data comes from CSV.
SQL_ORDER := $(shell sed 's/\#.*//' $(from)src/sql/order)
SQL_MODULES = $(patsubst %src/sql/level_data.sql,build/level_data.sql,$(SQL_ORDER:%=$(from)src/sql/%.sql))
LEVEL_DATA = $(sort $(wildcard $(from)src/data/*.csv))

SQL_INSTALL = build/$(EXTENSION)--$(EXTVERSION).sql

# An upgrade script is made of its hand-written part and of modules until its version is
# released; then what was made takes the part's place.
PENDING := $(notdir $(wildcard $(from)src/sql/updates/$(EXTENSION)--*--$(EXTVERSION).sql))
SQL_UPGRADE = $(PENDING:%=build/%)

DATA_built = $(SQL_INSTALL) $(SQL_UPGRADE)
DATA = $(filter-out $(PENDING:%=src/sql/updates/%),$(patsubst $(from)%,%,$(wildcard $(from)src/sql/updates/*.sql)))
EXTRA_CLEAN = build

# `make installcheck` uses the server that PGHOST, PGPORT … name. It must have pg_clearance in
# shared_preload_libraries, and the user must be a superuser; what two-phase commit does shows only
# with max_prepared_transactions > 0. The TAP tests start their own.
REGRESS = \
	install \
	comments \
	levels \
	account_levels \
	set_level \
	derived_rights \
	gates \
	parent_gates \
	parents_elsewhere \
	several_relations \
	people \
	open_levels \
	bulk \
	identity \
	permissions \
	actor \
	set_role \
	acting_key \
	tokens \
	protect \
	select \
	write \
	self_given \
	owners \
	owner_code \
	key_actions \
	privileged_functions \
	chains \
	changed_columns \
	once \
	spared \
	guards \
	row_guards \
	refused_writes \
	masks \
	mask_names \
	mask_roads \
	mask_raw \
	mask_places \
	masked_answers \
	client_masks \
	mask_whole_row \
	supervisors \
	born \
	new_projects \
	project_optional \
	keys \
	partitions \
	partition_moves \
	torn_rows \
	foreign_policies \
	own_policies \
	depth \
	numbers \
	lookalikes \
	ddl_roads \
	row_keys \
	no_actor \
	privileges \
	internals \
	configuration \
	configuration_accounts \
	reference \
	explain \
	explain_links \
	who_can \
	what_can \
	preview \
	reasons \
	verdicts \
	whoami \
	act_as \
	maintenance \
	bad_input \
	by_name \
	partners \
	invitations \
	participants \
	rights \
	resources \
	quoted_names \
	reached_projects \
	links \
	literals \
	labels \
	generated \
	forgotten \
	renames \
	notices \
	lint \
	self_test \
	report \
	cache \
	versions \
	small_tables \
	few_of_many \
	counters \
	citus \
	plans \
	company_reports \
	whole \
	whole_again \
	whole_trees \
	whole_parents \
	replaced \
	given \
	sealed_again \
	outlived \
	accounts \
	account_rows \
	parents \
	unread_keys \
	folded \
	same_plans \
	index_operators \
	account_columns \
	whole_account \
	whole_rows \
	account_plans \
	beside \
	level \
	mirror \
	mirror_views \
	mirror_companies \
	empty \
	moments \
	odd_values \
	secrecy \
	unknown \
	roles \
	audit \
	untold
# sorting and texts do not depend on the server's locale
REGRESS_OPTS = --encoding=UTF8 --no-locale

ISOLATION := $(sort $(patsubst %.spec,%,$(notdir $(wildcard $(from)test/isolation/specs/*.spec))))
ISOLATION_OPTS = --inputdir=$(from)test/isolation --load-extension=pg_clearance

PROVE_TESTS := $(sort $(patsubst $(from)%,%,$(wildcard $(from)test/tap/*.pl)))
TAP_TESTS := $(if $(PROVE_TESTS),1)

# no bitcode: the functions are never inlined, and clang is not needed then
override with_llvm = no

PG_CONFIG = pg_config

# Calls within the library, and from it into the server, go straight instead of through a table
# of jumps: every statement makes some hundred of them, each once. Where compiler or linker know
# no such option, they go as ever.
comma := ,
compile := $(shell $(PG_CONFIG) --cc) -Werror -x c -shared -fPIC -o /dev/null -
supported = $(shell echo 'int x;' | $(compile) $(1) 2>/dev/null && echo '$(1)')
PG_CFLAGS += $(call supported,-fno-plt) $(call supported,-fno-semantic-interposition)
SHLIB_LINK += $(call supported,-Wl$(comma)-Bsymbolic-functions)

PGXS := $(shell $(PG_CONFIG) --pgxs)
include $(PGXS)

# topics of what only newer majors have
REGRESS += $(foreach major,16 17 18,$(shell [ $(MAJORVERSION) -lt $(major) ] || echo since_$(major)))

# absolute, or make would be content with a folder of the tree
OBJ_DIRS = $(addprefix $(CURDIR)/,$(sort $(dir $(OBJS))))
$(OBJS): $(C_HEADERS) $(EXTENSION).control | $(OBJ_DIRS)
$(OBJ_DIRS):
	$(MKDIR_P) $@

$(SQL_INSTALL): $(SQL_MODULES) src/sql/order $(EXTENSION).control
	$(MKDIR_P) $(@D)
	cat $(SQL_MODULES) > $@

$(SQL_UPGRADE): build/%: src/sql/updates/% src/sql/updates/update.awk $(SQL_MODULES) src/sql/order
	$(MKDIR_P) $(@D)
	$(AWK) -f $(from)src/sql/updates/update.awk $(SQL_MODULES) $< > $@.new
	mv $@.new $@

# for ./run, which installs only what changed
.PHONY: list-data
list-data:
	@echo $(EXTENSION).control $(DATA_built) $(DATA)

build/level_data.sql: src/data/level_data.awk $(LEVEL_DATA)
	$(MKDIR_P) $(@D)
	$(AWK) -f $< $(LEVEL_DATA) > $@

# The parser of tokens knows no server: as programs, for its test vectors and for fuzzing. The TAP
# tests make build/jwt_check and build/jwt_replay themselves; the fuzzer needs clang.
JWT_FILES = src/actor/jwt.c src/actor/signature.c
JWT_CFLAGS = -DFRONTEND $(PG_CFLAGS) -I$(from)src $(CPPFLAGS) -g
JWT_LIBS = -L$(pkglibdir) -lpgcommon -lpgport -lcrypto -lm

build/jwt_check: test/vectors/jwt_check.c
build/jwt_replay: test/fuzz/replay.c test/fuzz/jwt.c
build/jwt_check build/jwt_replay: $(JWT_FILES) $(C_HEADERS)
	$(MKDIR_P) $(@D)
	$(CC) $(JWT_CFLAGS) -O1 $(filter %.c,$^) $(JWT_LIBS) -o $@

build/jwt_fuzz: test/fuzz/jwt.c $(JWT_FILES) $(C_HEADERS)
	$(MKDIR_P) $(@D)
	clang $(JWT_CFLAGS) -Wno-ignored-attributes -O1 -fsanitize=fuzzer,address,undefined -fno-sanitize-recover=undefined \
		$(filter %.c,$^) $(JWT_LIBS) -o $@

# new inputs go to build/, a crash too; `make fuzz FUZZ_SECONDS=3600` for longer
FUZZ_SECONDS = 60
FUZZ_OPTIONS = -max_total_time=$(FUZZ_SECONDS) -max_len=9000 -dict=test/fuzz/jwt.dict \
	-artifact_prefix=build/ -print_final_stats=1

fuzz: build/jwt_fuzz
	$(MKDIR_P) build/fuzz_corpus
	build/jwt_fuzz $(FUZZ_OPTIONS) build/fuzz_corpus test/fuzz/corpus

# What others make packages of: the tree as it is committed, under the version of META.json.
RELEASE := $(EXTENSION)-$(shell sed -n 's/^  "version": "\(.*\)",$$/\1/p' $(from)META.json)

.PHONY: dist deb

dist:
	$(MKDIR_P) build
	git -C $(srcdir) archive --format=tar --prefix=$(RELEASE)/ HEAD | gzip -9n > build/$(RELEASE).tar.gz
	TZ=UTC git -C $(srcdir) archive --format=zip -9 --prefix=$(RELEASE)/ HEAD > build/$(RELEASE).zip

# in clean roots, as root
deb:
	$(srcdir)/packaging/deb $(SUITE)

C_FILES = $(C_SOURCES) $(C_HEADERS) $(sort $(wildcard test/*/*.c bench/*.c))

# Rooms from the top down. Actor and rule know nothing of each other: who acts is found above the
# rule, and the rule judges whomever it is asked about.
ROOMS = plan enforce guard frame actor rule scope store

.PHONY: format format-check fuzz lint rooms scripts release

format:
	clang-format -i $(C_FILES)

format-check:
	clang-format --dry-run -Werror $(C_FILES)

lint:
	cppcheck --quiet -Isrc --std=c99 --language=c --error-exitcode=1 --inline-suppr \
		--enable=warning,portability,performance --include=test/harness/cppcheck.h \
		--suppress=missingInclude --suppress=missingIncludeSystem \
		$(filter %.c,$(C_FILES))

rooms:
	$(AWK) -v rooms="$(ROOMS)" -v beside="$(notdir $(wildcard src/*.h))" -f test/harness/rooms.awk $(C_SOURCES) $(C_HEADERS)

# as pgspot has it for scripts of extensions
scripts: $(SQL_INSTALL) $(SQL_UPGRADE)
	$(AWK) -f test/harness/scripts.awk $^ $(DATA)

release:
	$(AWK) -f test/harness/release.awk src/compat.h $(EXTENSION).control META.json debian/changelog debian/pgversions \
		packaging/$(EXTENSION).spec
