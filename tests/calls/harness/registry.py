"""The list of scenarios. A scenario is an async function of a World whose name is a sentence."""

import importlib
import pathlib

SCENARIOS = {}


def scenario(function=None, *, limit=60):
    """Marks a scenario; `limit` is the most seconds it may take on a busy machine."""
    def mark(f):
        f.limit = limit
        f.sentence = f.__name__.replace("_", " ")
        SCENARIOS[f.__name__] = f
        return f
    return mark(function) if function else mark


def load():
    """Imports every file of scenarios/ and returns all scenarios in the order of the files."""
    folder = pathlib.Path(__file__).resolve().parents[1] / "scenarios"
    for file in sorted(folder.glob("*.py")):
        if file.stem != "__init__":
            importlib.import_module(f"scenarios.{file.stem}")
    return SCENARIOS
