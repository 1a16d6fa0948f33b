/*
 * whole.c
 *		Actors to whom every row of a table is open.
 *
 * A plan for such an actor tests nothing (simplify.c); it is marked, and this
 * is asked again whenever it starts (set.c). Every row is open if
 *
 *	 the actor sees the account: not only what it is a member of
 *	 its projects all have the class ALL in the table, and are all that the
 *	 account has
 *	 every row is in one of them: the project column is not null, a foreign key
 *	 refers to a table of projects, no row has outlived its project (outlived.c),
 *	 and the projects of that table are all registered in the account. The table
 *	 of projects itself needs the last of this only
 *	 rows without a project, where a table may have some, are open too, and name
 *	 the account, or there is no other; those that are the account's own need no more
 *	 where rows name their account, plans test that, and the same is asked of the
 *	 rows of the actor's account: foreign keys are of the account, too, so that what
 *	 a row refers to is of the same
 *	 what it belongs to, parents and rows that it links, is open as a whole, and
 *	 there, by a foreign key that does nothing but refuse. A row without a project
 *	 has that of its parent. In a table that is its own parent, no row is in a
 *	 circle (circle.c): each of those above one is in a project that is open,
 *	 and the last of them has no parent
 *
 * Others, to whom every row is open in each project that is open to them, test the
 * project of rows alone if that says that what they belong to is open as well: it
 * is in the same project, by a foreign key of both that does nothing but refuse, in
 * a table of which they see the same projects in the same way; and is not in a
 * circle.
 *
 * A constraint says something about the rows that a snapshot sees if the
 * snapshot sees the constraint as it is now. In between, foreign keys may be yet
 * to check: a query that runs then, in a trigger, gets no such plan.
 *
 * Not seen is what happened while somebody had switched foreign keys off; see
 * doc/limits.md.
 *
 * Keeps no state but what shapes and bindings remember.
 */
#include "plan/whole.h"

#include "access/htup_details.h"
#include "access/table.h"
#include "access/xact.h"
#include "catalog/pg_constraint.h"
#include "catalog/pg_inherits.h"
#include "catalog/pg_type.h"
#include "commands/trigger.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"
#include "utils/syscache.h"
#include "utils/typcache.h"

#include "guard/trigger.h"
#include "plan/basis.h"
#include "plan/registration.h"
#include "rule/act.h"
#include "rule/lookup.h"
#include "rule/shape.h"
#include "store/catalog.h"
#include "store/keyscan.h"
#include "store/replica.h"
#include "store/version.h"

/* Tables above each other; of more, some may be in a circle. */
#define MAX_DEPTH 16

/* For whom it is asked, and what the answer rests on. */
typedef struct Inquiry
{
	ClrJudge *judge;
	Snapshot snapshot;
	ClrBasis *basis;
	bool of_account; /* only about rows that name the actor's account */
	bool of_project; /* only about rows of one project, and those in it */
} Inquiry;

static bool stands(ClrBasis **remembered, Snapshot snapshot);
static Snapshot snapshot_of(const ClrJudge *judge);
static bool may_remember(void);
static void remember(ClrShape *shape, const Inquiry *inquiry);
static bool is_whole(Inquiry *inquiry, ClrBinding *binding, int depth);
static bool fits_account(const Inquiry *inquiry, const ClrBinding *binding);
static bool fits_without_project(Inquiry *inquiry, const ClrBinding *binding);
static bool is_below_open(Inquiry *inquiry, ClrBinding *binding, int depth);
static bool is_unmarked(const ClrBinding *binding);
static bool ups_are_whole(Inquiry *inquiry, ClrBinding *binding, int depth);
static bool is_tree(Inquiry *inquiry, const ClrBinding *binding, const ClrUp *up);
static int own_ups(const ClrBinding *binding);
static bool
is_below_rows(Inquiry *inquiry, ClrBinding *binding, const ClrUp *up, ClrBinding *above);
static bool leads_up(Inquiry *inquiry, const ForeignKeyCacheInfo *key, Relation relation,
					 ClrBinding *binding, const ClrUp *up, ClrBinding *above);
static bool
is_given(const Inquiry *inquiry, const ClrBinding *binding, const ClrUp *up, AttrNumber attnum);
static bool has_children(Relation relation);
static bool
holds(Inquiry *inquiry, const ForeignKeyCacheInfo *key, Relation relation, ClrBinding *from,
	  ClrBinding *to, bool (*is_such)(const FormData_pg_constraint *key));
static ClrBinding *projects_of(Inquiry *inquiry, ClrBinding *binding);
static ClrBinding *referenced_by(Inquiry *inquiry, ClrBinding *binding, Relation relation,
								 const ForeignKeyCacheInfo *key);
static bool compares(const ForeignKeyCacheInfo *key, const ClrBinding *from, int slot,
					 const ClrBinding *to, int to_slot);
static bool is_in_force(ClrBinding *kept);
static bool never_null(Inquiry *inquiry, Oid relid, AttrNumber column);
static bool compares_bytes(const ForeignKeyCacheInfo *key, Relation referencing);

/*
 * Whether a plan should rely on it: while it can be found out without reading
 * much. It is asked again when the plan starts.
 */
bool
clr_whole_is_likely(ClrJudge *judge, ClrBinding *binding)
{
	const ClrBasis *whole;
	Snapshot snapshot = snapshot_of(judge);

	if (clr_version_changed_here(CLR_CHANGED_PROJECTS) || IsolationIsSerializable() ||
		snapshot == NULL)
		return false;
	whole = clr_shape_of(judge, binding, CLR_VIEW)->whole;
	return (whole != NULL && may_remember() && clr_basis_is_likely(whole, snapshot)) ||
		   clr_whole_holds(judge, binding);
}

/*
 * Whether the judge's actor may see every row of the table that its
 * snapshot sees.
 */
bool
clr_whole_holds(ClrJudge *judge, ClrBinding *binding)
{
	Inquiry inquiry = { judge, snapshot_of(judge), NULL, binding->account_slot != CLR_NO_SLOT,
						false };
	ClrShape *shape;

	if (inquiry.snapshot == NULL)
		return false;
	shape = clr_shape_of(judge, binding, CLR_VIEW);
	if (stands(&shape->whole, inquiry.snapshot))
		return true;
	inquiry.basis = clr_basis_begin();
	if (!is_whole(&inquiry, binding, 0))
		return false;
	remember(shape, &inquiry);
	return true;
}

/*
 * Whether a plan should rely on it that all that a row belongs to is open in the
 * row's project, if that is open.
 */
bool
clr_whole_is_below_likely(ClrJudge *judge, ClrBinding *binding)
{
	const ClrBasis *below;
	Snapshot snapshot = snapshot_of(judge);

	if (binding->ups == NIL || clr_version_changed_here(CLR_CHANGED_PROJECTS) ||
		IsolationIsSerializable() || snapshot == NULL)
		return false;
	below = clr_shape_of(judge, binding, CLR_VIEW)->below;
	return (below != NULL && may_remember() && clr_basis_is_likely(below, snapshot)) ||
		   clr_whole_is_below(judge, binding);
}

/* Whether it is so in the judge's snapshot. */
bool
clr_whole_is_below(ClrJudge *judge, ClrBinding *binding)
{
	static ClrVersion version;
	Inquiry inquiry = { judge, snapshot_of(judge), NULL, clr_binding_has_account(binding), true };
	ClrShape *shape;

	if (inquiry.snapshot == NULL)
		return false;
	shape = clr_shape_of(judge, binding, CLR_VIEW);
	if (stands(&shape->below, inquiry.snapshot))
		return true;
	inquiry.basis = clr_basis_begin();
	clr_version_read(&version, inquiry.snapshot); /* before the marks, which it tells of */
	if (!is_below_open(&inquiry, binding, 0))
		return false;
	if (may_remember())
		shape->below = clr_basis_keep(inquiry.basis, &version, shape->context);
	return true;
}

/* Whether what is remembered stands; else it is forgotten. */
static bool
stands(ClrBasis **remembered, Snapshot snapshot)
{
	if (*remembered == NULL)
		return false;
	if (may_remember() && clr_basis_stands(*remembered, snapshot))
		return true;
	clr_basis_free(*remembered);
	*remembered = NULL;
	return false;
}

/* The frame's, or that of the moment; NULL if it is none that constraints say something about. */
static Snapshot
snapshot_of(const ClrJudge *judge)
{
	Snapshot snapshot = judge->snapshot;

	if (snapshot == NULL && ActiveSnapshotSet())
		snapshot = GetActiveSnapshot();
	return snapshot != NULL && IsMVCCSnapshot(snapshot) ? snapshot : NULL;
}

/* Whether the scope that a shape belongs to is of a version, which says what it is valid under. */
static bool
may_remember(void)
{
	return !clr_version_changed_any() && !IsolationIsSerializable();
}

/*
 * With the shape, if its scope is of the version under which registration was found
 * (unless what was read for planning is newer). It stands for that version only: the
 * scope may hold longer, since others' projects are no concern of it.
 */
static void
remember(ClrShape *shape, const Inquiry *inquiry)
{
	const ClrVersion *version = clr_registration_version(inquiry->basis->projects);

	if (may_remember() && version != NULL &&
		clr_version_same(&inquiry->judge->scope->kept.stamp.version, version, CLR_CHANGED_PROJECTS))
		shape->whole = clr_basis_keep(inquiry->basis, version, shape->context);
}

/* The same of a table so many steps above. */
static bool
is_whole(Inquiry *inquiry, ClrBinding *binding, int depth)
{
	ClrJudge *judge = inquiry->judge;
	const ClrRegistration *found;
	ClrBinding *projects;
	const ClrShape *shape;

	shape = clr_shape_of(judge, binding, CLR_VIEW);
	if (shape->classes == 0 || shape->is_partial)
		return false;
	if (clr_binding_is_of_account(binding))
		return inquiry->of_account;
	if ((binding->project_slot == CLR_NO_SLOT ? !binding->ups_decide : binding->link_only) ||
		!(binding->project_optional ? depth == 0 && fits_without_project(inquiry, binding) :
									  fits_account(inquiry, binding)) ||
		!clr_whole_sees_account(judge->scope) || !ups_are_whole(inquiry, binding, depth))
		return false;
	if (binding->project_slot == CLR_NO_SLOT)
		return !shape->some_closed;
	projects = projects_of(inquiry, binding);
	found = projects == NULL ? NULL :
							   clr_registration_of(inquiry->basis, projects, inquiry->judge->scope,
												   inquiry->of_account, inquiry->snapshot);
	return found != NULL && found->account == judge->scope->account &&
		   found->projects == clr_keytab_count(shape->open) &&
		   ((projects == binding && own_ups(binding) == 0) ||
			list_member_int(found->sound, binding->id));
}

/* Where rows name their account, so does what they belong to; elsewhere nothing does. */
static bool
fits_account(const Inquiry *inquiry, const ClrBinding *binding)
{
	return inquiry->of_account ? clr_binding_has_account(binding) :
								 binding->account_slot == CLR_NO_SLOT;
}

/*
 * What names no account is a row of the only one (account_fits(), rule.c); what is tested
 * by its account is not.
 */
static bool
fits_without_project(Inquiry *inquiry, const ClrBinding *binding)
{
	bool is_only_account = inquiry->judge->scope->is_only_account;

	if (!inquiry->of_account)
		return is_only_account;
	return !is_only_account ||
		   never_null(inquiry, binding->relid,
					  get_attnum(binding->relid, binding->columns[binding->account_slot].name));
}

/*
 * Others may be on all projects too, but a new one would end that, and their
 * cached plans would be errors.
 */
bool
clr_whole_sees_account(ClrScope *scope)
{
	return scope->no_standing == NULL && scope->audience == CLR_VENDOR &&
		   clr_act_permits(scope, scope->account_level, clr_scope_action(scope, "project", "view"));
}

/* ---------- all that rows belong to is open ---------- */

/*
 * Whether every row that another one belongs to is open, and there.
 */
static bool
ups_are_whole(Inquiry *inquiry, ClrBinding *binding, int depth)
{
	ListCell *lc;

	if (depth > MAX_DEPTH)
		return false;

	foreach(lc, binding->ups)
	{
		const ClrUp *up = lfirst(lc);
		ClrBinding *above = clr_judge_binding(inquiry->judge, up->binding);

		if (!(above->id == binding->id ? is_tree(inquiry, binding, up) :
										 is_whole(inquiry, above, depth + 1)) ||
			!is_below_rows(inquiry, binding, up, above))
			return false;
	}
	return true;
}

/*
 * Whether all that the rows of a project belong to is in it, and open if they are:
 * of each table the actor sees the same projects, and in them every row whose own
 * parents it sees.
 */
static bool
is_below_open(Inquiry *inquiry, ClrBinding *binding, int depth)
{
	const ClrShape *shape = clr_shape_of(inquiry->judge, binding, CLR_VIEW);
	ListCell *lc;

	if (depth > MAX_DEPTH || binding->project_slot == CLR_NO_SLOT || binding->link_only ||
		binding->project_optional || !fits_account(inquiry, binding) ||
		shape->classes != CLR_CLASS_BIT(CLR_CLASS_ALL))
		return false;
	foreach(lc, binding->ups)
	{
		const ClrUp *up = lfirst(lc);
		ClrBinding *above = clr_judge_binding(inquiry->judge, up->binding);

		if (above->id == binding->id)
		{
			if (!is_tree(inquiry, binding, up) || !is_unmarked(binding))
				return false;
		}
		else if (!is_below_open(inquiry, above, depth + 1) ||
				 clr_shape_of(inquiry->judge, above, CLR_VIEW)->open != shape->open)
			return false;
		if (up->elsewhere || !is_below_rows(inquiry, binding, up, above))
			return false;
	}
	return true;
}

/* Whether nobody found rows of a table that may be in a circle. */
static bool
is_unmarked(const ClrBinding *binding)
{
	static const Oid argtypes[] = { INT4OID };
	Datum args[] = { Int32GetDatum(binding->id) };
	ClrCatalog state;
	bool is;

	clr_catalog_begin(&state);
	is = clr_catalog_query("SELECT FROM clearance.binding WHERE id = $1 AND NOT rows_outlived", 1,
						   argtypes, args, NULL) == 1;
	clr_catalog_end(&state);
	return is;
}

/*
 * Whether the rows of a table that is its own parent are below such that have no
 * parent, unless they are in a circle: it is watched whether there may be one
 * (circle.c), and said with what has outlived its project. Of rows that come by
 * subscription, some may have come before the watch.
 */
static bool
is_tree(Inquiry *inquiry, const ClrBinding *binding, const ClrUp *up)
{
	return up->optional && own_ups(binding) == 1 && binding->project_slot != CLR_NO_SLOT &&
		   !clr_replica_subscribes() &&
		   clr_basis_add_circles(inquiry->basis, binding->relid, inquiry->snapshot);
}

/* How often a table is its own parent. */
static int
own_ups(const ClrBinding *binding)
{
	int own = 0;
	ListCell *lc;

	foreach(lc, binding->ups)
		own += ((ClrUp *) lfirst(lc))->binding == binding->id;
	return own;
}

static bool
is_below_rows(Inquiry *inquiry, ClrBinding *binding, const ClrUp *up, ClrBinding *above)
{
	AttrNumber attnum = get_attnum(binding->relid, binding->columns[up->slot].name);
	Relation relation = table_open(binding->relid, AccessShareLock);
	bool found = false;

	clr_basis_add_table(inquiry->basis, binding->relid);
	if (above->key_slot != CLR_NO_SLOT && !has_children(relation) &&
		!clr_basis_is_pending(binding->relid) && !clr_lookup_repeats(inquiry->judge, above) &&
		(up->optional || never_null(inquiry, binding->relid, attnum)))
	{
		List *keys = copyObject(RelationGetFKeyList(relation));
		ListCell *lc;

		foreach(lc, keys)
			found = found || leads_up(inquiry, lfirst(lc), relation, binding, up, above);
		list_free_deep(keys);
	}
	table_close(relation, AccessShareLock);
	return found;
}

/*
 * Whether a foreign key refers to what rows belong to; where only rows of an account,
 * or of a project, are asked about, to rows of the same. A null in its other
 * columns, and the key would not be asked (MATCH SIMPLE).
 */
static bool
leads_up(Inquiry *inquiry, const ForeignKeyCacheInfo *key, Relation relation, ClrBinding *binding,
		 const ClrUp *up, ClrBinding *above)
{
	if (key->confrelid != above->relid ||
		!compares(key, binding, up->slot, above, above->key_slot) ||
		(inquiry->of_account &&
		 !compares(key, binding, binding->account_slot, above, above->account_slot)) ||
		(inquiry->of_project &&
		 !compares(key, binding, binding->project_slot, above, above->project_slot)))
		return false;
	for (int i = 0; i < key->nkeys; i++)
		if (!is_given(inquiry, binding, up, key->conkey[i]) &&
			!never_null(inquiry, binding->relid, key->conkey[i]))
			return false;
	return holds(inquiry, key, relation, binding, above, clr_key_only_refuses);
}

/* Whether a column names the parent, or what rows were asked about by. */
static bool
is_given(const Inquiry *inquiry, const ClrBinding *binding, const ClrUp *up, AttrNumber attnum)
{
	return attnum == get_attnum(binding->relid, binding->columns[up->slot].name) ||
		   (inquiry->of_account &&
			attnum == get_attnum(binding->relid, binding->columns[binding->account_slot].name)) ||
		   (inquiry->of_project &&
			attnum == get_attnum(binding->relid, binding->columns[binding->project_slot].name));
}

/* Children have constraints of their own; partitions have those of their table. */
static bool
has_children(Relation relation)
{
	return relation->rd_rel->relkind != RELKIND_PARTITIONED_TABLE &&
		   relation->rd_rel->relhassubclass;
}

/* ---------- every row has a project ---------- */

/*
 * The table of projects that has a row for each row of a table; NULL if that
 * is not sure.
 */
static ClrBinding *
projects_of(Inquiry *inquiry, ClrBinding *binding)
{
	const char *column = binding->columns[binding->project_slot].name;
	Relation relation = table_open(binding->relid, AccessShareLock);
	AttrNumber attnum = get_attnum(binding->relid, column);
	ClrBinding *projects = NULL;
	ListCell *lc;

	clr_basis_add_table(inquiry->basis, binding->relid);
	if (has_children(relation) || clr_basis_is_pending(binding->relid))
		projects = NULL;
	else if (strcmp(binding->feature, "project") == 0)
		projects = binding;
	else if (binding->project_optional || never_null(inquiry, binding->relid, attnum))
	{
		List *keys = copyObject(RelationGetFKeyList(relation));

		foreach(lc, keys)
		{
			ForeignKeyCacheInfo *key = lfirst(lc);

			if (projects == NULL)
				projects = referenced_by(inquiry, binding, relation, key);
		}
		list_free_deep(keys);
	}
	table_close(relation, AccessShareLock);
	return projects;
}

/* The table of projects that a foreign key refers to, if the key holds in the snapshot. */
static ClrBinding *
referenced_by(Inquiry *inquiry, ClrBinding *binding, Relation relation,
			  const ForeignKeyCacheInfo *key)
{
	int32 id = clr_binding_of_relation(key->confrelid);
	bool by_account = inquiry->of_account;
	ClrBinding *projects;

	if (id == 0 || key->nkeys != (by_account ? 2 : 1))
		return NULL;
	projects = clr_judge_binding(inquiry->judge, id);
	if (projects->relid != key->confrelid || projects->link_only ||
		strcmp(projects->feature, "project") != 0 ||
		!compares(key, binding, binding->project_slot, projects, projects->project_slot) ||
		(by_account &&
		 (!clr_binding_has_account(projects) ||
		  !compares(key, binding, binding->account_slot, projects, projects->account_slot))))
		return NULL;
	/* nobody looks for rows that keep the account of a project that moves */
	return holds(inquiry, key, relation, binding, projects,
				 by_account ? clr_key_refuses_changes : NULL) ?
			   projects :
			   NULL;
}

/* Whether a foreign key has a column of one table refer to a column of the other. */
static bool
compares(const ForeignKeyCacheInfo *key, const ClrBinding *from, int slot, const ClrBinding *to,
		 int to_slot)
{
	const ClrColumn *column = &from->columns[slot];
	const ClrColumn *referenced = &to->columns[to_slot];

	for (int i = 0; i < key->nkeys; i++)
		if (key->conkey[i] == get_attnum(from->relid, column->name) &&
			key->confkey[i] == get_attnum(to->relid, referenced->name))
			return column->key_class == referenced->key_class;
	return false;
}

/* ---------- foreign keys ---------- */

/*
 * Whether, in the snapshot, every value of a foreign key between the tables of
 * two bindings has a row with the same value, and the key is such a one (NULL: any),
 * as where nobody looked for rows that have outlived what they refer to.
 */
static bool
holds(Inquiry *inquiry, const ForeignKeyCacheInfo *key, Relation relation, ClrBinding *from,
	  ClrBinding *to, bool (*is_such)(const FormData_pg_constraint *key))
{
	HeapTuple tuple = SearchSysCache1(CONSTROID, ObjectIdGetDatum(key->conoid));
	Form_pg_constraint constraint;
	Relation referenced;
	bool holds;

	if (!HeapTupleIsValid(tuple))
		return false;
	constraint = (Form_pg_constraint) GETSTRUCT(tuple);
	holds = constraint->convalidated && !constraint->condeferrable &&
			clr_foreign_key_is_checked(constraint) &&
			clr_basis_sees(inquiry->basis, inquiry->snapshot, tuple) &&
			(is_such == NULL || is_such(constraint));
	ReleaseSysCache(tuple);
	if (!holds)
		return false;
	clr_basis_add_table(inquiry->basis, key->confrelid);
	referenced = table_open(key->confrelid, AccessShareLock);
	holds = is_in_force(from->kept) && is_in_force(to->kept) &&
			!clr_basis_is_pending(key->confrelid) && compares_bytes(key, relation) &&
			compares_bytes(key, referenced);
	table_close(referenced, AccessShareLock);
	return holds;
}

/*
 * Whether the triggers of all foreign keys of a table, and of its partitions,
 * fire. Remembered with the binding: all of these tables are known to belong to
 * it from here on, so that it ends when one of them is altered (binding.c).
 */
static bool
is_in_force(ClrBinding *kept)
{
	ListCell *lc;

	if (kept->keys_are_known)
		return kept->keys_are_enforced;
	kept->keys_are_enforced = true;
	foreach(lc, find_all_inheritors(kept->relid, AccessShareLock, NULL))
	{
		Relation relation = table_open(lfirst_oid(lc), NoLock);

		kept->keys_are_enforced &= clr_binding_of_relation(lfirst_oid(lc)) == kept->id &&
								   clr_triggers_of_keys_fire(relation);
		table_close(relation, NoLock);
	}
	kept->keys_are_known = true;
	return kept->keys_are_enforced;
}

static bool
never_null(Inquiry *inquiry, Oid relid, AttrNumber column)
{
	HeapTuple tuple = clr_not_null(relid, column);

	return tuple != NULL && clr_basis_sees(inquiry->basis, inquiry->snapshot, tuple);
}

/*
 * Whether keys that the foreign key takes for the same are so for the rule:
 * not where a collation says that different texts are equal, nor by an
 * operator of somebody's own.
 */
static bool
compares_bytes(const ForeignKeyCacheInfo *key, Relation relation)
{
	const AttrNumber *columns =
		RelationGetRelid(relation) == key->confrelid ? key->confkey : key->conkey;

	for (int i = 0; i < key->nkeys; i++)
	{
		Form_pg_attribute attribute = TupleDescAttr(RelationGetDescr(relation), columns[i] - 1);
		Oid family = lookup_type_cache(getBaseType(attribute->atttypid), TYPECACHE_BTREE_OPFAMILY)
						 ->btree_opf;

		if (!op_in_opfamily(key->conpfeqop[i], family) ||
			(OidIsValid(attribute->attcollation) &&
			 !get_collation_isdeterministic(attribute->attcollation)))
			return false;
	}
	return true;
}
