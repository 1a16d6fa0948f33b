/*
 * row.h
 *		What a row says of itself, and how the actor is related to it.
 */
#ifndef CLR_ROW_H
#define CLR_ROW_H

#include "compat.h"

#include "rule/judge.h"
#include "rule/binding.h"
#include "scope/scope.h"
#include "store/key.h"

extern bool clr_row_is_shared(const ClrBinding *binding, const ClrRow *row);
extern bool
clr_row_is_of_account(const ClrJudge *judge, const ClrBinding *binding, const ClrRow *row);
extern ClrKeyTable *
clr_row_linked(ClrJudge *judge, const ClrBinding *binding, ClrRelation *relation, ClrPeople people);
extern bool clr_row_is_linked(ClrJudge *judge, const ClrBinding *binding, ClrRelation *relation,
							  ClrPeople people, const ClrKey *key);
extern bool clr_row_is_published(const ClrBinding *binding, const ClrRow *row, TimestampTz at);
extern bool
clr_row_has_relation(ClrJudge *judge, ClrBinding *binding, const ClrRow *row, ClrRelationKind kind);
extern bool clr_row_names_nobody(const ClrColumn *column, Datum value);
extern bool clr_row_value_is_me(ClrJudge *judge, const ClrColumn *column, Datum value);
extern bool clr_row_parent_key(const ClrBinding *binding, const ClrRow *row,
							   const ClrParent *parent, ClrKey *key);
extern bool
clr_row_is_of_type(const ClrBinding *binding, const ClrRow *row, const ClrParent *parent);
extern bool clr_row_target_key(const ClrBinding *binding, const ClrRow *row,
							   const ClrLinkRole *role, ClrKey *key);

#endif /* CLR_ROW_H */
