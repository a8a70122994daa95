"""Goes on in PyTorch with a run that crf-rnn train began, over the same data, and leaves a file with which that goes on.

    crf-rnn convert --for torch runs/fcn/checkpoint.safetensors fcn.pth
    torchrun --nproc-per-node 2 train.py fcn.pth --data photos --steps 400
    crf-rnn convert fcn.pth runs/fcn/checkpoint.safetensors
    crf-rnn train … --out runs/fcn --resume

It trains FCN-8s with the run's own loss, optimizer, rates and schedule. Images come in an order of its own, and are not augmented. Needs
torch 1.12 or later, numpy and Pillow.
"""

import argparse
import json
import os

import numpy as np
import torch
import torch.distributed as distributed
import torch.nn as nn
import torch.nn.functional as F
from PIL import Image

MEAN = np.array([104.00698793, 116.66876762, 122.67891434], dtype=np.float32)  # of blue, green, red
VOID = 255
BLOCKS = [2, 2, 3, 3, 3]


class Fcn8s(nn.Module):
    """FCN-8s with the names of crf-rnn, pytorch-fcn and crfasrnn_pytorch, as wide as the tensors of a state dictionary."""

    def __init__(self, state, dropout, scales):
        super().__init__()
        self.dropout, self.scales = dropout, scales
        for name, weight in state.items():
            layer, part = name.rsplit(".", 1)
            if part != "weight":
                continue
            bias = f"{layer}.bias" in state
            outputs, inputs, size = weight.shape[:3]
            if layer.startswith("upscore"):  # whose weights have the inputs first
                module = nn.ConvTranspose2d(outputs, inputs, size, stride=size // 2, bias=bias)
            else:
                module = nn.Conv2d(inputs, outputs, size, padding={"conv1_1": 100}.get(layer, int(size == 3)), bias=bias)
            self.add_module(layer, module)
        self.load_state_dict(state)

    def forward(self, image):
        h, pools = image, {}
        for block, convolutions in enumerate(BLOCKS, 1):
            for i in range(1, convolutions + 1):
                h = F.relu(getattr(self, f"conv{block}_{i}")(h))
            h = pools[block] = F.max_pool2d(h, 2, stride=2, ceil_mode=True)
        for layer in (self.fc6, self.fc7):
            h = F.dropout(F.relu(layer(h)), self.dropout, self.training)
        h = self.upscore2(self.score_fr(h))
        h = h + crop(self.score_pool4(self.scales[0] * pools[4]), 5, h)
        h = self.upscore_pool4(h)
        h = h + crop(self.score_pool3(self.scales[1] * pools[3]), 9, h)
        return crop(self.upscore8(h), 31, image)


def crop(scores, offset, like):
    height, width = like.shape[2:]
    return scores[:, :, offset : offset + height, offset : offset + width]


def items_of(folder, split):
    with open(os.path.join(folder, "manifest.json")) as file:
        manifest = json.load(file)
    if any("value" in one for one in manifest["classes"]):
        raise SystemExit("train.py: expected label maps with the numbers of the classes, got a manifest with values")
    return [item for item in manifest["items"] if item["split"] == split]


def sample_of(folder, item):
    image = np.asarray(Image.open(os.path.join(folder, item["image"])).convert("RGB"), dtype=np.float32)
    mask = Image.open(os.path.join(folder, item["mask"]))
    if mask.mode not in ("P", "L"):
        raise SystemExit(f"train.py: {item['mask']}: expected a palette or gray PNG, got one of mode {mask.mode}")
    pixels = np.ascontiguousarray((image[:, :, ::-1] - MEAN).transpose(2, 0, 1))
    return torch.from_numpy(pixels)[None], torch.from_numpy(np.asarray(mask).astype(np.int64))[None]


def rate_at(step, optimizer):
    """The rate of a step, the first being 0, as `crf-rnn train` has it."""
    rate, schedule = optimizer["rate"], optimizer["schedule"]
    kind = schedule["kind"]
    if kind == "step":
        rate *= schedule["factor"] ** (step // schedule["every"])
    elif kind == "poly":
        rate *= max(0, 1 - step / schedule["steps"]) ** schedule["power"]
    elif kind == "cosine":
        rate *= (1 + np.cos(np.pi * min(1, step / schedule["steps"]))) / 2
    warm = optimizer.get("warmUp")
    return float(rate * min(1, (step + 1) / warm) if warm else rate)


def set_rate(optimizer, rate):
    """Caffe's velocity keeps the rate of its day, so the buffer, which PyTorch multiplies by today's, is divided by it."""
    for group in optimizer.param_groups:
        former, group["lr"] = group["lr"], rate * group["factor"]
        for parameter in group["params"] if group["lr"] != former else []:
            buffer = optimizer.state[parameter].get("momentum_buffer")
            if buffer is not None and group["lr"] > 0:
                buffer.mul_(former / group["lr"])


def optimizer_of(network, kind, kept):
    parameters = dict(network.named_parameters())
    for parameter in parameters.values():
        parameter.requires_grad_(False)
    groups = []
    for group in kept["param_groups"]:
        own = [parameters[name].requires_grad_(True) for name in group["names"]]
        groups.append({"params": own, "lr": group["lr"]})
    kinds = {"adam": torch.optim.Adam, "adamw": torch.optim.AdamW, "sgd": torch.optim.SGD}
    optimizer = kinds[kind](groups, lr=groups[0]["lr"])
    optimizer.load_state_dict(kept)  # which brings names, factors and decays along
    return optimizer


def load(file):
    # Before version 2, torch takes numbers for code where it is to read weights only.
    words = {"weights_only": True} if int(torch.__version__.split(".")[0]) >= 2 else {}
    return torch.load(file, map_location="cpu", **words)


def loss_of(scores, labels, kind):
    if kind not in ("sum", "mean"):
        raise SystemExit(f"train.py: expected a run with --loss sum or mean, got {kind}")
    return F.cross_entropy(scores, labels, ignore_index=VOID, reduction=kind)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("run", help="what crf-rnn convert --for torch wrote; the result takes its place")
    parser.add_argument("--data", required=True, help="a folder with manifest.json")
    parser.add_argument("--steps", required=True, type=int, help="steps in all, those before included")
    words = parser.parse_args()

    rank, ranks = int(os.environ.get("RANK", 0)), int(os.environ.get("WORLD_SIZE", 1))
    if ranks > 1:
        distributed.init_process_group("nccl" if torch.cuda.is_available() else "gloo")
    device = torch.device("cuda", int(os.environ.get("LOCAL_RANK", 0))) if torch.cuda.is_available() else "cpu"

    run = load(words.run)
    metadata = run["crf_rnn"]["metadata"]
    configuration = json.loads(metadata["configuration"])
    if configuration["stage"] != "fcn8s":
        raise SystemExit(f"train.py: expected a run of stage fcn8s, got {configuration['stage']}")
    if "classWeights" in configuration:
        raise SystemExit("train.py: expected a run without --class-weights, got one with them")
    options = configuration["network"]
    scales = (0.01, 0.0001) if options["scales"] == "at-once" else (1, 1)
    network = Fcn8s(run["model_state_dict"], options["dropout"], scales).to(device)
    optimizer = optimizer_of(network, configuration["optimizer"]["kind"], run["optimizer_state_dict"])
    learned = [parameter for group in optimizer.param_groups for parameter in group["params"]]
    items, batch = items_of(words.data, "train"), configuration["batch"]

    for step in range(int(metadata["step"]), words.steps):
        set_rate(optimizer, rate_at(step, configuration["optimizer"]))
        total = torch.zeros((), device=device)
        for draw in range(step * batch + rank, (step + 1) * batch, ranks):
            # The order of an epoch, and what is dropped, follow from the seed and the number of the draw, on any number of processes.
            order = np.random.RandomState([configuration["seed"], draw // len(items)]).permutation(len(items))
            torch.manual_seed(configuration["seed"] * 1_000_003 + draw)
            image, labels = sample_of(words.data, items[order[draw % len(items)]])
            loss = loss_of(network(image.to(device)), labels.to(device), configuration["loss"])
            loss.backward()
            total += loss.detach()
        for parameter in learned:
            if parameter.grad is None:
                parameter.grad = torch.zeros_like(parameter)
            if ranks > 1:
                distributed.all_reduce(parameter.grad)
        if ranks > 1:
            distributed.all_reduce(total)
        if configuration["optimizer"].get("clip") is not None:
            nn.utils.clip_grad_norm_(learned, configuration["optimizer"]["clip"])
        optimizer.step()
        optimizer.zero_grad()
        if rank == 0:
            print(f"step {step + 1}: loss {total.item():.6g}", flush=True)

    if rank == 0:
        run["model_state_dict"] = {name: tensor.cpu() for name, tensor in network.state_dict().items()}
        run["optimizer_state_dict"] = optimizer.state_dict()
        metadata["step"] = str(max(words.steps, int(metadata["step"])))
        torch.save(run, f"{words.run}.new")
        os.replace(f"{words.run}.new", words.run)
    if ranks > 1:
        distributed.destroy_process_group()


if __name__ == "__main__":
    main()
