/*
 * replica.h
 *		Permissions that are kept in another database and come by replication.
 */
#ifndef CLR_REPLICA_H
#define CLR_REPLICA_H

#include "compat.h"

#include "datatype/timestamp.h"
#include "utils/rel.h"

extern void clr_replica_init(void);
extern void clr_replica_check(TimestampTz at);
extern bool clr_replica_subscribes(void);
extern void clr_replica_refuse_change(Relation relation);

#endif /* CLR_REPLICA_H */
