"""Files of weights as other programs write them, in the folder where it is started: for weights.sh."""
import os

import h5py
import numpy as np

rng = np.random.default_rng(3)
H, D, K = 6, 2, 3
MATRICES = {"rnn.weight_ih_l0": (H, D), "rnn.weight_hh_l0": (H, H), "fc.weight": (K, H)}


def write(name, prefix="", extra=(), dtype="f4", relu="relu", rename=("", ""), **attributes):
    """A network; extra: {name: values} beside it."""
    with h5py.File(name + ".h5", "w") as f:
        for key, shape in MATRICES.items():
            f[prefix + key.replace(*rename)] = (rng.normal(size=shape) * .3).astype(dtype)
        for key, value in dict(extra).items():
            f[key] = value
        if relu is not None:
            f.attrs["nonlinearity"] = relu
        f.attrs.update(attributes)


def copy(name, change, of="plain"):
    """The network of another file, changed."""
    with h5py.File(of + ".h5") as a, h5py.File(name + ".h5", "w") as b:
        for key in a:
            b[key] = a[key][()]
        b.attrs.update(a.attrs)
        change(b)


def set_value(key, at, value):
    def change(f):
        f[key][at] = value
    return change


def store_as(**how):
    """Every dataset stored in another way."""
    def change(f):
        for key in list(f):
            values = f[key][()]
            del f[key]
            f.create_dataset(key, data=values, **how)
    return change


def store_bfloat16(f):
    """As HDF5's own type of that form, which it converts."""
    bfloat16 = h5py.h5t.IEEE_F32LE.copy()
    bfloat16.set_fields(15, 7, 8, 0, 7)
    bfloat16.set_size(2)
    for key in list(f):
        values = f[key][()]
        del f[key]
        space = h5py.h5s.create_simple(values.shape)
        h5py.h5d.create(f.id, key.encode(), bfloat16, space).write(h5py.h5s.ALL, h5py.h5s.ALL, values)


def round_bfloat16(f):
    for key in f:
        f[key][...] = (f[key][()].view("u4") & 0xffff0000).view("f4")


def make_virtual(f):
    del f["fc.weight"]
    layout = h5py.VirtualLayout((K, H), "f4")
    layout[...] = h5py.VirtualSource("gone.h5", "fc.weight", (K, H), "f4")
    f.create_virtual_dataset("fc.weight", layout)


def dangle(f):
    del f["fc.weight"]
    f["fc.weight"] = h5py.SoftLink("/gone")


# names
write("plain")
for prefix in "module.", "model.", "_orig_mod.module.", "net/", "a/b.":
    write("prefix_" + prefix.strip("./").replace("/", "_"), prefix)
write("two", "student.", {"teacher." + k: np.zeros(s, "f4") for k, s in MATRICES.items()})
write("two_and_none", extra={"a." + k: np.zeros(s, "f4") for k, s in MATRICES.items()})
write("lstm_name", rename=("rnn.", "recurrent."))
write("lstm_name_gates", rename=("rnn.", "lstm."))
copy("lstm_name_gates", lambda f: (f.move("rnn.weight_hh_l0", "lstm.weight_hh_l0"),
                                   f.__delitem__("lstm.weight_hh_l0"),
                                   f.create_dataset("lstm.weight_hh_l0", data=np.ones((4 * H, H), "f4"))))
write("bare", rename=("rnn.", ""))
write("readout", rename=("fc.", "out."))
write("layers", extra={"rnn.weight_ih_l1": np.zeros((H, H), "f4")})
write("biased", extra={"rnn.bias_ih_l0": np.ones(H, "f4"), "rnn.bias_hh_l0": np.ones(H, "f4"),
                       "fc.bias": np.ones(K, "f4"), "mask": np.ones(H, "f4")})
write("norm", extra={"norm.weight": np.full(H, 3, "f4"), "norm.bias": np.zeros(H, "f4")})
write("mask", extra={"extra/mask": np.ones((H, H), "f4"), "h0": np.zeros(H, "f4")})
# the attribute
for name, relu in {"upper": "ReLU", "padded": np.array(b"relu    ", "S8"), "bytes": np.bytes_(b"relu"),
                   "one": ["relu"], "blanks": " Relu\n", "none": None, "tanh": " Tanh "}.items():
    write("says_" + name, relu=relu)
for name, (prefix, root, key, said) in {
        "group": ("module/", None, "module", {"nonlinearity": "tanh"}),
        "other": ("module/", "relu", "module", {"Nonlinearity": "tanh"}),
        "above": ("a/b.", None, "a", {"activation": "tanh"}),
        "dataset": ("", None, "rnn.weight_ih_l0", {"nonlinearity": "tanh"}),
        "capital": ("", None, "/", {"Activation": "tanh"}),
        "relu": ("module/", None, "module", {"activation": "ReLU"})}.items():
    write("says_at_" + name, prefix, relu=root)
    with h5py.File("says_at_" + name + ".h5", "a") as f:
        f[key].attrs.update(said)
# networks over training
for name, epochs in {"counted": [0, 2, 4], "negative": [0, -2, 4], "late": [0, 2, 2000000000]}.items():
    write("snapshots_" + name, extra={"snapshots/" + k: np.zeros((3,) + s, "f4") for k, s in MATRICES.items()}
          | {"snapshots/epoch": epochs})
write("says_several", relu=["relu", "relu"])
write("says_number", relu=1)
# values
for dtype in "f2", "f8", ">f4", ">f8":
    write("type_" + dtype.replace(">", "big_"), dtype=dtype)
copy("type_rounded", round_bfloat16)
copy("type_bfloat16", store_bfloat16, "type_rounded")
copy("bits", lambda f: (f.__delitem__("rnn.weight_hh_l0"), f.__setitem__(
    "rnn.weight_hh_l0", np.full((H, H), 0x3e80, "i2"))))
copy("texts", lambda f: (f.__delitem__("fc.weight"), f.__setitem__("fc.weight", [[b"x"] * H] * K)))
copy("nan", set_value("rnn.weight_hh_l0", (2, 4), np.nan))
copy("infinite", set_value("fc.weight", (1, 5), -np.inf))
write("huge", dtype="f8")
with h5py.File("huge.h5", "a") as f:
    f["rnn.weight_ih_l0"][3, 1] = 1e300
copy("zeros", set_value("rnn.weight_hh_l0", slice(None), 0))
# storage
copy("gzip", store_as(compression="gzip", shuffle=True, fletcher32=True))
copy("lzf", store_as(compression="lzf"))
write("lzf_groups", "net/")
with h5py.File("lzf_groups.h5", "a") as f:
    store_as(compression="lzf")(f["net"])
    f["net"].attrs["activation"] = "relu"
copy("virtual", make_virtual)
copy("dangling", dangle)
copy("link", lambda f: (f.__delitem__("fc.weight"), f.__setitem__(
    "fc.weight", h5py.ExternalLink("plain.h5", "fc.weight"))))
copy("link_on_the_way", lambda f: (f.__setitem__("other", h5py.ExternalLink("plain.h5", "/")), f.__delitem__(
    "fc.weight"), f.__setitem__("fc.weight", h5py.SoftLink("/other/fc.weight"))))
copy("raw", lambda f: (f.__delitem__("fc.weight"), f.create_dataset(
    "fc.weight", (K, H), "f4", external=[("plain.h5", 0, 4 * K * H)])))
if os.fork() == 0:  # killed with the file open for writing
    f = h5py.File("open.h5", "w", libver="latest")
    f["fc.weight"] = np.zeros((K, H), "f4")
    f.flush()
    os._exit(0)
os.wait()
# the heap that holds the text of the attribute: an object of no size, over which HDF5 loops for ever,
# and one that is larger than the file
for name, header in {"loop": bytes(16), "beyond": b"\1\0\1\0\0\0\0\0" + (1 << 27).to_bytes(8, "little")}.items():
    with open("plain.h5", "rb") as f, open(name + ".h5", "wb") as g:
        data = f.read()
        at = data.index(b"GCOL") + 16
        g.write(data[:at] + header + data[at + 16:])
# settings of an export that make no sense
write("settings", run='{"run":0,"key":"x","seed":0,"block":"b","hmm":{"states":-3}}')
write("not_json", run="{")

# what is no HDF5 file
BYTES = {
    "net.pt": b"PK\3\4\0\0\0\0net/data.pkl\x80\2}", "old.pt": b"\x80\2\x8a\nl\xfc\x9cF\xf9 j\xa8P\x19.",
    "w.zip": b"PK\3\4\0\0\0\0w.txt", "w.safetensors": b"\x40\1\0\0\0\0\0\0{\"fc.weight\":{}}",
    "pointer.h5": b"version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 12\n",
    "w.h5.gz": b"\x1f\x8b\x08\0\0\0\0\0", "w.mat": b"MATLAB 5.0 MAT-file, Platform: GLNXA64" + b" " * 90,
    "empty.h5": b"", "words.h5": b"rnn: yes\n", "noise.h5": bytes(range(200, 256)) * 9,
    "w.nc": b"CDF\1" + bytes(60),
}
for name, data in BYTES.items():
    with open(name, "wb") as f:
        f.write(data)
np.savez("w.npz", **{"fc.weight": np.zeros(3)})
np.save("w.npy", np.zeros(3))
with open("plain.h5", "rb") as f, open("cut.h5", "wb") as g:
    g.write(f.read()[:3000])
os.mkfifo("pipe.h5")
os.mkdir("folder.h5")
