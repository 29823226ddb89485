// The life of a recording, by Microsoft's JavaScript client as it is. Arguments: the call, and where to download to.
// The test reads what was recorded as one line of JSON, and answers with the locations of the file event.

import { createInterface } from "node:readline/promises";
import { CallAutomationClient } from "@azure/communication-call-automation";
import { AzureKeyCredential } from "@azure/core-auth";

const [serverCallId, target] = process.argv.slice(2);
const credential = new AzureKeyCredential(process.env.ACS_ACCESS_KEY);
const client = new CallAutomationClient(process.env.ACS_ENDPOINT, credential).getCallRecording();

const started = await client.start({
  callLocator: { kind: "serverCallLocator", id: serverCallId },
  recordingContent: "audio",
  recordingChannel: "mixed",
  recordingFormat: "wav",
});
const id = started.recordingId;
const state = async () => (await client.getState(id)).recordingState;
const states = [started.recordingState, await state()];
await client.pause(id);
states.push(await state());
await client.resume(id);
states.push(await state());
await client.stop(id);
console.log(JSON.stringify({ recordingId: id, states }));

const input = createInterface({ input: process.stdin });
const { content, removal } = JSON.parse(await input.question(""));
input.close();
await client.downloadToPath(content, target);
await client.delete(removal);
