"""JupyterLab runs the notebooks on the kernel of this environment, whatever kernels and settings a reader's machine has."""

import json
import os
import re
import subprocess
import sys
import threading

import pytest
from conftest import ROOT

from sixtytwo.report import lab

CODE = """import sys
from IPython import get_ipython
print(sys.executable, get_ipython().ast_node_interactivity, "foreign" in vars(), sep="\\n")
"""
RUN = f"""
from jupyter_client.manager import start_new_kernel
manager, client = start_new_kernel(kernel_name="python3")
client.execute_interactive({CODE!r})
client.stop_channels()
manager.shutdown_kernel()
"""


@pytest.fixture
def foreign(tmp_path):
    """The variables of somebody whose `python3` is another program, and whose IPython runs code of its own at its start."""
    kernel = {"argv": ["/bin/false", "{connection_file}"], "display_name": "Python 3", "language": "python"}
    for name in ("python3", "theirs"):
        folder = tmp_path / "jupyter" / "kernels" / name
        folder.mkdir(parents=True)
        (folder / "kernel.json").write_text(json.dumps(kernel), encoding="utf-8")
    profile = tmp_path / "ipython" / "profile_default"
    profile.mkdir(parents=True)
    config = "c.InteractiveShellApp.exec_lines = ['foreign = 1']\nc.InteractiveShell.ast_node_interactivity = 'all'\n"
    (profile / "ipython_config.py").write_text(config, encoding="utf-8")
    (tmp_path / "startup.py").write_text("foreign = 1\n", encoding="utf-8")
    own = {name: value for name, value in os.environ.items() if not name.startswith("JUPYTER")}
    own |= {"JUPYTER_PATH": str(tmp_path / "jupyter"), "IPYTHONDIR": str(tmp_path / "ipython"), "HOME": str(tmp_path)}
    return own | {"PYTHONSTARTUP": str(tmp_path / "startup.py"), "PYTHONPATH": str(ROOT / "src")}


def test_kernel_is_that_of_this_environment_without_settings_of_theirs(foreign):
    program = f"import os\nfrom sixtytwo.report import lab\nos.environ.update(lab.environment())\n{RUN}"
    done = subprocess.run([sys.executable, "-c", program], env=foreign, capture_output=True, text=True, check=False)
    assert done.stdout.splitlines() == [sys.executable, "last_expr", "False"], done.stderr


def test_kernels_of_theirs_can_be_chosen(foreign, monkeypatch):
    monkeypatch.setenv("JUPYTER_PATH", foreign["JUPYTER_PATH"])
    own, theirs = lab.environment()["JUPYTER_PATH"].split(os.pathsep)
    assert own.startswith(sys.prefix) and theirs == foreign["JUPYTER_PATH"]


def test_lab_opens_the_notebooks(foreign, tmp_path):
    command = [sys.executable, "-m", "sixtytwo.report.command", "lab"]
    config = tmp_path / ".jupyter" / "jupyter_server_config.py"
    config.parent.mkdir()
    config.write_text("c.ServerApp.open_browser = False\nc.ServerApp.port = 0\n", encoding="utf-8")
    running = subprocess.Popen(command, env=foreign, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    stuck = threading.Timer(100, running.kill)
    stuck.start()
    try:
        lines = []
        for line in running.stderr:
            lines.append(line)
            if re.search(r"http://(127\.0\.0\.1|localhost):\d+/lab", line):
                break
        assert (
            "Serving notebooks from local directory" in (said := "".join(lines)) and "/notebooks" in said and "http://" in said
        )
    finally:
        stuck.cancel()
        running.kill()
        running.communicate()
