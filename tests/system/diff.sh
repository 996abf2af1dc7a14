#!/usr/bin/env bash
# diff: two files or two runs are the same or not, and what says so agrees with their digests, with
# NumPy and with what was changed.
# usage: tests/system/diff.sh path/to/hmmgrid
set -u
program=$(realpath "$1")
grid=$(realpath tests/system/mistakes/tiny.yaml)
. tests/support/ok.sh
cd "$work" || exit 2
export HMMGRID_PROGRESS=none COLUMNS=80
run() { "$program" run "$grid" "$@"; }
differ() { # differ WORDS A B [OPTIONS]: exit code 1, and the words, a pattern, on stdout
    local words=$1 code
    shift
    "$program" diff "$@" >said 2>err
    code=$?
    [ $code -eq 1 ] && grep -qE -- "$words" said || { echo "code $code"; cat said err; false; }
}
analysed=(--set analysis.pca=true --set analysis.steps=500)

# --- the same: whatever is no result
run -o a.h5 "${analysed[@]}" || exit 1
sed 's/seeds: 0-1/seeds: [1, 0]/; s/\[2, 3\]/[3, 2]/' "$grid" >turned.yaml
ok "in another order" "$program" run turned.yaml -o b.h5 "${analysed[@]}"
ok "one digest" [ "$(digest a.h5)" = "$(digest b.h5)" ]
says '^the same results' "$program" diff a.h5 b.h5
says '4 in both, 0 only in a, 0 only in b, 0 with another status' "$program" diff a.h5 b.h5
says '"same": true' "$program" diff a.h5 b.h5 --format json
says '^the same results' "$program" diff a.h5:0 b.h5:3
says '^the same results' "$program" diff a.h5:1 a.h5:1

# --- other seeds, settings, numbers of runs, status
run -o c.h5 "${analysed[@]}" --seeds 1-2 || exit 1
ok "other seeds" differ '2 in both, 2 only in a, 2 only in b' a.h5 c.h5
run -o d.h5 --set train.epochs=3 "${analysed[@]}" || exit 1
ok "other settings" differ 'train.epochs +2 +3$' a.h5 d.h5
ok "of all" differ '0 in both, 4 only in a' a.h5 d.h5
run -o e.h5 "${analysed[@]}" --where 'run < 3' || exit 1
ok "a run that is left" differ '1 with another status' a.h5 e.h5
ok "which" differ '3 +done +3 +pending' a.h5 e.h5
run -o f.h5 || exit 1
ok "analyses" differ 'analysis.pca +true +false' a.h5 f.h5
ok "that one has" differ 'pca.dimension +4 .* in one +in one' a.h5 f.h5
ok "two runs" differ '^seed +0 +1$' a.h5:0 a.h5:1
ok "their settings" differ '^hmm.states +2 +3$' a.h5:0 a.h5:2
ok "their scores" differ 'best_val_loss +[0-9.]+ +[0-9.]+ +1 of 1' a.h5:0 a.h5:1
ok "by a key" differ '^seed' a.h5:0 "a.h5:$("$program" why a.h5 1 | sed -n 's/^key *//p' | cut -c 1-8)"
cat >compare.py <<'EOF'
import h5py, json, numpy, subprocess, sys
said = json.loads(subprocess.run([sys.argv[1], "diff", "a.h5:0", "a.h5:3", "--format", "json"],
                                 capture_output=True).stdout)
with h5py.File("a.h5") as f:
    runs = {k: c[()] for k, c in f["runs"].items()}
found = {r["name"]: r for r in said["results"]}
for name in "best_val_loss", "val_loss", "word_tv", "hmm_transition", "symbol_freq":
    if name not in runs:
        continue
    x, y = (numpy.array(runs[name][i], float).ravel() for i in (0, 3))
    other = ~((x == y) | (numpy.isnan(x) & numpy.isnan(y)))
    if not other.any():
        assert name not in found, name
        continue
    r, both = found[name], other & ~numpy.isnan(x + y)
    assert r["differ"] == other.sum() and r["in_one_only"] == (other & ~both).sum(), name
    assert r["largest"] == abs(x - y)[both].max(), (name, r, abs(x - y))
    first = numpy.flatnonzero(other)[0]
    assert [v for v in (r["a"], r["b"]) if v is not None] == [v for v in (x[first], y[first]) if v == v], name
EOF
ok "as NumPy finds it" "$python" compare.py "$program"

# --- one number that is another, as a disk may do it
cp a.h5 g.h5
cat >change.py <<'EOF'
import h5py
with h5py.File("g.h5", "r") as f:
    d = f["runs/word_tv"]
    at = d.id.get_offset() + d.dtype.itemsize * (2 * d.shape[1] + 1)
    old = d[2, 1]
import struct
with open("g.h5", "r+b") as f:
    f.seek(at)
    assert struct.unpack("<d", f.read(8))[0] == old
    f.seek(at)
    f.write(struct.pack("<d", old + 0.25))
EOF
ok "a byte changed" "$python" change.py
ok "found" differ '^word_tv +1 +2 +2 +0.25' a.h5 g.h5
ok "and nothing else" [ "$(grep -cE '^[a-z_.]+ .* +2 +2 ' said)" -eq 1 ]
ok "its label" differ '^word_tv\[2\] +[0-9.]+ +[0-9.]+ +1 of [0-9]+ +0.25$' a.h5:2 g.h5:2

# --- a value that is the end of another one is a value
for hidden in "16" "16, 6"; do
    sed "s/product: {/product: {rnn.hidden: [$hidden], /" "$grid" >sizes.yaml
    "$program" run sizes.yaml -o "sizes${#hidden}.h5" --progress none --where 'run == 0'
done
ok "values of a setting" differ '^rnn.hidden +16 +16, 6$' sizes2.h5 sizes5.h5

# --- text, names, mistakes
for pair in "a.h5 d.h5" "a.h5:0 a.h5:3" "a.h5 f.h5"; do
    # shellcheck disable=SC2086
    ok "80 columns: $pair" [ -z "$("$program" diff $pair | grep -E '.{81}')" ]
done
cp a.h5 with:1
says '^the same results' "$program" diff with:1 a.h5
says '^the same results' "$program" diff with:1:2 a.h5:2
ok "one run, one file" ends 2 'of both files or of none' "$program" diff a.h5:1 b.h5
ok "no such run" ends 2 'no run "9"' "$program" diff a.h5:9 b.h5:1
ok "no such file" ends 66 'nix.h5: cannot open it' "$program" diff nix.h5 b.h5
ok "no such file with a run" ends 66 'nix.h5: cannot open it' "$program" diff a.h5:0 nix.h5:0
ok "not finished" ends 66 'has no results to compare: it is pending' "$program" diff a.h5:3 e.h5:3
ok "a grid" ends 66 '' "$program" diff a.h5 "$grid"
ok "format" ends 2 "none of text, json" "$program" diff a.h5 b.h5 --format xml
finish
