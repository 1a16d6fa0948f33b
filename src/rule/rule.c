/*
 * rule.c
 *		The decision rule: may this actor do this to this row?
 *
 * This is the only place where the rule stands; policies, write checks and
 * answers call it. Parts of it are act.c, what needs no row, grant.c, what gives
 * an action for one, and parent.c. Its steps:
 *
 *   1 standing   scope.c found why the actor has none
 *   2 project    the row's project is one that the actor has a way into
 *   3 level      the levels in force there (scope.c)
 *   4 grant      one of them grants the action, and the row satisfies the
 *                grant: reach, visibility, relation, kind; so do its gates
 *   5 parents    every parent row is visible, and permits what its declaration
 *                asks for
 *   6 customers  go by client visibility
 *
 * Every act on a row but creating it needs sight of the row as well. A parent is
 * a row like any other: parent.c asks here, and is asked from here.
 *
 * Fails closed: each step returns true only if it found that it holds; what
 * it cannot judge is an error. Keeps no state.
 */
#include "rule/rule.h"

#include "miscadmin.h"

#include "rule/act.h"
#include "rule/created.h"
#include "rule/grant.h"
#include "rule/parent.h"
#include "rule/row.h"
#include "rule/trial.h"
#include "rule/write.h"

static ClrTrial trial_of(ClrJudge *judge, ClrBinding *binding, const ClrRow *row,
						 const ClrAction *action, int as, ClrVerdict *verdict);
static bool permits(ClrTrial *trial, ClrAction *action);
static bool has_standing(ClrTrial *trial, const ClrAction *action);
static bool is_open(ClrTrial *trial, ClrAction *action);
static bool is_seen(ClrTrial *trial);
static bool needed_by(ClrTrial *trial, const ClrAction *action);
static bool find_project(ClrTrial *trial);
static ClrProject *project_of_parents(ClrTrial *trial);
static ClrProject *closed_parent(ClrTrial *trial, const ClrParent *parent);
static ClrProject *parents_apart(ClrTrial *trial, const ClrParent *one, const ClrParent *other);
static ClrProject *project_of_row(ClrTrial *trial, int32 binding, const ClrKey *key);
static bool account_fits(ClrTrial *trial);
static bool action_holds(ClrTrial *trial, ClrAction *action);
static bool is_on(ClrTrial *trial, const ClrAction *action);
static void tell_ground(ClrTrial *trial, ClrAction *action);
static bool gate_holds(ClrTrial *trial, ClrAction *gate);
static bool
refuse_gate(ClrTrial *trial, const ClrParent *parent, ClrBinding *binding, const ClrAction *gate);
static bool parents_permit(ClrTrial *trial, const ClrAction *action);
static bool is_missing(const ClrTrial *trial, const ClrParent *parent);
static bool parent_gates_hold(ClrTrial *trial, const ClrParent *parent, const ClrKey *key,
							  const ClrAction *action);
static bool are_gated(const ClrTrial *trial, const ClrAction *action);
static bool
passes_gate(const ClrTrial *trial, const ClrParent *parent, ClrVerb verb, const ClrAction *action);
static bool draft_is_open(ClrTrial *trial);
static bool link_roles_permit(ClrTrial *trial);
static bool names_only_me(const ClrTrial *trial, int slot);
static bool
refuse_link(ClrTrial *trial, const ClrLinkRole *role, ClrBinding *target, const char *needed);
static bool refuse_target(ClrTrial *trial, const ClrLinkRole *role);

/*
 * May the actor do `action` to a row that is there? With a verdict, also what
 * permits it.
 */
bool
clr_rule_permits(ClrJudge *judge, ClrBinding *binding, const ClrRow *row, ClrAction *action,
				 ClrVerdict *verdict)
{
	return clr_rule_permits_as(judge, binding, row, action, CLR_BY_NAME, verdict);
}

/*
 * The same, or as what a change needs or a verb does: also of a row that it would add.
 */
bool
clr_rule_permits_as(ClrJudge *judge, ClrBinding *binding, const ClrRow *row, ClrAction *action,
					int as, ClrVerdict *verdict)
{
	ClrTrial trial = trial_of(judge, binding, row, action, as, verdict);

	if (!permits(&trial, action))
		return false;
	if (verdict != NULL)
		tell_ground(&trial, action);
	return true;
}

/*
 * As clr_rule_permits(), and in which project the row is, if it is permitted.
 */
bool
clr_rule_permits_in(ClrJudge *judge, ClrBinding *binding, const ClrRow *row, ClrAction *action,
					ClrProject **project)
{
	ClrTrial trial = trial_of(judge, binding, row, action, CLR_BY_NAME, NULL);
	bool permitted = permits(&trial, action);

	*project = permitted ? trial.project : NULL;
	return permitted;
}

/*
 * May a statement with this verb see, add, change or remove the row? Two verbs
 * may ask for one action and still be judged each in its way.
 */
bool
clr_rule_permits_verb(ClrJudge *judge, ClrBinding *binding, const ClrRow *row, ClrVerb verb,
					  ClrVerdict *verdict)
{
	ClrAction *action = clr_rule_verb_action(judge, binding, verb);
	ClrTrial trial = trial_of(judge, binding, row, action, verb, verdict);

	return permits(&trial, action);
}

static ClrTrial
trial_of(ClrJudge *judge, ClrBinding *binding, const ClrRow *row, const ClrAction *action, int as,
		 ClrVerdict *verdict)
{
	return (ClrTrial){ .judge = judge,
					   .scope = judge->scope,
					   .binding = binding,
					   .row = row,
					   .viewing = clr_rule_is_about(judge, binding, action, as, CLR_VIEW),
					   .creating = as == CLR_CREATE,
					   .writing = as != CLR_VIEW && as != CLR_BY_NAME,
					   .as = as,
					   .verdict = verdict };
}

/*
 * Whether what is asked about goes for what statements with a verb do. An action by which rows are
 * seen is about that, whatever else has it.
 */
bool
clr_rule_is_about(ClrJudge *judge, ClrBinding *binding, const ClrAction *action, int as,
				  ClrVerb verb)
{
	if (as >= CLR_VIEW)
		return as == (int) verb;
	return action == clr_rule_verb_action(judge, binding, verb) &&
		   (verb == CLR_VIEW || action != clr_rule_verb_action(judge, binding, CLR_VIEW));
}

/*
 * As what a row that is there is asked about by the name of an action: what the one verb does that
 * has it, or sight.
 */
int
clr_rule_as_named(ClrJudge *judge, ClrBinding *binding, const ClrAction *action)
{
	int as = CLR_BY_NAME;

	for (ClrVerb verb = CLR_VIEW; verb < CLR_VERBS; verb++)
	{
		if (!clr_rule_is_about(judge, binding, action, CLR_BY_NAME, verb))
			continue;
		if (as != CLR_BY_NAME || verb == CLR_CREATE)
			return CLR_BY_NAME;
		as = verb;
	}
	return as;
}

/*
 * As clr_rule_permits_as(), for somebody who wants to see each step: none is left out
 * because one before it failed, unless there is nothing to judge it by.
 */
void
clr_rule_trace(ClrJudge *judge, ClrBinding *binding, const ClrRow *row, ClrAction *action, int as,
			   struct ClrTrace *trace)
{
	ClrVerdict verdict = { 0 };
	ClrTrial trial = trial_of(judge, binding, row, action, as, &verdict);

	trial.trace = trace;
	(void) permits(&trial, action);
}

static bool
permits(ClrTrial *trial, ClrAction *action)
{
	ClrBinding *binding = trial->binding;

	if (!clr_trial_goes_on(trial, CLR_STEP_STANDING, action, has_standing(trial, action)) ||
		!clr_trial_goes_on(trial, CLR_STEP_PROJECT, action,
						   find_project(trial) && account_fits(trial)) ||
		!clr_trial_goes_on(trial, CLR_STEP_OPEN, action, is_open(trial, action)))
		return false;
	if (binding->link_roles != NIL &&
		!clr_trial_goes_on(trial, CLR_STEP_LINKS, action, link_roles_permit(trial)))
		return false;
	if (!binding->link_only)
	{
		if (!gate_holds(trial, action))
			return false;
		if (!trial->viewing && !trial->creating && !is_seen(trial))
			return needed_by(trial, action);
		if (!trial->creating &&
			!clr_trial_goes_on(trial, CLR_STEP_DRAFT, action, draft_is_open(trial)))
			return false;
	}
	return clr_trial_goes_on(trial, CLR_STEP_PARENTS, action, parents_permit(trial, action));
}

static bool
has_standing(ClrTrial *trial, const ClrAction *action)
{
	if (trial->scope->no_standing != NULL)
		return clr_trial_refuse(trial,
								clr_actor_is_nobody(&trial->scope->actor) ? CLR_NO_ACTOR :
																			CLR_NO_STANDING,
								CLR_NO_SLOT);
	if (trial->scope->actor.partner != 0 && (trial->writing || !action->reads))
		return clr_trial_refuse(trial, CLR_PARTNER_LOGIN, CLR_NO_SLOT);
	return true;
}

/* Whether the project is open to such an action, in the state that it is in. */
static bool
is_open(ClrTrial *trial, ClrAction *action)
{
	ClrCode closed = clr_act_closed(trial->scope, trial->project, trial->binding->feature, action,
									trial->writing || !action->reads);

	if (closed != CLR_PERMITTED)
	{
		clr_grant_conceal(trial);
		return clr_trial_refuse(trial, closed, CLR_NO_SLOT);
	}
	if (trial->project->id == CLR_PROJECT_OF_STATEMENT && !trial->viewing && !trial->creating)
		return clr_trial_refuse(trial, CLR_CREATED_NOW, CLR_NO_SLOT);
	return true;
}

/*
 * May the actor follow the row, for itself? Who sees it may, where it may
 * write at all.
 */
bool
clr_rule_permits_following(ClrJudge *judge, ClrBinding *binding, const ClrRow *row,
						   ClrVerdict *verdict)
{
	ClrAction *view = clr_rule_verb_action(judge, binding, CLR_VIEW);
	ClrTrial trial = trial_of(judge, binding, row, view, CLR_FOR_CHANGE, verdict);

	return permits(&trial, view);
}

/* Sight of the row, but for what holds for every act on it. */
static bool
is_seen(ClrTrial *trial)
{
	ClrTrial sight = *trial;

	sight.viewing = true;
	return action_holds(&sight, clr_rule_verb_action(trial->judge, trial->binding, CLR_VIEW));
}

/* What was refused is needed by an action: say so. */
static bool
needed_by(ClrTrial *trial, const ClrAction *action)
{
	clr_verdict_needed_by(trial->verdict, action);
	return false;
}

/*
 * As clr_rule_permits(), for one more action that a new row needs: its project
 * and parents were judged with the create action, and there is no sight of it
 * yet.
 */
bool
clr_rule_permits_new(ClrJudge *judge, ClrBinding *binding, const ClrRow *row, ClrAction *action,
					 ClrVerdict *verdict)
{
	ClrTrial trial = { .judge = judge,
					   .scope = judge->scope,
					   .binding = binding,
					   .row = row,
					   .creating = true,
					   .writing = true,
					   .as = CLR_FOR_CHANGE,
					   .verdict = verdict };

	return find_project(&trial) && gate_holds(&trial, action);
}

/*
 * As clr_rule_permits(), for one more action on a row that the actor is known to
 * see: all that sight needs was found to hold.
 */
bool
clr_rule_permits_seen(ClrJudge *judge, ClrBinding *binding, const ClrRow *row, ClrAction *action)
{
	ClrTrial trial = {
		.judge = judge, .scope = judge->scope, .binding = binding, .row = row, .as = CLR_BY_NAME
	};

	/* to read more of a row is to view it */
	trial.viewing = action->reads;
	if (trial.scope->no_standing != NULL || (trial.scope->actor.partner != 0 && !action->reads))
		return false;
	return find_project(&trial) &&
		   clr_act_closed(trial.scope, trial.project, binding->feature, action, !action->reads) ==
			   CLR_PERMITTED &&
		   gate_holds(&trial, action) &&
		   (!are_gated(&trial, action) || parents_permit(&trial, action));
}

/* The action that a verb asks for. */
ClrAction *
clr_rule_verb_action(ClrJudge *judge, ClrBinding *binding, ClrVerb verb)
{
	if (binding->verb_actions[verb] == NULL)
		binding->verb_actions[verb] = clr_rule_action(judge, binding, binding->actions[verb]);
	return binding->verb_actions[verb];
}

/* An action of the binding's own feature. */
ClrAction *
clr_rule_action(ClrJudge *judge, const ClrBinding *binding, const char *name)
{
	return clr_scope_action(judge->scope, binding->feature, name);
}

/* ---------- project ---------- */

static bool
find_project(ClrTrial *trial)
{
	ClrBinding *binding = trial->binding;

	if (trial->row->facts != NULL)
		trial->project = trial->row->facts->project;
	else if (trial->creating && !binding->link_only && strcmp(binding->feature, "project") == 0)
		trial->project = trial->scope->account_level; /* not registered yet */
	else if (binding->project_slot != CLR_NO_SLOT)
	{
		const ClrColumn *column = &binding->columns[binding->project_slot];
		ClrKey key;

		if (trial->row->nulls[binding->project_slot])
		{
			if (!binding->project_optional)
				return clr_trial_refuse(trial, CLR_NO_PROJECT, binding->project_slot);
			trial->project = trial->scope->without_project;
			return true;
		}
		clr_key_from_datum(trial->row->values[binding->project_slot], column->key_class,
						   column->type, &key);
		trial->project = clr_scope_project(trial->scope, &key);
		if (trial->project == NULL)
			trial->project = clr_created_find(trial->judge, binding, &key);
		if (trial->project == NULL)
			return clr_trial_refuse_way_in(trial, NULL);
	}
	else if (binding->parents != NIL || binding->link_roles != NIL)
	{
		trial->project = project_of_parents(trial);
	}
	else if (binding->account_slot != CLR_NO_SLOT && trial->scope->audience == CLR_VENDOR)
		trial->project = trial->scope->account_level;

	if (trial->project == NULL)
		return clr_trial_refuse(trial, CLR_NO_WAY_IN, CLR_NO_SLOT);
	return true;
}

/*
 * The one project of all parents that are in the row's; NULL if they differ or one
 * is closed.
 */
static ClrProject *
project_of_parents(ClrTrial *trial)
{
	const ClrParent *first = NULL;
	ClrProject *project = NULL;
	ListCell *lc;
	ClrKey key;

	foreach(lc, trial->binding->parents)
	{
		ClrParent *parent = lfirst(lc);
		ClrProject *of_parent;

		if (parent->elsewhere || !clr_row_parent_key(trial->binding, trial->row, parent, &key))
			continue;
		of_parent = project_of_row(trial, parent->binding, &key);
		if (of_parent == NULL)
			return closed_parent(trial, parent);
		if (first != NULL && project != of_parent)
			return parents_apart(trial, first, parent);
		first = parent;
		project = of_parent;
	}
	if (project != NULL)
		return project;
	foreach(lc, trial->binding->link_roles)
	{
		ClrLinkRole *role = lfirst(lc);
		ClrProject *of_target = NULL;

		if (clr_row_target_key(trial->binding, trial->row, role, &key))
			of_target = project_of_row(trial, role->target, &key);
		if (of_target == NULL)
		{
			(void) refuse_target(trial, role);
			return NULL;
		}
		if (project != NULL && project != of_target)
		{
			(void) clr_trial_refuse(trial, CLR_LINKS_APART, CLR_NO_SLOT);
			return NULL;
		}
		project = of_target;
	}
	if (project == NULL)
		(void) clr_trial_refuse(trial, CLR_NO_PARENT, CLR_NO_SLOT);
	return project;
}

/* A parent that does not exist reads the same as one that is hidden. */
static ClrProject *
closed_parent(ClrTrial *trial, const ClrParent *parent)
{
	(void) clr_trial_refuse(trial, CLR_PARENT_HIDDEN, parent->slot);
	return NULL;
}

static ClrProject *
parents_apart(ClrTrial *trial, const ClrParent *one, const ClrParent *other)
{
	ClrVerdict *verdict = clr_trial_note(trial, CLR_PARENTS_APART, other->slot);

	if (verdict != NULL)
		verdict->other_column = trial->binding->columns[one->slot].name;
	return NULL;
}

/* The project of a row that is visible by its key; NULL if it is not. */
static ClrProject *
project_of_row(ClrTrial *trial, int32 binding, const ClrKey *key)
{
	return clr_parent_project(clr_parent_rows(trial->judge,
											  clr_judge_binding(trial->judge, binding), NULL),
							  key);
}

/*
 * The account that a row names is the actor's. One that has neither project nor
 * parents to tell names it, or there is but one account.
 */
static bool
account_fits(ClrTrial *trial)
{
	ClrBinding *binding = trial->binding;
	int slot = binding->account_slot;
	bool without_project = trial->project->id == CLR_PROJECT_NONE;

	if (slot == CLR_NO_SLOT && (!without_project || binding->project_slot == CLR_NO_SLOT))
		return true;
	if (trial->row->facts != NULL)
		return trial->row->facts->account;
	if (slot == CLR_NO_SLOT || trial->row->nulls[slot] ?
			without_project && trial->scope->is_only_account :
			clr_row_is_of_account(trial->judge, binding, trial->row))
		return true;
	return clr_trial_refuse(trial, CLR_OTHER_ACCOUNT, slot);
}

/* ---------- grants ---------- */

/*
 * A level in force grants the action and the row satisfies the grant, and so
 * it is with each gate.
 */
static bool
action_holds(ClrTrial *trial, ClrAction *action)
{
	ListCell *lc;

	check_stack_depth();
	if (!is_on(trial, action) && !clr_trial_goes_on(trial, CLR_STEP_OPEN, action, false))
		return false;
	if (!clr_trial_goes_on(trial, CLR_STEP_GRANT, action, clr_grant_given(trial, action)))
		return false;
	if (trial->project->levels.admin || clr_act_is_customer_upload(trial->scope, action))
		return true;
	foreach(lc, action->gates)
		if (clr_act_is_gated(trial->project, lfirst(lc)) && !gate_holds(trial, lfirst(lc)))
			return needed_by(trial, action);
	return true;
}

/* The feature of an action, if it is another one than the row's, is not switched off for the project. */
static bool
is_on(ClrTrial *trial, const ClrAction *action)
{
	if (trial->project->features_off == NIL ||
		strcmp(action->feature, trial->binding->feature) == 0 ||
		!clr_act_is_off(trial->scope, trial->project, action->feature))
		return true;
	clr_grant_conceal(trial);
	return clr_trial_refuse_act(trial, CLR_FEATURE_OFF, CLR_NO_SLOT, action);
}

/* What permits the action, for who asks; link rows go by what they link. */
static void
tell_ground(ClrTrial *trial, ClrAction *action)
{
	ClrVerdict *verdict = trial->verdict;

	verdict->project = trial->project;
	verdict->action = action;
	if (!trial->binding->link_only)
		verdict->ground = clr_grant_ground(trial, action, &verdict->grant);
}

/*
 * An action about the feature of a parent, or of one further up, is judged on
 * that row; others, and always those about the project's pages, on the row
 * acted on.
 */
static bool
gate_holds(ClrTrial *trial, ClrAction *gate)
{
	bool judged = false;
	ListCell *lc;

	if (strcmp(gate->feature, "project") != 0 &&
		strcmp(gate->feature, trial->binding->feature) != 0)
		foreach(lc, trial->binding->parents)
		{
			ClrParent *parent = lfirst(lc);
			ClrBinding *binding = clr_judge_binding(trial->judge, parent->binding);
			ClrKey key;

			if (!clr_parent_is_about(trial->judge, binding, gate->feature))
				continue;
			if (trial->row->facts != NULL)
				return trial->row->facts->rest;
			if (!clr_row_parent_key(trial->binding, trial->row, parent, &key))
				continue;
			judged = true;
			if (!clr_trial_goes_on(trial, CLR_STEP_PARENT_GATE, gate,
								   clr_parent_project(clr_parent_rows(trial->judge, binding, gate),
													  &key) != NULL ||
									   refuse_gate(trial, parent, binding, gate)))
				return false;
		}
	return judged || action_holds(trial, gate);
}

/* What is not granted for a parent that is hidden, is hidden with it. */
static bool
refuse_gate(ClrTrial *trial, const ClrParent *parent, ClrBinding *binding, const ClrAction *gate)
{
	ClrKey key;

	if (trial->verdict == NULL)
		return false;
	if (clr_row_parent_key(trial->binding, trial->row, parent, &key) &&
		project_of_row(trial, binding->id, &key) == NULL)
		return closed_parent(trial, parent) != NULL;
	return clr_trial_refuse_act(trial, CLR_PARENT_GATE, parent->slot, gate);
}

/* ---------- the row ---------- */

/*
 * Every parent that the row must have, or has, is visible, and its gates hold. That
 * it is in the row's project, unless it may be elsewhere, is seen to by triggers, at
 * the latest at commit: in between, a parent may have moved ahead.
 */
static bool
parents_permit(ClrTrial *trial, const ClrAction *action)
{
	ListCell *lc;
	ClrKey key;

	if (trial->row->facts != NULL)
		return trial->binding->parents == NIL ||
			   (trial->row->facts->parents &&
				(trial->row->facts->rest || !are_gated(trial, action)));
	foreach(lc, trial->binding->parents)
	{
		ClrParent *parent = lfirst(lc);

		if (!clr_row_parent_key(trial->binding, trial->row, parent, &key))
		{
			if (is_missing(trial, parent))
				return clr_trial_refuse(trial, CLR_NO_PARENT, parent->slot);
			continue;
		}
		if (project_of_row(trial, parent->binding, &key) == NULL)
			return closed_parent(trial, parent) != NULL;
		if (!parent_gates_hold(trial, parent, &key, action))
			return false;
	}
	return true;
}

/*
 * Whether a row must name a parent by this declaration, which it does not. Where a
 * type column says which table that of a column is in, it must name one of those.
 */
static bool
is_missing(const ClrTrial *trial, const ClrParent *parent)
{
	ListCell *lc;

	if (clr_row_is_of_type(trial->binding, trial->row, parent))
		return !parent->optional;
	if (parent->optional && !parent->is_lost)
		return false;
	foreach(lc, trial->binding->parents)
	{
		const ClrParent *other = lfirst(lc);

		if (other->slot == parent->slot && other->type_slot == parent->type_slot &&
			clr_row_is_of_type(trial->binding, trial->row, other))
			return false;
	}
	return true;
}

/* What the declaration of a parent, which is visible, asks for on it. */
static bool
parent_gates_hold(ClrTrial *trial, const ClrParent *parent, const ClrKey *key,
				  const ClrAction *action)
{
	for (ClrVerb verb = CLR_VIEW; verb < CLR_VERBS; verb++)
	{
		const ClrNamedAction *gate = &parent->gates[verb];
		ClrBinding *binding;
		ClrAction *asked;

		if (!passes_gate(trial, parent, verb, action))
			continue;
		binding = clr_judge_binding(trial->judge, parent->binding);
		asked = clr_scope_action(trial->scope, gate->feature, gate->action);
		if (clr_parent_project(clr_parent_rows(trial->judge, binding, asked), key) != NULL)
			continue;
		(void) clr_trial_refuse_act(trial, CLR_PARENT_GATE, parent->slot, asked);
		return needed_by(trial, action);
	}
	return true;
}

/* Whether some parent may ask for more than sight of it. */
static bool
are_gated(const ClrTrial *trial, const ClrAction *action)
{
	ListCell *lc;

	foreach(lc, trial->binding->parents)
		for (ClrVerb verb = CLR_VIEW; verb < CLR_VERBS; verb++)
			if (passes_gate(trial, lfirst(lc), verb, action))
				return true;
	return false;
}

/*
 * Whether what is done to the row passes the gate that a parent has for a verb:
 * that verb or, where an action was named, one with that action; and sight, unless
 * the row is new.
 */
static bool
passes_gate(const ClrTrial *trial, const ClrParent *parent, ClrVerb verb, const ClrAction *action)
{
	if (parent->gates[verb].action == NULL)
		return false;
	if (verb == CLR_VIEW)
		return !trial->creating;
	return clr_rule_is_about(trial->judge, trial->binding, action, trial->as, verb);
}

/*
 * A draft is open to its owner and to vendor members who may publish it.
 */
static bool
draft_is_open(ClrTrial *trial)
{
	ClrBinding *binding = trial->binding;

	if (binding->published_slot == CLR_NO_SLOT)
		return true;
	if (trial->row->facts != NULL)
		return trial->row->facts->rest;
	if (clr_row_is_published(trial->binding, trial->row, trial->judge->at) ||
		clr_row_has_relation(trial->judge, trial->binding, trial->row, CLR_REL_OWN))
		return true;
	if (trial->scope->audience == CLR_VENDOR)
	{
		ClrTrial quiet = *trial;

		quiet.verdict = NULL;
		quiet.trace = NULL;
		if (action_holds(&quiet, clr_rule_action(trial->judge, binding, binding->publish_action)))
			return true;
	}
	return clr_trial_refuse(trial, CLR_DRAFT, CLR_NO_SLOT);
}

/*
 * A link row is seen with the row it links to. Writing it needs what gives
 * the relation: assign, invite or change_owner on that row; anybody who sees
 * a row may follow it, for oneself.
 */
static bool
link_roles_permit(ClrTrial *trial)
{
	ListCell *lc;

	if (trial->row->facts != NULL)
		return trial->viewing ? trial->row->facts->parents : trial->row->facts->rest;
	foreach(lc, trial->binding->link_roles)
	{
		ClrLinkRole *role = lfirst(lc);
		ClrBinding *target = clr_judge_binding(trial->judge, role->target);
		const char *needed = NULL;
		ClrKey key;

		if (!trial->viewing)
			needed = clr_relation_giver(role->kind);
		if (needed == NULL)
			needed = target->actions[CLR_VIEW];
		if (!clr_row_target_key(trial->binding, trial->row, role, &key) ||
			clr_parent_project(clr_parent_rows(trial->judge, target,
											   clr_rule_action(trial->judge, target, needed)),
							   &key) == NULL)
			return refuse_link(trial, role, target, needed);
		if (!trial->viewing && role->kind == CLR_REL_FOLLOWED &&
			!names_only_me(trial, role->member_slot))
			return clr_trial_refuse(trial, CLR_FOLLOWS_OTHERS, role->member_slot);
	}
	return true;
}

/* Whether a member column names the actor and nobody else; an array may name several. */
static bool
names_only_me(const ClrTrial *trial, int slot)
{
	const ClrColumn *column = &trial->binding->columns[slot];
	Datum value = trial->row->values[slot];

	return !trial->row->nulls[slot] && clr_row_value_is_me(trial->judge, column, value) &&
		   clr_write_only_me_changes(trial->judge, column, true, 0, false, value);
}

/* A target that does not exist reads the same as one that is hidden. */
static bool
refuse_link(ClrTrial *trial, const ClrLinkRole *role, ClrBinding *target, const char *needed)
{
	ClrKey key;

	if (trial->verdict == NULL)
		return false;
	if (clr_row_target_key(trial->binding, trial->row, role, &key) &&
		project_of_row(trial, target->id, &key) != NULL)
		return clr_trial_refuse_act(trial, CLR_LINK_GATE, role->slot,
									clr_rule_action(trial->judge, target, needed));
	return refuse_target(trial, role);
}

static bool
refuse_target(ClrTrial *trial, const ClrLinkRole *role)
{
	return clr_trial_refuse(trial, trial->row->nulls[role->slot] ? CLR_NO_LINK : CLR_LINK_HIDDEN,
							role->slot);
}
