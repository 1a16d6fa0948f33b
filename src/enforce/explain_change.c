/*
 * explain_change.c
 *		Why somebody may or may not make certain changes to a row, or a new one.
 *
 * Each column that is named counts as changed, whatever the row holds: what a
 * column holds that the asker does not read is not told by that. Every action
 * that the change needs is asked of the row as it was and as changed, as
 * update_check.c asks it; of a new row, as policies and write_check.c do.
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

#include "enforce/write_check.h"
#include "rule/mask.h"
#include "rule/rule.h"
#include "rule/state.h"
#include "rule/write.h"
#include "store/catalog.h"

/* Where the answer stands: the first refusal counts. */
typedef struct Judged
{
	ClrQuestion *question;
	ClrTrace *trace;
	const ClrRow *old;
	const ClrRow *new;
	ClrVerdict verdict;
	const char *half;
} Judged;

static void run(const char *sql, Datum changes);
static void read_columns(ClrQuestion *question, Datum changes, MemoryContext context);
static void read_values(ClrQuestion *question, Datum changes, MemoryContext context);
static void read_defaults(ClrQuestion *question);
static const ClrRow *changed_row(const ClrQuestion *question, const ClrRow *old);
static void give_owner(const ClrQuestion *question, ClrRow *row);
static bool answer_new(ClrQuestion *question, ClrTrace *trace, const ClrRow *row);
static void judge_column(Judged *judged, const ClrChanged *changed);
static bool stays_empty(const Judged *judged, const ClrChanged *changed);
static void judge_names(Judged *judged, const ClrChanged *changed);
static void judge_mask(Judged *judged, const char *column);
static void judge_action(Judged *judged, const char *column, ClrAction *action);
static void list_steps(Judged *judged, ClrAction *action, bool was);
static void judge_following(Judged *judged, const ClrChanged *changed);
static void judge_states(Judged *judged);
static void
tell(Judged *judged, const char *column, const ClrAction *action, ClrVerdict *verdict, bool was);

/*
 * Read what a statement would change: an object, a key for each column. Values and
 * defaults are computed as its user's statement would; for operators, who ask
 * about others, as the table's owner, whose code that may be. Errors: no such
 * column, or no value of its type.
 */
void
clr_change_read(ClrQuestion *question, Datum changes)
{
	MemoryContext caller = CurrentMemoryContext;
	ClrCatalog state;

	if (!question->is_verb || (question->verb != CLR_EDIT && question->verb != CLR_CREATE))
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("changes go with the actions to edit and to create")));
	if (question->whom.by_operator)
		clr_catalog_begin_owner(&state, question->relation);
	else
		SPI_connect();
	read_columns(question, changes, caller);
	if (question->changed == NIL)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("the changes name no column")));
	read_values(question, changes, caller);
	if (question->verb == CLR_CREATE)
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
	const ClrBinding *binding = question->binding;

	run("SELECT k FROM pg_catalog.jsonb_object_keys($1) k", changes);
	for (uint64 i = 0; i < SPI_processed; i++)
	{
		char *name = SPI_getvalue(SPI_tuptable->vals[i], SPI_tuptable->tupdesc, 1);
		MemoryContext of_query = MemoryContextSwitchTo(context);
		ClrChanged *changed = palloc0(sizeof(ClrChanged));

		if (get_attnum(question->relation, name) <= 0)
			ereport(ERROR, (errcode(ERRCODE_UNDEFINED_COLUMN),
							errmsg("table %s has no column \"%s\"",
								   clr_catalog_table_name(question->relation), name)));
		changed->column = pstrdup(name);
		changed->slot = CLR_NO_SLOT;
		for (int slot = 0; slot < binding->ncolumns; slot++)
			if (strcmp(binding->columns[slot].name, name) == 0)
				changed->slot = slot;
		question->changed = lappend(question->changed, changed);
		MemoryContextSwitchTo(of_query);
	}
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

/* What a new row has where the statement names nothing; NULL where that differs each time. */
static void
read_defaults(ClrQuestion *question)
{
	int n = question->binding->ncolumns;
	Relation relation = table_open(question->relation, AccessShareLock);

	question->defaults.values = palloc0(sizeof(Datum) * Max(n, 1));
	question->defaults.nulls = palloc0(sizeof(bool) * Max(n, 1));
	for (int slot = 0; slot < n; slot++)
		(void) clr_write_default(relation, question->binding->columns[slot].name,
								 &question->defaults.values[slot], &question->defaults.nulls[slot]);
	table_close(relation, NoLock);
}

/*
 * List what the changes need; NULL: of a new row. Returns whether they are
 * permitted.
 */
bool
clr_change_answer(ClrQuestion *question, ClrTrace *trace, const ClrRow *old)
{
	const ClrRow *new = changed_row(question, old);
	Judged judged = { .question = question, .trace = trace, .old = old, .new = new };
	ClrFinding *first;
	ListCell *lc;

	if (question->verb == CLR_CREATE)
		return answer_new(question, trace, new);
	first = clr_explain_begin(question, trace, true);
	trace->depth = 1;
	foreach(lc, question->changed)
		judge_column(&judged, lfirst(lc));
	judge_states(&judged);
	trace->depth = 0;
	if (judged.verdict.code == CLR_PERMITTED)
		return true;
	first->answer = CLR_ANSWER_NO;
	first->code = clr_verdict_code(&judged.verdict);
	first->found =
		psprintf("judging %s, %s", judged.half, clr_verdict_text(&judged.verdict, question->judge));
	return false;
}

/* The bound columns of the row that comes of it. */
static const ClrRow *
changed_row(const ClrQuestion *question, const ClrRow *old)
{
	int n = question->binding->ncolumns;
	ClrRow *row = palloc0(sizeof(ClrRow));
	ListCell *lc;

	row->values = palloc(sizeof(Datum) * Max(n, 1));
	row->nulls = palloc(sizeof(bool) * Max(n, 1));
	if (old == NULL)
		old = &question->defaults;
	memcpy(row->values, old->values, sizeof(Datum) * n);
	memcpy(row->nulls, old->nulls, sizeof(bool) * n);
	if (question->verb == CLR_CREATE && question->binding->owner_slot != CLR_NO_SLOT)
		give_owner(question, row);
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

/* A new row is the actor's, if the statement names nobody. */
static void
give_owner(const ClrQuestion *question, ClrRow *row)
{
	const ClrScope *scope = question->judge->scope;
	int slot = question->binding->owner_slot;
	const ClrColumn *column = &question->binding->columns[slot];
	ClrKey key;

	row->nulls[slot] = scope->actor.member == 0 || scope->member_keys == NIL ||
					   !clr_key_from_text(linitial(scope->member_keys), column->key_class, &key) ||
					   !clr_key_to_datum(&key, column->type, &row->values[slot]);
}

/* ---------- new rows ---------- */

static bool
answer_new(ClrQuestion *question, ClrTrace *trace, const ClrRow *row)
{
	ClrJudge *judge = question->judge;
	ClrBinding *binding = question->binding;
	ClrVerdict verdict = { 0 };
	bool permitted = clr_write_permits_insert(judge, binding, row, &verdict);
	ClrFinding *first = clr_explain_begin(question, trace, permitted);
	ListCell *lc;
	ListCell *ln;

	trace->of_new = true;
	if (!trace->discreet || verdict.code != CLR_NO_WAY_IN)
		(void) clr_trace_row(trace, binding, row, question->action, true);
	trace->depth = 1;
	foreach(lc, binding->namings)
		clr_trace_naming(trace, binding, lfirst(lc), row);
	foreach(lc, question->changed)
	{
		const ClrChanged *changed = lfirst(lc);

		foreach(ln, clr_write_needs_of_guards(binding, changed->column, false, changed->text))
		{
			const ClrNeed *need = lfirst(ln);
			ClrAction *action = clr_write_asked_by(judge->scope, need);
			ClrVerdict of_column = { 0 };
			bool holds = clr_rule_permits_new(judge, binding, row, action, &of_column);

			clr_explain_column(question, trace, changed->column, action, holds, &of_column);
			if (!holds && permitted)
				verdict = of_column;
			permitted &= holds;
		}
	}
	trace->depth = 0;
	if (permitted)
		return true;
	clr_verdict_complete(&verdict, judge);
	first->answer = CLR_ANSWER_NO;
	first->code = clr_verdict_code(&verdict);
	first->found = clr_verdict_text(&verdict, judge);
	if (verdict.column_needs != NULL)
		first->found =
			psprintf("column \"%s\" needs %s.%s: %s", verdict.column, verdict.column_needs->feature,
					 verdict.column_needs->name, first->found);
	return false;
}

/* ---------- changes ---------- */

static void
judge_column(Judged *judged, const ClrChanged *changed)
{
	ClrQuestion *question = judged->question;
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
	ClrQuestion *question = judged->question;
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
	list_steps(judged, action, false);
}

static void
judge_action(Judged *judged, const char *column, ClrAction *action)
{
	ClrQuestion *question = judged->question;
	ClrTrace *trace = judged->trace;
	ClrVerdict verdict = { 0 };
	bool was = clr_rule_permits(question->judge, question->binding, judged->old, action, &verdict);
	bool holds =
		was && clr_rule_permits(question->judge, question->binding, judged->new, action, &verdict);

	tell(judged, column, action, &verdict, was);
	if (holds || (trace->discreet && verdict.code == CLR_NO_WAY_IN))
		return;
	list_steps(judged, action, was);
}

/* The steps by which an action is refused, once. */
static void
list_steps(Judged *judged, ClrAction *action, bool was)
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
						 false);
	trace->of_new = false;
}

/* Members follow for themselves. */
static void
judge_following(Judged *judged, const ClrChanged *changed)
{
	ClrQuestion *question = judged->question;
	const ClrColumn *column = &question->binding->columns[changed->slot];
	ClrVerdict verdict = { 0 };
	bool was =
		clr_rule_permits_following(question->judge, question->binding, judged->old, &verdict);

	if (was &&
		!clr_write_only_me_changes(question->judge, column, judged->old->nulls[changed->slot],
								   judged->old->values[changed->slot], changed->isnull,
								   changed->value))
		(void) clr_verdict_refuse(&verdict, CLR_FOLLOWS_OTHERS, changed->column);
	tell(judged, changed->column, NULL, &verdict, was);
}

/* The rows of other tables that the row names by the column are visible. */
static void
judge_names(Judged *judged, const ClrChanged *changed)
{
	ClrQuestion *question = judged->question;
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
	ClrQuestion *question = judged->question;
	ClrBinding *binding = question->binding;
	List *was = clr_state_guards(binding, judged->old);
	List *becomes = clr_state_guards_of_new(binding, judged->new);
	List *held = NIL;
	ListCell *lc;

	foreach(lc, question->changed)
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
			list_steps(judged, (ClrAction *) verdict.action, holds);
	}
}

/* One line; `was`: the row as it was is not what refuses. */
static void
tell(Judged *judged, const char *column, const ClrAction *action, ClrVerdict *verdict, bool was)
{
	ClrQuestion *question = judged->question;
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
