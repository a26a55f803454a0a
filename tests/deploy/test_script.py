"""scripts/deploy.sh with stand-ins for the AWS CLI and SAM that write down how they were called. It proves
what is said to them and to the person; not that AWS does it, and not that their next versions listen."""

import json
import os
import pathlib
import re
import shutil
import subprocess
import tempfile
import unittest

from here import ROOT

CONNECTOR = "analyticdb-postgresql"
PARAMETERS = """\
MskClusterArn: arn:aws:kafka:eu-central-1:123456789012:cluster/shop/1a2b3c4d-5e6f-7a8b-9c0d-1e2f3a4b5c6d-7
Topic: orders
ConnectionUrl: postgresql://db.example.com:5432/shop?sslmode=verify-full
ConnectionSecretArn: arn:aws:secretsmanager:eu-central-1:123456789012:secret:db-AbCdEf
AutoCreate: true
SubnetIds: [subnet-0123456789abcdef0, subnet-0123456789abcdef1]
SecurityGroupIds: sg-0123456789abcdef0
MoreOptions: '{"fields.unknown":"ignore"}'
"""
# Each call is one line; an answer is the first of $ANSWERS whose name begins the call.
STAND_IN = """\
#!/usr/bin/env python3
import json, os, sys
name = os.path.basename(sys.argv[0])
with open(os.environ["CALLS"], "a") as calls:
    calls.write(json.dumps([name, *sys.argv[1:]]) + "\\n")
call = " ".join([name, *sys.argv[1:]])
for start, answers in json.loads(os.environ["ANSWERS"]).items():
    if call.startswith(start):
        made = sum(start in " ".join(json.loads(line)) for line in open(os.environ["CALLS"]))
        answer = answers[min(made, len(answers)) - 1]
        if answer is None:
            sys.exit(name + ": Unable to locate credentials")
        print(answer)
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
        self.parameters.write_text(PARAMETERS)
        self.answers = {}

    def stand_in(self, *names):
        for name in names:
            file = self.bin / name
            file.write_text(STAND_IN)
            file.chmod(0o755)

    def run_script(self, *arguments, path=None, **environment):
        environment = {
            "PATH": path or f"{self.bin}:{os.environ['PATH']}",
            "HOME": str(self.folder),
            "AWS_REGION": "eu-central-1",
            "CALLS": str(self.calls),
            "ANSWERS": json.dumps(self.answers),
            "SWITCH_PAUSE": "0",
        } | environment
        command = [shutil.which("bash"), str(ROOT / "scripts/deploy.sh"), *arguments]
        return subprocess.run(command, env=environment, capture_output=True, text=True)

    def called(self):
        return [json.loads(line) for line in self.calls.read_text().splitlines()]

    def fails(self, words, *arguments, code=1, **more):
        done = self.run_script(*arguments, **more)
        self.assertEqual(done.returncode, code, done.stderr)
        self.assertIn(words, done.stderr)

    def test_arguments_that_make_no_sense_are_told(self):
        self.fails("usage:", code=2)
        self.fails("usage:", "fly", CONNECTOR, code=2)
        self.fails("usage:", "build", code=2)
        self.fails("no such connector: nowhere", "build", "nowhere", code=2)
        self.fails("no such connector: ../shared", "build", "../shared", code=2)
        self.fails("--arch is arm64 or x86_64, not mips", "build", CONNECTOR, "--arch", "mips", code=2)
        self.fails("--stack needs a value", "logs", CONNECTOR, "--stack", code=2)
        self.fails("not 1st", "logs", CONNECTOR, "--stack", "1st", code=2)
        self.fails("what is --fast?", "build", CONNECTOR, "--fast", code=2)
        self.fails("deploy needs --parameters FILE", "deploy", CONNECTOR, code=2)

    def test_what_is_missing_is_named(self):
        only = self.folder / "only"
        only.mkdir()
        for name in ("bash", "dirname", "ls", "cat", "mkdir", "flock"):
            (only / name).symlink_to(shutil.which(name))
        self.fails("missing: cargo", "build", CONNECTOR, path=str(only))
        (only / "sam").symlink_to(shutil.which("true"))
        self.fails("missing: aws", "pause", CONNECTOR, path=str(only))
        self.stand_in("aws", "sam")
        self.fails("no region is set", "pause", CONNECTOR, AWS_REGION="", AWS_DEFAULT_REGION="")
        self.answers = {"aws sts": [None]}
        self.fails("AWS does not know you", "pause", CONNECTOR)

    def test_parameters_are_checked_before_anything_is_built(self):
        self.stand_in("aws", "sam", "cargo")
        for change, words in [
            (("Topic: orders", ""), "Topic must have a value"),
            (("Topic: orders", "Topik: orders"), "no such parameter"),
            (("SecurityGroupIds: sg-0123456789abcdef0", ""), "SubnetIds and SecurityGroupIds only work together"),
            (("Topic: orders", "Topic: [orders"), "expected"),
            (("Topic: orders", "Topic: orders\nConnector: other"), "analyticdb-postgresql was asked for"),
            (("Topic: orders", "Topic: orders\nArchitecture: x86_64"), "give --arch x86_64"),
        ]:
            self.parameters.write_text(PARAMETERS.replace(*change))
            self.fails(words, "deploy", CONNECTOR, "--parameters", str(self.parameters))
        self.fails("No such file", "deploy", CONNECTOR, "--parameters", str(self.folder / "none.yaml"))
        self.assertEqual(self.called(), [])

    def test_deploy_hands_the_built_zip_and_the_parameters_to_sam(self):
        self.stand_in("aws", "sam", "cargo", "rustup")
        self.answers = {"rustup target list": ["aarch64-unknown-linux-gnu"]}
        built = self.folder / "target/aarch64-unknown-linux-gnu/release" / CONNECTOR
        built.parent.mkdir(parents=True)
        built.write_bytes(b"bootstrap")
        zipped = ROOT / f"target/lambda/arm64/{CONNECTOR}/bootstrap.zip"
        if not zipped.exists():
            zipped.parent.mkdir(parents=True, exist_ok=True)
            zipped.touch()
            self.addCleanup(zipped.unlink)
        done = self.run_script(
            "deploy", CONNECTOR, "--parameters", str(self.parameters), "--stack", "script-test", "--", "--confirm-changeset",
            CARGO_TARGET_DIR=str(self.folder / "target"),
        )
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("bootstrap 9 bytes", done.stdout)
        cargo, sam = (next(call for call in self.called() if call[0] == name) for name in ("cargo", "sam"))
        self.assertEqual(cargo[1:5], ["lambda", "build", "--release", "--locked"])
        self.assertIn("--arm64", cargo)
        option = dict(zip(sam[2:], sam[3:]))
        self.assertEqual(option["--stack-name"], "script-test")
        self.assertEqual(option["--capabilities"], "CAPABILITY_IAM")
        self.assertEqual(sam[-1], "--confirm-changeset")
        template = (ROOT / option["--template-file"]).read_text()
        self.assertEqual(template.count("CodeUri:"), template.count(f"CodeUri: {zipped}"))
        # SAM refuses a file of parameters by its ending: .yaml, .yml and .toml are what it knows.
        self.assertRegex(option["--parameter-overrides"], r"^file:///.*\.yaml$")
        given = json.loads(pathlib.Path(option["--parameter-overrides"].removeprefix("file://")).read_text())
        self.assertEqual(given["Connector"], CONNECTOR)
        self.assertEqual(given["AutoCreate"], "true")
        self.assertEqual(given["SubnetIds"], "subnet-0123456789abcdef0,subnet-0123456789abcdef1")
        self.assertEqual(given["MoreOptions"], '{"fields.unknown":"ignore"}')

    def test_every_problem_of_the_parameters_is_told(self):
        wrong = PARAMETERS.replace("Topic: orders", "Topik: orders") + "InsertMode: upsrt\n"
        self.parameters.write_text(wrong)
        self.fails("no such parameter: Topik; did you mean Topic?", "validate", CONNECTOR, "--parameters", str(self.parameters))
        self.fails("Topic must have a value", "validate", CONNECTOR, "--parameters", str(self.parameters))
        self.fails("InsertMode=upsrt: must be one of insert", "validate", CONNECTOR, "--parameters", str(self.parameters))

    def test_the_function_is_asked_about_its_options(self):
        built = self.folder / "target/release" / CONNECTOR
        built.parent.mkdir(parents=True)
        arguments = ["validate", CONNECTOR, "--parameters", str(self.parameters)]
        here = {"CARGO_TARGET_DIR": str(self.folder / "target")}
        done = self.run_script(*arguments, **here)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn(f"no {CONNECTOR} is built here", done.stderr)
        script = """#!/bin/sh
[ "$1" = --check-configuration ] || exit 1
echo "not checked: connection.password, whose value is stored in AWS"
[ "$SLUICE_TOPICS" = orders ] || { echo "topics is $SLUICE_TOPICS"; echo "configuration: 1 problem"; exit 1; }
echo "configuration: no problem"
"""
        built.write_text(script)
        built.chmod(0o755)
        done = self.run_script(*arguments, **here)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("not checked: connection.password", done.stderr)
        self.parameters.write_text(PARAMETERS.replace("Topic: orders", "Topic: payments"))
        self.fails("topics is payments", *arguments, **here)
        built.write_text("#!/bin/sh\nexit 1\n")
        done = self.run_script(*arguments, **here)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("does not support --check-configuration", done.stderr)

    def test_a_bucket_of_ones_own_is_used(self):
        self.stand_in("aws", "sam", "cargo", "rustup")
        built = self.folder / "target/aarch64-unknown-linux-gnu/release" / CONNECTOR
        built.parent.mkdir(parents=True)
        built.write_bytes(b"bootstrap")
        zipped = ROOT / f"target/lambda/arm64/{CONNECTOR}/bootstrap.zip"
        if not zipped.exists():
            zipped.parent.mkdir(parents=True, exist_ok=True)
            zipped.touch()
            self.addCleanup(zipped.unlink)
        for more, chosen in [([], True), (["--", "--s3-bucket", "mine"], False), (["--", "--s3-bucket=mine"], False)]:
            self.calls.write_text("")
            arguments = ["deploy", CONNECTOR, "--parameters", str(self.parameters), "--stack", "script-test", *more]
            done = self.run_script(*arguments, CARGO_TARGET_DIR=str(self.folder / "target"))
            self.assertEqual(done.returncode, 0, done.stderr)
            sam = next(call for call in self.called() if call[0] == "sam")
            self.assertEqual("--resolve-s3" in sam, chosen, sam)

    def test_pause_and_resume_wait_for_every_mapping(self):
        self.stand_in("aws", "sam")
        for act, flag, on_the_way, there in [
            ("pause", "--no-enabled", "Disabling", "Disabled"),
            ("resume", "--enabled", "Enabling", "Enabled"),
        ]:
            self.calls.write_text("")
            self.answers = {
                "aws lambda list-event-source-mappings --function-name orders": ["one\ttwo"],
                "aws lambda get-event-source-mapping --uuid one": [on_the_way, on_the_way, there],
                "aws lambda get-event-source-mapping --uuid two": [there],
            }
            done = self.run_script(act, CONNECTOR, "--stack", "orders")
            self.assertEqual(done.returncode, 0, done.stderr)
            updated = [(call[4], call[5]) for call in self.called() if call[2] == "update-event-source-mapping"]
            self.assertEqual(updated, [("one", flag), ("two", flag)])
            asked = [call[4] for call in self.called() if call[2] == "get-event-source-mapping"]
            self.assertEqual(asked, ["one", "one", "one", "two"])

    def test_pause_says_so_where_it_cannot(self):
        self.stand_in("aws", "sam")
        self.answers = {"aws lambda list": ["None"]}
        self.fails("has no event source mapping", "pause", CONNECTOR)
        self.answers = {"aws lambda list": ["one"], "aws lambda get": ["Disabling"]}
        self.fails("one is still Disabling, not Disabled", "pause", CONNECTOR, SWITCH_TIMEOUT="0")

    def test_a_source_is_paused_by_its_schedule(self):
        self.stand_in("aws", "sam")
        for act, state in [("pause", "DISABLED"), ("resume", "ENABLED")]:
            self.calls.write_text("")
            self.answers = {"aws scheduler get-schedule": ['{"Name": "shop", "State": "as asked"}']}
            done = self.run_script(act, "mysql-source", "--stack", "shop")
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertIn(f"the schedule shop is {state}", done.stderr)
            asked, updated = [call for call in self.called() if call[1] == "scheduler"]
            self.assertEqual(asked[2:5], ["get-schedule", "--name", "shop"])
            query = asked[asked.index("--query") + 1]
            self.assertIn(f"State: '{state}'", query)
            # What an update leaves out is gone afterwards.
            made = {"Name", "GroupName", "Description", "ScheduleExpression", "ScheduleExpressionTimezone", "State",
                    "FlexibleTimeWindow", "Target"}
            self.assertEqual(set(re.findall(r"(\w+): ", query)), made)
            self.assertEqual(updated[2], "update-schedule")
            given = pathlib.Path(updated[updated.index("--cli-input-json") + 1].removeprefix("file://"))
            self.assertEqual(json.loads(given.read_text()), {"Name": "shop", "State": "as asked"})
            given.unlink()
        self.answers = {"aws scheduler get-schedule": [None]}
        self.fails("the function mysql-source has no schedule", "pause", "mysql-source")

    def test_the_parameters_of_a_source_are_checked(self):
        self.parameters.write_text((ROOT / "docs/shop.yaml").read_text())
        done = self.run_script("validate", "mysql-source", "--parameters", str(self.parameters))
        self.assertEqual(done.returncode, 0, done.stderr)
        self.parameters.write_text("ClusterKind: self-managed\nConnectionUrl: mysql://db.example.com/shop\nTopic: orders\n")
        for words in ["Mode must have a value", "a source needs BootstrapServers", "Topic, ConsumerGroup, StartingPosition"]:
            self.fails(words, "validate", "mysql-source", "--parameters", str(self.parameters))

    def test_logs_and_delete_name_the_stack(self):
        self.stand_in("aws", "sam")
        for act in ("logs", "delete"):
            self.assertEqual(self.run_script(act, CONNECTOR, "--stack", "orders").returncode, 0)
        sam = [call[1:4] for call in self.called() if call[0] == "sam"]
        self.assertEqual(sam, [["logs", "--stack-name", "orders"], ["delete", "--stack-name", "orders"]])
        self.assertEqual(self.run_script("delete", CONNECTOR, "--", "--no-prompts").returncode, 0)
        self.assertEqual(self.called()[-1][-1], "--no-prompts")


if __name__ == "__main__":
    unittest.main()
