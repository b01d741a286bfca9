# SPDX-License-Identifier: LGPL-2.1-or-later
"""Holds answers against an OpenAPI document: path template, method, status, media type and body."""

import re
import urllib.parse

import jsonschema

METHODS = {"get", "post", "put", "patch", "delete", "head"}


def check_document(document):
    """What a reader of the document relies on; its schemas are valid, and every reference leads somewhere."""
    assert document["openapi"].startswith("3.1."), document["openapi"]
    assert document["info"]["title"] and document["info"]["version"], document["info"]
    schemas = document["components"]["schemas"]
    for name, schema in schemas.items():
        jsonschema.Draft202012Validator.check_schema(schema)
        assert re.fullmatch(r"[A-Z]\w+", name), name
    for path, item in document["paths"].items():
        assert path.startswith("/") and item, path
        for method, operation in item.items():
            assert method in METHODS and operation["summary"] and operation["responses"], (method, path)
            named = {p["name"] for p in operation["parameters"] if p["in"] == "path"}
            assert named == set(re.findall(r"\{(\w+)\}", path)), (path, named)
            assert all(name in document["components"]["securitySchemes"] for one in operation["security"] for name in one), path
            assert all(re.fullmatch(r"[1-5]\d\d", status) and answer["description"] for status, answer in operation["responses"].items()), path
    for reference in re.findall(r"'\$ref': '([^']+)'", repr(document)):
        assert reference.startswith("#/components/schemas/") and reference.rpartition("/")[2] in schemas, reference


class Contract:
    def __init__(self, document):
        self.document = document
        self.paths = [(re.compile(re.sub(r"\\\{\w+\\\}", "[^/]+", re.escape(path))), item) for path, item in document["paths"].items()]

    def check(self, method, path, reply):
        """Raises AssertionError when @reply is not what the document says of this request."""
        what = "%s %s: %r" % (method, path, reply)
        plain = urllib.parse.urlsplit(path).path
        item = next((item for pattern, item in self.paths if pattern.fullmatch(plain)), None)
        assert item is not None, "no such path in the document: " + what
        operation = item.get("get" if method == "HEAD" else method.lower())
        if operation is None:
            assert reply.status == 405, "no such method in the document: " + what
            return
        answer = operation["responses"].get(str(reply.status))
        assert answer is not None, "no such status in the document: " + what
        content = answer.get("content")
        if content is None or method == "HEAD":
            return
        kind = (reply.headers.get("Content-Type") or "").split(";")[0]
        assert kind in content, "no such type in the document: %s: %s" % (kind, what)
        if kind == "application/json":
            schema = dict(content[kind]["schema"], components=self.document["components"])
            try:
                jsonschema.Draft202012Validator(schema).validate(reply.json())
            except jsonschema.ValidationError as error:
                raise AssertionError("%s at %s: %s" % (error.message, list(error.path), what)) from None
