"""Reads and writes event formats with libraries of Python.

The arguments are the format, and the schema of the format. Standard input has a JSON list of requests: the
hexadecimal digits of an event to read, or the description of one to write. The output is the list of the results: a
description, or digits.
"""

import json
import sys


class Protobuf:
    """The messages of cloudevents.proto, as the runtime of Protobuf creates them."""

    FIELDS = {
        "Boolean": "ce_boolean",
        "Integer": "ce_integer",
        "String": "ce_string",
        "Binary": "ce_bytes",
        "URI": "ce_uri",
        "URI-reference": "ce_uri_ref",
        "Timestamp": "ce_timestamp",
    }
    REQUIRED = {"id": "id", "source": "source", "specversion": "spec_version", "type": "type"}

    def __init__(self, schema):
        import os
        import tempfile

        import grpc_tools
        from google.protobuf import descriptor_pb2, message_factory
        from grpc_tools import protoc

        folder, name = os.path.split(schema)
        known = os.path.join(os.path.dirname(grpc_tools.__file__), "_proto")
        with tempfile.TemporaryDirectory() as output:
            compiled = os.path.join(output, "set")
            arguments = ["", f"-I{folder}", f"-I{known}", "--include_imports"]
            if protoc.main([*arguments, f"--descriptor_set_out={compiled}", name]) != 0:
                raise SystemExit("the schema is not compiled")
            files = descriptor_pb2.FileDescriptorSet()
            with open(compiled, "rb") as file:
                files.ParseFromString(file.read())
        messages = message_factory.GetMessages(files.file)
        self.event = messages["io.cloudevents.v1.CloudEvent"]
        self.batch = messages["io.cloudevents.v1.CloudEventBatch"]

    def read(self, encoded):
        message = self.event()
        message.ParseFromString(encoded)
        return self.describe(message)

    def read_batch(self, encoded):
        message = self.batch()
        message.ParseFromString(encoded)
        return [self.describe(event) for event in message.events]

    def describe(self, message):
        attributes = {
            name: ["String", getattr(message, field)] for name, field in self.REQUIRED.items()
        }
        types = {field: name for name, field in self.FIELDS.items()}
        for name, value in message.attributes.items():
            field = value.WhichOneof("attr")
            found = getattr(value, field)
            if field == "ce_bytes":
                found = found.hex()
            elif field == "ce_timestamp":
                found = found.ToJsonString()
            attributes[name] = [types[field], found]
        return {"attributes": attributes, "data": self.describe_data(message)}

    def describe_data(self, message):
        field = message.WhichOneof("data")
        if field is None:
            return None
        found = getattr(message, field)
        if field == "text_data":
            return ["text", found]
        if field == "binary_data":
            return ["binary", found.hex()]
        return ["message", found.type_url, found.value.hex()]

    def write(self, description):
        message = self.event()
        self.fill(message, description)
        return message.SerializeToString(deterministic=True)

    def write_batch(self, descriptions):
        message = self.batch()
        for description in descriptions:
            self.fill(message.events.add(), description)
        return message.SerializeToString(deterministic=True)

    def fill(self, message, description):
        for name, (kind, value) in description["attributes"].items():
            if name in self.REQUIRED:
                setattr(message, self.REQUIRED[name], value)
                continue
            entry = message.attributes[name]
            if kind == "Timestamp":
                entry.ce_timestamp.FromJsonString(value)
            elif kind == "Binary":
                entry.ce_bytes = bytes.fromhex(value)
            else:
                setattr(entry, self.FIELDS[kind], value)
        match description["data"]:
            case None:
                pass
            case ["text", text]:
                message.text_data = text
            case ["binary", digits]:
                message.binary_data = bytes.fromhex(digits)
            case ["message", type_url, digits]:
                message.proto_data.type_url = type_url
                message.proto_data.value = bytes.fromhex(digits)


FORMATS = {"protobuf": Protobuf}


def respond(library, request):
    match request:
        case {"read": digits}:
            return library.read(bytes.fromhex(digits))
        case {"read_batch": digits}:
            return library.read_batch(bytes.fromhex(digits))
        case {"write": description}:
            return library.write(description).hex()
        case {"write_batch": descriptions}:
            return library.write_batch(descriptions).hex()


def main():
    library = FORMATS[sys.argv[1]](*sys.argv[2:])
    json.dump([respond(library, request) for request in json.load(sys.stdin)], sys.stdout)


main()
