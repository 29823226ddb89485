"""What `make up` prints: a whole session, from a call to a recording in quarantine and back, to be pasted.

Each indented line is one for a shell, and a test runs them all. Where it says until "…", the line that follows is run
again until it answers so.
"""

from local.running import Running

_GUIDE = r"""
Everything runs. This is a whole session; paste its lines into another shell:

  APP={app} CONTROL={control} KEY={key}
  ask() {{ curl -sS --noproxy '*' -w '\n' "$@"; }}
  last() {{ grep -o "\"$1\": \"[^\"]*" | tail -n 1 | cut -d'"' -f 4; }}

A call rings. CALL_ID is its callConnectionId, by which the control API knows it:
  ask -X POST $CONTROL/calls
  CALL_ID=$(ask $CONTROL/calls | last callConnectionId)

It connects: the app hears of it, and starts a recording of RECORDING_OUTPUT.
  ask -X POST $CONTROL/calls/$CALL_ID/connect
  RECORDING_ID=$(ask $CONTROL/recordings | last recordingId)

What the app says of the recording; pause and resume it:
  ask "$APP/recordings/$RECORDING_ID?code=$KEY"
  ask -X POST "$APP/recordings/$RECORDING_ID/pause?code=$KEY"
  ask -X POST "$APP/recordings/$RECORDING_ID/resume?code=$KEY"

Another recording of the call, which is connected, by its serverCallId; stop it:
  SERVER_CALL_ID=$(ask $CONTROL/calls | last serverCallId)
  OUTPUT='"content": "audio", "channel": "mixed", "format": "mp3"'
  ask "$APP/recordings?code=$KEY" -d "{{\"serverCallId\": \"$SERVER_CALL_ID\", $OUTPUT}}"
  OTHER_ID=$(ask $CONTROL/recordings | last recordingId)
  ask -X POST "$APP/recordings/$OTHER_ID/stop?code=$KEY"
until "released": it is copied, proven, and deleted at the source.
  ask "$APP/recordings/$OTHER_ID?code=$KEY"

Now the service serves other bytes than it recorded, and the call ends. The file
event comes, the app copies what it gets, and keeps it apart, as it is no media.
  ask $CONTROL/faults -d '{{"name": "content_changes", "count": null}}'
  ask -X POST $CONTROL/calls/$CALL_ID/end
until "quarantined": the source is kept, and a person is told by an event.
  ask "$APP/recordings/$RECORDING_ID?code=$KEY"
  ask $CONTROL/published

The service is well again; the app looks again by itself.
  ask -X DELETE $CONTROL/faults
until "released":
  ask "$APP/recordings/$RECORDING_ID?code=$KEY"

All calls, all recordings at the service, and all that can go wrong there:
  ask $CONTROL/calls
  ask $CONTROL/recordings
  ask $CONTROL/faults

"""


def session(running: Running) -> str:
    """The session, with the addresses and the key of a running stack."""
    return _GUIDE.format(app=running.app, key=running.function_key, control=running.control)
