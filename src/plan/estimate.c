/*
 * estimate.c
 *		How many rows of a table the actor of the moment sees.
 *
 * Where rows are judged one by one, the planner takes a third of them for
 * granted. This takes what is most likely: parents are as visible as their
 * projects, drafts are few, and the rest is what the columns' statistics say of
 * shared rows, related rows and rows shown to customers. Nothing of it stays in
 * a plan but the cost.
 */
#include "plan/estimate.h"

#include "nodes/nodeFuncs.h"
#include "optimizer/optimizer.h"
#include "utils/lsyscache.h"
#include "utils/selfuncs.h"

#include "frame/frame.h"
#include "guard/calls.h"
#include "plan/rowtest.h"
#include "plan/set_estimate.h"
#include "rule/lookup.h"
#include "rule/shape.h"

/* The rows of a kind of which nothing is known. */
#define UNKNOWN_PART 0.33

static bool names_row(SupportRequestSelectivity *request, const ClrBinding *binding, List *columns);
static Selectivity part_of_rows(SupportRequestSelectivity *request, ClrJudge *judge,
								ClrBinding *binding, ClrVerb verb, List *columns);
static Selectivity part_of_targets(ClrJudge *judge, const ClrBinding *binding);
static Selectivity part_shared(SupportRequestSelectivity *request, ClrJudge *judge,
							   const ClrBinding *binding, List *columns);
static Selectivity part_with(SupportRequestSelectivity *request, Expr *test);

/*
 * Of visible(binding, columns…) and its kin, and of permitted(binding, verb,
 * columns…), which comes beside a test of the project.
 */
bool
clr_estimate(SupportRequestSelectivity *request)
{
	Const *id = linitial(request->args);
	bool is_beside_set = clr_calls_function(request->funcid) == CLR_CALL_PERMITTED;
	List *columns = list_copy_tail(request->args, is_beside_set ? 2 : 1);
	ClrJudge *judge = clr_frame_judge(clr_frame_current());
	ClrBinding *binding;
	Selectivity part;

	if (!IsA(id, Const) || id->constisnull)
		return false;
	binding = clr_judge_binding(judge, DatumGetInt32(id->constvalue));
	if (list_length(columns) != binding->ncolumns)
		return false;
	if (names_row(request, binding, columns))
		part = 1;
	else if (judge->scope->no_standing != NULL)
		part = 0;
	else if (binding->project_slot == CLR_NO_SLOT)
		part = (is_beside_set ? 1 : part_of_targets(judge, binding)) *
			   part_shared(request, judge, binding, columns);
	else
	{
		part = part_of_rows(request, judge, binding, CLR_VIEW, columns);
		if (!is_beside_set)
			part *= clr_shape_part_open(judge, binding);
	}
	request->selectivity = part;
	CLAMP_PROBABILITY(request->selectivity);
	return true;
}

/* Whether the query gives the key: most ask for what they may see, and it is a row at most. */
static bool
names_row(SupportRequestSelectivity *request, const ClrBinding *binding, List *columns)
{
	const Var *key = binding->key_slot != CLR_NO_SLOT ? list_nth(columns, binding->key_slot) : NULL;

	return key != NULL && IsA(key, Var) && !request->is_join &&
		   clr_set_is_given(request->root, key);
}

/* Of the rows in projects that are not closed. */
static Selectivity
part_of_rows(SupportRequestSelectivity *request, ClrJudge *judge, ClrBinding *binding, ClrVerb verb,
			 List *columns)
{
	const ClrShape *shape = clr_shape_of(judge, binding, verb);
	uint32 projects = clr_keytab_count(shape->open);
	Selectivity shared = 1;
	Selectivity shown = 1;
	Selectivity related = UNKNOWN_PART;

	if (projects == 0)
		return 0;
	if (judge->scope->audience == CLR_CUSTOMER && binding->client_slot != CLR_NO_SLOT)
		shown = part_with(request, clr_rowtest_label(list_nth(columns, binding->client_slot),
													 list_make2("read", "edit")));
	else if (binding->visibility_slot != CLR_NO_SLOT)
		shared = part_with(request, clr_rowtest_label(list_nth(columns, binding->visibility_slot),
													  binding->shared_values));
	if (shape->likely_related > 0)
		related = part_with(request, clr_rowtest_related(binding, verb, columns, CLR_REL_ASSIGNED,
														 CLR_CLASS_OTHER));
	return shown *
		   (shape->likely_whole + shape->likely_shared * shared + shape->likely_related * related) /
		   projects;
}

/* Of rows that have no project of their own: as many as of what they belong to. */
static Selectivity
part_of_targets(ClrJudge *judge, const ClrBinding *binding)
{
	const ClrParent *near = clr_binding_near_parent(binding);
	int32 target = 0;

	if (binding->link_roles != NIL)
		target = ((ClrLinkRole *) linitial(binding->link_roles))->target;
	else if (near != NULL)
		target = near->binding;
	if (target == 0 || target == binding->id)
		return UNKNOWN_PART;
	return clr_lookup_part_seen(judge, clr_judge_binding(judge, target));
}

/* Of rows whose parents are visible: where of those only shared ones are, so are they. */
static Selectivity
part_shared(SupportRequestSelectivity *request, ClrJudge *judge, const ClrBinding *binding,
			List *columns)
{
	const ClrParent *near = clr_binding_near_parent(binding);
	ClrBinding *parent;
	const ClrShape *shape;

	if (binding->visibility_slot == CLR_NO_SLOT || near == NULL)
		return 1;
	parent = clr_judge_binding(judge, near->binding);
	if (parent->project_slot == CLR_NO_SLOT)
		return 1;
	shape = clr_shape_of(judge, parent, CLR_VIEW);
	if (shape->likely_shared <= shape->likely_whole)
		return 1;
	return part_with(request, clr_rowtest_label(list_nth(columns, binding->visibility_slot),
												binding->shared_values));
}

static Selectivity
part_with(SupportRequestSelectivity *request, Expr *test)
{
	return test == NULL ? UNKNOWN_PART :
						  clause_selectivity(request->root, (Node *) test, request->varRelid,
											 request->jointype, request->sjinfo);
}
