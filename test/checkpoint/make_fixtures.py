"""Writes test/fixtures/checkpoint with the programs whose files the readers must understand.

    apt-get install --no-install-recommends python3-torch python3-h5py python3-protobuf
    /usr/bin/python3 test/checkpoint/make_fixtures.py

Made with Debian 12's torch 1.13.1, h5py 3.7.0 (HDF5 1.10.8) and protobuf 3.21.12. Every number follows from the tensor's
name in this library and its index, see value(); network.ts computes the same, so that the tests compare bit for bit
with no second file of expected values.

    /usr/bin/python3 test/checkpoint/make_fixtures.py FOLDER

writes the CRF-RNN at full width, 538 MB a file, into FOLDER: for measuring, see bench/results/convert.md.
"""

import os
import sys
import zipfile

import h5py
import numpy as np
import torch
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

fixtures = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "fixtures", "checkpoint")
full = len(sys.argv) > 1
folder = sys.argv[1] if full else fixtures
classes = 21 if full else 3
widths = [64, 128, 256, 512, 512] if full else [2, 3, 4, 4, 5]
dense = 4096 if full else 6


def value(name, shape):
    """float32 in [-0.5, 0.5) from 24 bits of a hash of name and index."""
    seed = 2166136261
    for byte in name.encode():
        seed = (seed ^ byte) * 16777619 % 2**32
    index = np.arange(int(np.prod(shape)), dtype=np.uint64)
    bits = (seed + index * 2654435761) % 2**32 >> 8
    return (bits / 2.0**24 - 0.5).astype(np.float32).reshape(shape)


def trunk(depths):
    shapes = {}
    inputs = 3
    for block, depth in enumerate(depths):
        for i in range(depth):
            shapes[f"conv{block + 1}_{i + 1}"] = (widths[block], inputs, 3, 3)
            inputs = widths[block]
    shapes["fc6"] = (dense, inputs, 7, 7)
    shapes["fc7"] = (dense, dense, 1, 1)
    return shapes


vgg16, vgg19 = [2, 2, 3, 3, 3], [2, 2, 4, 4, 4]
head = {
    "score_fr": (classes, dense, 1, 1),
    "upscore2": (classes, classes, 4, 4),
    "score_pool4": (classes, widths[3], 1, 1),
    "upscore_pool4": (classes, classes, 4, 4),
    "score_pool3": (classes, widths[2], 1, 1),
    "upscore8": (classes, classes, 16, 16),
}
transposed = ["upscore2", "upscore_pool4", "upscore8"]
without_bias = ["upscore_pool4", "upscore8"]
crf = ["spatialWeight", "bilateralWeight", "compatibility"]


def network(layers):
    """Weights and biases by our names, our layouts."""
    tensors = {}
    for layer, shape in layers.items():
        tensors[f"{layer}.weight"] = value(f"{layer}.weight", shape)
        if layer not in without_bias:
            outputs = shape[1] if layer in transposed else shape[0]
            tensors[f"{layer}.bias"] = value(f"{layer}.bias", (outputs,))
    return tensors


crf_rnn = network({**trunk(vgg16), **head})
crf_rnn.update({name: value(name, (classes, classes)) for name in crf})

# PyTorch ---------------------------------------------------------------------------------------------------------

torch_crf = {
    "spatialWeight": "crfrnn.spatial_ker_weights",
    "bilateralWeight": "crfrnn.bilateral_ker_weights",
    "compatibility": "crfrnn.compatibility_matrix",
}


class CrfRnn(torch.nn.Module):
    def __init__(self):
        super().__init__()
        for name in torch_crf.values():
            setattr(self, name.split(".")[1], torch.nn.Parameter(torch.empty(classes, classes)))


class Network(torch.nn.Module):
    """A reduced crfasrnn_pytorch, so that the file has what Module.state_dict() puts into it."""

    def __init__(self, layers):
        super().__init__()
        for layer, shape in layers.items():
            kind = torch.nn.ConvTranspose2d if layer in transposed else torch.nn.Conv2d
            inputs, outputs = (shape[0], shape[1]) if layer in transposed else (shape[1], shape[0])
            setattr(self, layer, kind(inputs, outputs, shape[2], bias=layer not in without_bias))
        self.crfrnn = CrfRnn()


def pytorch_state():
    module = Network({**trunk(vgg16), **head})
    state = {torch_crf.get(name, name): torch.from_numpy(array) for name, array in crf_rnn.items()}
    state["crfrnn.compatibility_matrix"] = -state["crfrnn.compatibility_matrix"]
    module.load_state_dict(state)
    return module


def write_pytorch():
    module = pytorch_state()
    torch.save(module.state_dict(), path("crfrnn.pth"))
    torch.save(module.state_dict(), path("crfrnn.legacy.pth"), _use_new_zipfile_serialization=False)
    trainer = {
        "epoch": 7,
        "best_mean_iu": np.float64(0.5),
        "optim_state_dict": {"state": {}, "param_groups": [{"lr": 1e-10, "params": [0, 1]}]},
        "model_state_dict": {f"module.{name}": tensor for name, tensor in module.state_dict().items()},
    }
    torch.save(trainer, path("trainer.pth"))
    torchvision = {}
    for (layer, shape), index in zip(trunk(vgg16).items(), [0, 2, 5, 7, 10, 12, 14, 17, 19, 21, 24, 26, 28, -1, -1]):
        key = {"fc6": "classifier.0", "fc7": "classifier.3"}.get(layer, f"features.{index}")
        weight = value(f"{layer}.weight", shape)
        torchvision[f"{key}.weight"] = torch.from_numpy(weight.reshape(shape[0], -1) if layer in ("fc6", "fc7") else weight)
        torchvision[f"{key}.bias"] = torch.from_numpy(value(f"{layer}.bias", (shape[0],)))
    torchvision["classifier.6.weight"] = torch.zeros(10, dense)
    torchvision["classifier.6.bias"] = torch.zeros(10)
    torch.save(torchvision, path("vgg16.torchvision.pth"))
    for legacy in (False, True):
        ending = ".legacy.pth" if legacy else ".pth"
        torch.save(kinds(), path("kinds" + ending), _use_new_zipfile_serialization=not legacy)


def kinds():
    """Every element type, and every way for a tensor to lie in its storage."""
    base = torch.from_numpy(value("base", (4, 6)))
    return {
        "float64": base.double(),
        "float32": base,
        "float16": base.half(),
        "bfloat16": base.bfloat16(),
        "int64": torch.arange(-3, 3),
        "int32": torch.arange(-3, 3, dtype=torch.int32),
        "int16": torch.arange(-3, 3, dtype=torch.int16),
        "int8": torch.arange(-3, 3, dtype=torch.int8),
        "uint8": torch.arange(250, 256, dtype=torch.uint8),
        "bool": torch.tensor([True, False, True]),
        "scalar": torch.tensor(2.5),
        "empty": torch.zeros(0, 3),
        "row": base[1],
        "transposed": base.t(),
        "every second": base[:, ::2],
        "parameter": torch.nn.Parameter(base * 2),
    }


# Keras -----------------------------------------------------------------------------------------------------------

keras_layers = {
    "score_fr": "score-fr",
    "upscore2": "score2",
    "score_pool4": "score-pool4",
    "upscore_pool4": "score4",
    "score_pool3": "score-pool3",
    "upscore8": "upsample",
}
keras_crf = {
    "spatialWeight": "spatial_ker_weights",
    "bilateralWeight": "bilateral_ker_weights",
    "compatibility": "compatibility_matrix",
}


def keras_weights(tensors):
    """[(layer, [(weight name, array)])] in Keras' layouts: (h, w, in, out), transposed (h, w, out, in)."""
    layers = {}
    for name, array in tensors.items():
        if name in keras_crf:
            layers.setdefault("crfrnn", []).append((f"{keras_crf[name]}:0", array))
            continue
        layer, part = name.split(".")
        layer = keras_layers.get(layer, layer)
        weight = ("kernel", array.transpose(2, 3, 1, 0)) if part == "weight" else ("bias", array)
        layers.setdefault(layer, []).append((f"{layer}/{weight[0]}:0", weight[1]))
    return [("input_1", [])] + [(layer, weights) for layer, weights in layers.items()] + [("dropout_1", [])]


def save_keras(group, layers, split=None, compressed=()):
    """What Keras 2's save_weights_to_hdf5_group does, attribute for attribute."""
    names = [layer.encode() for layer, _ in layers]
    if split:
        for i, start in enumerate(range(0, len(names), split)):
            group.attrs[f"layer_names{i}"] = names[start : start + split]
    else:
        group.attrs["layer_names"] = names
    group.attrs["backend"] = "tensorflow".encode()
    group.attrs["keras_version"] = "2.2.4".encode()
    for layer, weights in layers:
        layer_group = group.create_group(layer)
        layer_group.attrs["weight_names"] = [name.encode() for name, _ in weights]
        for name, array in weights:
            options = {"compression": "gzip", "shuffle": True} if layer in compressed else {}
            layer_group.create_dataset(name, data=np.ascontiguousarray(array), **options)


def keras_vgg(depths):
    weights = []
    for layer, shape in trunk(depths).items():
        key = {"fc6": "fc1", "fc7": "fc2"}.get(layer)
        if key is None:
            block, i = layer[4:].split("_")
            key = f"block{block}_conv{i}"
        # Dense layers see the maps flattened as (height, width, channels).
        kernel = value(f"{layer}.weight", shape).transpose(2, 3, 1, 0)
        kernel = kernel.reshape(-1, shape[0]) if layer in ("fc6", "fc7") else kernel
        weights.append((key, [(f"{key}/kernel:0", kernel), (f"{key}/bias:0", value(f"{layer}.bias", (shape[0],)))]))
    norm = [("norm/gamma:0", np.ones(4, np.float32)), ("norm/moving_mean:0", np.zeros(4, np.float32))]
    top = [("predictions/kernel:0", np.zeros((dense, 10), np.float32)), ("predictions/bias:0", np.zeros(10, np.float32))]
    return weights + [("norm", norm), ("predictions", top)]


def write_keras():
    with h5py.File(path("crfrnn.h5"), "w") as file:
        save_keras(file, keras_weights(crf_rnn))
    with h5py.File(path("crfrnn.model.h5"), "w") as file:
        file.attrs["keras_version"] = "2.2.4"
        file.attrs["model_config"] = "{}"
        save_keras(file.create_group("model_weights"), keras_weights(crf_rnn), split=8, compressed=["upsample", "fc6"])
    with h5py.File(path("vgg16.h5"), "w") as file:
        save_keras(file, keras_vgg(vgg16))
    # Superblock 3 and object headers 2. More than eight layers would go into a fractal heap, which is not read.
    with h5py.File(path("latest.h5"), "w", libver="latest") as file:
        save_keras(file, keras_vgg(vgg16)[:4])
    with h5py.File(path("vgg19.h5"), "w") as file:
        save_keras(file, keras_vgg(vgg19))


# Caffe -----------------------------------------------------------------------------------------------------------


def caffe_messages():
    """The published fields of caffe.proto that a .caffemodel uses, as classes."""
    field = descriptor_pb2.FieldDescriptorProto
    file = descriptor_pb2.FileDescriptorProto(name="caffe.proto", package="caffe", syntax="proto2")

    def message(name, *fields):
        new = file.message_type.add(name=name)
        for number, label, kind, key, options in fields:
            added = new.field.add(name=key, number=number, label=label)
            if isinstance(kind, str):
                added.type, added.type_name = field.TYPE_MESSAGE, f".caffe.{kind}"
            else:
                added.type = kind
            if "packed" in options:
                added.options.packed = options["packed"]

    one, many = field.LABEL_OPTIONAL, field.LABEL_REPEATED
    packed = {"packed": True}
    message("BlobShape", (1, many, field.TYPE_INT64, "dim", packed))
    legacy = [(i + 1, one, field.TYPE_INT32, key, {}) for i, key in enumerate(["num", "channels", "height", "width"])]
    for name, options in (("BlobProto", packed), ("UnpackedBlob", {"packed": False})):
        message(
            name,
            *legacy,
            (5, many, field.TYPE_FLOAT, "data", options),
            (6, many, field.TYPE_FLOAT, "diff", options),
            (7, one, "BlobShape", "shape", {}),
            (8, many, field.TYPE_DOUBLE, "double_data", options),
            (10, one, field.TYPE_INT32, "raw_data_type", {}),
            (12, one, field.TYPE_BYTES, "raw_data", {}),
        )
    text, number = field.TYPE_STRING, field.TYPE_INT32
    layer = [(1, one, text, "name", {}), (2, one, text, "type", {}), (3, many, text, "bottom", {}), (4, many, text, "top", {})]
    message("LayerParameter", *layer, (7, many, "BlobProto", "blobs", {}), (10, one, number, "phase", {}))
    message("UnpackedLayer", *layer, (7, many, "UnpackedBlob", "blobs", {}))
    message(
        "V1LayerParameter",
        (2, many, text, "bottom", {}),
        (3, many, text, "top", {}),
        (4, one, text, "name", {}),
        (5, one, number, "type", {}),
        (6, many, "BlobProto", "blobs", {}),
        (7, many, field.TYPE_FLOAT, "blobs_lr", {}),
    )
    net = [(1, one, text, "name", {}), (3, many, text, "input", {}), (4, many, number, "input_dim", {})]
    message("NetParameter", *net, (2, many, "V1LayerParameter", "layers", {}), (100, many, "LayerParameter", "layer", {}))
    message("UnpackedNet", *net, (100, many, "UnpackedLayer", "layer", {}))
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    factory = message_factory.MessageFactory(pool)
    return {m.name: factory.GetPrototype(pool.FindMessageTypeByName(f"caffe.{m.name}")) for m in file.message_type}


def caffe_layers(names):
    """[(name, kind, [array])]; names maps ours to the net's."""
    layers = {}
    for key, array in crf_rnn.items():
        if key in crf:
            layers.setdefault("inference1", ("MultiStageMeanfield", []))[1].append(array)
            continue
        layer = key.split(".")[0]
        kind = "Deconvolution" if layer in transposed else "Convolution"
        layers.setdefault(names.get(layer, layer), (kind, []))[1].append(array)
    return [(name, kind, arrays) for name, (kind, arrays) in layers.items()]


v1_kinds = {"Convolution": 4, "InnerProduct": 14, "Deconvolution": 39, "MultiStageMeanfield": 40, "ReLU": 18}


def write_caffe():
    messages = caffe_messages()
    write_v1(messages)
    write_vgg(messages)
    write_layers(messages["NetParameter"], "fcn8s.caffemodel", fill_float)
    write_layers(messages["UnpackedNet"], "unpacked.caffemodel", fill_float)
    write_layers(messages["NetParameter"], "double.caffemodel", fill_double)
    write_layers(messages["NetParameter"], "half.caffemodel", fill_half)


def write_v1(messages):
    """As the CRF-RNN release: V1 layers, legacy shapes, names that repeat, gradients left in."""
    net = messages["NetParameter"](name="TVG_CRFRNN", input=["data"], input_dim=[1, 3, 500, 500])
    for name, kind, arrays in caffe_layers(keras_layers):
        shared = name in ("conv1_1", "conv1_2")
        layer = net.layers.add(name="conv1" if shared else name, type=v1_kinds[kind], bottom=["data"], top=[name])
        for array in arrays:
            shape = (1,) * (4 - array.ndim) + array.shape
            blob = layer.blobs.add(num=shape[0], channels=shape[1], height=shape[2], width=shape[3])
            blob.data.extend(array.ravel().tolist())
            if name == "conv1_1":
                blob.diff.extend([0.0] * array.size)
        net.layers.add(name="relu", type=v1_kinds["ReLU"], bottom=[name], top=[name])
    with open(path("crfrnn.v1.caffemodel"), "wb") as file:
        file.write(net.SerializeToString())


def write_vgg(messages):
    """As the VGG-19 release: V1 layers, fully connected ones as (1, 1, outputs, inputs)."""
    net = messages["NetParameter"](name="VGG_ILSVRC_19_layers")
    shapes = {**trunk(vgg19), "fc8": (10, dense, 1, 1)}
    for name, shape in shapes.items():
        full_connection = name in ("fc6", "fc7", "fc8")
        layer = net.layers.add(name=name, type=v1_kinds["InnerProduct" if full_connection else "Convolution"], top=[name])
        weight = (1, 1, shape[0], int(np.prod(shape[1:]))) if full_connection else shape
        for part, dims in (("weight", weight), ("bias", (1, 1, 1, shape[0]))):
            blob = layer.blobs.add(num=dims[0], channels=dims[1], height=dims[2], width=dims[3])
            blob.data.extend(value(f"{name}.{part}", dims).ravel().tolist())
    with open(path("vgg19.caffemodel"), "wb") as file:
        file.write(net.SerializeToString())


def fill_float(blob, array):
    blob.data.extend(array.ravel().tolist())


def fill_double(blob, array):
    blob.double_data.extend(array.ravel().tolist())


def fill_half(blob, array):
    blob.raw_data_type = 2
    blob.raw_data = array.astype(np.float16).tobytes()


def write_layers(kind_of_net, name_of_file, fill):
    """As the berkeley FCN release: string kinds, BlobShape, our names. The two odd layers must be skipped."""
    net = kind_of_net(name="fcn8s", input=["data"])
    for name, kind, arrays in caffe_layers({}):
        layer = net.layer.add(name=name, type=kind, bottom=["data"], top=[name])
        for array in arrays:
            blob = layer.blobs.add()
            blob.shape.dim.extend(array.shape)
            fill(blob, array)
    for name, kind, count in (("norm", "BatchNorm", 3), ("slope", "PReLU", 1)):
        layer = net.layer.add(name=name, type=kind, top=[name])
        for _ in range(count):
            blob = layer.blobs.add()
            blob.shape.dim.append(1)
            fill(blob, np.ones(1, np.float32))
    with open(path(name_of_file), "wb") as file:
        file.write(net.SerializeToString())


def path(name):
    return os.path.join(folder, name)


def write_full():
    torch.save(pytorch_state().state_dict(), path("crfrnn.pth"))
    torch.save(pytorch_state().state_dict(), path("crfrnn.legacy.pth"), _use_new_zipfile_serialization=False)
    with h5py.File(path("crfrnn.h5"), "w") as file:
        save_keras(file, keras_weights(crf_rnn))
    with h5py.File(path("vgg16.h5"), "w") as file:
        save_keras(file, keras_vgg(vgg16))
    write_v1(caffe_messages())


# Hostile files -----------------------------------------------------------------------------------------------------


class Call:
    """Pickles as a call of any function, as in the attacks on torch.load."""

    def __init__(self, function, *values):
        self.reduced = function, values

    def __reduce__(self):
        return self.reduced


def write_hostile():
    # Creates a file named "run" where it is unpickled by a machine that runs what it is told.
    torch.save({"conv1_1.weight": torch.zeros(1), "x": Call(os.system, "touch run")}, path("system.pth"))
    torch.save({"x": Call(eval, "1 + 1")}, path("eval.legacy.pth"), _use_new_zipfile_serialization=False)
    # A good archive, but compressed: 8 MB of zeros in 8 KB.
    torch.save({"zeros": torch.zeros(1 << 21)}, path("bomb.pth"))
    with zipfile.ZipFile(path("bomb.pth")) as stored:
        entries = {entry.filename: stored.read(entry) for entry in stored.infolist()}
    with zipfile.ZipFile(path("bomb.pth"), "w", zipfile.ZIP_DEFLATED) as packed:
        for name, data in entries.items():
            packed.writestr(zipfile.ZipInfo(name), data, zipfile.ZIP_DEFLATED)
    with h5py.File(path("bomb.h5"), "w") as file:
        save_keras(file, [("fc6", [("fc6/kernel:0", np.zeros((1 << 21, 1), np.float32))])], compressed=["fc6"])


os.makedirs(folder, exist_ok=True)
if full:
    write_full()
else:
    write_pytorch()
    write_keras()
    write_caffe()
    write_hostile()
