"""Another client of RabbitMQ, with messages that are made by hand from the AMQP binding.

    rabbitmq.py URL EXCHANGE send
    rabbitmq.py URL EXCHANGE disturb
    rabbitmq.py URL EXCHANGE receive QUEUE NUMBER

`send` publishes the event of the tests in every form, and `disturb` with properties that few clients
can read. `receive` takes messages from a queue, and prints each as one line of JSON, with the types
of the headers.
"""

import datetime
import json
import struct
import sys

import pika

ATTRIBUTES = {
    "specversion": "1.0",
    "source": "/pika",
    "type": "co.outcome.order.placed",
    "subject": "é %41",
    "attempt": 7,
    "flag": True,
}
BODY = json.dumps({"total": 1250}).encode()
TIME = datetime.datetime(2026, 1, 31, 9, 30, tzinfo=datetime.timezone.utc)


def events():
    """The properties and the body of each form of the event, by its id."""
    for name, prefix in [("colon", "cloudEvents:"), ("underscore", "cloudEvents_")]:
        headers = {prefix + key: value for key, value in ATTRIBUTES.items()}
        headers |= {prefix + "id": name, prefix + "time": TIME}
        yield pika.BasicProperties(content_type="application/json", headers=headers), BODY
    attributes = ATTRIBUTES | {"id": "structured", "time": "2026-01-31T09:30:00Z"}
    body = json.dumps(attributes | {"datacontenttype": "application/json", "data": json.loads(BODY)})
    yield pika.BasicProperties(content_type="application/cloudevents+json; charset=UTF-8"), body.encode()


def send(channel, exchange):
    channel.confirm_delivery()
    for properties, body in events():
        channel.basic_publish(exchange, ATTRIBUTES["type"], body, properties, mandatory=True)


def nested(depth):
    """Headers of which each is a table with the next one."""
    levels = reversed(range(depth))
    return b"".join(b"\x01xF" + struct.pack(">I", 7 * level) for level in levels)


def disturb(channel, exchange):
    encode_table = pika.data.encode_table

    def encode_deep_table(pieces, table):
        encoded = []
        encode_table(encoded, table)
        entries = b"".join(encoded)[4:] + nested(10_000)
        pieces.append(struct.pack(">I", len(entries)) + entries)
        return 4 + len(entries)

    channel.confirm_delivery()
    for properties, body in list(events())[:2]:
        # As clients in C do, which know nothing of encodings.
        properties.correlation_id = properties.app_id = b"\xff\x00\xfe"
        properties.headers[b"\xe9".decode("latin-1")] = "x"
        pika.data.encode_table = encode_deep_table
        channel.basic_publish(exchange, ATTRIBUTES["type"], body, properties, mandatory=True)
        pika.data.encode_table = encode_table
        channel.basic_publish(exchange, b"co.outcome.order.placed.\xff", body, properties, mandatory=True)


def receive(channel, queue, number):
    for method, properties, body in channel.consume(queue, inactivity_timeout=30):
        if method is None:
            raise TimeoutError("no message")
        headers = {
            name: [type(value).__name__, value if isinstance(value, (bool, int, str)) else str(value)]
            for name, value in properties.headers.items()
        }
        message = {"content_type": properties.content_type, "headers": headers, "body": body.decode()}
        print(json.dumps(message, sort_keys=True), flush=True)
        channel.basic_ack(method.delivery_tag)
        number -= 1
        if number == 0:
            return


def main(url, exchange, command, *arguments):
    connection = pika.BlockingConnection(pika.URLParameters(url))
    channel = connection.channel()
    if command == "send":
        send(channel, exchange)
    elif command == "disturb":
        disturb(channel, exchange)
    else:
        queue, number = arguments
        receive(channel, queue, int(number))
    connection.close()


main(*sys.argv[1:])
