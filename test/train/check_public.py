"""Loads state dictionaries, strictly, into modules with the layers of pytorch-fcn's FCN8s, crfasrnn_pytorch's Fcn8s and its CrfRnnNet, but with
few channels: python3 check_public.py CHANNELS CLASSES FCN8S FCN8S_OF_CRFASRNN CRFRNNNET."""

import sys

import torch
import torch.nn as nn

channels, classes = int(sys.argv[1]), int(sys.argv[2])


def network(bias, crf):
    module = nn.Module()
    inputs = 3
    for block, count in enumerate([2, 2, 3, 3, 3], 1):
        for i in range(1, count + 1):
            module.add_module(f"conv{block}_{i}", nn.Conv2d(inputs, channels, 3))
            inputs = channels
    for name, outputs, size in [("fc6", channels, 7), ("fc7", channels, 1)]:
        module.add_module(name, nn.Conv2d(channels, outputs, size))
    for name in ["score_fr", "score_pool3", "score_pool4"]:
        module.add_module(name, nn.Conv2d(channels, classes, 1))
    for name, size, stride, own in [("upscore2", 4, 2, bias), ("upscore8", 16, 8, False), ("upscore_pool4", 4, 2, False)]:
        module.add_module(name, nn.ConvTranspose2d(classes, classes, size, stride=stride, bias=own))
    if crf:
        module.crfrnn = nn.Module()
        for name in ["spatial_ker_weights", "bilateral_ker_weights", "compatibility_matrix"]:
            module.crfrnn.register_parameter(name, nn.Parameter(torch.eye(classes)))
    return module


for file, bias, crf in zip(sys.argv[3:], [False, True, True], [False, False, True]):
    network(bias, crf).load_state_dict(torch.load(file, weights_only=True))
print(f"{len(sys.argv) - 3} loaded, torch {torch.__version__}")
