"""scripts/deploy-function-compute.sh with a stand-in for Serverless Devs that writes down how it was called. It
proves what is said to it and to the person; not that the platform does it."""

import json
import os
import pathlib
import shutil
import subprocess
import tempfile
import unittest

import yaml

from here import ROOT

CONNECTOR = "analyticdb-postgresql"
EXAMPLE = (ROOT / "docs/orders-function-compute.yaml").read_text()
STAND_IN = """\
#!/usr/bin/env python3
import json, os, sys
with open(os.environ["CALLS"], "a") as calls:
    calls.write(json.dumps([os.path.basename(sys.argv[0]), *sys.argv[1:]]) + "\\n")
"""


class Script(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp())
        self.addCleanup(shutil.rmtree, self.folder)
        self.calls = self.folder / "calls"
        self.calls.touch()
        self.bin = self.folder / "bin"
        self.bin.mkdir()
        self.parameters = self.folder / "orders.yaml"
        self.parameters.write_text(EXAMPLE)
        self.addCleanup((ROOT / "target/function-compute/script-test.s.yaml").unlink, missing_ok=True)

    def run_script(self, *arguments, **environment):
        environment = {
            "PATH": f"{self.bin}:/usr/bin:/bin",
            "HOME": str(self.folder),
            "CALLS": str(self.calls),
            "CARGO_TARGET_DIR": str(self.folder / "target"),
        } | environment
        command = [shutil.which("bash"), str(ROOT / "scripts/deploy-function-compute.sh"), *arguments]
        return subprocess.run(command, env=environment, capture_output=True, text=True)

    def fails(self, words, *arguments, code=1, **environment):
        done = self.run_script(*arguments, **environment)
        self.assertEqual(done.returncode, code, done.stderr)
        self.assertIn(words, done.stderr)

    def about(self, act, *more):
        return [act, CONNECTOR, "--parameters", str(self.parameters), "--name", "script-test", *more]

    def test_arguments_that_make_no_sense_are_told(self):
        self.fails("usage:", code=2)
        self.fails("usage:", "fly", CONNECTOR, code=2)
        self.fails("no such connector: ../shared", "build", "../shared", code=2)
        self.fails("no such connector: nowhere", "build", "nowhere", code=2)
        self.fails("--name needs a value", "validate", CONNECTOR, "--name", code=2)
        self.fails("not 1st", "validate", CONNECTOR, "--name", "1st", code=2)
        self.fails("what is --arch?", "build", CONNECTOR, "--arch", code=2)
        self.fails("-- is for deploy and delete only", "build", CONNECTOR, "--", "-y", code=2)
        self.fails("deploy needs --parameters FILE", "deploy", CONNECTOR, code=2)

    def test_every_problem_of_the_parameters_is_told(self):
        self.parameters.write_text(EXAMPLE.replace("Topic: orders\n", "Topik: orders\n") + "Tasks: 0\n")
        for words in ["did you mean Topic?", "Topic must have a value", "Tasks: must be a number from 1 to 300"]:
            self.fails(words, *self.about("validate"))
        self.parameters.write_text("Topic: [orders")
        self.fails("expected", *self.about("validate"))
        self.fails("No such file", "validate", CONNECTOR, "--parameters", str(self.folder / "none.yaml"))

    def test_the_function_is_asked_about_its_options(self):
        built = self.folder / "target/release" / CONNECTOR
        built.parent.mkdir(parents=True)
        done = self.run_script(*self.about("validate"))
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn(f"no {CONNECTOR} is built here", done.stderr)
        built.write_text("""#!/bin/sh
[ "$1" = --check-configuration ] && [ "$FC_FUNCTION_NAME" = script-test ] || exit 1
[ "$SLUICE_INSERT_MODE" = upsert ] || { echo "insert.mode is $SLUICE_INSERT_MODE"; echo "configuration: 1 problem"; exit 1; }
echo "configuration: no problem"
""")
        built.chmod(0o755)
        done = self.run_script(*self.about("validate"))
        self.assertEqual(done.returncode, 0, done.stderr)
        self.parameters.write_text(EXAMPLE.replace("InsertMode: upsert", "InsertMode: update"))
        self.fails("insert.mode is update", *self.about("validate"))

    def test_a_source_is_told_what_it_lacks(self):
        arguments = ["validate", "mysql-source", "--parameters", str(self.parameters), "--name", "script-test"]
        self.parameters.write_text((ROOT / "docs/shop-function-compute.yaml").read_text())
        done = self.run_script(*arguments)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.fails("Topic: it is only for a sink", *arguments[:3], str(self.sink_parameters()), *arguments[4:])
        self.fails("a source needs BootstrapServers", *arguments[:3], str(self.sink_parameters()), *arguments[4:])

    def sink_parameters(self):
        path = self.folder / "sink.yaml"
        path.write_text("Region: cn-hangzhou\nConnectionUrl: mysql://db.example.com/shop\nMode: bulk\nTopic: orders\n")
        return path

    def test_what_is_missing_is_named(self):
        self.fails("missing: s, the command of Serverless Devs", *self.about("deploy"))
        (self.bin / "s").write_text(STAND_IN)
        (self.bin / "s").chmod(0o755)
        self.fails("SLUICE_CONNECTION_PASSWORD is not set", *self.about("deploy"))
        self.assertEqual(self.calls.read_text(), "", "nothing was built or sent")

    def test_delete_hands_the_made_file_over(self):
        (self.bin / "s").write_text(STAND_IN)
        (self.bin / "s").chmod(0o755)
        done = self.run_script(*self.about("delete", "--", "--assume-yes"))
        self.assertEqual(done.returncode, 0, done.stderr)
        (call,) = [json.loads(line) for line in self.calls.read_text().splitlines()]
        made = ROOT / "target/function-compute/script-test.s.yaml"
        self.assertEqual(call, ["s", "remove", "--template", str(made), "--assume-yes"])
        document = yaml.safe_load(made.read_text())
        code = document["resources"]["connector"]["props"]["code"]
        self.assertEqual(code, str(ROOT / f"target/lambda/x86_64/{CONNECTOR}/bootstrap.zip"))


if __name__ == "__main__":
    unittest.main()
