#!/usr/bin/python3
"""Open a results file as its users do: h5py, xarray (engine h5netcdf), pandas.

    open_with_python.py FILE.h5

Checks dimensions, units, names and descriptions, what a viewer plots (NeXus), status codes, weights
and a mean over seeds; netCDF4 too where it is installed. Says in words
what is wrong and exits with 1; exits with 77 when a library is missing.
"""
import sys

try:
    import h5py
    import numpy as np
    import xarray as xr
    import h5netcdf  # noqa: F401
except ImportError as missing:
    print(f"skipped: {missing}")
    sys.exit(77)

STATUSES = ["pending", "running", "done", "failed", "crashed"]
SCALES = ["run", "epoch", "symbol", "symbol_to", "state", "state_to", "word_length", "lag"]
problems = []


def expect(truth, words):
    if not truth:
        problems.append(words)


def check_attributes(name, item):
    """Every dataset says what it is, and every number its unit."""
    if not isinstance(item, h5py.Dataset):
        expect("description" in item.attrs, f"group {name} has no description")
        check_plot(name, item)
        return
    bytes_of_text = item.dtype.kind not in "iuf" or name.split("/")[0] in ("grid", "commit")
    for attribute in ("long_name", "description") + (() if bytes_of_text else ("units",)):
        text = item.attrs.get(attribute)
        expect(isinstance(text, str) and text != "", f"{name}: attribute {attribute} is {text!r}")
    expect(not bytes_of_text or "units" not in item.attrs, f"{name} is text with a unit")
    expect(item.chunks is None and item.id.get_offset() is not None, f"{name} is not contiguous")


def check_plot(name, group):
    """NeXus: a group with a signal is a plot of it; the axes are there and as long as it."""
    if "default" in group.attrs:
        expect(isinstance(group.get(group.attrs["default"]), h5py.Group), f"{name}: default is no group")
    if "signal" not in group.attrs:
        return
    signal, axes = group.get(group.attrs["signal"]), list(group.attrs["axes"])
    expect(group.attrs["NX_class"] == "NXdata", f"{name}: a signal, but not NXdata")
    if not isinstance(signal, h5py.Dataset):
        problems.append(f"{name}: signal {group.attrs['signal']} is not there")
        return
    lengths = [n if axis == "." else group[axis].shape[0] for axis, n in zip(axes, signal.shape)]
    expect(tuple(lengths) == signal.shape and len(axes) == signal.ndim,
           f"{name}: axes {axes} of {lengths} for a signal of {signal.shape}")
    for beside in group.attrs.get("auxiliary_signals", []):
        expect(group[beside].shape == signal.shape, f"{name}: {beside} has not the signal's shape")


def check_h5py(path):
    with h5py.File(path, "r") as f:
        expect(f.attrs["format"] == "hmmgrid-results", "attribute format is not hmmgrid-results")
        expect(f.attrs["format_version"] == "3.0", "attribute format_version is not 3.0")
        for name in ("study", "grid_sha256", "uuid", "created_utc", "program_version", "git_commit",
                     "compiler", "mpi", "hdf5", "blas_core", "cpu", "kernel", "hosts", "slurm_job_id"):
            expect(isinstance(f.attrs.get(name), str), f"attribute {name} is missing")
        check_plot("/", f)
        f.visititems(check_attributes)
        expect("signal" in f[f.attrs["default"]].attrs, "the default group is no plot")
        for name in list(f["analysis"]):
            expect("signal" in f["analysis"][name].attrs, f"analysis/{name} is no plot")
        runs = f["runs"]
        num = runs["run"].shape[0]
        for name, column in runs.items():
            if name in SCALES:
                expect(h5py.h5ds.is_scale(column.id), f"runs/{name} is not a dimension scale")
                continue
            labels = [dim[0].name.split("/")[-1] if len(dim) else None for dim in column.dims]
            expect(labels[0] == "run" and None not in labels, f"runs/{name}: dimensions {labels}")
            expect(column.shape[0] == num, f"runs/{name} has {column.shape[0]} rows of {num}")
        expect(list(runs["status"].attrs["flag_values"]) == list(range(5)), "status: flag_values")
        expect(runs["status"].attrs["flag_meanings"].split() == STATUSES, "status: flag_meanings")
        expect(all(len(k) == 32 for k in runs["key"].asstr()[:]), "keys are not 32 characters")
        lines = f["grid/resolved"][()].tobytes().decode().splitlines()
        expect(len(lines) == num, f"grid/resolved has {len(lines)} lines for {num} runs")
        check_analyses(f, num)
        check_weights(f, num)


def check_analyses(f, num):
    """Groups of their own with named dimensions; a done run holds numbers, others NaN."""
    done = f["runs/status"][()] == 2
    for name, group in f["analysis"].items():
        expect(group["run"].shape == (num,), f"analysis/{name} has {group['run'].shape} runs")
        for output, column in group.items():
            if h5py.h5ds.is_scale(column.id):
                continue
            labels = [dim[0].name.split("/")[-1] if len(dim) else None for dim in column.dims]
            expect(labels[0] == "run" and None not in labels, f"{name}/{output}: dimensions {labels}")
            kind = np.float64 if column.ndim == 1 else np.float32
            expect(column.dtype == kind, f"{name}/{output} is {column.dtype}")
            expect(np.isnan(column[()][~done]).all(), f"{name}/{output}: numbers in a run not done")
    for name, group in f["snapshots"].items():
        slots, snapshots = group["epoch"].shape
        weights = group["rnn.weight_hh_l0"]
        expect(weights.shape[:2] == (slots, snapshots), f"snapshots/{name}: {weights.shape}")
        for slot, run in enumerate(group["run"][()]):
            kept = group["epoch"][slot] >= 0
            if done[run]:
                expect(np.isfinite(weights[slot][kept]).all(), f"snapshots/{name}: NaN in a done run")
                expect(np.isnan(weights[slot][~kept]).all(), f"snapshots/{name}: more than were kept")


def check_weights(f, num):
    """Every run has one place; done ones hold numbers."""
    places = np.zeros(num, int)
    status = f["runs/status"][()]
    for name, group in f["weights"].items():
        rows = group["run"][()]
        places[rows] += 1
        for which in ("last", "best"):
            for parameter, dataset in group[which].items():
                expect(dataset.dtype == np.float32, f"{name}/{which}/{parameter}: {dataset.dtype}")
                done = dataset[()][status[rows] == 2]
                expect(np.isfinite(done).all(), f"{name}/{which}/{parameter}: NaN in a done run")
    expect((places == 1).all(), "a run has no or several places for its weights")


def check_xarray(path):
    with xr.open_dataset(path, group="runs", engine="h5netcdf") as ds:
        ds = ds.load()
    expect(set(SCALES) <= set(ds.dims), f"dimensions are {dict(ds.dims)}")
    expect(ds.epoch.values[0] == 1, "epoch does not begin with 1")
    expect(ds.train_loss.dims == ("run", "epoch"), f"train_loss has {ds.train_loss.dims}")
    expect(ds.hmm_transition.dims == ("run", "state", "state_to"), "hmm_transition has other dims")
    expect(ds.wall_s.dtype.kind == "f", f"wall_s was decoded to {ds.wall_s.dtype}")
    expect(ds.t_start.dtype.kind == "M", f"t_start was not decoded to a time: {ds.t_start.dtype}")
    expect(isinstance(ds.key.values[0], str), f"key is {type(ds.key.values[0])}, not str")
    expect(isinstance(ds.hmm_architecture.values[0], str), "hmm_architecture is not str")
    with h5py.File(path, "r") as f:
        analyses = list(f["analysis"])
    for name in analyses:
        with xr.open_dataset(path, group=f"analysis/{name}", engine="h5netcdf") as one:
            expect(one.sizes["run"] == ds.sizes["run"], f"analysis/{name} has other runs")
    done = ds.isel(run=ds.status.values == 2)
    waiting = ds.isel(run=ds.status.values < 2)
    expect(np.isfinite(done.best_val_loss).all(), "a done run has no best_val_loss")
    if done.sizes["run"]:
        check_groups(done)
    if waiting.sizes["run"]:
        expect(np.isnan(waiting.loss_floor).all(), "a run that is not done has a loss_floor")


def check_netcdf(path):
    """Every number through netCDF-C, and texts where its version can read them."""
    try:
        import netCDF4
    except ImportError:
        print("netCDF4 is not installed: not checked")
        return
    texts = tuple(map(int, netCDF4.__netcdf4libversion__.split("-")[0].split("."))) >= (4, 9, 1)

    def read(group, place):
        for name, variable in group.variables.items():
            if variable.dtype is not str or texts:
                value = np.ma.getdata(variable[...])
                expect(value.shape == variable.shape, f"netCDF4: {place}/{name} has {value.shape}")
        for name, below in group.groups.items():
            read(below, f"{place}/{name}")

    with netCDF4.Dataset(path) as ds, h5py.File(path) as f:
        read(ds, "")
        same = np.array_equal(ds["runs"]["val_loss"][...].filled(np.nan), f["runs/val_loss"][()], equal_nan=True)
        expect(same, "netCDF4 and h5py read different val_loss")


def check_groups(done):
    """Mean over seeds, by xarray and by pandas."""
    by_cell = done.best_val_loss.groupby(done.cell).mean()
    frame = done[["cell", "seed", "hmm_architecture", "rnn_hidden", "best_val_loss"]].to_dataframe()
    table = frame.groupby("cell").best_val_loss.mean()
    expect(np.allclose(by_cell.values, table.values), "xarray and pandas disagree about a mean")
    for cell, mean in zip(by_cell.cell.values, by_cell.values):
        direct = done.best_val_loss.values[done.cell.values == cell].mean()
        expect(np.isclose(mean, direct), f"mean over the seeds of cell {cell} is wrong")
    wide = frame.groupby(["hmm_architecture", "rnn_hidden"]).best_val_loss.agg(["mean", "std"])
    expect(len(wide) >= 1, "no group by architecture and hidden")


def main():
    if len(sys.argv) != 2:
        print(__doc__)
        return 2
    check_h5py(sys.argv[1])
    check_xarray(sys.argv[1])
    check_netcdf(sys.argv[1])
    for words in problems:
        print(f"{sys.argv[1]}: {words}")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
