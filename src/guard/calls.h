/*
 * calls.h
 *		Which function of the rule an expression calls.
 */
#ifndef CLR_CALLS_H
#define CLR_CALLS_H

#include "compat.h"

#include "nodes/nodes.h"

/* Those that take the number of a declaration. */
typedef enum ClrCall
{
	CLR_CALL_NONE,
	CLR_CALL_VISIBLE,
	CLR_CALL_CREATABLE,
	CLR_CALL_EDITABLE,
	CLR_CALL_EDITED,
	CLR_CALL_DELETABLE,
	CLR_CALL_PERMITTED,
	CLR_CALL_IN_SET,
	CLR_CALL_SET_KEYS,
	CLR_CALLS
} ClrCall;

extern void clr_calls_init(void);
extern ClrCall clr_calls_of(const Node *node);
extern ClrCall clr_calls_function(Oid function);
extern uint64 clr_calls_generation(void);

#endif /* CLR_CALLS_H */
