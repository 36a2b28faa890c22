"""Asks a collector over gRPC, with code that is generated here and now from the committed file."""

import importlib
import json
import os
import sys

import grpc
from grpc_tools import protoc

HEALTH = """
syntax = "proto3";
package grpc.health.v1;
message HealthCheckRequest { string service = 1; }
message HealthCheckResponse {
  enum ServingStatus { UNKNOWN = 0; SERVING = 1; NOT_SERVING = 2; SERVICE_UNKNOWN = 3; }
  ServingStatus status = 1;
}
service Health {
  rpc Check(HealthCheckRequest) returns (HealthCheckResponse);
  rpc Watch(HealthCheckRequest) returns (stream HealthCheckResponse);
}
"""


def generate(folder, file):
    """Generates a client into this folder and returns its two modules."""
    arguments = ["protoc", f"-I{folder}", "--python_out=.", "--grpc_python_out=.", file]
    if protoc.main(arguments) != 0:
        sys.exit(f"{file} does not compile")
    name = file.removesuffix(".proto").replace("/", ".")
    return importlib.import_module(f"{name}_pb2"), importlib.import_module(f"{name}_pb2_grpc")


folder, address, token = sys.argv[1:]
sys.path.insert(0, os.getcwd())
messages, stubs = generate(folder, "bellwether/health/v1/health.proto")
with open("standard_health.proto", "w") as file:
    file.write(HEALTH)
standard, standard_stubs = generate(os.getcwd(), "standard_health.proto")

channel = grpc.insecure_channel(address)
shown = [("authorization", f"Bearer {token}")]
service = stubs.HealthServiceStub(channel)
status = service.GetStatus(messages.GetStatusRequest(), metadata=shown, timeout=20)

watched = 0
stream = service.WatchStatus(messages.WatchStatusRequest(), metadata=shown, timeout=20)
for _ in stream:
    watched += 1
    if watched == 2:
        stream.cancel()
        break

try:
    service.GetStatus(messages.GetStatusRequest(), timeout=20)
    without = "OK"
except grpc.RpcError as error:
    without = error.code().name

health = standard_stubs.HealthStub(channel)
checked = health.Check(standard.HealthCheckRequest(), timeout=20)
response = standard.HealthCheckResponse
json.dump(
    {
        "ready": status.ready,
        "components": [
            {
                "id": it.id,
                "name": it.name,
                "criticality": it.criticality,
                "own": it.own,
                "effective": it.effective,
            }
            for it in status.components
        ],
        "watched": watched,
        "without_token": without,
        "health": response.ServingStatus.Name(checked.status),
    },
    sys.stdout,
)
