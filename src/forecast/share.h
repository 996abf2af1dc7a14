/* share: one of N parts of a plan, so that a study can be split over jobs that know nothing of each
 * other. */
#pragma once

#include "plan/plan.h"

struct share {
    int number, of; /* 1..of; of 0: the whole */
};

enum { MOST_SHARES = 100000 };

/* "2/8". STATUS_USAGE, and why, unless it is one of 1/N to N/N. */
int share_parse(const char *text, struct share *share, struct status *st);

/* Keep only the runs of a share; their order is kept, and so are the cells. The shares are
 * disjoint, hold every run together and cost about the same: the longest run goes first, each to
 * the share that has the least so far. What that is follows from the runs that are in the plan now,
 * so it is the same on every machine and for every number of ranks. None may be left, when there
 * are more shares than runs: st->text then says so. STATUS_NO_MEMORY: the plan is unchanged. */
int share_keep(struct plan *plan, struct share share, struct status *st);
