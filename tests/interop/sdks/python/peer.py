"""The Python SDK as a peer: describes the events that it receives, and sends events.

It prints the port it listens on, and ends with its standard input.
"""

import base64
import http.client
import json
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

from cloudevents.core.bindings import http as binding
from cloudevents.core.bindings import kafka
from cloudevents.core.v1.event import CloudEvent
from dateutil.parser import isoparse


def describe(event):
    """Describes an event of the SDK as JSON."""
    attributes = dict(event.get_attributes())
    time = attributes.get("time")
    if time is not None:
        attributes["time"] = time.isoformat()
    described = {"attributes": attributes}
    data = event.get_data()
    if isinstance(data, bytes):
        described["data"] = {"base64": base64.b64encode(data).decode()}
    elif data is not None:
        described["data"] = {"json": data}
    return described


def make(described):
    """Builds the described event like a user of the SDK."""
    attributes = dict(described["attributes"])
    if "time" in attributes:
        attributes["time"] = isoparse(attributes["time"])
    data = described.get("data", {})
    if "base64" in data:
        return CloudEvent(attributes, base64.b64decode(data["base64"]))
    return CloudEvent(attributes, data.get("json"))


def understand(message):
    """Decodes the event of a message, in the mode that the SDK detects."""
    return {"events": [describe(binding.from_http_event(message))]}


def send(order):
    """Sends the event of a request. The SDK does not support batches."""
    [described] = order["events"]
    encode = {
        "binary": binding.to_binary_event,
        "structured": binding.to_structured_event,
    }[order["mode"]]
    message = encode(make(described))
    to = urlsplit(order["to"])
    connection = http.client.HTTPConnection(to.hostname, to.port)
    try:
        connection.request("POST", to.path, message.body, message.headers)
        connection.getresponse().read()
    finally:
        connection.close()
    return {"sent": True}


def understand_record(record):
    """Decodes the event of a record of Kafka, in the mode that the SDK detects."""
    decode = base64.b64decode
    key, value = record["key"], record["value"]
    message = kafka.KafkaMessage(
        headers={name: decode(value) for name, value in record["headers"]},
        key=None if key is None else decode(key),
        value=None if value is None else decode(value),
    )
    return {"events": [describe(kafka.from_kafka_event(message))]}


def make_record(order):
    """Encodes an event as a record of Kafka."""
    [described] = order["events"]
    encode = {
        "kafka-binary": kafka.to_binary_event,
        "kafka-structured": kafka.to_structured_event,
    }[order["mode"]]
    message = encode(make(described))

    def text(value):
        if value is None:
            return None
        value = value.encode() if isinstance(value, str) else value
        return base64.b64encode(value).decode()

    headers = [[name, text(value)] for name, value in message.headers.items()]
    return {"record": {"headers": headers, "key": text(message.key), "value": text(message.value)}}


class Peer(BaseHTTPRequestHandler):
    """Responds to requests. An exception of the SDK is a response too."""

    protocol_version = "HTTP/1.1"

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        try:
            if self.path == "/send":
                answer = send(json.loads(body))
            elif self.path == "/kafka/understand":
                answer = understand_record(json.loads(body))
            elif self.path == "/kafka/record":
                answer = make_record(json.loads(body))
            else:
                answer = understand(binding.HTTPMessage(dict(self.headers), body))
        except Exception as error:
            answer = {"error": f"{type(error).__name__}: {error}"}
        answer = json.dumps(answer).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_):
        """Logs no requests, so that standard error only contains errors."""


server = ThreadingHTTPServer(("127.0.0.1", 0), Peer)
threading.Thread(target=server.serve_forever, daemon=True).start()
print(server.server_address[1], flush=True)
sys.stdin.read()
