"""Reads and writes event formats with libraries of Python.

The arguments are the format, and the schema of the format. Standard input has a JSON list of requests: the
hexadecimal digits of an event to read, or the description of one to write. The output is the list of the results: a
description, or digits.
"""

import base64
import io
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


class Xml:
    """The elements of the XML format, by the parser and the writer of the standard library."""

    EVENTS = "http://cloudevents.io/xmlformat/V1"
    INSTANCE = "http://www.w3.org/2001/XMLSchema-instance"
    SCHEMA = "http://www.w3.org/2001/XMLSchema"
    TYPES = {
        "Boolean": "ce:boolean",
        "Integer": "ce:integer",
        "String": "ce:string",
        "Binary": "ce:binary",
        "URI": "ce:uri",
        "URI-reference": "ce:uriRef",
        "Timestamp": "ce:timestamp",
    }
    CORE = {"time": "Timestamp", "dataschema": "URI"}
    WITHOUT_TYPE = ["id", "source", "type", "subject", "time", "datacontenttype", "dataschema"]

    def __init__(self):
        from xml.etree import ElementTree

        self.tree = ElementTree
        for prefix, namespace in [
            ("", self.EVENTS),
            ("xsi", self.INSTANCE),
            ("geo", "urn:geo"),
        ]:
            ElementTree.register_namespace(prefix, namespace)

    def name(self, local):
        return f"{{{self.EVENTS}}}{local}"

    def read(self, encoded):
        root = self.tree.fromstring(encoded)
        assert root.tag == self.name("event"), root.tag
        return self.describe(root)

    def read_batch(self, encoded):
        root = self.tree.fromstring(encoded)
        assert root.tag == self.name("batch"), root.tag
        return [self.describe(event) for event in root]

    def describe(self, event):
        attributes = {"specversion": ["String", event.attrib["specversion"]]}
        data = None
        for element in event:
            local = element.tag.removeprefix(f"{{{self.EVENTS}}}")
            kind = element.get(f"{{{self.INSTANCE}}}type")
            if local == "data":
                data = self.describe_data(element, kind)
                continue
            types = {written: name for name, written in self.TYPES.items()}
            kind = types[kind] if kind else self.CORE.get(local, "String")
            value = element.text or ""
            match kind:
                case "Boolean":
                    value = {"true": True, "false": False}[value]
                case "Integer":
                    value = int(value)
                case "Binary":
                    value = base64.b64decode(value, validate=True).hex()
            attributes[local] = [kind, value]
        return {"attributes": attributes, "data": data}

    def describe_data(self, element, kind):
        match kind:
            case "xs:string":
                return ["text", element.text or ""]
            case "xs:base64Binary":
                return ["binary", base64.b64decode(element.text or "", validate=True).hex()]
            case "xs:any":
                (child,) = element
                text = self.tree.tostring(child, encoding="unicode")
                return ["element", self.tree.canonicalize(text)]
        raise ValueError(kind)

    def write(self, description):
        return self.encode(self.element(description))

    def write_batch(self, descriptions):
        batch = self.tree.Element(self.name("batch"))
        batch.extend(self.element(description) for description in descriptions)
        return self.encode(batch)

    def encode(self, root):
        # The names in `xsi:type` are text for this library, which declares what names use.
        root.set("xmlns:xs", self.SCHEMA)
        text = self.tree.tostring(root, encoding="UTF-8", xml_declaration=True)
        # The library does not escape this character in text, so parsers would read a line feed.
        return text.replace(b"\r", b"&#13;")

    def element(self, description):
        attributes = dict(description["attributes"])
        _, version = attributes.pop("specversion")
        event = self.tree.Element(self.name("event"), specversion=version)
        for name, (kind, value) in attributes.items():
            element = self.tree.SubElement(event, self.name(name))
            if name not in self.WITHOUT_TYPE:
                element.set(f"{{{self.INSTANCE}}}type", self.TYPES[kind])
            match kind:
                case "Boolean":
                    value = "true" if value else "false"
                case "Integer":
                    value = str(value)
                case "Binary":
                    value = base64.b64encode(bytes.fromhex(value)).decode()
            element.text = value
        if description["data"] is not None:
            self.add_data(event, *description["data"])
        return event

    def add_data(self, event, kind, value):
        element = self.tree.SubElement(event, self.name("data"))
        types = {"text": "xs:string", "binary": "xs:base64Binary", "element": "xs:any"}
        element.set(f"{{{self.INSTANCE}}}type", types[kind])
        match kind:
            case "text":
                element.text = value
            case "binary":
                element.text = base64.b64encode(bytes.fromhex(value)).decode()
            case "element":
                element.append(self.tree.fromstring(value))


class Avro:
    """The record of cloudevents.avsc, as fastavro reads and writes it."""

    CORE = {"time": "Timestamp", "dataschema": "URI"}
    TYPES = {bool: "Boolean", int: "Integer", str: "String", bytes: "Binary"}

    def __init__(self, schema):
        import fastavro

        self.avro = fastavro
        with open(schema, encoding="utf-8") as file:
            self.schema = fastavro.parse_schema(json.load(file))

    def read(self, encoded):
        rest = io.BytesIO(encoded)
        record = self.avro.schemaless_reader(rest, self.schema, None)
        assert rest.read() == b"", "bytes follow the record"
        attributes = {}
        for name, value in record["attribute"].items():
            kind = self.CORE.get(name, self.TYPES[type(value)])
            attributes[name] = [kind, value.hex() if kind == "Binary" else value]
        match record["data"]:
            case None:
                data = None
            case str(text):
                data = ["text", text]
            case bytes(found):
                data = ["binary", found.hex()]
            case value:
                data = ["value", value]
        return {"attributes": attributes, "data": data}

    def write(self, description):
        attributes = {
            name: bytes.fromhex(value) if kind == "Binary" else value
            for name, (kind, value) in description["attributes"].items()
        }
        match description["data"]:
            case None:
                data = None
            case ["text", text]:
                data = text
            case ["binary", digits]:
                data = bytes.fromhex(digits)
            case ["value", value]:
                # The schema has no integers in data.
                data = float(value) if type(value) is int else value
                # A JSON value has its content type, which is not needed here.
                attributes.pop("datacontenttype")
        encoded = io.BytesIO()
        self.avro.schemaless_writer(encoded, self.schema, {"attribute": attributes, "data": data})
        return encoded.getvalue()


FORMATS = {"avro": Avro, "protobuf": Protobuf, "xml": Xml}


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
