/*
 * explain.c
 *		Why somebody may or may not do something to a row: every step of the rule.
 *
 * The rule is asked as a statement would ask it, for anybody: of a scope that is
 * read anew for this question and used for no other, under the snapshot of the
 * asking statement. The verdict is the rule's; the steps are listed by rule/trace.c.
 *
 * Operators ask about anybody. Everybody else asks about itself alone, and is told
 * of a row that is hidden from it what it would be told of one that is not there.
 */
#include "compat.h"

#include "catalog/pg_type.h"
#include "fmgr.h"
#include "funcapi.h"
#include "lib/stringinfo.h"
#include "miscadmin.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/snapmgr.h"
#include "utils/tuplestore.h"

#include "enforce/explain.h"
#include "enforce/remedy.h"
#include "frame/frame.h"
#include "guard/seal.h"
#include "guard/secrecy.h"
#include "rule/lookup.h"
#include "rule/mask.h"
#include "rule/rule.h"
#include "rule/state.h"
#include "rule/trace.h"
#include "rule/write.h"
#include "store/catalog.h"

PG_FUNCTION_INFO_V1(clearance_explain);

static void read_question(FunctionCallInfo fcinfo, ClrQuestion *question);
static ClrWhom find_whom(FunctionCallInfo fcinfo, const ClrFrame *frame, Oid relation);
static void find_action(ClrQuestion *question);
static int as_asked(const ClrQuestion *question);
static bool has_privilege(const ClrBinding *binding);
static void answer(ClrQuestion *question, ClrTrace *trace);
static void answer_one(ClrQuestion *question, ClrTrace *trace, const ClrRow *row);
static uint64 find_rows(const ClrQuestion *question, ClrRow **rows);
static ClrFinding *begin(const ClrQuestion *question, ClrTrace *trace);
static uint64 find_place(const ClrQuestion *question, ClrRow **rows);
static void list_privileges(const ClrQuestion *question, ClrTrace *trace, ClrFinding *first);
static bool lacks(const ClrWhom *whom, const char *privilege);
static void list_privilege(const ClrQuestion *question, ClrTrace *trace, ClrFinding *first,
						   const char *privilege, const char *column);
static void answer_no_row(const ClrQuestion *question, ClrTrace *trace);
static bool
answer_row(const ClrQuestion *question, ClrTrace *trace, const ClrRow *row, ClrFinding *first);
static bool is_about(const ClrQuestion *question, ClrVerb verb);
static bool list_states(const ClrQuestion *question, ClrTrace *trace, const ClrRow *row);
static void
list_columns(const ClrQuestion *question, ClrTrace *trace, const ClrRow *row, bool permitted);
static void list_masks(const ClrQuestion *question, ClrTrace *trace, const ClrRow *row, bool seen);
static void list_needs(const ClrQuestion *question, ClrTrace *trace, const ClrRow *row);
static void put(ReturnSetInfo *result, const ClrFinding *finding);
static char *line_of(const ClrFinding *finding);

/*
 * explain(relation regclass, key app_key, action text, by_name, member app_key,
 * partner bigint, role regrole, account bigint, changes jsonb) returns setof (explanation
 * text, depth integer, step text, subject text, verdict text, found text, code text).
 */
Datum
clearance_explain(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;
	ClrQuestion question = { 0 };
	ClrTrace trace = { 0 };
	MemoryContext context;
	MemoryContext caller;
	ListCell *lc;

	InitMaterializedSRF(fcinfo, 0);
	context =
		AllocSetContextCreate(CurrentMemoryContext, "clearance explain", ALLOCSET_DEFAULT_SIZES);
	caller = MemoryContextSwitchTo(context);
	read_question(fcinfo, &question);
	trace.judge = question.judge;
	trace.discreet = !question.whom.by_operator;
	answer(&question, &trace);
	foreach(lc, trace.findings)
		put(result, lfirst(lc));
	MemoryContextSwitchTo(caller);
	MemoryContextDelete(context);
	return (Datum) 0;
}

static void
read_question(FunctionCallInfo fcinfo, ClrQuestion *question)
{
	ClrFrame *frame = clr_frame_current();

	clr_secrecy_check_asked(frame);
	if (PG_ARGISNULL(0) || (PG_ARGISNULL(1) && PG_ARGISNULL(8)))
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("the %s is null", PG_ARGISNULL(0) ? "table" : "key"),
				 errhint("For example: SELECT explanation FROM clearance.explain('app.task', 7, "
						 "'edit', member => 'rita');")));
	question->relation = PG_GETARG_OID(0);
	question->key = PG_ARGISNULL(1) ? NULL : text_to_cstring(PG_GETARG_TEXT_PP(1));
	if (!PG_ARGISNULL(2))
		question->action_name = text_to_cstring(PG_GETARG_TEXT_PP(2));
	(void) clr_question_binding(question->relation);
	question->whom = find_whom(fcinfo, frame, question->relation);
	question->has_changes = !PG_ARGISNULL(8);
	clr_question_judge(question, &frame->judge);
	if (!question->whom.by_operator)
		clr_question_check_may_read(question->binding);
	clr_change_read(question, question->has_changes ? PG_GETARG_DATUM(8) : (Datum) 0);
}

/* The binding of the table that a question is about; an error if there is none. */
int32
clr_question_binding(Oid relation)
{
	int32 id = clr_binding_of_relation(relation);

	if (id == 0)
		ereport(ERROR, (errcode(ERRCODE_WRONG_OBJECT_TYPE),
						errmsg("%s is no protected table",
							   DatumGetCString(
								   DirectFunctionCall1(regclassout, ObjectIdGetDatum(relation)))),
						errdetail("Nothing but privileges decides about it."),
						errhint("clearance.protected_tables lists the protected ones.")));
	return id;
}

/* A judge for whom it is about, who knows the table and the action. */
void
clr_question_judge(ClrQuestion *question, const ClrJudge *like)
{
	question->judge = clr_whom_judge(&question->whom, like);
	question->binding =
		clr_judge_binding(question->judge, clr_question_binding(question->relation));
	if (question->key != NULL && question->binding->key_slot == CLR_NO_SLOT &&
		get_rel_relkind(question->relation) == RELKIND_PARTITIONED_TABLE)
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("rows of %s have no key to name them by",
						clr_binding_name(question->binding)),
				 errhint("Name the partition that the row is in, and as its key its ctid.")));
	find_action(question);
}

/*
 * Whom it is about; refuses who may not ask that. Errors where nobody, or more
 * than one, is named so.
 */
static ClrWhom
find_whom(FunctionCallInfo fcinfo, const ClrFrame *frame, Oid relation)
{
	static const Oid argtypes[] = { TEXTOID, INT8OID, OIDOID, INT8OID, OIDOID };
	MemoryContext caller = CurrentMemoryContext;
	ClrWhom whom = { 0 };
	char nulls[lengthof(argtypes)] = { 0 };
	Datum args[lengthof(argtypes)];
	MemoryContext of_query;
	ClrCatalog state;

	for (int i = 0; i < 4; i++)
	{
		nulls[i] = PG_ARGISNULL(4 + i) ? 'n' : ' ';
		args[i] = PG_GETARG_DATUM(4 + i);
	}
	nulls[4] = ' ';
	args[4] = ObjectIdGetDatum(relation);
	clr_catalog_begin(&state);
	(void) clr_catalog_query("SELECT member, partner_id, by_operator, label, note,"
							 " coalesce(is_bound, true), coalesce(lacks, '{}'), role_name"
							 " FROM clearance_internal.asked_about($1, $2, $3, $4, $5)",
							 lengthof(argtypes), argtypes, args, nulls);
	of_query = MemoryContextSwitchTo(caller);
	whom.actor.member = clr_column_int64(0, 1);
	whom.actor.partner = clr_column_int64(0, 2);
	whom.by_operator = clr_column_bool(0, 3);
	whom.label = clr_column_text(0, 4);
	whom.note = clr_column_text(0, 5);
	whom.is_bound = clr_column_bool(0, 6);
	whom.lacks = clr_column_texts(0, 7, &whom.lacking);
	whom.role = clr_column_text(0, 8);
	whom.login = PG_ARGISNULL(6) ? InvalidOid : PG_GETARG_OID(6);
	MemoryContextSwitchTo(of_query);
	clr_catalog_end(&state);
	return whom;
}

/*
 * An action of the table's feature or, with a dot, of the one that it names; what a statement
 * does, by its word; without one, sight.
 */
static void
find_action(ClrQuestion *question)
{
	ClrBinding *binding = question->binding;
	char *name =
		pstrdup(question->action_name ? question->action_name : binding->actions[CLR_VIEW]);
	char *dot = strchr(name, '.');

	for (ClrVerb verb = CLR_VIEW; verb < CLR_VERBS; verb++)
		if (strcmp(name, clr_verb_statement(verb)) == 0)
		{
			question->action = clr_rule_verb_action(question->judge, binding, verb);
			question->as = verb;
			return;
		}
	if (dot != NULL)
	{
		*dot = '\0';
		question->action = clr_scope_action(question->judge->scope, name, dot + 1);
	}
	else
		question->action = clr_rule_action(question->judge, binding, name);
	question->as = as_asked(question);
}

/*
 * As what the action is asked about. Without a key it is about adding a row, with changes about
 * changing one, if it can be; to add a row like one that is there, it has to be for nothing else.
 */
static int
as_asked(const ClrQuestion *question)
{
	ClrJudge *judge = question->judge;
	ClrBinding *binding = question->binding;
	bool adds = question->action == clr_rule_verb_action(judge, binding, CLR_CREATE);
	bool changes = question->action == clr_rule_verb_action(judge, binding, CLR_EDIT);

	if (question->key == NULL && adds)
		return CLR_CREATE;
	if (question->has_changes && changes)
		return CLR_EDIT;
	if (adds && !changes && question->action != clr_rule_verb_action(judge, binding, CLR_VIEW) &&
		question->action != clr_rule_verb_action(judge, binding, CLR_DELETE))
		return CLR_CREATE;
	return clr_rule_as_named(judge, binding, question->action);
}

/* Whether who asks may read all bound columns: answers tell of them, as queries would. */
static bool
has_privilege(const ClrBinding *binding)
{
	Oid user = GetUserId();

	if (pg_class_aclcheck(binding->relid, user, ACL_SELECT) == ACLCHECK_OK)
		return true;
	for (int slot = 0; slot < binding->ncolumns; slot++)
		if (pg_attribute_aclcheck(binding->relid,
								  get_attnum(binding->relid, binding->columns[slot].name), user,
								  ACL_SELECT) != ACLCHECK_OK)
			return false;
	return true;
}

void
clr_question_check_may_read(const ClrBinding *binding)
{
	if (!has_privilege(binding))
		aclcheck_error(ACLCHECK_NO_PRIV, OBJECT_TABLE, get_rel_name(binding->relid));
	if (clr_seal_is_narrowed(binding->relid))
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				 errmsg("policies of others hide rows of %s, too", clr_binding_name(binding)),
				 errdetail("What the rule says of a row could tell of one that they hide."),
				 errhint("Operators may ask: superusers, and members of the role that owns the "
						 "extension, while nobody acts.")));
}

/* Whether that is no error. */
bool
clr_question_may_read(const ClrBinding *binding)
{
	return has_privilege(binding) && !clr_seal_is_narrowed(binding->relid);
}

/*
 * Of which account one asks about others: zero for operators, who ask about all;
 * who may act as others in its account could ask as each of them. An error for
 * everybody else.
 */
int64
clr_question_account(void)
{
	ClrCatalog state;
	int64 account;

	clr_catalog_begin(&state);
	(void) clr_catalog_query("SELECT clearance_internal.account_asked_about()", 0, NULL, NULL,
							 NULL);
	account = clr_column_int64(0, 1);
	clr_catalog_end(&state);
	return account;
}

static void
answer(ClrQuestion *question, ClrTrace *trace)
{
	ClrRow *rows;
	uint64 n = 0;

	if (question->key != NULL)
		n = find_rows(question, &rows);
	if (question->key == NULL)
		answer_one(question, trace, NULL);
	else if (n == 0)
		answer_no_row(question, trace);
	for (uint64 i = 0; i < n; i++)
		answer_one(question, trace, &rows[i]);
}

/* NULL: a new row, which the changes give. */
static void
answer_one(ClrQuestion *question, ClrTrace *trace, const ClrRow *row)
{
	ClrFinding *first;
	bool permitted;

	trace->judge = question->judge;
	trace->refusals = NIL;
	trace->seen = NIL;
	trace->root = (ClrTraced){ 0 };
	trace->table = question->relation;
	trace->place = question->binding->key_slot == CLR_NO_SLOT ? question->key : NULL;
	first = begin(question, trace);
	list_privileges(question, trace, first);
	if (!question->whom.is_bound)
		return;
	if (question->as == CLR_CREATE)
		permitted = clr_change_answer_new(question, trace, row, first);
	else if (question->changed != NIL)
		permitted = clr_change_answer(question, trace, row, first);
	else
		permitted = answer_row(question, trace, row, first);
	if (!permitted)
		clr_remedy_list(trace, &question->whom);
}

/* The rows with the key. */
uint64
clr_question_rows(const ClrQuestion *question, ClrRow **rows)
{
	ClrBinding *binding = question->binding;
	ClrKey key;

	if (binding->key_slot == CLR_NO_SLOT)
		return find_place(question, rows);
	if (!clr_key_from_text(question->key, binding->columns[binding->key_slot].key_class, &key))
		return 0;
	return clr_lookup_find(question->judge, binding, &key, rows);
}

/* Of rows that who asks about itself does not see, none. */
static uint64
find_rows(const ClrQuestion *question, ClrRow **rows)
{
	ClrBinding *binding = question->binding;
	uint64 n = clr_question_rows(question, rows);

	if (!question->whom.by_operator)
		for (uint64 i = 0; i < n; i++)
			if (!clr_rule_permits_verb(question->judge, binding, &(*rows)[i], CLR_VIEW, NULL))
				(*rows)[i--] = (*rows)[--n];
	return n;
}

/* A row that has no key is named by its ctid, as (block,number). */
static uint64
find_place(const ClrQuestion *question, ClrRow **rows)
{
	ItemPointerData at;
	BlockNumber block;
	OffsetNumber number;
	int end = 0;

	if (sscanf(question->key, "(%u,%hu)%n", &block, &number, &end) != 2 ||
		question->key[end] != '\0')
		return 0;
	ItemPointerSet(&at, block, number);
	return clr_lookup_at(question->binding, question->relation, &at, rows);
}

static void
answer_no_row(const ClrQuestion *question, ClrTrace *trace)
{
	const ClrScope *scope = question->judge->scope;
	ClrFinding *first = begin(question, trace);

	first->answer = CLR_ANSWER_NO;
	first->found =
		question->whom.by_operator ? "there is no such row" : "there is no such row that it sees";
	first->code = "no_row";
	if (scope->no_standing != NULL)
	{
		bool is_nobody = clr_actor_is_nobody(&scope->actor);
		bool asks_itself = is_nobody && !question->whom.by_operator;

		trace->depth++;
		clr_trace_find(trace, "standing", NULL, CLR_ANSWER_NO,
					   asks_itself ? clr_actor_why_nobody(&clr_frame_current()->identity) :
									 scope->no_standing)
			->code =
			clr_verdict_code(&(ClrVerdict){ .code = is_nobody ? CLR_NO_ACTOR : CLR_NO_STANDING });
		trace->depth--;
	}
}

/*
 * The question, the answer until something refuses, and what is to be said of the login role.
 */
static ClrFinding *
begin(const ClrQuestion *question, ClrTrace *trace)
{
	ClrFinding *first =
		clr_trace_find(trace, "verdict",
					   psprintf("%s.%s of %s %s by %s", question->action->feature,
								question->action->name, clr_catalog_table_name(question->relation),
								question->key != NULL ? question->key : "new",
								question->whom.label),
					   CLR_ANSWER_YES, NULL);

	if (question->whom.note == NULL)
		return first;
	trace->depth++;
	(void) clr_trace_find(trace, "role", NULL,
						  question->whom.is_bound ? CLR_ANSWER_NONE : CLR_ANSWER_YES,
						  question->whom.note);
	trace->depth--;
	return first;
}

/* The answer is no, for this reason, unless there is one already. */
void
clr_explain_refuse(ClrFinding *first, const char *code, char *found)
{
	if (first->code != NULL)
		return;
	first->answer = CLR_ANSWER_NO;
	first->code = code;
	first->found = found;
}

/* ---------- privileges ---------- */

/* Those that such a statement needs and the role lacks, on the table or on columns that change. */
static void
list_privileges(const ClrQuestion *question, ClrTrace *trace, ClrFinding *first)
{
	bool updates = question->as == CLR_EDIT;
	AclMode mode = updates ? ACL_UPDATE : ACL_INSERT;
	const char *privilege = clr_verb_statement(updates ? CLR_EDIT : CLR_CREATE);
	ListCell *lc;

	for (ClrVerb verb = CLR_VIEW; verb < CLR_VERBS; verb++)
		if (is_about(question, verb) && lacks(&question->whom, clr_verb_statement(verb)))
			list_privilege(question, trace, first, clr_verb_statement(verb), NULL);
	if (!OidIsValid(question->whom.login) || lacks(&question->whom, privilege) ||
		pg_class_aclcheck(question->relation, question->whom.login, mode) == ACLCHECK_OK)
		return;
	foreach(lc, question->changed)
	{
		const ClrChanged *changed = lfirst(lc);

		if (pg_attribute_aclcheck(question->relation, changed->attnum, question->whom.login,
								  mode) != ACLCHECK_OK)
			list_privilege(question, trace, first, privilege, changed->column);
	}
}

static bool
lacks(const ClrWhom *whom, const char *privilege)
{
	for (int i = 0; i < whom->lacking; i++)
		if (strcmp(whom->lacks[i], privilege) == 0)
			return true;
	return false;
}

/* One of them; on a column, or (NULL) on the table. */
static void
list_privilege(const ClrQuestion *question, ClrTrace *trace, ClrFinding *first,
			   const char *privilege, const char *column)
{
	const char *on = column == NULL ? "the table" : psprintf("column \"%s\"", column);
	const char *columns = column == NULL ? "" : psprintf(" (%s)", quote_identifier(column));

	clr_explain_refuse(first, "no_privilege",
					   psprintf("the role lacks the privilege %s on %s", privilege, on));
	trace->depth++;
	(void) clr_trace_find(trace, "change", "give the role the privilege", CLR_ANSWER_NONE,
						  psprintf("GRANT %s%s ON %s TO %s", privilege, columns,
								   clr_catalog_table_name(question->relation),
								   question->whom.role));
	trace->depth--;
}

/* ---------- a row that is there ---------- */

/* What the rule says, as it does to statements and can_row(). */
bool
clr_question_permits(const ClrQuestion *question, const ClrRow *row, ClrVerdict *verdict)
{
	if (question->as == CLR_CREATE)
		return clr_change_permits_new(question, clr_change_new_row(question, row), verdict);
	return clr_write_permits_as(question->judge, question->binding, row, question->action,
								question->as, verdict);
}

static bool
answer_row(const ClrQuestion *question, ClrTrace *trace, const ClrRow *row, ClrFinding *first)
{
	ClrVerdict verdict = { 0 };
	bool permitted = clr_question_permits(question, row, &verdict);
	bool holds;

	if (!permitted)
	{
		clr_verdict_complete(&verdict, question->judge);
		clr_explain_refuse(first, clr_verdict_code(&verdict),
						   clr_verdict_text(&verdict, question->judge));
	}
	holds = clr_trace_row(trace, question->binding, row, question->action, question->as);
	holds &= list_states(question, trace, row);
	if (holds != permitted)
		elog(ERROR, "the steps of the rule do not add up to its verdict");
	list_columns(question, trace, row, permitted);
	return permitted;
}

/* To ask by name about a row that is there is not to ask about adding it. */
static bool
is_about(const ClrQuestion *question, ClrVerb verb)
{
	return (verb != CLR_CREATE || question->as == CLR_CREATE) &&
		   clr_rule_is_about(question->judge, question->binding, question->action, question->as,
							 verb);
}

/*
 * What the state of a row asks for, to change or delete it. An action that is not
 * granted is listed with its own steps.
 */
static bool
list_states(const ClrQuestion *question, ClrTrace *trace, const ClrRow *row)
{
	ClrJudge *judge = question->judge;
	bool all = true;
	ListCell *lc;

	trace->depth++;
	for (ClrVerb verb = CLR_EDIT; verb <= CLR_DELETE; verb++)
	{
		if (!is_about(question, verb))
			continue;
		foreach(lc, clr_write_guards_of_verb(question->binding, row, verb))
		{
			const ClrRowGuard *guard = lfirst(lc);
			ClrVerdict verdict = { 0 };
			bool holds = clr_state_permits(judge, question->binding, row, guard, verb, &verdict);
			ClrFinding *finding =
				clr_trace_find(trace, "state", clr_trace_value(question->binding, row, guard->slot),
							   holds ? CLR_ANSWER_YES : CLR_ANSWER_NO,
							   "the action that this asks for is granted");

			all &= holds;
			if (holds)
				continue;
			finding->found = clr_verdict_text(&verdict, judge);
			finding->code = clr_verdict_code(&verdict);
			(void) clr_trace_row(trace, question->binding, row, (ClrAction *) verdict.action,
								 CLR_BY_NAME);
		}
	}
	trace->depth--;
	return all;
}

/* ---------- columns ---------- */

static void
list_columns(const ClrQuestion *question, ClrTrace *trace, const ClrRow *row, bool permitted)
{
	trace->depth++;
	if (is_about(question, CLR_VIEW))
		list_masks(question, trace, row, permitted);
	if (is_about(question, CLR_EDIT))
		list_needs(question, trace, row);
	trace->depth--;
}

/* Which columns read as their masks. */
static void
list_masks(const ClrQuestion *question, ClrTrace *trace, const ClrRow *row, bool seen)
{
	ListCell *lc;

	foreach(lc, question->binding->masks)
	{
		const ClrMask *mask = lfirst(lc);
		ClrAction *action = clr_scope_action(question->judge->scope, mask->feature, mask->action);
		ClrMaskAnswers *answers =
			clr_mask_answers(CurrentMemoryContext, question->judge, question->binding, mask, seen);
		ClrVerdict verdict = { 0 };
		bool open = clr_mask_opens(answers, row);

		if (!open)
			(void) clr_rule_permits(question->judge, question->binding, row, action, &verdict);
		clr_explain_column(question, trace, mask->column, action, open, &verdict);
	}
}

/* What changes of columns need that ask for more than edit, or for something else. */
static void
list_needs(const ClrQuestion *question, ClrTrace *trace, const ClrRow *row)
{
	ListCell *lc;

	foreach(lc, clr_write_needs(question->binding))
	{
		const ClrNeed *need = lfirst(lc);
		ClrAction *action;
		ClrVerdict verdict = { 0 };

		if (need->feature == NULL)
			continue;
		action = clr_write_asked_by(question->judge->scope, need);
		clr_explain_column(question, trace, need->column, action,
						   clr_write_permits_change(question->judge, question->binding, row, action,
													&verdict),
						   &verdict);
	}
}

/*
 * What a column needs, unless what refuses it is no grant: then the row is closed
 * for that, too.
 */
void
clr_explain_column(const ClrQuestion *question, ClrTrace *trace, const char *column,
				   const ClrAction *action, bool holds, ClrVerdict *verdict)
{
	ClrFinding *finding;

	if (verdict->code != CLR_PERMITTED &&
		(verdict->code <= CLR_CREATED_NOW || verdict->code >= CLR_DRAFT))
		return;
	finding =
		clr_trace_find(trace, "columns", column, holds ? CLR_ANSWER_YES : CLR_ANSWER_NO, NULL);
	finding->found = psprintf("needs %s.%s", action->feature, action->name);
	if (holds || verdict->code == CLR_PERMITTED)
		return;
	clr_verdict_complete(verdict, question->judge);
	finding->found = psprintf("%s: %s", finding->found, clr_verdict_text(verdict, question->judge));
	finding->code = clr_verdict_code(verdict);
}

/* ---------- rows of the result ---------- */

static void
put(ReturnSetInfo *result, const ClrFinding *finding)
{
	const char *texts[] = { line_of(finding),
							NULL,
							finding->step,
							finding->subject,
							finding->answer == CLR_ANSWER_YES ? "yes" :
							finding->answer == CLR_ANSWER_NO  ? "no" :
																NULL,
							finding->found,
							finding->code };
	Datum values[lengthof(texts)];
	bool nulls[lengthof(texts)];

	for (int i = 0; i < (int) lengthof(texts); i++)
	{
		nulls[i] = texts[i] == NULL;
		values[i] = nulls[i] ? (Datum) 0 : CStringGetTextDatum(texts[i]);
	}
	nulls[1] = false;
	values[1] = Int32GetDatum(finding->depth);
	tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
}

/* "no     project: the actor's membership of the project ended on ... [ended]" */
static char *
line_of(const ClrFinding *finding)
{
	const char *word = finding->answer == CLR_ANSWER_YES ? "yes" :
					   finding->answer == CLR_ANSWER_NO	 ? "no" :
														   "";
	bool names_step;
	StringInfoData line;

	/* calls: their step is how they go together */
	if (strcmp(finding->step, "change") == 0)
		word = "->";
	else if (strcmp(finding->step, "and") == 0 || strcmp(finding->step, "or") == 0)
		word = finding->step;
	names_step = finding->depth > 0 && word[0] != '-' && word != finding->step;

	initStringInfo(&line);
	appendStringInfo(&line, "%-4s%*s", word, 2 * finding->depth, "");
	if (names_step)
		appendStringInfoString(&line, finding->step);
	if (finding->subject != NULL)
		appendStringInfo(&line, "%s%s", names_step ? " " : "", finding->subject);
	if (finding->found != NULL)
		appendStringInfo(&line, ": %s", finding->found);
	if (finding->code != NULL)
		appendStringInfo(&line, " [%s]", finding->code);
	return line.data;
}
