/* kick_redundancy: how many disjoint sets of units a direction has that each do what the kick set
 * does. After the units found are taken out another set as large is sought among the candidates
 * left, until one fails on the held-out run. Where units cause a switch independently of each other
 * two disjoint sets cannot both take away more than half; where several are needed together they
 * can. Refuses sets of another size. Source: SCIENCE 8.5 (kick set).
 */
#include "kick_set.h"

#include <string.h>

enum { STARTS = 384 };

int kick_redundancy(const struct kick_case *search, const struct kick_case *fresh,
                    struct kick_set *out, struct status *st)
{
    struct kick_replay replay = {0};
    struct kick_case next = *search;
    struct unit_set set = {.num = out->num_units};
    uint8_t *taken = scratch(search->in, (size_t)search->in->net->shape.hidden, 1);
    double left = 0;
    int code = taken ? kick_replay_init(&replay, search, st) : circuit_no_memory(st);
    memcpy(set.unit, out->unit, (size_t)set.num * sizeof *set.unit);
    next.most = set.num;
    while (!code && set.num && left < kick_found_below) {
        out->redundancy++;
        for (int i = 0; i < set.num; i++) taken[set.unit[i]] = 1;
        code = kick_set_another(&next, &replay, taken, &set, st);
        if (!code && set.num)
            code = kick_rate_measure(fresh, &set, 1, STARTS, ANOTHER, out->redundancy, NULL, &left,
                                     st);
    }
    return code;
}
