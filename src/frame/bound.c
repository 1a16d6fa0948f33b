/*
 * bound.c
 *		Whom row security binds.
 *
 * The server asks its catalog for it (check_enable_rls(), rls.c), and each statement
 * asks more than once. What it says of a protected table and a user rests on the table's
 * row in pg_class, on roles and on their members, and on whether the query is a foreign
 * key's or reads the owner's table for us (unforced.c), where the owner is not bound
 * though it is forced to. So it is remembered until a message tells of one of these:
 * about the table, with the declarations (binding.c); about roles, here. Messages come to
 * the server's caches at the same time.
 *
 * State: what is known of some tables and users; each pair has one place.
 */
#include "frame/bound.h"

#include "catalog/pg_class.h"
#include "miscadmin.h"
#include "utils/acl.h"
#include "utils/inval.h"
#include "utils/rls.h"
#include "utils/syscache.h"

#include "rule/binding.h"
#include "store/unforced.h"

typedef struct Known
{
	Oid relid;
	Oid user;
	bool unforced;
	uint64 tables; /* generations, before the server was asked */
	uint64 roles;
	bool binds;
} Known;

static Known known[32];
static uint64 roles_generation = 1;

static bool binds(Oid relid, Oid whom, bool unforced);
static void note_roles(Datum arg, int cache, uint32 hash);

void
clr_bound_init(void)
{
	/* what roles_is_member_of() rests on (acl.c), and attributes of roles */
	CacheRegisterSyscacheCallback(AUTHOID, note_roles, (Datum) 0);
	CacheRegisterSyscacheCallback(AUTHMEMROLEMEM, note_roles, (Datum) 0);
	CacheRegisterSyscacheCallback(DATABASEOID, note_roles, (Datum) 0);
}

static void
note_roles(Datum arg, int cache, uint32 hash)
{
	roles_generation++;
}

/*
 * Whether row security of a protected table binds a user; invalid: the current one.
 */
bool
clr_bound(Oid relid, Oid user)
{
	return binds(relid, OidIsValid(user) ? user : GetUserId(), clr_unforced());
}

/* The same of a user whose rights the query does not have, be it a foreign key's. */
bool
clr_bound_elsewhere(Oid relid, Oid user)
{
	Assert(!InNoForceRLSOperation());
	return binds(relid, user, false);
}

static bool
binds(Oid relid, Oid whom, bool unforced)
{
	/* users that were made one after the other are asked about by turns */
	Known *place = &known[(relid ^ whom ^ unforced << 4) % lengthof(known)];
	Known now = { relid, whom, unforced, clr_binding_generation(), roles_generation, false };

	if (place->relid != relid || place->user != whom || place->unforced != unforced ||
		place->tables != now.tables || place->roles != now.roles)
	{
		/* messages about tables that were not looked up are not heard */
		bool is_protected = clr_binding_of_relation(relid) != 0;

		now.binds = check_enable_rls(relid, whom, true) == RLS_ENABLED &&
					!(unforced && object_ownercheck(RelationRelationId, relid, whom));
		if (!is_protected)
			return now.binds;
		*place = now;
	}
	return place->binds;
}
