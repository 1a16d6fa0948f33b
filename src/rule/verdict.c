/*
 * verdict.c
 *		What the rule says of a question: a small value, not words.
 *
 * The rule notes what it finds; nothing is looked up or put into words for that
 * (verdict_text.c does), but for the time of a membership that is no way in any
 * more, and that when the verdict is to be told. Verdicts are about the row that
 * the actor writes, its levels and memberships, and never about rows or projects
 * that it does not see: the code of those is that of what does not exist.
 */
#include "rule/verdict.h"

#include "catalog/pg_type.h"
#include "port/pg_bitutils.h"
#include "utils/builtins.h"
#include "utils/timestamp.h"

#include "store/catalog.h"

static ClrCode first_of(uint32 lacks);
static const ClrGrant *grant_elsewhere(const ClrProject *project, const ClrAction *action);

/*
 * Note a reason, and the column that it is about or NULL. Returns whether it is
 * the one that counts, so that more may be said about it.
 */
bool
clr_verdict_refuse(ClrVerdict *verdict, ClrCode code, const char *column)
{
	if (verdict == NULL || verdict->code != CLR_PERMITTED)
		return false;
	*verdict = (ClrVerdict){ .code = code, .column = column };
	return true;
}

/*
 * No grant of the action is in force at a place: a project, or the account.
 */
void
clr_verdict_no_grant(ClrVerdict *verdict, const ClrScope *scope, const ClrProject *project,
					 const ClrAction *action)
{
	const ClrGrant *elsewhere = grant_elsewhere(project, action);
	ClrCode code = CLR_NO_GRANT;

	if (project->levels.count == 0 && project->open_levels == NIL)
		code = CLR_NO_LEVEL;
	else if (elsewhere != NULL)
		code = CLR_OUT_OF_REACH;
	else if (action->switched_on)
		code = CLR_SWITCH_IDLE;
	if (!clr_verdict_refuse(verdict, code, NULL))
		return;
	verdict->project = project;
	verdict->action = action;
	verdict->grant = elsewhere;
}

/* A grant of a level that is in force in the project, for others than this one. */
static const ClrGrant *
grant_elsewhere(const ClrProject *project, const ClrAction *action)
{
	ListCell *lc;

	if (project->id == 0 || project->id == CLR_PROJECT_NONE)
		return NULL;
	foreach(lc, action->grants)
	{
		const ClrGrant *grant = lfirst(lc);

		if (clr_scope_is_in_force(project, grant->level))
			return grant;
	}
	return NULL;
}

/*
 * Grants of the action are in force, and the row lacks something for each (a
 * list of ClrLack *). Those count that it comes nearest to, and among these the one
 * that lacks what the rule asks for first, so that the code does not depend on
 * the order of grants.
 */
void
clr_verdict_lacks(ClrVerdict *verdict, const ClrProject *project, const ClrAction *action,
				  List *lacks)
{
	const ClrLack *nearest = NULL;
	int least = 32;
	ListCell *lc;

	foreach(lc, lacks)
		least = Min(least, pg_popcount32(((ClrLack *) lfirst(lc))->lacks));
	foreach(lc, lacks)
	{
		const ClrLack *lack = lfirst(lc);

		if (pg_popcount32(lack->lacks) > least)
			lacks = foreach_delete_current(lacks, lc);
		else if (nearest == NULL || first_of(lack->lacks) < first_of(nearest->lacks))
			nearest = lack;
	}
	if (nearest == NULL || !clr_verdict_refuse(verdict, first_of(nearest->lacks), NULL))
		return;
	verdict->project = project;
	verdict->action = action;
	verdict->near = lacks;
	verdict->grant = nearest->grant;
}

/* Of what a row lacks, that which the rule asks for first. */
static ClrCode
first_of(uint32 lacks)
{
	if (lacks & CLR_LACKS_VISIBILITY)
		return CLR_NOT_SHARED;
	if (lacks & CLR_LACKS_KIND)
		return CLR_OTHER_KIND;
	if (lacks & CLR_LACKS_RELATION)
		return CLR_NOT_RELATED;
	if (lacks & CLR_LACKS_OWNERSHIP)
		return CLR_NOT_OWNED;
	return CLR_CLIENT_HIDDEN;
}

/*
 * What was refused is needed by another action.
 */
void
clr_verdict_needed_by(ClrVerdict *verdict, const ClrAction *action)
{
	if (verdict != NULL && verdict->code != CLR_PERMITTED)
		verdict->needed_by = lappend(verdict->needed_by, (void *) action);
}

/*
 * What was refused is an action that a value of a column asks for.
 */
void
clr_verdict_column(ClrVerdict *verdict, const char *column, const ClrAction *needs)
{
	if (verdict == NULL)
		return;
	verdict->column = column;
	verdict->column_needs = needs;
}

/*
 * The actor has no way into a project. Why, it is told where it has or had one
 * of its own; else the project might as well not exist.
 */
void
clr_verdict_complete(ClrVerdict *verdict, ClrJudge *judge)
{
	static const Oid argtypes[] = { INT8OID, INT8OID, TEXTOID, TIMESTAMPTZOID };
	ClrActor actor = judge->scope->actor;
	const char *key = verdict->project_key;
	char nulls[] = { actor.member == 0 ? 'n' : ' ', actor.partner == 0 ? 'n' : ' ', ' ', ' ' };
	ClrCatalog state;

	if (verdict->code != CLR_NO_WAY_IN || (key == NULL && verdict->row == NULL))
		return;
	if (key == NULL)
		key =
			clr_binding_value_text(verdict->binding, verdict->row, verdict->binding->project_slot);
	clr_catalog_begin(&state);
	(void) clr_catalog_query("SELECT code, ended, begins"
							 " FROM clearance_internal.why_no_project($1, $2, $3, $4)",
							 4, argtypes,
							 (Datum[]){ Int64GetDatum(actor.member), Int64GetDatum(actor.partner),
										CStringGetTextDatum(key), TimestampTzGetDatum(judge->at) },
							 nulls);
	verdict->code = clr_verdict_code_of(clr_column_text(0, 1));
	verdict->ended = clr_column_timestamptz(0, 2);
	verdict->begins = clr_column_timestamptz(0, 3);
	clr_catalog_end(&state);
}
