// The JavaScript SDK as a peer: describes the events that it receives, and sends events.
//
// It prints the port it listens on, and exits when its standard input is closed.
"use strict";

const http = require("node:http");
const { CloudEvent, HTTP } = require("cloudevents");

/** Properties of an event of the SDK that are no attributes. */
const NOT_ATTRIBUTES = ["data", "data_base64"];

/** Says what the SDK made of an event, in JSON. */
function describe(event) {
  const attributes = {};
  for (const name of Object.getOwnPropertyNames(event)) {
    if (!NOT_ATTRIBUTES.includes(name) && event[name] !== undefined) {
      attributes[name] = event[name];
    }
  }
  if (event.data === undefined) return { attributes };
  const data = ArrayBuffer.isView(event.data)
    ? { base64: Buffer.from(event.data).toString("base64") }
    : { json: event.data };
  return { attributes, data };
}

/** Makes the event that a description asks for, as a user of the SDK would. */
function make({ attributes, data }) {
  const properties = { ...attributes };
  if (data && "base64" in data) properties.data = Uint8Array.from(Buffer.from(data.base64, "base64"));
  if (data && "json" in data) properties.data = data.json;
  return new CloudEvent(properties);
}

/** Gives the SDK text as a string and anything else as bytes, as the body parsers of servers do. */
function bodyFor(contentType, bytes) {
  if (!contentType) return bytes.length === 0 ? undefined : bytes;
  return /^text\/|json|xml/i.test(contentType) ? bytes.toString("utf8") : bytes;
}

/** Reads the event or the events of a message, in the mode that the SDK finds. */
function understand(headers, bytes) {
  const events = HTTP.toEvent({ headers, body: bodyFor(headers["content-type"], bytes) });
  return { events: [events].flat().map(describe) };
}

/** Encodes events; a batch is the array of what the SDK writes for each, since it has no more. */
function encode(mode, events) {
  if (mode === "batch") {
    const headers = { "content-type": "application/cloudevents-batch+json" };
    return { headers, body: JSON.stringify(events) };
  }
  return HTTP[mode](events[0]);
}

/** Sends the events of an order. */
async function send({ mode, to, events }) {
  const { headers, body } = encode(mode, events.map(make));
  const answer = await fetch(to, { method: "POST", headers, body });
  await answer.arrayBuffer();
  return { sent: true };
}

/** Answers what is asked of the peer; an exception of the SDK is an answer too. */
async function answer(request, bytes) {
  try {
    return request.url === "/send"
      ? await send(JSON.parse(bytes.toString("utf8")))
      : understand(request.headers, bytes);
  } catch (error) {
    return { error: `${error.name}: ${error.message}` };
  }
}

const server = http.createServer(async (request, response) => {
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  const body = JSON.stringify(await answer(request, Buffer.concat(chunks)));
  response.setHeader("content-type", "application/json");
  response.end(body);
});
server.listen(0, "127.0.0.1", () => console.log(server.address().port));
process.stdin.resume();
process.stdin.on("end", () => process.exit(0));
