"""The life of a recording, by a Python client of Microsoft's as it is. Arguments: the call, and where to download to.

The test reads what was recorded as one line of JSON, and answers with the locations of the file event.
"""

import json
import os
import sys
from pathlib import Path

from azure.communication.callautomation import CallAutomationClient
from azure.core.credentials import AzureKeyCredential

server_call_id, target = sys.argv[1:]
client = CallAutomationClient(os.environ["ACS_ENDPOINT"], AzureKeyCredential(os.environ["ACS_ACCESS_KEY"]))

started = client.start_recording(
    server_call_id=server_call_id,
    recording_content_type="audio",
    recording_channel_type="mixed",
    recording_format_type="wav",
)
recording_id = started.recording_id or ""
states = [started.recording_state, client.get_recording_properties(recording_id).recording_state]
client.pause_recording(recording_id)
states.append(client.get_recording_properties(recording_id).recording_state)
client.resume_recording(recording_id)
states.append(client.get_recording_properties(recording_id).recording_state)
client.stop_recording(recording_id)
print(json.dumps({"recordingId": recording_id, "states": states}), flush=True)

locations = json.loads(sys.stdin.readline())
# An HttpResponse, whatever the client's types say: it is no iterable itself.
content = client.download_recording(locations["content"])
Path(target).write_bytes(b"".join(content.iter_bytes()))  # type: ignore[attr-defined]
client.delete_recording(locations["removal"])
