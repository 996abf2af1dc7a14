/* ablation_rates: rates from the counts of trajectories, and how sure they are: a rate is a ratio
 * of sums over trajectories, its standard error that of the linearised ratio. Refuses a rate where
 * a state exploded. Source: SCIENCE 5.9. */
#include "ablation.h"

#include <math.h>

/* Rate over n trajectories from `first` on; influence (n): of each on it, for the standard error
 * of a ratio (linearised), added with the sign given. */
static double rate_of(const struct ablation_counts *counts, int rate, int point, int first, int n,
                      double sign, double *influence)
{
    size_t at = (size_t)(rate * counts->num_points + point) * (size_t)counts->num_trajectories;
    const int *events = counts->events + at + first, *steps = counts->steps + at + first;
    double sum_events = 0, sum_steps = 0;
    for (int j = 0; j < n; j++) {
        sum_events += events[j];
        sum_steps += steps[j];
    }
    bool is_defined = !counts->exploded[point] && sum_steps > 0; /* else it was never in `from` */
    double mean = is_defined ? sum_events / sum_steps : NAN;
    for (int j = 0; influence && j < n; j++)
        influence[j] += sign * (events[j] - mean * steps[j]) / sum_steps;
    return mean;
}

double ablation_rate_of(const struct ablation_counts *counts, int rate, int point, int first, int n)
{
    return rate_of(counts, rate, point, first, n, 1, NULL);
}

static double standard_error(const double *influence, int n)
{
    double sum = 0;
    for (int j = 0; j < n; j++) sum += influence[j] * influence[j];
    return sqrt(sum * n / (n - 1));
}

struct estimate ablation_rate(const struct ablation_counts *counts, int rate, int point)
{
    double influence[MAX_ABLATION_TRAJECTORIES] = {0};
    int n = counts->num_trajectories;
    double mean = rate_of(counts, rate, point, 0, n, 1, influence);
    return (struct estimate){mean, standard_error(influence, n)};
}

struct estimate ablation_difference(const struct ablation_counts *counts, int rate, int a, int b)
{
    double influence[MAX_ABLATION_TRAJECTORIES] = {0};
    int n = counts->num_trajectories;
    double mean = rate_of(counts, rate, a, 0, n, 1, influence);
    mean -= rate_of(counts, rate, b, 0, n, -1, influence);
    return (struct estimate){mean, standard_error(influence, n)};
}
