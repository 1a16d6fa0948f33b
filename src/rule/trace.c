/*
 * trace.c
 *		Every step of a judgement, with what was found there.
 *
 * rule.c calls clr_trace_step() at each of its steps, where somebody asks for all
 * of them, and goes on where one fails. Nothing is decided here: what a step
 * found is what the rule noted in the verdict; what a row belongs to is judged by
 * parent.c and, if it is closed, listed in its turn.
 *
 * Lifetime: a trace lives as long as the memory in which it was begun.
 */
#include "rule/trace.h"

#include "catalog/pg_type.h"
#include "lib/stringinfo.h"
#include "miscadmin.h"
#include "utils/lsyscache.h"

#include "rule/act.h"
#include "rule/grant.h"
#include "rule/lookup.h"
#include "rule/parent.h"
#include "rule/row.h"
#include "rule/rule.h"
#include "store/catalog.h"

/* Rows above each other that are listed; those beyond are judged, too. */
#define MOST_ROWS_ABOVE 30

/* What a row belongs to, or links, and the action that is asked of that. */
typedef struct Above
{
	const char *step;
	const char *column;
	ClrBinding *binding;
	ClrAction *action;
	ClrKey key;
	const char *key_text;
} Above;

static bool is_silent(const ClrTrial *trial, ClrStep step);
static ClrFinding *find_step(ClrTrial *trial, ClrStep step, const ClrAction *action, bool holds);
static bool is_repeated(const ClrTrial *trial, const ClrAction *action);
static bool is_told(const ClrTrial *trial, const ClrVerdict *verdict);
static void tell_refusal(ClrTrial *trial, ClrFinding *finding, ClrVerdict *verdict);
static void tell_standing(ClrTrial *trial, ClrFinding *finding);
static void tell_project(ClrTrial *trial, ClrFinding *finding);
static void list_levels(ClrTrial *trial);
static const char *name_of_grant_step(const ClrTrial *trial, const ClrAction *action);
static void list_grants(ClrTrial *trial, ClrAction *action, bool given);
static void tell_ground(ClrTrial *trial, ClrAction *action, ClrFinding *finding);
static void list_grant(ClrTrial *trial, const ClrGrant *grant);
static void list_parts(ClrTrial *trial, const ClrGrant *grant);
static char *rows_text(const ClrGrant *grant);
static void list_part(ClrTrial *trial, const char *step, bool holds, char *found);
static char *reach_text(const ClrProject *project, const ClrGrant *grant);
static char *relation_text(ClrTrial *trial, ClrRelationKind kind, bool holds);
static void list_gated_parents(ClrTrial *trial, const ClrVerdict *verdict);
static void list_gate_rows(ClrTrial *trial, ClrAction *gate);
static void list_parents(ClrTrace *trace, ClrBinding *binding, const ClrRow *row);
static void list_links(ClrTrial *trial);
static void list_above(ClrTrace *trace, const Above *above);
static int rows_below(const ClrTrace *trace);
static bool is_below_itself(const ClrTrace *trace, const Above *above);
static bool was_listed(ClrTrace *trace, const Above *above);

/*
 * One more line. Returns it, to be completed.
 */
ClrFinding *
clr_trace_find(ClrTrace *trace, const char *step, const char *subject, ClrAnswer answer,
			   const char *found)
{
	ClrFinding *finding = palloc0(sizeof(ClrFinding));

	finding->depth = trace->depth;
	finding->step = step;
	finding->subject = subject;
	finding->answer = answer;
	finding->found = found;
	trace->findings = lappend(trace->findings, finding);
	return finding;
}

/*
 * List the steps by which a row is judged, as clr_rule_trace() does. Returns
 * whether all of them hold.
 */
bool
clr_trace_row(ClrTrace *trace, ClrBinding *binding, const ClrRow *row, ClrAction *action, int as)
{
	ClrTraced traced = { .binding = binding,
						 .row = row,
						 .action = action,
						 .as = as,
						 .key = clr_trace_key(binding, row),
						 .first = list_length(trace->findings),
						 .below = trace->at };
	bool around = trace->refused;
	bool holds;

	check_stack_depth();
	if (trace->root.binding == NULL)
		trace->root = traced;
	trace->at = &traced;
	trace->refused = false;
	trace->depth++;
	clr_rule_trace(trace->judge, binding, row, action, as, trace);
	trace->depth--;
	holds = !trace->refused;
	trace->refused = around;
	trace->at = traced.below;
	return holds;
}

/*
 * Once more the steps of the row that was asked about, by the judge that the trace
 * has now.
 */
bool
clr_trace_root(ClrTrace *trace)
{
	const ClrTraced *root = &trace->root;

	return clr_trace_row(trace, clr_judge_binding(trace->judge, root->binding->id), root->row,
						 clr_scope_action(trace->judge->scope, root->action->feature,
										  root->action->name),
						 root->as);
}

/*
 * The rule came to a step. Returns whether it can go on.
 */
bool
clr_trace_step(ClrTrial *trial, ClrStep step, const ClrAction *action, bool holds)
{
	ClrVerdict verdict = *trial->verdict;
	ClrFinding *finding = NULL;

	*trial->verdict = (ClrVerdict){ 0 };
	if (holds ? step == CLR_STEP_GRANT && is_repeated(trial, action) : is_told(trial, &verdict))
		return true;
	if (!holds || !is_silent(trial, step))
		finding = find_step(trial, step, action, holds);
	if (!holds)
		tell_refusal(trial, finding, &verdict);
	switch (step)
	{
		case CLR_STEP_STANDING:
			return trial->scope->no_standing == NULL;
		case CLR_STEP_PROJECT:
			if (trial->project != NULL)
				list_levels(trial);
			else if (trial->binding->project_slot == CLR_NO_SLOT)
			{
				list_links(trial);
				list_parents(trial->trace, trial->binding, trial->row);
			}
			return trial->project != NULL;
		case CLR_STEP_LINKS:
			list_links(trial);
			return true;
		case CLR_STEP_GRANT:
			list_grants(trial, (ClrAction *) action, holds);
			return true;
		case CLR_STEP_PARENT_GATE:
			if (!holds)
				list_gate_rows(trial, (ClrAction *) action);
			return true;
		case CLR_STEP_PARENTS:
			list_parents(trial->trace, trial->binding, trial->row);
			if (verdict.code == CLR_PARENT_GATE)
				list_gated_parents(trial, &verdict);
			return true;
		case CLR_STEP_OPEN:
		case CLR_STEP_DRAFT:
			return true;
	}
	elog(ERROR, "unknown step %d", step);
}

/* There is nothing to tell of a step that holds, but what is listed below it. */
static bool
is_silent(const ClrTrial *trial, ClrStep step)
{
	return step == CLR_STEP_PARENTS || step == CLR_STEP_LINKS ||
		   (step == CLR_STEP_OPEN && trial->project->id == CLR_PROJECT_NONE) ||
		   (step == CLR_STEP_DRAFT && trial->binding->published_slot == CLR_NO_SLOT);
}

static ClrFinding *
find_step(ClrTrial *trial, ClrStep step, const ClrAction *action, bool holds)
{
	static const char *const names[] = {
		[CLR_STEP_STANDING] = "standing", [CLR_STEP_PROJECT] = "project",
		[CLR_STEP_OPEN] = "project",	  [CLR_STEP_LINKS] = "links",
		[CLR_STEP_PARENT_GATE] = "gate",  [CLR_STEP_DRAFT] = "draft",
		[CLR_STEP_PARENTS] = "parents",
	};
	bool is_act = step == CLR_STEP_GRANT || step == CLR_STEP_PARENT_GATE;
	ClrFinding *finding =
		clr_trace_find(trial->trace,
					   step == CLR_STEP_GRANT ? name_of_grant_step(trial, action) : names[step],
					   is_act ? psprintf("%s.%s", action->feature, action->name) : NULL,
					   holds ? CLR_ANSWER_YES : CLR_ANSWER_NO, NULL);

	if (!holds)
		return finding;
	if (step == CLR_STEP_STANDING)
		tell_standing(trial, finding);
	else if (step == CLR_STEP_PROJECT)
		tell_project(trial, finding);
	else if (step == CLR_STEP_OPEN)
		finding->found = trial->project->archived ?
							 "the project is archived, and open to the actor" :
							 "the project is not archived, and the feature not off";
	else if (step == CLR_STEP_GRANT)
		tell_ground(trial, (ClrAction *) action, finding);
	else if (step == CLR_STEP_PARENT_GATE)
		finding->found = "granted for the row's parent";
	else if (step == CLR_STEP_DRAFT)
		finding->found =
			clr_trace_value(trial->binding, trial->row, trial->binding->published_slot);
	return finding;
}

/* Sight is often a gate as well: it is listed once. */
static bool
is_repeated(const ClrTrial *trial, const ClrAction *action)
{
	const ClrTrace *trace = trial->trace;
	char *subject = psprintf("%s.%s", action->feature, action->name);

	for (int i = trace->at->first; i < list_length(trace->findings); i++)
	{
		const ClrFinding *finding = list_nth(trace->findings, i);

		if (finding->depth == trace->depth && finding->answer == CLR_ANSWER_YES &&
			strcmp(finding->step, "gate") == 0 && strcmp(finding->subject, subject) == 0)
			return true;
	}
	return false;
}

/* That a feature is off which several gates ask for, is listed once. */
static bool
is_told(const ClrTrial *trial, const ClrVerdict *verdict)
{
	ListCell *lc;

	if (verdict->code != CLR_FEATURE_OFF || verdict->action == NULL)
		return false;
	foreach(lc, trial->trace->refusals)
	{
		const ClrRefusal *refusal = lfirst(lc);

		if (refusal->row == trial->row && refusal->verdict.code == CLR_FEATURE_OFF &&
			refusal->verdict.action != NULL &&
			strcmp(refusal->verdict.action->feature, verdict->action->feature) == 0)
			return true;
	}
	return false;
}

/* The words and the code of the refusal; it is kept, to find what would change it. */
static void
tell_refusal(ClrTrial *trial, ClrFinding *finding, ClrVerdict *verdict)
{
	ClrTrace *trace = trial->trace;
	ClrRefusal *refusal = palloc0(sizeof(ClrRefusal));

	if (verdict->code == CLR_PERMITTED)
		elog(ERROR, "a step of the rule failed without a reason");
	clr_verdict_complete(verdict, trial->judge);
	finding->found = clr_verdict_text(verdict, trial->judge);
	finding->code = clr_verdict_code(verdict);
	trace->refused = true;
	refusal->verdict = *verdict;
	refusal->binding = trial->binding;
	refusal->row = trial->row;
	refusal->asked = trace->at->action;
	refusal->as = trace->at->as;
	refusal->viewing = trial->viewing;
	refusal->of_new = trace->of_new && trace->at->below == NULL;
	trace->refusals = lappend(trace->refusals, refusal);
}

static void
tell_standing(ClrTrial *trial, ClrFinding *finding)
{
	const ClrScope *scope = trial->scope;

	if (scope->actor.partner != 0)
		finding->found = "a partner as a whole, active";
	else
		finding->found = psprintf("an active %s of an active account",
								  scope->audience == CLR_VENDOR	 ? "member of the vendor's team" :
								  scope->audience == CLR_PARTNER ? "member of an active partner" :
																   "contact of an active customer");
}

/* ---------- project and levels ---------- */

static void
tell_project(ClrTrial *trial, ClrFinding *finding)
{
	const ClrProject *project = trial->project;

	if (project->id == 0)
	{
		finding->found = "judged in the account as a whole";
		return;
	}
	if (project->id == CLR_PROJECT_NONE)
	{
		finding->found = "the row has none, and is one of the account";
		return;
	}
	finding->subject = psprintf("\"%s\"", project->key);
	finding->found = project->is_owner					  ? "the actor owns it" :
					 project->is_member					  ? "the actor is on it" :
					 project->open_levels != NIL		  ? "it is open to its audience" :
					 trial->scope->audience == CLR_VENDOR ? "of the actor's account" :
															"the actor has a way into it";
}

static void
list_levels(ClrTrial *trial)
{
	static const char *const places[] = {
		[CLR_PLACE_NONE] = "by nothing",
		[CLR_PLACE_MEMBERSHIP] = "by the actor's membership of the project",
		[CLR_PLACE_PARTICIPATION] = "by its partner's participation in the project",
		[CLR_PLACE_PARTNER] = "by its partner",
		[CLR_PLACE_CUSTOMER] = "as a customer's contact",
		[CLR_PLACE_ROLE] = "by a role",
		[CLR_PLACE_ACCOUNT] = "by the account's default for partners",
		[CLR_PLACE_OPEN] = "by the project, which is open",
	};
	const ClrProject *project = trial->project;
	ListCell *lc;

	for (int i = 0; i < project->levels.count; i++)
		(void) clr_trace_find(trial->trace, "level", clr_trace_level_name(project->levels.ids[i]),
							  CLR_ANSWER_YES, places[project->levels.place]);
	foreach(lc, project->open_levels)
		(void) clr_trace_find(trial->trace, "level", clr_trace_level_name(lfirst_int(lc)),
							  CLR_ANSWER_YES, places[CLR_PLACE_OPEN]);
	if (project->levels.count == 0 && project->open_levels == NIL)
		(void) clr_trace_find(trial->trace, "level", NULL, CLR_ANSWER_NO,
							  "neither membership, partner, role nor account names one");
}

/*
 * The name of a level, in the current context.
 */
char *
clr_trace_level_name(int32 level)
{
	static const Oid argtypes[] = { INT4OID };
	MemoryContext caller = CurrentMemoryContext;
	MemoryContext of_query;
	ClrCatalog state;
	char *name = NULL;

	clr_catalog_begin(&state);
	if (clr_catalog_query("SELECT name FROM clearance.level WHERE id = $1", 1, argtypes,
						  (Datum[]){ Int32GetDatum(level) }, NULL) > 0)
	{
		of_query = MemoryContextSwitchTo(caller);
		name = clr_column_text(0, 1);
		MemoryContextSwitchTo(of_query);
	}
	clr_catalog_end(&state);
	return name != NULL ? psprintf("\"%s\"", name) : psprintf("%d, which is unknown", level);
}

/* ---------- grants ---------- */

static const char *
name_of_grant_step(const ClrTrial *trial, const ClrAction *action)
{
	if (action == trial->trace->at->action)
		return "grant";
	if (trial->viewing && action == clr_rule_verb_action(trial->judge, trial->binding, CLR_VIEW))
		return "sight";
	return "gate";
}

/* What gives the action for the row. */
static void
tell_ground(ClrTrial *trial, ClrAction *action, ClrFinding *finding)
{
	const ClrGrant *grant;

	switch (clr_grant_ground(trial, action, &grant))
	{
		case CLR_BY_ADMIN:
			finding->found = "level \"account_admin\" holds every action";
			return;
		case CLR_BY_GRANT:
			finding->found = psprintf("level %s grants it for %s",
									  clr_trace_level_name(grant->level), rows_text(grant));
			return;
		case CLR_BY_UPLOAD:
			finding->found = "the project takes uploads of customers";
			return;
		case CLR_BY_SWITCH:
			finding->found = "switched on for the member";
			return;
		case CLR_BY_OWNING:
			finding->found = "the owner of a row invites to it";
			return;
		case CLR_BY_NOTHING:
			break;
	}
	elog(ERROR, "nothing gives what was given");
}

/* What the grant that permits asks of the row; or all grants that are in force, with their parts. */
static void
list_grants(ClrTrial *trial, ClrAction *action, bool given)
{
	const ClrGrant *giving = NULL;
	ListCell *lc;

	trial->trace->depth++;
	if (given)
	{
		(void) clr_grant_ground(trial, action, &giving);
		if (giving != NULL)
			list_parts(trial, giving);
	}
	else if (!clr_act_is_customer_upload(trial->scope, action))
	{
		foreach(lc, action->grants)
			if (clr_scope_is_in_force(trial->project, ((ClrGrant *) lfirst(lc))->level))
				list_grant(trial, lfirst(lc));
	}
	trial->trace->depth--;
}

/* A grant that does not permit. */
static void
list_grant(ClrTrial *trial, const ClrGrant *grant)
{
	bool fits = clr_scope_reaches(trial->scope, trial->project, grant) &&
				clr_grant_lacks(trial, grant) == 0;

	(void) clr_trace_find(trial->trace, "grant",
						  psprintf("of level %s", clr_trace_level_name(grant->level)),
						  fits ? CLR_ANSWER_YES : CLR_ANSWER_NO, rows_text(grant));
	trial->trace->depth++;
	list_parts(trial, grant);
	trial->trace->depth--;
}

/* What a grant asks of a row, as far as it asks something. */
static void
list_parts(ClrTrial *trial, const ClrGrant *grant)
{
	const ClrBinding *binding = trial->binding;
	uint32 lacks = clr_grant_lacks(trial, grant);

	if (!clr_scope_reaches(trial->scope, trial->project, grant))
		list_part(trial, "reach", false, reach_text(trial->project, grant));
	if (grant->shared_only && binding->visibility_slot != CLR_NO_SLOT)
		list_part(trial, "visibility", (lacks & CLR_LACKS_VISIBILITY) == 0,
				  clr_trace_value(binding, trial->row, binding->visibility_slot));
	if (grant->kinds != NIL)
		list_part(trial, "kind", (lacks & CLR_LACKS_KIND) == 0,
				  clr_trace_value(binding, trial->row, binding->kind_slot));
	if (grant->relation != CLR_REL_ANY)
		list_part(trial, "relation", (lacks & CLR_LACKS_RELATION) == 0,
				  relation_text(trial, grant->relation, (lacks & CLR_LACKS_RELATION) == 0));
	if (lacks & CLR_LACKS_OWNERSHIP)
		list_part(trial, "relation", false,
				  pstrdup(
					  "the row has no project, and is neither the actor's own nor assigned to it"));
	if (trial->scope->audience == CLR_CUSTOMER && binding->client_slot != CLR_NO_SLOT)
		list_part(trial, "client visibility", (lacks & CLR_LACKS_CLIENT_VISIBILITY) == 0,
				  clr_trace_value(binding, trial->row, binding->client_slot));
}

/* The rows that a grant is for. */
static char *
rows_text(const ClrGrant *grant)
{
	char *text = clr_grant_text(grant);

	return strcmp(text, "rows") == 0 ? "all rows" : text;
}

static void
list_part(ClrTrial *trial, const char *step, bool holds, char *found)
{
	(void) clr_trace_find(trial->trace, step, NULL, holds ? CLR_ANSWER_YES : CLR_ANSWER_NO, found);
}

static char *
reach_text(const ClrProject *project, const ClrGrant *grant)
{
	if (project->id == 0)
		return pstrdup("it does not reach beyond projects");
	return psprintf("it reaches projects that the actor %s, and this is none of them",
					grant->reach == CLR_REACH_OWNED ? "owns" : "is a member of");
}

/* How the actor could be related to the row, and whether it is. */
static char *
relation_text(ClrTrial *trial, ClrRelationKind kind, bool holds)
{
	StringInfoData text;
	ListCell *lc;
	int n = 0;

	if (kind == CLR_REL_COMPANY)
		return psprintf("its owner or assignee is %sof the actor's company", holds ? "" : "not ");
	if (kind == CLR_REL_REPORTS)
		return psprintf("its owner or assignee is %ssupervised by the actor", holds ? "" : "not ");
	initStringInfo(&text);
	appendStringInfo(&text, "%s%s", holds ? "" : "not ", clr_relation_name(kind));
	foreach(lc, trial->binding->relations)
	{
		const ClrRelation *relation = lfirst(lc);

		if (!clr_relation_implies(relation->kind, kind))
			continue;
		appendStringInfoString(&text, n++ == 0 ? ": " : ", ");
		if (relation->links == NIL)
			appendStringInfoString(&text,
								   clr_trace_value(trial->binding, trial->row, relation->slot));
		else
			appendStringInfo(&text, "%s table %s", holds ? "or by" : "nor by",
							 clr_catalog_table_name(
								 ((ClrLink *) linitial(relation->links))->table));
	}
	if (clr_relation_implies(CLR_REL_OWN, kind) && trial->binding->owner_slot != CLR_NO_SLOT)
		appendStringInfo(&text, "%s%s", n++ == 0 ? ": " : ", ",
						 clr_trace_value(trial->binding, trial->row, trial->binding->owner_slot));
	if (n == 0)
		appendStringInfoString(&text,
							   ": nothing relates members to rows of this table in this way");
	return text.data;
}

/* ---------- rows above ---------- */

static void
list_gate_rows(ClrTrial *trial, ClrAction *gate)
{
	ListCell *lc;

	foreach(lc, trial->binding->parents)
	{
		const ClrParent *parent = lfirst(lc);
		Above above = { .step = "parent",
						.column = trial->binding->columns[parent->slot].name,
						.binding = clr_judge_binding(trial->judge, parent->binding),
						.action = gate };

		if (!clr_parent_is_about(trial->judge, above.binding, gate->feature) ||
			!clr_row_parent_key(trial->binding, trial->row, parent, &above.key))
			continue;
		above.key_text = clr_binding_value_text(trial->binding, trial->row, parent->slot);
		list_above(trial->trace, &above);
	}
}

/* The parents in a column, which ask for an action that is not granted. */
static void
list_gated_parents(ClrTrial *trial, const ClrVerdict *verdict)
{
	ListCell *lc;

	foreach(lc, trial->binding->parents)
	{
		const ClrParent *parent = lfirst(lc);
		Above above = { .step = "parent",
						.column = trial->binding->columns[parent->slot].name,
						.binding = clr_judge_binding(trial->judge, parent->binding),
						.action = (ClrAction *) verdict->action };

		if (strcmp(above.column, verdict->column) != 0 ||
			!clr_row_parent_key(trial->binding, trial->row, parent, &above.key))
			continue;
		above.key_text = clr_binding_value_text(trial->binding, trial->row, parent->slot);
		list_above(trial->trace, &above);
	}
}

static void
list_parents(ClrTrace *trace, ClrBinding *binding, const ClrRow *row)
{
	ListCell *lc;

	foreach(lc, binding->parents)
	{
		const ClrParent *parent = lfirst(lc);
		Above above = { .step = "parents",
						.column = binding->columns[parent->slot].name,
						.binding = clr_judge_binding(trace->judge, parent->binding) };

		if (!clr_row_parent_key(binding, row, parent, &above.key))
			continue;
		above.key_text = clr_binding_value_text(binding, row, parent->slot);
		above.action = clr_rule_verb_action(trace->judge, above.binding, CLR_VIEW);
		list_above(trace, &above);
	}
}

/* The rows that a link row links, each with what it is asked for. */
static void
list_links(ClrTrial *trial)
{
	ListCell *lc;

	foreach(lc, trial->binding->link_roles)
	{
		const ClrLinkRole *role = lfirst(lc);
		ClrBinding *target = clr_judge_binding(trial->judge, role->target);
		const char *giver = trial->viewing ? NULL : clr_relation_giver(role->kind);
		Above above = { .step = "links",
						.column = trial->binding->columns[role->slot].name,
						.binding = target };

		if (!clr_row_target_key(trial->binding, trial->row, role, &above.key))
			continue;
		above.key_text = clr_binding_value_text(trial->binding, trial->row, role->slot);
		above.action = clr_rule_action(trial->judge, target,
									   giver != NULL ? giver : target->actions[CLR_VIEW]);
		list_above(trial->trace, &above);
	}
}

/*
 * The row that one names by a column, which may relate people to it: whether it is
 * visible. Those that are named by another column than their key are not listed.
 */
void
clr_trace_naming(ClrTrace *trace, ClrBinding *binding, const ClrNaming *naming, const ClrRow *row)
{
	const ClrColumn *column = &binding->columns[naming->slot];
	Above above = { .step = "links",
					.column = column->name,
					.binding = clr_judge_binding(trace->judge, naming->target) };

	if (naming->column != NULL || row->nulls[naming->slot])
		return;
	clr_key_from_datum(row->values[naming->slot], column->key_class, column->type, &above.key);
	above.key_text = clr_binding_value_text(binding, row, naming->slot);
	above.action = clr_rule_verb_action(trace->judge, above.binding, CLR_VIEW);
	list_above(trace, &above);
}

/*
 * A row that another one hangs on: whether it is permitted and, if not, why. Of
 * one that the actor does not see, it is told nothing itself.
 */
static void
list_above(ClrTrace *trace, const Above *above)
{
	ClrJudge *judge = trace->judge;
	bool permitted = clr_parent_project(clr_parent_rows(judge, above->binding, above->action),
										&above->key) != NULL;
	ClrFinding *finding =
		clr_trace_find(trace, above->step,
					   psprintf("%s: %s.%s of %s %s", above->column, above->action->feature,
								above->action->name, clr_catalog_table_name(above->binding->relid),
								above->key_text),
					   permitted ? CLR_ANSWER_YES : CLR_ANSWER_NO, "permitted");
	uint64 rows;
	ClrRow *row;

	if (!permitted)
		finding->found =
			trace->discreet ? "not permitted, or there is no such row" : "not permitted";
	if (trace->discreet && !permitted)
		return;
	rows = clr_lookup_find(judge, above->binding, &above->key, &row);
	if (rows == 0)
		finding->found = "there is no such row";
	else if (is_below_itself(trace, above))
		finding->found = "it is above itself, which closes all that is below";
	else if (was_listed(trace, above))
		finding->found = psprintf("%s, see above", finding->found);
	else if (rows_below(trace) >= MOST_ROWS_ABOVE)
		finding->found = psprintf("%s; what is above it is judged, and not listed", finding->found);
	else if (!permitted)
	{
		if (rows > 1)
			finding->found =
				psprintf(UINT64_FORMAT " rows have this key, and not all are permitted", rows);
		for (uint64 i = 0; i < rows; i++)
			(void) clr_trace_row(trace, above->binding, &row[i], above->action, CLR_BY_NAME);
	}
	else
	{
		trace->depth++;
		list_parents(trace, above->binding, &row[0]);
		trace->depth--;
	}
}

static int
rows_below(const ClrTrace *trace)
{
	int n = 0;

	for (const ClrTraced *row = trace->at; row != NULL; row = row->below)
		n++;
	return Max(n, trace->depth);
}

static bool
is_below_itself(const ClrTrace *trace, const Above *above)
{
	for (const ClrTraced *row = trace->at; row != NULL; row = row->below)
		if (row->binding->id == above->binding->id && row->action == above->action &&
			row->key != NULL && strcmp(row->key, above->key_text) == 0)
			return true;
	return false;
}

/* Whether a row is in the trace already; from now on it is. */
static bool
was_listed(ClrTrace *trace, const Above *above)
{
	char *name = psprintf("%d %s.%s %s", above->binding->id, above->action->feature,
						  above->action->name, above->key_text);
	ListCell *lc;

	foreach(lc, trace->seen)
		if (strcmp(lfirst(lc), name) == 0)
			return true;
	trace->seen = lappend(trace->seen, name);
	return false;
}

/* ---------- words ---------- */

/* The key of a row, or NULL if it has none. */
char *
clr_trace_key(const ClrBinding *binding, const ClrRow *row)
{
	return binding->key_slot == CLR_NO_SLOT ?
			   NULL :
			   clr_binding_value_text(binding, row, binding->key_slot);
}

/*
 * What a column of a row holds, in words.
 */
char *
clr_trace_value(const ClrBinding *binding, const ClrRow *row, int slot)
{
	const char *value;

	if (slot == CLR_NO_SLOT)
		return pstrdup("the table has no such column");
	value = clr_binding_value_text(binding, row, slot);
	return psprintf("%s is %s", binding->columns[slot].name, value != NULL ? value : "NULL");
}
