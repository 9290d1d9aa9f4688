"""Receives OTLP over HTTP, and appends a line of JSON to a file for each span and data point.

It prints its port. The file is named by the only argument.
"""

import json
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import (
    ExportMetricsServiceRequest,
    ExportMetricsServiceResponse,
)
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)
from opentelemetry.proto.trace.v1.trace_pb2 import Span, Status

LOCK = threading.Lock()


def value_of(value):
    kind = value.WhichOneof("value")
    if kind == "array_value":
        return [value_of(each) for each in value.array_value.values]
    return getattr(value, kind) if kind else None


def attributes_of(attributes):
    return {each.key: value_of(each.value) for each in attributes}


def spans(request):
    for resource in request.resource_spans:
        for scope in resource.scope_spans:
            for span in scope.spans:
                yield {
                    "span": span.name,
                    "trace_id": span.trace_id.hex(),
                    "id": span.span_id.hex(),
                    "parent_id": span.parent_span_id.hex(),
                    "kind": Span.SpanKind.Name(span.kind),
                    "status": Status.StatusCode.Name(span.status.code),
                    "state": span.trace_state,
                    "attributes": attributes_of(span.attributes),
                    "events": [
                        {"name": event.name, "attributes": attributes_of(event.attributes)}
                        for event in span.events
                    ],
                    "links": [
                        {"trace_id": link.trace_id.hex(), "id": link.span_id.hex()}
                        for link in span.links
                    ],
                }


def points(request):
    for resource in request.resource_metrics:
        for scope in resource.scope_metrics:
            for metric in scope.metrics:
                kind = metric.WhichOneof("data")
                for point in getattr(metric, kind).data_points:
                    if kind == "histogram":
                        number = point.count
                    else:
                        number = getattr(point, point.WhichOneof("value"))
                    yield {
                        "metric": metric.name,
                        "unit": metric.unit,
                        "kind": kind,
                        "value": number,
                        "sum": point.sum if kind == "histogram" else None,
                        "attributes": attributes_of(point.attributes),
                    }


ROUTES = {
    "/v1/traces": (ExportTraceServiceRequest, ExportTraceServiceResponse, spans),
    "/v1/metrics": (ExportMetricsServiceRequest, ExportMetricsServiceResponse, points),
}


class Receiver(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        body = self.rfile.read(int(self.headers["content-length"]))
        is_protobuf = self.headers["content-type"] == "application/x-protobuf"
        if self.path not in ROUTES or not is_protobuf:
            self.send_response(415)
            self.send_header("content-length", "0")
            self.end_headers()
            return
        request, response, items = ROUTES[self.path]
        lines = [json.dumps(item) + "\n" for item in items(request.FromString(body))]
        # Written before the response, so that the sender finds it afterwards.
        with LOCK, open(sys.argv[1], "a", encoding="utf-8") as file:
            file.write("".join(lines))
        answer = response().SerializeToString()
        self.send_response(200)
        self.send_header("content-type", "application/x-protobuf")
        self.send_header("content-length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *arguments):
        pass


server = ThreadingHTTPServer(("127.0.0.1", 0), Receiver)
print(server.server_port, flush=True)
# Ends with the program that started it.
threading.Thread(target=lambda: (sys.stdin.read(), server.shutdown()), daemon=True).start()
server.serve_forever()
