/* emulation: the figures of how good the emulation is, a point a run: loss, matched distance,
 * volatility and the like, each a strip.
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
