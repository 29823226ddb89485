"""Proves a downloaded or mounted archive against its manifests: `python tools/verify DIR`.

It needs only the standard library of Python 3.10 or later. It imports nothing of the app: it checks the app's output
against the documented format, and its folder can be copied to any machine.
"""
