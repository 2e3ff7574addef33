# Goal: behind TLS a cluster does what it does without, takes up a new certificate unheard, and believes nobody who cannot
# prove who he is. Method: an authority made with openssl, real processes, a shifted wall clock for what time does to a certificate.
import os
import pathlib
import shutil
import signal
import socket
import ssl
import subprocess
import tempfile
import unittest
import warnings

from stage_for_tests import BUILD, MELODY, RATE, Stage, free_ports, no_sample_lost, preloaded, wait_for

ANTIPHON = str(BUILD / "antiphon")
DAY_NS = 24 * 3600 * 10**9


class Authority:
    """Signs certificates of servers, in a folder of its own."""

    def __init__(self, test, name):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="antiphon-tls-"))
        test.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)
        self.folder.chmod(0o755)
        self.file = self.folder / "ca.pem"
        self.openssl(name, "ca", "-days", "90", "-addext", "basicConstraints=critical,CA:TRUE")

    def openssl(self, name, stem, *options):
        command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", f"/CN={name}",
                   "-keyout", f"{stem}.key", "-out", f"{stem}.pem", *options]
        subprocess.run(command, cwd=self.folder, check=True, capture_output=True, timeout=30)

    def issue(self, names="IP:127.0.0.1,DNS:localhost", days=30):
        """The files of a new certificate and its key, put in place of those before it as a renewing tool does."""
        self.openssl("server", "new", "-days", str(days), "-CA", "ca.pem", "-CAkey", "ca.key", "-addext", f"subjectAltName={names}",
                     "-addext", "basicConstraints=critical,CA:FALSE")
        for kind in ("key", "pem"):
            os.replace(self.folder / f"new.{kind}", self.folder / f"server.{kind}")
        return self.folder / "server.pem", self.folder / "server.key"

    def shown_by(self, port):
        """The certificate that a server shows on that port of the loopback to somebody who believes this authority, in DER."""
        with socket.create_connection(("127.0.0.1", port), timeout=10) as plain:
            with ssl.create_default_context(cafile=self.file).wrap_socket(plain, server_hostname="localhost") as secure:
                return secure.getpeercert(binary_form=True)


class SecureStage(Stage):
    """Whose coordinator has a certificate of `authority`, in which its workers and its command line believe."""

    def __init__(self, test, authority, workers, variables=None):
        self.authority = authority
        self.files = authority.issue()
        super().__init__(test, workers, variables)

    def gather(self, workers):
        self.cluster.authority = str(self.authority.file)
        self.start_coordinator()
        for name in workers:
            self.cluster.start_worker(name)

    def start_coordinator(self):
        certificate, key = self.files
        self.cluster.start_coordinator("--tls-certificate", certificate, "--tls-key", key)

    def says(self, *command, **variables):
        """The exit code and error of the command line, with variables of its own."""
        done = subprocess.run([ANTIPHON, *map(str, command)], env=self.cluster.environment | variables, stdin=subprocess.DEVNULL,
                              capture_output=True, text=True, timeout=60, check=False)
        return done.returncode, done.stderr

    def shown(self):
        """What the HTTP server and the broker show."""
        http, mqtt, _ = self.cluster.ports
        return self.authority.shown_by(http), self.authority.shown_by(mqtt)

    def log(self, name="coordinator"):
        return (self.cluster.folder / f"{name}.log").read_text(errors="replace")


class Tls(unittest.TestCase):
    def setUp(self):
        self.authority = Authority(self, "Hall Authority")

    def test_a_cluster_plays_records_and_is_backed_up(self):
        stage = SecureStage(self, self.authority, ("hall", "foyer"))
        self.assertTrue(stage.cluster.url.startswith("https://"))
        session = stage.play(2 * RATE)
        self.assertTrue(session, "it never got going")
        recording = stage.cluster.antiphon("record", "start", "--from", "hall/mic")["id"]
        self.assertTrue(stage.wait_for_session(session, lambda now: now["position_frames"] > 4 * RATE, 20))
        stage.cluster.antiphon("record", "stop", recording, "--wait", seconds=40)
        kept = stage.cluster.folder / "kept"
        stage.cluster.antiphon("export", recording, "--to", str(kept), seconds=40)
        self.assertTrue(list(kept.rglob("*.flac")), "no recording came")
        backup = stage.cluster.folder / "backup.tar"
        stage.cluster.antiphon("backup", str(backup))
        self.assertGreater(backup.stat().st_size, 0)
        self.assertEqual(stage.cluster.status()["cluster"]["warnings"], [])
        http, mqtt, _ = stage.cluster.ports
        for port in (http, mqtt):
            for least in (ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1):
                self.assertFalse(self.gets_in(port, least), f"{least} on {port}")
            self.assertTrue(self.gets_in(port, ssl.TLSVersion.TLSv1_2))

    def gets_in(self, port, version):
        context = ssl.create_default_context(cafile=self.authority.file)
        context.set_ciphers("DEFAULT:@SECLEVEL=0")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)  # that they are old is the point
            context.minimum_version = context.maximum_version = version
        try:
            with socket.create_connection(("127.0.0.1", port), timeout=10) as plain, context.wrap_socket(plain, server_hostname="localhost"):
                return True
        except (ssl.SSLError, ConnectionError):
            return False

    def test_a_certificate_is_replaced_unheard(self):
        no_sample_lost(self, self.with_a_new_certificate)

    def with_a_new_certificate(self):
        stage = SecureStage(self, self.authority, ("hall", "foyer"))
        first = stage.shown()
        self.assertEqual(*first)
        session = stage.play(2 * RATE)
        self.assertTrue(session, "it never got going")
        self.authority.issue()
        self.assertTrue(wait_for(lambda: all(new != old for new, old in zip(stage.shown(), first)), 20), "the files were not looked at")
        second = stage.shown()
        self.assertEqual(*second)
        self.authority.issue()
        os.kill(stage.cluster.pids()["coordinator"], signal.SIGHUP)
        self.assertTrue(wait_for(lambda: all(new != old for new, old in zip(stage.shown(), second)), 2), "SIGHUP was not obeyed")
        self.assertEqual(sorted(name for name, w in stage.cluster.workers().items() if w["online"]), ["foyer", "hall"])
        self.assertNotIn("bus.disconnected", stage.log("hall") + stage.log("foyer") + stage.log())
        heard = stage.end_of(self, session)
        again = stage.play(RATE)
        self.assertTrue(again, "it plays no more")
        return heard

    def test_a_bad_replacement_is_not_used_and_told(self):
        stage = SecureStage(self, self.authority, ("hall",))
        before = stage.shown()
        certificate, key = stage.files
        good = key.read_text()
        key.write_text(good[:40])
        warned = wait_for(lambda: stage.cluster.status()["cluster"]["warnings"], 20)
        self.assertIn("the new TLS files are not used", warned[0])
        self.assertIn(str(key), warned[0])
        self.assertEqual(stage.shown(), before)
        self.assertIn("tls.refused", stage.log())
        key.write_text(good)
        self.assertTrue(wait_for(lambda: not stage.cluster.status()["cluster"]["warnings"], 20), "it keeps warning")
        self.authority.issue(days=3)
        warned = wait_for(lambda: stage.cluster.status()["cluster"]["warnings"], 20)
        self.assertIn("the TLS certificate ends on", warned[0])
        certificate.unlink()
        self.assertTrue(wait_for(lambda: str(certificate) in " ".join(stage.cluster.status()["cluster"]["warnings"]), 20))

    def test_killed_they_come_back_and_a_worker_that_was_not_told_finds_the_new_certificate(self):
        stage = SecureStage(self, self.authority, ("hall",))
        self.authority.issue()
        ticks = stage.kill("coordinator")
        self.assertTrue(stage.wait_for_new_life("coordinator", ticks, 20))
        self.assertTrue(wait_for(lambda: stage.obeys("hall"), 30), stage.log("hall")[-2000:])
        ticks = stage.kill("broker")
        self.assertTrue(stage.wait_for_new_life("broker", ticks, 20))
        self.assertTrue(wait_for(lambda: stage.says("workers", "ping", "hall")[0] == 0, 30))

    def test_who_cannot_prove_himself_is_refused_by_name(self):
        clock = self.authority.folder / "step"
        clock.write_bytes(bytes(8))
        stage = SecureStage(self, self.authority, ("hall",))
        shifted = {"LD_PRELOAD": preloaded(self.authority.folder, "step_wall_clock.c"), "STEP_FILE": str(clock)}
        other = Authority(self, "Somebody Else")
        self.assertEqual(stage.says("status")[0], 0)
        self.refused(stage.says("status", ANTIPHON_TLS_CA=str(other.file)), "Hall Authority", "--tls-ca FILE")
        self.refused(stage.says("status", ANTIPHON_TLS_CA=""), "Hall Authority")  # whom the system does not know
        self.refused(stage.says("status", "--tls-ca", "/nowhere/ca.pem"), "/nowhere/ca.pem")
        self.refused(stage.says("status", "--server", f"https://127.0.0.2:{stage.cluster.ports[0]}"), "127.0.0.2")
        clock.write_bytes((40 * DAY_NS).to_bytes(8, "little"))
        self.refused(stage.says("status", **shifted), "expired on")
        clock.write_bytes((-3 * DAY_NS).to_bytes(8, "little", signed=True))
        self.refused(stage.says("status", **shifted), "is not valid before", "clock")
        plain = stage.cluster.url.replace("https", "http")
        self.refused(stage.says("status", "--server", plain), "https://")
        invitation = stage.cluster.antiphon("invite")["invitation"]
        worker = ("worker", "--name", "foyer", "--data", stage.cluster.folder / "foyer", "--join", invitation)
        self.refused(stage.says(*worker, ANTIPHON_TLS_CA=str(other.file)), "--tls-ca FILE")
        self.assertFalse((stage.cluster.folder / "foyer/identity.json").exists())

    def refused(self, said, *words):
        code, error = said
        self.assertEqual(code, 1, error)
        for word in words:
            self.assertIn(word, error)

    def test_a_coordinator_does_not_start_with_files_that_nobody_would_believe(self):
        certificate, key = self.authority.issue()
        data = self.authority.folder / "data"
        other = Authority(self, "Somebody Else").issue()[1]
        clock = self.authority.folder / "step"
        clock.write_bytes((40 * DAY_NS).to_bytes(8, "little"))
        shifted = {"LD_PRELOAD": preloaded(self.authority.folder, "step_wall_clock.c"), "STEP_FILE": str(clock)}
        http, mqtt, udp = free_ports(3)
        faults = [
            (("--tls-certificate", certificate), {}, 2, "--tls-key FILE"),
            (("--tls-key", key), {}, 2, "--tls-certificate FILE"),
            (("--tls-certificate", "/nowhere/c.pem", "--tls-key", key), {}, 1, "/nowhere/c.pem"),
            (("--tls-certificate", certificate, "--tls-key", other), {}, 1, "does not belong to the certificate"),
            (("--tls-certificate", certificate, "--tls-key", MELODY), {}, 1, "is no private key in PEM"),
            (("--tls-certificate", certificate, "--tls-key", key), shifted, 1, "expired on"),
            (("--listen", f"0.0.0.0:{http}"), {}, 1, "--tls-certificate"),
            (("--broker", "mqtt://192.0.2.1"), {}, 1, "mqtts://"),
        ]
        for flags, variables, code, word in faults:
            command = [ANTIPHON, "coordinator", "--data", data, "--listen", f"127.0.0.1:{http}", "--mqtt-port", mqtt, "--clock-port", udp]
            if flags[0] == "--listen":
                command[4:6] = flags
            else:
                command += flags
            done = subprocess.run([*map(str, command)], env=os.environ | variables, stdin=subprocess.DEVNULL, capture_output=True,
                                  text=True, timeout=30, check=False)
            with self.subTest(word):
                self.assertEqual(done.returncode, code, done.stderr)
                self.assertIn(word, done.stderr)

    def test_beyond_loopback_it_is_as_good_as_at_home(self):
        stage = SecureStage(self, self.authority, ("hall",))
        http, mqtt, udp = free_ports(3)
        certificate, key = stage.files
        log = stage.cluster.folder / "wide.log"
        data = stage.cluster.folder / "wide"
        with open(log, "w", encoding="utf-8") as out:
            wide = subprocess.Popen([ANTIPHON, "coordinator", "--data", data, "--listen", f"0.0.0.0:{http}", "--mqtt-port", str(mqtt),
                                     "--clock-port", str(udp), "--tls-certificate", certificate, "--tls-key", key],
                                    stdin=subprocess.DEVNULL, stdout=out, stderr=out, env=stage.cluster.environment)
        self.addCleanup(wide.wait, 20)
        self.addCleanup(wide.terminate)
        self.assertTrue(wait_for(lambda: "coordinator.started" in log.read_text(), 20), log.read_text())
        there = {"ANTIPHON_URL": f"https://127.0.0.1:{http}", "ANTIPHON_TOKEN": (data / "token").read_text().strip()}
        code, _ = stage.says("status", **there)
        self.assertEqual(code, 0)
        told = subprocess.run([ANTIPHON, "invite"], env=stage.cluster.environment | there, capture_output=True, text=True, timeout=20, check=True)
        self.assertIn(f"https://127.0.0.1:{http}#", told.stdout, "an invitation names a host that the certificate is for")


if __name__ == "__main__":
    unittest.main()
