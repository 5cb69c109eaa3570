"""The kernel of chapters: the Python of this process, whatever kernels and settings a reader's machine has."""

import sys

from jupyter_client import AsyncKernelManager
from jupyter_client.kernelspec import KernelSpec

from sixtytwo.base import surroundings


def own_kernel(folder) -> type[AsyncKernelManager]:
    """The class of kernels (for nbclient) that look for IPython's settings in an empty folder, which they may write to."""
    settings = surroundings.of_kernels() | {"IPYTHONDIR": str(folder)}
    argv = [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"]

    class OwnKernel(AsyncKernelManager):
        kernel_spec = KernelSpec(argv=argv, env=settings, display_name="Python 3", language="python")

    return OwnKernel
