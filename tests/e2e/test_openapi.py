# Goal: the API is as its description (GET /openapi.json) says. Method: each operation of it is called on a real cluster, as one
# should and as one should not, and each answer is judged by the description.
import contextlib
import json
import unittest

from api_description import Answer, Description
from api_door import JSON, Door, Listener
from headsets_for_tests import Headsets
from stage_for_tests import MELODY, Stage, wait_for

NOWHERE = "nowhere9"  # an id that nothing has
PERMISSIONS = {"view", "play", "record", "pair", "update", "admin"}


class Judge(unittest.TestCase):
    """That the description is a judge: what is not as it says is noticed."""

    def setUp(self):
        schema = {"type": "object", "properties": {"name": {"type": "string"}}, "required": ["name"], "additionalProperties": False}
        content = {"application/json": {"schema": {"$ref": "#/components/schemas/Thing"}}}
        named = {"name": "id", "in": "path", "required": True, "schema": {"type": "string"}}
        get = {"operationId": "get_thing", "summary": "x", "security": [], "x-permission": "none", "parameters": [named],
               "responses": {"200": {"description": "x", "headers": {"ETag": {"required": True, "schema": {}}}, "content": content},
                             "204": {"description": "x"}}}
        self.document = {"openapi": "3.1.0", "info": {"title": "x", "version": "1"}, "paths": {"/things/{id}": {"get": get}},
                         "components": {"schemas": {"Thing": schema}, "responses": {},
                                        "securitySchemes": {"bearer": {"type": "http", "scheme": "bearer"}}}}

    def judge(self, status=200, content_type="application/json", body=b'{"name": "a"}', method="GET", target="/things/7", **headers):
        headers = {"ETag": '"1"', "Content-Type": content_type} | headers
        description = Description(json.dumps(self.document))
        description.check_answer(method, target, Answer(status, headers, body))
        return description

    def test_it_lets_pass_what_is_as_described(self):
        self.judge().check_itself()
        self.judge(method="HEAD", body=b"", target="/things/7?x=1")
        self.assertEqual(self.judge(status=204, content_type="", body=b"").never_served(), [])

    def test_it_notices_each_difference(self):
        for wrong in ({"status": 201}, {"content_type": "text/plain"}, {"body": b"{}"}, {"body": b'{"name": 1}'}, {"body": b'{"name": "a", "more": 1}'},
                      {"ETag": ""}, {"status": 204}, {"method": "HEAD"}, {"method": "PUT"}, {"target": "/things"}, {"target": "/things/7/8"}):
            with self.subTest(wrong), self.assertRaises(AssertionError):
                self.judge(**wrong)

    def test_it_notices_what_is_no_openapi(self):
        get = self.document["paths"]["/things/{id}"]["get"]
        for at, key, value in ((self.document, "openapi", "3.0.0"), (self.document, "tag", []), (get, "parameters", []), (get, "responses", {}),
                               (get["parameters"][0], "required", False), (get["responses"], "2xx", {"description": "x"}),
                               (self.document["components"]["schemas"], "Other", {"type": "text"}),
                               (self.document["components"]["schemas"], "Other", {"$ref": "#/components/schemas/None"})):
            before = dict(at)
            at[key] = value
            with self.subTest(key=key, value=value), self.assertRaises(AssertionError):
                Description(json.dumps(self.document)).check_itself()
            at.clear(), at.update(before)


class OpenApi(unittest.TestCase):
    def setUp(self):
        self.stage = Stage(self, ("hall",))
        self.door = Door(self.stage)
        self.ask, self.get = self.door.ask, self.door.get
        self.description = self.door.description

    def test_it_is_valid_and_anybody_may_read_it(self):
        self.description.check_itself()
        self.assertEqual(self.ask(200, "GET", "/openapi.json", token="").json(), self.description.document)

    def test_each_operation_serves_as_it_is_described(self):
        self.look()
        self.play()
        self.open_door()
        self.feed()
        self.hear()
        self.zones()
        self.record()
        self.schedule()
        self.invite_and_join()
        self.maintain()
        self.back_up()
        self.tokens()
        self.listen()
        self.bluetooth()
        self.assertEqual(self.description.never_served(), [], "the description tells of them, and this test never called them")

    # ---- group by group, in the order of a day

    def look(self):
        self.ask(200, "GET", "/healthz", token="")
        for target in ("/openapi.json", "/metrics", "/v1/status", "/v1/devices", "/v1/workers", "/v1/workers/hall", "/v1/events", "/v1/sessions", "/v1/recordings",
                       "/v1/zones", "/v1/why/hall", "/v1/why/hall/left"):
            self.ask(200, "GET", target)
            self.ask(200, "HEAD", target)

    def play(self):
        blob = self.ask(201, "POST", "/v1/blobs", MELODY.read_bytes(), **{"Content-Type": "application/octet-stream"}).json()["blob"]
        self.file(f"/v1/blobs/{blob}", tagged=True)
        wish = {"source": f"blob:{blob}", "to": ["all"], "volume": 0.8, "from_s": 1.5, "title": "melody"}
        session = self.ask(201, "POST", "/v1/sessions", wish, **{"Idempotency-Key": "one"}).json()["id"]
        self.assertEqual(self.ask(201, "POST", "/v1/sessions", wish, **{"Idempotency-Key": "one"}).json()["id"], session)
        self.ask(409, "POST", "/v1/sessions", wish | {"from_s": 2}, **{"Idempotency-Key": "one"})
        self.ask(409, "POST", "/v1/sessions", wish)  # the output plays already
        self.assertTrue(wait_for(lambda: self.get(f"/v1/sessions/{session}")["phase"] == "playing", 30))
        self.ask(409, "POST", "/v1/workers/hall/maintenance")
        for _ in range(3):  # as a report with a session has it
            self.get("/v1/status"), self.get("/v1/workers/hall"), self.get("/v1/why/" + session)
        self.ask(204, "PUT", "/v1/volume", {"target": session, "volume": 0.5})
        self.ask(204, "PUT", "/v1/volume", {"target": "hall/left", "muted": False})
        for verb in ("pause", "resume"):
            self.ask(200, "POST", f"/v1/sessions/{session}/{verb}")
        self.ask(200, "POST", f"/v1/sessions/{session}/seek", {"to_s": 3.5})
        self.ask(200, "POST", f"/v1/sessions/{session}/stop")
        self.get("/v1/sessions")
        self.ask(404, "POST", "/v1/sessions", {"source": "blob:" + "0" * 64, "to": ["all"]})
        noise = self.ask(201, "POST", "/v1/blobs", b"no sound at all" * 99).json()["blob"]
        self.ask(422, "POST", "/v1/sessions", {"source": f"blob:{noise}", "to": ["all"]})

    def open_door(self):
        session = self.ask(201, "POST", "/v1/sessions", {"source": "tone:440", "to": ["all"]}).json()["id"]
        self.ask(409, "GET", f"/v1/sessions/{session}/door.sdp")
        self.ask(400, "PUT", f"/v1/sessions/{session}/door", {"to": "hall.example:5004"})
        self.ask(503, "PUT", f"/v1/sessions/{session}/door", {"to": "255.255.255.255:5004"})
        self.ask(404, "PUT", f"/v1/sessions/{NOWHERE}/door", {"to": "127.0.0.1:5004"})
        self.ask(200, "PUT", f"/v1/sessions/{session}/door", {"to": "127.0.0.1:5004", "codec": "opus"})
        self.assertTrue(wait_for(lambda: self.get(f"/v1/sessions/{session}")["phase"] == "playing", 30))
        self.ask(200, "GET", f"/v1/sessions/{session}/door.sdp")
        self.ask(404, "GET", f"/v1/sessions/{NOWHERE}/door.sdp")
        self.ask(200, "DELETE", f"/v1/sessions/{session}/door")
        self.ask(200, "POST", f"/v1/sessions/{session}/stop")

    def feed(self):
        session = self.ask(201, "POST", "/v1/sessions", {"source": "feed,channels=1", "to": ["all"]}).json()["id"]
        self.ask(404, "PUT", f"/v1/sessions/{NOWHERE}/feed", b"", **{"Content-Type": "application/octet-stream"})
        self.ask(204, "PUT", f"/v1/sessions/{session}/feed", bytes(9600), **{"Content-Type": "application/octet-stream"})
        self.ask(200, "POST", f"/v1/sessions/{session}/stop")

    def hear(self):
        for target, begins in (("/v1/inputs/hall/mic/live", b"OggS"), ("/v1/inputs/hall/mic/live?format=wav", b"RIFF")):
            answer = self.door.begin(target, 1000)
            self.description.check_answer("GET", target, answer)
            self.assertEqual((answer.status, answer.body[:4]), (200, begins))
            self.ask(200, "HEAD", target)

    def zones(self):
        self.ask(200, "PUT", "/v1/zones/foyer", {"outputs": ["hall/left"]}, **{"If-None-Match": "*"})
        self.ask(409, "PUT", "/v1/zones/foyer", {"outputs": ["hall/left"]}, **{"If-None-Match": "*"})
        tag = self.ask(200, "GET", "/v1/zones/foyer").headers["ETag"]
        self.ask(200, "PUT", "/v1/zones/foyer", {"outputs": ["hall/left"]}, **{"If-Match": tag})
        stale = self.ask(409, "PUT", "/v1/zones/foyer", {"outputs": ["hall/left"]}, **{"If-Match": '"999"'})
        self.assertEqual(f'"{stale.json()["current_version"]}"', stale.headers["ETag"])
        self.ask(400, "PUT", "/v1/zones/foyer", {"outputs": ["hall/left"]}, **{"If-Match": "nonsense"})
        self.get("/v1/zones"), self.get("/v1/why/foyer")
        self.ask(200, "POST", "/v1/zones/foyer/rename", {"name": "bar"})
        self.ask(204, "DELETE", "/v1/zones/bar")

    def record(self):
        recording = self.ask(201, "POST", "/v1/recordings", {"from": ["hall/mic"]}).json()["id"]
        self.ask(409, "POST", "/v1/recordings", {"from": ["hall/mic"]})
        self.ask(400, "POST", "/v1/recordings", {"from": ["hall/mic"], "for_s": 0.5})
        self.ask(400, "POST", "/v1/recordings", {"from": ["hall/mic"], "on_sound": {"level_db": 3}})
        self.marks(recording)
        self.assertTrue(wait_for(lambda: self.get(f"/v1/recordings/{recording}")["tracks"][0]["frames"] > 0, 30))
        self.get("/v1/workers/hall"), self.get("/v1/status"), self.get("/v1/why/hall/mic")
        self.ask(200, "POST", f"/v1/recordings/{recording}/stop")
        self.assertTrue(wait_for(lambda: self.get(f"/v1/recordings/{recording}")["tracks"][0]["state"] == "uploaded", 30))
        track = self.get(f"/v1/recordings/{recording}")["tracks"][0]
        segments = f"/v1/recordings/{recording}/tracks/{track['id']}/segments"
        self.file(f"{segments}/0", tagged=True)
        self.ask(404, "GET", f"{segments}/77"), self.ask(404, "GET", f"{segments}/x")
        self.ask(404, "GET", segments.replace(track["id"], "w99.mic"))
        (row,) = self.get(segments)["segments"]
        self.assertEqual(self.ask(200, "POST", f"{segments}/0/check").json(), {"sound": True, "problem": "", "news": False})
        self.ask(404, "POST", f"{segments}/77/check"), self.ask(404, "POST", f"{segments.replace(track['id'], 'w99.mic')}/0/check")
        self.hand_in(recording, self.ask(200, "GET", f"{segments}/0").body, row)

    def marks(self, recording):
        marks = f"/v1/recordings/{recording}/marks"
        mark = self.ask(201, "POST", marks, {"text": "second act", "ago_s": 0.25}).json()["id"]
        self.ask(400, "POST", marks, {"text": "two\nlines"}), self.ask(400, "POST", marks, {"text": "x", "ago_s": 1e300})
        self.ask(404, "GET", marks.replace(recording, NOWHERE)), self.get(marks)
        self.ask(404, "DELETE", f"{marks}/{NOWHERE}"), self.ask(204, "DELETE", f"{marks}/{mark}")

    def schedule(self):
        weekly = {"from": ["hall/mic"], "at": "20:00", "days": ["fri", "sat"], "zone": "Europe/Berlin", "for_s": 60, "title": "concert"}
        schedule = self.ask(201, "POST", "/v1/schedules", weekly).json()["id"]
        for other in ({"at": "25:00"}, {"zone": "Europe/Atlantis"}, {"date": "2999-12-24"}, {"days": ["someday"]}, {"for_s": 0}, {"days": [], "date": "1999-12-24"}):
            self.ask(400, "POST", "/v1/schedules", weekly | other)
        self.get("/v1/schedules"), self.get(f"/v1/why/{schedule}")
        self.ask(204, "DELETE", f"/v1/schedules/{schedule}"), self.ask(404, "DELETE", f"/v1/schedules/{schedule}")

    def hand_in(self, recording, audio, row):
        """What the worker did, once more, with its credential; then another segment, in two pieces."""
        credential = self.stage.identity("hall")["credential"]
        target = f"/v1/recordings/{recording}/inputs/mic"
        as_worker = {"token": credential}
        flac = as_worker | {"Content-Type": "audio/flac"}
        self.assertEqual(self.ask(200, "PUT", f"{target}/segments/0", row, **as_worker).json(), {"received_bytes": len(audio), "kept": True})
        self.ask(400, "PUT", f"{target}/segments/0", {"v": 1}, **as_worker), self.ask(400, "PUT", f"{target}/segments/1", row, **as_worker)
        self.ask(409, "PUT", f"{target}/segments/0/audio?offset=0", audio, **flac)
        self.ask(404, "PUT", f"{target}/segments/1/audio", audio, **flac)
        other = row | {"number": 1, "first": row["first"] + row["frames"]}
        self.assertEqual(self.ask(200, "PUT", f"{target}/segments/1", other, **as_worker).json(), {"received_bytes": 0, "kept": False})
        self.ask(409, "PUT", f"{target}/segments/1/audio?offset=0", audio[:1000], **flac)
        self.assertEqual(self.ask(200, "PUT", f"{target}/segments/1", other, **as_worker).json(), {"received_bytes": 1000, "kept": False})
        self.ask(400, "PUT", f"{target}/segments/1/audio?offset=1000", audio, **flac)
        self.ask(409, "POST", f"{target}/complete", {"segments": [{"number": 1, "sha256": row["sha256"]}]}, **as_worker)
        self.ask(204, "PUT", f"{target}/segments/1/audio?offset=1000", audio[1000:], **flac)
        self.ask(204, "POST", f"{target}/complete", {"segments": [{"number": n, "sha256": row["sha256"]} for n in (0, 1)]}, **as_worker)
        target = target.replace(recording, NOWHERE)
        self.ask(404, "PUT", f"{target}/segments/0", row, **as_worker), self.ask(404, "PUT", f"{target}/segments/0/audio", audio, **flac)
        self.ask(409, "POST", f"{target}/complete", {"segments": [{"number": 0, "sha256": row["sha256"]}]}, **as_worker)

    def file(self, target, tagged):
        """Whole, in part, not at all, and only if it is another."""
        whole = self.ask(200, "GET", target)
        part = self.ask(206, "GET", target, Range="bytes=3-9")
        self.assertEqual(part.body, whole.body[3:10])
        self.ask(416, "GET", target, Range=f"bytes={len(whole.body)}-")
        self.ask(200, "HEAD", target)
        if tagged:
            self.ask(304, "GET", target, **{"If-None-Match": whole.headers["ETag"]})
            self.ask(200, "GET", target, **{"Range": "bytes=3-9", "If-Range": '"another"'})

    def invite_and_join(self):
        self.ask(201, "POST", "/v1/invitations", {"replaces": "hall"})
        invitation = self.ask(201, "POST", "/v1/invitations").json()["invitation"]
        wish = {"token": invitation.split("#")[1], "name": "attic", "public_key": "00" * 32, "v": 1}
        self.ask(201, "POST", "/v1/join", wish, token="")
        self.ask(403, "POST", "/v1/join", wish | {"name": "cellar", "token": "0" * 32}, token="")
        self.get("/v1/workers/attic"), self.get("/v1/why/attic")  # one that never said anything
        self.ask(503, "POST", "/v1/workers/attic/ping")
        self.ask(200, "POST", "/v1/workers/hall/ping")
        self.ask(409, "POST", "/v1/workers/attic/rename", {"name": "hall"})
        self.ask(200, "POST", "/v1/workers/attic/rename", {"name": "loft"})
        self.ask(204, "DELETE", "/v1/workers/loft")

    def maintain(self):
        self.ask(200, "POST", "/v1/workers/hall/maintenance")
        self.ask(200, "DELETE", "/v1/workers/hall/maintenance")

    def back_up(self):
        made = self.ask(202, "POST", "/v1/backups", {"whole": True}).json()["id"]
        self.assertTrue(wait_for(lambda: self.get(f"/v1/backups/{made}")["phase"] == "ready", 30))
        self.file(f"/v1/backups/{made}/file", tagged=True)
        self.ask(204, "DELETE", f"/v1/backups/{made}")

    def tokens(self):
        self.door.make_token("looker", "view")
        self.ask(201, "POST", "/v1/tokens", {"name": "guest", "permissions": ["view", "play"], "for_s": 60})
        self.ask(409, "POST", "/v1/tokens", {"name": "guest", "permissions": ["view"]})
        self.get("/v1/tokens")
        self.ask(204, "DELETE", "/v1/tokens/guest")
        self.get("/v1/tokens")

    def bluetooth(self):
        ear, other = "AA:00:00:00:00:01", "AA:00:00:00:00:02"
        cluster = self.stage.cluster
        headsets = Headsets(self, cluster.folder, cluster.room, {ear: 100, other: 100})
        cluster.variables = {"DBUS_SYSTEM_BUS_ADDRESS": headsets.address}
        invitation = cluster.antiphon("invite")["invitation"]
        cluster.start("booth", "worker", "--name", "booth", "--join", invitation, "--data", cluster.folder / "booth", "--adapter", "hci0")
        root = "/v1/workers/booth/bluetooth"
        devices = root + "/devices/"
        self.ask(409, "POST", "/v1/workers/hall/bluetooth/scan"), self.get("/v1/workers/hall/bluetooth")
        self.assertTrue(wait_for(lambda: "booth" in cluster.workers() and len(self.get(root)["devices"]) == 2, 30))
        self.ask(204, "POST", f"{root}/scan", {"for_s": 1}), self.ask(400, "POST", f"{root}/scan", {"for_s": 61})
        self.ask(201, "POST", f"{devices}{ear}/pair", {"output": "ear"})
        self.ask(409, "POST", f"{devices}{other}/pair", {"output": "ear"})
        self.ask(400, "POST", f"{devices}AA/pair", {"output": "ear"}), self.ask(400, "POST", f"{devices}{other}/pair", {"output": "an ear"})
        self.ask(204, "POST", f"{devices}{ear}/connect"), self.get(f"/v1/why/bluetooth:{ear}")
        self.ask(409, "POST", f"{devices}{other}/accept")  # it does not ask
        self.ask(204, "POST", f"{root}/open", {"for_s": 60})
        for word in ("accept", "refuse"):
            headsets.tell("ask", other, 123456)
            self.assertTrue(wait_for(lambda: any(device["asks"] and device["passkey"] == 123456 for device in self.get(root)["devices"]), 10))
            self.ask(204, "POST", f"{devices}{other}/{word}")
            self.assertTrue(wait_for(lambda: not any(device["asks"] for device in self.get(root)["devices"]), 10))
        self.ask(204, "DELETE", f"{root}/open")
        self.ask(204, "DELETE", f"{devices}{ear}")

    def listen(self):
        recording = self.ask(201, "POST", "/v1/recordings", {"from": ["hall/mic"]}).json()["id"]
        for target in ("/v1/events/live", "/v1/levels/live"):
            listener = Listener(self.door, target)
            self.addCleanup(listener.connection.close)
            self.description.check_answer("GET", target, listener.handshake)
            self.ask(200, "PUT", "/v1/zones/bell", {"outputs": ["hall/left"]})
            message = self.description.operation("get", target)["x-websocket"]["message"]
            heard = listener.next()
            self.assertIsNone(self.description.why_not(heard, message), heard)
            self.ask(204, "DELETE", "/v1/zones/bell")
        self.assertEqual(heard["levels"][0]["input"], "hall/mic")
        self.ask(200, "POST", f"/v1/recordings/{recording}/stop")

    # ---- each operation, as one should not call it

    def test_each_operation_refuses_as_it_is_described(self):
        strangers = {permission: self.door.make_token(f"no-{permission}", *(PERMISSIONS - {permission})) for permission in PERMISSIONS}
        strangers["worker"] = self.door.token
        insiders = {"worker": self.stage.identity("hall")["credential"]}
        for method, path in self.description.operations():
            operation = self.description.operation(method, path)
            permission = operation["x-permission"]
            with self.subTest(f"{method.upper()} {path}"):
                target = path.replace("{hash}", "0" * 64)
                for parameter in operation["parameters"]:
                    target = target.replace("{%s}" % parameter["name"], NOWHERE)
                if permission != "none":
                    self.ask(401, method.upper(), target, token="")
                    self.ask(403, method.upper(), target, token=strangers[permission])
                self.refuse(method.upper(), target, operation, insiders.get(permission, self.door.token))
        self.unknown_in_bodies()
        self.not_there()
        self.wrong_tokens()

    def unknown_in_bodies(self):
        """Sound requests about what nobody has."""
        for method, target, body in (("POST", "/v1/recordings", {"from": [f"{NOWHERE}/mic"]}),
                                     ("POST", f"/v1/recordings/{NOWHERE}/marks", {"text": "here"}),
                                     ("POST", "/v1/schedules", {"from": [f"{NOWHERE}/mic"], "at": "20:00", "days": ["mon"], "for_s": 60}),
                                     ("PUT", "/v1/zones/foyer", {"outputs": [f"{NOWHERE}/left"]}),
                                     ("POST", f"/v1/zones/{NOWHERE}/rename", {"name": "bar"}),
                                     ("POST", f"/v1/sessions/{NOWHERE}/seek", {"to_s": 1}),
                                     ("PUT", "/v1/volume", {"target": NOWHERE, "volume": 1}),
                                     ("POST", "/v1/invitations", {"replaces": NOWHERE}),
                                     ("POST", f"/v1/workers/{NOWHERE}/rename", {"name": "loft"})):
            self.ask(404, method, target, body)

    def not_there(self):
        """Other methods of each path, and another path."""
        problem = {"$ref": "#/components/schemas/ProblemView"}
        for path, item in self.description.document["paths"].items():
            answer = self.door.send("PATCH", path.replace("{", "").replace("}", ""))
            self.assertEqual((answer.status, self.description.why_not(answer.json(), problem)), (405, None), path)
            self.assertEqual({method.lower() for method in answer.headers["Allow"].split(", ")} - {"head"}, set(item), path)
        answer = self.door.send("GET", "/v1/nothing")
        self.assertEqual((answer.status, self.description.why_not(answer.json(), problem)), (404, None))

    def refuse(self, method, target, operation, token):
        if method != "GET":
            self.ask(403, method, target, token=token, Origin="http://elsewhere.example")
        self.ask(426 if "x-websocket" in operation else 417, method, target, token=token, Expect="miracles")
        if "415" in operation["responses"]:
            self.ask(415, method, target, "x=1", token=token, **{"Content-Type": "text/plain"})
        body = operation.get("requestBody")
        if body and body["content"].keys() == {"application/json"}:
            self.refuse_bodies(method, target, body, token)
        if "{" in self.description.find(method, target)[1] and not (body and body["required"]):
            self.ask(404, method, target, token=token)

    def refuse_bodies(self, method, target, body, token):
        schema = body["content"]["application/json"]["schema"]
        first = next(iter(self.description.referred(schema["$ref"])["properties"]))
        for text in ("[]", "null", '"text"', "7", "{", json.dumps({first: {"x": 1}}), "\0", "[" * 40):
            self.ask(400, method, target, text, token=token, **JSON)
            with contextlib.suppress(json.JSONDecodeError):
                self.assertTrue(self.description.why_not(json.loads(text), schema), f"the description allows {text}")
        if body["required"]:
            self.ask(400, method, target, token=token)
        answer = self.door.declare(method, target, body["x-bytes-max"] + 1, token)
        self.description.check_answer(method, target, answer)
        self.assertEqual(answer.status, 413)

    def wrong_tokens(self):
        """Ten are looked at; then others wait, and who has the right one does not."""
        for _ in range(10):
            self.ask(401, "GET", "/v1/status", token="nonsense")
        self.ask(429, "GET", "/v1/status", token="nonsense")
        self.ask(429, "POST", "/v1/join", {"token": "0" * 32, "name": "x", "public_key": "", "v": 1}, token="")
        self.get("/v1/status")
