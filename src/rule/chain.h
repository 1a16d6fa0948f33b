/*
 * chain.h
 *		Rows whose keys are integers, and those of their own table above them.
 */
#ifndef CLR_CHAIN_H
#define CLR_CHAIN_H

#include "compat.h"

#include "store/key.h"

typedef struct ClrChains ClrChains;

extern ClrChains *clr_chains_new(MemoryContext context);
extern void clr_chains_add(ClrChains *chains, int64 key, const int64 *parent, void *value);
extern void clr_chains_settle(ClrChains *chains);
extern Size clr_chains_bytes(const ClrChains *chains);
extern bool clr_chains_are_open(const ClrChains *chains);
extern void *clr_chains_value(const ClrChains *chains, int64 key);
extern void clr_chains_keys(const ClrChains *chains, ClrKeyTable *keys);
extern ClrKeyBits *clr_chains_bits(MemoryContext context, const ClrChains *chains);

#endif /* CLR_CHAIN_H */
