/*
 * remedy.c
 *		What would change an answer.
 *
 * A refusal says which step failed and what the row lacks; the calls that mend
 * it are written by SQL (sql/explain.sql), for that knows people, companies and
 * tables. Where a level or a switch would do, or a way into the project, the rule
 * is asked what it would say then, of a scope that was changed for the question.
 * Nothing is changed.
 */
#include "enforce/remedy.h"

#include "catalog/pg_type.h"
#include "utils/builtins.h"
#include "utils/memutils.h"
#include "utils/snapmgr.h"

#include "rule/rule.h"
#include "store/catalog.h"
#include "store/release.h"
#include "store/version.h"

/* The alternatives for one refusal, of which one is enough. */
typedef struct Remedies
{
	ClrTrace *trace;
	const ClrWhom *whom;
	const ClrRefusal *refusal;
	int alternatives;
	bool is_covered; /* by what mends another refusal, too */
} Remedies;

static void end_judge(void *judge);
static const ClrRefusal *bar_of(const ClrTrace *trace);
static bool suppose(const ClrTrace *trace, ClrWhom *whom, const ClrRefusal *bar);
static void list_if(ClrTrace *trace, const ClrWhom *whom, const ClrRefusal *bar);
static char *project_key_of(const ClrRefusal *refusal);
static void list_remedies(ClrTrace *trace, const ClrWhom *whom, const ClrRefusal *refusal);
static bool is_about_grants(ClrCode code);
static void add_alternative(Remedies *remedies, const char *const *codes, char **details, int n);
static void add_for_lacks(Remedies *remedies);
static void add_level(Remedies *remedies);
static void add_switch(Remedies *remedies);
static void add_reach(Remedies *remedies);
static bool is_granted_then(ClrJudge *judge, const ClrRefusal *refusal);
static bool is_listed(const ClrTrace *trace, const char *what, const char *call);

/*
 * A judge for whom a question is about, as long-lived as the current context.
 * Its scope is of now, nobody else's, and in no cache.
 */
ClrJudge *
clr_whom_judge(const ClrWhom *whom, const ClrJudge *like)
{
	static ClrVersion version;
	ClrJudge *judge = palloc0(sizeof(ClrJudge));
	MemoryContextCallback *callback = palloc(sizeof(MemoryContextCallback));
	bool pushed = clr_catalog_push_snapshot();
	ListCell *lc;

	judge->context = CurrentMemoryContext;
	judge->at = like->at;
	judge->snapshot = like->snapshot;
	judge->command = CLR_NO_COMMAND;
	clr_release_check();
	clr_version_read_current(&version);
	if (whom->with_standing)
		judge->scope = clr_scope_suppose_standing(whom->actor, &version, judge->at);
	else if (whom->within != NULL)
		judge->scope = clr_scope_load_within(whom->actor, &version, judge->at, whom->within);
	else
		judge->scope = clr_scope_load(whom->actor, &version, judge->at, 0);
	foreach(lc, whom->with_projects)
	{
		const ClrSupposed *supposed = lfirst(lc);

		(void) clr_scope_suppose_level(judge->scope, supposed->project, supposed->level);
	}
	if (pushed)
		PopActiveSnapshot();
	callback->func = end_judge;
	callback->arg = judge;
	MemoryContextRegisterResetCallback(judge->context, callback);
	return judge;
}

static void
end_judge(void *arg)
{
	ClrJudge *judge = arg;

	clr_judge_end(judge);
	clr_kept_release(&judge->scope->kept);
}

/*
 * What would have to change for what was refused in a trace. Without standing, or
 * a way into the project, little of the rule can be judged: the rest is, as if
 * there were one.
 */
void
clr_remedy_list(ClrTrace *trace, const ClrWhom *whom)
{
	ClrWhom supposed = *whom;
	List *refusals = NIL;
	const ClrRefusal *bar;
	ListCell *lc;

	trace->depth = 1;
	while ((bar = bar_of(trace)) != NULL && whom->by_operator && suppose(trace, &supposed, bar))
	{
		refusals = lappend(refusals, (void *) bar);
		list_if(trace, &supposed, bar);
	}
	refusals = list_concat(refusals, trace->refusals);
	foreach(lc, refusals)
		list_remedies(trace, &supposed, lfirst(lc));
}

/* The first refusal after which no other step could be judged, or NULL. */
static const ClrRefusal *
bar_of(const ClrTrace *trace)
{
	ListCell *lc;

	foreach(lc, trace->refusals)
	{
		const ClrRefusal *refusal = lfirst(lc);

		if (refusal->verdict.code == CLR_NO_STANDING ||
			(refusal->verdict.code >= CLR_NO_WAY_IN && refusal->verdict.code <= CLR_BY_PHASE))
			return refusal;
	}
	return NULL;
}

/* Suppose that it were mended. False if that cannot be. */
static bool
suppose(const ClrTrace *trace, ClrWhom *whom, const ClrRefusal *bar)
{
	static const Oid argtypes[] = { INT8OID, INT8OID, TEXTOID };
	MemoryContext caller = CurrentMemoryContext;
	char *key = project_key_of(bar);
	ClrSupposed *supposed = palloc0(sizeof(ClrSupposed));
	ClrCatalog state;
	ListCell *lc;

	if (bar->verdict.code == CLR_NO_STANDING)
	{
		bool is_new = !whom->with_standing;

		whom->with_standing = true;
		return is_new && trace->judge->scope->is_known;
	}
	if (key == NULL)
		return false;
	clr_catalog_begin(&state);
	if (clr_catalog_query("SELECT project, level::bigint"
						  " FROM clearance_internal.supposed($1, $2, $3)",
						  3, argtypes,
						  (Datum[]){ Int64GetDatum(whom->actor.member),
									 Int64GetDatum(whom->actor.partner), CStringGetTextDatum(key) },
						  NULL) > 0)
	{
		supposed->project = clr_column_int64(0, 1);
		supposed->level = (int32) clr_column_int64(0, 2);
	}
	clr_catalog_end(&state);
	MemoryContextSwitchTo(caller);
	foreach(lc, whom->with_projects)
		if (((ClrSupposed *) lfirst(lc))->project == supposed->project)
			return false;
	whom->with_projects = lappend(whom->with_projects, supposed);
	return supposed->project != 0;
}

/* What the rule would say then: with other reasons, or none. */
static void
list_if(ClrTrace *trace, const ClrWhom *whom, const ClrRefusal *bar)
{
	ClrFinding *finding =
		clr_trace_find(trace, "if",
					   bar->verdict.code == CLR_NO_STANDING ?
						   "it had standing" :
						   psprintf("project \"%s\" were open to it", project_key_of(bar)),
					   CLR_ANSWER_YES, "permitted");
	int before = list_length(trace->findings);

	trace->judge = clr_whom_judge(whom, trace->judge);
	trace->seen = NIL;
	trace->refusals = NIL;
	if (clr_trace_root(trace))
		trace->findings = list_truncate(trace->findings, before);
	else
	{
		finding->answer = CLR_ANSWER_NO;
		finding->found = "not permitted either";
	}
}

static char *
project_key_of(const ClrRefusal *refusal)
{
	const ClrVerdict *verdict = &refusal->verdict;

	if (verdict->project_key != NULL)
		return pstrdup(verdict->project_key);
	if (verdict->project != NULL && verdict->project->key != NULL)
		return pstrdup(verdict->project->key);
	if (verdict->row == NULL || verdict->binding->project_slot == CLR_NO_SLOT)
		return NULL;
	return clr_binding_value_text(verdict->binding, verdict->row, verdict->binding->project_slot);
}

/* ---------- remedies ---------- */

static void
list_remedies(ClrTrace *trace, const ClrWhom *whom, const ClrRefusal *refusal)
{
	Remedies remedies = { .trace = trace, .whom = whom, .refusal = refusal };
	const char *code = clr_verdict_code(&refusal->verdict);
	char *detail = NULL;

	if (trace->discreet && refusal->verdict.code == CLR_NO_WAY_IN)
		return; /* that there is a project at all is not told */
	if (is_about_grants(refusal->verdict.code))
	{
		if (!refusal->of_new)
			add_for_lacks(&remedies);
		if (!trace->discreet)
			add_level(&remedies);
		add_switch(&remedies);
		add_reach(&remedies);
	}
	else
		add_alternative(&remedies, &code, &detail, 1);
}

/* Whether the reason is that no grant fits, rather than anything else. */
static bool
is_about_grants(ClrCode code)
{
	switch (code)
	{
		case CLR_NO_LEVEL:
		case CLR_NO_GRANT:
		case CLR_OUT_OF_REACH:
		case CLR_SWITCH_IDLE:
		case CLR_NOT_SHARED:
		case CLR_OTHER_KIND:
		case CLR_NOT_RELATED:
		case CLR_NOT_OWNED:
		case CLR_CLIENT_HIDDEN:
			return true;
		default:
			return false;
	}
}

/* The row changes into one that fits a grant; each of them that it is near to is an alternative. */
static void
add_for_lacks(Remedies *remedies)
{
	ListCell *lc;

	foreach(lc, remedies->refusal->verdict.near)
	{
		const ClrLack *lack = lfirst(lc);
		const char *codes[5];
		char *details[5] = { NULL };
		int n = 0;

		if (lack->lacks & CLR_LACKS_VISIBILITY)
			codes[n++] = "not_shared";
		if (lack->lacks & CLR_LACKS_KIND)
		{
			details[n] = linitial(lack->grant->kinds);
			codes[n++] = "other_kind";
		}
		if (lack->lacks & CLR_LACKS_RELATION)
		{
			details[n] = pstrdup(clr_relation_name(lack->grant->relation));
			codes[n++] = "not_related";
		}
		if (lack->lacks & CLR_LACKS_OWNERSHIP)
			codes[n++] = "not_owned";
		if (lack->lacks & CLR_LACKS_CLIENT_VISIBILITY)
		{
			details[n] = remedies->refusal->viewing ? "read" : "edit";
			codes[n++] = "client_hidden";
		}
		add_alternative(remedies, codes, details, n);
	}
}

/* Of the levels that grant least, the first that would do. */
static void
add_level(Remedies *remedies)
{
	static const Oid argtypes[] = { INT8OID, INT8OID };
	const ClrRefusal *refusal = remedies->refusal;
	const ClrWhom *whom = remedies->whom;
	const ClrProject *project = refusal->verdict.project;
	int count = 0;
	int32 *levels = NULL;
	ClrCatalog state;

	if (project == NULL || project->id <= 0)
		return;
	clr_catalog_begin(&state);
	if (clr_catalog_query("SELECT clearance_internal.levels_from_least($1, $2)", 2, argtypes,
						  (Datum[]){ Int64GetDatum(whom->actor.member),
									 Int64GetDatum(whom->actor.partner) },
						  NULL) > 0)
	{
		MemoryContext of_query = MemoryContextSwitchTo(remedies->trace->judge->context);

		levels = clr_column_ints(0, 1, &count);
		MemoryContextSwitchTo(of_query);
	}
	clr_catalog_end(&state);
	for (int i = 0; i < count; i++)
	{
		ClrJudge *judge = clr_whom_judge(whom, remedies->trace->judge);
		const char *code = "level";
		char *detail = psprintf("%d", levels[i]);

		if (clr_scope_suppose_level(judge->scope, project->id, levels[i]) == NULL ||
			!is_granted_then(judge, refusal))
			continue;
		add_alternative(remedies, &code, &detail, 1);
		return;
	}
}

/* It comes to own the project, or to be on it, if the grant reaches no further. */
static void
add_reach(Remedies *remedies)
{
	const ClrVerdict *verdict = &remedies->refusal->verdict;
	const char *code = "out_of_reach";
	ClrJudge *judge;
	ClrProject *project;
	char *detail;

	if (verdict->code != CLR_OUT_OF_REACH || remedies->whom->actor.member == 0)
		return;
	judge = clr_whom_judge(remedies->whom, remedies->trace->judge);
	project = clr_scope_suppose_level(judge->scope, verdict->project->id, 0);
	project->is_owner = verdict->grant->reach == CLR_REACH_OWNED;
	detail = pstrdup(clr_reach_name(verdict->grant->reach));
	if (is_granted_then(judge, remedies->refusal))
		add_alternative(remedies, &code, &detail, 1);
}

static void
add_switch(Remedies *remedies)
{
	const ClrAction *action = remedies->refusal->verdict.action;
	const char *code = "switch";
	char *detail = NULL;
	ClrJudge *judge;

	if (remedies->whom->actor.member == 0 || action == NULL)
		return;
	judge = clr_whom_judge(remedies->whom, remedies->trace->judge);
	clr_scope_suppose_switch(judge->scope, action->feature, action->name);
	if (is_granted_then(judge, remedies->refusal))
		add_alternative(remedies, &code, &detail, 1);
}

/* Whether the action that was refused would be granted for the row, by a judge of what would be. */
static bool
is_granted_then(ClrJudge *judge, const ClrRefusal *refusal)
{
	ClrTrace trace = { .judge = judge };
	ClrBinding *binding = clr_judge_binding(judge, refusal->binding->id);
	const ClrAction *asked = refusal->asked;
	const ClrAction *refused = refusal->verdict.action;
	ListCell *lc;

	(void) clr_trace_row(&trace, binding, refusal->row,
						 clr_scope_action(judge->scope, asked->feature, asked->name), refusal->as);
	foreach(lc, trace.refusals)
	{
		const ClrVerdict *verdict = &((ClrRefusal *) lfirst(lc))->verdict;

		if (verdict->code == CLR_NO_WAY_IN ||
			(is_about_grants(verdict->code) &&
			 strcmp(verdict->action->feature, refused->feature) == 0 &&
			 strcmp(verdict->action->name, refused->name) == 0))
			return false;
	}
	return true;
}

/* The calls that these need, all together. */
static void
add_alternative(Remedies *remedies, const char *const *codes, char **details, int n)
{
	static const Oid argtypes[] = { TEXTOID, TEXTOID, INT8OID, INT8OID,
									OIDOID,	 TEXTOID, TEXTOID, TEXTOID };
	const ClrRefusal *refusal = remedies->refusal;
	const ClrVerdict *verdict = &refusal->verdict;
	const ClrAction *action = verdict->action;
	const ClrTrace *trace = remedies->trace;
	bool is_placed = trace->place != NULL && refusal->row == trace->root.row;
	const char *key = is_placed ? trace->place : clr_trace_key(refusal->binding, refusal->row);
	char *project = project_key_of(refusal);
	bool is_first = true;

	for (int i = 0; i < n; i++)
	{
		char nulls[] = { ' ',
						 details[i] == NULL ? 'n' : ' ',
						 ' ',
						 ' ',
						 ' ',
						 key == NULL ? 'n' : ' ',
						 project == NULL ? 'n' : ' ',
						 action == NULL ? 'n' : ' ' };
		Datum args[] = {
			CStringGetTextDatum(codes[i]),
			details[i] == NULL ? (Datum) 0 : CStringGetTextDatum(details[i]),
			Int64GetDatum(remedies->whom->actor.member),
			Int64GetDatum(remedies->whom->actor.partner),
			ObjectIdGetDatum(is_placed ? trace->table : refusal->binding->relid),
			key == NULL ? (Datum) 0 : CStringGetTextDatum(key),
			project == NULL ? (Datum) 0 : CStringGetTextDatum(project),
			action == NULL ? (Datum) 0 :
							 CStringGetTextDatum(psprintf("%s.%s", action->feature, action->name)),
		};
		MemoryContext caller = CurrentMemoryContext;
		ClrCatalog state;
		uint64 rows;

		clr_catalog_begin(&state);
		rows =
			clr_catalog_query("SELECT what, call FROM clearance_internal.remedies($1, $2, $3, $4,"
							  " $5, $6, $7, $8)",
							  lengthof(argtypes), argtypes, args, nulls);
		for (uint64 row = 0; row < rows; row++)
		{
			MemoryContext of_query = MemoryContextSwitchTo(caller);
			char *what = clr_column_text(row, 1);
			char *call = clr_column_text(row, 2);

			remedies->is_covered |= is_listed(remedies->trace, what, call);
			if (!remedies->is_covered)
				(void) clr_trace_find(remedies->trace,
									  !is_first					  ? "and" :
									  remedies->alternatives == 0 ? "change" :
																	"or",
									  what, CLR_ANSWER_NONE, call);
			is_first = false;
			MemoryContextSwitchTo(of_query);
		}
		clr_catalog_end(&state);
	}
	if (!is_first)
		remedies->alternatives++;
}

static bool
is_listed(const ClrTrace *trace, const char *what, const char *call)
{
	ListCell *lc;

	foreach(lc, trace->findings)
	{
		const ClrFinding *finding = lfirst(lc);

		if (finding->answer == CLR_ANSWER_NONE && finding->subject != NULL &&
			strcmp(finding->subject, what) == 0 && (call == NULL) == (finding->found == NULL) &&
			(call == NULL || strcmp(finding->found, call) == 0))
			return true;
	}
	return false;
}
