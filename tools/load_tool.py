"""Loads a tool of this folder as a module, for its tests: the tools are commands and their files have no extension."""

import importlib.machinery
import importlib.util
import pathlib
import sys


def load_tool(name):
    path = pathlib.Path(__file__).resolve().parent / name
    sys.dont_write_bytecode = True
    loader = importlib.machinery.SourceFileLoader(name, str(path))
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader(name, loader))
    loader.exec_module(module)
    return module
