"""The networks in PyTorch."""

import torch
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
