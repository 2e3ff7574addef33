# The API's own description (OpenAPI 3.1) as a judge: is it valid itself, and is an answer one that it tells of?
import json
import re

from jsonschema import Draft202012Validator, RefResolver

METHODS = ("get", "put", "post", "delete", "patch", "options")
TEXT = {"type": "string", "minLength": 1}


def closed(must_be, **properties):
    """An object of these members, and of extensions."""
    return {"type": "object", "required": must_be, "properties": properties, "patternProperties": {"^x-": {}}, "additionalProperties": False}


def table(of, names="^[a-zA-Z0-9._-]+$"):
    return {"type": "object", "propertyNames": {"pattern": names}, "additionalProperties": {"$ref": f"#/$defs/{of}"}}


# What version 3.1.0 of the specification says of those objects that the document has; members that nobody uses are not allowed.
RULES = closed(["openapi", "info", "paths", "components"], openapi={"const": "3.1.0"}, info={"$ref": "#/$defs/info"},
               paths=table("path", "^/[^?#]*$"), components={"$ref": "#/$defs/components"})
RULES["$defs"] = {
    "info": closed(["title", "version"], title=TEXT, version=TEXT, description=TEXT),
    "schema": {"$ref": "https://json-schema.org/draft/2020-12/schema"},
    "path": {"type": "object", "minProperties": 1, "propertyNames": {"enum": list(METHODS)}, "additionalProperties": {"$ref": "#/$defs/operation"}},
    "operation": closed(["operationId", "summary", "security", "parameters", "responses"], operationId={"pattern": "^[a-z0-9_]+$"}, summary=TEXT,
                        security={"type": "array", "items": closed(["bearer"], bearer={"type": "array", "items": TEXT})},
                        parameters={"type": "array", "items": {"$ref": "#/$defs/parameter"}}, requestBody={"$ref": "#/$defs/body"},
                        responses=table("response-or-reference", "^[1-5][0-9][0-9]$") | {"minProperties": 1}),
    "parameter": closed(["name", "in", "required", "schema"], name=TEXT, required={"type": "boolean"}, description=TEXT,
                        schema={"$ref": "#/$defs/schema"}, **{"in": {"enum": ["path", "query", "header"]}}) |
                 {"if": {"properties": {"in": {"const": "path"}}}, "then": {"properties": {"required": {"const": True}}}},
    "body": closed(["required", "content"], required={"type": "boolean"}, content={"$ref": "#/$defs/content"}),
    "content": table("media", r"^[a-z]+/[a-z0-9.+-]+$") | {"minProperties": 1},
    "media": closed([], schema={"$ref": "#/$defs/schema"}),
    "header": closed(["schema"], required={"type": "boolean"}, schema={"$ref": "#/$defs/schema"}),
    "response": closed(["description"], description=TEXT, headers=table("header"), content={"$ref": "#/$defs/content"}),
    "response-or-reference": {"if": {"required": ["$ref"]}, "then": closed(["$ref"], **{"$ref": TEXT}), "else": {"$ref": "#/$defs/response"}},
    "components": closed(["schemas", "responses", "securitySchemes"], schemas=table("schema"), responses=table("response"),
                         securitySchemes={"const": {"bearer": {"type": "http", "scheme": "bearer"}}}),
}


class Answer:
    def __init__(self, status, headers, body):
        self.status, self.headers, self.body = status, headers, body

    @property
    def content_type(self):
        return (self.headers.get("Content-Type") or "").split(";")[0]

    def json(self):
        return json.loads(self.body)


class Description:
    def __init__(self, text):
        self.document = json.loads(text)
        self.resolver = RefResolver("", self.document)
        self.seen = {}  # the statuses that each operation was seen to answer with, by method and path

    # ---- of itself

    def check_itself(self):
        """Raises AssertionError with what is wrong with it as a document of OpenAPI 3.1."""
        wrong = next(Draft202012Validator(RULES).iter_errors(self.document), None)
        assert not wrong, f"{wrong.json_path}: {wrong.message}"
        for method, path in self.operations():
            named = set(re.findall(r"{([^}]*)}", path))
            told = [p["name"] for p in self.operation(method, path)["parameters"] if p["in"] == "path"]
            assert sorted(told) == sorted(named), f"{path} has the parameters {named}, told are {told}"
        names = [self.operation(*one)["operationId"] for one in self.operations()]
        assert len(set(names)) == len(names), "two operations have one name"
        for reference in self.references(self.document):
            self.referred(reference)

    def references(self, at):
        if isinstance(at, dict):
            if isinstance(at.get("$ref"), str):
                yield at["$ref"]
            at = list(at.values())
        if isinstance(at, list):
            for below in at:
                yield from self.references(below)

    def referred(self, reference):
        """What a reference within the document leads to."""
        at = self.document
        for step in reference.removeprefix("#/").split("/"):
            assert step in at, f"{reference} leads nowhere"
            at = at[step]
        return at

    # ---- of requests and answers

    def operations(self):
        return [(method, path) for path, item in self.document["paths"].items() for method in item]

    def operation(self, method, path):
        return self.document["paths"][path][method]

    def find(self, method, target):
        """The operation that serves a request, as method and path; literals win over names."""
        method = {"head": "get"}.get(method.lower(), method.lower())
        path = target.split("?")[0]
        for one in sorted(self.document["paths"], key=lambda template: template.count("{")):
            item = self.document["paths"][one]
            rest = {p["name"] for p in item.get(method, {}).get("parameters", ()) if p.get("x-rest")}
            parts = re.split(r"{([^}]*)}", one)
            pattern = "".join(re.escape(part) if i % 2 == 0 else ".+" if part in rest else "[^/]+" for i, part in enumerate(parts))
            if method in item and re.fullmatch(pattern, path):
                return method, one
        raise AssertionError(f"{method} {target} is not in the description")

    def why_not(self, value, schema):
        """What keeps `value` from being one of the schema; none when nothing does."""
        error = next(Draft202012Validator(schema, resolver=self.resolver).iter_errors(value), None)
        return error and f"{error.json_path}: {error.message}"

    def check_request(self, method, target, body):
        """A body that the server takes is one that the description tells of."""
        told = self.operation(*self.find(method, target)).get("requestBody")
        if body is None:
            assert not (told and told["required"]), f"{method} {target} was served without a body"
            return
        assert told, f"{method} {target} took a body that is not described"
        schema = told["content"].get("application/json", {}).get("schema")
        if schema:
            wrong = self.why_not(json.loads(body), schema)
            assert not wrong, f"{method} {target} took {body}: {wrong}"

    def check_answer(self, method, target, answer):
        """Status, headers, content type and body are described."""
        what = f"{method} {target} -> {answer.status} {answer.body[:300]!r}"
        operation = self.find(method, target)
        told = self.operation(*operation)["responses"].get(str(answer.status))
        assert told, f"{what}: this status is not described"
        if "$ref" in told:
            told = self.referred(told["$ref"])
        for name, header in told.get("headers", {}).items():
            assert answer.headers.get(name) or not header["required"], f"{what}: there is no {name}"
        self.check_content(what, told.get("content"), answer, bodiless=method == "HEAD")
        self.seen.setdefault(operation, set()).add(answer.status)

    def check_content(self, what, content, answer, bodiless):
        if not content:
            assert not answer.content_type and not answer.body, f"{what}: a body is not described"
            return
        assert answer.content_type in content, f"{what}: it is {answer.content_type}, described are {list(content)}"
        if bodiless:
            assert not answer.body, f"{what}: HEAD has no body"
            return
        schema = content[answer.content_type].get("schema")
        if schema and answer.content_type.endswith("json"):
            wrong = self.why_not(answer.json(), schema)
            assert not wrong, f"{what}: {wrong}"
        if answer.content_type == "application/problem+json":
            problem = answer.json()
            assert problem["status"] == answer.status, f"{what}: the problem tells another status"
            assert problem.get("instance") == what.split()[1].split("?")[0], f"{what}: the problem tells another instance"

    def never_served(self):
        return [one for one in self.operations() if not any(status < 400 for status in self.seen.get(one, ()))]
