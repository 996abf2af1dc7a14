/* paper: what the method is from, as it is quoted. */
#pragma once

#define PAPER "Torre, Viscione, Pompe, Grewe, Mante 2025, arXiv 2510.25674"
