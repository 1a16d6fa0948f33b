/*
 * policy.h
 *		What a call of a policy's function is about.
 */
#ifndef CLR_POLICY_H
#define CLR_POLICY_H

#include "compat.h"

#include "fmgr.h"

#include "frame/frame.h"
#include "rule/binding.h"
#include "rule/mask.h"

typedef struct ClrPolicyCall
{
	uint64 frame_serial;
	bool is_of_query;	/* the call lives and dies with its frame */
	bool is_maintained; /* the table's owner sees and changes every row */
	ClrFrame *frame;
	ClrJudge *judge;
	ClrBinding *binding;
	ClrRow row;
	const ClrMask *mask; /* of mask_open(), see mask_open.c */
	ClrMaskAnswers *answers;
} ClrPolicyCall;

extern ClrPolicyCall *clr_policy_call(FunctionCallInfo fcinfo, int first);

#endif /* CLR_POLICY_H */
