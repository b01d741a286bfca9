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
        if item is None and reply.status == 404:
            return  # nobody's path
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


OURS = re.compile(r"/(api/v1/.*|metrics|session/[^/]+/(quit|rating|mic|mic/offer|ice|_hydraneck/.*))")


class Watch:
    """Holds every answer that `web.call` brings from a controller or worker of a cluster against its role's document."""

    def __init__(self, cluster, web):
        self.cluster, self.web, self.call, self.contracts, self.wrong, self.held = cluster, web, web.call, {}, [], 0

    def __enter__(self):
        self.web.call = self._call
        return self

    def __exit__(self, *_):
        self.web.call = self.call

    def _role(self, parts):
        plan = self.cluster.plan
        at = (parts.hostname, parts.port)
        if at == plan.controller:
            return "controller" if not parts.path.startswith("/session/") else "worker"
        return "worker" if at[1] == 47990 and at in [plan.worker(n) for n in range(1, plan.workers + 2)] else None

    def _call(self, method, url, *rest, **more):
        reply = self.call(method, url, *rest, **more)
        parts = urllib.parse.urlsplit(url)
        role = self._role(parts)
        if role is not None and OURS.fullmatch(parts.path):
            if role not in self.contracts and parts.hostname != self.cluster.plan.controller[0] or role == "controller" and role not in self.contracts:
                document = self.call("GET", "%s://%s/api/v1/openapi.json" % (parts.scheme, parts.netloc))
                if document.status == 200:
                    self.contracts[role] = Contract(document.json())
            if role in self.contracts:
                self._hold(self.contracts[role], method, parts.path, reply)
        return reply

    def _hold(self, contract, method, path, reply):
        self.held += 1
        try:
            contract.check(method, path, reply)
        except AssertionError as error:
            self.wrong.append("not as the contract says: %s" % error)
