/*
 * grant.c
 *		Whether what is in force in a project gives an action for a row.
 *
 * The steps of the rule from the grant to client visibility, but for gates,
 * which are other actions. Keeps no state.
 */
#include "rule/grant.h"

#include "rule/act.h"
#include "rule/row.h"
#include "rule/rule.h"

static bool is_reached(ClrTrial *trial);
static void tell_lacks(ClrTrial *trial, const ClrAction *action);
static ClrLack *lack_of(ClrTrial *trial, const ClrGrant *grant);
static bool grant_fits(ClrTrial *trial, const ClrGrant *grant);
static bool visibility_fits(ClrTrial *trial, const ClrGrant *grant);
static bool kind_fits(ClrTrial *trial, const ClrGrant *grant);
static bool relation_fits(ClrTrial *trial, const ClrGrant *grant);
static bool is_within_reach(ClrTrial *trial, const ClrGrant *grant);
static bool view_reaches_account(ClrScope *scope);
static bool client_visibility_fits(ClrTrial *trial, const ClrGrant *grant);

/*
 * A level in force, or what stands for one, gives the action for the row.
 */
bool
clr_grant_given(ClrTrial *trial, ClrAction *action)
{
	const ClrGrant *grant;

	if (clr_grant_ground(trial, action, &grant) != CLR_BY_NOTHING)
		return true;
	if (trial->verdict != NULL)
		tell_lacks(trial, action);
	return false;
}

/*
 * What gives the action for the row, and the grant if it is one.
 */
ClrGround
clr_grant_ground(ClrTrial *trial, ClrAction *action, const ClrGrant **grant)
{
	ClrSwitch by_switch;
	ListCell *lc;

	*grant = NULL;
	if (trial->project->levels.admin)
		return CLR_BY_ADMIN;
	if (clr_act_is_customer_upload(trial->scope, action))
		return trial->project->client_upload ? CLR_BY_UPLOAD : CLR_BY_NOTHING;
	foreach(lc, action->grants)
	{
		*grant = lfirst(lc);
		if (clr_scope_reaches(trial->scope, trial->project, *grant) && grant_fits(trial, *grant) &&
			client_visibility_fits(trial, *grant))
			return CLR_BY_GRANT;
	}
	*grant = NULL;
	by_switch = clr_act_switch(trial->scope, trial->project, action);
	if (by_switch != CLR_SWITCH_OFF &&
		(by_switch == CLR_SWITCH_ON ||
		 clr_row_has_relation(trial->judge, trial->binding, trial->row, CLR_REL_OWN)) &&
		is_within_reach(trial, NULL) && client_visibility_fits(trial, NULL))
		return CLR_BY_SWITCH;
	/* the owner of a row may invite to it */
	if (strcmp(action->name, "invite") == 0 &&
		strcmp(action->feature, trial->binding->feature) == 0 &&
		clr_row_has_relation(trial->judge, trial->binding, trial->row, CLR_REL_OWN) &&
		client_visibility_fits(trial, NULL))
		return CLR_BY_OWNING;
	return CLR_BY_NOTHING;
}

/*
 * Of a project that their levels do not reach, vendor members are told no more
 * than if there were none.
 */
void
clr_grant_conceal(ClrTrial *trial)
{
	if (trial->verdict != NULL && !is_reached(trial))
		(void) clr_trial_refuse_way_in(trial, trial->project->key);
}

static bool
is_reached(ClrTrial *trial)
{
	ClrProject *project = trial->project;
	ListCell *lc;

	if (trial->scope->audience != CLR_VENDOR || project->id <= 0 || project->is_member ||
		clr_act_holds(trial->scope, project, clr_scope_action(trial->scope, "project", "view")))
		return true;
	foreach(lc, clr_rule_verb_action(trial->judge, trial->binding, CLR_VIEW)->grants)
		if (clr_scope_reaches(trial->scope, project, lfirst(lc)))
			return true;
	return false;
}

/* Nothing gives the action for the row: say what it lacks for what is in force. */
static void
tell_lacks(ClrTrial *trial, const ClrAction *action)
{
	List *lacks = NIL;
	ListCell *lc;

	if (clr_act_is_customer_upload(trial->scope, action))
	{
		(void) clr_trial_refuse(trial, CLR_NO_UPLOAD, CLR_NO_SLOT);
		return;
	}
	foreach(lc, action->grants)
		if (clr_scope_reaches(trial->scope, trial->project, lfirst(lc)))
			lacks = lappend(lacks, lack_of(trial, lfirst(lc)));
	clr_verdict_lacks(trial->verdict, trial->project, action, lacks);
	clr_grant_conceal(trial);
	clr_verdict_no_grant(trial->verdict, trial->scope, trial->project, action);
}

static ClrLack *
lack_of(ClrTrial *trial, const ClrGrant *grant)
{
	ClrLack *lack = palloc0(sizeof(ClrLack));

	lack->grant = grant;
	lack->lacks = clr_grant_lacks(trial, grant);
	return lack;
}

/*
 * What the row lacks for a grant, wherever that reaches.
 */
uint32
clr_grant_lacks(ClrTrial *trial, const ClrGrant *grant)
{
	uint32 lacks = 0;

	if (!visibility_fits(trial, grant))
		lacks |= CLR_LACKS_VISIBILITY;
	if (!kind_fits(trial, grant))
		lacks |= CLR_LACKS_KIND;
	if (!relation_fits(trial, grant))
		lacks |= CLR_LACKS_RELATION;
	if (!is_within_reach(trial, grant))
		lacks |= CLR_LACKS_OWNERSHIP;
	if (!client_visibility_fits(trial, grant))
		lacks |= CLR_LACKS_CLIENT_VISIBILITY;
	return lacks;
}

/* Visibility, kind, relation and reach, all of one grant together. */
static bool
grant_fits(ClrTrial *trial, const ClrGrant *grant)
{
	return visibility_fits(trial, grant) && kind_fits(trial, grant) &&
		   relation_fits(trial, grant) && is_within_reach(trial, grant);
}

/* Customers do not go by visibility where the row carries client visibility. */
static bool
visibility_fits(ClrTrial *trial, const ClrGrant *grant)
{
	return !grant->shared_only ||
		   (trial->scope->audience == CLR_CUSTOMER && trial->binding->client_slot != CLR_NO_SLOT) ||
		   clr_row_is_shared(trial->binding, trial->row);
}

static bool
kind_fits(ClrTrial *trial, const ClrGrant *grant)
{
	ClrBinding *binding = trial->binding;
	char *kind;
	ListCell *lc;

	if (grant->kinds == NIL)
		return true;
	if (binding->kind_slot == CLR_NO_SLOT)
		return false;
	if (trial->row->facts != NULL)
		return trial->row->facts->rest;
	kind = clr_binding_value_text(binding, trial->row, binding->kind_slot);
	if (kind == NULL)
		return false;
	foreach(lc, grant->kinds)
		if (strcmp(lfirst(lc), kind) == 0)
			return true;
	return false;
}

static bool
relation_fits(ClrTrial *trial, const ClrGrant *grant)
{
	return grant->relation == CLR_REL_ANY ||
		   clr_row_has_relation(trial->judge, trial->binding, trial->row, grant->relation);
}

/*
 * A row without a project is open to those whose own it is, or to whom it is
 * assigned, to colleagues by grants for them, and as far as the account is
 * reached to others. Without a grant: by a switch.
 */
static bool
is_within_reach(ClrTrial *trial, const ClrGrant *grant)
{
	if (trial->project->id != CLR_PROJECT_NONE)
		return true;
	if (grant != NULL && (grant->relation == CLR_REL_COMPANY || grant->relation == CLR_REL_REPORTS))
		return true;
	return (grant != NULL ? clr_scope_reaches_account(trial->scope, grant) :
							view_reaches_account(trial->scope)) ||
		   clr_row_has_relation(trial->judge, trial->binding, trial->row, CLR_REL_OWN) ||
		   clr_row_has_relation(trial->judge, trial->binding, trial->row, CLR_REL_ASSIGNED);
}

static bool
view_reaches_account(ClrScope *scope)
{
	ListCell *lc;

	foreach(lc, clr_scope_action(scope, "project", "view")->grants)
		if (clr_scope_reaches(scope, scope->without_project, lfirst(lc)) &&
			clr_scope_reaches_account(scope, lfirst(lc)))
			return true;
	return false;
}

/*
 * Customers: hidden rows are closed, read ones may be viewed, edit ones acted
 * on as granted; what a contact may create, it creates hidden or not, and sees
 * it though it is hidden.
 */
static bool
client_visibility_fits(ClrTrial *trial, const ClrGrant *grant)
{
	ClrBinding *binding = trial->binding;
	char *value;

	if (trial->scope->audience != CLR_CUSTOMER || binding->client_slot == CLR_NO_SLOT ||
		trial->creating)
		return true;
	if (trial->viewing && grant != NULL && grant->relation == CLR_REL_OWN)
		return true;
	if (trial->row->facts != NULL)
		return trial->row->facts->rest;
	value = clr_binding_value_text(binding, trial->row, binding->client_slot);
	return value != NULL &&
		   (strcmp(value, "edit") == 0 || (trial->viewing && strcmp(value, "read") == 0));
}
