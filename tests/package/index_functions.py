"""Prints, as JSON, the functions that the worker finds in the current folder.

Run by a Python that has the packages of the app and no others, with the folder of the worker library.
"""

import json
import os
import sys
from types import SimpleNamespace

# As on Azure, the worker's packages come after the app's: requirements.txt decides the version of shared ones.
sys.path[:] = [os.getcwd(), *(path for path in sys.path[1:] if path), sys.argv[1]]

from azure_functions_runtime import handle_event
from azure_functions_runtime.bindings.meta import load_binding_registry


class BindingInfo(SimpleNamespace):
    """The only message of the host's protocol whose constants the worker reads."""

    undefined = 0
    out = 1
    inout = 2


setattr(BindingInfo, "in", 0)  # a keyword, so it cannot be written above
load_binding_registry()
handle_event.protos = SimpleNamespace(
    BindingInfo=BindingInfo, RpcFunctionMetadata=SimpleNamespace, RpcRetryOptions=SimpleNamespace
)
found = handle_event.index_functions("function_app.py", os.getcwd())
print(json.dumps(sorted(function.name for function in found)))
