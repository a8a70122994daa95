"""Loads a .pth that this library wrote with torch.load(weights_only=True) and compares it bit for bit with the file
from which it was converted, as torch reads that one: python3 check_pth.py OURS THEIRS."""

import sys

import torch

ours = torch.load(sys.argv[1], weights_only=True)
theirs = torch.load(sys.argv[2])
assert list(ours) == list(theirs), (list(ours), list(theirs))
for name, tensor in theirs.items():
    found = ours[name]
    assert found.dtype == tensor.dtype and found.shape == tensor.shape, name
    assert found.contiguous().numpy().tobytes() == tensor.detach().contiguous().numpy().tobytes(), name
print(f"{len(ours)} tensors are equal, torch {torch.__version__}")
