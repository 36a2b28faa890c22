"""Cuts the schemas of a few requests out of Datadog's own OpenAPI documents, in the source package of
its Python client, and writes them as one JSON document: {"name of the schema": schema with all it refers to}.

    cut-openapi.py datadog_api_client-2.62.0.tar.gz > datadog.json
"""

import json
import sys
import tarfile

import yaml

# the document and the schema of each request that leaves the collector, or that a file is imported by
WANTED = {"v2": ["EventCreateRequestPayload"], "v1": ["ServiceChecks", "Dashboard"]}


def names(value):
    """The schemas that a value refers to."""
    if isinstance(value, dict):
        if isinstance(value.get("$ref"), str):
            yield value["$ref"].rsplit("/", 1)[1]
        for below in value.values():
            yield from names(below)
    elif isinstance(value, list):
        for below in value:
            yield from names(below)


def closed(schemas, name):
    needed, found = [name], {}
    while needed:
        name = needed.pop()
        if name not in found:
            found[name] = schemas[name]
            needed.extend(names(schemas[name]))
    return found


def main():
    cut = {}
    with tarfile.open(sys.argv[1]) as archive:
        for version, wanted in WANTED.items():
            suffix = f"/.generator/schemas/{version}/openapi.yaml"
            member = next(it for it in archive.getmembers() if it.name.endswith(suffix))
            document = yaml.load(archive.extractfile(member), Loader=yaml.CSafeLoader)
            for name in wanted:
                schemas = closed(document["components"]["schemas"], name)
                cut[name] = {"$ref": f"#/components/schemas/{name}", "components": {"schemas": schemas}}
    json.dump(cut, sys.stdout, default=str)


main()
