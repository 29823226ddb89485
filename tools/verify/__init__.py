"""Proves a downloaded or mounted archive against its manifests: `python tools/verify DIR`.

The standard library of any Python from 3.10 on is all it needs. It imports nothing of the app, so that it judges
what the app has written by what is documented, and the folder may be copied to any machine.
"""
