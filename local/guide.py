"""What `make up` prints: a session to paste, from a call to a quarantined recording and back.

All of it is for a shell, where the prose is comments; a test runs every line.
"""

from local.running import Running

_GUIDE = r"""
# Everything runs. This is a whole session; paste it into another shell, at once
# or line by line:

  APP={app}
  CONTROL={control}
  KEY={key}
  ask() {{ curl -sS --noproxy '*' -w '\n' "$@"; }}
  reaches() {{
    until ask "$APP/recordings/$2?code=$KEY" | grep -q "state\": \"$1\", \"serv"
    do sleep 1; done; }}
  last() {{ grep -o "\"$1\": \"[^\"]*" | tail -n 1 | cut -d'"' -f 4; }}

# A call rings. The control API knows it by its callConnectionId, here CALL_ID:
  ask -X POST $CONTROL/calls
  CALL_ID=$(ask $CONTROL/calls | last callConnectionId)

# It connects: the app hears of it and starts a recording, as its policy says.
  ask -X POST $CONTROL/calls/$CALL_ID/connect
  RECORDING_ID=$(ask $CONTROL/recordings | last recordingId)

# What the app knows about the recording; pause and resume it:
  ask "$APP/recordings/$RECORDING_ID?code=$KEY"
  ask -X POST "$APP/recordings/$RECORDING_ID/pause?code=$KEY"
  ask -X POST "$APP/recordings/$RECORDING_ID/resume?code=$KEY"

# Another recording of the same call, by its serverCallId; stop it:
  SERVER_ID=$(ask $CONTROL/calls | last serverCallId)
  MP3='"content": "audio", "channel": "mixed", "format": "mp3"'
  ask "$APP/recordings?code=$KEY" -d "{{\"serverCallId\": \"$SERVER_ID\", $MP3}}"
  OTHER_ID=$(ask $CONTROL/recordings | last recordingId)
  ask -X POST "$APP/recordings/$OTHER_ID/stop?code=$KEY"
# It is copied, proven, and deleted at the source.
  reaches released $OTHER_ID
  ask "$APP/recordings/$OTHER_ID?code=$KEY"
# Who did what with it, and whether that stands as it was written:
  ask "$APP/recordings/$OTHER_ID/trail?code=$KEY"
  ask "$APP/recordings/$OTHER_ID/trail/verify?code=$KEY"

# Now the service serves other bytes than it recorded, and the call ends. The
# file event comes; the app copies the bytes into quarantine: they are no media.
  ask $CONTROL/faults -d '{{"name": "content_changes", "count": null}}'
  ask -X POST $CONTROL/calls/$CALL_ID/end
# The source stays, and an event is published.
  reaches quarantined $RECORDING_ID
  ask "$APP/recordings/$RECORDING_ID?code=$KEY"
  ask $CONTROL/published

# The service works again; the app checks again by itself.
  ask -X DELETE $CONTROL/faults
  reaches released $RECORDING_ID
  ask "$APP/recordings/$RECORDING_ID?code=$KEY"

# From now on the service redirects to another region, and the app follows:
  ask $CONTROL/faults -d '{{"name": "redirects"}}'

# A call under another rule of the policy, by its operation context. A prompt is
# played to all, then the recording starts; its consent names the prompt:
  ask $CONTROL/calls -d '{{"operationContext": "announced"}}'
  CALL_ID=$(ask $CONTROL/calls | last callConnectionId)
  ask -X POST $CONTROL/calls/$CALL_ID/connect
  until ask $CONTROL/recordings | grep -q $CALL_ID; do sleep 1; done
  RECORDING_ID=$(ask $CONTROL/recordings | last recordingId)
  reaches started $RECORDING_ID
  ask "$APP/recordings/$RECORDING_ID?code=$KEY"

# In this one the caller is asked to press a key, and presses 2 to decline.
# Nothing is recorded, and the call is ended, as its rule says:
  CALLER='"participants": ["4:+15551230001"]'
  ask $CONTROL/calls -d "{{\"operationContext\": \"keypress\", $CALLER}}"
  CALL_ID=$(ask $CONTROL/calls | last callConnectionId)
  PRESSED='{{"rawId": "4:+15551230001", "key": "2"}}'
  ask $CONTROL/calls/$CALL_ID/press -d "$PRESSED"
  ask -X POST $CONTROL/calls/$CALL_ID/connect
  until ask $CONTROL/calls | grep -q '"ended"}}]}}$'; do sleep 1; done

# A token of the local Entra, for the header "Authorization: Bearer TOKEN". Here
# the key is enough. With make up ARGS='--set API_AUTH=both' the app asks for
# both, with API_AUTH=entra for the token alone:
  ask $CONTROL/tokens -d '{{"roles": ["Recording.Operate"]}}'

# All calls, all recordings at the service, and all of its faults:
  ask $CONTROL/calls
  ask $CONTROL/recordings
  ask $CONTROL/faults

"""


def session(running: Running) -> str:
    """The session, with the addresses and the key of a running stack."""
    return _GUIDE.format(app=running.app, key=running.function_key, control=running.control)
