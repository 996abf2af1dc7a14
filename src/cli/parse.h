/* parse: the words behind a verb, by the verb's table of options. Private to src/cli. */
#pragma once

#include "cli.h"

/* Fill inv->operand, value and num_values (owned by inv, also after an error) of inv->verb from
 * argv (argc), argv[0] being the verb, and from the environment. STATUS_USAGE with the nearest
 * option; STATUS_NO_MEMORY. With --help only the options are looked at. */
int parse_command(struct invocation *inv, int argc, char **argv, struct status *st);
bool parse_wants_help(const struct invocation *inv);
