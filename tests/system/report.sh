#!/usr/bin/env bash
# report: the page of a study is whole and needs nothing from outside, whatever the study is called and
# however far it is; a browser sorts, filters and unfolds it.
# usage: tests/system/report.sh PROGRAM
set -u
program=$(realpath "$1")
tests=$(realpath tests/system)
. tests/support/ok.sh
export HMMGRID_LOG=warning
cd "$work" || exit 2

not() { ! "$@"; }
embedded() { # embedded PDF: TrueType, each embedded
    pdffonts "$1" | awk 'NR > 2 { n++; if (!/TrueType/ || $(NF - 4) != "yes") exit 1 } END { exit n == 0 }'
}
as_wide() { # as_wide PDF: 85 or 174 mm, within a tenth of a millimetre
    pdfinfo "$1" | awk '/^Page size/ { w = $3 * 25.4 / 72; if ((w - 85) ^ 2 > .01 && (w - 174) ^ 2 > .01) exit 1 }'
}
page() { # page DIR WORDS...: is it whole, and does it say them?
    ok "is whole" "$python" "$tests/report.py" "$@"
}

name="a study"
ok "half of it" "$program" run "$tests/mistakes/tiny.yaml" -o a.h5 --progress none --where 'run < 2'
says '^4 runs \(2 cells x 2 seeds\), [0-9]+ figures?: deep/er/index.html$' "$program" report a.h5 -o deep/er
page deep/er "This study is not finished: 2 of 4 runs have not ended" "run 3" "seed 1, pending" \
    "hmmgrid repro a.h5 0 > run0.yaml" "hmm.states 3" "Provenance"
ok "all of it" "$program" run "$tests/mistakes/tiny.yaml" -o a.h5 --progress none --resume
says '^4 runs' "$program" report a.h5 -o deep/er
page deep/er "By hmm.states" "Against the floor"
ok "finished" not grep -q "not finished" deep/er/index.html
says '^2 runs .* few/index.html' "$program" report a.h5 -o few --where 'hmm.states == 3'
page few "Only runs with hmm.states == 3: 2 of 4"
says '^0 runs' "$program" report a.h5 -o none --where 'hmm.states == 9'
page none "chooses none of the 4 runs"

name=figures
ok "drawn" [ -s deep/er/figures/loss-by-cell.svg ]
if command -v pdffonts >/dev/null && command -v gnuplot >/dev/null; then
    for pdf in deep/er/figures/*.pdf; do
        ok "fonts of $pdf" embedded "$pdf"
        ok "width of $pdf" as_wide "$pdf"
    done
else
    echo "skipped: fonts and sizes of figures, which need gnuplot and pdffonts"
fi
mkdir bin
for tool in /usr/bin/* /bin/*; do
    [ "${tool##*/}" = gnuplot ] || ln -sf "$tool" bin/
done
says '^4 runs .*, 0 figures: bare/index.html$' env PATH="$work/bin" "$program" report a.h5 -o bare
page bare "gnuplot" "By hmm.states"
ok "numbers and scripts" [ -s bare/figures/loss-by-cell.csv -a -s bare/figures/loss-by-cell.gp ]

name="several files"
for i in 1 2; do
    ok "share $i" "$program" run "$tests/mistakes/tiny.yaml" -o part$i.h5 --share $i/2 --progress none
done
says '^4 runs' "$program" report part1.h5 part2.h5 -o both
page both "part1.h5" "part2.h5" "hmmgrid repro part2.h5"
ok "nothing is left behind" [ -z "$(find "${TMPDIR:-/tmp}" -maxdepth 1 -name 'hmmgrid-*' -newer part2.h5)" ]

name="hostile names"
cat >hostile.yaml <<'EOF'
version: 1
study: "<script>alert('study')</script> & \"co\""
description: "</title><img src=x onerror=alert(1)> 'a' \"b\" &amp; \\ %s `date` $(date) @{x}_^"
defaults:
  data: {sequences: 60, length: 8}
  rnn: {hidden: 6, noise_dim: 2}
  train: {epochs: 2, batch: 10}
  measure: {sequences: 30, floor_draws: 2}
grid:
  chain: {set: {hmm.states: 2}}
seeds: [0]
analysis: false
EOF
ok "run" "$program" run hostile.yaml -o "it's <b>.h5" --progress none
ok "report" "$program" report "it's <b>.h5" -o "it's <i>"
page "it's <i>" "<script>alert('study')</script> & \"co\"" "'it'\\''s <b>.h5'" \
    '</title><img src=x onerror=alert(1)> '"'a'"' "b" &amp; \ %s `date` $(date) @{x}_^'

name="failed in part"
ok "no run has memory" ends 3 "" "$program" run "$tests/mistakes/tiny.yaml" -o f.h5 --progress none \
    --set run.memory=1 --set train.epochs=2000 --retries 0
ok "report" "$program" report f.h5 -o failed
page failed "Runs that failed (3 of 4)" "1 of 4 runs have not ended" "memory"

name=mistakes
ok "no folder" ends 2 "-o DIR is missing" "$program" report a.h5
ok "no file" ends 66 "nofile.h5" "$program" report nofile.h5 -o x
ok "no such name" ends 2 "sed" "$program" report a.h5 -o x --where 'sed == 1'
ok "a file" ends 73 "a.h5/x: cannot make this folder" "$program" report a.h5 -o a.h5/x
mkdir other
echo "<html>mine</html>" >other/index.html
ok "a page of others" ends 73 "is there and no report of hmmgrid" "$program" report a.h5 -o other
ok "it is as it was" grep -q mine other/index.html

# --- in a browser: a copy of the page with a script that clicks, and leaves a verdict in it ---------------
browser=$(command -v chromium || command -v chromium-browser || command -v google-chrome)
if [ -n "$browser" ]; then
    name="in a browser"
    { sed '/<\/body>/,$d' deep/er/index.html && echo '<script>' && cat "$tests/report.js" &&
        echo '</script></body></html>'; } >deep/er/clicked.html
    browse() { # browse URL: the page as it is in the end, and what it said on the console
        timeout 60 "$browser" --headless --no-sandbox --disable-gpu --user-data-dir="$work/browser" \
            --enable-logging=stderr --virtual-time-budget=5000 --dump-dom "file://$work/$1" >dom 2>console
    }
    ok "opens" browse deep/er/clicked.html
    ok "clicks" grep -q 'data-verdict="good"' dom
    grep -o 'data-verdict="[^"]*"' dom | grep -v '"good"'
    ok "no complaint" not grep -E 'CONSOLE.*(rror|arning)' console
    ok "opens with a filter" browse 'deep/er/index.html#?hmm.states%3D3%20seed%3D1&-excess_loss'
    ok "it holds" grep -q '1 of 4 runs' dom
    ok "so does the order" grep -q 'aria-sort="descending"[^>]*>excess_loss<' dom
    ok "opens a hostile one" browse "it's <i>/index.html"
    ok "nothing ran" not grep -E 'CONSOLE' console
else
    echo "skipped: the page in a browser, which needs chromium"
fi
finish
