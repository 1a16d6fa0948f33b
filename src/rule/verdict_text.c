/*
 * verdict_text.c
 *		The codes of verdicts, and verdicts in words for the actor.
 *
 * Words are made here and nowhere else, when somebody reads them. In a text, %A
 * is the action, %C the column, %I a column if there is one, %O the other
 * column, %P the place, %R how far a grant reaches, %L the grants that the row
 * is nearest to and what it lacks for each, %S why there is no standing, %W when
 * something ended or begins.
 */
#include "rule/verdict.h"

#include "fmgr.h"
#include "funcapi.h"
#include "utils/builtins.h"
#include "utils/formatting.h"
#include "utils/lsyscache.h"
#include "utils/timestamp.h"

#include "store/counters.h"

PG_FUNCTION_INFO_V1(clearance_verdict_codes);
PG_FUNCTION_INFO_V1(clearance_window_text);

static void append(StringInfo text, char what, const ClrVerdict *verdict, const ClrJudge *judge);
static void append_action(StringInfo text, const ClrAction *action);
static void append_lacks(StringInfo text, const List *lacks);
static char *lacks_text(uint32 lacks);
static void append_piece(StringInfo text, const char *between, const char *piece);
static void append_window(StringInfo text, TimestampTz ended, TimestampTz begins);
static char *moment_text(TimestampTz at);

static const struct
{
	const char *step;
	const char *name;
	const char *meaning;
	const char *text;
} codes[] = {
	[CLR_NO_ACTOR] = { "standing", "no_actor", "nobody acts", "no actor is set" },
	[CLR_NO_STANDING] = { "standing", "no_standing",
						  "the account, the member or its company is not active, or its account's "
						  "client portal is off",
						  "%S" },
	[CLR_PARTNER_LOGIN] = { "standing", "partner_login", "a login for a whole partner only views",
							"a login for a whole partner only views" },
	[CLR_ACTING_AS] = { "standing", "acting_as", "who acts as somebody else only looks", NULL },
	[CLR_NO_PROJECT] = { "project", "no_project", "the row names no project",
						 "the row has no project" },
	[CLR_NO_WAY_IN] = { "project", "no_way_in",
						"the project is not open to the actor, or does not exist",
						"the row's project is not open to the actor" },
	[CLR_ENDED] = { "project", "ended", "the actor's membership of the project ended",
					"the actor's membership of the project %W" },
	[CLR_NOT_BEGUN] = { "project", "not_begun",
						"the actor's membership of the project has not begun",
						"the actor's membership of the project %W" },
	[CLR_COMPANY_ENDED] = { "project", "company_ended",
							"its company's participation in the project ended",
							"the participation of the actor's company in the project %W" },
	[CLR_COMPANY_NOT_BEGUN] = { "project", "company_not_begun",
								"its company's participation in the project has not begun",
								"the participation of the actor's company in the project %W" },
	[CLR_PORTAL_OFF] = { "project", "portal_off", "the client portal is off for the project",
						 "the client portal is off for the project" },
	[CLR_BY_PHASE] = { "project", "by_phase",
					   "the project is reached through its phases, and the actor takes part in "
					   "none",
					   "the project is reached through its phases, and the actor takes part in "
					   "none" },
	[CLR_PARENTS_APART] = { "project", "parents_apart",
							"two parents of the row are in different projects",
							"the row's parents in %O and %C are in different projects" },
	[CLR_LINKS_APART] = { "project", "links_apart",
						  "the rows that a link row links are in different projects",
						  "the rows that it links are in different projects" },
	[CLR_OTHER_ACCOUNT] = { "project", "other_account",
							"the row names another account than the actor's, or none",
							"the row belongs to no account or to another one" },
	[CLR_ARCHIVED] = { "project", "archived", "the project is archived",
					   "the project is archived" },
	[CLR_READ_ONLY] = { "project", "read_only",
						"the project is read-only, or archived, which the actor may look at",
						"the project is archived or set read-only" },
	[CLR_FEATURE_OFF] = { "project", "feature_off", "the feature is switched off for the project",
						  "the feature%F is switched off for the project" },
	[CLR_CREATED_NOW] = { "project", "created_now",
						  "the statement that creates the project is still running",
						  "the project is only just being created" },
	[CLR_NO_LEVEL] = { "level", "no_level", "no level of the actor is in force",
					   "no level of the actor is in force%P" },
	[CLR_NO_GRANT] = { "grant", "no_grant", "no level in force grants the action",
					   "no level of the actor grants %A%P" },
	[CLR_OUT_OF_REACH] = { "grant", "out_of_reach",
						   "a level grants the action in projects that the actor owns or is a "
						   "member of, and this is none of them",
						   "%A is granted in projects that the actor %R" },
	[CLR_SWITCH_IDLE] = { "grant", "switch_idle",
						  "the action is switched on for the member, but does not count there",
						  "%A is switched on for the actor, but does not count%P" },
	[CLR_NO_UPLOAD] = { "grant", "no_upload",
						"uploads by customers are switched off for the project",
						"customers may not upload files to this project" },
	[CLR_NOT_SHARED] = { "visibility", "not_shared",
						 "the action is granted for shared rows, and this one is private",
						 "%A is granted for %L" },
	[CLR_OTHER_KIND] = { "kind", "other_kind", "the action is granted for rows of another kind",
						 "%A is granted for %L" },
	[CLR_NOT_RELATED] = { "relation", "not_related",
						  "the action is granted for rows that are related to the actor, and this "
						  "one is not",
						  "%A is granted for %L" },
	[CLR_NOT_OWNED] = { "relation", "not_owned",
						"the row has no project, and the actor, whose reach is not the account, "
						"neither owns it nor is assigned to it, nor has a grant of company or "
						"reports that fits",
						"%A is granted for %L" },
	[CLR_CLIENT_HIDDEN] = { "client visibility", "client_hidden",
							"the row is not open to customers for that", "%A is granted for %L" },
	[CLR_PARENT_GATE] = { "gate", "parent_gate",
						  "another action that this one needs is not granted for the row's parent",
						  "%A is not granted for the row's parent in %C" },
	[CLR_DRAFT] = { "draft", "draft", "the row is a draft of somebody else",
					"the row is a draft of somebody else" },
	[CLR_NO_PARENT] = { "parents", "no_parent", "the row has no parent, and needs one",
						"the row has no parent%I" },
	[CLR_PARENT_HIDDEN] = { "parents", "parent_hidden",
							"the row's parent is not visible to the actor, or does not exist",
							"the row's parent in %C is not visible" },
	[CLR_NO_LINK] = { "links", "no_link", "a link row names no row to link to",
					  "%C names no row to link to" },
	[CLR_LINK_HIDDEN] = { "links", "link_hidden",
						  "the row that it links to is not visible to the actor, or does not exist",
						  "the row that %C names is not visible" },
	[CLR_LINK_GATE] = { "links", "link_gate",
						"the action that gives the relation is not granted for the row that it "
						"links to",
						"%A is not granted for the row that it links to" },
	[CLR_LOCKED] = { "state", "locked",
					 "what a column of the row holds asks for one more action, which is not granted",
					 "what %C holds asks for %A, which is not granted" },
	[CLR_FOLLOWS_OTHERS] = { "columns", "follows_others", "members follow rows for themselves only",
							 "members follow for themselves only" },
	[CLR_MASKED] = { "columns", "masked",
					 "a condition, an assignment or EXPLAIN uses a column that is masked for the "
					 "actor",
					 "column %C is masked for the actor" },
	[CLR_CANNOT_MASK] = { "columns", "cannot_mask",
						  "the statement uses a masked column in a way that cannot be masked",
						  NULL },
};

StaticAssertDecl(lengthof(codes) == CLR_CODES, "every code has a place");
StaticAssertDecl(CLR_CODES <= CLR_MAX_CODES, "every code has a counter");

/*
 * What clients read of a refusal.
 */
const char *
clr_verdict_code(const ClrVerdict *verdict)
{
	return codes[verdict->code].name;
}

/* What a code means, for whoever does not know the case. */
const char *
clr_verdict_meaning(const ClrVerdict *verdict)
{
	return codes[verdict->code].meaning;
}

/*
 * The fields of an error in which clients find table, column and code: no other
 * field than that for a constraint's name is there for what was violated. The
 * refusal is counted. For ereport(), as err_generic_string() is.
 */
int
clr_verdict_fields(Oid relid, ClrCode code, const char *column)
{
	clr_count(CLR_COUNT_REFUSED + code);
	(void) clr_table_fields(relid);
	if (column != NULL)
		(void) err_generic_string(PG_DIAG_COLUMN_NAME, column);
	return err_generic_string(PG_DIAG_CONSTRAINT_NAME, codes[code].name);
}

/* Those for schema and table alone, of errors that have no code. */
int
clr_table_fields(Oid relid)
{
	(void) err_generic_string(PG_DIAG_SCHEMA_NAME, get_namespace_name(get_rel_namespace(relid)));
	return err_generic_string(PG_DIAG_TABLE_NAME, get_rel_name(relid));
}

const char *
clr_verdict_step(const ClrVerdict *verdict)
{
	return codes[verdict->code].step;
}

/*
 * What permits, in a word, or NULL.
 */
const char *
clr_verdict_ground(const ClrVerdict *verdict)
{
	static const char *const names[] = {
		[CLR_BY_NOTHING] = NULL,	[CLR_BY_ADMIN] = "admin",	[CLR_BY_GRANT] = "grant",
		[CLR_BY_UPLOAD] = "upload", [CLR_BY_SWITCH] = "switch", [CLR_BY_OWNING] = "owning"
	};

	return names[verdict->ground];
}

/*
 * The code of a name; NULL for a way in that nothing is told of.
 */
ClrCode
clr_verdict_code_of(const char *name)
{
	if (name == NULL)
		return CLR_NO_WAY_IN;
	for (int code = CLR_PERMITTED + 1; code < CLR_CODES; code++)
		if (strcmp(codes[code].name, name) == 0)
			return code;
	elog(ERROR, "unknown code \"%s\"", name);
}

/*
 * Why it was refused, in words for the actor: the part of a sentence.
 */
char *
clr_verdict_text(const ClrVerdict *verdict, const ClrJudge *judge)
{
	StringInfoData text;
	ListCell *lc;

	if (verdict->code == CLR_PERMITTED)
		elog(ERROR, "nothing was refused");
	initStringInfo(&text);
	for (const char *at = codes[verdict->code].text; *at != '\0'; at++)
	{
		if (*at == '%')
			append(&text, *++at, verdict, judge);
		else
			appendStringInfoChar(&text, *at);
	}
	foreach(lc, verdict->needed_by)
	{
		appendStringInfoString(&text, ", and ");
		append_action(&text, lfirst(lc));
		appendStringInfoString(&text, " needs it");
	}
	return text.data;
}

static void
append(StringInfo text, char what, const ClrVerdict *verdict, const ClrJudge *judge)
{
	switch (what)
	{
		case 'A':
			append_action(text, verdict->action);
			return;
		case 'C':
			appendStringInfo(text, "\"%s\"", verdict->column);
			return;
		case 'F':
			if (verdict->action != NULL)
				appendStringInfo(text, " \"%s\"", verdict->action->feature);
			return;
		case 'I':
			if (verdict->column != NULL)
				appendStringInfo(text, " in \"%s\"", verdict->column);
			return;
		case 'L':
			append_lacks(text, verdict->near);
			return;
		case 'O':
			appendStringInfo(text, "\"%s\"", verdict->other_column);
			return;
		case 'P':
			if (verdict->project->id != 0 && verdict->project->id != CLR_PROJECT_NONE)
				appendStringInfoString(text, " in this project");
			return;
		case 'R':
			appendStringInfo(text, "%s, and this is none of them",
							 verdict->grant->reach == CLR_REACH_OWNED ? "owns" : "is a member of");
			return;
		case 'S':
			appendStringInfoString(text, judge->scope->no_standing);
			return;
		case 'W':
			append_window(text, verdict->ended, verdict->begins);
			return;
	}
	elog(ERROR, "unknown part of a text: %c", what);
}

static void
append_action(StringInfo text, const ClrAction *action)
{
	appendStringInfo(text, "%s.%s", action->feature, action->name);
}

/* The same grant may come from several levels. */
static void
append_lacks(StringInfo text, const List *lacks)
{
	List *pieces = NIL; /* of String */
	StringInfoData all;
	ListCell *lc;

	initStringInfo(&all);
	foreach(lc, lacks)
	{
		const ClrLack *lack = lfirst(lc);
		char *piece =
			psprintf("%s (this one %s)", clr_grant_text(lack->grant), lacks_text(lack->lacks));

		if (list_member(pieces, makeString(piece)))
			continue;
		pieces = lappend(pieces, makeString(piece));
		append_piece(&all, " or ", piece);
	}
	appendStringInfoString(text, all.data);
}

/*
 * The rows that a grant is for, for example "shared rows assigned to the actor".
 */
char *
clr_grant_text(const ClrGrant *grant)
{
	static const char *const related[] = {
		[CLR_REL_ANY] = "",
		[CLR_REL_ASSIGNED] = " assigned to the actor",
		[CLR_REL_FOLLOWED] = " followed by the actor",
		[CLR_REL_INVITED] = " that the actor is invited to",
		[CLR_REL_OWN] = " of the actor's own",
		[CLR_REL_ASSIGNED_TASK] = " of a task assigned to the actor",
		[CLR_REL_COMPANY] = " owned by or assigned to the actor's company",
		[CLR_REL_REPORTS] = " owned by or assigned to people whom the actor supervises",
	};
	StringInfoData text;
	StringInfoData kinds;
	ListCell *lc;

	StaticAssertStmt(lengthof(related) == CLR_RELATION_KINDS, "every relation has words");
	initStringInfo(&text);
	initStringInfo(&kinds);
	foreach(lc, grant->kinds)
		append_piece(&kinds, " or ", psprintf("\"%s\"", (char *) lfirst(lc)));
	appendStringInfo(&text, "%srows", grant->shared_only ? "shared " : "");
	if (grant->kinds != NIL)
		appendStringInfo(&text, " of kind %s", kinds.data);
	appendStringInfoString(&text, related[grant->relation]);
	return text.data;
}

/* "is private and is not": a grant names the relation already. */
static char *
lacks_text(uint32 lacks)
{
	StringInfoData text;

	initStringInfo(&text);
	if (lacks & CLR_LACKS_VISIBILITY)
		append_piece(&text, " and ", "is private");
	if (lacks & CLR_LACKS_KIND)
		append_piece(&text, " and ", "is of another kind");
	if (lacks & CLR_LACKS_RELATION)
		append_piece(&text, " and ", "is not");
	if (lacks & CLR_LACKS_OWNERSHIP)
		append_piece(&text, " and ",
					 "has no project, and is neither the actor's own nor assigned to it");
	if (lacks & CLR_LACKS_CLIENT_VISIBILITY)
		append_piece(&text, " and ", "is not open to customers for that");
	return text.data;
}

static void
append_piece(StringInfo text, const char *between, const char *piece)
{
	appendStringInfo(text, "%s%s", text->len > 0 ? between : "", piece);
}

/* When something ended, when it begins, or both; DT_NOBEGIN: it does not. */
static void
append_window(StringInfo text, TimestampTz ended, TimestampTz begins)
{
	bool has_ended = !TIMESTAMP_IS_NOBEGIN(ended);

	if (has_ended)
		appendStringInfo(text, "ended on %s", moment_text(ended));
	if (!TIMESTAMP_IS_NOBEGIN(begins))
		appendStringInfo(text, "%sbegins on %s", has_ended ? ", another " : "",
						 moment_text(begins));
}

/* Whatever DateStyle is. */
static char *
moment_text(TimestampTz at)
{
	return text_to_cstring(
		DatumGetTextPP(DirectFunctionCall2(timestamptz_to_char, TimestampTzGetDatum(at),
										   CStringGetTextDatum("YYYY-MM-DD HH24:MI:SSOF"))));
}

/* ---------- SQL ---------- */

/*
 * verdict_codes() returns table (code text, step text, meaning text)
 */
Datum
clearance_verdict_codes(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;

	InitMaterializedSRF(fcinfo, 0);
	for (int code = CLR_PERMITTED + 1; code < CLR_CODES; code++)
	{
		Datum values[] = { CStringGetTextDatum(codes[code].name),
						   CStringGetTextDatum(codes[code].step),
						   CStringGetTextDatum(codes[code].meaning) };
		bool nulls[lengthof(values)] = { false };

		tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
	}
	return (Datum) 0;
}

/*
 * window_text(ended timestamptz, begins timestamptz) returns text: when
 * something ended or begins, as refusals say it; -infinity: it does not.
 */
Datum
clearance_window_text(PG_FUNCTION_ARGS)
{
	StringInfoData text;

	initStringInfo(&text);
	append_window(&text, PG_GETARG_TIMESTAMPTZ(0), PG_GETARG_TIMESTAMPTZ(1));
	PG_RETURN_TEXT_P(cstring_to_text(text.data));
}
