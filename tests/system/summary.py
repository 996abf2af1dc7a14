#!/usr/bin/env python3
"""summary: `hmmgrid summary` against pandas on the same results file.

    tests/system/summary.py PROGRAM FILE.h5

CSV and JSON, default keys and chosen ones, scalars and elements of arrays: every mean, sd, median
and count must be that of pandas, every floor the mean of its column.
"""
import csv
import io
import json
import subprocess
import sys

sys.dont_write_bytecode = True
import readme_lines  # noqa: E402

SCORES = {"best_val_loss": "loss_floor", "volatility": "volatility_floor",
          "word_tv[3]": "word_tv_floor[3]", "frequency[0]": "frequency_floor[0]", "loss_z": None}


def run(program, *words):
    done = subprocess.run([program, "summary", *words], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, f"{words}: exit code {done.returncode}: {done.stderr}"
    return done.stdout


def frame(path):
    """The runs as a pandas table, with a column for each element of the arrays in SCORES."""
    import xarray as xr
    runs = xr.open_dataset(path, group="runs", engine="h5netcdf")
    table = runs[[n for n in runs if runs[n].dims == ("run",)]].to_dataframe()
    for name in [n for pair in SCORES.items() for n in pair if n and "[" in n]:
        column, label = name[:-1].split("[")
        dim = runs[column].dims[1]
        table[name] = runs[column].sel({dim: int(label)}).values
    return table


def close(text, value):
    got = float(text) if text not in ("", None) else float("nan")
    return got == value or abs(got - value) <= 1e-9 * abs(value) or (got != got and value != value)


def check(rows, table, keys):
    """Every row of the summary against the group of pandas that it names."""
    groups = dict(list(table.groupby(keys if len(keys) > 1 else keys[0])))
    assert len(rows) == len(groups), f"{len(rows)} groups, pandas has {len(groups)}"
    compared = 0
    for row in rows:
        cell = [row[k] for k in keys]
        kind = [type(v) for v in (next(iter(groups)) if len(keys) > 1 else [next(iter(groups))])]
        cell = [v if issubclass(t, (str, bytes)) else t(v) for v, t in zip(cell, kind)]
        cell = [v.encode() if issubclass(t, bytes) else v for v, t in zip(cell, kind)]
        group = groups[tuple(cell) if len(keys) > 1 else cell[0]]
        done = group[group.status == 2]
        assert int(row["n"]) == len(done), f"{cell}: n {row['n']}, pandas {len(done)}"
        assert int(row["n_failed"]) == (group.status > 2).sum(), f"{cell}: n_failed"
        assert int(row["n_landed"]) == (done.landed == 1).sum(), f"{cell}: n_landed"
        for score, floor in SCORES.items():
            column = done[score].dropna()
            wanted = {"mean": column.mean(), "sd": column.std(), "median": column.median(),
                      "n": len(column), "min": column.min(), "max": column.max()}
            for stat, value in wanted.items():
                got = row[f"{score}:{stat}"]
                assert close(got, value), f"{cell}: {score} {stat} {got}, pandas {value}"
                compared += 1
            if floor:
                assert close(row[floor + ":mean"], done[floor].mean()), f"{cell}: {floor}"
                compared += 1
    return compared


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    for module in ("h5py", "xarray", "h5netcdf", "pandas"):
        readme_lines.ensure(module)
    program, path = sys.argv[1:]
    table = frame(path)
    scores = ["--metrics", ",".join(SCORES), "--stats", "mean,sd,median,n,min,max"]
    compared = 0
    for keys in (["hmm_architecture", "hmm_states"], ["rnn_hidden"], ["seed"]):
        words = [path, "--by", ",".join(keys), *scores, "--format"]
        compared += check(list(csv.DictReader(io.StringIO(run(program, *words, "csv")))), table, keys)
        compared += check(json.loads(run(program, *words, "json")), table, keys)
    half = table[table.seed > table.seed.min()]
    if len(half):
        words = [path, "--where", f"seed > {table.seed.min()}", "--by", "rnn.hidden", *scores]
        compared += check(json.loads(run(program, *words, "--format", "json")), half, ["rnn_hidden"])
    cells = table.groupby(["hmm_architecture", "hmm_states", "rnn_hidden", "rnn_noise_dim"])
    default = json.loads(run(program, path, "--format", "json"))
    assert len(default) >= cells.ngroups, f"{len(default)} groups by default, {cells.ngroups} cells"
    assert sum(int(row["n"]) for row in default) == (table.status == 2).sum()
    print(f"summary: {compared} numbers are those of pandas")


if __name__ == "__main__":
    main()
