/*
 * partition.h
 *		Rows that an UPDATE moves to another partition.
 */
#ifndef CLR_PARTITION_H
#define CLR_PARTITION_H

#include "compat.h"

#include "commands/trigger.h"

#include "frame/frame.h"

extern bool clr_partition_is_move(const ClrFrame *frame, const TriggerData *trigger);
extern Relation clr_partition_named(const ClrFrame *frame, const TriggerData *trigger);

#endif /* CLR_PARTITION_H */
