/* emulation: how good the emulation is, a point a run: loss, matched distance, volatility and the
 * like, each a strip.
 */
#include "make.h"
#include "strip.h"

int figure_loss_by_cell(struct figure *f, const struct source *s, int run, struct status *st)
{
    (void)run;
    return strip_draw(f, s,
                      &(struct strip){.title = "Best validation loss of every seed, and its floor",
                                      .label = "validation loss",
                                      .column = "best_val_loss",
                                      .floor = "loss_floor",
                                      .floor_sd = "loss_floor_sd"},
                      st);
}

int figure_distance_by_cell(struct figure *f, const struct source *s, int run, struct status *st)
{
    (void)run;
    return strip_draw(f, s,
                      &(struct strip){.title = "Distance between matched sequences",
                                      .label = "matched distance",
                                      .column = "matched_distance",
                                      .floor = "matched_distance_floor",
                                      .floor_sd = "matched_distance_floor_sd"},
                      st);
}

int figure_volatility_by_cell(struct figure *f, const struct source *s, int run, struct status *st)
{
    (void)run;
    return strip_draw(f, s,
                      &(struct strip){.title = "Volatility: changes of symbol in a sequence",
                                      .label = "changes of symbol per sequence",
                                      .column = "volatility",
                                      .floor = "volatility_floor",
                                      .floor_sd = "volatility_floor_sd",
                                      .exact = "volatility_exact"},
                      st);
}

int figure_cross_entropy_by_cell(struct figure *f, const struct source *s, int run,
                                 struct status *st)
{
    (void)run;
    return strip_draw(f, s,
                      &(struct strip){.title = "Cross-entropy of the networks' sequences under the "
                                               "HMM, impossible sequences left out",
                                      .label = "cross-entropy (bits per symbol)",
                                      .column = "cross_entropy",
                                      .floor = "cross_entropy_floor",
                                      .floor_sd = "cross_entropy_floor_sd",
                                      .exact = "entropy_rate"},
                      st);
}

int figure_impossible_by_cell(struct figure *f, const struct source *s, int run, struct status *st)
{
    (void)run;
    return strip_draw(f, s,
                      &(struct strip){.title = "Sequences that the HMM cannot emit",
                                      .label = "share of impossible sequences",
                                      .column = "impossible_share",
                                      .floor = "impossible_share_floor",
                                      .floor_sd = "impossible_share_floor_sd",
                                      .zero = true},
                      st);
}
