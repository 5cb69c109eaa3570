"""The networks in PyTorch, and an epoch of their training."""

import torch
from networks import keras_model
from run import BATCH_SIZE
from torch import nn


class Residual(nn.Module):
    """The branches of graph T from the first pooling to the addition."""

    def __init__(self):
        super().__init__()
        self.side = nn.Sequential(nn.Conv2d(32, 64, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2))
        self.main = nn.Sequential(nn.Conv2d(32, 32, 3, padding=1), nn.ReLU(), nn.Conv2d(32, 64, 1), nn.MaxPool2d(2))

    def forward(self, x):
        return self.side(x) + self.main(x)


class Block(nn.Module):
    """The modern network's residual block."""

    def __init__(self, filters):
        super().__init__()
        self.inside = nn.Sequential(nn.Conv2d(filters, filters, 3, padding=1, bias=False), nn.BatchNorm2d(filters))

    def forward(self, x):
        return (x + self.inside(x)).relu()


def torch_model(name) -> nn.Module:
    """The same architecture in PyTorch, for float32 images (n, 1, 28, 28); the output is logits."""

    def block(inputs, outputs):
        return nn.Conv2d(inputs, outputs, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2)

    def head(inputs):
        return nn.Flatten(), nn.Linear(inputs, 128), nn.ReLU(), nn.Dropout(0.3), nn.Linear(128, 62)

    def stage(inputs, outputs, *blocks):
        normalised = nn.Conv2d(inputs, outputs, 3, padding=1, bias=False), nn.BatchNorm2d(outputs), nn.ReLU()
        return *normalised, *blocks, nn.MaxPool2d(2)

    layers = {
        "mlp": lambda: (
            nn.Flatten(),
            *(nn.Linear(784, 200), nn.Sigmoid(), nn.Linear(200, 200), nn.Sigmoid(), nn.Linear(200, 200), nn.Sigmoid()),
            *(nn.Dropout(0.3), nn.Linear(200, 62)),
        ),
        "cnn": lambda: (*block(1, 16), *block(16, 64), *block(64, 64), *head(576)),
        "residual_cnn": lambda: (*block(1, 32), Residual(), nn.MaxPool2d(2), *head(576)),
        "modern_cnn": lambda: (
            *(*stage(1, 32), *stage(32, 64, Block(64)), *stage(64, 160, Block(160)), nn.Flatten(), nn.Dropout(0.3)),
            *(nn.Linear(1440, 256, bias=False), nn.BatchNorm1d(256), nn.ReLU(), nn.Dropout(0.3), nn.Linear(256, 62)),
        ),
    }
    return nn.Sequential(*layers[name]()).to(memory_format=torch.channels_last)


def epoch_of(name, images, labels, mixed=False):
    """A function that trains a fresh network for an epoch in PyTorch eager, with all cores; `mixed` is its autocast to bfloat16.

    All images are tensors in memory, channels last, and Adam is fused.
    """
    model = torch_model(name)
    weights = [*model.parameters(), *(moving for moving in model.buffers() if moving.ndim)]
    assert sum(w.numel() for w in weights) == keras_model(name).count_params()
    x = torch.from_numpy((images / 255).astype("float32"))[:, None].contiguous(memory_format=torch.channels_last)
    y = torch.from_numpy(labels.astype("int64"))
    adam, loss = torch.optim.Adam(model.parameters(), 0.001, fused=True), torch.nn.CrossEntropyLoss()

    def one_epoch():
        for rows in torch.randperm(len(x)).split(BATCH_SIZE):
            adam.zero_grad(set_to_none=True)
            with torch.autocast("cpu", torch.bfloat16, enabled=mixed):
                lost = loss(model(x[rows]), y[rows])
            lost.backward()
            adam.step()

    return one_epoch
