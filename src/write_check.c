/*
 * write_check.c
 *		What a write needs beyond the action of its verb.
 *
 * An UPDATE needs the actions of exactly the columns that it changes, on the
 * row before and after: a policy sees only one of the two, so a BEFORE trigger
 * judges what the statement changed. It sorts before the application's own
 * triggers, whose changes are the application's logic and not the member's;
 * the policies judge the final row.
 *
 * Owner columns name the actor, unless it may change owners; assignee and
 * invitee columns ask for assign and invite, so that nobody grants itself a
 * relation. A new row cannot be born with what a guard would refuse later.
 * Statements that row security does not bind (superusers, foreign key actions)
 * are not judged here either.
 */
#include "write_check.h"

#include "catalog/pg_type.h"
#include "commands/trigger.h"
#include "executor/executor.h"
#include "executor/spi.h"
#include "fmgr.h"
#include "miscadmin.h"
#include "optimizer/optimizer.h"
#include "rewrite/rewriteHandler.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/datum.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/rls.h"
#include "utils/typcache.h"

#include "created.h"
#include "owner.h"
#include "partition.h"
#include "row.h"
#include "rule.h"
#include "trigger.h"

PG_FUNCTION_INFO_V1(clearance_write_check);

#define FOLLOW_FOR_ONESELF "members follow for themselves only"

/* What a changed or given value of a column needs. */
typedef struct Need
{
	const char *feature; /* NULL: following, for oneself only */
	const char *action;
	const char *column; /* the first that needs it; NULL: edit, which needs no column's name */
} Need;

static bool permits_new(ClrFrame *frame, ClrBinding *binding, const ClrRow *row, int slot,
						const char *action, ClrWhy *why);
static HeapTuple check_update(ClrFrame *frame, ClrBinding *binding, TriggerData *trigger);
static HeapTuple check_insert(ClrFrame *frame, ClrBinding *binding, TriggerData *trigger);
static List *add_need(List *needs, const char *feature, const char *action, const char *column);
static List *needs_of_columns(const ClrBinding *binding);
static ClrAction *asked_by(ClrFrame *frame, const Need *need);
static bool is_same(Form_pg_attribute attr, Datum a, Datum b);
static bool only_me_changes(ClrScope *scope, const ClrColumn *column, bool old_null, Datum old,
							bool new_null, Datum new);

/*
 * INSERT: the create action; owners are the actor, the published moment needs
 * its action, assignees and invitees need theirs, followers are the actor.
 */
bool
clr_write_permits_insert(ClrFrame *frame, ClrBinding *binding, const ClrRow *row, ClrWhy *why)
{
	ClrScope *scope = clr_frame_scope(frame);
	ListCell *lc;

	if (!clr_rule_permits_verb(frame, binding, row, CLR_CREATE, why))
		return false;
	if (binding->owner_slot != CLR_NO_SLOT &&
		(row->nulls[binding->owner_slot] ||
		 !clr_row_value_is_me(scope, &binding->columns[binding->owner_slot],
							  row->values[binding->owner_slot])) &&
		!permits_new(frame, binding, row, binding->owner_slot, "change_owner", why))
		return false;
	if (binding->published_slot != CLR_NO_SLOT && !row->nulls[binding->published_slot] &&
		!permits_new(frame, binding, row, binding->published_slot, binding->publish_action, why))
		return false;
	foreach(lc, binding->relations)
	{
		ClrRelation *relation = lfirst(lc);
		const char *giver = clr_relation_giver(relation->kind);

		if (relation->links != NIL || row->nulls[relation->slot])
			continue;
		if ((giver == NULL || relation->kind == CLR_REL_OWN) &&
			only_me_changes(scope, &binding->columns[relation->slot], true, 0, false,
							row->values[relation->slot]))
			continue;
		if (giver == NULL)
		{
			clr_why_say(why, binding->columns[relation->slot].name, FOLLOW_FOR_ONESELF);
			return false;
		}
		if (!permits_new(frame, binding, row, relation->slot, giver, why))
			return false;
	}
	return true;
}

/* One more action of the table's own feature on a new row, for the value of a column. */
static bool
permits_new(ClrFrame *frame, ClrBinding *binding, const ClrRow *row, int slot, const char *action,
			ClrWhy *why)
{
	if (clr_rule_permits_new(frame, binding, row, clr_rule_action(frame, binding, action), why))
		return true;
	clr_why_needs(why, binding->columns[slot].name, binding->feature, action);
	return false;
}

/*
 * UPDATE: any of the actions that a change of some column needs. Which of
 * them the statement needs, the trigger finds.
 */
bool
clr_write_permits_update(ClrFrame *frame, ClrBinding *binding, const ClrRow *row, ClrWhy *why)
{
	ListCell *lc;

	if (clr_rule_permits_verb(frame, binding, row, CLR_EDIT, why))
		return true;
	foreach(lc, needs_of_columns(binding))
	{
		Need *need = lfirst(lc);

		if (need->feature == NULL ? clr_rule_permits_following(frame, binding, row, NULL) :
									clr_rule_permits(frame, binding, row,
													 clr_scope_action(clr_frame_scope(frame),
																	  need->feature, need->action),
													 NULL))
			return true;
	}
	return false;
}

static List *
add_need(List *needs, const char *feature, const char *action, const char *column)
{
	Need *need;
	ListCell *lc;

	foreach(lc, needs)
	{
		need = lfirst(lc);
		if ((need->feature == NULL) == (feature == NULL) &&
			(feature == NULL ||
			 (strcmp(need->feature, feature) == 0 && strcmp(need->action, action) == 0)))
			return needs;
	}
	need = palloc(sizeof(Need));
	need->feature = feature;
	need->action = action;
	need->column = column;
	return lappend(needs, need);
}

/*
 * The guards of a column: for `new_value` (as text), or with any_value for
 * whatever it may become. A guard of one value goes before one of all.
 */
static List *
needs_of_guards(const ClrBinding *binding, const char *column, bool any_value,
				const char *new_value)
{
	List *needs = NIL;
	const ClrGuard *general = NULL;
	ListCell *lc;

	foreach(lc, binding->guards)
	{
		const ClrGuard *guard = lfirst(lc);

		if (strcmp(guard->column, column) != 0)
			continue;
		if (guard->new_value == NULL)
			general = guard;
		if (any_value || guard->is_lost ||
			(guard->new_value != NULL && new_value != NULL &&
			 strcmp(guard->new_value, new_value) == 0))
			needs = add_need(needs, guard->feature, guard->action, guard->column);
	}
	if (needs == NIL && general != NULL)
		needs = add_need(needs, general->feature, general->action, column);
	return needs;
}

/*
 * What a change of a column needs beside or instead of edit: its guards, and
 * what owner, assignee, invitee and follower columns and the published moment
 * ask for.
 */
static List *
needs_of_column(const ClrBinding *binding, const char *column, bool any_value,
				const char *new_value)
{
	List *needs = needs_of_guards(binding, column, any_value, new_value);
	ListCell *lc;

	for (int slot = 0; slot < binding->ncolumns; slot++)
	{
		if (strcmp(binding->columns[slot].name, column) != 0)
			continue;
		if (slot == binding->owner_slot)
			needs = add_need(needs, binding->feature, "change_owner", column);
		if (slot == binding->published_slot)
			needs = add_need(needs, binding->feature, binding->publish_action, column);
		foreach(lc, binding->relations)
		{
			const ClrRelation *relation = lfirst(lc);
			const char *giver = clr_relation_giver(relation->kind);

			if (relation->slot == slot && relation->links == NIL)
				needs = add_need(needs, giver ? binding->feature : NULL, giver, column);
		}
	}
	return needs;
}

/* What changes of any columns of the table may need. */
static List *
needs_of_columns(const ClrBinding *binding)
{
	List *needs = NIL;
	ListCell *lc;

	for (int slot = 0; slot < binding->ncolumns; slot++)
		foreach(lc, needs_of_column(binding, binding->columns[slot].name, true, NULL))
		{
			Need *need = lfirst(lc);

			needs = add_need(needs, need->feature, need->action, need->column);
		}
	foreach(lc, binding->guards)
	{
		ClrGuard *guard = lfirst(lc);

		needs = add_need(needs, guard->feature, guard->action, guard->column);
	}
	return needs;
}

/* ---------- trigger ---------- */

/*
 * Whether a value is what a column of a new row gets where the statement gives
 * none. A default that differs each time is no value: to compute it once more
 * would tell nothing, and may use up a number of a sequence.
 */
static bool
is_default(Relation relation, const char *column, Datum value, bool isnull)
{
	int attnum = SPI_fnumber(RelationGetDescr(relation), column);
	Form_pg_attribute attr = TupleDescAttr(RelationGetDescr(relation), attnum - 1);
	Node *expression = build_column_default(relation, attnum);
	EState *estate;
	bool default_null;
	Datum normal;
	bool same;

	if (expression == NULL)
		return isnull;
	if (contain_volatile_functions(expression))
		return false;
	estate = CreateExecutorState();
	normal = ExecEvalExprSwitchContext(ExecPrepareExpr((Expr *) expression, estate),
									   GetPerTupleExprContext(estate), &default_null);
	same = isnull == default_null && (isnull || is_same(attr, value, normal));
	FreeExecutorState(estate);
	return same;
}

/*
 * A new row that is born with a guarded value (approved, frozen), which may be
 * NULL, needs the action that would give it the value later, unless that is the
 * default.
 */
static void
judge_guarded_values(ClrFrame *frame, ClrBinding *binding, const TriggerData *trigger,
					 HeapTuple tuple)
{
	TupleDesc desc = RelationGetDescr(trigger->tg_relation);
	Relation named = clr_partition_named(frame, trigger);
	ClrRow row = clr_binding_row(binding, desc, tuple);
	ListCell *lg;
	ListCell *ln;

	foreach(lg, binding->guards)
	{
		const ClrGuard *guard = lfirst(lg);
		int attnum = SPI_fnumber(desc, guard->column);
		Form_pg_attribute attr;
		bool isnull;
		Datum value;

		if (attnum <= 0)
			ereport(ERROR, (errcode(ERRCODE_UNDEFINED_COLUMN),
							errmsg("guarded column \"%s\" of %s does not exist", guard->column,
								   binding->relation_name),
							errhint("Use clearance.unprotect() and declare the table again.")));
		value = heap_getattr(tuple, attnum, desc, &isnull);
		if (is_default(named, guard->column, value, isnull))
			continue;
		attr = TupleDescAttr(desc, attnum - 1);
		foreach(ln,
				needs_of_guards(binding, guard->column, false,
								isnull ? NULL : clr_value_text(getBaseType(attr->atttypid), value)))
		{
			Need *need = lfirst(ln);
			ClrWhy why = { 0 };

			if (clr_rule_permits_new(frame, binding, &row, asked_by(frame, need), &why))
				continue;
			clr_why_needs(&why, need->column, need->feature, need->action);
			clr_write_refuse(binding, "insert into", "the new row", &why);
		}
	}
}

/*
 * Whether two values of a column are one: what equals by its type's default
 * equality (8.50 is 8.5), which the current user's statement computes like any
 * of its own; what looks the same where the type has none. Texts are compared
 * byte by byte, as the rule reads them: the collation is the type's, not the
 * column's, which may take different keys for one.
 */
static bool
is_same(Form_pg_attribute attr, Datum a, Datum b)
{
	TypeCacheEntry *type;

	if (datum_image_eq(a, b, attr->attbyval, attr->attlen))
		return true;
	type = lookup_type_cache(getBaseType(attr->atttypid), TYPECACHE_EQ_OPR_FINFO);
	return OidIsValid(type->eq_opr_finfo.fn_oid) &&
		   DatumGetBool(FunctionCall2Coll(&type->eq_opr_finfo, type->typcollation, a, b));
}

static void
judge_change(ClrFrame *frame, ClrBinding *binding, const ClrRow *old, const ClrRow *new,
			 const Need *need)
{
	ClrAction *asked = asked_by(frame, need);
	ClrWhy why = { 0 };
	bool was = clr_rule_permits(frame, binding, old, asked, &why);

	if (was && clr_rule_permits(frame, binding, new, asked, &why))
		return;
	if (need->column != NULL)
		clr_why_needs(&why, need->column, need->feature, need->action);
	clr_write_refuse(binding, "update of", was ? "the row as changed" : "the row as it was", &why);
}

static ClrAction *
asked_by(ClrFrame *frame, const Need *need)
{
	return clr_scope_action(clr_frame_scope(frame), need->feature, need->action);
}

/*
 * Members follow a row for themselves: the change adds or removes only the
 * actor.
 */
static void
judge_following(ClrFrame *frame, ClrBinding *binding, const char *name, const ClrRow *old,
				const ClrRow *new)
{
	ClrWhy why = { 0 };

	if (!clr_rule_permits_following(frame, binding, old, &why))
		clr_write_refuse(binding, "update of", "the row as it was", &why);
	clr_why_say(&why, name, FOLLOW_FOR_ONESELF);
	for (int slot = 0; slot < binding->ncolumns; slot++)
		if (strcmp(binding->columns[slot].name, name) == 0 &&
			!only_me_changes(clr_frame_scope(frame), &binding->columns[slot], old->nulls[slot],
							 old->values[slot], new->nulls[slot], new->values[slot]))
			clr_write_refuse(binding, "update of", "the row as changed", &why);
}

/*
 * Each column that the statement changes needs its actions, on the row as it
 * was and as it becomes.
 */
static void
judge_update(ClrFrame *frame, ClrBinding *binding, TupleDesc desc, HeapTuple old, HeapTuple new)
{
	ClrRow old_row = clr_binding_row(binding, desc, old);
	ClrRow new_row = clr_binding_row(binding, desc, new);
	List *needed = NIL;
	ListCell *lc;

	for (int attnum = 1; attnum <= desc->natts; attnum++)
	{
		Form_pg_attribute attr = TupleDescAttr(desc, attnum - 1);
		bool old_null;
		bool new_null;
		Datum old_value;
		Datum new_value;
		List *needs;

		/* generated columns are computed after BEFORE triggers */
		if (attr->attisdropped || attr->attgenerated != '\0')
			continue;
		old_value = heap_getattr(old, attnum, desc, &old_null);
		new_value = heap_getattr(new, attnum, desc, &new_null);
		if (old_null == new_null && (old_null || is_same(attr, old_value, new_value)))
			continue;

		needs = needs_of_column(binding, NameStr(attr->attname), false,
								new_null ? NULL :
										   clr_value_text(getBaseType(attr->atttypid), new_value));
		if (needs == NIL)
			needs = list_make1(NULL);
		foreach(lc, needs)
		{
			Need *need = lfirst(lc);

			if (need == NULL)
				needed = add_need(needed, binding->feature, binding->actions[CLR_EDIT], NULL);
			else if (need->feature == NULL)
				judge_following(frame, binding, NameStr(attr->attname), &old_row, &new_row);
			else
				needed = add_need(needed, need->feature, need->action, need->column);
		}
	}
	foreach(lc, needed)
		judge_change(frame, binding, &old_row, &new_row, lfirst(lc));
}

/*
 * write_check(): BEFORE INSERT OR UPDATE FOR EACH ROW; its argument is the
 * binding's id.
 */
Datum
clearance_write_check(PG_FUNCTION_ARGS)
{
	TriggerData *trigger =
		clr_trigger_data(fcinfo, TRIGGER_EVENT_BEFORE | TRIGGER_EVENT_ROW, false);
	ClrFrame *frame = clr_frame_current();
	ClrBinding *binding = clr_frame_binding(frame, clr_trigger_binding(trigger));

	if (TRIGGER_FIRED_BY_UPDATE(trigger->tg_event))
		return PointerGetDatum(check_update(frame, binding, trigger));
	return PointerGetDatum(check_insert(frame, binding, trigger));
}

/* Whether row security binds the user. */
static bool
binds(Relation relation)
{
	return check_enable_rls(RelationGetRelid(relation), InvalidOid, true) == RLS_ENABLED;
}

static HeapTuple
check_update(ClrFrame *frame, ClrBinding *binding, TriggerData *trigger)
{
	TupleDesc desc = RelationGetDescr(trigger->tg_relation);
	HeapTuple tuple = trigger->tg_newtuple;

	if (binds(trigger->tg_relation))
	{
		tuple = clr_owner_keep(frame, binding, desc, trigger->tg_trigtuple, tuple);
		judge_update(frame, binding, desc, trigger->tg_trigtuple, tuple);
	}
	return tuple;
}

static HeapTuple
check_insert(ClrFrame *frame, ClrBinding *binding, TriggerData *trigger)
{
	TupleDesc desc = RelationGetDescr(trigger->tg_relation);
	HeapTuple tuple = trigger->tg_trigtuple;

	if (clr_frame_scope(frame)->no_standing != NULL)
		return tuple; /* the policies refuse it, if they bind the user */
	if (clr_partition_is_move(frame, trigger))
		return tuple; /* it was judged as an update */
	tuple = clr_owner_fill(frame, binding, desc, tuple);
	if (strcmp(binding->feature, "project") == 0)
	{
		ClrRow row = clr_binding_row(binding, desc, tuple);

		clr_created_announce(frame, binding, &row);
	}
	if (binding->guards != NIL && binds(trigger->tg_relation))
		judge_guarded_values(frame, binding, trigger, tuple);
	return tuple;
}

/* ---------- */

/*
 * The members other than the actor that a follower column names.
 */
static ClrKeyTable *
other_followers(ClrScope *scope, const ClrColumn *column, bool isnull, Datum value)
{
	ClrKeyTable *others = clr_keytab_new(CurrentMemoryContext, 8);
	Datum *elems = &value;
	bool *nulls = &isnull;
	int n = 1;

	if (column->is_array && !isnull)
	{
		int16 typlen;
		bool typbyval;
		char typalign;

		get_typlenbyvalalign(column->type, &typlen, &typbyval, &typalign);
		deconstruct_array(DatumGetArrayTypeP(value), column->type, typlen, typbyval, typalign,
						  &elems, &nulls, &n);
	}
	for (int i = 0; i < n; i++)
	{
		ClrKey key;
		bool found;

		if (nulls[i])
			continue;
		clr_key_from_datum(elems[i], column->key_class, column->type, &key);
		if (!clr_scope_is_me(scope, &key))
			(void) clr_keytab_add(others, &key, &found);
	}
	return others;
}

/*
 * Whether a change of a follower column adds or removes nobody but the actor.
 */
static bool
only_me_changes(ClrScope *scope, const ClrColumn *column, bool old_null, Datum old, bool new_null,
				Datum new)
{
	return clr_keytab_same(other_followers(scope, column, old_null, old),
						   other_followers(scope, column, new_null, new));
}

/*
 * Refuse a write, naming which half of it failed and why. Clients find table
 * and column in fields of the error.
 */
void
clr_write_refuse(const ClrBinding *binding, const char *statement, const char *half,
				 const ClrWhy *why)
{
	ClrFrame *frame = clr_frame_current();
	ClrActor actor = clr_frame_actor(frame);
	char *needs = "";

	if (why->needed != NULL)
		needs = psprintf("Column \"%s\" needs %s. ", why->column, why->needed);
	ereport(ERROR,
			(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
			 errmsg("%s %s is not permitted", statement, binding->relation_name),
			 errdetail("%sJudging %s: %s.", needs, half, why->reason),
			 clr_actor_is_nobody(&actor) ? errhint("%s", clr_actor_hint_nobody(&frame->identity)) :
										   0,
			 err_generic_string(PG_DIAG_SCHEMA_NAME,
								get_namespace_name(get_rel_namespace(binding->relid))),
			 err_generic_string(PG_DIAG_TABLE_NAME, get_rel_name(binding->relid)),
			 why->column != NULL ? err_generic_string(PG_DIAG_COLUMN_NAME, why->column) : 0));
}
