#!/usr/bin/env bash
# valgrind: one serial study and its verification without a memory error of ours.
# usage: tests/system/valgrind.sh path/to/hmmgrid study|analyses
# study: training, most analyses, verify, summary; analyses: the two that take as long as all the rest
# AVX-512 is unknown to valgrind 3.19: the kernels are held to AVX2 and OpenBLAS to Haswell.
set -u
program=$(realpath "$1") part=$2
grid=$(realpath experiments/smoke.yaml)
command -v valgrind >/dev/null || { echo "skipped: valgrind is not installed"; exit 0; }
if ldd "$program" | grep -qE 'lib(a|ub|t)san'; then echo "skipped: a sanitizer is built in"; exit 0; fi
work=$(mktemp -d) || exit 2
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 2
cat >ours.supp <<'S'
{
   messages between processes carry padding
   Memcheck:Param
   writev(vector[...])
   ...
   obj:*/libopen-pal*
}
{
   PMIx reads what its server did not set
   Memcheck:Cond
   ...
   obj:*/libpmix*
}
S
supp=$(ls /usr/share/openmpi/openmpi-valgrind.supp 2>/dev/null)
export HMMGRID_KERNEL=avx2 OPENBLAS_CORETYPE=Haswell HMMGRID_LOG=warning
grep -q avx2 /proc/cpuinfo || { export HMMGRID_KERNEL=portable; unset OPENBLAS_CORETYPE; }
checked() {
    valgrind --quiet --error-exitcode=99 --leak-check=no ${supp:+--suppressions="$supp"} \
        --suppressions=ours.supp "$program" "$@"
}
ran() { # valgrind cannot start itself as /proc/self/exe: the runs in the process that it watches
    checked run "$@" --set run.isolate=none
}
case $part in
analyses)
    ran "$grid" -o analysed.h5 --progress none --where 'run == 0' --set analysis=false \
        --set analysis.contours=true --set analysis.resonance=true --set analysis.steps=300 --set analysis.particles=16 \
        --set analysis.likelihood_sequences=4 ||
        { echo "analyses: $?"; exit 1; }
    echo "1 passed, 0 failed"
    ;;
study)
    ran "$grid" -o study.h5 --progress none --where 'seed == 0' --set analysis=false || { echo "run: $?"; exit 1; }
    ran "$grid" -o analysed.h5 --progress none --where 'run == 0' --set analysis.steps=150 \
        --set analysis.contours=false --set analysis.resonance=false || { echo "analyses: $?"; exit 1; }
    checked verify study.h5 || { echo "verify: $?"; exit 1; }
    checked summary study.h5 >/dev/null || { echo "summary: $?"; exit 1; }
    echo "4 passed, 0 failed"
    ;;
*) echo "usage: valgrind.sh HMMGRID study|analyses" >&2; exit 2 ;;
esac
