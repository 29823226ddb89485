"""A planned deployment and its resources."""

import json
from dataclasses import dataclass
from functools import cached_property
from typing import Any

Resource = dict[str, Any]


@dataclass(frozen=True)
class Deployment:
    """What a deployment creates: each resource with its id, name and properties, as far as they can be known."""

    name: str
    snapshot: str

    @cached_property
    def resources(self) -> list[Resource]:
        """All of them."""
        return list(json.loads(self.snapshot)["predictedResources"])

    def of(self, kind: str) -> list[Resource]:
        """Those of a type, without the `Microsoft.` in front."""
        return [each for each in self.resources if each["type"] == f"Microsoft.{kind}"]

    def one(self, kind: str, named: str = "") -> Resource:
        """The only one of a type with this in its name."""
        (found,) = (each for each in self.of(kind) if named in each["name"])
        return found

    def settings(self) -> dict[str, str]:
        """The app settings."""
        pairs = self.one("Web/sites")["properties"]["siteConfig"]["appSettings"]
        assert len(pairs) == len({pair["name"] for pair in pairs})
        return {pair["name"]: pair["value"] for pair in pairs}
