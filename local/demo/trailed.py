"""The audit trail of a recording of the demo: verified, and verified again after one byte was changed."""

from typing import Any

from rich.console import Console

from local.demo.talk import DemoFailedError, ask
from local.stack import TRAIL, Stack, wait_for

_TIMEOUT = 60.0


def show_trail(stack: Stack, console: Console, recording_id: str) -> None:
    """Show who did what, and that a changed byte is found; the trail is as it was afterwards."""
    acts: list[dict[str, Any]] = []

    def is_written() -> bool:
        acts[:] = [one for one in ask(stack, "GET", recording_id, "/trail")["trail"] if one.get("what") != "Looked"]
        return all(act["blob"] for act in acts)

    wait_for(is_written, "its trail", _TIMEOUT)
    console.print("The trail of the call that was attested says who did what:")
    console.print(f"  {', '.join(dict.fromkeys(f'{act["what"]} by {act["by"]}' for act in acts))}", soft_wrap=True)
    if not ask(stack, "GET", recording_id, "/trail/verify")["intact"]:
        raise DemoFailedError("the trail is not intact")
    with stack.container(TRAIL) as container:
        blob = container.get_blob_client(acts[1]["blob"])
        content = blob.download_blob().readall()
        blob.upload_blob(content[:-2] + bytes([content[-2] ^ 1]) + content[-1:], overwrite=True)
        found = ask(stack, "GET", recording_id, "/trail/verify")
        blob.upload_blob(content, overwrite=True)
    if found["intact"]:
        raise DemoFailedError("a changed byte was not found")
    (broken,) = found["breaks"]
    console.print("  It verifies. With one byte changed it does not:")
    console.print(f"  of link {broken['number']}, {broken['fault']}")
