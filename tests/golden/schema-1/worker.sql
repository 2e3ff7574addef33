-- Schema 1 as version 0.1.0 left it: the store of a worker that was killed while it played and recorded.
PRAGMA application_id = 1097757808;
CREATE TABLE schema_version(version INTEGER NOT NULL);
CREATE TABLE counter(name TEXT PRIMARY KEY NOT NULL, value INTEGER NOT NULL, checksum INTEGER NOT NULL);
CREATE TABLE rows(key TEXT PRIMARY KEY NOT NULL, value BLOB NOT NULL, revision INTEGER NOT NULL, checksum INTEGER NOT NULL);
INSERT INTO schema_version VALUES(1);
INSERT INTO counter VALUES('revision', 12, -6645244017172628296);
INSERT INTO rows VALUES('worker/memory', CAST('{"boot":1,"epoch":1,"desired":{"epoch":1,"generation":11,"sessions":[{"id":"s7","programme":{"blob":"9de90c59db2478478399037a6ee42c6b7b5de24b76b356e4984954a1ef63203d","size_bytes":2059888,"frames":1249920,"title":"melody.flac"},"outputs":["left"],"start":{"incarnation":199773400823751,"ns":29181839133905},"from_frame":0,"volume":1}],"recordings":[{"id":"r6","inputs":["mic"],"stopped":false}],"outputs":[{"name":"left","volume":0.8,"muted":false}],"maintenance":false},"commands":[]}' AS BLOB), 12, -8871303222889992461);
