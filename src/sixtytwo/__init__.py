"""The package of the book."""

import os

# ONNX Runtime would keep an identifier of this machine in the home folder and look up its maker's host. It reads this when it is
# imported; kernels and workers inherit it.
os.environ["ORT_DISABLE_TELEMETRY"] = "1"
