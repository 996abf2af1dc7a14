#!/usr/bin/env bash
# replay: `verify --replay` runs finished runs again, here and under mpirun, finds the same bits where
# they are, names what differs where they are not, and excuses another version and other kernels.
# usage: tests/system/replay.sh path/to/hmmgrid
set -u
program=$(realpath "$1")
grid=$(realpath tests/system/mistakes/tiny.yaml)
. tests/support/ok.sh
cd "$work" || exit 2
export HMMGRID_PROGRESS=none COLUMNS=80
run() { "$program" run "$grid" --set analysis.pca=true --set analysis.steps=500 "$@"; }
replay() { "$program" verify "$file" --replay "$@"; }

# --- the same bits
file=study.h5
run -o study.h5 || exit 1
sum=$(sha256sum study.h5)
says '^replayed 4 of 4 done: same 4 differ 0' replay 9
says '^replayed 1 of 2 done: same 1 differ 0' replay 1 --where 'hmm.states == 3'
ok "under mpirun" $mpirun -n 2 "$program" verify study.h5 --replay 2
ok "once, by one" [ "$(grep -c '^replayed 2 of 4 done: same 2' log)" -eq 1 ]
replay 2 2>first >/dev/null
replay 2 2>second >/dev/null
ok "the same ones" cmp first second
ok "of two cells" [ "$(grep -o 'states=[23]' first | sort -u | wc -l)" -eq 2 ]
ok "nothing is changed" [ "$sum" = "$(sha256sum study.h5)" ]
run -o more.h5 --seeds 0-4 --set rnn.hidden=5 || exit 1
file=more.h5
says '^replayed 1 of 10' replay 1

# --- other bits: a matrix product that is wrong by a part in 10^6
file=study.h5
cat >wrong.c <<'EOF'
#define _GNU_SOURCE
#include <dlfcn.h>
typedef void sgemm(int, int, int, int, int, int, float, const float *, int, const float *, int, float,
                   float *, int);
void cblas_sgemm(int order, int ta, int tb, int m, int n, int k, float alpha, const float *a, int lda,
                 const float *b, int ldb, float beta, float *c, int ldc)
{
    static sgemm *real;
    static int calls;
    if (!real) real = (sgemm *)dlsym(RTLD_NEXT, "cblas_sgemm");
    real(order, ta, tb, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc);
    if (++calls > 50) c[0] *= 1.000001f; /* the program tries its BLAS first */
}
EOF
if [ "$(LD_PRELOAD= ldd "$program" | grep -c asan)" -eq 0 ] && cc -shared -fPIC -o wrong.so wrong.c -ldl; then
    ok "found" ends 74 '2 of 2 runs have other results' env LD_PRELOAD="$work/wrong.so" \
        "$program" verify study.h5 --replay 2
    ok "named" grep -qE '^study.h5: run [0-3]: [a-z_.]+(\[[0-9,]+\])? is -?[0-9.e-]+ in the file and' err
    ok "counted" grep -q '^replayed 2 of 4 done: same 0 differ 2 ' out
    LD_PRELOAD=$work/wrong.so run -o wrong.h5
    file=wrong.h5
    ok "the file that is wrong" ends 74 'runs have other results' replay 1
else
    echo "skipped: other bits, which need a library to preload"
fi

# --- of other kernels, and of another version
if HMMGRID_KERNEL=portable run -o portable.h5 2>err; then
    file=portable.h5
    says 'made with kernel portable, now [a-z0-9]+: [0-9]+ results differ, by [0-9.e-]+ of' replay 1
    says '^replayed 1 of 4 done: same 0 differ 0 of another version 1' replay 1
    ok "by the same ones" env HMMGRID_KERNEL=portable "$program" verify portable.h5 --replay 1
fi

# --- what cannot be
ok "no number" ends 2 "'0' is no number of runs" replay 0
ok "no number" ends 2 "'some' is no number of runs" replay some
ok "no replay" ends 2 'add it' "$program" verify study.h5 --where 'seed == 0'
ok "none is left" ends 2 'no run of those that --where chooses' replay 1 --where 'seed == 7'
ok "a wrong expression" ends 2 'Did you mean' replay 1 --where 'hmm.stats == 3'
ok "a network" "$program" export study.h5 0 -o w.h5
ok "analysed alone" "$program" analyse w.h5 -o network.h5
file=network.h5
ok "was not trained here" ends 2 'was trained here' replay 1
file=study.h5
ok "no folder" ends 73 'set TMPDIR' env TMPDIR=/nix "$program" verify study.h5 --replay 1
ok "nothing is left behind" [ -z "$(ls -d "${TMPDIR:-/tmp}"/hmmgrid-?????? 2>/dev/null)" ]
finish
