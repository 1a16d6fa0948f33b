/*
 * explain_change.c
 *		Why somebody may or may not make certain changes to a row, or a new one.
 *
 * Each column that is named counts as changed, whatever the row holds: what a
 * column holds that the asker does not read is not told by that. Every action
 * that the change needs is asked of the row as it was and as changed, as
 * update_check.c asks it; of a new row, as write_check.c and policies do. Owners that
 * are left empty are filled in, or kept, as by owner.c.
 */
#include "enforce/explain.h"

#include "access/htup_details.h"
#include "access/table.h"
#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "utils/builtins.h"
#include "utils/datum.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"

#include "enforce/owner.h"
#include "enforce/write_check.h"
#include "rule/mask.h"
#include "rule/rule.h"
#include "rule/state.h"
#include "rule/write.h"
#include "store/catalog.h"

/* Where the answer stands: the first refusal counts. */
typedef struct Judged
{
	const ClrQuestion *question;
	ClrTrace *trace;
	const ClrRow *old;
	const ClrRow *new;
	List *changed; /* of ClrChanged * */
	ClrVerdict verdict;
	const char *half;
} Judged;

static void run(const char *sql, Datum changes);
static void read_columns(ClrQuestion *question, Datum changes, MemoryContext context);
static int compare_changed(const ListCell *a, const ListCell *b);
static void read_values(ClrQuestion *question, Datum changes, MemoryContext context);
static void read_defaults(ClrQuestion *question);
static bool is_named(const ClrQuestion *question, int slot);
static int slot_of(const ClrBinding *binding, const char *column);
static ClrRow *changed_row(const ClrQuestion *question, const ClrRow *old);
static List *needs_of_guards(const ClrQuestion *question, const ClrRow *row);
static bool has_other(const ClrQuestion *question, const ClrRow *row, int slot);
static void list_unknown(const ClrQuestion *question, ClrTrace *trace);
static List *
keep_owners(const ClrQuestion *question, ClrTrace *trace, const ClrRow *old, ClrRow *new);
static void judge_nothing(Judged *judged);
static void judge_column(Judged *judged, const ClrChanged *changed);
static bool stays_empty(const Judged *judged, const ClrChanged *changed);
static void judge_names(Judged *judged, const ClrChanged *changed);
static void judge_mask(Judged *judged, const char *column);
static void judge_action(Judged *judged, const char *column, ClrAction *action);
static void list_steps(Judged *judged, ClrAction *action, int as, bool was);
static void judge_following(Judged *judged, const ClrChanged *changed);
static void judge_states(Judged *judged);
static void
tell(Judged *judged, const char *column, const ClrAction *action, ClrVerdict *verdict, bool was);

/*
 * Read what a statement would change: an object, a key for each column; and what the rest
 * of a new row has. Values and defaults are computed as its user's statement would; for operators,
 * who ask about others, as the table's owner, whose code that may be. Errors: no such
 * column, or no value of its type.
 */
void
clr_change_read(ClrQuestion *question, Datum changes)
{
	MemoryContext caller = CurrentMemoryContext;
	ClrCatalog state;

	if (question->has_changes && question->as != CLR_EDIT && question->as != CLR_CREATE)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("changes go with the actions to edit and to create")));
	if (question->key == NULL && question->as != CLR_CREATE)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("a new row goes with the action to create it"),
						errhint("Name a row that is there by its key.")));
	if (!question->has_changes && question->as != CLR_CREATE)
		return;
	if (question->whom.by_operator)
		clr_catalog_begin_owner(&state, question->relation);
	else
		SPI_connect();
	if (question->has_changes)
	{
		read_columns(question, changes, caller);
		if (question->changed == NIL)
			ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
							errmsg("the changes name no column")));
		read_values(question, changes, caller);
	}
	if (question->as == CLR_CREATE)
	{
		MemoryContext of_query = MemoryContextSwitchTo(caller);

		read_defaults(question);
		MemoryContextSwitchTo(of_query);
	}
	if (question->whom.by_operator)
		clr_catalog_end(&state);
	else
		SPI_finish();
	MemoryContextSwitchTo(caller);
}

static void
run(const char *sql, Datum changes)
{
	static Oid argtypes[] = { JSONBOID };

	if (SPI_execute_with_args(sql, 1, argtypes, &changes, NULL, true, 0) != SPI_OK_SELECT)
		elog(ERROR, "reading changes failed");
}

static void
read_columns(ClrQuestion *question, Datum changes, MemoryContext context)
{
	run("SELECT k FROM pg_catalog.jsonb_object_keys($1) k", changes);
	for (uint64 i = 0; i < SPI_processed; i++)
	{
		char *name = SPI_getvalue(SPI_tuptable->vals[i], SPI_tuptable->tupdesc, 1);
		MemoryContext of_query = MemoryContextSwitchTo(context);
		ClrChanged *changed = palloc0(sizeof(ClrChanged));

		changed->attnum = get_attnum(question->relation, name);
		if (changed->attnum <= 0)
			ereport(ERROR, (errcode(ERRCODE_UNDEFINED_COLUMN),
							errmsg("table %s has no column \"%s\"",
								   clr_catalog_table_name(question->relation), name)));
		if (get_attgenerated(question->relation, changed->attnum) != '\0')
			ereport(ERROR, (errcode(ERRCODE_GENERATED_ALWAYS),
							errmsg("column \"%s\" of %s is generated", name,
								   clr_catalog_table_name(question->relation)),
							errhint("Name the columns that it is computed from.")));
		changed->column = pstrdup(name);
		changed->slot = slot_of(question->binding, name);
		question->changed = lappend(question->changed, changed);
		MemoryContextSwitchTo(of_query);
	}
	list_sort(question->changed, compare_changed);
}

/* In the order of the table, as statements judge them. */
static int
compare_changed(const ListCell *a, const ListCell *b)
{
	return ((const ClrChanged *) lfirst(a))->attnum - ((const ClrChanged *) lfirst(b))->attnum;
}

static void
read_values(ClrQuestion *question, Datum changes, MemoryContext context)
{
	TupleDesc desc;
	ListCell *lc;

	run(psprintf("SELECT r.* FROM pg_catalog.jsonb_populate_record(NULL::%s, $1) r",
				 clr_catalog_table_name(question->relation)),
		changes);
	desc = SPI_tuptable->tupdesc;
	foreach(lc, question->changed)
	{
		ClrChanged *changed = lfirst(lc);
		int attnum = SPI_fnumber(desc, changed->column);
		Form_pg_attribute attr = TupleDescAttr(desc, attnum - 1);
		MemoryContext of_query = MemoryContextSwitchTo(context);

		changed->value = SPI_getbinval(SPI_tuptable->vals[0], desc, attnum, &changed->isnull);
		if (!changed->isnull)
		{
			changed->value = datumCopy(changed->value, attr->attbyval, attr->attlen);
			changed->text = clr_value_text(getBaseType(attr->atttypid), changed->value);
		}
		MemoryContextSwitchTo(of_query);
	}
}

/*
 * What a new row has where the statement names nothing, and it is not like one that is there.
 * Guards ask of every column whether it has its default.
 */
static void
read_defaults(ClrQuestion *question)
{
	const ClrBinding *binding = question->binding;
	ClrRow *defaults = &question->defaults;
	Relation relation = table_open(question->relation, AccessShareLock);

	question->desc = CreateTupleDescCopy(RelationGetDescr(relation));
	defaults->values = palloc0(sizeof(Datum) * Max(binding->ncolumns, 1));
	defaults->nulls = palloc(sizeof(bool) * Max(binding->ncolumns, 1));
	for (int slot = 0; slot < binding->ncolumns; slot++)
	{
		const char *column = binding->columns[slot].name;

		defaults->nulls[slot] = true;
		if (((question->key == NULL && !is_named(question, slot)) ||
			 clr_write_needs_of_guards(binding, column, true, NULL) != NIL) &&
			!clr_write_default(relation, column, &defaults->values[slot], &defaults->nulls[slot]))
			question->unknown = lappend_int(question->unknown, slot);
	}
	table_close(relation, NoLock);
}

/* Whether the statement gives a bound column a value. */
static bool
is_named(const ClrQuestion *question, int slot)
{
	ListCell *lc;

	foreach(lc, question->changed)
		if (((const ClrChanged *) lfirst(lc))->slot == slot)
			return true;
	return false;
}

static int
slot_of(const ClrBinding *binding, const char *column)
{
	for (int slot = 0; slot < binding->ncolumns; slot++)
		if (strcmp(binding->columns[slot].name, column) == 0)
			return slot;
	return CLR_NO_SLOT;
}

/* The bound columns of the row that comes of it. */
static ClrRow *
changed_row(const ClrQuestion *question, const ClrRow *old)
{
	int n = question->binding->ncolumns;
	ClrRow *row = palloc0(sizeof(ClrRow));
	ListCell *lc;

	row->values = palloc(sizeof(Datum) * Max(n, 1));
	row->nulls = palloc(sizeof(bool) * Max(n, 1));
	memcpy(row->values, old->values, sizeof(Datum) * n);
	memcpy(row->nulls, old->nulls, sizeof(bool) * n);
	foreach(lc, question->changed)
	{
		const ClrChanged *changed = lfirst(lc);

		if (changed->slot == CLR_NO_SLOT)
			continue;
		row->values[changed->slot] = changed->value;
		row->nulls[changed->slot] = changed->isnull;
	}
	return row;
}

/* ---------- new rows ---------- */

/*
 * A new row with the table's defaults or, unless NULL, like one that is there, but for masked
 * columns and the owner; the actor's, if nobody is named.
 */
const ClrRow *
clr_change_new_row(const ClrQuestion *question, const ClrRow *like)
{
	const ClrBinding *binding = question->binding;
	ClrRow *row = changed_row(question, like != NULL ? like : &question->defaults);
	int owner = binding->owner_slot;

	for (int slot = 0; like != NULL && slot < binding->ncolumns; slot++)
		if (!is_named(question, slot) && clr_binding_mask(binding, binding->columns[slot].name))
		{
			row->values[slot] = question->defaults.values[slot];
			row->nulls[slot] = question->defaults.nulls[slot];
		}
	if (owner != CLR_NO_SLOT && like != NULL && !is_named(question, owner))
		row->nulls[owner] = true;
	if (owner != CLR_NO_SLOT && row->nulls[owner])
		row->nulls[owner] = !clr_owner_of_new(question->judge->scope, &binding->columns[owner],
											  &row->values[owner]);
	return row;
}

/*
 * May it be added? What guards of columns ask for comes first, as the trigger comes before the
 * policy. With a verdict, also what permits it.
 */
bool
clr_change_permits_new(const ClrQuestion *question, const ClrRow *row, ClrVerdict *verdict)
{
	ClrJudge *judge = question->judge;
	ClrBinding *binding = question->binding;
	List *needs = judge->scope->no_standing == NULL ? needs_of_guards(question, row) : NIL;
	ListCell *lc;

	foreach(lc, needs)
	{
		const ClrNeed *need = lfirst(lc);
		ClrAction *asked = clr_write_asked_by(judge->scope, need);

		if (clr_rule_permits_new(judge, binding, row, asked, verdict))
			continue;
		clr_verdict_column(verdict, need->column, asked);
		return false;
	}
	return clr_write_permits_insert(judge, binding, row, verdict) &&
		   clr_rule_permits_as(judge, binding, row, question->action, CLR_CREATE, verdict);
}

/* List what it needs. Returns whether it is permitted. */
bool
clr_change_answer_new(const ClrQuestion *question, ClrTrace *trace, const ClrRow *like,
					  ClrFinding *first)
{
	ClrJudge *judge = question->judge;
	ClrBinding *binding = question->binding;
	const ClrRow *row = clr_change_new_row(question, like);
	ClrVerdict verdict = { 0 };
	bool permitted = clr_change_permits_new(question, row, &verdict);
	char *found;
	ListCell *lc;

	trace->of_new = like == NULL || question->changed != NIL;
	if (!trace->discreet || verdict.code != CLR_NO_WAY_IN)
		(void) clr_trace_row(trace, binding, row, question->action, CLR_CREATE);
	trace->depth = 1;
	foreach(lc, binding->namings)
		clr_trace_naming(trace, binding, lfirst(lc), row);
	foreach(lc, needs_of_guards(question, row))
	{
		const ClrNeed *need = lfirst(lc);
		ClrAction *asked = clr_write_asked_by(judge->scope, need);
		ClrVerdict of_column = { 0 };
		bool holds = clr_rule_permits_new(judge, binding, row, asked, &of_column);

		clr_explain_column(question, trace, need->column, asked, holds, &of_column);
	}
	list_unknown(question, trace);
	trace->depth = 0;
	if (permitted)
		return true;
	clr_verdict_complete(&verdict, judge);
	found = clr_verdict_text(&verdict, judge);
	if (verdict.column_needs != NULL)
		found = psprintf("column \"%s\" needs %s.%s: %s", verdict.column,
						 verdict.column_needs->feature, verdict.column_needs->name, found);
	clr_explain_refuse(first, clr_verdict_code(&verdict), found);
	return false;
}

/*
 * What guards, which come by column, ask for where one has not its default, as in write_check.c.
 */
static List *
needs_of_guards(const ClrQuestion *question, const ClrRow *row)
{
	const ClrBinding *binding = question->binding;
	const char *before = "";
	List *needs = NIL;
	ListCell *lc;

	foreach(lc, binding->guards)
	{
		const char *column = ((const ClrGuard *) lfirst(lc))->column;
		int slot = slot_of(binding, column);

		if (strcmp(column, before) != 0 && has_other(question, row, slot))
			needs =
				list_concat(needs,
							clr_write_needs_of_guards(binding, column, false,
													  clr_binding_value_text(binding, row, slot)));
		before = column;
	}
	return needs;
}

/* Whether a column has another value than by default, or may have. */
static bool
has_other(const ClrQuestion *question, const ClrRow *row, int slot)
{
	const ClrRow *defaults = &question->defaults;
	int attnum = clr_binding_attnum(question->binding, slot, question->desc);

	return list_member_int(question->unknown, slot) ||
		   !clr_write_same(TupleDescAttr(question->desc, attnum - 1), row->values[slot],
						   row->nulls[slot], defaults->values[slot], defaults->nulls[slot]);
}

/* Columns that the rule goes by, of which it is not known what they will hold. */
static void
list_unknown(const ClrQuestion *question, ClrTrace *trace)
{
	const ClrBinding *binding = question->binding;
	ListCell *lc;

	foreach(lc, question->unknown)
	{
		int slot = lfirst_int(lc);

		if (question->key == NULL && slot != binding->key_slot && !is_named(question, slot) &&
			clr_binding_decides(binding, slot))
			(void) clr_trace_find(trace, "columns", binding->columns[slot].name, CLR_ANSWER_NONE,
								  "has a default that differs each time, which is not judged");
	}
}

/* ---------- changes ---------- */

/* List what the changes of a row need. Returns whether they are permitted. */
bool
clr_change_answer(const ClrQuestion *question, ClrTrace *trace, const ClrRow *old,
				  ClrFinding *first)
{
	ClrRow *new = changed_row(question, old);
	Judged judged = { .question = question, .trace = trace, .old = old, .new = new };
	ListCell *lc;

	trace->depth = 1;
	judged.changed = keep_owners(question, trace, old, new);
	if (judged.changed == NIL)
		judge_nothing(&judged);
	foreach(lc, judged.changed)
		judge_column(&judged, lfirst(lc));
	judge_states(&judged);
	trace->depth = 0;
	if (judged.verdict.code == CLR_PERMITTED)
		return true;
	clr_explain_refuse(first, clr_verdict_code(&judged.verdict),
					   psprintf("judging %s, %s", judged.half,
								clr_verdict_text(&judged.verdict, question->judge)));
	return false;
}

/* The changes, but for owners that stay, since who may not change them leaves them empty. */
static List *
keep_owners(const ClrQuestion *question, ClrTrace *trace, const ClrRow *old, ClrRow *new)
{
	List *changes = NIL;
	List *kept = NIL;
	ListCell *lc;

	foreach(lc, question->changed)
	{
		ClrChanged *changed = lfirst(lc);

		if (changed->isnull && changed->slot != CLR_NO_SLOT &&
			clr_owner_is(question->binding, changed->slot) &&
			!clr_owner_may_empty(question->judge, question->binding, old, new))
			kept = lappend(kept, changed);
		else
			changes = lappend(changes, changed);
	}
	foreach(lc, kept)
	{
		const ClrChanged *changed = lfirst(lc);

		new->values[changed->slot] = old->values[changed->slot];
		new->nulls[changed->slot] = old->nulls[changed->slot];
		(void) clr_trace_find(trace, "columns", changed->column, CLR_ANSWER_NONE,
							  psprintf("keeps what it holds: to be emptied needs %s.change_owner",
									   question->binding->feature));
	}
	return changes;
}

/* Nothing changes. The policy lets through a row in which something could. */
static void
judge_nothing(Judged *judged)
{
	const ClrQuestion *question = judged->question;
	ClrVerdict verdict = { 0 };

	if (clr_write_permits_update(question->judge, question->binding, judged->old, NULL))
		return;
	(void) clr_write_permits_change(question->judge, question->binding, judged->old,
									question->action, &verdict);
	tell(judged, NULL, question->action, &verdict, false);
	list_steps(judged, question->action, CLR_EDIT, false);
}

static void
judge_column(Judged *judged, const ClrChanged *changed)
{
	const ClrQuestion *question = judged->question;
	List *needs = clr_write_needs_of_column(question->binding, changed->column, false,
											changed->text, stays_empty(judged, changed));
	ListCell *lc;

	judge_mask(judged, changed->column);
	if (needs == NIL)
		judge_action(judged, changed->column, question->action);
	foreach(lc, needs)
	{
		const ClrNeed *need = lfirst(lc);

		if (need->feature == NULL)
			judge_following(judged, changed);
		else
			judge_action(judged, changed->column, clr_write_asked_by(question->judge->scope, need));
	}
	judge_names(judged, changed);
}

/* Whether the column names nobody, or never publishes the row, before and after. */
static bool
stays_empty(const Judged *judged, const ClrChanged *changed)
{
	const ClrBinding *binding = judged->question->binding;

	return changed->slot != CLR_NO_SLOT &&
		   clr_write_says_nothing(binding, changed->slot, judged->old) &&
		   clr_write_says_nothing(binding, changed->slot, judged->new);
}

/* Whoever does not read a column of the row does not write it. */
static void
judge_mask(Judged *judged, const char *column)
{
	const ClrQuestion *question = judged->question;
	const ClrMask *mask = clr_binding_mask(question->binding, column);
	ClrVerdict verdict = { 0 };
	ClrAction *action;

	if (mask == NULL || clr_mask_opens(clr_mask_answers(CurrentMemoryContext, question->judge,
														question->binding, mask, false),
									   judged->old))
		return;
	action = clr_scope_action(question->judge->scope, mask->feature, mask->action);
	(void) clr_verdict_refuse(&verdict, CLR_MASKED, column);
	tell(judged, column, action, &verdict, false);
	list_steps(judged, action, CLR_BY_NAME, false);
}

static void
judge_action(Judged *judged, const char *column, ClrAction *action)
{
	const ClrQuestion *question = judged->question;
	ClrTrace *trace = judged->trace;
	ClrVerdict verdict = { 0 };
	bool was =
		clr_write_permits_change(question->judge, question->binding, judged->old, action, &verdict);
	bool holds = was && clr_write_permits_change(question->judge, question->binding, judged->new,
												 action, &verdict);

	tell(judged, column, action, &verdict, was);
	if (holds || (trace->discreet && verdict.code == CLR_NO_WAY_IN))
		return;
	list_steps(judged, action, clr_write_as_change(question->judge, question->binding, action),
			   was);
}

/* The steps by which an action is refused, once. */
static void
list_steps(Judged *judged, ClrAction *action, int as, bool was)
{
	ClrTrace *trace = judged->trace;
	char *asked = psprintf("%d %s.%s", was, action->feature, action->name);
	ListCell *lc;

	foreach(lc, trace->seen)
		if (strcmp(lfirst(lc), asked) == 0)
			return;
	trace->seen = lappend(trace->seen, asked);
	trace->of_new = was;
	(void) clr_trace_row(trace, judged->question->binding, was ? judged->new : judged->old, action,
						 as);
	trace->of_new = false;
}

/* Members follow for themselves. */
static void
judge_following(Judged *judged, const ClrChanged *changed)
{
	const ClrQuestion *question = judged->question;
	ClrVerdict verdict = { 0 };
	bool was;

	(void) clr_write_permits_following(question->judge, question->binding, judged->old, judged->new,
									   changed->slot, &was, &verdict);
	tell(judged, changed->column, NULL, &verdict, was);
}

/* The rows of other tables that the row names by the column are visible. */
static void
judge_names(Judged *judged, const ClrChanged *changed)
{
	const ClrQuestion *question = judged->question;
	ListCell *lc;

	foreach(lc, question->binding->namings)
	{
		const ClrNaming *naming = lfirst(lc);
		ClrBinding *target = clr_judge_binding(question->judge, naming->target);
		ClrVerdict verdict = { 0 };

		if (naming->slot != changed->slot || judged->new->nulls[naming->slot])
			continue;
		(void) clr_write_permits_naming(question->judge, question->binding, naming, judged->new,
										&verdict);
		tell(judged, changed->column, clr_rule_verb_action(question->judge, target, CLR_VIEW),
			 &verdict, true);
		clr_trace_naming(judged->trace, question->binding, naming, judged->new);
	}
}

/* What the state of the row asks for, before and after. */
static void
judge_states(Judged *judged)
{
	const ClrQuestion *question = judged->question;
	ClrBinding *binding = question->binding;
	List *was = clr_state_guards(binding, judged->old);
	List *becomes = clr_state_guards_of_new(binding, judged->new);
	List *held = NIL;
	ListCell *lc;

	foreach(lc, judged->changed)
	{
		held = clr_state_hold(held, binding, was, ((ClrChanged *) lfirst(lc))->column);
		held = clr_state_hold(held, binding, becomes, ((ClrChanged *) lfirst(lc))->column);
	}
	foreach(lc, held)
	{
		const ClrRowGuard *guard = lfirst(lc);
		ClrVerdict verdict = { 0 };
		bool holds =
			clr_state_permits(question->judge, binding, judged->old, guard, CLR_EDIT, &verdict);

		if (holds)
			(void) clr_state_permits(question->judge, binding, judged->new, guard, CLR_EDIT,
									 &verdict);
		tell(judged, binding->columns[guard->slot].name,
			 clr_scope_action(question->judge->scope, guard->feature, guard->edit_action), &verdict,
			 holds);
		if (verdict.code != CLR_PERMITTED)
			list_steps(judged, (ClrAction *) verdict.action, CLR_BY_NAME, holds);
	}
}

/* One line; `was`: the row as it was is not what refuses. */
static void
tell(Judged *judged, const char *column, const ClrAction *action, ClrVerdict *verdict, bool was)
{
	const ClrQuestion *question = judged->question;
	bool holds = verdict->code == CLR_PERMITTED;
	ClrFinding *finding = clr_trace_find(judged->trace, "columns", column,
										 holds ? CLR_ANSWER_YES : CLR_ANSWER_NO, NULL);
	const char *half = was ? "the row as changed" : "the row as it was";
	char *needs = action == NULL ? "following, for oneself" :
								   psprintf("needs %s.%s", action->feature, action->name);

	finding->found = needs;
	if (holds)
		return;
	clr_verdict_complete(verdict, question->judge);
	finding->found =
		psprintf("%s: judging %s, %s", needs, half, clr_verdict_text(verdict, question->judge));
	finding->code = clr_verdict_code(verdict);
	if (judged->verdict.code == CLR_PERMITTED)
	{
		judged->verdict = *verdict;
		judged->half = half;
	}
}
