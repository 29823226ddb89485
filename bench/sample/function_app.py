# ruff: noqa: INP001 - a Functions app is a folder, and no package
"""An app like the public samples: one function downloads, uploads and deletes, without proof, catalog or events."""

import logging
import os
import typing

import azure.functions as func
from azure.communication.callautomation import CallAutomationClient
from azure.core.credentials import AzureKeyCredential
from azure.storage.blob import BlobServiceClient

logging.getLogger("azure").setLevel(logging.WARNING)
app = func.FunctionApp()
calls: typing.Any = CallAutomationClient(os.environ["ACS_ENDPOINT"], AzureKeyCredential(os.environ["ACS_ACCESS_KEY"]))
storage = BlobServiceClient.from_connection_string(os.environ["ARCHIVE_STORAGE"])
container = storage.get_container_client(os.environ["ARCHIVE_CONTAINER"])


@app.event_grid_trigger(arg_name="event")
def recording_file_status_updated(event: func.EventGridEvent) -> None:
    """Move every chunk of the recording, and its metadata file."""
    recording = event.subject.rpartition("/")[2]
    found: dict[str, typing.Any] = event.get_json()
    for chunk in found["recordingStorageInfo"]["recordingChunks"]:
        name = f"{recording}/{chunk['documentId']}"
        container.upload_blob(name, calls.download_recording(chunk["contentLocation"]).read(), overwrite=True)
        metadata = calls.download_recording(chunk["metadataLocation"]).read()
        container.upload_blob(f"{name}.json", metadata, overwrite=True)
        calls.delete_recording(chunk["deleteLocation"])
