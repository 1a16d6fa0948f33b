/*
 * update_check.c
 *		Which columns an UPDATE changes, and what that needs.
 *
 * It needs the actions of exactly the columns that it changes, on the row before
 * and after: a policy sees only one of the two. Where nothing changes that the
 * rule goes by, what holds for the row before holds for the one after. Whether a
 * state asks for more, each row says.
 *
 * What a table's columns need does not change within a query, and is found out
 * when the first row changes them; so is, for each project, whether an action is
 * open on all of its rows. Most statements assign only to columns that ask for the
 * same few actions, mostly edit, in projects where these are open on all rows: of
 * their rows nothing is compared. Where they are open wherever the actor comes, this
 * is not called at all (spare.c). Lifetime: that of the call's memory, the query's.
 */
#include "enforce/write_check.h"

#include "access/htup_details.h"
#include "access/sysattr.h"
#include "catalog/pg_trigger.h"
#include "executor/spi.h"
#include "utils/datum.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"

#include "enforce/owner.h"
#include "enforce/refuse.h"
#include "rule/rule.h"
#include "rule/state.h"
#include "rule/write.h"
#include "store/writing.h"

/* An action that changes need. */
typedef struct Asked
{
	ClrAction *action;
	const char *column;	   /* of the row of the moment, that needs it first */
	ClrKeyTable *projects; /* by key, whether it is open on whatever row of the project */
} Asked;

/* What a change of a column needs: of Asked *, and whether it is following. */
typedef struct Needs
{
	List *asked;
	bool follows;
} Needs;

/* What is known of a column; all but `decides` once a row changes it. */
typedef struct Changeable
{
	bool decides; /* the rule goes by it */
	int slot;	  /* if it does */
	bool known;
	TypeCacheEntry *type;
	bool by_new_value; /* what a change needs depends on what it becomes */
	Needs needs;	   /* else, but of one that says nothing before and after */
} Changeable;

/* The row before and after, all of it and as the rule has it. */
typedef struct Half
{
	Datum *values;
	bool *nulls;
	ClrRow row;
} Half;

typedef struct ClrUpdate
{
	MemoryContext context;
	List *asked;		   /* of Asked *: all that were asked for so far */
	List *all;			   /* of them: what the statement needs at most; NIL: each row is asked */
	AttrNumber of_project; /* if so, the column of the row's project */
	bool compares;		   /* some row had to be looked at: what follows is there */
	bool names_owner;
	Changeable *columns; /* by number, from zero */
	AttrNumber *attnums; /* of the bound columns, by slot */
	Half old;
	Half new;
} ClrUpdate;

/* What one UPDATE of a row asks for. */
typedef struct Change
{
	List *was;	   /* of ClrRowGuard *: the state before */
	List *becomes; /* and after */
	List *needed;  /* of Asked * */
	List *held;	   /* of ClrRowGuard *: those of both that hold what changes */
	bool moves;	   /* something changes that the rule goes by */
} Change;

static ClrUpdate *begin(const ClrWriteCall *call, MemoryContext context);
static bool asks_for_few(const ClrWriteCall *call, List **needs);
static bool is_first(const TriggerData *data);
static bool needs_nothing(const ClrWriteCall *call, HeapTuple old);
static void begin_comparing(const ClrWriteCall *call);
static void
get_to_know(const ClrWriteCall *call, Changeable *column, const FormData_pg_attribute *attr);
static Half half_for(int columns, int slots);
static Needs needs_of(const ClrWriteCall *call, ClrUpdate *update, const char *column,
					  const char *new_value, bool says_nothing);
static Asked *asked_for(ClrUpdate *update, ClrAction *action);
static void read_half(const ClrWriteCall *call, Half *half, HeapTuple tuple);
static void find_change(const ClrWriteCall *call, Change *change);
static Changeable *find_other(const ClrWriteCall *call, int at);
static bool is_changed(const ClrWriteCall *call, int at);
static bool stays_empty(const ClrWriteCall *call, const Changeable *column);
static void add_column(const ClrWriteCall *call, Change *change, int at);
static void judge_change(const ClrWriteCall *call, Asked *asked, bool moves);
static bool is_open(const ClrWriteCall *call, Asked *asked, Datum project);
static void judge_state(const ClrWriteCall *call, const ClrRowGuard *guard, bool moves);
static void judge_following(const ClrWriteCall *call, const char *name);
static void judge_names(const ClrWriteCall *call);
pg_noreturn static void refuse(const ClrWriteCall *call, ClrHalf half, ClrVerdict *verdict);

/*
 * The row as an UPDATE leaves it, for which it is permitted, or an error.
 */
HeapTuple
clr_update_check(ClrWriteCall *call, MemoryContext context)
{
	TupleDesc desc = RelationGetDescr(call->data->tg_relation);
	HeapTuple old = call->data->tg_trigtuple;
	HeapTuple new = call->data->tg_newtuple;
	Change change = { 0 };
	ListCell *lc;

	if (call->update == NULL)
		call->update = begin(call, context);
	if (needs_nothing(call, old))
	{
		call->frame->filled = 0; /* no owner is assigned */
		return new;
	}
	if (!call->update->compares)
		begin_comparing(call);
	read_half(call, &call->update->old, old);
	read_half(call, &call->update->new, new);
	if (call->update->names_owner)
	{
		HeapTuple kept = clr_owner_keep(call->frame, call->binding, desc, &call->update->old.row,
										&call->update->new.row, new);

		if (kept != new)
			read_half(call, &call->update->new, kept);
		new = kept;
	}
	find_change(call, &change);
	foreach(lc, change.needed)
		judge_change(call, lfirst(lc), change.moves);
	foreach(lc, change.held)
		judge_state(call, lfirst(lc), change.moves);
	if (change.moves)
		judge_names(call);
	return new;
}

static ClrUpdate *
begin(const ClrWriteCall *call, MemoryContext context)
{
	ClrBinding *binding = call->binding;
	ClrUpdate *update = MemoryContextAllocZero(context, sizeof(ClrUpdate));
	MemoryContext caller;
	List *needs;
	ListCell *lc;

	update->context = context;
	if (binding->project_slot == CLR_NO_SLOT || !asks_for_few(call, &needs))
		return update;
	update->of_project = clr_binding_attnum(binding, binding->project_slot,
											RelationGetDescr(call->data->tg_relation));
	foreach(lc, needs)
		(void) asked_for(update,
						 clr_write_asked_by(clr_frame_judge(call->frame)->scope, lfirst(lc)));
	caller = MemoryContextSwitchTo(context);
	update->all = list_copy(update->asked);
	MemoryContextSwitchTo(caller);
	return update;
}

/*
 * Whether what the statement needs at most is known by what it assigns to. What a
 * trigger before this one assigns is not listed.
 */
static bool
asks_for_few(const ClrWriteCall *call, List **needs)
{
	const TriggerData *data = call->data;

	return data->tg_updatedcols != NULL && is_first(data) &&
		   clr_write_needs_of_columns(call->binding, RelationGetDescr(data->tg_relation),
									  data->tg_updatedcols, needs);
}

/* Whether no other trigger sees the row before: they fire in the order of their names. */
static bool
is_first(const TriggerData *data)
{
	const TriggerDesc *triggers = data->tg_relation->trigdesc;

	for (int i = 0; i < triggers->numtriggers; i++)
	{
		const Trigger *trigger = &triggers->triggers[i];

		if (TRIGGER_FOR_ROW(trigger->tgtype) && TRIGGER_FOR_BEFORE(trigger->tgtype) &&
			TRIGGER_FOR_UPDATE(trigger->tgtype))
			return trigger->tgoid == data->tg_trigger->tgoid;
	}
	return false;
}

/* All that the statement needs is open on all rows of the project that the row is in. */
static bool
needs_nothing(const ClrWriteCall *call, HeapTuple old)
{
	const ClrUpdate *update = call->update;
	Datum project;
	bool isnull;
	ListCell *lc;

	if (update->all == NIL)
		return false;
	project =
		heap_getattr(old, update->of_project, RelationGetDescr(call->data->tg_relation), &isnull);
	if (isnull)
		return false;
	foreach(lc, update->all)
		if (!is_open(call, lfirst(lc), project))
			return false;
	return true;
}

static void
begin_comparing(const ClrWriteCall *call)
{
	TupleDesc desc = RelationGetDescr(call->data->tg_relation);
	ClrBinding *binding = call->binding;
	ClrUpdate *update = call->update;
	MemoryContext caller = MemoryContextSwitchTo(update->context);

	update->names_owner = clr_owner_is_named(binding);
	update->columns = palloc0(sizeof(Changeable) * Max(desc->natts, 1));
	update->attnums = palloc(sizeof(AttrNumber) * Max(binding->ncolumns, 1));
	update->old = half_for(desc->natts, binding->ncolumns);
	update->new = half_for(desc->natts, binding->ncolumns);
	for (int slot = 0; slot < binding->ncolumns; slot++)
	{
		int attnum = clr_binding_attnum(binding, slot, desc);

		update->attnums[slot] = attnum;
		update->columns[attnum - 1].decides = clr_binding_decides(binding, slot);
		update->columns[attnum - 1].slot = slot;
	}
	update->compares = true;
	MemoryContextSwitchTo(caller);
}

static void
get_to_know(const ClrWriteCall *call, Changeable *column, const FormData_pg_attribute *attr)
{
	MemoryContext caller = MemoryContextSwitchTo(call->update->context);

	column->type = clr_write_equality(attr);
	column->by_new_value = clr_write_guards_value(call->binding, NameStr(attr->attname));
	if (!column->by_new_value)
		column->needs = needs_of(call, call->update, NameStr(attr->attname), NULL, false);
	column->known = true;
	MemoryContextSwitchTo(caller);
}

static Half
half_for(int columns, int slots)
{
	Half half = { palloc(sizeof(Datum) * Max(columns, 1)),
				  palloc(sizeof(bool) * Max(columns, 1)),
				  { palloc(sizeof(Datum) * Max(slots, 1)), palloc(sizeof(bool) * Max(slots, 1)),
					NULL } };

	return half;
}

/* What a change of a column to a value (as text) needs; what is asked for is the call's. */
static Needs
needs_of(const ClrWriteCall *call, ClrUpdate *update, const char *column, const char *new_value,
		 bool says_nothing)
{
	ClrJudge *judge = clr_frame_judge(call->frame);
	ClrBinding *binding = call->binding;
	List *needs = clr_write_needs_of_column(binding, column, false, new_value, says_nothing);
	Needs found = { NIL, false };
	ListCell *lc;

	if (needs == NIL)
		found.asked = list_make1(asked_for(update, clr_rule_verb_action(judge, binding, CLR_EDIT)));
	foreach(lc, needs)
	{
		const ClrNeed *need = lfirst(lc);

		if (need->feature == NULL)
			found.follows = true;
		else
			found.asked =
				lappend(found.asked, asked_for(update, clr_write_asked_by(judge->scope, need)));
	}
	return found;
}

static Asked *
asked_for(ClrUpdate *update, ClrAction *action)
{
	MemoryContext caller;
	Asked *asked;
	ListCell *lc;

	foreach(lc, update->asked)
	{
		asked = lfirst(lc);
		if (asked->action == action)
			return asked;
	}
	caller = MemoryContextSwitchTo(update->context);
	asked = palloc0(sizeof(Asked));
	asked->action = action;
	asked->projects = clr_keytab_new(update->context, 8);
	update->asked = lappend(update->asked, asked);
	MemoryContextSwitchTo(caller);
	return asked;
}

static void
read_half(const ClrWriteCall *call, Half *half, HeapTuple tuple)
{
	heap_deform_tuple(tuple, RelationGetDescr(call->data->tg_relation), half->values, half->nulls);
	for (int slot = 0; slot < call->binding->ncolumns; slot++)
	{
		int at = call->update->attnums[slot] - 1;

		half->row.values[slot] = half->values[at];
		half->row.nulls[slot] = half->nulls[at];
	}
}

/* Which columns change, and what that asks for. */
static void
find_change(const ClrWriteCall *call, Change *change)
{
	TupleDesc desc = RelationGetDescr(call->data->tg_relation);
	const ClrUpdate *update = call->update;

	change->was = clr_state_guards(call->binding, &update->old.row);
	change->becomes = clr_state_guards_of_new(call->binding, &update->new.row);
	for (int i = 0; i < desc->natts; i++)
	{
		const Changeable *column = find_other(call, i);

		if (column == NULL)
			continue;
		change->moves |= column->decides; /* be it to what equals */
		if (is_changed(call, i))
			add_column(call, change, i);
	}
}

/* What is known of a column, if it looks different after; else NULL. */
static Changeable *
find_other(const ClrWriteCall *call, int at)
{
	const FormData_pg_attribute *attr =
		TupleDescAttr(RelationGetDescr(call->data->tg_relation), at);
	const Half *old = &call->update->old;
	const Half *new = &call->update->new;
	Changeable *column = &call->update->columns[at];

	/* generated columns are computed after BEFORE triggers */
	if (attr->attisdropped || attr->attgenerated != '\0' ||
		(old->nulls[at] == new->nulls[at] &&
		 (old->nulls[at] ||
		  datum_image_eq(old->values[at], new->values[at], attr->attbyval, attr->attlen))))
		return NULL;
	if (!column->known)
		get_to_know(call, column, attr);
	return column;
}

/* Whether it is different then, too. */
static bool
is_changed(const ClrWriteCall *call, int at)
{
	const Half *old = &call->update->old;
	const Half *new = &call->update->new;

	return old->nulls[at] != new->nulls[at] ||
		   !clr_write_equals(call->update->columns[at].type, old->values[at], new->values[at]);
}

/* Whether a column names nobody, or never publishes the row, before and after. */
static bool
stays_empty(const ClrWriteCall *call, const Changeable *column)
{
	return column->decides &&
		   clr_write_says_nothing(call->binding, column->slot, &call->update->old.row) &&
		   clr_write_says_nothing(call->binding, column->slot, &call->update->new.row);
}

static void
add_column(const ClrWriteCall *call, Change *change, int at)
{
	const FormData_pg_attribute *attr =
		TupleDescAttr(RelationGetDescr(call->data->tg_relation), at);
	const Half *new = &call->update->new;
	const Changeable *column = &call->update->columns[at];
	const char *name = NameStr(attr->attname);
	Needs needs = column->needs;
	bool nothing = stays_empty(call, column);
	ListCell *lc;

	if (column->by_new_value || nothing)
		needs =
			needs_of(call, call->update, name,
					 new->nulls[at] ? NULL :
									  clr_value_text(getBaseType(attr->atttypid), new->values[at]),
					 nothing);
	if (needs.follows)
		judge_following(call, name);
	foreach(lc, needs.asked)
	{
		Asked *asked = lfirst(lc);

		if (list_member_ptr(change->needed, asked))
			continue;
		asked->column = name;
		change->needed = lappend(change->needed, asked);
	}
	change->held = clr_state_hold(change->held, call->binding, change->was, name);
	change->held = clr_state_hold(change->held, call->binding, change->becomes, name);
}

static void
judge_change(const ClrWriteCall *call, Asked *asked, bool moves)
{
	ClrJudge *judge = clr_frame_judge(call->frame);
	const ClrUpdate *update = call->update;
	ClrBinding *binding = call->binding;
	ClrVerdict verdict = { 0 };
	int slot = binding->project_slot;
	bool was;

	if (!moves && slot != CLR_NO_SLOT && !update->old.row.nulls[slot] &&
		is_open(call, asked, update->old.row.values[slot]))
		return;
	was = clr_write_permits_change(judge, binding, &update->old.row, asked->action, &verdict);
	if (was && (!moves || clr_write_permits_change(judge, binding, &update->new.row, asked->action,
												   &verdict)))
		return;
	if (asked->action != clr_rule_verb_action(judge, binding, CLR_EDIT))
		clr_verdict_column(&verdict, asked->column, asked->action);
	refuse(call, was ? CLR_ROW_CHANGED : CLR_ROW_WAS, &verdict);
}

/*
 * Whether the action is open on every row of a project, so that none need be
 * looked at. The rule is monotone: what it permits on a row of which nothing
 * holds, it permits on all.
 */
static bool
is_open(const ClrWriteCall *call, Asked *asked, Datum project)
{
	ClrBinding *binding = call->binding;
	ClrJudge *judge = clr_frame_judge(call->frame);
	const ClrColumn *column = &binding->columns[binding->project_slot];
	ClrFacts facts = { 0 };
	ClrRow any = { NULL, NULL, &facts };
	ClrKeyEntry *entry;
	bool opens;
	bool found;
	ClrKey key;

	clr_key_from_datum(project, column->key_class, column->type, &key);
	entry = clr_keytab_find(asked->projects, &key);
	if (entry == NULL)
	{
		facts.project = clr_scope_project(judge->scope, &key);
		opens = facts.project != NULL &&
				clr_write_permits_change(judge, binding, &any, asked->action, NULL);
		entry = clr_keytab_add(asked->projects, &key, &found);
		entry->value = opens ? asked : NULL;
	}
	return entry->value != NULL;
}

/* The state of the row as it was, or as it becomes, asks for this. */
static void
judge_state(const ClrWriteCall *call, const ClrRowGuard *guard, bool moves)
{
	ClrJudge *judge = clr_frame_judge(call->frame);
	const ClrUpdate *update = call->update;
	ClrVerdict verdict = { 0 };

	if (!clr_state_permits(judge, call->binding, &update->old.row, guard, CLR_EDIT, &verdict))
		refuse(call,
			   clr_state_holds(call->binding, &update->old.row, guard) ? CLR_ROW_WAS :
																		 CLR_ROW_CHANGED,
			   &verdict);
	if (moves &&
		!clr_state_permits(judge, call->binding, &update->new.row, guard, CLR_EDIT, &verdict))
		refuse(call, CLR_ROW_CHANGED, &verdict);
}

/* Members follow a row for themselves. */
static void
judge_following(const ClrWriteCall *call, const char *name)
{
	ClrJudge *judge = clr_frame_judge(call->frame);
	ClrBinding *binding = call->binding;
	const ClrRow *old = &call->update->old.row;
	const ClrRow *new = &call->update->new.row;
	ClrVerdict verdict = { 0 };
	bool was;

	for (int slot = 0; slot < binding->ncolumns; slot++)
		if (strcmp(binding->columns[slot].name, name) == 0 &&
			!clr_write_permits_following(judge, binding, old, new, slot, &was, &verdict))
			refuse(call, was ? CLR_ROW_CHANGED : CLR_ROW_WAS, &verdict);
}

/* What the row names anew, the actor sees. */
static void
judge_names(const ClrWriteCall *call)
{
	const ClrUpdate *update = call->update;
	ClrVerdict verdict = { 0 };

	if (!clr_write_permits_names(clr_frame_judge(call->frame), call->binding, &update->old.row,
								 &update->new.row, &verdict))
		refuse(call, CLR_ROW_CHANGED, &verdict);
}

/* Refuse the UPDATE, with what it changes. */
static void
refuse(const ClrWriteCall *call, ClrHalf half, ClrVerdict *verdict)
{
	const ClrBinding *binding = call->binding;
	const ClrUpdate *update = call->update;
	Relation relation = call->data->tg_relation;
	TupleDesc desc = RelationGetDescr(relation);
	ItemPointer place = &call->data->tg_trigtuple->t_self;
	ClrAttempt attempt = { .relation = binding->relid };
	StringInfoData changes;
	int level = clr_writing_begin();

	initStringInfo(&changes);
	for (int i = 0; i < desc->natts; i++)
		if (find_other(call, i) != NULL && is_changed(call, i))
			clr_refuse_add(&changes, NameStr(TupleDescAttr(desc, i)->attname),
						   update->new.nulls[i] ?
							   NULL :
							   clr_value_text(getBaseType(TupleDescAttr(desc, i)->atttypid),
											  update->new.values[i]));
	clr_writing_end(level);
	attempt.changes = changes.data;
	if (binding->key_slot != CLR_NO_SLOT)
		attempt.key = clr_binding_value_text(binding, &update->old.row, binding->key_slot);
	else
	{
		attempt.relation = RelationGetRelid(relation);
		attempt.key = psprintf("(%u,%u)", ItemPointerGetBlockNumber(place),
							   ItemPointerGetOffsetNumber(place));
	}
	clr_refuse_write(call->frame, binding, half, verdict, &attempt);
}
