"""Facts about where a figure was made."""

import sys

from evalkit import __version__, provenance


def test_versions_are_those_installed():
    found = provenance.versions()
    assert found["python"] == ".".join(map(str, sys.version_info[:3]))
    assert found["evalkit"] == __version__
    assert {"torch", "transformers", "numpy"} <= set(found)


def test_the_machine_has_a_name_cores_and_memory():
    found = provenance.machine()
    assert found["cpu"]
    assert found["cores"] == provenance.cores() >= 1
    assert found["memory_bytes"] > 2**28
    assert provenance.machine_class() == f"{found['cpu']} x {found['cores']} cores"


def test_the_command_names_the_program_not_its_place(monkeypatch):
    monkeypatch.setattr(sys, "argv", ["/somewhere/bin/evalkit", "run", "x.yaml"])
    assert provenance.command() == "evalkit run x.yaml"
