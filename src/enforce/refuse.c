/*
 * refuse.c
 *		Writes that are not permitted, as errors. Judges nothing.
 *
 * Every error says why, and has the verdict's code. Account admins, and whoever
 * acts as somebody else, are told how to ask for all of it: what other members see
 * of an error is often what an application shows to people.
 */
#include "enforce/refuse.h"

#include "utils/builtins.h"
#include "utils/json.h"
#include "utils/lsyscache.h"

#include "store/catalog.h"
#include "store/refusal.h"
#include "store/writing.h"

#define LONGEST_VALUE 1000

/* How they are called, and what is done to them. */
static const struct
{
	const char *row;
	const char *writing;
	ClrVerb verb;
} halves[] = { [CLR_NEW_ROW] = { "the new row", "insert into", CLR_CREATE },
			   [CLR_ROW_WAS] = { "the row as it was", "update of", CLR_EDIT },
			   [CLR_ROW_CHANGED] = { "the row as changed", "update of", CLR_EDIT },
			   [CLR_ROW_DELETED] = { "the row", "delete from", CLR_DELETE } };

static const char *hint(const ClrFrame *frame, const ClrScope *scope, const ClrBinding *binding,
						ClrVerb verb, const ClrAttempt *attempt);
static bool may_be_told(const ClrFrame *frame, const ClrScope *scope);

/*
 * Refuse a write, naming which half of it failed and why.
 */
void
clr_refuse_write(ClrFrame *frame, const ClrBinding *binding, ClrHalf half, ClrVerdict *verdict,
				 const ClrAttempt *attempt)
{
	ClrJudge *judge = clr_frame_judge(frame);
	bool is_nobody = clr_actor_is_nobody(&judge->scope->actor);
	const ClrAction *asked = verdict->column_needs;
	const char *advice = hint(frame, judge->scope, binding, halves[half].verb, attempt);
	char *needs = "";

	clr_verdict_complete(verdict, judge);
	clr_refuse_log(frame, binding->relid, verdict);
	if (asked != NULL)
		needs =
			psprintf("Column \"%s\" needs %s.%s. ", verdict->column, asked->feature, asked->name);
	ereport(ERROR,
			(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
			 errmsg("%s %s is not permitted", halves[half].writing, clr_binding_name(binding)),
			 errdetail("%sJudging %s: %s.", needs, halves[half].row,
					   is_nobody ? clr_actor_why_nobody(&frame->identity) :
								   clr_verdict_text(verdict, judge)),
			 advice != NULL ? errhint("%s", advice) : 0,
			 clr_verdict_fields(binding->relid, verdict->code, verdict->column)));
}

/* Tell the server's log, if it is to know. */
void
clr_refuse_log(ClrFrame *frame, Oid relid, const ClrVerdict *verdict)
{
	clr_refusal_log(&(ClrRefused){ .what = "write",
								   .table = clr_catalog_table_name(relid),
								   .code = clr_verdict_code(verdict),
								   .actor = clr_frame_actor(frame),
								   .real_actor = clr_frame_real_actor(frame) });
}

static const char *
hint(const ClrFrame *frame, const ClrScope *scope, const ClrBinding *binding, ClrVerb verb,
	 const ClrAttempt *attempt)
{
	const char *whom = "";
	const char *changes = "";

	if (clr_actor_is_nobody(&scope->actor))
		return clr_actor_hint_nobody(&frame->identity);
	if (attempt == NULL || !may_be_told(frame, scope))
		return NULL;
	if (scope->member_keys != NIL)
		whom = psprintf(", member => %s", quote_literal_cstr(linitial(scope->member_keys)));
	if (attempt->changes != NULL)
		changes =
			psprintf(", changes => %s", quote_literal_cstr(psprintf("{%s}", attempt->changes)));
	return psprintf("Each step, and what would change it: SELECT explanation FROM "
					"clearance.explain(%s, %s, '%s'%s%s);",
					quote_literal_cstr(clr_catalog_table_name(attempt->relation)),
					attempt->key != NULL ? quote_literal_cstr(attempt->key) : "NULL",
					clr_binding_asked(binding, verb), whom, changes);
}

/* Account admins, and who looks as somebody else, which takes a right of that kind. */
static bool
may_be_told(const ClrFrame *frame, const ClrScope *scope)
{
	return scope->account_level->levels.admin || frame->identity.acting.target != 0;
}

/* The attempt to add a row: what its bound columns hold. */
ClrAttempt
clr_refuse_attempt_new(const ClrBinding *binding, const ClrRow *row)
{
	StringInfoData changes;
	int level = clr_writing_begin();

	initStringInfo(&changes);
	for (int slot = 0; slot < binding->ncolumns; slot++)
		clr_refuse_add(&changes, binding->columns[slot].name,
					   clr_binding_value_text(binding, row, slot));
	clr_writing_end(level);
	return (ClrAttempt){ binding->relid, NULL, changes.data };
}

/*
 * One column more of what a statement writes. A long value is left out: nothing is
 * decided by what is no key and no word.
 */
void
clr_refuse_add(StringInfo changes, const char *column, const char *value)
{
	if (changes->len > 0)
		appendStringInfoString(changes, ", ");
	escape_json(changes, column);
	appendStringInfoString(changes, ": ");
	if (value == NULL || strlen(value) > LONGEST_VALUE)
		appendStringInfoString(changes, "null");
	else
		escape_json(changes, value);
}
